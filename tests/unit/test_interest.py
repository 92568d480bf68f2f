from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import FINLAND
from domain.interest import (
    REFERENCE_RATES,
    DayCount,
    HalfYear,
    RateNotPublished,
    ReferenceRate,
    ReferenceRates,
    late_interest,
)
from domain.law import FINNISH_LAW, DebtorClass

CONSUMER, BUSINESS, OTHER = DebtorClass.CONSUMER, DebtorClass.BUSINESS, DebtorClass.OTHER
DAY = timedelta(days=1)
LONG_AGO = date(2018, 1, 1)

DAYS = st.dates(min_value=date(2019, 1, 1), max_value=date(2026, 12, 31))
CLASSES = st.sampled_from(DebtorClass)
DAY_COUNTS: st.SearchStrategy[DayCount] = st.sampled_from([365, 366])
PRINCIPALS = st.integers(min_value=0, max_value=10**9)
HISTORIES = st.dictionaries(DAYS, PRINCIPALS, max_size=6).map(lambda days: list(days.items()))


def test_thirty_days_of_a_consumers_thousand_euros() -> None:
    # Due Thursday 1 October 2026, paid 31 October: 30 days at 2.5 + 7 = 9.5 %.
    # 1000.00 x 9.5 % x 30 / 365 = 7.8082... -> 7.81
    result = late_interest([(LONG_AGO, 1000_00)], date(2026, 10, 1), date(2026, 10, 31), CONSUMER)
    assert result.cents == 781
    (period,) = result.periods
    assert (period.first_day, period.last_day) == (date(2026, 10, 2), date(2026, 10, 31))
    assert (period.days, period.rate, period.principal_cents) == (30, Decimal("9.5"), 1000_00)


def test_a_traders_interest_is_split_at_the_half_year() -> None:
    # Due Thursday 15 May 2025, paid 31 August. The reference rate is 3.5 % until June, then 2.5 %.
    # 16 May - 30 June: 16 + 30 = 46 days at 11.5 %; July - August: 31 + 31 = 62 days at 10.5 %.
    # 10 000.00 x (11.5 x 46 + 10.5 x 62) / 36 500 = 10 000.00 x 1180 / 36 500
    # = 323.2876... -> 323.29
    result = late_interest([(LONG_AGO, 10_000_00)], date(2025, 5, 15), date(2025, 8, 31), BUSINESS)
    assert result.cents == 323_29
    assert [(p.days, p.rate) for p in result.periods] == [
        (46, Decimal("11.5")),
        (62, Decimal("10.5")),
    ]
    assert result.periods[1].first_day == date(2025, 7, 1)


def test_a_part_payment_bears_interest_through_its_own_day() -> None:
    # Due Monday 31 August 2026; 200.00 of 500.00 paid on 15 September; counted to 30 September.
    # 1 - 15 September on 500.00: 500.00 x 9.5 % x 15 / 365 = 1.9520...
    # 16 - 30 September on 300.00: 300.00 x 9.5 % x 15 / 365 = 1.1712...
    # together 3.1232... -> 3.12
    history = [(date(2026, 8, 1), 500_00), (date(2026, 9, 15), 300_00)]
    result = late_interest(history, date(2026, 8, 31), date(2026, 9, 30), OTHER)
    assert result.cents == 312
    assert [(p.days, p.principal_cents) for p in result.periods] == [(15, 500_00), (15, 300_00)]


def test_half_a_cent_is_rounded_up_once_at_the_end() -> None:
    # 73 days are a fifth of a year: 15.00 x 9.5 % / 5 = 0.285 -> 0.29 (to the even cent: 0.28).
    due, until = date(2026, 8, 31), date(2026, 11, 12)
    assert late_interest([(LONG_AGO, 15_00)], due, until, CONSUMER).cents == 29
    # Three periods of 0.4 cents each are 1.2 cents, not three times nothing:
    # each year's half has 0.30 x 9.5 % x about 51 days / 365 = 0.4 cents.
    history = [(LONG_AGO, 30), (date(2026, 8, 1), 31), (date(2026, 9, 20), 30)]
    result = late_interest(history, date(2026, 6, 11), date(2026, 11, 9), CONSUMER)
    assert len(result.periods) == 4
    assert result.cents == 1


def test_the_first_interest_day_follows_the_last_day_to_pay() -> None:
    # May Day 2026 is a Friday: payable until Monday 4 May, interest from the 5th.
    history = [(LONG_AGO, 1_000_000_00)]
    assert late_interest(history, date(2026, 5, 1), date(2026, 5, 4), CONSUMER).periods == ()
    (period,) = late_interest(history, date(2026, 5, 1), date(2026, 5, 5), CONSUMER).periods
    assert (period.first_day, period.days) == (date(2026, 5, 5), 1)


def test_a_leap_year_may_be_divided_by_366() -> None:
    # Due Thursday 1 February 2024, 30 days to 2 March, at 4.5 + 7 = 11.5 %.
    # 1000.00 x 11.5 % x 30 / 365 = 9.4520... ; / 366 = 9.4262...
    history, due, until = [(LONG_AGO, 1000_00)], date(2024, 2, 1), date(2024, 3, 2)
    assert late_interest(history, due, until, CONSUMER).cents == 945
    assert late_interest(history, due, until, CONSUMER, day_count=366).cents == 943
    # 2026 is no leap year.
    due, until = date(2026, 10, 1), date(2026, 10, 31)
    assert late_interest(history, due, until, CONSUMER, day_count=366).cents == 781


