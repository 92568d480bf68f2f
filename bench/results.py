"""What is asked for, and what a measurement says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Size:
    """How much is done. `pairs`, `waves`: how often Karhu and the bare workflow take turns.

    `payments` is of each pair, and no more than were put to sleep by it; `documents` is how many
    are read without being booked, `file` how many are in the longer of the two files for memory,
    `listed` how many invoices there are to list, `asked` how many a rule is asked about.
    """

    pairs: int
    intake: int
    payments: int
    documents: int
    file: int
    waves: int
    wave: int
    cold: int
    letters: int
    listed: int
    asked: int


SIZES = {
    "small": Size(
        pairs=1,
        intake=100,
        payments=100,
        documents=500,
        file=1_000,
        waves=1,
        wave=60,
        cold=100,
        letters=10,
        listed=20_000,
        asked=10_000,
    ),
    "normal": Size(
        pairs=3,
        intake=400,
        payments=400,
        documents=4_000,
        file=10_000,
        waves=2,
        wave=120,
        cold=400,
        letters=40,
        listed=1_000_000,
        asked=100_000,
    ),
    # Two files as large as they come; most of an hour.
    "full": Size(
        pairs=1,
        intake=50_000,
        payments=10_000,
        documents=20_000,
        file=50_000,
        waves=2,
        wave=120,
        cold=400,
        letters=40,
        listed=1_000_000,
        asked=100_000,
    ),
}


@dataclass(frozen=True)
class Figure:
    """One line of the table. `ratio` is Karhu over bare; `target` is a bound on `judged`."""

    name: str
    unit: str
    ours: float
    bare: float | None
    target: float | None
    at_least: bool = False
    by_ratio: bool = False
    ratio: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        judged = self.ratio if self.by_ratio else self.ours
        if self.target is None or judged is None:
            return None
        return judged >= self.target if self.at_least else judged <= self.target


@dataclass(frozen=True)
class Round:
    """One turn of one side: how many a second, and milliseconds of CPU for each by process.

    `asked_per_second`: how many a second had been asked for, whether or not they were done.
    """

    per_second: float
    asked_per_second: float
    cpu_ms: dict[str, float]

    @property
    def asked(self) -> Round:
        """The turn up to where everything had been asked for."""
        return replace(self, per_second=self.asked_per_second, cpu_ms={})
