"""Late interest (viivästyskorko) by the Interest Act (korkolaki) 633/1982, and reference rates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from domain.calendar import FINLAND, BankingCalendar
from domain.law import FINNISH_LAW, DebtorClass, Law

DayCount = Literal[365, 366]
"""Days that a year's interest is divided by: 365 always, or 366 in leap years and else 365.

The Act is silent. 365 is the usual practice; 366 keeps a leap year within the annual rate.
"""

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class HalfYear:
    """January to June (`half` 1) or July to December (2) of a year. `str` gives "2026H2"."""

    year: int
    half: Literal[1, 2]

    @classmethod
    def of(cls, day: date) -> HalfYear:
        return cls(day.year, 1 if day.month <= 6 else 2)

    @property
    def first_day(self) -> date:
        return date(self.year, 1 if self.half == 1 else 7, 1)

    @property
    def following(self) -> HalfYear:
        return HalfYear(self.year, 2) if self.half == 1 else HalfYear(self.year + 1, 1)

    @classmethod
    def parse(cls, text: str) -> HalfYear:
        """The half-year that `str` gives as "2027H1". Raises ValueError."""
        match = _HALF_YEAR.fullmatch(text.strip().upper())
        if match is None:
            raise ValueError(f"{text!r} is not a half-year: write 2027H1 or 2027H2")
        return cls(int(match[1]), 1 if match[2] == "1" else 2)

    def __str__(self) -> str:
        return f"{self.year}H{self.half}"


_HALF_YEAR = re.compile(r"([0-9]{4})H([12])")


class RateError(Exception):
    """Something about the reference rates keeps interest from being computed, or a rate out."""


class RateNotPublished(RateError, LookupError):  # noqa: N818  (the name is the finding)
    """Karhu has no reference rate for a half-year, so it cannot compute interest over it."""

    def __init__(self, half_year: HalfYear) -> None:
        super().__init__(
            f"Karhu has no reference rate (viitekorko) for {half_year}, and does not guess."
            " The Bank of Finland publishes it just before the half-year begins; add it:"
            f' karhu rates add {half_year} PERCENT --source "notice NUMBER/YEAR"'
        )
        self.half_year = half_year


class RateContradiction(RateError, ValueError):  # noqa: N818  (the name is the finding)
    """A half-year has a rate already, and it is another one."""

    def __init__(self, known: ReferenceRate, given: ReferenceRate) -> None:
        super().__init__(
            f"the reference rate of {known.half_year} is {known.percent} % by {known.source};"
            f" {given.percent} % by {given.source} contradicts it. Look at the notice: interest has"
            " been charged by the rate that is there, so correcting it takes a release of Karhu."
        )
        self.known = known
        self.given = given


class UnlikelyRate(RateError, ValueError):  # noqa: N818  (the name is the finding)
    """A figure that cannot be a reference rate, or not one that is known by now."""


@dataclass(frozen=True, slots=True)
class ReferenceRate:
    """The reference rate of one half-year (633/1982 12 §), in per cent a year.

    `source`: the notice in the Statute Book. `confirmed`: False where the notice is known to exist
    and its figure is inferred from the central bank's rate.
    """

    half_year: HalfYear
    percent: Decimal
    source: str
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class ReferenceRates:
    """The published reference rates. Raises ValueError if a half-year stands twice."""

    rows: tuple[ReferenceRate, ...]

    def with_added(self, added: Iterable[ReferenceRate]) -> ReferenceRates:
        """These and the added ones; one that is here already stays as it is.

        Raises `RateContradiction`.
        """
        rows = {row.half_year: row for row in self.rows}
        for row in added:
            known = rows.setdefault(row.half_year, row)
            if known.percent != row.percent:
                raise RateContradiction(known, row)
        return ReferenceRates(tuple(rows.values()))

    def has(self, half_year: HalfYear) -> bool:
        return any(row.half_year == half_year for row in self.rows)

    def __post_init__(self) -> None:
        half_years = sorted(row.half_year for row in self.rows)
        for one, other in pairwise(half_years):
            if one == other:
                raise ValueError(f"the reference rate of {one} is given twice")

    def rate(self, on: date) -> ReferenceRate:
        """The rate in force on a day. Raises `RateNotPublished`."""
        half_year = HalfYear.of(on)
        for row in self.rows:
            if row.half_year == half_year:
                return row
        raise RateNotPublished(half_year)


_MOST_PERCENT = 30
"""More than this is a misplaced decimal."""

_KNOWN_AHEAD = timedelta(days=31)
"""The Bank of Finland publishes a rate in the month before it comes into force."""


def check_new_rate(row: ReferenceRate, today: date) -> None:
    """Raise `UnlikelyRate` if this cannot be the published rate of its half-year.

    A reference rate is a whole number of half percentage points (633/1982 12 §).
    """
    if not 0 <= row.percent <= _MOST_PERCENT or (row.percent * 2) % 1 != 0:
        raise UnlikelyRate(
            f"{row.percent} % is not a reference rate: it is rounded up to the next half percentage"
            f" point (633/1982 12 §), and lies between 0 and {_MOST_PERCENT}"
        )
    if row.half_year.first_day > today + _KNOWN_AHEAD:
        raise UnlikelyRate(
            f"the rate of {row.half_year} is not published yet: it is in the month before"
            f" {row.half_year.first_day}"
        )
    if not row.source.strip():
        raise UnlikelyRate(f"the rate of {row.half_year} needs its source: the notice it stands in")


def _row(
    year: int, half: Literal[1, 2], percent: str, notice: str, confirmed: bool = True
) -> ReferenceRate:
    return ReferenceRate(HalfYear(year, half), Decimal(percent), notice, confirmed)


REFERENCE_RATES = ReferenceRates(
    (
        _row(2019, 1, "0.0", "1160/2018"),
        _row(2019, 2, "0.0", "792/2019"),
        _row(2020, 1, "0.0", "1552/2019"),
        _row(2020, 2, "0.0", "483/2020"),
        _row(2021, 1, "0.0", "1213/2020"),
        _row(2021, 2, "0.0", "692/2021"),
        _row(2022, 1, "0.0", "1300/2021"),
        _row(2022, 2, "0.0", "519/2022"),
        _row(2023, 1, "2.5", "1276/2022"),
        _row(2023, 2, "4.0", "882/2023"),
        _row(2024, 1, "4.5", "1/2024"),
        _row(2024, 2, "4.5", "393/2024"),
        _row(2025, 1, "3.5", "1123/2024"),
        _row(2025, 2, "2.5", "362/2025", confirmed=False),
        _row(2026, 1, "2.5", "1407/2025"),
        _row(2026, 2, "2.5", "654/2026", confirmed=False),
    )
)


@dataclass(frozen=True, slots=True)
class InterestPeriod:
    """Days with one rate and one principal. Both days bear interest; `rate` is per cent a year."""

    first_day: date
    last_day: date
    days: int
    rate: Decimal
    principal_cents: int


@dataclass(frozen=True, slots=True)
class InterestResult:
    """Late interest in cents, and the periods that it is the sum of."""

    cents: int
    periods: tuple[InterestPeriod, ...]


def late_interest(
    principal_history: Sequence[tuple[date, int]],
    due: date,
    until: date,
    debtor_class: DebtorClass,
    contract_rate: Decimal | None = None,
    day_count: DayCount = 365,
    *,
    rates: ReferenceRates = REFERENCE_RATES,
    law: Law = FINNISH_LAW,
    calendar: BankingCalendar = FINLAND,
) -> InterestResult:
    """Late interest on the principal outstanding day by day, through the day `until`.

    `principal_history` gives (day, principal in cents at the end of that day), in any order of
    days; before its first day nothing is outstanding. The first interest day is the one after the
    last day to pay in time (`due` moved to a banking day); a payment's own day still bears interest
    on what was paid. Fees and earlier interest bear none.

    The rate is the reference rate plus 7 points, or plus 8 for a trader or procurement entity
    (633/1982 4 §, 4 a §), anew from each 1 January and 1 July. `contract_rate` (per cent a year)
    replaces it, but never raises it above the statutory for a consumer (2 §). The exact sum
    of all periods is rounded once, half up, to the cent.

    Raises `RateNotPublished` where the statutory rate is needed and a half-year has none,
    `NoLawInForce`, and ValueError for a negative principal or contract rate.
    """
    if contract_rate is not None and contract_rate < 0:
        raise ValueError(f"a contract rate cannot be negative; this one is {contract_rate}")
    outstanding = dict(sorted(principal_history, key=lambda item: item[0]))
    for day, principal_cents in outstanding.items():
        if principal_cents < 0:
            raise ValueError(f"the principal cannot be negative; on {day} it is {principal_cents}")
    first_day = calendar.shifted_due(due) + _DAY
    total = Fraction(0)
    periods: list[InterestPeriod] = []
    for start, end in pairwise(_breaks(outstanding, first_day, until + _DAY)):
        principal_cents = _outstanding_before(outstanding, start)
        if principal_cents == 0:
            continue
        rate = _rate(start, debtor_class, contract_rate, rates, law)
        days = (end - start).days
        periods.append(InterestPeriod(start, end - _DAY, days, rate, principal_cents))
        year_days = day_count if _is_leap(start.year) else 365
        total += Fraction(rate) * principal_cents * days / (100 * year_days)
    return InterestResult(_half_up(total), tuple(periods))


def _breaks(outstanding: dict[date, int], first_day: date, end: date) -> list[date]:
    """The days on which a period begins, and the day after the last one."""
    if end <= first_day:
        return []
    breaks = {first_day, end}
    breaks.update(day + _DAY for day in outstanding if first_day < day + _DAY < end)
    half_year = HalfYear.of(first_day).following
    while half_year.first_day < end:
        breaks.add(half_year.first_day)
        half_year = half_year.following
    return sorted(breaks)


def _outstanding_before(outstanding: dict[date, int], day: date) -> int:
    """The principal at the end of the day before; `outstanding` is in order of days."""
    principal_cents = 0
    for since, amount_cents in outstanding.items():
        if since >= day:
            break
        principal_cents = amount_cents
    return principal_cents


def _rate(
    day: date,
    debtor_class: DebtorClass,
    contract_rate: Decimal | None,
    rates: ReferenceRates,
    law: Law,
) -> Decimal:
    if contract_rate is not None and debtor_class is not DebtorClass.CONSUMER:
        return contract_rate
    with localcontext(Context()):  # the caller's may be too narrow for 10.5
        statutory = rates.rate(day).percent + law.late_interest_points(debtor_class, day)
    return statutory if contract_rate is None else min(contract_rate, statutory)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _half_up(amount: Fraction) -> int:
    return int(amount + Fraction(1, 2))  # never negative, so truncation is the floor
