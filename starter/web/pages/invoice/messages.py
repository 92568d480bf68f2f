"""A message to the agency, sent again."""

from typing import Annotated

from fastapi import APIRouter
from sqlmodel import Session
from starlette.background import BackgroundTask
from starlette.responses import Response

from activities.desk import House
from activities.starting import News, drain
from domain.roles import Action
from starter import agency_messages
from starter.api.parts import Parts
from starter.api.v1.fields import PathId
from starter.people import NotDone
from starter.web.agency_sayings import message_error
from starter.web.entry import NotHere, in_company
from starter.web.page import Page
from starter.web.pages.invoice import story
from starter.web.pages.invoice.known import PATH, know
from starter.web.words import mark
from store import agency_line
from store.agency_line import Said

router = APIRouter(prefix=f"{PATH}/messages/{{message_id}}/resend")

Telling = Annotated[Page, in_company(Action.TELL_AGENCY)]


@router.get("")
def prepare(page: Telling, invoice_id: PathId, message_id: PathId) -> Response:
    """What is sent again, and what the agency had against it."""
    with page.transaction() as session:
        known = know(page, session, invoice_id)
        said = _the_message(page, session, invoice_id, message_id)
    return page.render(
        "invoice/resend.html",
        known=known,
        message=said.message,
        what=story.message_kind(page.words, said.message),
        wrong=message_error(page.words, said.message.error),
        goes=story.resendable(said.message),
        back=page.url(f"/invoices/{invoice_id}"),
    )


@router.post("")
def resend(page: Telling, invoice_id: PathId, message_id: PathId) -> Response:
    """Put it back in line, as it is and under its own key."""
    there = page.url(f"/invoices/{invoice_id}")
    try:
        with page.transaction() as session:
            _the_message(page, session, invoice_id, message_id)
            agency_messages.resend(
                session,
                page.scope,
                page.here,
                message_id,
                house=House(page.parts.clock, day_count=page.parts.day_count),
                actor=page.who.name,
                business_now=page.now(),
                real_now=page.parts.real_now(),
            )
    except NotDone:
        message = mark(
            "Only a message that was refused or given up is sent again. An assignment that was"
            " refused is not: hand the invoice over anew."
        )
        return page.redirect(there, wrong=page.say(message))
    answer = page.redirect(there, page.say(mark("The message is in line again.")))
    answer.background = BackgroundTask(_tell, page.parts, invoice_id)
    return answer


async def _tell(parts: Parts, invoice_id: int) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    news = News.AGENCY_STATUS
    await drain(parts.client, parts.database, parts.clock, only=[invoice_id], news=news)


def _the_message(page: Page, session: Session, invoice_id: int, message_id: int) -> Said:
    said = agency_line.message(session, page.scope, message_id)
    if said is None or said.invoice_id != invoice_id or said.message.direction != "out":
        raise NotHere
    return said
