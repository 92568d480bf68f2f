"""The documents that go along with an assignment: copies of the letters, as they were sent.

They are typeset when the message is said, from what the letters said when they left. That never
changes, and the same content gives the same bytes; so a repeated message is the same to the byte.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from domain.agency import Document
from integrations.letters import LetterContent, render_pdf
from store.tables import AgencyMessage, Notice

MOST_BYTES = 2_500_000
"""Of all documents of one message: in base64 they stay within the 4 MiB that a message may have."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was sent. `name`: a file name that names no person."""

    name: str
    content: LetterContent


def letters(session: Session, message: AgencyMessage) -> tuple[Letter, ...]:
    """The letters whose copies go along with a message, in the order in which they were sent."""
    if not message.letter_ids:
        return ()
    rows = session.exec(
        select(Notice).where(col(Notice.id).in_(message.letter_ids)).order_by(col(Notice.id))
    )
    return tuple(
        Letter(f"{row.kind}-{row.round}.pdf", LetterContent.model_validate(row.content))
        for row in rows
        if row.content is not None
    )


def typeset(sent: Sequence[Letter]) -> tuple[Document, ...]:
    """The letters as documents; of too many the last ones. Raises `LetterRenderingError`."""
    documents: list[Document] = []
    room = MOST_BYTES
    for letter in reversed(sent):
        pdf = render_pdf(letter.content)
        room -= len(pdf)
        if room < 0:
            break
        # Made, not read: `Base64Bytes` would take the PDF itself for base64.
        documents.append(
            Document.model_construct(
                name=letter.name,
                media_type="application/pdf",
                sha256=hashlib.sha256(pdf).hexdigest(),
                content=pdf,
            )
        )
    return tuple(reversed(documents))
