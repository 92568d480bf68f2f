"""An invoice's letters as PDF: those that were sent, to the byte, and the next one beforehand."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from activities.desk import House
from domain.roles import Action
from integrations.letters import LetterContent, render_pdf
from starter.api.v1.fields import PathId
from starter.drafting import draft
from starter.people import NotDone
from starter.web.entry import NotHere, in_company
from starter.web.page import Page
from starter.web.pages.invoice import whys
from starter.web.pages.invoice.known import PATH, the_row
from starter.web.words import mark
from store import invoice_list
from store.tables import Notice

router = APIRouter(prefix=PATH)

PDF = "application/pdf"


def readable(row: Notice) -> bool:
    """Whether what it says is settled: until it is sent, it may yet change."""
    return row.content is not None and row.sent_at is not None


@router.get("/letters/{letter_id}")
def read_letter(
    page: Annotated[Page, in_company(Action.READ_LETTERS)], invoice_id: PathId, letter_id: PathId
) -> Response:
    """The letter as it was sent."""
    with page.transaction() as session:
        row = invoice_list.seen_letter(session, page.scope, invoice_id, letter_id)
    if row is None or not readable(row):
        raise NotHere
    pdf = render_pdf(LetterContent.model_validate(row.content))
    return page.file(pdf, PDF, f"{row.message_id}.pdf", framed=True)


@router.get("/draft")
def read_draft(
    page: Annotated[Page, in_company(Action.READ_LETTERS)], invoice_id: PathId
) -> Response:
    """The next letter as it would be if nothing changed. Nothing is sent."""
    with page.transaction() as session:
        the_row(page, session, invoice_id)
    house = House(page.parts.clock, day_count=page.parts.day_count)
    try:
        letter = draft(page.parts.database, house, invoice_id, page.now())
    except NotDone as error:
        why = whys.say(page.words, str(error)).text
        said = page.say(mark("There is no letter to read: %(why)s"), why=why)
        answer = page.file(said.encode(), "text/plain; charset=utf-8", "letter.txt", framed=True)
        answer.status_code = 409
        return answer
    return page.file(letter.pdf(), PDF, f"draft-{letter.kind.value}.pdf", framed=True)
