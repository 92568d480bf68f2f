"""How fresh the bank's word must be before a letter leaves, and whether it is.

A company that reads its payments on Monday and not again until Friday would remind on Thursday of
what was paid on Tuesday. So a letter waits until a file of the bank's has been read that is young
enough: this is what makes "never after the payment" true.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.calendar import HELSINKI, BankingCalendar

BANKING_DAY = "banking_day"
OFF = "off"
HOURS = "hours"

MOST_HOURS = 168
"""A week: a longer demand would demand nothing."""

_FORM = re.compile(rf"{HOURS}:([0-9]{{1,3}})")


class UnknownDemand(ValueError):  # noqa: N818 - reads as what it is
    """Words that are no demand on the bank's freshness."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a company demands: one banking day, so many hours, or nothing (`kind` OFF).

    `hours`: the greatest age of the newest file, 1 to 168; 0 of the other kinds.
    Raises `UnknownDemand`.
    """

    kind: str = BANKING_DAY
    hours: int = 0

    def __post_init__(self) -> None:
        if self.kind == HOURS:
            if not 1 <= self.hours <= MOST_HOURS:
                raise UnknownDemand(
                    f"{self.hours} hours: the bank's newest file may be 1 to {MOST_HOURS} hours old"
                )
        elif self.kind not in {BANKING_DAY, OFF} or self.hours:
            raise UnknownDemand(f"{self.kind} with {self.hours} hours is no demand")

    @classmethod
    def parse(cls, text: str) -> Demand:
        """Read "banking_day", "hours:24" or "off". Raises `UnknownDemand`."""
        if text in {BANKING_DAY, OFF}:
            return cls(text)
        if found := _FORM.fullmatch(text):
            return cls(HOURS, int(found[1]))
        raise UnknownDemand(
            f"{text!r} is no demand on the bank's freshness:"
            f" say {BANKING_DAY}, {HOURS}:24 (1 to {MOST_HOURS}) or {OFF}"
        )

    def __str__(self) -> str:
        return f"{HOURS}:{self.hours}" if self.kind == HOURS else self.kind


def stale(
    demand: Demand,
    read_as_of: datetime | None,
    now: datetime,
    calendar: BankingCalendar,
    account: str = "",
) -> str | None:
    """Why the bank's word is too old for a letter to leave at `now`, in words; None: it is not.

    `read_as_of`: when the bank made the newest file that has been read (None: none has been).
    One banking day: it was made on the last banking day before today, or later; so Friday's file is
    good for Monday morning, and Thursday's is not. `account`: an IBAN, of which the words have the
    last digits alone.
    """
    if demand.kind == OFF:
        return None
    whose = f" for account {ending(account)}" if account else ""
    if read_as_of is None:
        return f"no file of the bank's has been read yet{whose}"
    if demand.kind == HOURS:
        if now - read_as_of <= timedelta(hours=demand.hours):
            return None
        needed = f"one that is no older than {demand.hours} hours"
    else:
        day = calendar.previous_banking_day(calendar.local_date(now))
        if calendar.local_date(read_as_of) >= day:
            return None
        needed = f"one of {day.isoformat()} or later"
    made = f"{read_as_of.astimezone(HELSINKI):%Y-%m-%d %H:%M}"
    return f"the bank's newest file{whose} was made {made}; a letter needs {needed}"


def ending(iban: str) -> str:
    """The last digits of an account, by which its owner knows it: "..0785"."""
    return f"..{iban[-4:]}"
