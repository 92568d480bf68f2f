"""A chunk of an agency's settlements read from a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from activities.file_import.outcome import Outcome, bad
from activities.file_import.records import record_of
from domain.agency.contract import INTRUM
from integrations.intake import Fault, SettlementRecord
from store import settlements
from store.imports import Ended, RecordStatus
from store.settlements import Taken
from store.tables import ImportRecord


def take_chunk(session: Session, rows: Sequence[ImportRecord], *, now: datetime) -> Outcome:
    """Keep settlements, each once; one that waits for a person is set aside here, and stands among
    the settlements with its problem."""
    outcome = Outcome()
    for row in rows:
        record = record_of(row)
        if not isinstance(record, SettlementRecord):
            continue
        taken = settlements.take(
            session,
            record.settlement,
            by_agency=settlements.agency_of(session, record.settlement) or INTRUM,
            source=record.source,
            now=now,
        )
        outcome.ended.append(_ended(row, taken))
        outcome.invoice_ids += taken.invoice_ids
    return outcome


def _ended(row: ImportRecord, taken: Taken) -> Ended:
    first = taken.invoice_ids[0] if taken.invoice_ids else None
    words = f"settlement {taken.name}: {taken.problem}"
    if taken.differs:
        return bad(row, words, Fault.MISMATCH)
    if not taken.new:
        return Ended(row, RecordStatus.KNOWN, first)
    if taken.problem:
        return Ended(row, RecordStatus.SET_ASIDE, first, element="settlement", reason=words)
    return Ended(row, RecordStatus.BOOKED, first)
