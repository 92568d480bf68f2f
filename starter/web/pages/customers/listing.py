"""The list of customers."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.roles import Action
from starter.web.entry import in_company
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.customers.filters import (
    CLASSES,
    PREFIX,
    Filters,
    rule_names,
    shown_names,
)
from store import placing

router = APIRouter(prefix=PREFIX)


@router.get("")
def list_customers(page: Annotated[Page, in_company(Action.READ_CUSTOMERS)]) -> Response:
    """The customers, searched and filtered, and which rule each is under."""
    filters = Filters.read(page.request.query_params)
    listing = Listing(page, "customers", filters)
    with page.transaction() as session:
        names = rule_names(page, session)
        choice = filters.choice(names)
        rows = placing.listed(
            session,
            page.company_id,
            choice,
            after=listing.after_id() or 0,
            limit=listing.fetched,
        )
        count = placing.counted(session, page.company_id, choice)
    return page.render(
        "customers/list.html",
        part="list",
        rows=listing.page(rows, lambda row: (row.customer_id,)),
        count=count,
        filters=filters,
        rules=shown_names(page, names),
        kinds=[(kind.value, page.say(label)) for kind, label in CLASSES.items()],
        picking=page.may(Action.PLACE_CUSTOMERS) or page.may(Action.EDIT_CUSTOMERS),
    )
