"""A letter about an invoice: what became of it, and the letter itself."""

from typing import Annotated

from fastapi import APIRouter, Response
from sqlmodel import Session

from domain.roles import Action
from integrations.letters import LetterContent, render_pdf
from starter.api.v1 import callers, problems
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import PathId
from starter.api.v1.invoice_shapes import LetterOut
from starter.api.v1.problems import Kind, Problem, documented
from store import invoice_list
from store.tables import Notice

router = APIRouter(
    prefix="/companies/{business_id}/invoices/{invoice_id}/letters", tags=["Letters"]
)

PDF = "application/pdf"


@router.get("/{letter_id}")
def show_letter(
    invoice_id: PathId,
    letter_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_LETTERS)],
    parts: TheParts,
) -> LetterOut:
    """One letter: when and how it went, and what it cost."""
    with parts.database.transaction() as session:
        return LetterOut.of(_letter(session, here, invoice_id, letter_id))


@router.get(
    "/{letter_id}/pdf",
    response_class=Response,
    responses={
        200: {
            "description": "The letter.",
            "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
        },
        **documented(Kind.CONFLICT),
    },
)
def read_letter(
    invoice_id: PathId,
    letter_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_LETTERS)],
    parts: TheParts,
) -> Response:
    """The letter as it was sent, to the byte, as a PDF."""
    with parts.database.transaction() as session:
        row = _letter(session, here, invoice_id, letter_id)
    if row.content is None or row.sent_at is None:
        raise Problem(
            Kind.CONFLICT,
            f"letter {letter_id} is {row.status}: it has not been sent",
            record=f"letter {letter_id}",
            remedy="GET the letter: when its status is `sent`, it can be read",
        )
    return Response(
        render_pdf(LetterContent.model_validate(row.content)),
        media_type=PDF,
        headers={"Content-Disposition": f'inline; filename="{row.message_id}.pdf"'},
    )


def _letter(session: Session, here: Here, invoice_id: int, letter_id: int) -> Notice:
    found = invoice_list.seen_letter(session, here.scope, invoice_id, letter_id)
    if found is None:
        raise problems.not_found(f"letter {letter_id} of invoice {invoice_id}")
    return found
