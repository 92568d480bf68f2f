"""A letter waits until the bank's word is fresh, and leaves when it is; on real PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import update
from sqlmodel import select

from domain import requests
from domain.bank_feed import Demand
from domain.calendar import FINLAND
from domain.rule import CONSUMERS
from domain.states import InvoiceState
from store import bank_feed, tables
from store.database import Database
from tests.activities.office import Office
from tests.books import MONDAY
from tests.looking import BUSINESS_ID

OTHER_COMPANY = "7654321-4"
ACCOUNT = "FI2112345600000785"
OTHER_ACCOUNT = "FI4950009420028730"

DUE = MONDAY + timedelta(days=14)  # a Monday, 16 March 2026
LATER = MONDAY.replace(month=4, day=1, hour=7)  # a Wednesday, 10.00 in Helsinki: a reminder is due
YESTERDAY = LATER - timedelta(days=1)
TOO_OLD = LATER - timedelta(days=2)
ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})


@pytest.fixture
def waiting(office: Office) -> Iterator[tables.Invoice]:
    """An invoice whose reminder is due, and no file of the bank's has been read."""
    forget(office)
    yield an_invoice(office)
    forget(office)


def an_invoice(office: Office, **how: str) -> tables.Invoice:
    invoice = office.register(
        rule=ONE_LETTER,
        now=MONDAY,
        **({"business_id": OTHER_COMPANY, "bank_feed": "banking_day", "iban": ACCOUNT} | how),  # type: ignore[arg-type]
    )
    office.advance(office.ask(invoice, LATER))
    return office.invoice(invoice.id)


def forget(office: Office) -> None:
    """No file has been read, and the invoices of earlier tests are over."""
    with office.database.transaction() as session:
        session.execute(update(tables.CompanyAccount).values(read_as_of=None, read_by=""))
        session.execute(update(tables.Invoice).values(state="cancelled", signal_pending=False))


def company_id(office: Office, business_id: str = OTHER_COMPANY) -> int:
    with office.database.transaction() as session:
        query = select(tables.Company).where(tables.Company.business_id == business_id)
        return session.exec(query).one().id


def note(
    database: Database,
    as_of: datetime = LATER,
    account: str | None = ACCOUNT,
    company: int | None = None,
    now: datetime = LATER,
) -> list[int]:
    with database.transaction() as session:
        return bank_feed.note(session, account=account, as_of=as_of, company_id=company, now=now)


def demand(office: Office, demanded: str, now: datetime = LATER) -> list[int]:
    with office.database.transaction() as session:
        company = session.get_one(tables.Company, company_id(office))
        return bank_feed.demand(session, company, Demand.parse(demanded), now)


def go_on(office: Office, invoice: tables.Invoice, now: datetime = LATER) -> list[str]:
    """The workflow looks; what has happened since it last did."""
    before = len(office.log(invoice))
    row = office.invoice(invoice.id)
    office.advance(office.ask(row, now, seen=row.last_event))
    return office.log(invoice)[before:]


def test_it_waits_and_nothing_is_charged(office: Office, waiting: tables.Invoice) -> None:
    assert (waiting.state, waiting.next_step, waiting.next_step_at) == ("overdue", "wait", None)
    assert (waiting.attention, waiting.signal_pending) == ("", False)
    assert "no file of the bank's has been read yet for account ..0785" in waiting.next_step_why
    assert office.log(waiting) == ["became_overdue", "feed_awaited"]
    assert office.ledger(waiting) == [("principal", 108_836)]
    assert (office.notices(waiting), office.charges(waiting)) == ([], [])
    # Woken for nothing, it waits on, and says it once.
    assert go_on(office, waiting) == []


def test_a_fresh_file_lets_it_go(office: Office, waiting: tables.Invoice) -> None:
    assert note(office.database, YESTERDAY) == [waiting.id]
    assert office.invoice(waiting.id).signal_pending
    assert go_on(office, waiting)[:2] == ["feed_read", "letter_released"]
    (notice,) = office.notices(waiting)
    assert office.deliver(notice.id, LATER).recorded[0].outcome.kind == "letter_sent"
    # Nobody waits any more.
    assert note(office.database, LATER) == []


def test_read_at_night_it_leaves_in_the_morning(office: Office, waiting: tables.Invoice) -> None:
    night = LATER.replace(hour=20)
    assert note(office.database, night, now=night) == [waiting.id]
    assert go_on(office, waiting, night) == ["feed_read"]
    row = office.invoice(waiting.id)
    assert (row.next_step, row.state) == ("remind", "overdue")
    assert row.next_step_at is not None
    assert FINLAND.local_date(row.next_step_at) == FINLAND.local_date(LATER) + timedelta(days=1)
    assert "letter_released" in go_on(office, waiting, row.next_step_at)


