"""What the workflows ask of their activities, and what they answer.

Activities are named here, so that durable code need not import what carries them out.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from pydantic import AwareDatetime
from temporalio.common import RetryPolicy

from domain.case import Case, Frozen
from domain.outcomes import Recorded
from domain.requests import Request
from domain.steps import Step

TASK_QUEUE = "karhu"
"""Workflows, and the short activities that run inside their tasks."""


IMPORT_QUEUE = "karhu-import"
"""The workflows of files handed in, and their activities: long work, kept apart from decisions."""


class Queue(StrEnum):
    """The queues of what leaves the house, one for each other side."""

    EINVOICE = "karhu-einvoice"
    EMAIL = "karhu-email"
    PAPER = "karhu-paper"
    AGENCY = "karhu-agency"


RATES: dict[Queue, float] = {
    Queue.EINVOICE: 50.0,
    Queue.EMAIL: 20.0,
    Queue.PAPER: 50.0,
    Queue.AGENCY: 10.0,
}
"""Activities a second, over all workers together, that the other side is asked to bear."""

ADVANCE = "advance"
DELIVER_LETTER = "deliver_letter"
TELL_AGENCY = "tell_agency"
STAGE_FILE = "stage_file"
BOOK_STRETCH = "book_stretch"
END_IMPORT = "end_import"
CANCEL_IMPORT = "cancel_import"


def workflow_id(company: str, number: str) -> str:
    """The id of an invoice's workflow: `invoice/{business id}/{invoice number}`."""
    return f"invoice/{company}/{number}"


def import_workflow_id(import_id: int) -> str:
    """The id of an import's workflow: `import/{its row}`."""
    return f"import/{import_id}"


class Planned(Frozen):
    """A step, and the real instant at which to wake for it (None: only when something happens)."""

    step: Step
    wake_at: AwareDatetime | None


class ErrandKind(StrEnum):
    LETTER = "letter"
    AGENCY = "agency"


class Errand(Frozen):
    """Something to carry out of the house: a notice or an agency message, by its row's id."""

    kind: ErrandKind
    id: int
    queue: Queue
    summary: str


class Failure(Frozen):
    """An errand that was tried for as long as its retry policy says."""

    errand: Errand
    reason: str


class Unreadable(Frozen):
    """A request by signal that says nothing that can be done, and what is wrong with it."""

    request: str
    reason: str


class Ask(Frozen):
    """Take the decisions that are due. `now` is a real instant, as the workflow sees it.

    `seen` is the last entry of the invoice's log that the workflow knows: the answer begins with
    those after it, also when an earlier answer was lost. `planned` is the step that was waited
    for. `request` is what a person asks; `unanswered` says that nobody hears the answer (it came
    as a signal), so a refusal is recorded, as is what is `unreadable`.
    """

    invoice_id: int
    seen: int
    now: AwareDatetime
    planned: Planned
    request: Request | None = None
    unanswered: bool = False
    unreadable: Unreadable | None = None
    failure: Failure | None = None


class Advanced(Frozen):
    """What was decided and done, what comes next, and what is to be carried out."""

    recorded: tuple[Recorded, ...]
    next: Planned
    errands: tuple[Errand, ...]
    rule: str
    refusal: str | None = None


class Carried(Frozen):
    """An errand is done. `replan`: it turned out otherwise than the plan supposed."""

    recorded: tuple[Recorded, ...] = ()
    replan: bool = False


class Start(Frozen):
    """An invoice's workflow begins, or goes on in a new run.

    `look`: something has happened that nobody has looked at yet, perhaps after it had closed.
    `sparing`: its history is spared what tells nobody anything. The timer goes on while it looks,
    and is set anew only if what it waits for has changed; it is found by its rule, of whatever
    version. The invoices of the first release, which did otherwise, do so to their end.
    """

    case: Case
    next: Planned
    rule: str
    errands: tuple[Errand, ...] = ()
    look: bool = False
    sparing: bool = False


class Answer(Frozen):
    """What an update did."""

    state: str
    next_step: str
    next_step_at: AwareDatetime | None
    why: str


# ── imports ──────────────────────────────────────────────────────────────────────────────────


class StartImport(Frozen):
    """An import's workflow begins, or goes on in a new run. `kind`: invoices or payments."""

    import_id: int
    kind: str


class ImportProgress(Frozen):
    """How far an import has got: its records by what became of them, and what is left.

    `over`: there is nothing left to do but to end it, because all is booked or it was cancelled;
    `ended`: that has been done as well.
    """

    read: int
    booked: int
    known: int
    set_aside: int
    bad: int
    over: bool
    cancelled: bool = False
    ended: bool = False

    @property
    def left(self) -> int:
        """Records that are read and not booked yet."""
        return self.read - self.booked - self.known - self.set_aside - self.bad


class EndImport(Frozen):
    """End an import. `problem`: why it cannot go on; "" if it has come to its end."""

    import_id: int
    problem: str = ""


# ── how long, how often ──────────────────────────────────────────────────────────────────────

ADVANCE_TIMEOUT = timedelta(seconds=10)
ADVANCE_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1)
)
ERRAND_TIMEOUT = timedelta(seconds=40)
"""One attempt; longer than any time-out inside it, so that an attempt ends itself."""
ERRAND_DEADLINE = timedelta(days=3)
"""All attempts; then somebody is told."""
ERRAND_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=2),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(minutes=30),
)

IMPORT_RETRY = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    maximum_interval=timedelta(minutes=1),
)
IMPORT_HEARTBEAT = timedelta(seconds=10)
"""A worker that is silent for so long is gone; another one goes on."""
STAGE_TIMEOUT = timedelta(hours=6)
"""Reading one file, however large."""
STRETCH_TIMEOUT = timedelta(minutes=5)
"""One stretch of booking; it ends itself after some ten seconds and a chunk."""
IMPORT_DEADLINE = timedelta(days=3)
"""All attempts at one piece of an import; then it has failed."""
