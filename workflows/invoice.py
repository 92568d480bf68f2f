"""One sales invoice, from open to paid or to the agency's last word: the durable loop."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    # Each by its full name: "from workflows import ..." would load it anew for every workflow,
    # because the package itself is the sandbox's own.
    import workflows.contract as contract  # noqa: PLR0402
    import workflows.search_attributes as search_attributes  # noqa: PLR0402
    import workflows.typed as typed  # noqa: PLR0402
    import workflows.words as words  # noqa: PLR0402
    from domain import requests
    from domain.folding import fold
    from workflows.alarm import Alarm
    from workflows.contract import (
        Advanced,
        Answer,
        Ask,
        Carried,
        Errand,
        ErrandKind,
        Failure,
        Start,
        Unreadable,
    )


@workflow.defn(name="Invoice", versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class InvoiceWorkflow:
    """Waits for the next step's moment or for a change, takes the decisions that are due, and
    carries letters and messages out. What happens when, and why, is `domain.procedure`'s to say.
    """

    @workflow.init
    def __init__(self, start: Start) -> None:
        self.case = start.case
        self.next = start.next
        self.rule = start.rule
        self.nudged = start.look
        self.alarm = Alarm(self.nudge)
        self.sparing = start.sparing
        self.errands: dict[tuple[ErrandKind, int], asyncio.Task[None]] = {}
        self.failures: list[Failure] = []
        self.stirred = False
        self.deciding = asyncio.Lock()
        self.shown: dict[str, Any] = {}
        self.adopt(start.errands)

    @workflow.run
    async def run(self, start: Start) -> str:
        self.show(first=True)
        while not self.over:
            try:
                if await self.moment_or_change():
                    await self.advance()
            except asyncio.CancelledError:
                # Temporal's own "request cancellation" means what `cancel` means.
                await self.advance(requests.Cancel(actor="Temporal"), unanswered=True)
            if workflow.info().is_continue_as_new_suggested() and not self.errands:
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(
                    Start(
                        case=self.case,
                        next=self.next,
                        rule=self.rule,
                        look=self.nudged,
                        sparing=True,
                    )
                )
            if self.over:
                # News that comes meanwhile is looked at: the server lets nobody end over it.
                await workflow.wait_condition(workflow.all_handlers_finished)
        return self.case.state.value

    @property
    def over(self) -> bool:
        """Nothing is left to do, nor to look at."""
        return self.case.closed and not (self.errands or self.failures or self.nudged)

    # ── the loop's three verbs ───────────────────────────────────────────────────────────────

    async def moment_or_change(self) -> bool:
        """Wait; True when there is something to decide, False when only the wait has changed."""
        self.stirred = False
        if self.nudged or self.failures:
            return True
        if self.alarm.set(None if self.errands else self.next.wake_at, words.timer(self.next)):
            return True
        try:
            await workflow.wait_condition(lambda: self.nudged or self.stirred)
        finally:
            if not self.sparing:
                self.alarm.stop()
        return self.nudged

    async def advance(
        self,
        request: requests.Request | None = None,
        *,
        unanswered: bool = False,
        unreadable: Unreadable | None = None,
    ) -> Advanced:
        """Take every decision that is due, and start what is to be carried out."""
        async with self.deciding:
            self.nudged = False
            if request is not None and request.key is None:
                # So that what was done is known again if the answer is lost with a worker.
                request = request.model_copy(update={"key": str(workflow.uuid4())})
            failure = self.failures[0] if self.failures else None
            advanced: Advanced = await workflow.execute_local_activity(
                contract.ADVANCE,
                Ask(
                    invoice_id=self.case.invoice_id,
                    seen=self.case.seen,
                    now=workflow.now(),
                    planned=self.next,
                    request=request,
                    unanswered=unanswered,
                    unreadable=unreadable,
                    failure=failure,
                ),
                result_type=Advanced,
                start_to_close_timeout=contract.ADVANCE_TIMEOUT,
                retry_policy=contract.ADVANCE_RETRY,
                summary=words.deciding(self.next, request),
            )
            self.case = fold(self.case, advanced.recorded)
            self.next = advanced.next
            self.rule = advanced.rule
            if failure is not None:
                self.failures.remove(failure)
            self.adopt(advanced.errands)
            self.show()
            self.stirred = True
            return advanced

    async def carry(self, errand: Errand) -> None:
        """Carry one letter or message out, for as long as it takes; at last, tell somebody."""
        by_letter = errand.kind is ErrandKind.LETTER
        try:
            carried: Carried = await workflow.execute_activity(
                contract.DELIVER_LETTER if by_letter else contract.TELL_AGENCY,
                errand.id,
                result_type=Carried,
                task_queue=errand.queue,
                start_to_close_timeout=contract.ERRAND_TIMEOUT,
                schedule_to_close_timeout=contract.ERRAND_DEADLINE,
                retry_policy=contract.ERRAND_RETRY,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
                summary=errand.summary,
            )
        except ActivityError as error:
            if not is_cancelled_exception(error):
                self.failures.append(Failure(errand=errand, reason=words.cause(error)))
        else:
            self.learn(carried)
        finally:
            del self.errands[errand.kind, errand.id]
            self.stirred = True

    # ── what a person does, through Karhu: answered ──────────────────────────────────────────

    @workflow.update(description="Wait, until released or through a date")
    async def hold(self, said: Any = None) -> Answer:
        return await self.by_hand(typed.read(requests.Hold, said))

    @workflow.update(description="Release a hold, or everything that holds it")
    async def release(self, said: Any = None) -> Answer:
        return await self.by_hand(typed.read(requests.Release, said))

    @workflow.update(description="End the procedure")
    async def cancel(self, said: Any = None) -> Answer:
        return await self.by_hand(typed.read(requests.Cancel, said))

    @workflow.update(description="Move the invoice to another state; it re-plans from there")
    async def set_state(self, said: Any = None) -> Answer:
        return await self.by_hand(typed.read(requests.SetState, said))

    @workflow.update(description="Send the next letter now, if the law lets it")
    async def send_now(self, said: Any = None) -> Answer:
        return await self.by_hand(typed.read(requests.SendNow, said))

    @workflow.update(description="Hand over to the agency, or approve it")
    async def hand_over(self, said: Any = None) -> Answer:
        return await self.by_hand(typed.read(requests.HandOver, said))

    @workflow.update(description="Take back from the agency")
    async def withdraw(self, said: Any = None) -> Answer:
        return await self.by_hand(typed.read(requests.Withdraw, said))

    async def by_hand(self, request: requests.Request | Unreadable) -> Answer:
        if isinstance(request, Unreadable):
            raise ApplicationError(request.reason, type="Refused", non_retryable=True)
        advanced = await self.advance(request)
        if advanced.refusal is not None:
            raise ApplicationError(advanced.refusal, type="Refused", non_retryable=True)
        step = self.next.step
        return Answer(
            state=self.case.state.value,
            next_step=step.kind.value,
            next_step_at=step.when,
            why=step.why,
        )

    # ── the same four from the Temporal Web UI, as signals: a refusal is recorded and shown ──

    @workflow.signal(name="hold", description="Wait: {reason, actor, hold, until}, all optional")
    async def hold_signal(self, said: Any = None) -> None:
        await self.by_signal(typed.read(requests.Hold, said))

    @workflow.signal(name="release", description="Go on: {reason, actor, hold}, all optional")
    async def release_signal(self, said: Any = None) -> None:
        await self.by_signal(typed.read(requests.Release, said))

    @workflow.signal(name="cancel", description="End the procedure: {reason, actor}, optional")
    async def cancel_signal(self, said: Any = None) -> None:
        await self.by_signal(typed.read(requests.Cancel, said))

    @workflow.signal(name="set_state", description="Move by hand: {to, reason, actor}")
    async def set_state_signal(self, said: Any = None) -> None:
        await self.by_signal(typed.read(requests.SetState, said))

    async def by_signal(self, request: requests.Request | Unreadable) -> None:
        if isinstance(request, Unreadable):
            await self.advance(unreadable=request)
        else:
            await self.advance(request, unanswered=True)

    # ── what happened elsewhere: the row is already written, the workflow looks ──────────────

    @workflow.signal(description="A payment was booked")
    def payment(self, _: Any = None) -> None:
        self.nudge()

    @workflow.signal(description="A credit note was booked")
    def credit(self, _: Any = None) -> None:
        self.nudge()

    @workflow.signal(description="The customer's rule has changed")
    def rule_changed(self, _: Any = None) -> None:
        self.nudge()

    @workflow.signal(description="The agency has reported a status")
    def agency_status(self, _: Any = None) -> None:
        self.nudge()

    @workflow.signal(description="A reference rate was added")
    def rate_added(self, _: Any = None) -> None:
        self.nudge()

    @workflow.signal(description="A fresh file of the bank's was read")
    def feed_read(self, _: Any = None) -> None:
        self.nudge()

    @workflow.signal(description="The company's contract with the agency has changed")
    def agency_contract(self, _: Any = None) -> None:
        self.nudge()

    # ── small parts ──────────────────────────────────────────────────────────────────────────

    def nudge(self) -> None:
        """Have it look, be it that the moment has come or that there is news."""
        self.nudged = True

    def adopt(self, errands: tuple[Errand, ...]) -> None:
        """Start the errands that are new, and call back those that are wanted no longer."""
        wanted = {(errand.kind, errand.id): errand for errand in errands}
        for key, task in self.errands.items():
            if key not in wanted:
                task.cancel()
        for key, errand in wanted.items():
            if key not in self.errands:
                self.errands[key] = asyncio.create_task(self.carry(errand))

    def learn(self, carried: Carried) -> None:
        """Take over what an errand recorded; look again if it did not go as planned."""
        self.case = fold(self.case, carried.recorded)
        missed = carried.recorded and self.case.seen < carried.recorded[-1].seq
        self.nudged = self.nudged or carried.replan or bool(missed)
        self.show()

    def show(self, *, first: bool = False) -> None:
        """Tell the story where operators read it."""
        workflow.set_current_details(words.details(self.case, self.next, self.rule))
        rule = search_attributes.unversioned(self.rule) if self.sparing else self.rule
        attributes = search_attributes.of(self.case, self.next, rule)
        pairs = {pair.key.name: pair for pair in attributes}
        changed = [p for name, p in pairs.items() if self.shown.get(name) != p.value]
        gone = [
            key for key in search_attributes.KEYS if key.name in self.shown.keys() - pairs.keys()
        ]
        self.shown = {name: pair.value for name, pair in pairs.items()}
        if not first and (changed or gone):
            workflow.upsert_search_attributes(
                [*(p.key.value_set(p.value) for p in changed), *(key.value_unset() for key in gone)]
            )
