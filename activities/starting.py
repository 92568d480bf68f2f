"""Draining the outbox: starting the workflows that are due, and telling those that have news.

Rows first, Temporal afterwards: a crash between the two leaves a mark in the outbox, and whoever
drains it next (`karhu reconcile`, the API's own round) does what is missing. Doing it twice is
harmless: a workflow is started once, and a signal only says "look".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlmodel import Session
from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from domain.clock import Clock
from store import outbox
from store.database import Database
from store.outbox import Beginning, Pending
from store.tables import BulkAction, FileImport, Replanning
from workflows import search_attributes, words
from workflows.bulk import BulkWorkflow
from workflows.bulk_contract import StartBulk, bulk_workflow_id
from workflows.contract import (
    IMPORT_QUEUE,
    TASK_QUEUE,
    Planned,
    Start,
    StartImport,
    import_workflow_id,
    workflow_id,
)
from workflows.file_import import ImportWorkflow
from workflows.invoice import InvoiceWorkflow
from workflows.replan import ReplanWorkflow
from workflows.replan_contract import StartReplanning, replan_workflow_id

log = logging.getLogger("karhu.starting")

CONCURRENCY = 50
"""Calls to Temporal at once."""

PAGE = 100
"""Invoices read from the outbox at once; a crash repeats at most the calls of one page."""

MOST_AT_ONCE = 500
"""The same, of invoices that are named: as many as a batch has."""

CALL_TIMEOUT = timedelta(seconds=20)


class News(StrEnum):
    """What a workflow is told: the name of its signal."""

    PAYMENT = "payment"
    CREDIT = "credit"
    RULE_CHANGED = "rule_changed"
    AGENCY_STATUS = "agency_status"
    RATE_ADDED = "rate_added"
    FEED_READ = "feed_read"
    AGENCY_CONTRACT = "agency_contract"


@dataclass(slots=True)
class Drained:
    """What draining did. `finished`: news for workflows that are over; `waiting`: not done yet."""

    started: int = 0
    told: int = 0
    finished: int = 0
    waiting: int = 0
    problem: str = ""
    """Why some wait, in Temporal's words; "" if none do."""

    def add(self, other: Drained) -> None:
        self.started += other.started
        self.told += other.told
        self.finished += other.finished
        self.waiting += other.waiting
        self.problem = self.problem or other.problem


async def drain(
    client: Client,
    database: Database,
    clock: Clock,
    *,
    only: Sequence[int] | None = None,
    news: News = News.PAYMENT,
) -> Drained:
    """Start and tell every workflow that the outbox says, or `only` those of these invoices.

    Does not raise for what Temporal does not take: it waits in the outbox, and is counted.
    """
    drained = Drained()
    if only is not None:
        for at in range(0, len(only), MOST_AT_ONCE):
            part = only[at : at + MOST_AT_ONCE]
            rows = await asyncio.to_thread(_pending, database, part, 0)
            drained.add(await _drain_page(client, database, clock, rows, news))
        return drained
    last = 0
    while rows := await asyncio.to_thread(_pending, database, None, last):
        last = rows[-1].invoice_id
        page = await _drain_page(client, database, clock, rows, news)
        drained.add(page)
        if page.waiting == len(rows):
            break  # Temporal takes nothing now: the rest would fare no better
    return drained


async def start(client: Client, clock: Clock, row: Pending, begin: Beginning) -> None:
    """Start the invoice's workflow; one that was started before, be it over, stays as it is.

    Unless there is news for it as well: then a workflow that is over is started again under its
    id and looks first, and one that still runs is told, be it just about to end.
    """
    step = begin.step
    planned = Planned(step=step, wake_at=step.when and clock.real(step.when))
    reuse = (
        WorkflowIDReusePolicy.ALLOW_DUPLICATE
        if row.again
        else WorkflowIDReusePolicy.REJECT_DUPLICATE
    )
    try:
        await client.start_workflow(
            InvoiceWorkflow.run,
            Start(
                case=begin.case,
                next=planned,
                rule=begin.rule,
                look=row.again,
                sparing=True,
            ),
            id=workflow_id(row.company, row.number),
            task_queue=TASK_QUEUE,
            id_reuse_policy=reuse,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=News.PAYMENT.value if row.again else None,
            # A worker that starts workflows (an import's) has their first task with the answer:
            # it stands in no queue, where the tasks of tens of thousands would pile up.
            request_eager_start=not row.again,
            search_attributes=search_attributes.of(
                begin.case, planned, search_attributes.unversioned(begin.rule)
            ),
            static_summary=words.summary(
                row.number, begin.company_name, begin.amount_cents, begin.due
            ),
            priority=Priority(fairness_key=row.company),
            rpc_timeout=CALL_TIMEOUT,
        )
    except WorkflowAlreadyStartedError:
        log.info("invoice %s: its workflow was started before and is over", row.invoice_id)


