"""What the agencies report, read on a schedule: callbacks come sooner, and this misses none."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import VersioningBehavior
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    # Each by its full name; see workflows/invoice.py.
    import workflows.agency_poll_contract as contract
    from workflows.agency_poll_contract import Polled


@workflow.defn(name=contract.AGENCY_POLL, versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class AgencyPollWorkflow:
    """Reads every agency's list from where it was read before, and says what came of it.

    It fails, for operators to see, if an agency's list could not be read to its end; whatever was
    read is kept, and the next run goes on behind it.
    """

    @workflow.run
    async def run(self) -> Polled:
        polled: Polled = await workflow.execute_activity(
            contract.READ_STATUSES,
            result_type=Polled,
            start_to_close_timeout=contract.READ_TIMEOUT,
            heartbeat_timeout=contract.HEARTBEAT_TIMEOUT,
            retry_policy=contract.READ_RETRY,
            summary="read what the agencies report",
        )
        workflow.set_current_details(details(polled))
        if polled.problems:
            raise ApplicationError("; ".join(polled.problems), non_retryable=True)
        return polled


def details(polled: Polled) -> str:
    """Current details, in Markdown: of each agency, what there was to read."""
    lines = ["| agency | read | new | unheard of | problem |", "|---|---|---|---|---|"]
    lines += [
        f"| {poll.agency} | {poll.read} | {poll.new} | {poll.unheard_of} | {poll.problem} |"
        for poll in polled.agencies
    ]
    if any(poll.unheard_of for poll in polled.agencies):
        lines += ["", "About cases that are not ours: `karhu agency unheard-of` lists them."]
    return "\n".join(lines)
