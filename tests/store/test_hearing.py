"""Keeping what agencies report: once, with how far they were read, and nothing of it lost."""

import itertools
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from domain.agency import StatusMessage
from domain.clock import REAL_TIME
from store import booking, hearing
from store.database import Database
from store.tables import AgencyCase, AgencyMessage, Invoice, UnheardOf
from tests.books import MONDAY, Books

_serial = itertools.count(1)


@pytest.fixture
def books(database: Database, tmp_path: Path) -> Books:
    return Books(database, tmp_path, REAL_TIME)


def case_of(books: Books, *, agency: str = "intrum", invoice: Invoice | None = None) -> AgencyCase:
    row = invoice or books.register(now=MONDAY)
    with books.database.transaction() as session:
        file = AgencyCase(
            invoice_id=row.id,
            round=next(_serial),
            agency=agency,
            service="collection",
            reference=f"{row.number}/{next(_serial)}",
            agency_case_id="INT-1",
            assigned_at=MONDAY,
        )
        session.add(file)
    return file


def report(file: AgencyCase | str, sequence: int = 1, **changes: object) -> StatusMessage:
    reference = file if isinstance(file, str) else file.reference
    return StatusMessage.model_validate(
        {
            "message_id": f"{reference}#{sequence}",
            "case_reference": reference,
            "agency_case_id": "INT-1",
            "status": "KIRJEPERINTÄ",
            "occurred_at": MONDAY + timedelta(days=sequence),
            "sequence": sequence,
            **changes,
        }
    )


def kept(books: Books, file: AgencyCase) -> list[AgencyMessage]:
    with books.database.transaction() as session:
        return list(
            session.exec(select(AgencyMessage).where(AgencyMessage.agency_case_id == file.id))
        )


def in_outbox(books: Books, file: AgencyCase) -> bool:
    return books.invoice(file.invoice_id).signal_pending


def quiet(books: Books, file: AgencyCase) -> None:
    with books.database.transaction() as session:
        booking.lock(session, file.invoice_id).signal_pending = False


def cursor(books: Books) -> str:
    with books.database.transaction() as session:
        return hearing.cursor(session, "intrum", hearing.STATUSES)


def test_a_page_is_kept_with_how_far_it_goes(books: Books) -> None:
    one, two = case_of(books), case_of(books)
    # A callback was first with one of them.
    assert hearing.keep(books.database, report(one), MONDAY) is not None
    for file in (one, two):
        quiet(books, file)
    page = [report(one), report(two), report(two, 2), report("9/none such")]
    done = hearing.keep_page(books.database, "intrum", page, "17", MONDAY)
    assert (done.new, done.invoice_ids) == (2, [two.invoice_id])
    assert [message.case_reference for message in done.unheard_of] == ["9/none such"]
    assert cursor(books) == "17"
    assert (len(kept(books, one)), len(kept(books, two))) == (1, 2)
    assert (in_outbox(books, one), in_outbox(books, two)) == (False, True)
    again = hearing.keep_page(books.database, "intrum", page, "18", MONDAY)
    assert (again.new, again.invoice_ids) == (0, [])
    with books.database.transaction() as session:
        rows = session.exec(select(UnheardOf).where(UnheardOf.case_reference == "9/none such"))
        assert [row.body["status"] for row in rows] == ["KIRJEPERINTÄ"]


def test_a_page_that_cannot_be_kept_is_read_again(books: Books) -> None:
    file = case_of(books)
    before = cursor(books)
    broken = report(file, sequence=2)
    # Past what any agency can say: PostgreSQL refuses it.
    object.__setattr__(broken, "message_id", "\ud800")
    with pytest.raises(Exception, match="surrogates"):
        hearing.keep_page(books.database, "intrum", [report(file), broken], "99", MONDAY)
    assert (kept(books, file), cursor(books)) == ([], before)


def test_what_postgresql_keeps_nowhere_keeps_nothing_back(books: Books) -> None:
    file = case_of(books)
    odd = report(file, status="KIRJE\x00PERINTÄ", message_id=f"{file.reference}\x00")
    assert hearing.keep_page(books.database, "intrum", [odd], "20", MONDAY).new == 1
    (row,) = kept(books, file)
    assert row.body["status"] == "KIRJE\ufffdPERINTÄ"


def test_one_agency_says_nothing_of_anothers_case(books: Books) -> None:
    file = case_of(books, agency="ropo")
    assert hearing.keep(books.database, report(file), MONDAY) is None
    assert hearing.keep(books.database, report(file), MONDAY, agency="ropo") is not None
    # Nor do their messages' names mix.
    other = case_of(books)
    assert hearing.keep(
        books.database, report(other, message_id=f"{file.reference}#1"), MONDAY
    ) == hearing.Heard(other.invoice_id, new=True)


def test_a_merged_case_hears_what_is_said_of_the_other(books: Books) -> None:
    one, other = case_of(books), case_of(books)
    for sequence in (5, 3):
        hearing.keep(books.database, report(other, sequence), MONDAY)
    with books.database.transaction() as session:
        booking.lock(session, one.invoice_id)
        hearing.follow(
            session,
            session.get_one(AgencyCase, one.id),
            session.get_one(AgencyCase, other.id),
            MONDAY,
        )
    assert [row.body["sequence"] for row in kept(books, one)] == [5]
    quiet(books, one)
    hearing.keep(books.database, report(other, 6), MONDAY)
    assert [row.body["sequence"] for row in kept(books, one)] == [5, 6]
    assert in_outbox(books, one)


def test_no_report_slips_through_a_merger(books: Books) -> None:
    """Reports on a case come in while another one is being merged into it."""
    one, other = case_of(books), case_of(books)
    reports = [report(other, sequence) for sequence in range(1, 21)]
    failures: list[BaseException] = []

    def listen() -> None:
        mine = Database(books.database.engine.url.render_as_string(hide_password=False), size=1)
        try:
            for message in reports:
                hearing.keep(mine, message, MONDAY)
        except BaseException as error:
            failures.append(error)
        finally:
            mine.close()

    listener = threading.Thread(target=listen)
    listener.start()
    while not kept(books, other):
        pass
    with books.database.transaction() as session:
        booking.lock(session, one.invoice_id)
        file = session.get_one(AgencyCase, one.id)
        hearing.follow(session, file, session.get_one(AgencyCase, other.id), MONDAY)
    listener.join(timeout=60)
    assert failures == []
    heard = sorted(row.body["sequence"] for row in kept(books, one))
    assert heard == list(range(heard[0], 21))
