"""Banking days, and the hours in which letters leave. All local time is Europe/Helsinki."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

HELSINKI = ZoneInfo("Europe/Helsinki")

SPREAD_HOURS = 2
"""Letters of a day that lies ahead are spread over the first hours of the sending window."""

_DAY = timedelta(days=1)
_SATURDAY = 5


@cache
def _holidays(year: int) -> frozenset[date]:
    """Days of a year on which Finnish banks are closed, besides the weekends.

    Promissory Notes Act (velkakirjalaki) 622/1947 5 § 2: church holidays, Independence Day, May
    Day, Christmas Eve and Midsummer Eve; and days on which the banks' payment systems are closed,
    which are the TARGET closing days of the European Central Bank.
    """
    # Costs some 50 ms to import; a workflow process only does so if it ever asks for a date.
    import holidays  # noqa: PLC0415

    finnish = holidays.country_holidays("FI", years=year)
    target = holidays.financial_holidays("ECB", years=year)
    return frozenset({*finnish, *target})


@dataclass(frozen=True, slots=True)
class BankingCalendar:
    """Which days are banking days (pankkipäivä) in Finland.

    `closed` holds further closing days of the payment systems, as the Bank of Finland announces
    them (622/1947 5 § 2); none is known today.
    """

    closed: frozenset[date] = frozenset()

    def is_banking_day(self, day: date) -> bool:
        """Whether payments move on that day."""
        return (
            day.weekday() < _SATURDAY and day not in self.closed and day not in _holidays(day.year)
        )

    def next_banking_day(self, day: date) -> date:
        """The day itself if it is a banking day, else the first one after it."""
        while not self.is_banking_day(day):
            day += _DAY
        return day

    def following_banking_day(self, day: date) -> date:
        """The first banking day after that day."""
        return self.next_banking_day(day + _DAY)

    def previous_banking_day(self, day: date) -> date:
        """The last banking day before that day."""
        day -= _DAY
        while not self.is_banking_day(day):
            day -= _DAY
        return day

    def add_banking_days(self, day: date, count: int) -> date:
        """The banking day that is `count` banking days after that day.

        Zero is `next_banking_day`. A count from a Saturday is the count from the Friday before it.
        Raises ValueError for a negative count.
        """
        if count < 0:
            raise ValueError(f"cannot count {count} banking days: only forward, from 0 on")
        if count == 0:
            return self.next_banking_day(day)
        for _ in range(count):
            day = self.following_banking_day(day)
        return day

    def shifted_due(self, due: date) -> date:
        """The last day on which a debt due on `due` is paid in time.

        Promissory Notes Act 622/1947 5 § 2: if the due date (eräpäivä) falls on a day when banks
        are closed, the debtor may pay on the first banking day after it. Written for promissory
        notes, applied to every claim here. Shifting a shifted date changes nothing.
        """
        return self.next_banking_day(due)

    def local_date(self, instant: datetime) -> date:
        """The date in Finland at an instant. Raises ValueError if the instant is naive."""
        return _aware(instant).astimezone(HELSINKI).date()

    def at(self, day: date, clock_time: time) -> datetime:
        """The instant (aware UTC) at which Finnish clocks show a time of day.

        When clocks go back and show it twice: the first time. When they go forward and never show
        it: as much later as they were moved. Raises ValueError if the time carries a zone.
        """
        if clock_time.tzinfo is not None:
            raise ValueError(f"{clock_time} must be a plain Finnish time of day, without a zone")
        return datetime.combine(day, clock_time.replace(fold=0), HELSINKI).astimezone(UTC)


FINLAND = BankingCalendar()


@dataclass(frozen=True, slots=True)
class SendingWindow:
    """The hours of a banking day in which letters may leave: from `opens` until before `closes`.

    Plain Finnish times of day. Raises ValueError unless the window lasts at least a minute.
    """

    opens: time = time(8)
    closes: time = time(16)

    def __post_init__(self) -> None:
        if self.opens.tzinfo is not None or self.closes.tzinfo is not None:
            raise ValueError("a sending window has plain Finnish times of day, without a zone")
        if _since_midnight(self.closes) - _since_midnight(self.opens) < timedelta(minutes=1):
            raise ValueError(
                f"the sending window {self.opens:%H:%M}-{self.closes:%H:%M} is empty:"
                " it must close at least a minute after it opens, on the same day"
            )

    def contains(self, instant: datetime, calendar: BankingCalendar = FINLAND) -> bool:
        """Whether a letter may leave at an instant: a banking day, within the hours."""
        day = calendar.local_date(instant)
        opens, closes = calendar.at(day, self.opens), calendar.at(day, self.closes)
        return calendar.is_banking_day(day) and opens <= instant < closes

    def next_moment(
        self,
        not_before: datetime,
        earliest_day: date,
        spread: float,
        calendar: BankingCalendar = FINLAND,
    ) -> datetime:
        """The first instant (aware UTC) for a letter, on a banking day, within the window.

        Neither before the instant `not_before` nor before the day `earliest_day`. `spread`, in
        [0, 1), is the letter's own place in the first `SPREAD_HOURS` of the window, so that a day's
        letters do not all leave in one second; a letter whose place has already passed while the
        window is still open leaves at once. Asking again at the answer gives the answer.

        Raises ValueError for a naive instant or a spread outside [0, 1).
        """
        if not 0 <= spread < 1:
            raise ValueError(f"spread is {spread}; it must be at least 0 and less than 1")
        day = calendar.next_banking_day(max(calendar.local_date(not_before), earliest_day))
        moment = max(self._place(day, spread, calendar), not_before.astimezone(UTC))
        if moment < calendar.at(day, self.closes):
            return moment
        return self._place(calendar.following_banking_day(day), spread, calendar)

    def _place(self, day: date, spread: float, calendar: BankingCalendar) -> datetime:
        opens, closes = calendar.at(day, self.opens), calendar.at(day, self.closes)
        width = min(timedelta(hours=SPREAD_HOURS), closes - opens)
        return opens + timedelta(seconds=int(spread * width.total_seconds()))


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"{instant} is naive: an instant must carry its zone")
    return instant


def _since_midnight(clock_time: time) -> timedelta:
    return timedelta(
        hours=clock_time.hour,
        minutes=clock_time.minute,
        seconds=clock_time.second,
        microseconds=clock_time.microsecond,
    )
