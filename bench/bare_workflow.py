"""The measure: a workflow with the invoice's timers and activity, and nothing else."""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow
from temporalio.common import VersioningBehavior

TASK_QUEUE = "bare"
ERRANDS = "bare-errands"
ERRAND = "do_nothing"

NEXT_TIMER = timedelta(days=14)
SHORTEST = 0.001  # seconds


@workflow.defn(name="Bare", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class BareWorkflow:
    """A timer, one activity on a queue of its own, the next timer.

    `wake_at`: when the timer fires, as a Unix time. No model for one number: the sandbox would make
    its class anew for each workflow, and bare is to be bare.
    """

    @workflow.init
    def __init__(self, wake_at: float) -> None:
        self.wake_at = wake_at
        self.nudged = False

    @workflow.run
    async def run(self, _wake_at: float) -> None:
        while not await self.fired():
            pass
        await workflow.execute_activity(
            ERRAND,
            task_queue=ERRANDS,
            start_to_close_timeout=timedelta(seconds=40),
            summary="nothing",
        )
        self.wake_at = workflow.time() + NEXT_TIMER.total_seconds()
        while not await self.fired():
            pass

    async def fired(self) -> bool:
        """Sleep; False if a signal came first."""
        self.nudged = False
        try:
            await workflow.wait_condition(
                lambda: self.nudged,
                timeout=max(self.wake_at - workflow.time(), SHORTEST),
                timeout_summary="sleeps",
            )
        except TimeoutError:
            return True
        return False

    @workflow.signal
    def nudge(self) -> None:
        self.nudged = True
