"""The agency's cases (toimeksiannot): how many there are in each status, and what was said."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.agency import CollectionStatus
from domain.agency.contract import title
from domain.roles import Action
from starter.api.v1.fields import PathId
from starter.web.agency_sayings import message_error
from starter.web.entry import NotHere, in_company
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.invoice import story
from starter.web.words import mark
from store import agency_cases

router = APIRouter(prefix="/companies/{business_id}/intrum/cases")

PHASES = {
    "active": (mark("The agency goes on"), "low"),
    "settled": (mark("Paid to the agency or past it"), "good"),
    "ended": (mark("The agency has let go"), "high"),
}
NOTHING_SAID = "none"
"""In the address: of the cases of which the agency has said nothing yet."""


@router.get("")
def list_cases(page: Annotated[Page, in_company(Action.READ_AGENCY)], status: str = "") -> Response:
    """How many cases are in which status, and those in one of them, or all."""
    chosen = status if status in {*CollectionStatus, NOTHING_SAID} else ""
    listing = Listing(page, "cases", chosen)
    with page.transaction() as session:
        counted = agency_cases.counted(session, page.scope)
        rows = agency_cases.page(
            session,
            page.scope,
            status={"": None, NOTHING_SAID: ""}.get(chosen, chosen),
            before=listing.after_id(),
            limit=listing.fetched,
        )
    counts = {one.status: one for one in counted}
    return page.render(
        "intrum/cases.html",
        part="list",
        # In the agency's own order.
        statuses=[
            (one.phase, counts[one.value]) for one in CollectionStatus if one.value in counts
        ],
        silent=counts.get(""),
        all=sum(one.cases for one in counted),
        rows=listing.page(rows, lambda row: (row.case.id,)),
        chosen=chosen,
        phases=PHASES,
    )


@router.get("/{case_id}")
def show_case(case_id: PathId, page: Annotated[Page, in_company(Action.READ_AGENCY)]) -> Response:
    """One case, with what was said of it and when."""
    with page.transaction() as session:
        found = agency_cases.show(session, page.scope, case_id)
        if found is None:
            raise NotHere
        said = agency_cases.messages_of(session, case_id)
    return page.render(
        "intrum/case.html",
        case=found.case,
        agency=title(found.case.agency),
        invoice=found.invoice,
        customer=found.customer,
        phase=_phase(found.invoice.collection_status),
        messages=[
            (
                one,
                story.message_kind(page.words, one),
                story.message_says(page.words, one),
                message_error(page.words, one.error),
            )
            for one in said
        ],
        statuses=story.MESSAGE_STATUSES,
    )


def _phase(status: str) -> tuple[str, str] | None:
    try:
        return PHASES[CollectionStatus(status).phase]
    except ValueError:
        return None
