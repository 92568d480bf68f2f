"""Looking for what does not fit: rows, logs and ledgers against the workflows that run.

Temporal's list of workflows lags behind, and work goes on meanwhile. So what is found is no more
than a suspicion until it has been looked at directly: the workflow described, the row read anew.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import ExitStack, aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from domain.clock import Clock
from domain.misfits import Kind
from store import projection, reconciliation, sums
from store.database import Database
from store.projection import Books
from store.reconciliation import Before, Misfit, Roll
from workflows.contract import DELIVER_LETTER, TELL_AGENCY
from workflows.reconcile_contract import SHOWN, Finding, Look, Report

RUNNING = "WorkflowType IN ('Invoice', 'Import') AND ExecutionStatus = 'Running'"

CONCURRENCY = 50
"""Workflows described at once."""

LISTED = 1_000
"""Workflows listed at once."""

READ = 500
"""Invoices read at once, with their logs and ledgers."""

PAGE = 200
"""Suspicions looked at again at once."""

FAILS_AFTER = 3
"""A workflow's task that is tried for this many times is not merely late."""

Tick = Callable[[str, int, int], None]
"""Says how far it has got: with what, how many, of how many."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, in real time, what does not fit is left to those who are at work on it."""

    quiet: timedelta = timedelta(minutes=2)
    """Since anything has happened to the invoice, or since a workflow was started."""
    errand: timedelta = timedelta(minutes=10)
    """Since a letter or a message to the agency was released."""
    step: timedelta = timedelta(hours=1)
    """Since the moment of the next step."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow as Temporal itself has it. `fails`: its task has been tried again and again."""

    running: bool
    carries: frozenset[str] = frozenset()
    at_work: bool = False
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A finding that is still true when looked at again. `reachable`: its workflow can be told."""

    finding: Finding
    reachable: bool = True


@dataclass(slots=True)
class Tally:
    """Counts findings, and keeps the first of each kind."""

    counts: Counter[Kind] = field(default_factory=Counter)
    first: dict[Kind, list[Finding]] = field(default_factory=dict)
    healed: Counter[Kind] = field(default_factory=Counter)

    def add(self, finding: Finding) -> None:
        self.counts[finding.kind] += 1
        kept = self.first.setdefault(finding.kind, [])
        if len(kept) < SHOWN:
            kept.append(finding)


class Survey:
    """One look at everything. `now` is a real instant."""

    def __init__(
        self,
        client: Client,
        database: Database,
        clock: Clock,
        now: datetime,
        *,
        patience: Patience | None = None,
        tick: Tick = lambda _what, _done, _of: None,
    ) -> None:
        patience = patience or Patience()
        self._client = client
        self._database = database
        self._tick = tick
        self._before = Before(
            quiet=clock.now(now - patience.quiet),
            errand=clock.now(now - patience.errand),
            step=clock.now(now - patience.step),
            started=now - patience.quiet,
        )
        self.invoices = 0
        """Invoices whose logs and ledgers were read."""
        self.read_through: int | None = None
        """The last of them, if there are more."""

    async def compare(self, look: Look) -> Report:
        """What is wrong."""
        tally = Tally()
        async with aclosing(self.confirmed(look)) as pages:
            async for page in pages:
                for item in page:
                    tally.add(item.finding)
        return self.report(tally)

    def report(self, tally: Tally) -> Report:
        return Report(
            counts=dict(tally.counts),
            first=tuple(finding for kind in Kind for finding in tally.first.get(kind, ())),
            healed=dict(tally.healed),
            invoices=self.invoices,
            read_through=self.read_through,
        )

    async def confirmed(self, look: Look) -> AsyncGenerator[list[Confirmed], None]:
        """What is wrong, a page at a time, each looked at directly just before."""
        with ExitStack() as open_:
            roll = await asyncio.to_thread(open_.enter_context, reconciliation.roll(self._database))
            await self._call(roll)
            await asyncio.to_thread(roll.compare, self._before)
            await self._read(roll, look)
            count, last, done = await asyncio.to_thread(roll.count), 0, 0
            while page := await asyncio.to_thread(roll.page, last, PAGE):
                last = page[-1].serial
                yield await self._look_again(roll, page)
                done += len(page)
                self._tick("looked at again", done, count)
        if wrong := await asyncio.to_thread(self._sums):
            yield wrong

    # ── suspicions ───────────────────────────────────────────────────────────────────────────

    async def _call(self, roll: Roll) -> None:
        """Take down every workflow that runs."""
        of = (await self._client.count_workflows(RUNNING)).count
        done = 0
        page: list[tuple[str, datetime]] = []
        async for found in self._client.list_workflows(RUNNING, page_size=LISTED):
            page.append((found.id, found.start_time))
            if len(page) == LISTED:
                await asyncio.to_thread(roll.call, page)
                done += len(page)
                page = []
                self._tick("workflows listed", done, max(of, done))
        await asyncio.to_thread(roll.call, page)
        self._tick("workflows listed", done + len(page), done + len(page))

    async def _read(self, roll: Roll, look: Look) -> None:
        """Read logs and ledgers."""

        def size() -> int:
            with self._database.transaction() as session:
                return projection.count(session)

        def page(after: int, limit: int) -> tuple[int, int]:
            with self._database.transaction() as session:
                books = projection.read(session, after=after, limit=limit)
            for one in books:
                for kind, words in self._unfit(one):
                    roll.add(kind, one.invoice.id, one.workflow_id, words)
            return len(books), books[-1].invoice.id if books else after

        of = await asyncio.to_thread(size)
        most = of if look.read_most is None else look.read_most
        last = look.read_after
        while True:
            room = READ if look.read_most is None else min(READ, most - self.invoices)
            if room <= 0:
                self.read_through = last
                return
            count, last = await asyncio.to_thread(page, last, room)
            self.invoices += count
            self._tick("logs and ledgers read", self.invoices, max(min(of, most), self.invoices))
            if count < room:
                return

    def _sums(self) -> list[Confirmed]:
        """The sums of companies that are not what their invoices say: certain at once, since both
        are read as of one instant."""
        with self._database.transaction() as session:
            found = sums.compare(session)
        return [
            Confirmed(
                Finding(
                    kind=Kind.SUMS,
                    invoice_id=None,
                    workflow_id=f"company/{one.business_id}",
                    words=f"{one.sums} of its sums",
                )
            )
            for one in found
        ]

    def _unfit(self, books: Books) -> list[tuple[Kind, str]]:
        """What is wrong with an invoice's log and ledger; the first thing of each."""
        found = [(Kind.GAP, gap) if (gap := books.gap()) else (Kind.LAGGING, books.lag())]
        if imbalance := books.imbalance():
            found.append((Kind.UNBALANCED, imbalance))
        elif all(entry.booked_at < self._before.quiet for entry in books.entries):
            found += [(Kind.UNHEARD, books.unheard()), (Kind.REOPENED, books.reopened())]
        return [(kind, words) for kind, words in found if words]

    # ── certainties ──────────────────────────────────────────────────────────────────────────

    async def _look_again(self, roll: Roll, page: Sequence[Misfit]) -> list[Confirmed]:
        room = asyncio.Semaphore(CONCURRENCY)

        async def one(misfit: Misfit, words: str) -> Confirmed | None:
            async with room:
                return await self._confirm(misfit, words)

        still: list[tuple[Misfit, str]] = []
        for kind, group in groupby(page, key=lambda misfit: misfit.kind):
            misfits = list(group)
            ids = await asyncio.to_thread(roll.again, kind, misfits, self._before)
            for misfit in misfits:
                if misfit.workflow_id in ids:
                    still.append((misfit, misfit.words))
                elif kind in _BY_READING and misfit.invoice_id is not None:
                    words = await asyncio.to_thread(self._read_again, kind, misfit.invoice_id)
                    still.append((misfit, words))
        looked = await asyncio.gather(*(one(*pair) for pair in still if pair[1]))
        return [item for item in looked if item is not None]

    async def _confirm(self, misfit: Misfit, words: str) -> Confirmed | None:
        """The finding, if its workflow is as it says."""
        reachable = True
        if misfit.kind in _BY_DESCRIBING:
            workflow = await describe(self._client, misfit.workflow_id)
            if not _wrong(misfit.kind, workflow):
                return None
            if workflow.fails:
                words, reachable = f"{words}; its workflow's task fails again and again", False
        finding = Finding(
            kind=misfit.kind,
            invoice_id=misfit.invoice_id,
            workflow_id=misfit.workflow_id,
            words=words,
        )
        return Confirmed(finding, reachable)

    def _read_again(self, kind: Kind, invoice_id: int) -> str:
        """What is still wrong of this kind with the invoice under its lock; "" if nothing is."""
        with self._database.transaction() as session:
            books = projection.read_locked(session, invoice_id)
            return "" if books is None else dict(self._unfit(books)).get(kind, "")


