"""What reading the agencies' reports asks of its activity, and what that answers.

No personal data in any of it: it stands in histories and in the Temporal Web UI.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio.common import RetryPolicy

from domain.case import Frozen

AGENCY_POLL = "AgencyPoll"
"""The workflow's type."""

READ_STATUSES = "read_statuses"


class Poll(Frozen):
    """What one agency's list of status messages had since it was read before.

    `new`: those that no callback had brought; `unheard_of`: those about cases that are not ours.
    `contracts`: announcements of contracts that no callback had brought.
    `problem`: why it was not read to its end; "" if it was.
    """

    agency: str
    pages: int = 0
    read: int = 0
    new: int = 0
    unheard_of: int = 0
    contracts: int = 0
    problem: str = ""


class Polled(Frozen):
    """The same of all the agencies."""

    agencies: tuple[Poll, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(f"{poll.agency}: {poll.problem}" for poll in self.agencies if poll.problem)


READ_TIMEOUT = timedelta(hours=1)
"""A first reading may have years to read."""
HEARTBEAT_TIMEOUT = timedelta(minutes=2)
"""A page, longer than the agency's time-out and the keeping of it."""
READ_RETRY = RetryPolicy(initial_interval=timedelta(seconds=10), maximum_attempts=3)
"""The schedule's next run goes on where this one ended, so no more than a few."""