def test_an_older_file_lets_nobody_go(office: Office, waiting: tables.Invoice) -> None:
    assert note(office.database, TOO_OLD) == []
    assert go_on(office, waiting) == []
    with office.database.transaction() as session:
        feed = bank_feed.of(session, waiting.company_id, ACCOUNT)
    assert feed.read_as_of == TOO_OLD
    why = feed.stale(LATER)
    assert why is not None
    assert "2026-03-31 or later" in why
    # A newer one counts; an older one after it takes nothing back; none is of tomorrow.
    note(office.database, YESTERDAY)
    note(office.database, TOO_OLD)
    with office.database.transaction() as session:
        assert bank_feed.of(session, waiting.company_id, ACCOUNT).read_as_of == YESTERDAY
    note(office.database, LATER + timedelta(days=30))
    with office.database.transaction() as session:
        assert bank_feed.of(session, waiting.company_id, ACCOUNT).read_as_of == LATER


def test_another_accounts_file_lets_nobody_go(office: Office, waiting: tables.Invoice) -> None:
    other = an_invoice(office, iban=OTHER_ACCOUNT)
    assert note(office.database, account=OTHER_ACCOUNT) == [other.id]
    assert go_on(office, waiting) == []
    assert go_on(office, other)[0] == "feed_read"


def test_an_empty_batch_counts_for_whom_it_was_handed_in(
    office: Office, waiting: tables.Invoice
) -> None:
    office.register(now=MONDAY)  # another company: which one's it is cannot be known
    assert note(office.database, account=None) == []
    assert note(office.database, account=None, company=company_id(office, BUSINESS_ID)) == []
    assert go_on(office, waiting) == []
    assert note(office.database, account=None, company=company_id(office)) == [waiting.id]
    assert go_on(office, waiting)[0] == "feed_read"


def test_without_an_account_the_oldest_word_counts(office: Office, waiting: tables.Invoice) -> None:
    """Such an invoice writes no letter, but nothing else of it must leave either."""
    an_invoice(office, iban=OTHER_ACCOUNT)
    company = company_id(office)
    with office.database.transaction() as session:
        assert bank_feed.of(session, company, "").read_as_of is None
    note(office.database, YESTERDAY)
    with office.database.transaction() as session:
        assert bank_feed.of(session, company, "").read_as_of is None
    note(office.database, LATER, OTHER_ACCOUNT)
    with office.database.transaction() as session:
        assert bank_feed.of(session, company, "").read_as_of == YESTERDAY


@pytest.mark.parametrize("demanded", ["off", "hours:72"])
def test_a_loosened_demand_lets_it_go(
    office: Office, waiting: tables.Invoice, demanded: str
) -> None:
    note(office.database, TOO_OLD)
    assert demand(office, "hours:24") == []
    assert demand(office, demanded) == [waiting.id]
    assert go_on(office, waiting)[:2] == ["feed_read", "letter_released"]
    demand(office, "banking_day")


def test_a_persons_word_lets_it_go(office: Office, waiting: tables.Invoice) -> None:
    with office.database.transaction() as session:
        company = session.get_one(tables.Company, waiting.company_id)
        with pytest.raises(bank_feed.NoSuchAccount):
            bank_feed.confirm(session, company, "FI0000", by="Essi", now=LATER)
        told = bank_feed.confirm(session, company, None, by="Essi", now=LATER)
    assert told == [waiting.id]
    assert go_on(office, waiting)[0] == "feed_read"
    event = next(row for row in office.events(waiting) if row.kind == "feed_read")
    assert "Essi" in event.reason
    # The next file stands in its own right.
    note(office.database, LATER + timedelta(hours=1), now=LATER + timedelta(hours=2))
    with office.database.transaction() as session:
        assert bank_feed.of(session, waiting.company_id, ACCOUNT).read_by == ""


def test_by_hand_it_is_refused_with_the_remedy(office: Office, waiting: tables.Invoice) -> None:
    ask = office.ask(waiting, LATER, seen=2, request=requests.SendNow(key="now"))
    refusal = office.advance(ask).refusal or ""
    assert ("..0785" in refusal, "confirm that no payment is unread" in refusal) == (True, True)
    assert office.notices(waiting) == []
    note(office.database)
    ask = office.ask(waiting, LATER, seen=2, request=requests.SendNow(key="again"))
    assert office.advance(ask).refusal is None
    assert len(office.notices(waiting)) == 1


