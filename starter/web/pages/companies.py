"""Which company: the front door of those who have several."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.roles import Action
from starter.web.entry import OpenPage, anywhere
from starter.web.lists import Listing
from starter.web.navigation import COMPANY, FIRM, OF_COMPANY
from starter.web.page import Page
from store import people

router = APIRouter()


@router.get("/")
def front_door(page: OpenPage) -> Response:
    """On to where the reader works."""
    if page.caller is None:
        return page.redirect("/sign-in")
    with page.transaction() as session:
        companies = people.companies(
            session,
            company_ids=page.caller.company_ids,
            firm_ids=page.caller.firm_ids,
            after=0,
            limit=2,
        )
        places = people.places_of(session, page.caller.held) if not companies else []
        firms = {place.business_id for place, _ in places if place.company_id is None}
    if len(companies) == 1:
        return page.redirect(home(page, companies[0].business_id))
    if len(firms) == 1:
        # It keeps no books yet: there a company is added.
        return page.redirect(FIRM.format(business_id=firms.pop()))
    return page.redirect("/companies")


@router.get("/companies")
def list_companies(page: Annotated[Page, anywhere(Action.LIST_COMPANIES)]) -> Response:
    """The companies that the reader belongs to, and the accounting firms."""
    listing = Listing(page, "companies")
    with page.transaction() as session:
        rows = people.companies(
            session,
            company_ids=page.who.company_ids,
            firm_ids=page.who.firm_ids,
            after=listing.after_id() or 0,
            limit=listing.fetched,
        )
        places = people.places_of(session, page.who.held)
    return page.render(
        "companies/list.html",
        part="list",
        rows=listing.page(rows, lambda row: (row.id,)),
        firms=[place for place, _ in places if place.company_id is None],
        home=lambda business_id: home(page, business_id),
        firm_pages="/firms/{business_id}" in page.request.app.state.registered,
    )


def home(page: Page, business_id: str) -> str:
    """A company's first page: the first of the menu that is there."""
    registered = page.request.app.state.registered
    for group in OF_COMPANY:
        for entry in group.entries:
            if COMPANY + entry.path in registered:
                return COMPANY.format(business_id=business_id) + entry.path
    return "/companies"
