"""What reading the agencies' settlements, and setting our books beside theirs, asks of activities.

No personal data in any of it: it stands in histories and in the Temporal Web UI.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio.common import RetryPolicy

from domain.case import Frozen

READING = "Settlements"
"""The type of the workflow that reads settlements."""

DRIFT = "Drift"
"""The type of the workflow that compares books."""

READ_SETTLEMENTS = "read_settlements"
COMPARE_BALANCES = "compare_balances"


class SettlementsOf(Frozen):
    """What one agency's list of settlements had since it was read before.

    `settled`: how many of the new ones had their money; `waiting`: how many wait for a person.
    `problem`: why the list was not read to its end; "" if it was.
    """

    agency: str
    pages: int = 0
    read: int = 0
    new: int = 0
    settled: int = 0
    waiting: int = 0
    problem: str = ""


class SettlementsRead(Frozen):
    """The same of all the agencies."""

    agencies: tuple[SettlementsOf, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(f"{one.agency}: {one.problem}" for one in self.agencies if one.problem)


class DriftOf(Frozen):
    """How many cases were compared with one agency, and how many differ. `problem` as above."""

    agency: str
    companies: int = 0
    cases: int = 0
    differing: int = 0
    problem: str = ""


class DriftFound(Frozen):
    """The same of all the agencies."""

    agencies: tuple[DriftOf, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(f"{one.agency}: {one.problem}" for one in self.agencies if one.problem)


READ_TIMEOUT = timedelta(hours=1)
HEARTBEAT_TIMEOUT = timedelta(minutes=2)
"""A page, longer than the agency's time-out and the keeping of it."""
READ_RETRY = RetryPolicy(initial_interval=timedelta(seconds=10), maximum_attempts=3)
"""The schedule's next run goes on where this one ended, so no more than a few."""
