"""Past the last published half-year an invoice waits for its rate, and goes on once it is added."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import delete

from activities.advance import Advance
from activities.desk import House
from domain import requests
from domain.interest import (
    REFERENCE_RATES,
    HalfYear,
    RateContradiction,
    ReferenceRate,
    UnlikelyRate,
    late_interest,
)
from domain.law import DebtorClass
from domain.rule import CONSUMERS
from store import rates, tables
from store.database import Database
from store.tables import Invoice
from tests.activities.office import Office
from tests.books import MONDAY

# Due on 4 January 2027; every rate it needs is the first half-year's.
BEGIN = MONDAY.replace(month=12, day=21)
LATER = datetime(2027, 1, 20, 10, tzinfo=MONDAY.tzinfo)
FIRST = HalfYear(2027, 1)
RATE = ReferenceRate(FIRST, Decimal("3.0"), "notice 1111/2026")
ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})


@pytest.fixture(autouse=True)
def _no_rates(office: Office) -> Iterator[None]:
    yield
    with office.database.transaction() as session:
        session.execute(delete(tables.ReferenceRate))


def add(database: Database, rate: ReferenceRate, now: datetime = LATER) -> list[int]:
    """As the command does it: added in one transaction, told in the next."""
    with database.transaction() as session:
        rates.add(session, rate, now, "Essi")
    with database.transaction() as session:
        return rates.tell_waiting(session, rate.half_year)


def waiting_invoice(office: Office) -> Invoice:
    invoice = office.register(rule=ONE_LETTER, now=BEGIN)
    office.advance(office.ask(invoice, LATER))
    return office.invoice(invoice.id)


def test_it_waits_and_goes_on(office: Office) -> None:
    row = waiting_invoice(office)
    assert (row.state, row.next_step, row.next_step_at, row.attention) == (
        *("overdue", "wait", None),
        "",
    )
    assert "2027H1" in row.next_step_why
    assert office.log(row) == ["became_overdue", "rate_awaited"]
    # Woken for nothing, it waits on, and says it once.
    office.advance(office.ask(row, LATER, seen=2))
    assert office.log(row) == ["became_overdue", "rate_awaited"]
    by_hand = office.ask(row, LATER, seen=2, request=requests.SendNow(key="now"))
    assert "karhu rates add 2027H1" in (office.advance(by_hand).refusal or "")

    assert add(office.database, RATE) == [row.id]
    assert office.invoice(row.id).signal_pending
    done = office.advance(office.ask(row, LATER, seen=2))
    assert [item.outcome.kind for item in done.recorded][:2] == [
        "rate_published",
        "letter_released",
    ]
    (notice,) = office.notices(row)
    # 10.0 % of 1 088.36 EUR from 5 to 20 January, 16 days: 4.7708...
    assert notice.interest_cents == 477
    assert office.deliver(notice.id, LATER).recorded[0].outcome.kind == "letter_sent"
    # Known already: nothing is added, nobody waits.
    assert add(office.database, RATE) == []


def test_another_half_year_wakes_nobody(office: Office) -> None:
    row = waiting_invoice(office)
    other = replace(RATE, half_year=HalfYear(2027, 2))
    assert add(office.database, other, datetime(2027, 6, 20, tzinfo=LATER.tzinfo)) == []
    office.advance(office.ask(row, LATER, seen=2))
    assert office.log(row)[-1] == "rate_awaited"


def test_added_while_a_decision_is_under_way(office: Office) -> None:
    """Whoever is first, the invoice does not wait for what is there."""
    for number in range(6):
        percent = Decimal("3.0")
        invoice = office.register(rule=ONE_LETTER, now=BEGIN)
        rate = ReferenceRate(FIRST, percent, f"notice {number}/2026")
        ask = office.ask(invoice, LATER)
        office.at_once(partial(office.advance, ask), partial(add, rate=rate))
        row = office.invoice(invoice.id)
        if office.log(invoice)[-1] == "rate_awaited":
            assert row.signal_pending
        done = office.advance(office.ask(row, LATER, seen=row.last_event))
        assert done.next.step.kind == "wait"
        assert len(office.notices(invoice)) == 1
        with office.database.transaction() as session:
            session.execute(delete(tables.ReferenceRate))


def test_a_contradiction_is_refused(office: Office) -> None:
    add(office.database, RATE)
    for other in (
        replace(RATE, percent=Decimal("3.5")),
        ReferenceRate(HalfYear(2026, 1), Decimal("3.0"), "notice 2/2026"),
    ):
        with pytest.raises(RateContradiction):
            add(office.database, other)
    # What is built in may be said again; it stays built in.
    assert add(office.database, ReferenceRate(HalfYear(2026, 1), Decimal("2.50"), "again")) == []
    with office.database.transaction() as session:
        assert [str(row.half_year) for row in rates.added(session)] == ["2027H1"]


@pytest.mark.parametrize(
    "wrong",
    [
        replace(RATE, percent=Decimal("2.4")),
        replace(RATE, percent=Decimal("-0.5")),
        replace(RATE, percent=Decimal(95)),
        replace(RATE, source="  "),
        replace(RATE, half_year=HalfYear(2027, 2)),
    ],
)
def test_what_is_no_published_rate_is_refused(office: Office, wrong: ReferenceRate) -> None:
    with pytest.raises(UnlikelyRate):
        add(office.database, wrong)


def test_a_leap_year_by_its_own_days(office: Office) -> None:
    """The setting decides what a leap year's interest is divided by: 365 or 366."""
    with office.database.transaction() as session:
        for half in (HalfYear(2027, 1), HalfYear(2027, 2), HalfYear(2028, 1)):
            rates.add(
                session,
                replace(RATE, half_year=half),
                datetime(2028, 1, 2, tzinfo=LATER.tzinfo),
                "Essi",
            )
    charged = []
    begin, later = (
        datetime(2028, 1, 3, 7, tzinfo=LATER.tzinfo),
        datetime(2028, 2, 3, 10, tzinfo=LATER.tzinfo),
    )
    for days in (365, 366):
        invoice = office.register(rule=ONE_LETTER, now=begin, amount_cents=10_000_000)
        house = House(office.clock, day_count=365 if days == 365 else 366)
        Advance(office.database, house)(office.ask(invoice, later))
        (notice,) = office.notices(invoice)
        charged.append(notice.interest_cents)
    # 100 000 EUR at 10 % from 18 January to 3 February, 17 days.
    assert charged == [46_575, 46_448]


def test_the_periods_are_split_at_the_added_half_year() -> None:
    both = REFERENCE_RATES.with_added([RATE])
    result = late_interest(
        [(date(2026, 1, 1), 100_000)],
        date(2026, 12, 15),
        date(2027, 1, 15),
        DebtorClass.CONSUMER,
        rates=both,
    )
    # 1 000 EUR: 16 days at 9.5 % (416.438... cents) and 15 at 10 % (410.958...).
    assert [(period.days, period.rate) for period in result.periods] == [
        (16, Decimal("9.5")),
        (15, Decimal("10.0")),
    ]
    assert result.cents == 827
