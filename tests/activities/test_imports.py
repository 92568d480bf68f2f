"""Files read and booked, on real PostgreSQL: nothing is lost between two chunks, or twice."""

from __future__ import annotations

import asyncio
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import func, select
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.file_import.book import BookStretch
from activities.file_import.ending import CancelImport, end
from activities.file_import.office import ImportOffice
from activities.file_import.stage import StageFile
from domain import references
from integrations.intake import InvoiceRecord, Party
from starter.demo.files import write_csv
from starter.stack.ports import choose
from store import imports
from store.handing_in import PART_BYTES, Arriving, Bytes, new_import
from store.imports import ImportStatus, RecordStatus
from store.sealing import Sealer, WrongKey
from store.tables import FileImport, FilePart
from tests.activities.office import Office
from tests.intake import KEY, book, stage
from tests.starter.office import new_business_id

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
async def nobody() -> Client:
    """The way to a Temporal that is not there: what it does not take stays in the outbox."""
    return await Client.connect(
        f"127.0.0.1:{choose()}", lazy=True, data_converter=pydantic_data_converter
    )


@pytest.fixture
def importing(office: Office) -> ImportOffice:
    return ImportOffice(office.database, office.clock, Sealer(KEY))


def records(count: int, company: str, first: int = 1) -> list[InvoiceRecord]:
    return [
        InvoiceRecord(
            seller=Party(name="Esimerkki Oy", business_id=company),
            buyer=Party(name="Matti Malliasiakas", customer_number=f"c{number % 7}"),
            number=f"{number}",
            invoice_date=date(2026, 3, 2),
            due_date=date(2026, 3, 16),
            amount_cents=1_000 + number,
            reference=references.make(1_000 + number),
            iban="FI3715903000000776",
            source="invoices.csv",
            index=number,
            line=number + 1,
        )
        for number in range(first, first + count)
    ]


def handed_in(office: Office, content: bytes, sealer: Sealer | None = None) -> int:
    row = new_import(
        kind="invoices", name="invoices.csv", company_id=None, options={}, by="test", now=NOW
    )
    with office.database.transaction() as session:
        arriving = Arriving(session, sealer or Sealer(KEY), row)
        for at in range(0, len(content), 70_000):
            arriving.add(content[at : at + 70_000])
        return arriving.finish()


def table(folder: Path, items: list[InvoiceRecord]) -> bytes:
    write_csv(folder / "table.csv", items)
    return (folder / "table.csv").read_bytes()


def row(office: Office, import_id: int) -> FileImport:
    with office.database.transaction() as session:
        return imports.get(session, import_id)


def registered(office: Office, company: str) -> tuple[int, int]:
    """Invoices of the company, and entries in their ledgers."""
    of = text(
        "SELECT count(DISTINCT i.id), count(l.id) FROM invoice i JOIN company c"
        " ON c.id = i.company_id LEFT JOIN ledger_entry l ON l.invoice_id = i.id"
        " WHERE c.business_id = :company"
    )
    with office.database.transaction() as session:
        found = session.execute(of, {"company": company}).one()
    return found[0], found[1]


# ── bytes ────────────────────────────────────────────────────────────────────────────────────


def test_the_bytes_come_out_as_they_went_in_and_are_sealed(office: Office) -> None:
    content = b"".join(b"%07d, Malliasiakas\n" % line for line in range(150_000))
    import_id = handed_in(office, content)
    file = row(office, import_id)
    assert file.size_bytes == len(content)
    stream = io.BufferedReader(
        Bytes(office.database, Sealer(KEY), import_id, file.size_bytes), PART_BYTES
    )
    assert stream.read() == content
    assert stream.seek(PART_BYTES - 5) == PART_BYTES - 5
    assert stream.read(10) == content[PART_BYTES - 5 : PART_BYTES + 5]
    with office.database.transaction() as session:
        parts = session.exec(select(FilePart).where(FilePart.import_id == import_id)).all()
        assert len(parts) == 4
        assert not any(b"Malliasiakas" in part.sealed for part in parts)
    other = Bytes(office.database, Sealer("some other key of theirs"), import_id, 10)
    with pytest.raises(WrongKey):
        other.read(1)


