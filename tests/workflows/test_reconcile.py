"""Every kind of damage is found as what it is, and healed or listed; a healthy house has none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client, ScheduleOverlapPolicy, WorkflowExecution, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment
from typer.testing import CliRunner, Result

import worker
import workflows.reconcile_contract as contract
from activities.survey import Patience
from domain import requests
from domain.misfits import Kind
from starter import schedules
from starter.cli import app
from starter.deployment import set_current
from starter.stack.ports import choose
from starter.stack.postgres import Postgres
from tests.damage import (
    DAMAGES,
    Inflict,
    a_gap_in_the_log,
    left_in_the_outbox,
    never_started,
)
from tests.house import settings
from tests.integrations import agency_support
from tests.servers import TEMPORAL, MailServer, agency_server, new_database
from tests.yard import Yard
from workflows import search_attributes
from workflows.reconcile_contract import Look, Reconciled

NAME = "yard"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def yard(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Yard]:
    """Nobody else's invoices, and nobody else's workflows."""
    folder = tmp_path_factory.mktemp(NAME)
    url = new_database(postgres, NAME)
    sandbox = agency_support.settings(folder, port=choose())
    async with AsyncExitStack() as stack:
        stack.enter_context(agency_server(sandbox))
        mail = stack.enter_context(MailServer(folder / "mail"))
        environment = await stack.enter_async_context(
            await WorkflowEnvironment.start_local(
                dev_server_existing_path=str(TEMPORAL),
                search_attributes=list(search_attributes.KEYS),
                data_converter=pydantic_data_converter,
            )
        )
        chosen = settings(url, folder, mail.port, f"http://127.0.0.1:{sandbox.port}")
        client: Client = environment.client
        database = await stack.enter_async_context(worker.at_work(client, chosen, sandboxed=True))
        await set_current(client, chosen.build_id, timeout=60)
        yield Yard(database, folder, chosen.clock(), client, chosen)


@pytest.mark.parametrize(
    ("kind", "inflict"), DAMAGES, ids=[inflict.__name__ for _, inflict in DAMAGES]
)
async def test_damage_is_found_and_healed_or_listed(
    yard: Yard, kind: Kind, inflict: Inflict
) -> None:
    damage = await inflict(yard)
    found = await yard.until_found((kind, damage.workflow_id))
    assert found.first[0].words
    healed = await yard.heal()
    assert healed.counts == {kind: 1}
    assert healed.healed == ({kind: 1} if kind.healed else {})
    if not kind.healed:
        await yard.until_found((kind, damage.workflow_id))
        await damage.mend()
    await yard.until_found()
    await yard.until(damage.well)
    assert (await yard.heal()).total == 0


async def test_a_healthy_house_raises_no_alarm_while_work_goes_on(yard: Yard) -> None:
    patience = Patience(quiet=timedelta(seconds=3), errand=timedelta(seconds=3))
    stop = asyncio.Event()

    async def work() -> None:
        while not stop.is_set():
            one = await yard.asleep(now=yard.now())
            two = await yard.asleep(now=yard.now(), due_in=-40)
            await yard.asked(one, requests.Hold(reason="broken"))
            yard.pay(one, 108_836)
            yard.pay(two, 50_000)
            await yard.drain()

    async with asyncio.timeout(60):
        working = asyncio.create_task(work())
        try:
            looks = []
            for _ in range(16):
                looks.append(await yard.compare(patience))
                await asyncio.sleep(0.3)
        finally:
            stop.set()
            await working
    assert [look.first for look in looks] == [()] * len(looks)
    assert looks[-1].invoices > looks[0].invoices
    await yard.until_found()


async def test_logs_are_read_a_part_at_a_time(yard: Yard) -> None:
    for _ in range(3):
        await yard.asleep()
    every = await yard.compare()
    assert every.read_through is None
    read, through = 0, 0
    while through is not None:
        part = await yard.compare(look=Look(read_after=through, read_most=7))
        read += part.invoices
        through = part.read_through  # type: ignore[assignment]
    assert read == every.invoices


async def test_the_schedule_compares_and_heals(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "PAUSE", timedelta(seconds=1))
    damage = await never_started(yard)
    await schedules.keep(yard.client, timedelta(days=300))
    await schedules.keep(yard.client, timedelta(seconds=1))
    handle = yard.client.get_schedule_handle(schedules.RECONCILING.id)
    try:
        async with asyncio.timeout(60):
            while not (runs := [run async for run in _ended(yard)]):
                await asyncio.sleep(0.3)
        first = min(runs, key=lambda run: run.start_time)
        ran: WorkflowHandle[Any, Any] = yard.client.get_workflow_handle(
            first.id, result_type=Reconciled
        )
        done = await ran.result()
        assert (done.found.counts, done.found.healed) == ({Kind.MISSING: 1}, {Kind.MISSING: 1})
        assert done.left is not None
        assert done.left.total == 0
        assert done.found.first[0].workflow_id == damage.workflow_id
        assert "| missing |" in await yard.current_details(ran)
        # One that a person has paused stays so.
        await handle.pause()
        await schedules.keep(yard.client, timedelta(seconds=2))
        described = (await handle.describe()).schedule
        assert described.state.paused
        assert described.spec.intervals[0].every == timedelta(seconds=2)
        assert described.policy.overlap is ScheduleOverlapPolicy.SKIP
    finally:
        await handle.delete()
    await yard.until_found()


def _ended(yard: Yard) -> AsyncIterator[WorkflowExecution]:
    return yard.client.list_workflows(
        "WorkflowType = 'Reconcile' AND ExecutionStatus = 'Completed'"
    )


async def test_by_hand_it_lists_or_heals(yard: Yard) -> None:
    async def karhu(*arguments: str) -> Result:
        return await asyncio.to_thread(
            CliRunner().invoke,
            app,
            ["reconcile", *arguments],
            env=yard.environment,
            catch_exceptions=False,
        )

    healthy = await karhu("--check")
    assert (healthy.exit_code, "nothing to do" in healthy.stdout) == (0, True)
    gap = await a_gap_in_the_log(yard)
    missing = await never_started(yard)
    waiting = await left_in_the_outbox(yard)
    checked = await karhu("--check")
    assert checked.exit_code == 1
    for damage in (missing, waiting, gap):
        assert damage.workflow_id in checked.stdout
    assert checked.stdout.count("invoice/") == 3
    healed = await karhu()
    assert healed.exit_code == 1
    assert "1 workflow started" in healed.stdout
    assert gap.workflow_id in healed.stdout
    assert missing.workflow_id not in healed.stdout
    await gap.mend()
    again = await karhu()
    assert (again.exit_code, "nothing to do" in again.stdout) == (0, True)
