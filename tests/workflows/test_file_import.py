"""The import's workflow on the real server, watched by the SDK's sandbox."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import SecretStr
from temporalio.client import WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from starter.demo.files import write_csv
from starter.imports import Handing, Imports, sealer_of
from store.tables import FileImport
from tests.activities.test_imports import records
from tests.house import House
from tests.starter.office import new_business_id
from workflows.contract import ImportProgress, import_workflow_id
from workflows.file_import import ImportWorkflow

Handle = WorkflowHandle[ImportWorkflow, ImportProgress]


def imports_of(house: House) -> Imports:
    return Imports(house.database, house.client, house.clock, sealer_of(house.settings))


async def hand_in(house: House, file: Path) -> tuple[int, Handle]:
    imports = imports_of(house)
    with file.open("rb") as stream:
        import_id = await imports.hand_in(stream, Handing(file.name, "test"))
    handle = house.client.get_workflow_handle_for(ImportWorkflow.run, import_workflow_id(import_id))
    return import_id, handle


async def ended(house: House, import_id: int) -> FileImport:
    return await asyncio.wait_for(imports_of(house).ended(import_id), 60)


async def test_it_reads_books_and_ends_in_a_few_events(house: House, tmp_path: Path) -> None:
    file = tmp_path / "invoices.csv"
    write_csv(file, records(20, new_business_id(), first=70_001))
    import_id, handle = await hand_in(house, file)
    progress = await asyncio.wait_for(handle.result(), 60)
    assert (progress.read, progress.booked, progress.left) == (20, 20, 0)
    assert (await ended(house, import_id)).status == "done"
    history = await handle.fetch_history()
    # One activity to read it, one to book it and end it.
    assert len(history.events) <= 18
    replayer = Replayer(
        workflows=[ImportWorkflow],
        workflow_runner=SandboxedWorkflowRunner(),
        data_converter=pydantic_data_converter,
    )
    await replayer.replay_workflow(history)


async def test_it_can_be_cancelled_from_the_web_ui_at_any_time(
    house: House, tmp_path: Path
) -> None:
    file = tmp_path / "invoices.csv"
    write_csv(file, records(900, new_business_id(), first=80_001))
    for ask in ("signal", "request"):
        import_id, handle = await hand_in(house, file)
        if ask == "signal":
            await handle.signal(ImportWorkflow.cancel)
        else:
            await handle.cancel()
        progress = await asyncio.wait_for(handle.result(), 60)
        row = await ended(house, import_id)
        assert progress.cancelled is (row.status == "cancelled")
        assert row.status in {"cancelled", "done"}
        assert progress.booked + progress.known + progress.left == progress.read


async def test_a_file_that_cannot_be_opened_has_failed(house: House, tmp_path: Path) -> None:
    file = tmp_path / "invoices.csv"
    write_csv(file, records(2, new_business_id(), first=90_001))
    other = house.settings.model_copy(update={"file_key": SecretStr("x" * 20)})
    imports = Imports(house.database, house.client, house.clock, sealer_of(other))
    with file.open("rb") as stream:
        import_id = await imports.hand_in(stream, Handing(file.name, "test"))
    row = await ended(house, import_id)
    assert (row.status, row.read) == ("failed", 0)
    assert "KARHU_FILE_KEY" in row.problem