def test_the_agency_is_not_asked_either(office: Office, waiting: tables.Invoice) -> None:
    """Set to notified by hand, its hand-over is due some time later."""
    to = requests.SetState(to=InvoiceState.NOTIFIED, actor="Essi")
    office.advance(office.ask(waiting, LATER, seen=2, request=to))
    much_later = LATER + timedelta(days=40)
    approve = requests.HandOver(actor="Essi")
    row = office.invoice(waiting.id)
    refused = office.advance(office.ask(row, much_later, seen=row.last_event, request=approve))
    assert "no file of the bank's" in (refused.refusal or "")
    # Nor by itself, which was due at the same moment.
    assert office.log(waiting)[-1] == "feed_awaited"
    assert office.files(waiting) == []
    note(office.database, much_later, now=much_later)
    assert go_on(office, waiting, much_later) == ["feed_read", "handed_over"]
    assert len(office.files(waiting)) == 1


def test_a_payment_in_the_file_wins(office: Office, waiting: tables.Invoice) -> None:
    """First the money, then the freshness: the letter that waited never leaves."""
    office.pay(waiting, 108_836)
    note(office.database)
    assert go_on(office, waiting) == ["balance_seen", "feed_read", "closed"]
    assert office.notices(waiting) == []
    # Closed, it waits for nothing; and nobody tells it of files.
    assert note(office.database, LATER + timedelta(hours=1), now=LATER + timedelta(hours=1)) == []


def test_kept_back_after_its_release_it_waits_as_well(
    office: Office, waiting: tables.Invoice
) -> None:
    """The mail server was down for days, and so was the bank's line."""
    note(office.database)
    go_on(office, waiting)
    (notice,) = office.notices(waiting)
    much_later = LATER + timedelta(days=8)
    with pytest.raises(Exception, match="waits for the bank"):
        office.deliver(notice.id, much_later)
    assert office.notices(waiting)[0].status == "released"
    note(office.database, much_later, now=much_later)
    assert office.deliver(notice.id, much_later).recorded[0].outcome.kind == "letter_sent"


def test_a_file_is_noted_while_a_decision_is_under_way(
    office: Office, waiting: tables.Invoice
) -> None:
    """Whoever is first, no invoice waits for what is there."""
    for _ in range(8):
        forget(office)
        invoice = office.register(
            rule=ONE_LETTER,
            now=MONDAY,
            business_id=OTHER_COMPANY,
            bank_feed="banking_day",
            iban=ACCOUNT,
        )
        # This one waits already, and is moved by hand meanwhile: its row is wanted by both.
        old = an_invoice(office)
        move = office.ask(
            old, LATER, seen=old.last_event, request=requests.SetState(to=InvoiceState.OVERDUE)
        )
        office.at_once(
            partial(office.advance, office.ask(invoice, LATER)),
            partial(office.advance, move),
            note,
        )
        for one in (invoice, old):
            row = office.invoice(one.id)
            if office.log(one)[-1] == "feed_awaited":
                assert row.signal_pending
                go_on(office, one)
            assert len(office.notices(one)) == 1, office.log(one)


def test_a_decision_waits_for_a_file_that_is_being_noted(
    office: Office, waiting: tables.Invoice
) -> None:
    invoice = office.register(
        rule=ONE_LETTER,
        now=MONDAY,
        business_id=OTHER_COMPANY,
        bank_feed="banking_day",
        iban=ACCOUNT,
    )
    with ThreadPoolExecutor(1) as threads:
        with office.database.transaction() as session:
            told = bank_feed.note(session, account=ACCOUNT, as_of=LATER, company_id=None, now=LATER)
            deciding = threads.submit(office.advance, office.ask(invoice, LATER))
            with pytest.raises(TimeoutError):
                deciding.result(0.5)
        # It let go of its own invoice meanwhile, and what is there now is seen.
        kinds = [one.outcome.kind for one in deciding.result(20).recorded]
    assert told == [waiting.id]
    assert kinds[:2] == ["became_overdue", "letter_released"]


def test_what_is_watched(office: Office, waiting: tables.Invoice) -> None:
    with office.database.transaction() as session:
        watched = bank_feed.watched(session, OTHER_COMPANY)
    by_account = {one.feed.account: one for one in watched}
    assert by_account[ACCOUNT].waiting == 1
    assert by_account[ACCOUNT].feed.stale(LATER)
