"""Files handed in, from the first byte to the last workflow, on real servers."""

import asyncio
from io import BytesIO
from pathlib import Path

import pytest
from sqlmodel import col, select
from temporalio.client import WorkflowExecutionStatus

from activities import starting
from starter.cli import files
from starter.import_words import as_table, own_text
from starter.imports import CannotTakeError, Handing, start_received
from starter.watching import Watch
from store import imports as rows
from store.imports import NoSuchImport, RecordStatus
from store.tables import ImportRecord, Invoice
from tests.starter.office import Office, csv_file, new_business_id
from tests.starter.test_cli import Karhu, karhu
from workflows.contract import import_workflow_id

__all__ = ["karhu"]

pytestmark = pytest.mark.timeout(120)


async def bad(office: Office, import_id: int) -> list[ImportRecord]:
    return await office.imports.records(import_id, [RecordStatus.BAD])


# ── services ─────────────────────────────────────────────────────────────────────────────────


async def test_a_file_becomes_invoices_with_workflows(office: Office, tmp_path: Path) -> None:
    several = [office.record(customer=f"A-{place % 3}") for place in range(25)]
    done = await office.hand_in(csv_file(tmp_path, several))
    assert (done.status, done.read, done.booked, done.bad) == ("done", 25, 25, 0)
    for one in several:
        assert not office.row(one.number).start_pending
        assert (await office.handle(one.number).describe()).status == (
            WorkflowExecutionStatus.RUNNING
        )
    again = await office.hand_in(csv_file(tmp_path, several))
    assert (again.booked, again.known, again.sha256) == (0, 25, done.sha256)
    handle = office.client.get_workflow_handle(import_workflow_id(done.id))
    await handle.result()
    described = await handle.describe()
    summary = await described.static_summary() or ""
    assert f"Import {done.id}" in summary
    assert "invoices.csv" not in summary
    history = (await handle.fetch_history()).to_json()
    assert "Malliasiakas" not in history


async def test_what_is_no_file_of_ours_is_refused(office: Office) -> None:
    for content in (b"", b"\x89PNG\r\n\x1a\n\x00\x00", b"<html></html>"):
        with pytest.raises(CannotTakeError):
            await office.imports.hand_in(BytesIO(content), Handing("file", "test"))
    stranger = new_business_id()
    with pytest.raises(CannotTakeError, match=stranger):
        await office.imports.hand_in(BytesIO(b"a;b\n"), Handing("file", "test", stranger))
    with pytest.raises(NoSuchImport):
        await office.imports.look(10**9)


async def test_a_table_with_names_of_its_own(office: Office, tmp_path: Path) -> None:
    one = office.record()
    file = csv_file(tmp_path, [one], "nonsense")
    file.write_text(file.read_text().replace("customer_name", "Asiakas"))
    done = await office.hand_in(file, customer_name="Asiakas")
    assert (done.booked, done.bad) == (1, 1)
    # The map holds for what is corrected as well.
    other = csv_file(tmp_path, [office.record()]).read_text().replace("customer_name", "Asiakas")
    made = await office.imports.correct(done.id, 2, BytesIO(other.encode()), "fixed", "test")
    assert (await office.imports.ended(made)).booked == 1


NETVISOR = """<root><salesinvoice>
<salesinvoicenumber>{number}</salesinvoicenumber>
<salesinvoicedate>2026-03-02</salesinvoicedate>
<salesinvoiceduedate>2026-03-16</salesinvoiceduedate>
<salesinvoiceamount>100,00</salesinvoiceamount>
<invoicingcustomeridentifier type="netvisor">17</invoicingcustomeridentifier>
<invoicingcustomername>Mallipaja Oy</invoicingcustomername>
</salesinvoice></root>"""


async def test_whose_a_file_is_can_be_said_beside_it(office: Office, tmp_path: Path) -> None:
    await office.take_in(known := office.record())
    number = f"{known.number}7"
    file = tmp_path / "netvisor.xml"
    file.write_text(NETVISOR.format(number=number))
    nobodys = await office.hand_in(file)
    assert (nobodys.booked, nobodys.bad) == (0, 1)
    done = await office.hand_in(file, office.business_id)
    assert (done.booked, done.bad) == (1, 0)
    row = office.row(number)
    assert (row.company_id, row.iban) == (done.company_id, known.iban)


async def test_what_temporal_missed_is_started_by_the_next_round(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: object) -> None:
        raise RuntimeError("killed")

    file = csv_file(tmp_path, [one := office.record()])
    with monkeypatch.context() as patched:
        patched.setattr("starter.imports.start_import", killed)
        with file.open("rb") as stream:
            import_id = await office.imports.hand_in(stream, Handing(file.name, "test"))
    assert (await office.imports.look(import_id)).status == "received"
    assert await start_received(office.client, office.database) >= 1
    assert (await asyncio.wait_for(office.imports.ended(import_id), 60)).booked == 1
    assert office.row(one.number).state == "open"


