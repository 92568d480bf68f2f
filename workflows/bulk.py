"""One request to many invoices, stretch by stretch: the durable loop."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, VersioningBehavior

with workflow.unsafe.imports_passed_through():
    # Each by its full name; see workflows/invoice.py.
    import workflows.bulk_contract as contract
    from workflows.bulk_contract import BulkProgress, StartBulk

_STRETCH = timedelta(minutes=10)
_HEARTBEAT = timedelta(minutes=2)
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))

_SILENCE = timedelta(seconds=30)
"""Before procedures that did not answer are asked again."""


@workflow.defn(name="Bulk", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class BulkWorkflow:
    """Asks until all invoices that were chosen have answered.

    What came of it stands in the rows, a batch at a time; an invoice that is asked again because
    that was lost knows the request by its key, and does nothing twice.
    """

    @workflow.run
    async def run(self, start: StartBulk) -> BulkProgress:
        while True:
            done: BulkProgress = await workflow.execute_activity(
                contract.BULK_STRETCH,
                start.action_id,
                result_type=BulkProgress,
                start_to_close_timeout=_STRETCH,
                heartbeat_timeout=_HEARTBEAT,
                retry_policy=_RETRY,
                summary=start.what,
            )
            workflow.set_current_details(f"**{start.what}**: {_words(done)}")
            if done.over:
                return done
            if done.silent:
                await workflow.sleep(_SILENCE, summary="nobody answers: asked again then")
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(start)


def _words(done: BulkProgress) -> str:
    how_far = f"{done.done} done and {done.refused} refused of {done.total} invoices"
    if not done.over:
        return how_far
    return f"{how_far}; cancelled, nothing is asked of the others" if done.cancelled else how_far
