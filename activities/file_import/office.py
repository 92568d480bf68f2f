"""What the activities of an import share, and how far an import has got."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from domain.clock import Clock
from store.database import Database
from store.imports import ENDED, ImportStatus
from store.sealing import Sealer
from store.tables import FileImport
from workflows.contract import ImportProgress


@dataclass(frozen=True, slots=True)
class ImportOffice:
    """What the activities work with."""

    database: Database
    clock: Clock
    sealer: Sealer

    def now(self) -> datetime:
        """Business time."""
        return self.clock.now(datetime.now(UTC))


def progress(row: FileImport) -> ImportProgress:
    """How far it has got, as its row says."""
    left = row.read - row.booked - row.known - row.set_aside - row.bad
    status = ImportStatus(row.status)
    cancelled = status is ImportStatus.CANCELLED or (row.cancel_asked and status not in ENDED)
    return ImportProgress(
        read=row.read,
        booked=row.booked,
        known=row.known,
        set_aside=row.set_aside,
        bad=row.bad,
        over=cancelled or status in ENDED or (status is ImportStatus.BOOKING and left == 0),
        cancelled=cancelled,
        ended=status in ENDED,
    )