async def test_a_bad_record_is_corrected_and_handed_in_alone(
    office: Office, tmp_path: Path
) -> None:
    good, wrong = office.record(), office.record()
    line = csv_file(tmp_path, [wrong]).read_text().splitlines()[1]
    bad_line = line.replace(f"{wrong.amount_cents / 100:.2f}", "ten")
    first = await office.hand_in(csv_file(tmp_path, [good], bad_line))
    assert (first.booked, first.bad) == (1, 1)
    (record,) = await bad(office, first.id)
    assert (record.line, record.element) == (3, "amount")

    still_wrong = BytesIO(own_text([record]).encode())
    once = await office.imports.correct(first.id, record.serial, still_wrong, "fixed", "test")
    assert (await office.imports.ended(once)).bad == 1
    assert (await bad(office, first.id))[0].status == RecordStatus.BAD

    right = BytesIO(own_text([record]).replace("ten", "10,00").encode())
    twice = await office.imports.correct(first.id, record.serial, right, "fixed", "test")
    assert (await office.imports.ended(twice)).booked == 1
    assert office.row(wrong.number).principal_cents == 1_000
    assert (await bad(office, first.id)) == []
    assert (await office.imports.look(first.id)).bad == 0
    with pytest.raises(CannotTakeError, match="corrected"):
        await office.imports.correct(first.id, record.serial, BytesIO(b"a;b"), "fixed", "test")


async def test_what_was_read_and_refused_comes_as_a_table_of_our_own(
    office: Office, tmp_path: Path
) -> None:
    one = office.record()
    await office.take_in(one)
    changed = one.model_copy(update={"amount_cents": 12_345})
    done = await office.hand_in(csv_file(tmp_path, [changed]))
    found = await bad(office, done.id)
    assert "differs in amount" in found[0].reason
    table = as_table(found)
    assert table.count("\n") == 2
    renumbered = table.replace(f";{one.number};", f";{one.number}9;")
    made = await office.imports.correct(done.id, 1, BytesIO(renumbered.encode()), "t", "test")
    assert (await office.imports.ended(made)).booked == 1
    assert office.row(f"{one.number}9").principal_cents == 12_345


async def test_cancelled_from_temporal_it_ends_cleanly(office: Office, tmp_path: Path) -> None:
    several = [office.record() for _ in range(1_200)]
    with csv_file(tmp_path, several).open("rb") as stream:
        import_id = await office.imports.hand_in(stream, Handing("invoices.csv", "test"))
    handle = office.client.get_workflow_handle(import_workflow_id(import_id))
    async for row in office.imports.follow(import_id):
        if row.booked:
            break
    await handle.cancel()
    ended = await asyncio.wait_for(office.imports.ended(import_id), 60)
    await handle.result()
    assert ended.status in {"cancelled", "done"}
    numbers = [one.number for one in several]
    with office.database.transaction() as session:
        there = session.exec(
            select(Invoice.number, Invoice.start_pending).where(col(Invoice.number).in_(numbers))
        ).all()
    assert len(there) == ended.booked
    assert not any(pending for _, pending in there)


# ── the command line ─────────────────────────────────────────────────────────────────────────


async def test_imports_by_command(karhu: Karhu, office: Office, tmp_path: Path) -> None:
    one = office.record()
    note = office.record("h-9", credits_number=one.number)
    early = await office.take_in(note)
    await office.take_in(one)
    listed = await karhu("imports", "list")
    assert str(early.import_id) in listed.stdout
    rejected = await karhu("imports", "rejected", str(early.import_id))
    assert f"{early.import_id}/1" in rejected.stdout
    assert one.number in rejected.stdout
    out = tmp_path / "bad.csv"
    assert (await karhu("imports", "rejected", str(early.import_id), "--out", out)).exit_code == 0
    assert "credit_note" in out.read_text()
    tried = await karhu("imports", "retry", str(early.import_id))
    assert (tried.exit_code, "1 booked" in tried.stdout) == (0, True)
    shown = await karhu("imports", "show", str(early.import_id))
    assert "0 bad" in shown.stdout
    over = await karhu("imports", "cancel", str(early.import_id))
    assert "ended already" in over.stdout
    nothing = await karhu("imports", "show", "999999999")
    assert (nothing.exit_code, "999999999" in nothing.stderr) == (1, True)


async def test_a_file_that_is_none_keeps_no_other_out(
    karhu: Karhu, office: Office, tmp_path: Path
) -> None:
    one = office.record()
    other = tmp_path / "letter.txt"
    other.write_text("Hyvä asiakas!")
    good = csv_file(tmp_path, [one])
    done = await karhu("import", other, tmp_path / "missing.xml", good)
    assert done.exit_code == 1
    assert "1 booked" in done.stdout
    assert "letter.txt" in done.stderr
    assert "missing.xml" in done.stderr