def test_what_arrives_in_part_is_not_there(office: Office) -> None:
    before = _count(office, FileImport)
    arriving = new_import(
        kind="invoices", name="cut short", company_id=None, options={}, by="test", now=NOW
    )

    def cut_short() -> None:
        with office.database.transaction() as session:
            Arriving(session, Sealer(KEY), arriving).add(b"x" * (PART_BYTES + 1))
            raise Killed

    with pytest.raises(Killed):
        cut_short()
    assert _count(office, FileImport) == before


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def test_reading_goes_on_where_it_was_killed(
    office: Office,
    importing: ImportOffice,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("activities.file_import.stage.BATCH", 10)
    content = table(tmp_path, records(35, new_business_id())) + b"this is no invoice\n"
    import_id = handed_in(office, content)
    kept = StageFile._stage
    batches: list[int] = []

    def killed_after_commit(
        self: StageFile, file: FileImport, batch: list[dict[str, object]], *, last: bool = False
    ) -> object:
        done = kept(self, file, batch, last=last)
        batches.append(len(batch))
        if len(batches) in {1, 2, 4}:
            raise Killed
        return done

    monkeypatch.setattr(StageFile, "_stage", killed_after_commit)
    for _ in range(3):
        with pytest.raises(Killed):
            ActivityEnvironment().run(StageFile(importing).__call__, import_id)
    progress = ActivityEnvironment().run(StageFile(importing).__call__, import_id)
    assert (progress.read, progress.bad, progress.left) == (36, 1, 35)
    assert sum(batches) == 36
    with office.database.transaction() as session:
        rows = imports.records(session, import_id, RecordStatus, limit=100)
    assert [one.serial for one in rows] == list(range(1, 37))
    assert "this is no invoice" in rows[-1].raw


def test_a_file_that_was_sealed_under_another_key_has_failed(
    office: Office, importing: ImportOffice
) -> None:
    import_id = handed_in(office, b"a;b\n1;2\n", Sealer("some other key of theirs"))
    with pytest.raises(ApplicationError, match="KARHU_FILE_KEY") as refused:
        ActivityEnvironment().run(StageFile(importing).__call__, import_id)
    assert refused.value.non_retryable


# ── booking ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def killing(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Each chunk's process ends right after its commit, before Temporal is told."""
    chunks: list[int] = []
    kept = BookStretch._book

    def killed_after_commit(self: BookStretch, import_id: int) -> object:
        done = kept(self, import_id)
        if done.invoice_ids:
            chunks.append(len(done.invoice_ids))
            raise RuntimeError("killed")
        return done

    monkeypatch.setattr(BookStretch, "_book", killed_after_commit)
    return chunks


async def test_killed_after_each_chunk_it_ends_with_the_same_rows(
    office: Office, importing: ImportOffice, nobody: Client, killing: list[int]
) -> None:
    company = new_business_id()
    import_id = await asyncio.to_thread(stage, office.database, NOW, records(45, company))
    stretch = BookStretch(importing, nobody, chunk=10)
    for _ in range(5):
        with pytest.raises(RuntimeError, match="killed"):
            await ActivityEnvironment().run(stretch.__call__, import_id)
    progress = await ActivityEnvironment().run(stretch.__call__, import_id)
    assert (progress.booked, progress.left, progress.ended) == (45, 0, True)
    assert killing == [10, 10, 10, 10, 5]
    assert registered(office, company) == (45, 45)
    assert row(office, import_id).status == ImportStatus.DONE
    with office.database.transaction() as session:
        # Nobody was told: it is all in the outbox still, for whoever drains it.
        assert len(imports.untold(session, import_id)) == 45


async def test_one_record_that_spoils_a_chunk_is_left_out_alone(
    office: Office, importing: ImportOffice, nobody: Client
) -> None:
    company = new_business_id()
    wanted = records(12, company)
    wanted[4] = wanted[4].model_copy(update={"amount_cents": 10**30})
    wanted[7] = wanted[7].model_copy(update={"number": wanted[6].number})
    import_id = await asyncio.to_thread(stage, office.database, NOW, wanted)
    progress = await book(importing, nobody, import_id)
    assert (progress.booked, progress.bad) == (10, 2)
    with office.database.transaction() as session:
        spoilt, twice = imports.records(session, import_id, [RecordStatus.BAD])
    assert (spoilt.serial, twice.serial) == (5, 8)
    assert "database" in spoilt.reason
    assert "differs" in twice.reason
    assert registered(office, company) == (10, 10)


async def test_cancelling_stops_between_two_chunks(
    office: Office, importing: ImportOffice, nobody: Client
) -> None:
    company = new_business_id()
    import_id = await asyncio.to_thread(stage, office.database, NOW, records(40, company))
    stretch = BookStretch(importing, nobody, chunk=10, seconds=0)
    first = await ActivityEnvironment().run(stretch.__call__, import_id)
    assert (first.booked, first.over) == (10, False)
    ActivityEnvironment().run(CancelImport(office.database).__call__, import_id)
    stopped = await ActivityEnvironment().run(stretch.__call__, import_id)
    assert (stopped.booked, stopped.cancelled, stopped.ended) == (10, True, True)
    assert row(office, import_id).status == ImportStatus.CANCELLED
    assert registered(office, company) == (10, 10)
    # Asked again it is over, and stays as it is.
    assert (await ActivityEnvironment().run(stretch.__call__, import_id)).booked == 10
    ActivityEnvironment().run(CancelImport(office.database).__call__, import_id)
    assert end(importing, import_id).cancelled


async def test_two_imports_with_the_same_invoices_at_once(
    office: Office, importing: ImportOffice, nobody: Client
) -> None:
    company = new_business_id()
    one = await asyncio.to_thread(stage, office.database, NOW, records(60, company))
    other = await asyncio.to_thread(stage, office.database, NOW, records(60, company, first=31))

    async def run(import_id: int) -> tuple[int, int]:
        stretch = BookStretch(importing, nobody, chunk=7)
        progress = await ActivityEnvironment().run(stretch.__call__, import_id)
        return progress.booked, progress.known

    counts = await asyncio.gather(run(one), run(other))
    assert sum(booked for booked, _ in counts) == 90
    assert sum(known for _, known in counts) == 30
    assert registered(office, company) == (90, 90)


async def test_what_came_too_early_is_tried_again(
    office: Office, importing: ImportOffice, nobody: Client
) -> None:
    company = new_business_id()
    (one,) = records(1, company)
    note = one.model_copy(
        update={"number": "h-1", "is_credit_note": True, "original_invoice_number": one.number}
    )
    early = await asyncio.to_thread(stage, office.database, NOW, [note])
    assert (await book(importing, nobody, early)).bad == 1
    later = await asyncio.to_thread(stage, office.database, NOW, [one])
    assert (await book(importing, nobody, later)).booked == 1
    with office.database.transaction() as session:
        file = imports.lock(session, early)
        assert imports.again(session, file) == 1
        assert (file.status, file.bad) == (ImportStatus.RECEIVED, 0)
    assert not ActivityEnvironment().run(StageFile(importing).__call__, early).over
    assert (await book(importing, nobody, early)).booked == 1
    assert registered(office, company) == (1, 2)


async def test_of_what_went_in_only_the_amount_is_kept(
    office: Office, importing: ImportOffice, nobody: Client, tmp_path: Path
) -> None:
    import_id = handed_in(office, table(tmp_path, records(3, new_business_id())))
    ActivityEnvironment().run(StageFile(importing).__call__, import_id)
    await book(importing, nobody, import_id)
    with office.database.transaction() as session:
        rows = imports.records(session, import_id, [RecordStatus.BOOKED])
        parts = session.exec(select(FilePart).where(FilePart.import_id == import_id)).all()
    assert [one.body for one in rows] == [{"amount_cents": 1_000 + n} for n in (1, 2, 3)]
    assert parts == []


def _count(office: Office, kind: type[FileImport]) -> int:
    with office.database.transaction() as session:
        return session.exec(select(func.count()).select_from(kind)).one()
