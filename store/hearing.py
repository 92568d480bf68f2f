"""Keeping what the collection agency reports, each message once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from domain.agency import StatusMessage
from store import booking
from store.database import Database
from store.tables import AgencyCase, AgencyMessage


@dataclass(frozen=True, slots=True)
class Heard:
    """`new` False: the same message was kept before, and nothing changed."""

    invoice_id: int
    new: bool


def keep(database: Database, message: StatusMessage, now: datetime) -> Heard | None:
    """Keep a status message, and note that the invoice's workflow is to be told.

    `now` is business time. None: the case is not ours.
    """
    with database.transaction() as session:
        file = session.exec(
            select(AgencyCase).where(AgencyCase.reference == message.case_reference)
        ).first()
        if file is None:
            return None
        # The invoice first, as everywhere: whoever decides on it meanwhile, decides before.
        invoice = booking.lock(session, file.invoice_id)
        fresh = session.execute(
            insert(AgencyMessage)
            .values(
                agency_case_id=file.id,
                direction="in",
                kind=message.kind.value,
                key=message.message_id,
                body=message.model_dump(mode="json"),
                status="received",
                at=now,
                error="",
                attempts=0,
            )
            .on_conflict_do_nothing()
            .returning(col(AgencyMessage.id))
        ).scalar()
        if fresh is None:
            return Heard(invoice.id, new=False)
        invoice.signal_pending = True
        session.add(invoice)
        return Heard(invoice.id, new=True)