async def test_a_folder_by_command(karhu: Karhu, office: Office, tmp_path: Path) -> None:
    one = office.record()
    content = csv_file(tmp_path, [one]).read_bytes()
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    put(inbox, "one.csv", content)
    watched = await karhu("watch", inbox, "--once")
    assert (watched.exit_code, "1 booked" in watched.stdout) == (0, True)
    assert names(inbox / "done") == ["one.csv"]
    assert (await karhu("watch", tmp_path / "none")).exit_code == 1


async def test_without_a_key_no_file_is_taken(
    karhu: Karhu, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Office, "environment", {**office.environment, "KARHU_FILE_KEY": None})
    refused = await karhu("import", csv_file(tmp_path, [office.record()]))
    assert (refused.exit_code, "KARHU_FILE_KEY" in refused.stderr) == (1, True)


async def test_without_a_worker_it_says_that_nothing_moves(
    office: Office,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(files, "_STILL_SECONDS", 0.5)
    with monkeypatch.context() as patched:
        patched.setattr(starting, "IMPORT_QUEUE", "served by nobody")
        with csv_file(tmp_path, [office.record()]).open("rb") as stream:
            import_id = await office.imports.hand_in(stream, Handing("invoices.csv", "test"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(files.follow(office.imports, import_id), 4)
    assert "does a worker run" in capsys.readouterr().err
    await office.imports.cancel(import_id)
    await office.client.get_workflow_handle(import_workflow_id(import_id)).terminate()
    await start_received(office.client, office.database)
    ended = await asyncio.wait_for(office.imports.ended(import_id), 60)
    assert (ended.status, ended.booked) == ("cancelled", 0)


async def test_a_company_for_files_that_name_none(karhu: Karhu, office: Office) -> None:
    made = await karhu(
        *("company", "add", office.business_id, "--name", "Esimerkki Oy"),
        *("--iban", "FI37 1590 3000 0007 76"),
    )
    assert made.exit_code == 0
    assert office.business_id in (await karhu("company", "list")).stdout
    wrong = await karhu("company", "add", "1234567-8", "--name", "x", "--iban", "FI37")
    assert wrong.exit_code == 1


# ── the watched folder ───────────────────────────────────────────────────────────────────────


def watch(office: Office, folder: Path) -> Watch:
    return Watch(folder, office.imports, settled_seconds=0)


def put(folder: Path, name: str, content: bytes) -> None:
    part = folder / f"{name}.part"
    part.write_bytes(content)
    part.rename(folder / name)


def names(folder: Path) -> list[str]:
    """As the files came; the name by which a file was taken has something before it."""
    return sorted(path.name.partition("-")[2] for path in folder.iterdir())


async def test_two_watchers_take_each_file_once(office: Office, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    several = [office.record() for _ in range(6)]
    for place, one in enumerate(several):
        content = csv_file(tmp_path, [one]).read_bytes()
        put(inbox, f"{place}.csv", content + (b"nonsense\n" if place == 5 else b""))
    put(inbox, "picture.csv", b"\x89PNG\x00")
    put(inbox, "all-bad.csv", csv_file(tmp_path, [], "nonsense").read_bytes())
    both = (watch(office, inbox), watch(office, inbox))
    await asyncio.wait_for(asyncio.gather(*(one.run(once=True) for one in both)), 90)
    assert names(inbox / "taken") == []
    assert names(inbox / "done") == sorted(
        [*(f"{place}.csv" for place in range(6)), "5.csv.report.txt"]
    )
    assert names(inbox / "failed") == sorted(
        f"{name}{end}" for name in ("all-bad.csv", "picture.csv") for end in ("", ".report.txt")
    )
    (report,) = [path for path in (inbox / "done").iterdir() if path.suffix == ".txt"]
    assert "5.csv, line 3" in report.read_text()
    for one in several:
        assert office.row(one.number).state == "open"
    with office.database.transaction() as session:
        newest = rows.newest(session, limit=7)
    assert sorted(row.name for row in newest) == sorted(
        [*(f"{place}.csv" for place in range(6)), "all-bad.csv"]
    )


@pytest.mark.parametrize("handed_in", [False, True])
async def test_a_watcher_goes_on_with_what_another_had_taken(
    office: Office, tmp_path: Path, handed_in: bool
) -> None:
    inbox = tmp_path / "inbox"
    taken = inbox / "taken"
    taken.mkdir(parents=True)
    one = office.record()
    path = taken / "abcd1234-one.csv"
    path.write_bytes(csv_file(tmp_path, [one]).read_bytes())
    if handed_in:
        with path.open("rb") as stream:
            mark = f"karhu watch, {path.name}"
            first = await office.imports.hand_in(stream, Handing("one.csv", mark))
    await asyncio.wait_for(watch(office, inbox).run(once=True), 60)
    assert names(inbox / "done") == ["one.csv"]
    assert office.row(one.number).state == "open"
    with office.database.transaction() as session:
        (newest,) = rows.newest(session, limit=1)
    assert (newest.booked, newest.known) == (1, 0)
    assert not handed_in or newest.id == first