async def start_import(client: Client, row: FileImport) -> None:
    """Start the import's workflow, or leave the one that is under way as it is."""
    await client.start_workflow(
        ImportWorkflow.run,
        StartImport(import_id=row.id, kind=row.kind),
        id=import_workflow_id(row.id),
        task_queue=IMPORT_QUEUE,
        # An import that is tried again has a run more; one too many would find nothing to do.
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=words.import_summary(row.id, row.kind, row.size_bytes),
        priority=Priority(fairness_key=f"import-company/{row.company_id or 0}"),
        rpc_timeout=CALL_TIMEOUT,
    )


async def start_replanning(client: Client, row: Replanning) -> None:
    """Start the replanning's workflow, or leave the one that is under way as it is."""
    await client.start_workflow(
        ReplanWorkflow.run,
        StartReplanning(replanning_id=row.id, what=words.replanning(row.kind, row.reason)),
        id=replan_workflow_id(row.id),
        task_queue=TASK_QUEUE,
        # As of imports: one run too many would find nothing to do.
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=words.replanning(row.kind, row.reason),
        priority=Priority(fairness_key=f"replan/{row.company_id}"),
        rpc_timeout=CALL_TIMEOUT,
    )


async def start_bulk(client: Client, row: BulkAction) -> None:
    """Start the mass action's workflow, or leave the one that is under way as it is."""
    what = words.bulk(row.request)
    await client.start_workflow(
        BulkWorkflow.run,
        StartBulk(action_id=row.id, what=what),
        id=bulk_workflow_id(row.id),
        task_queue=TASK_QUEUE,
        # As of imports: one run too many would find nothing to do.
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=what,
        priority=Priority(fairness_key=f"bulk/{row.company_id}"),
        rpc_timeout=CALL_TIMEOUT,
    )


async def tell(client: Client, row: Pending, news: News) -> bool:
    """Signal the invoice's workflow; False if it is over."""
    handle = client.get_workflow_handle(workflow_id(row.company, row.number))
    try:
        await handle.signal(news.value, rpc_timeout=CALL_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


def _pending(database: Database, only: Sequence[int] | None, after: int) -> list[Pending]:
    with database.transaction() as session:
        limit = PAGE if only is None else MOST_AT_ONCE
        return outbox.pending(session, only=only, after=after, limit=limit)


async def _drain_page(
    client: Client, database: Database, clock: Clock, rows: Sequence[Pending], news: News
) -> Drained:
    starting = [row for row in rows if row.begin is not None]

    async def start_one(row: Pending) -> None:
        assert row.begin is not None  # noqa: S101 - chosen for it
        await start(client, clock, row, row.begin)

    not_started, problem = await _all(starting, start_one)
    begun = [row for row in starting if row.invoice_id not in not_started]
    # What is started again takes its marks away itself, once it has looked: another payment may
    # be taken back meanwhile.
    if first := [row.invoice_id for row in begun if not row.again]:
        await asyncio.to_thread(_mark, database, outbox.started, first)
    over: list[int] = []

    async def tell_one(row: Pending) -> None:
        if not await tell(client, row, news):
            over.append(row.invoice_id)

    telling = [row for row in rows if row.signal and not row.again]
    not_told, problem_telling = await _all(telling, tell_one)
    anew = await asyncio.to_thread(_nobody_listens, database, over) if over else []
    drained = Drained(
        started=len(begun),
        told=len(telling) - len(not_told) - len(over),
        finished=len(over) - len(anew),
        waiting=len(not_started | not_told),
        problem=problem or problem_telling,
    )
    if anew:
        again = await asyncio.to_thread(_pending, database, anew, 0)
        drained.add(await _drain_page(client, database, clock, again, news))
    return drained


async def _all(
    rows: Sequence[Pending], do: Callable[[Pending], Awaitable[None]]
) -> tuple[set[int], str]:
    """Do it for all, some at once; the ids of those that Temporal did not take, and why."""
    room = asyncio.Semaphore(CONCURRENCY)
    failed: set[int] = set()
    problem = ""

    async def one(row: Pending) -> None:
        nonlocal problem
        async with room:
            try:
                await do(row)
            # RuntimeError: a lazy client that cannot connect.
            except (RPCError, RuntimeError) as error:
                failed.add(row.invoice_id)
                problem = problem or str(error)
                log.warning("invoice %s waits in the outbox: %s", row.invoice_id, error)

    await asyncio.gather(*(one(row) for row in rows))
    return failed, problem


def _mark(
    database: Database, mark: Callable[[Session, Sequence[int]], None], ids: Sequence[int]
) -> None:
    with database.transaction() as session:
        mark(session, ids)


def _nobody_listens(database: Database, ids: Sequence[int]) -> list[int]:
    with database.transaction() as session:
        return outbox.nobody_listens(session, ids)
