"""The agencies' settlements, read on a schedule."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    # Each by its full name; see workflows/invoice.py.
    import workflows.settlements_contract as contract
    from workflows.settlements_contract import SettlementsRead


@workflow.defn(name=contract.READING, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class SettlementsWorkflow:
    """Reads every agency's settlements from where they were read before, and says what came of it.

    It fails, for operators to see, if an agency's list could not be read to its end; whatever was
    read is kept, and the next run goes on behind it.
    """

    @workflow.run
    async def run(self) -> SettlementsRead:
        read: SettlementsRead = await workflow.execute_activity(
            contract.READ_SETTLEMENTS,
            result_type=SettlementsRead,
            start_to_close_timeout=contract.READ_TIMEOUT,
            heartbeat_timeout=contract.HEARTBEAT_TIMEOUT,
            retry_policy=contract.READ_RETRY,
            summary="read the agencies' settlements",
        )
        workflow.set_current_details(details(read))
        if read.problems:
            raise ApplicationError("; ".join(read.problems), non_retryable=True)
        return read


def details(read: SettlementsRead) -> str:
    """Current details, in Markdown: of each agency, what there was to read."""
    lines = [
        "| agency | read | new | settled | for a person | problem |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.agency} | {one.read} | {one.new} | {one.settled} | {one.waiting} | {one.problem} |"
        for one in read.agencies
    ]
    if any(one.waiting for one in read.agencies):
        lines += ["", "Those that wait: `karhu agency settlements --unsettled`."]
    return "\n".join(lines)
