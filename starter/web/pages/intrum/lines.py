"""What is said to the agency and by it, and the credit losses that it proposes."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.agency import LineStatus
from domain.agency.contract import title
from domain.roles import Action
from starter.web.agency_sayings import message_error
from starter.web.entry import in_company
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.invoice import story
from starter.web.words import mark
from store import agency_line

router = APIRouter(prefix="/companies/{business_id}/intrum")

OF = {
    "refused": ("out", LineStatus.REFUSED),
    "given_up": ("out", LineStatus.GIVEN_UP),
    "waiting": ("out", LineStatus.WAITING),
    "sent": ("out", LineStatus.SENT),
    "out": ("out", None),
    "in": ("in", None),
}
"""What the list may be of: the direction, and the status if it is of one."""
TITLES = {
    "refused": mark("Refused by the agency"),
    "given_up": mark("Given up"),
    "waiting": mark("In line"),
    "sent": mark("Sent, not answered yet"),
    "out": mark("All to the agency"),
    "in": mark("From the agency"),
}


@router.get("/messages")
def list_messages(
    page: Annotated[Page, in_company(Action.READ_AGENCY)], of: str = "refused"
) -> Response:
    """Messages, the newest first; those that need somebody at first."""
    chosen = of if of in OF else "refused"
    direction, status = OF[chosen]
    listing = Listing(page, "agency messages", chosen)
    with page.transaction() as session:
        rows = agency_line.messages(
            session,
            page.scope,
            status=status,
            direction=direction,
            before=listing.after_id(),
            limit=listing.fetched,
        )
    found = listing.page(rows, lambda row: (row.message.id,))
    return page.render(
        "intrum/messages.html",
        part="list",
        rows=found,
        said=[
            (
                one,
                title(one.agency),
                story.message_kind(page.words, one.message),
                story.message_says(page.words, one.message),
                message_error(page.words, one.message.error),
                story.resendable(one.message),
            )
            for one in found.rows
        ],
        tabs=[
            (page.say(name), page.url("/intrum/messages", of=key), key == chosen)
            for key, name in TITLES.items()
        ],
        statuses=story.MESSAGE_STATUSES,
    )


@router.get("/proposals")
def list_proposals(page: Annotated[Page, in_company(Action.READ_AGENCY)]) -> Response:
    """Invoices that the agency has given up: to be written off, or taken back."""
    listing = Listing(page, "proposals")
    with page.transaction() as session:
        rows = agency_line.proposals(
            session, page.scope, after=listing.after_id() or 0, limit=listing.fetched
        )
    return page.render(
        "intrum/proposals.html",
        part="list",
        rows=listing.page(rows, lambda row: (row.invoice_id,)),
    )
