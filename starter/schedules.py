"""What Temporal starts by itself, again and again: comparing rows with workflows."""

from __future__ import annotations

import asyncio
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

from workflows.contract import TASK_QUEUE
from workflows.reconcile_contract import RECONCILE

RECONCILE_ID = RECONCILE.lower()
"""The schedule, and the beginning of its workflows' ids."""

_CATCH_UP = timedelta(minutes=1)
"""After a pause of the server one comparison is as good as all that were missed."""


async def keep(client: Client, every: timedelta) -> None:
    """See to it that rows and workflows are compared as often as that.

    Done again it changes nothing; a schedule that a person has paused stays so.
    """
    schedule = _schedule(every, ScheduleState())
    try:
        await client.create_schedule(RECONCILE_ID, schedule)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(RECONCILE_ID).update(
            lambda there: _updated(there, every), rpc_timeout=timedelta(seconds=20)
        )


def keep_at(address: str, namespace: str, every: timedelta) -> None:
    """The same, of the Temporal at an address."""

    async def connected() -> None:
        await keep(await Client.connect(address, namespace=namespace), every)

    asyncio.run(connected())


def _schedule(every: timedelta, state: ScheduleState) -> Schedule:
    return Schedule(
        action=ScheduleActionStartWorkflow(
            RECONCILE,
            id=RECONCILE_ID,
            task_queue=TASK_QUEUE,
            static_summary="Rows and workflows compared",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=every)]),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=_CATCH_UP),
        state=state,
    )


def _updated(there: ScheduleUpdateInput, every: timedelta) -> ScheduleUpdate:
    return ScheduleUpdate(_schedule(every, there.description.schedule.state))
