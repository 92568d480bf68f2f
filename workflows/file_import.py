"""A file that was handed in, from its bytes to the last record booked: the durable loop."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    # Each by its full name; see workflows/invoice.py.
    import workflows.contract as contract  # noqa: PLR0402
    import workflows.words as words  # noqa: PLR0402
    from workflows.contract import EndImport, ImportProgress, StartImport


@workflow.defn(name="Import", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class ImportWorkflow:
    """Stages the file's records, books them stretch by stretch, and ends the import.

    How far it has got stands in the rows, so what died with its worker is simply done again.
    """

    @workflow.init
    def __init__(self, start: StartImport) -> None:
        self.import_id = start.import_id
        self.kind = start.kind

    @workflow.run
    async def run(self, start: StartImport) -> ImportProgress:
        problem = ""
        done = None
        try:
            done = await self.read_and_book(start)
        except ActivityError as error:
            problem = words.cause(error)
        if done is None or not done.ended:
            done = await self.through(
                contract.END_IMPORT,
                EndImport(import_id=self.import_id, problem=problem),
                timeout=contract.STRETCH_TIMEOUT,
                summary=words.ending(problem),
            )
        workflow.set_current_details(words.import_ended(self.kind, done, problem))
        await workflow.wait_condition(workflow.all_handlers_finished)
        return done

    async def read_and_book(self, start: StartImport) -> ImportProgress:
        workflow.set_current_details(words.import_reading(self.kind))
        done = await self.through(
            contract.STAGE_FILE,
            self.import_id,
            timeout=contract.STAGE_TIMEOUT,
            deadline=contract.IMPORT_DEADLINE,
            heartbeat=contract.IMPORT_HEARTBEAT,
            summary=words.staging(self.kind),
        )
        began, at_first = workflow.now(), done.left
        while not done.over:
            rate = _rate(began, at_first - done.left)
            workflow.set_current_details(words.import_booking(self.kind, done, rate))
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(start)
            done = await self.through(
                contract.BOOK_STRETCH,
                self.import_id,
                timeout=contract.STRETCH_TIMEOUT,
                deadline=contract.IMPORT_DEADLINE,
                heartbeat=contract.IMPORT_HEARTBEAT,
                summary=words.booking(done),
            )
        return done

    async def through(
        self,
        activity: str,
        about: EndImport | int,
        *,
        timeout: timedelta,
        summary: str,
        deadline: timedelta | None = None,
        heartbeat: timedelta | None = None,
    ) -> ImportProgress:
        """One activity to its end, also when Temporal is asked to cancel meanwhile."""
        task = asyncio.create_task(
            workflow.execute_activity(
                activity,
                about,
                result_type=ImportProgress,
                start_to_close_timeout=timeout,
                schedule_to_close_timeout=deadline,
                heartbeat_timeout=heartbeat,
                retry_policy=contract.IMPORT_RETRY,
                summary=summary,
            )
        )
        while True:
            try:
                return await asyncio.shield(task)
            except asyncio.CancelledError:
                if task.done():
                    raise
                await self.stop()

    @workflow.signal(description="Stop between two chunks; what is booked stays booked")
    async def cancel(self) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Note that the import is to stop: whoever books looks between two chunks."""
        await workflow.execute_local_activity(
            contract.CANCEL_IMPORT,
            self.import_id,
            start_to_close_timeout=contract.ADVANCE_TIMEOUT,
            retry_policy=contract.ADVANCE_RETRY,
            summary=words.STOPPING,
        )


def _rate(began: datetime, booked: int) -> float:
    """Records a second since booking began; 0 if it has only just begun."""
    seconds = (workflow.now() - began).total_seconds()
    return booked / seconds if seconds > 0 else 0.0
