"""Imports: how far they have got, and what became of every record of their files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, text, update
from sqlmodel import Session, col, select

from store.scope import Scope
from store.tables import FileImport, FilePart, ImportRecord, Invoice


class ImportStatus(StrEnum):
    """`received`: its workflow is to be started, or has not looked yet."""

    RECEIVED = "received"
    READING = "reading"
    BOOKING = "booking"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


ENDED = frozenset({ImportStatus.DONE, ImportStatus.CANCELLED, ImportStatus.FAILED})


class RecordStatus(StrEnum):
    STAGED = "staged"
    BOOKED = "booked"
    KNOWN = "known"
    SET_ASIDE = "set_aside"
    BAD = "bad"
    CORRECTED = "corrected"


class NoSuchImport(Exception):  # noqa: N818 - reads as what it is
    def __init__(self, what: str) -> None:
        super().__init__(f"there is no {what} here: see karhu imports list")


# ── looking ──────────────────────────────────────────────────────────────────────────────────


def get(session: Session, import_id: int) -> FileImport:
    """The import's row. Raises `NoSuchImport`."""
    found = session.get(FileImport, import_id)
    if found is None:
        raise NoSuchImport(f"import {import_id}")
    return found


def lock(session: Session, import_id: int) -> FileImport:
    """The import's row, held. Raises `NoSuchImport`."""
    found = session.exec(
        select(FileImport).where(FileImport.id == import_id).with_for_update()
    ).first()
    if found is None:
        raise NoSuchImport(f"import {import_id}")
    return found


def received(session: Session, *, limit: int) -> list[FileImport]:
    """Imports whose workflow is to be started, the oldest first."""
    return list(
        session.exec(
            select(FileImport)
            .where(FileImport.status == ImportStatus.RECEIVED.value)
            .order_by(col(FileImport.id))
            .limit(limit)
        )
    )


def newest(session: Session, *, before: int | None = None, limit: int = 50) -> list[FileImport]:
    """Imports, the newest first; those before an id, for the next page."""
    query = select(FileImport).order_by(col(FileImport.id).desc()).limit(limit)
    if before is not None:
        query = query.where(FileImport.id < before)
    return list(session.exec(query))


def of_company(
    session: Session, scope: Scope, *, before: int | None = None, limit: int = 50
) -> list[FileImport]:
    """Those that were handed in for the companies seen into, the newest first."""
    query = select(FileImport).where(scope.companies(FileImport.company_id))
    if before is not None:
        query = query.where(FileImport.id < before)
    return list(session.exec(query.order_by(col(FileImport.id).desc()).limit(limit)))


def seen(session: Session, scope: Scope, import_id: int) -> FileImport | None:
    """The import; None if there is none of this id that may be seen."""
    return session.exec(
        select(FileImport).where(scope.companies(FileImport.company_id), FileImport.id == import_id)
    ).first()


def by_mark(session: Session, received_by: str) -> FileImport | None:
    """The import that was handed in under this mark of its giver's."""
    return session.exec(select(FileImport).where(FileImport.received_by == received_by)).first()


def records(
    session: Session,
    import_id: int,
    statuses: Iterable[RecordStatus],
    *,
    after: int = 0,
    limit: int = 200,
) -> list[ImportRecord]:
    """Records that have come to these ends, in the file's order; those after a serial."""
    return list(
        session.exec(
            select(ImportRecord)
            .where(
                ImportRecord.import_id == import_id,
                col(ImportRecord.status).in_([status.value for status in statuses]),
                ImportRecord.serial > after,
            )
            .order_by(col(ImportRecord.serial))
            .limit(limit)
        )
    )


def record(session: Session, import_id: int, serial: int) -> ImportRecord:
    """One record of an import. Raises `NoSuchImport`."""
    found = session.exec(
        select(ImportRecord).where(
            ImportRecord.import_id == import_id, ImportRecord.serial == serial
        )
    ).first()
    if found is None:
        raise NoSuchImport(f"record {import_id}/{serial}")
    return found


def staged(
    session: Session, import_id: int, kinds: Sequence[str], limit: int
) -> list[ImportRecord]:
    """The first records of these kinds that wait to be booked."""
    return list(
        session.exec(
            select(ImportRecord)
            .where(
                ImportRecord.import_id == import_id,
                ImportRecord.status == RecordStatus.STAGED.value,
                col(ImportRecord.kind).in_(kinds),
            )
            .order_by(col(ImportRecord.serial))
            .limit(limit)
        )
    )


@dataclass(frozen=True, slots=True)
class Summed:
    """What a person asks of an import's records. `booked_cents`: what was booked comes to;
    `feeds`: those set aside that are no payment, but say how fresh the bank's word is; `untold`:
    invoices of which Temporal has not taken the news yet."""

    booked_cents: int
    feeds: int
    untold: int


