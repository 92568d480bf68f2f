"""Records put in without a file: staged by hand, and booked by the activity that books files'."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import select
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.file_import.book import BookStretch
from activities.file_import.office import ImportOffice
from activities.file_import.records import Record, row_of
from domain.clock import Clock
from integrations.intake import BadRecord
from store import imports
from store.copying import copy
from store.database import Database
from store.imports import ImportStatus, RecordStatus
from store.sealing import Sealer
from store.tables import FileImport, ImportRecord, Invoice
from workflows.contract import ImportProgress

KEY = "a key for the tests of files"


@dataclass(frozen=True)
class Taken:
    """What became of the records. `waiting`: Temporal does not take their workflows yet."""

    import_id: int
    registered: int
    known: int
    credited: int
    started: int
    waiting: int
    bad: list[ImportRecord]


def stage(
    database: Database, now: datetime, records: Sequence[Record | BadRecord], kind: str = "invoices"
) -> int:
    """An import whose records have been read; its id."""
    with database.transaction() as session:
        file = FileImport(
            kind=kind,
            name="invoices.csv",
            sha256="",
            size_bytes=0,
            options={},
            status=ImportStatus.BOOKING.value,
            received_at=now,
            received_by="test",
        )
        session.add(file)
        session.flush()
        rows = [row_of(file, serial, item) for serial, item in enumerate(records, start=1)]
        copy(session, ImportRecord, rows)
        file.read = len(rows)
        file.bad = sum(row["status"] == "bad" for row in rows)
    return file.id


async def book(office: ImportOffice, client: Client, import_id: int) -> ImportProgress:
    """Book all of an import, as its workflow has it booked, and end it."""
    while True:
        stretch = BookStretch(office, client)
        progress: ImportProgress = await ActivityEnvironment().run(stretch.__call__, import_id)
        if progress.ended:
            return progress


async def take_in(
    records: Sequence[Record | BadRecord],
    *,
    database: Database,
    client: Client,
    clock: Clock,
) -> Taken:
    """Put the records in, and have their workflows started."""
    office = ImportOffice(database, clock, Sealer(KEY))
    now = clock.now(datetime.now(UTC))
    import_id = await asyncio.to_thread(stage, database, now, records)
    await book(office, client, import_id)
    return await asyncio.to_thread(_taken, database, import_id)


def _taken(database: Database, import_id: int) -> Taken:
    with database.transaction() as session:
        rows = session.exec(
            select(ImportRecord, Invoice.start_pending)
            .join(Invoice, isouter=True)
            .where(ImportRecord.import_id == import_id)
        ).all()
        bad = imports.records(session, import_id, [RecordStatus.BAD])
    ends = [(row.kind, row.status, pending) for row, pending in rows]
    new = [pending for kind, status, pending in ends if (kind, status) == ("invoice", "booked")]
    return Taken(
        import_id=import_id,
        registered=len(new),
        known=sum(status == "known" for _, status, _ in ends),
        credited=sum((kind, status) == ("credit_note", "booked") for kind, status, _ in ends),
        started=sum(pending is False for pending in new),
        waiting=sum(pending is True for pending in new),
        bad=bad,
    )
