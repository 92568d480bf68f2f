from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import FINLAND, HELSINKI, SPREAD_HOURS, BankingCalendar, SendingWindow

DAY = timedelta(days=1)
DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31))
INSTANTS = st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001
    max_value=datetime(2035, 12, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
SPREADS = st.floats(min_value=0, max_value=1, exclude_max=True)


@st.composite
def windows(draw: st.DrawFn) -> SendingWindow:
    opens = draw(st.integers(min_value=0, max_value=23 * 60 + 57))
    closes = draw(st.integers(min_value=opens + 1, max_value=23 * 60 + 59))
    return SendingWindow(time(*divmod(opens, 60)), time(*divmod(closes, 60)))


def easter_sunday(year: int) -> date:
    """The anonymous Gregorian computus (Meeus, Jones, Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def statutory_closing_days(year: int) -> set[date]:
    """The weekdays of 622/1947 5 § 2 and of TARGET, written out by hand."""
    easter = easter_sunday(year)
    midsummer_eve = next(date(year, 6, d) for d in range(19, 26) if date(year, 6, d).weekday() == 4)
    return {
        date(year, 1, 1),
        date(year, 1, 6),
        easter - 2 * DAY,
        easter + DAY,
        date(year, 5, 1),
        easter + 39 * DAY,
        midsummer_eve,
        date(year, 12, 6),
        date(year, 12, 24),
        date(year, 12, 25),
        date(year, 12, 26),
    }


@pytest.mark.parametrize("year", range(2019, 2041))
def test_banking_days_are_what_the_statute_lists(year: int) -> None:
    closing = statutory_closing_days(year)
    day = date(year, 1, 1)
    while day.year == year:
        assert FINLAND.is_banking_day(day) == (day.weekday() < 5 and day not in closing), day
        day += DAY


@pytest.mark.parametrize(
    ("due", "shifted"),
    [
        (date(2026, 12, 24), date(2026, 12, 28)),  # Christmas Eve, a Thursday
        (date(2026, 5, 1), date(2026, 5, 4)),  # May Day, a Friday
        (date(2026, 6, 19), date(2026, 6, 22)),  # Midsummer Eve
        (date(2026, 1, 6), date(2026, 1, 7)),  # Epiphany
        (date(2026, 5, 14), date(2026, 5, 15)),  # Ascension Day
        (date(2027, 3, 26), date(2027, 3, 30)),  # Good Friday to Easter Monday
        (date(2026, 10, 1), date(2026, 10, 1)),
    ],
)
def test_a_due_date_moves_to_a_banking_day(due: date, shifted: date) -> None:
    assert FINLAND.shifted_due(due) == shifted


def test_an_announced_closing_day_is_no_banking_day() -> None:
    strike = BankingCalendar(frozenset({date(2026, 11, 24)}))
    assert strike.next_banking_day(date(2026, 11, 24)) == date(2026, 11, 25)
    assert FINLAND.is_banking_day(date(2026, 11, 24))


@given(DAYS)
def test_next_and_following(day: date) -> None:
    banking = FINLAND.next_banking_day(day)
    assert FINLAND.is_banking_day(banking)
    assert banking >= day
    assert not any(FINLAND.is_banking_day(day + i * DAY) for i in range((banking - day).days))
    assert FINLAND.shifted_due(banking) == banking
    assert FINLAND.following_banking_day(day) == FINLAND.next_banking_day(day + DAY)


@given(DAYS, st.integers(min_value=1, max_value=30))
def test_adding_banking_days_counts_each_once(day: date, count: int) -> None:
    end = FINLAND.add_banking_days(day, count)
    between = [day + i * DAY for i in range(1, (end - day).days + 1)]
    assert sum(FINLAND.is_banking_day(d) for d in between) == count
    assert FINLAND.is_banking_day(end)


def test_adding_no_or_fewer_banking_days() -> None:
    assert FINLAND.add_banking_days(date(2026, 11, 21), 0) == date(2026, 11, 23)
    with pytest.raises(ValueError, match="forward"):
        FINLAND.add_banking_days(date(2026, 11, 21), -1)


def test_local_time_follows_summer_time() -> None:
    assert FINLAND.at(date(2026, 3, 27), time(8)) == datetime(2026, 3, 27, 6, tzinfo=UTC)
    assert FINLAND.at(date(2026, 3, 30), time(8)) == datetime(2026, 3, 30, 5, tzinfo=UTC)
    # Shown twice on 25 October 2026: the first is summer time's.
    assert FINLAND.at(date(2026, 10, 25), time(3, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    # Never shown on 29 March 2026: 04:30 summer time instead.
    assert FINLAND.at(date(2026, 3, 29), time(3, 30)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert FINLAND.at(date(2026, 3, 29), time(8)).utcoffset() == timedelta(0)


def test_the_local_date_begins_at_finnish_midnight() -> None:
    assert FINLAND.local_date(datetime(2026, 11, 22, 21, 59, tzinfo=UTC)) == date(2026, 11, 22)
    assert FINLAND.local_date(datetime(2026, 11, 22, 22, 0, tzinfo=UTC)) == date(2026, 11, 23)
    west = timezone(timedelta(hours=-8))
    assert FINLAND.local_date(datetime(2026, 11, 22, 15, 0, tzinfo=west)) == date(2026, 11, 23)


def test_naive_instants_and_zoned_times_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        FINLAND.local_date(datetime(2026, 11, 22, 12))  # noqa: DTZ001
    with pytest.raises(ValueError, match="zone"):
        FINLAND.at(date(2026, 11, 22), time(8, tzinfo=UTC))


MONDAY = date(2026, 11, 23)


def helsinki(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=HELSINKI).astimezone(UTC)


@pytest.mark.parametrize(
    ("not_before", "earliest_day", "moment"),
    [
        # A day ahead: the letter's own place, a quarter of two hours after opening.
        (helsinki(MONDAY, 12), MONDAY + DAY, helsinki(MONDAY + DAY, 8, 30)),
        # The same morning, before the window and before the place.
        (helsinki(MONDAY, 3), MONDAY, helsinki(MONDAY, 8, 30)),
        (helsinki(MONDAY, 8, 10), MONDAY, helsinki(MONDAY, 8, 30)),
        # The place has passed while the window is open: at once.
        (helsinki(MONDAY, 12), MONDAY, helsinki(MONDAY, 12)),
        # The window has closed: tomorrow.
        (helsinki(MONDAY, 16), MONDAY, helsinki(MONDAY + DAY, 8, 30)),
        (helsinki(MONDAY, 20), MONDAY - 9 * DAY, helsinki(MONDAY + DAY, 8, 30)),
        # A Saturday at noon: Monday.
        (helsinki(MONDAY - 2 * DAY, 12), MONDAY - 2 * DAY, helsinki(MONDAY, 8, 30)),
        # After the clocks went forward, 08:30 is still 08:30.
        (
            helsinki(date(2026, 3, 27), 17),
            date(2026, 3, 28),
            datetime(2026, 3, 30, 5, 30, tzinfo=UTC),
        ),
    ],
)
def test_the_next_moment(not_before: datetime, earliest_day: date, moment: datetime) -> None:
    assert SendingWindow().next_moment(not_before, earliest_day, 0.25) == moment


@given(windows(), INSTANTS, DAYS, SPREADS)
def test_the_next_moment_is_lawful_and_the_first(
    window: SendingWindow, not_before: datetime, earliest_day: date, spread: float
) -> None:
    moment = window.next_moment(not_before, earliest_day, spread)
    day = FINLAND.local_date(moment)
    assert moment.tzinfo is UTC
    assert moment >= not_before
    assert day >= earliest_day
    assert window.contains(moment)
    assert window.next_moment(moment, earliest_day, spread) == moment
    opens = FINLAND.at(day, window.opens)
    assert moment == not_before or moment - opens < timedelta(hours=SPREAD_HOURS)
    # No banking day was let pass whose window was still open.
    first = FINLAND.next_banking_day(max(FINLAND.local_date(not_before), earliest_day))
    assert day == first or not_before >= FINLAND.at(first, window.closes)


@given(INSTANTS, INSTANTS, DAYS, SPREADS)
def test_waiting_never_makes_it_sooner(
    one: datetime, other: datetime, earliest_day: date, spread: float
) -> None:
    window = SendingWindow()
    sooner, later = sorted([one, other])
    first = window.next_moment(sooner, earliest_day, spread)
    assert first <= window.next_moment(later, earliest_day, spread)


def test_the_window_contains_its_opening_and_not_its_closing() -> None:
    window = SendingWindow()
    assert window.contains(helsinki(MONDAY, 8))
    assert window.contains(helsinki(MONDAY, 15, 59))
    assert not window.contains(helsinki(MONDAY, 16))
    assert not window.contains(helsinki(MONDAY, 7, 59))
    assert not window.contains(helsinki(MONDAY - DAY, 12))


@pytest.mark.parametrize(
    ("opens", "closes"),
    [(time(8), time(8)), (time(16), time(8)), (time(8, tzinfo=UTC), time(16))],
)
def test_an_empty_or_zoned_window_is_refused(opens: time, closes: time) -> None:
    with pytest.raises(ValueError, match="window"):
        SendingWindow(opens, closes)


@pytest.mark.parametrize("spread", [1.0, -0.1, float("nan")])
def test_a_spread_outside_the_window_is_refused(spread: float) -> None:
    with pytest.raises(ValueError, match="spread"):
        SendingWindow().next_moment(helsinki(MONDAY, 12), MONDAY, spread)
