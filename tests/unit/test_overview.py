"""Figures of a company: open money by age, and days sales outstanding."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.overview import AgeBand, ages, days_sales_outstanding

TODAY = date(2026, 3, 31)

_DUE = st.tuples(
    st.dates(date(2025, 1, 1), date(2027, 1, 1)), st.integers(0, 99), st.integers(0, 10**9)
)


@given(st.lists(_DUE))
def test_every_invoice_and_every_cent_has_an_age(due: list[tuple[date, int, int]]) -> None:
    found = ages(due, TODAY)
    assert [one.band for one in found] == list(AgeBand)
    assert sum(one.invoices for one in found) == sum(one[1] for one in due)
    assert sum(one.open_cents for one in found) == sum(one[2] for one in due)


def test_an_age_is_counted_from_the_due_date() -> None:
    bands = [AgeBand.of(TODAY - timedelta(days=days), TODAY) for days in (-1, 0, 1, 7, 8, 90, 91)]
    assert bands == [
        *(AgeBand.NOT_DUE, AgeBand.NOT_DUE, AgeBand.TO_7, AgeBand.TO_7),
        *(AgeBand.TO_14, AgeBand.TO_90, AgeBand.OVER_90),
    ]


def test_sales_that_are_paid_after_a_month_are_outstanding_for_a_month() -> None:
    months = [date(2025 + (m // 12), m % 12 + 1, 1) for m in range(15)]
    invoiced = dict.fromkeys(months, 100_000)
    # What is invoiced in a month is paid in the next one.
    owed = {month: 100_000 if place == 0 else 0 for place, month in enumerate(months)}
    found = days_sales_outstanding(invoiced, owed, TODAY)
    assert len(found) == 12
    assert found[-1].month == date(2026, 3, 1)
    assert found[-1].receivable_cents == 100_000
    assert found[-1].days == 30.0  # 90 days of three months, a third of whose sales is open


def test_where_nothing_was_sold_there_is_no_ratio() -> None:
    found = days_sales_outstanding({}, {}, TODAY)
    assert {one.days for one in found} == {None}


@given(st.dates(date(2020, 2, 1), date(2030, 1, 1)))
def test_the_months_follow_each_other_to_the_one_that_runs(today: date) -> None:
    months = [one.month for one in days_sales_outstanding({}, {}, today)]
    assert months == sorted(set(months))
    assert months[-1] == today.replace(day=1)
