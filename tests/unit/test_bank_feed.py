"""How fresh the bank's word must be: what is demanded, and what is too old."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.agency import AgencyService
from domain.bank_feed import MOST_HOURS, Demand, UnknownDemand, ending, stale
from domain.calendar import FINLAND, HELSINKI
from domain.case import AgencyFile
from domain.folding import apply
from domain.outcomes import Closed, FeedAwaited, FeedRead, HandedOver
from domain.states import InvoiceState
from domain.steps import StepKind
from tests.unit.strategies import a_case, noon, step_of

DAY = Demand()
OFF = Demand("off")
DAYS = st.dates(date(2025, 1, 1), date(2030, 12, 31))
INSTANTS = st.builds(
    lambda day, seconds: FINLAND.at(day, time(0)) + timedelta(seconds=seconds),
    DAYS,
    st.integers(0, 86_399),
)
DEMANDS = st.just(DAY) | st.builds(lambda n: Demand("hours", n), st.integers(1, MOST_HOURS))
ACCOUNT = "FI2112345600000785"


def at(text: str) -> datetime:
    """An instant as Finnish clocks show it."""
    return datetime.fromisoformat(text).replace(tzinfo=HELSINKI).astimezone(UTC)


@pytest.mark.parametrize("text", ["banking_day", "off", "hours:1", "hours:24", "hours:168"])
def test_a_demand_is_written_as_it_is_read(text: str) -> None:
    assert str(Demand.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "on", "hours", "hours:", "hours:0", "hours:169", "hours:1.5", "hours:-1", "HOURS:2"],
)
def test_what_is_no_demand_is_refused(text: str) -> None:
    with pytest.raises(UnknownDemand):
        Demand.parse(text)


@given(st.text(max_size=12) | st.from_regex(r"hours:[0-9]+", fullmatch=True))
def test_any_words_are_a_demand_or_refused(text: str) -> None:
    try:
        demand = Demand.parse(text)
    except UnknownDemand:
        return
    assert Demand.parse(str(demand)) == demand


@pytest.mark.parametrize(
    ("read_as_of", "now", "fresh"),
    [
        # Monday morning: Friday's file is good, Thursday's is not.
        ("2026-11-20 06:00", "2026-11-23 08:00", True),
        ("2026-11-19 23:59", "2026-11-23 08:00", False),
        ("2026-11-21 03:00", "2026-11-23 08:00", True),
        # A Tuesday needs Monday's; Monday's own is good all Tuesday long.
        ("2026-11-22 23:59", "2026-11-24 08:00", False),
        ("2026-11-23 00:00", "2026-11-24 23:59", True),
        # At a weekend, too, Friday's.
        ("2026-11-20 06:00", "2026-11-22 12:00", True),
        # Christmas: from the 24th to the 27th (a Sunday) banks are closed.
        ("2026-12-23 06:00", "2026-12-28 08:00", True),
        ("2026-12-22 20:00", "2026-12-28 08:00", False),
        # The day after Easter Monday: Maundy Thursday's.
        ("2026-04-02 06:00", "2026-04-07 08:00", True),
        ("2026-04-01 22:00", "2026-04-07 08:00", False),
        # Finnish days, not those of UTC.
        ("2026-06-15 00:30", "2026-06-16 08:00", True),
        ("2026-06-14 23:30", "2026-06-16 08:00", False),
    ],
)
def test_one_banking_day(read_as_of: str, now: str, fresh: bool) -> None:
    assert (stale(DAY, at(read_as_of), at(now), FINLAND) is None) is fresh


@given(INSTANTS, INSTANTS)
@example(at("2026-03-27 06:00"), at("2026-03-30 08:00"))  # clocks go forward in between
@example(at("2026-10-23 06:00"), at("2026-10-26 08:00"))
def test_fresh_is_at_most_one_banking_day_back(read_as_of: datetime, now: datetime) -> None:
    """No banking day has passed between the file's day and today."""
    made, today = FINLAND.local_date(read_as_of), FINLAND.local_date(now)
    between = [
        made + timedelta(days=n)
        for n in range(1, (today - made).days)
        if FINLAND.is_banking_day(made + timedelta(days=n))
    ]
    assert (stale(DAY, read_as_of, now, FINLAND) is None) is (not between)