_BY_READING = frozenset({Kind.GAP, Kind.LAGGING, Kind.UNBALANCED, Kind.UNHEARD, Kind.REOPENED})

_BY_DESCRIBING = frozenset(
    {
        *(Kind.MISSING, Kind.UNDEAD, Kind.STUCK, Kind.LETTER, Kind.MESSAGE),
        *(Kind.IMPORT, Kind.REPLANNING, Kind.BULK, Kind.ORPHANED),
    }
)


def _wrong(kind: Kind, workflow: Workflow) -> bool:
    """Whether a workflow is as it must not be."""
    match kind:
        case Kind.MISSING | Kind.IMPORT | Kind.REPLANNING | Kind.BULK:
            return not workflow.running
        case Kind.ORPHANED:
            return workflow.running
        case Kind.UNDEAD | Kind.STUCK:
            return workflow.running and not workflow.carries and not workflow.at_work
        case Kind.LETTER:
            return DELIVER_LETTER not in workflow.carries and not workflow.at_work
        case Kind.MESSAGE:
            return TELL_AGENCY not in workflow.carries and not workflow.at_work
        case _:
            raise ValueError(f"{kind} has nothing to do with its workflow")


async def describe(client: Client, workflow_id: str) -> Workflow:
    """The workflow as it is now. Raises `RPCError` if Temporal does not say."""
    try:
        described = await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return Workflow(running=False)
        raise
    raw = described.raw_description
    attempt = raw.pending_workflow_task.attempt if raw.HasField("pending_workflow_task") else 0
    return Workflow(
        running=described.status is WorkflowExecutionStatus.RUNNING,
        carries=frozenset(item.activity_type.name for item in raw.pending_activities),
        at_work=0 < attempt < FAILS_AFTER,
        fails=attempt >= FAILS_AFTER,
    )