def test_a_contract_rate() -> None:
    # 1000.00 for 30 days: at 16 % 13.1506... ; at 5 % 4.1095... ; the statutory 9.5 % gives 7.81.
    history, due, until = [(LONG_AGO, 1000_00)], date(2026, 10, 1), date(2026, 10, 31)

    def cents(debtor: DebtorClass, rate: str) -> int:
        return late_interest(history, due, until, debtor, Decimal(rate)).cents

    assert cents(BUSINESS, "16") == 1315
    assert cents(OTHER, "16") == 1315
    assert cents(CONSUMER, "16") == 781
    assert cents(CONSUMER, "5") == cents(BUSINESS, "5") == 411
    with pytest.raises(ValueError, match="negative"):
        cents(BUSINESS, "-1")


def test_past_the_last_published_rate_nothing_is_computed() -> None:
    history, due = [(LONG_AGO, 100_00)], date(2026, 12, 15)
    assert late_interest(history, due, date(2026, 12, 31), CONSUMER).cents > 0
    with pytest.raises(RateNotPublished) as caught:
        late_interest(history, due, date(2027, 1, 1), CONSUMER)
    assert str(caught.value.half_year) == "2027H1"
    with pytest.raises(RateNotPublished):  # a contract rate is no way round the consumer's limit
        late_interest(history, due, date(2027, 1, 1), CONSUMER, Decimal(1))
    with pytest.raises(RateNotPublished):  # nor is there a rate before the table begins
        late_interest([(date(2017, 1, 1), 100_00)], date(2018, 6, 1), date(2018, 8, 1), CONSUMER)
    # A trader's contract rate needs no reference rate; a settled principal needs no rate at all.
    assert late_interest(history, due, date(2027, 1, 31), BUSINESS, Decimal(10)).cents > 0
    settled = [*history, (date(2026, 12, 20), 0)]
    assert late_interest(settled, due, date(2030, 1, 1), CONSUMER).cents > 0


def test_the_next_half_years_rate_is_one_more_row() -> None:
    row = ReferenceRate(HalfYear(2027, 1), Decimal("3.0"), "an imagined notice")
    rates = ReferenceRates((*REFERENCE_RATES.rows, row))
    result = late_interest(
        [(LONG_AGO, 100_00)], date(2026, 12, 15), date(2027, 1, 31), CONSUMER, rates=rates
    )
    assert [p.rate for p in result.periods] == [Decimal("9.5"), Decimal("10.0")]
    with pytest.raises(ValueError, match="twice"):
        ReferenceRates((*rates.rows, row))


def test_the_table_has_every_half_year_once_and_says_where_it_is_from() -> None:
    half_years = [row.half_year for row in REFERENCE_RATES.rows]
    assert all(later == earlier.following for earlier, later in pairwise(half_years))
    assert all(row.source for row in REFERENCE_RATES.rows)
    assert [str(row.half_year) for row in REFERENCE_RATES.rows if not row.confirmed] == [
        "2025H2",
        "2026H2",
    ]
    assert all(REFERENCE_RATES.rate(row.half_year.first_day) is row for row in REFERENCE_RATES.rows)
    # 633/1982 12 §: the rate is rounded up to a full half per cent.
    assert all(row.percent % Decimal("0.5") == 0 for row in REFERENCE_RATES.rows)


def test_a_negative_principal_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        late_interest([(LONG_AGO, -1)], date(2026, 1, 2), date(2026, 2, 2), CONSUMER)


@given(HISTORIES, DAYS, st.integers(0, 500), CLASSES, DAY_COUNTS)
def test_equals_the_sum_over_single_days(
    history: list[tuple[date, int]],
    due: date,
    late_days: int,
    debtor: DebtorClass,
    day_count: DayCount,
) -> None:
    until = min(due + late_days * DAY, date(2026, 12, 31))
    total = Fraction(0)
    day = FINLAND.shifted_due(due) + DAY
    by_day = dict(history)
    changes = sorted(by_day)
    while day <= until:
        before = [since for since in changes if since < day]
        principal = by_day[before[-1]] if before else 0
        rate = REFERENCE_RATES.rate(day).percent + FINNISH_LAW.late_interest_points(debtor, day)
        leap = (date(day.year + 1, 1, 1) - date(day.year, 1, 1)).days == 366
        total += principal * Fraction(rate) / 100 / (day_count if leap else 365)
        day += DAY
    with localcontext(prec=2):  # the caller's decimal context is no business of the law's
        result = late_interest(history, due, until, debtor, day_count=day_count)
    assert Fraction(-1, 2) < result.cents - total <= Fraction(1, 2)
    assert all(p.days == (p.last_day - p.first_day).days + 1 for p in result.periods)


@given(PRINCIPALS, DAYS, DAYS, DAYS, CLASSES)
def test_additive_over_time_but_for_rounding(
    principal: int, one: date, two: date, three: date, debtor: DebtorClass
) -> None:
    due, middle, until = sorted([one, two, three])
    middle = FINLAND.next_banking_day(middle)
    history = [(LONG_AGO, principal)]
    if middle > until:
        return
    whole = late_interest(history, due, until, debtor).cents
    first = late_interest(history, due, middle, debtor).cents
    second = late_interest(history, middle, until, debtor).cents
    assert abs(whole - first - second) <= 1


@given(HISTORIES, DAYS, DAYS, DAYS, CLASSES)
def test_never_less_with_time(
    history: list[tuple[date, int]], due: date, one: date, two: date, debtor: DebtorClass
) -> None:
    sooner, later = sorted([one, two])
    first = late_interest(history, due, sooner, debtor).cents
    assert 0 <= first <= late_interest(history, due, later, debtor).cents


@given(st.lists(DAYS), DAYS, st.dates(min_value=date(2019, 1, 1), max_value=date(2040, 1, 1)))
def test_nothing_on_nothing(days: list[date], due: date, until: date) -> None:
    result = late_interest([(day, 0) for day in days], due, until, CONSUMER)
    assert result.cents == 0
    assert result.periods == ()
