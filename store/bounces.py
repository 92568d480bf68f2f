"""Keeping that a letter came back, once for each letter."""

from __future__ import annotations

from enum import StrEnum

from sqlmodel import select

from store import booking
from store.database import Database
from store.tables import Notice


class Noted(StrEnum):
    """What became of a report."""

    NEW = "new"
    KNOWN = "known"
    """The letter is known to have come back, or to be under way by another channel."""
    EARLY = "early"
    """It is not noted yet that the letter left: to be reported again later."""
    STRANGER = "stranger"
    """No letter of ours."""


def keep(database: Database, message_id: str, reason: str) -> tuple[Noted, int | None]:
    """Note that an e-mail came back, and that its invoice's workflow is to be told.

    `message_id` is the e-mail's own (RFC 5322). Also gives the invoice's id, if it is ours.
    """
    name = message_id.strip().removeprefix("<").removesuffix(">").rpartition("@")[0]
    with database.transaction() as session:
        notice = session.exec(select(Notice).where(Notice.message_id == name)).first()
        if notice is None:
            return Noted.STRANGER, None
        # The invoice first, as everywhere: whoever decides on it meanwhile, decides before.
        invoice = booking.lock(session, notice.invoice_id)
        session.refresh(notice)
        if notice.channel != "email" or notice.status not in {"released", "sending", "sent"}:
            return Noted.KNOWN, invoice.id
        if notice.status != "sent":
            return Noted.EARLY, invoice.id
        notice.status = "bounced"
        notice.last_error = reason
        invoice.signal_pending = True
        session.add(notice)
        session.add(invoice)
        return Noted.NEW, invoice.id
