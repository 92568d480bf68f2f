"""What the company owes Karhu for a month's letters (palveluveloitus), and that it adds up.

The statement is the sum of the charges' own rows. The invoices' event logs tell the same story in
other words; `from_events` reads it from there, and the two must come to the same cent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from domain.calendar import FINLAND
from domain.outcomes import LetterReleased, LetterRerouted, LetterWithdrawn, Outcome
from domain.states import Channel
from domain.tariff import prices

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month by Finnish clocks. `str` gives "2026-10"."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> Month:
        """The month that `str` gives. Raises ValueError."""
        match = _MONTH.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a month: write 2026-10")
        return cls(int(match[1]), int(match[2]))

    @property
    def following(self) -> Month:
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def begins(self) -> datetime:
        """Its first instant."""
        return FINLAND.at(date(self.year, self.month, 1), time(0))

    def __contains__(self, instant: datetime) -> bool:
        return self.begins <= instant < self.following.begins

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


@dataclass(frozen=True, slots=True)
class Line:
    """One channel's charges of a month, in cents without VAT.

    `letters`: carried by it, less those taken back. `reversed_cents`: taken back, not positive.
    What is taken back counts in the month in which it is.
    """

    channel: Channel
    letters: int
    service_cents: int
    transaction_cents: int
    reversed_cents: int

    @property
    def sum_cents(self) -> int:
        return self.service_cents + self.transaction_cents + self.reversed_cents


@dataclass(frozen=True, slots=True)
class Statement:
    """One company's month. `events_cents`: what the event logs say that it comes to."""

    company: str
    company_name: str
    month: Month
    lines: tuple[Line, ...]
    events_cents: int

    @property
    def letters(self) -> int:
        return sum(line.letters for line in self.lines)

    @property
    def sum_cents(self) -> int:
        return sum(line.sum_cents for line in self.lines)

    @property
    def adds_up(self) -> bool:
        """Whether the charges and the event logs come to the same."""
        return self.sum_cents == self.events_cents


def from_events(log: Iterable[tuple[datetime, Outcome]], month: Month) -> int:
    """What one invoice's letters cost in a month by its event log, in cents.

    `log`: all of its events with their instants, in order.
    """
    owed: dict[int, int] = {}
    carrying: dict[int, int] = {}
    total = 0
    for at, outcome in log:
        change = 0
        match outcome:
            case LetterReleased():
                letter = outcome.letter
                if letter.notice_id is None or letter.channel is None:
                    continue
                on = FINLAND.local_date(at)
                change = outcome.service_cents
                owed[letter.notice_id] = change
                carrying[letter.notice_id] = prices(on).transaction_cents[letter.channel]
            case LetterRerouted():
                # The first channel's price is taken back, the service is not.
                change = outcome.transaction_cents - carrying[outcome.notice_id]
                owed[outcome.notice_id] += change
                carrying[outcome.notice_id] = outcome.transaction_cents
            case LetterWithdrawn():
                change = -owed.pop(outcome.notice_id, 0)
        if at in month:
            total += change
    return total
