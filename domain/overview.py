"""What a company's figures say: money open by age, the ladder as a funnel, days sales outstanding,
what goes out. Pure arithmetic over sums; amounts in cents."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.case import Frozen


class AgeBand(StrEnum):
    """How long an invoice is overdue, in days after its due date as invoiced."""

    NOT_DUE = "not_due"
    TO_7 = "1-7"
    TO_14 = "8-14"
    TO_30 = "15-30"
    TO_60 = "31-60"
    TO_90 = "61-90"
    OVER_90 = "over_90"

    @classmethod
    def of(cls, due: date, today: date) -> AgeBand:
        """The band of an invoice that was due on a day."""
        days = (today - due).days
        return next((band for most, band in _BANDS if days <= most), cls.OVER_90)


_BANDS = (
    *((0, AgeBand.NOT_DUE), (7, AgeBand.TO_7), (14, AgeBand.TO_14), (30, AgeBand.TO_30)),
    *((60, AgeBand.TO_60), (90, AgeBand.TO_90)),
)


class Age(Frozen):
    """Open invoices of one age."""

    band: AgeBand
    invoices: int
    open_cents: int


def ages(due: Iterable[tuple[date, int, int]], today: date) -> tuple[Age, ...]:
    """Open money by age, every band: of due dates with invoices and open cents of each."""
    found = {band: [0, 0] for band in AgeBand}
    for day, invoices, cents in due:
        band = found[AgeBand.of(day, today)]
        band[0] += invoices
        band[1] += cents
    return tuple(
        Age(band=band, invoices=count, open_cents=cents) for band, (count, cents) in found.items()
    )


class Rung(StrEnum):
    """A step of the ladder that invoices come to, in its order."""

    REGISTERED = "registered"
    OVERDUE = "overdue"
    REMINDED = "reminded"
    NOTIFIED = "notified"
    AT_AGENCY = "in_collection"
    PAID = "paid"


class Funnel(Frozen):
    """How many invoices came to each rung since a business instant; each counted once for each."""

    since: datetime
    invoices: dict[Rung, int]


class SalesMonth(Frozen):
    """Days sales outstanding (myyntisaamisten kiertoaika) at the end of a month, or today in the
    month that runs. None: nothing was invoiced in its period."""

    month: date
    """Its first day."""
    receivable_cents: int
    invoiced_cents: int
    """In the three months up to then."""
    days: float | None


PERIOD_MONTHS = 3


def days_sales_outstanding(
    invoiced: Mapping[date, int], owed: Mapping[date, int], today: date, months: int = 12
) -> tuple[SalesMonth, ...]:
    """Days sales outstanding at the end of each of the last months.

    The ordinary balance-sheet ratio, receivables / credit sales x days of the period, with the
    three months up to then as the period, so that a quiet month does not make it leap. Receivables
    are all that the ledgers say is owed, fees and interest included; sales are what was invoiced,
    VAT included, as receivables are. `invoiced` and `owed`: by the first day of a month, what was
    invoiced in it and by how much the ledgers' sum has grown; cents.
    """
    months_ends = [_month(today, back) for back in range(months - 1, -1, -1)]
    found = []
    for first in months_ends:
        last = min(_last(first), today)
        begins = _month(first, PERIOD_MONTHS - 1)
        sold = sum(cents for month, cents in invoiced.items() if begins <= month <= first)
        receivable = sum(cents for month, cents in owed.items() if month <= first)
        days = (last - begins).days + 1
        ratio = round(max(receivable, 0) * days / sold, 1) if sold > 0 else None
        found.append(
            SalesMonth(month=first, receivable_cents=receivable, invoiced_cents=sold, days=ratio)
        )
    return tuple(found)


def _month(day: date, back: int) -> date:
    """The first day of the month so many months before a day's own."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def _last(first: date) -> date:
    return first + timedelta(days=monthrange(first.year, first.month)[1] - 1)


class Sales(Frozen):
    """Days sales outstanding over the last months, the oldest first."""

    months: tuple[SalesMonth, ...]


class Leaving(Frozen):
    """Letters or hand-overs of one kind on one day. `by`: the channel, or the agency's service; ""
    for what is to come, whose channel is chosen when it leaves."""

    day: date
    kind: str
    by: str
    invoices: int


class Outgoing(Frozen):
    """What has gone out in the last days, and what goes out next, by day."""

    gone: tuple[Leaving, ...]
    next: tuple[Leaving, ...]

    @staticmethod
    def days(lines: Sequence[Leaving]) -> dict[date, list[Leaving]]:
        """The lines by day."""
        found: dict[date, list[Leaving]] = {}
        for line in lines:
            found.setdefault(line.day, []).append(line)
        return found
