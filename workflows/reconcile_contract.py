"""What reconciling rows with workflows asks of its activities, and what they answer.

No personal data in any of it: findings stand in histories and in the Temporal Web UI.
"""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field
from temporalio.common import RetryPolicy

from domain.case import Frozen
from domain.misfits import Kind

RECONCILE = "Reconcile"
"""The workflow's type, and its schedule's id in small letters."""

COMPARE = "compare"
HEAL = "heal"


class Finding(Frozen):
    """One thing that is wrong. `invoice_id` is None where there is no invoice's row.

    `words`: what was seen, in a few words; numbers and states alone.
    """

    kind: Kind
    invoice_id: int | None
    workflow_id: str
    words: str


SHOWN = 100
"""Findings of each kind that a report names; the others are counted."""


class Report(Frozen):
    """What was found, each time looked at twice. `healed`: how many of it something was done about.

    `read_through` is the last invoice whose log and ledger were read; None: all were.
    """

    counts: dict[Kind, int] = Field(default_factory=dict)
    first: tuple[Finding, ...] = ()
    healed: dict[Kind, int] = Field(default_factory=dict)
    invoices: int = 0
    """How many invoices' logs and ledgers were read."""
    read_through: int | None = None

    @property
    def total(self) -> int:
        return sum(self.counts.values())


class Look(Frozen):
    """Rows and workflows are always compared, all of them; logs and ledgers are read of at most
    `read_most` invoices (None: all), those after `read_after` by their row."""

    read_after: int = 0
    read_most: int | None = None


class Reconciled(Frozen):
    """What one run came to. `left`: what was still there after healing; None: there was nothing."""

    found: Report
    left: Report | None = None


READ_MOST = 200_000
"""Logs and ledgers read in one scheduled run; the next run goes on behind them."""

PAUSE = timedelta(seconds=30)
"""Between finding and healing, and between healing and looking whether it helped."""

LOOK_TIMEOUT = timedelta(hours=1)
HEARTBEAT_TIMEOUT = timedelta(minutes=3)
LOOK_RETRY = RetryPolicy(initial_interval=timedelta(seconds=10), maximum_attempts=3)
