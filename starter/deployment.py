"""Making a build the current version of the worker deployment `karhu`."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio.api.workflowservice.v1 import (
    SetWorkerDeploymentCurrentVersionRequest,
    SetWorkerDeploymentCurrentVersionResponse,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from starter.settings import DEPLOYMENT

_AGAIN_SECONDS = 1.0

# What Temporal says as long as no worker of the build has reported; both mean "not yet".
_NOT_YET = frozenset({RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION})


class NotReportedError(Exception):
    """No worker of the build has reported to Temporal in time."""

    def __init__(self, build_id: str, seconds: float, said: str) -> None:
        super().__init__(
            f"no worker of build {build_id} has reported within {seconds:.0f} s ({said}):"
            " start one with `karhu worker`, then try again"
        )
        self.build_id = build_id


async def set_current(
    client: Client, build_id: str, timeout: float, deployment: str = DEPLOYMENT
) -> bool:
    """Give new and waiting workflows to the build; False if it was current already.

    Waits `timeout` seconds for a worker of the build to report. Raises `NotReportedError`.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while True:
        try:
            answer = await _ask(client, deployment, build_id)
        except RPCError as error:
            if error.status not in _NOT_YET:
                raise
            if loop.time() >= deadline:
                raise NotReportedError(build_id, timeout, error.message) from error
        else:
            return answer.previous_deployment_version.build_id != build_id
        await asyncio.sleep(_AGAIN_SECONDS)


async def _ask(
    client: Client, deployment: str, build_id: str
) -> SetWorkerDeploymentCurrentVersionResponse:
    return await client.workflow_service.set_worker_deployment_current_version(
        SetWorkerDeploymentCurrentVersionRequest(
            namespace=client.namespace,
            deployment_name=deployment,
            build_id=build_id,
            # A queue that the newest release no longer serves is no reason to stand still.
            ignore_missing_task_queues=True,
        ),
        timeout=timedelta(seconds=20),
    )
