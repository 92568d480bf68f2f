"""Running invoices moved to another rule or version, stretch by stretch: the durable loop."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, VersioningBehavior

with workflow.unsafe.imports_passed_through():
    # Each by its full name; see workflows/invoice.py.
    import workflows.replan_contract as contract
    from workflows.replan_contract import Replanned, StartReplanning

_STRETCH = timedelta(minutes=5)
_HEARTBEAT = timedelta(seconds=30)
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))


@workflow.defn(name="Replan", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class ReplanWorkflow:
    """Moves and tells invoices until all that the change is about have been.

    How far it has got stands in its row. An invoice is moved and marked as to be told in one
    transaction, so none is ever half told, wherever the work is cut off or cancelled.
    """

    @workflow.run
    async def run(self, start: StartReplanning) -> Replanned:
        while True:
            done: Replanned = await workflow.execute_activity(
                contract.REPLAN_STRETCH,
                start.replanning_id,
                result_type=Replanned,
                start_to_close_timeout=_STRETCH,
                heartbeat_timeout=_HEARTBEAT,
                retry_policy=_RETRY,
                summary=start.what,
            )
            share = f"{done.told} of {done.total} invoices told"
            workflow.set_current_details(f"**{start.what}**: {share}{_ending(done)}")
            if done.over:
                return done
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(start)


def _ending(done: Replanned) -> str:
    if not done.over:
        return ""
    return "; cancelled, the others keep their rule" if done.cancelled else "; done"