def summed(session: Session, import_id: int) -> Summed:
    """By reading the records once more."""
    found = session.execute(
        text(
            "SELECT coalesce(sum(CAST(body->>'amount_cents' AS bigint))"
            " FILTER (WHERE status = 'booked' AND kind <> 'credit_note'), 0),"
            " count(*) FILTER (WHERE status = 'set_aside' AND kind = 'feed')"
            " FROM import_record WHERE import_id = :import_id"
        ),
        {"import_id": import_id},
    ).one()
    return Summed(int(found[0]), found[1], len(untold(session, import_id)))


def untold(session: Session, import_id: int) -> list[int]:
    """Invoices of the import that are still in the outbox: a crash left them there."""
    return list(
        session.exec(
            select(Invoice.id)
            .where(
                col(Invoice.start_pending).is_(True) | col(Invoice.signal_pending).is_(True),
                select(ImportRecord.id)
                .where(ImportRecord.import_id == import_id, ImportRecord.invoice_id == Invoice.id)
                .exists(),
            )
            .order_by(col(Invoice.id))
        )
    )


# ── what becomes of the records ──────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one record; `invoice_id` is where it was booked."""

    row: ImportRecord
    status: RecordStatus
    invoice_id: int | None = None
    element: str = ""
    reason: str = ""
    fault: str = ""


_END = text(
    "UPDATE import_record SET status = ended.status, invoice_id = ended.invoice_id,"
    " element = ended.element, reason = ended.reason, fault = ended.fault,"
    # What went in stands in its own tables by now; what was left out may be handed in again.
    " body = CASE ended.status WHEN 'bad' THEN body"
    " ELSE jsonb_build_object('amount_cents', body->'amount_cents') END"
    " FROM unnest(CAST(:ids AS bigint[]), CAST(:statuses AS text[]),"
    " CAST(:invoices AS bigint[]), CAST(:elements AS text[]), CAST(:reasons AS text[]),"
    " CAST(:faults AS text[]))"
    " AS ended (id, status, invoice_id, element, reason, fault)"
    " WHERE import_record.id = ended.id"
)


def end(session: Session, row: FileImport, ended: Sequence[Ended]) -> None:
    """Note what became of records that were staged. The caller holds the import's row."""
    if not ended:
        return
    session.execute(
        _END,
        {
            "ids": [one.row.id for one in ended],
            "statuses": [one.status.value for one in ended],
            "invoices": [one.invoice_id for one in ended],
            "elements": [one.element for one in ended],
            "reasons": [one.reason for one in ended],
            "faults": [one.fault for one in ended],
        },
    )
    for one in ended:
        count(row, one.status, 1)
    session.add(row)


def count(row: FileImport, status: RecordStatus, more: int) -> None:
    """Records more (or fewer) that have come to this end."""
    setattr(row, status.value, getattr(row, status.value) + more)


def ask_to_cancel(session: Session, import_id: int) -> FileImport:
    """Note that it is to stop; one that has ended stays as it is. Raises `NoSuchImport`."""
    row = lock(session, import_id)
    if row.status not in ENDED:
        row.cancel_asked = True
        session.add(row)
    return row


def again(session: Session, row: FileImport) -> int:
    """Stage the bad records that were read but could not be booked once more; how many.

    The caller holds the row, and the import has ended. Its workflow is then to be started.
    """
    changed = session.execute(
        update(ImportRecord)
        .where(
            col(ImportRecord.import_id) == row.id,
            col(ImportRecord.status) == RecordStatus.BAD.value,
            col(ImportRecord.body).is_not(None),
        )
        .values(status=RecordStatus.STAGED.value, element="", reason="", fault="")
        .returning(col(ImportRecord.id))
    ).all()
    if changed:
        row.bad -= len(changed)
        row.status = ImportStatus.RECEIVED.value
        row.cancel_asked = False
        row.problem = ""
        session.add(row)
    return len(changed)


def close(
    session: Session, row: FileImport, status: ImportStatus, problem: str, now: datetime
) -> None:
    """End the import: its bytes are deleted, and of records that were not booked what they say."""
    session.execute(delete(FilePart).where(col(FilePart.import_id) == row.id))
    session.execute(
        update(ImportRecord)
        .where(
            col(ImportRecord.import_id) == row.id,
            col(ImportRecord.status) == RecordStatus.STAGED.value,
        )
        .values(body=None)
    )
    row.status = status.value
    row.problem = problem
    row.ended_at = now
    session.add(row)
    if row.corrects is not None and status is ImportStatus.DONE and not row.bad:
        _corrected(session, row)


def _corrected(session: Session, row: FileImport) -> None:
    """The bad record that this import hands in again, corrected, has gone in."""
    if not row.booked + row.known + row.set_aside:
        return
    mended = session.execute(
        update(ImportRecord)
        .where(
            col(ImportRecord.id) == row.corrects,
            col(ImportRecord.status) == RecordStatus.BAD.value,
        )
        .values(status=RecordStatus.CORRECTED.value, body=None, raw="")
        .returning(col(ImportRecord.import_id))
    ).scalar()
    if mended is not None:
        session.execute(
            update(FileImport)
            .where(col(FileImport.id) == mended)
            .values(bad=col(FileImport.bad) - 1)
        )
