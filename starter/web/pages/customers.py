"""A company's customers."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.roles import Action
from starter.web.entry import in_company
from starter.web.lists import Listing
from starter.web.page import Page
from store import placing
from store.placing import Choice

router = APIRouter(prefix="/companies/{business_id}/customers")


@router.get("")
def list_customers(
    page: Annotated[Page, in_company(Action.READ_CUSTOMERS)], search: str = ""
) -> Response:
    """The customers, and which rule each is under."""
    choice = Choice(search=search.strip()[:200].replace("\0", ""))
    listing = Listing(page, "customers", choice)
    with page.transaction() as session:
        rows = placing.listed(
            session,
            page.company_id,
            choice,
            after=listing.after_id() or 0,
            limit=listing.fetched,
        )
        total = sum(share.customers for share in placing.shares(session, page.company_id))
    return page.render(
        "customers/list.html",
        part="list",
        rows=listing.page(rows, lambda row: (row.customer_id,)),
        total=total,
        search=choice.search,
    )
