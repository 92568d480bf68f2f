"""Asking an invoice's workflow for something, and hearing what came of it."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any

from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.requests import Refused, Request
from workflows.contract import Answer, workflow_id

PATIENCE = timedelta(seconds=30)
"""How long to wait for the answer (real time)."""

_PAUSES = (0.1, 0.3, 1.0, 3.0)
"""Seconds before Temporal is asked again, if the workflow was not ready to be."""


class FinishedError(Exception):
    """The invoice's workflow is over: there is nobody to ask."""

    def __init__(self, number: str) -> None:
        super().__init__(f"invoice {number}: its procedure is over")
        self.number = number


class NoAnswerError(Exception):
    """Nobody has answered in time; the request may be granted yet."""

    def __init__(self, number: str, key: str | None) -> None:
        super().__init__(
            f"invoice {number}: no answer within {PATIENCE.total_seconds():.0f} s. Is a worker"
            " running, and of the current build? The request may yet be granted; asking again with"
            f" --key {key} does nothing twice"
        )
        self.number = number
        self.key = key


async def ask(
    client: Client, company: str, number: str, request: Request, *, attempt: str | None = None
) -> Answer:
    """Ask the workflow of invoice `number` of the creditor with the business id `company`.

    The request's key makes asking again harmless. Temporal answers the same `attempt` (not given,
    the key) as it did before; a new one of the same request is looked at anew, should the first
    have been refused. Raises `domain.requests.Refused` with the reason, `FinishedError`,
    `NoAnswerError`.
    """
    handle = client.get_workflow_handle(workflow_id(company, number))
    update_id = attempt or request.key or str(uuid.uuid4())
    for pause in _PAUSES:
        try:
            return await _ask(handle, number, request, update_id)
        except RPCError as error:
            # Something else came in just as its workflow was about to answer, or to end.
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
        await asyncio.sleep(pause)
    return await _ask(handle, number, request, update_id)


async def _ask(
    handle: WorkflowHandle[Any, Any], number: str, request: Request, update_id: str
) -> Answer:
    try:
        answer: Answer = await handle.execute_update(
            request.kind,
            request,
            id=update_id,
            result_type=Answer,
            rpc_timeout=PATIENCE,
        )
    except WorkflowUpdateFailedError as failed:
        cause = failed.cause
        if isinstance(cause, ApplicationError) and cause.type == "Refused":
            raise Refused(cause.message) from None
        if isinstance(cause, ApplicationError) and cause.type == "AcceptedUpdateCompletedWorkflow":
            raise FinishedError(number) from None
        raise
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        raise NoAnswerError(number, request.key) from None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise FinishedError(number) from None
        raise
    return answer
