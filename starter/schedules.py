"""What Temporal starts by itself, again and again: comparing rows with workflows, and reading what
the agencies report."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from starter.settings import Settings
from workflows.agency_poll_contract import AGENCY_POLL
from workflows.contract import TASK_QUEUE
from workflows.reconcile_contract import RECONCILE
from workflows.settlements_contract import DRIFT, READING


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A workflow that is started on a schedule. `id`: the schedule, and the beginning of its
    workflows' ids."""

    workflow: str
    id: str
    summary: str


RECONCILING = Scheduled(RECONCILE, "reconcile", "Rows and workflows compared")
POLLING = Scheduled(AGENCY_POLL, "agency-poll", "What the agencies report, read")
SETTLING = Scheduled(READING, "agency-settlements", "The agencies' settlements, read")
COMPARING = Scheduled(DRIFT, "agency-drift", "Our books beside the agencies'")

_CATCH_UP = timedelta(minutes=1)
"""After a pause of the server one run is as good as all that were missed."""

_OF_FAST_DAYS = timedelta(seconds=15)
"""How often at least while business days pass in seconds."""


def wanted(settings: Settings, *, fast: bool = False) -> dict[Scheduled, timedelta]:
    """What is scheduled, and how often (real time). `fast`: business days pass in seconds."""
    polling = timedelta(seconds=settings.agency_poll_every)
    return {
        RECONCILING: timedelta(seconds=settings.reconcile_every),
        POLLING: min(polling, _OF_FAST_DAYS) if fast else polling,
        SETTLING: min(polling, _OF_FAST_DAYS) if fast else polling,
        COMPARING: timedelta(seconds=settings.agency_drift_every),
    }


async def keep(client: Client, every: timedelta, what: Scheduled = RECONCILING) -> None:
    """See to it that it is done as often as that.

    Done again it changes nothing; a schedule that a person has paused stays so.
    """
    schedule = _schedule(what, every, ScheduleState())
    try:
        await client.create_schedule(what.id, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(what.id).update(
            lambda there: _updated(there, what, every), rpc_timeout=timedelta(seconds=20)
        )


async def keep_all(client: Client, all_of_them: Mapping[Scheduled, timedelta]) -> None:
    """The same, of several."""
    for what, every in all_of_them.items():
        await keep(client, every, what)


def keep_at(address: str, namespace: str, all_of_them: Mapping[Scheduled, timedelta]) -> None:
    """The same, of the Temporal at an address."""

    async def connected() -> None:
        await keep_all(await Client.connect(address, namespace=namespace), all_of_them)

    asyncio.run(connected())


def _schedule(what: Scheduled, every: timedelta, state: ScheduleState) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            what.workflow, id=what.id, task_queue=TASK_QUEUE, static_summary=what.summary
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
        state=state,
    )


def _updated(there: ScheduleUpdateInput, what: Scheduled, every: timedelta) -> ScheduleUpdate:
    return ScheduleUpdate(_schedule(what, every, there.description.schedule.state))