@given(st.integers(1, MOST_HOURS), INSTANTS, st.integers(0, 14 * 24 * 3600))
@example(24, at("2026-03-29 12:00"), 24 * 3600)
@example(24, at("2026-10-25 12:00"), 24 * 3600 + 1)
def test_hours_are_hours_whatever_the_clocks_do(hours: int, now: datetime, seconds: int) -> None:
    why = stale(Demand("hours", hours), now - timedelta(seconds=seconds), now, FINLAND)
    assert (why is None) is (seconds <= hours * 3600)


@given(DEMANDS, INSTANTS, INSTANTS, st.integers(0, 10 * 24 * 3600))
def test_age_makes_nothing_fresher(
    demand: Demand, read_as_of: datetime, now: datetime, seconds: int
) -> None:
    """What is stale stays so until another file is read; a newer file is no worse."""
    more = timedelta(seconds=seconds)
    if stale(demand, read_as_of, now, FINLAND):
        assert stale(demand, read_as_of, now + more, FINLAND)
        assert stale(demand, read_as_of - more, now, FINLAND)
    else:
        assert stale(demand, read_as_of + more, now, FINLAND) is None
    assert stale(demand, None, now, FINLAND)
    assert stale(OFF, read_as_of, now, FINLAND) is None
    assert stale(OFF, None, now, FINLAND) is None
    # Made just now, it is fresh, whatever is demanded.
    assert stale(demand, now, now, FINLAND) is None


def test_the_words_name_the_account_by_its_end() -> None:
    assert ending(ACCOUNT) == "..0785"
    never = stale(DAY, None, noon(date(2026, 3, 2)), FINLAND, ACCOUNT)
    old = stale(DAY, at("2026-02-26 10:05"), noon(date(2026, 3, 2)), FINLAND, ACCOUNT)
    assert never is not None
    assert old is not None
    assert ("..0785" in never, ACCOUNT in never) == (True, False)
    assert ("2026-02-26 10:05" in old, "2026-02-27" in old, "..0785" in old) == (True,) * 3


@given(DAYS)
def test_the_previous_banking_day(day: date) -> None:
    before = FINLAND.previous_banking_day(day)
    assert before < day
    assert FINLAND.is_banking_day(before)
    assert FINLAND.next_banking_day(before + timedelta(days=1)) >= day


@pytest.mark.parametrize(
    "state", [InvoiceState.OVERDUE, InvoiceState.REMINDED, InvoiceState.NOTIFIED]
)
def test_an_invoice_that_waits_for_the_bank_says_so(state: InvoiceState) -> None:
    step = step_of(
        a_case(state=state, awaits_feed="the file is of last week"), at=noon(date(2026, 11, 10))
    )
    assert (step.kind, step.when) == (StepKind.WAIT, None)
    assert "the file is of last week" in step.why
    # The money itself has the last word.
    paid = a_case(state=state, awaits_feed="too old", principal_cents=0, paid_cents=10_000)
    assert step_of(paid).kind is StepKind.CLOSE


def test_closed_or_handed_over_it_waits_for_the_bank_no_more() -> None:
    """So that one which is opened again does not wait for what nobody tells it of."""
    waiting = a_case(state=InvoiceState.OVERDUE, awaits_feed="too old")
    file = AgencyFile(case_id=1, service=AgencyService.COLLECTION, since=date(2026, 12, 1))
    for outcome in (
        Closed(state=InvoiceState.PAID, reason="paid"),
        HandedOver(file=file),
        FeedRead(),
    ):
        assert apply(waiting, outcome).awaits_feed is None
    assert apply(waiting, FeedAwaited(reason="older")).awaits_feed == "older"
