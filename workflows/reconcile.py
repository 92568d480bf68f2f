"""Comparing rows with workflows on a schedule, and healing what is safe to heal."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import VersioningBehavior

with workflow.unsafe.imports_passed_through():
    import workflows.reconcile_contract as contract
    from domain.misfits import Kind
    from workflows.reconcile_contract import Look, Reconciled, Report


@workflow.defn(name=contract.RECONCILE, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class ReconcileWorkflow:
    """Looks; if something is wrong, looks again a little later, heals, and says what is left.

    Each run reads the next part of all logs and ledgers: where the last one ended is its result.
    """

    @workflow.run
    async def run(self) -> Reconciled:
        look = Look(read_after=self.read_before(), read_most=contract.READ_MOST)
        found = await self.ask(contract.COMPARE, look, "compare rows and workflows")
        self.show(found)
        if found.total == 0:
            return Reconciled(found=found)
        await workflow.sleep(contract.PAUSE, summary="whether it passes by itself")
        healed = await self.ask(contract.HEAL, look, "heal what is safe")
        found = found.model_copy(update={"healed": healed.healed})
        await workflow.sleep(contract.PAUSE, summary="whether it helps")
        left = await self.ask(contract.COMPARE, look, "look at what is left")
        self.show(found, left)
        return Reconciled(found=found, left=left)

    def read_before(self) -> int:
        """The last invoice whose log the run before this one has read; 0 to begin anew."""
        if not workflow.has_last_completion_result():
            return 0
        last = workflow.get_last_completion_result(Reconciled)
        return (last.found.read_through if last else None) or 0

    async def ask(self, activity: str, look: Look, summary: str) -> Report:
        report: Report = await workflow.execute_activity(
            activity,
            look,
            result_type=Report,
            start_to_close_timeout=contract.LOOK_TIMEOUT,
            heartbeat_timeout=contract.HEARTBEAT_TIMEOUT,
            retry_policy=contract.LOOK_RETRY,
            summary=summary,
        )
        return report

    def show(self, found: Report, left: Report | None = None) -> None:
        workflow.set_current_details(details(found, left))


def details(found: Report, left: Report | None) -> str:
    """Current details, in Markdown: what was found, what was done, what is left."""
    if found.total == 0:
        return "Every row has its workflow, and every workflow its row."
    lines = ["| found | what | count | healing | left |", "|---|---|---|---|---|"]
    kinds = [kind for kind in Kind if kind in found.counts or (left and kind in left.counts)]
    for kind in kinds:
        after = "…" if left is None else str(left.counts.get(kind, 0))
        tried = str(found.healed.get(kind, 0)) if kind.healed else "a person's"
        lines.append(
            f"| {kind.value} | {kind.meaning} | {found.counts.get(kind, 0)} | {tried} | {after} |"
        )
    shown = found.first if left is None else left.first
    lines += ["", *(f"- {item.kind.value}: `{item.workflow_id}`: {item.words}" for item in shown)]
    return "\n".join(lines)
