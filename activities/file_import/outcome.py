"""What came of booking some records, and what is said of one that cannot go in."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg
from pydantic import ValidationError
from sqlalchemy.exc import DataError, IntegrityError

from domain.law import LawError
from domain.ledger import UnbalancedEntry
from integrations.intake import Fault
from store.imports import Ended, RecordStatus
from store.registration import Conflict
from store.tables import ImportRecord

LEFT_OUT = (
    *(Conflict, LawError, UnbalancedEntry, ValidationError),
    *(DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError),
)
"""What may be wrong with one record alone."""


@dataclass(slots=True)
class Outcome:
    """What became of the records, and the invoices that are in the outbox because of them."""

    ended: list[Ended] = field(default_factory=list)
    invoice_ids: list[int] = field(default_factory=list)

    def add(self, other: Outcome) -> None:
        self.ended += other.ended
        self.invoice_ids += other.invoice_ids


def bad(row: ImportRecord, reason: str, fault: Fault = Fault.INVALID) -> Ended:
    """The record cannot go in."""
    return Ended(
        row,
        RecordStatus.BAD,
        element=row.kind.replace("_", " "),
        reason=reason,
        fault=fault.value,
    )


def why(error: Exception) -> str:
    """What is wrong, without repeating what the record says: that may be a person's name."""
    if isinstance(error, Conflict | LawError | UnbalancedEntry):
        return str(error)
    if isinstance(error, ValidationError):
        return "is not whole any more: hand its own piece of the file in again"
    name = type(getattr(error, "orig", error)).__name__
    return f"the database does not take it ({name}); look at its fields"
