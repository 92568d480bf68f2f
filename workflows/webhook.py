"""One endpoint of webhooks: sleeps until it is told of events, and sees them delivered in order."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    # Each by its full name, as in `workflows.invoice`.
    import workflows.search_attributes as search_attributes  # noqa: PLR0402
    import workflows.webhook_contract as contract
    import workflows.words as words  # noqa: PLR0402
    from workflows.webhook_contract import Delivered, Pause, StartWebhook


@workflow.defn(name=contract.WEBHOOK, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class WebhookWorkflow:
    """Lives as long as its endpoint. At rest it costs nothing: it waits for a signal, without a
    timer. What is delivered, and how far, is the endpoint's row's to say.
    """

    @workflow.init
    def __init__(self, start: StartWebhook) -> None:
        self.endpoint_id = start.endpoint_id
        self.company = start.company
        self.told = start.look
        self.changed = False
        self.attention: bool | None = None

    @workflow.run
    async def run(self, start: StartWebhook) -> str:
        while True:
            await workflow.wait_condition(lambda: self.told)
            self.told = self.changed = False
            done = await self.deliver()
            if done.gone:
                return "deleted"
            self.told = self.told or done.more
            if workflow.info().is_continue_as_new_suggested():
                again = StartWebhook(
                    endpoint_id=self.endpoint_id, company=self.company, look=self.told
                )
                workflow.continue_as_new(again)

    async def deliver(self) -> Delivered:
        """Deliver what there is, for as long as it takes. When the endpoint changes meanwhile, a
        pause between two attempts ends at once."""
        attempts = asyncio.create_task(self.attempt())
        await workflow.wait_condition(lambda: attempts.done() or self.changed)
        if not attempts.done():
            attempts.cancel()
        done = await attempts
        if done.paused:
            self.show("Paused: nothing leaves until somebody resumes it", attention=True)
        elif not done.more:
            self.show("Everything is delivered", attention=False)
        return done

    async def attempt(self) -> Delivered:
        try:
            done: Delivered = await workflow.execute_activity(
                contract.DELIVER_EVENTS,
                self.endpoint_id,
                result_type=Delivered,
                task_queue=contract.WEBHOOK_QUEUE,
                start_to_close_timeout=contract.DELIVER_TIMEOUT,
                schedule_to_close_timeout=contract.DELIVER_DEADLINE,
                retry_policy=contract.DELIVER_RETRY,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
                summary="deliver events",
            )
        except ActivityError as error:
            if is_cancelled_exception(error):
                return Delivered(more=True)
            return await self.pause(words.cause(error))
        return done

    async def pause(self, reason: str) -> Delivered:
        await workflow.execute_activity(
            contract.PAUSE_WEBHOOK,
            Pause(endpoint_id=self.endpoint_id, reason=reason),
            task_queue=contract.WEBHOOK_QUEUE,
            start_to_close_timeout=contract.DELIVER_TIMEOUT,
            retry_policy=contract.PAUSE_RETRY,
            summary=f"pause: {reason}"[:200],
        )
        return Delivered(paused=True)

    @workflow.signal(name=contract.LOOK, description="There are events to deliver")
    def look(self, _: Any = None) -> None:
        self.told = True

    @workflow.signal(name=contract.CHANGED, description="The endpoint has changed")
    def change(self, _: Any = None) -> None:
        self.told = self.changed = True

    def show(self, how: str, *, attention: bool) -> None:
        """Tell operators how the endpoint is."""
        workflow.set_current_details(f"**{how}.**")
        if attention is not self.attention and (attention or self.attention is not None):
            workflow.upsert_search_attributes([search_attributes.ATTENTION.value_set(attention)])
        self.attention = attention
