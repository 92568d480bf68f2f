"""Our books set beside the agencies', every day."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    # Each by its full name; see workflows/invoice.py.
    import workflows.settlements_contract as contract
    from workflows.settlements_contract import DriftFound


@workflow.defn(name=contract.DRIFT, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class DriftWorkflow:
    """Compares every case's balance with the agency's, and keeps what differs.

    It fails, for operators to see, if an agency's books could not be read.
    """

    @workflow.run
    async def run(self) -> DriftFound:
        found: DriftFound = await workflow.execute_activity(
            contract.COMPARE_BALANCES,
            result_type=DriftFound,
            start_to_close_timeout=contract.READ_TIMEOUT,
            heartbeat_timeout=contract.HEARTBEAT_TIMEOUT,
            retry_policy=contract.READ_RETRY,
            summary="compare our books with the agencies'",
        )
        workflow.set_current_details(details(found))
        if found.problems:
            raise ApplicationError("; ".join(found.problems), non_retryable=True)
        return found


def details(found: DriftFound) -> str:
    """Current details, in Markdown: with each agency, how many cases differ."""
    lines = ["| agency | companies | cases | differ | problem |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.agency} | {one.companies} | {one.cases} | {one.differing} | {one.problem} |"
        for one in found.agencies
    ]
    if any(one.differing for one in found.agencies):
        lines += ["", "Which ones, and why: `karhu agency drift`."]
    return "\n".join(lines)
