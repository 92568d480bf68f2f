"""A worker process for the bare workflow: `python -m bench.bare_worker METRICS_PORT`."""

from __future__ import annotations

import asyncio
import signal
import sys

from temporalio import activity
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig

import worker
from bench.bare_workflow import ERRAND, ERRANDS, TASK_QUEUE, BareWorkflow
from bench.telemetry import show_metrics
from starter.client import connect

DEPLOYMENT = "bare"
BUILD_ID = "1"


@activity.defn(name=ERRAND)
async def do_nothing() -> None:
    """The empty activity."""


async def serve() -> None:
    """Work until SIGTERM, with the limits that Karhu's own worker has."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client = await connect()
    deployment = WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(DEPLOYMENT, BUILD_ID),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.UNSPECIFIED,
    )
    async with (
        Worker(
            client,
            task_queue=TASK_QUEUE,
            workflows=[BareWorkflow],
            # As Karhu's own worker runs its workflows.
            workflow_runner=UnsandboxedWorkflowRunner(),
            max_cached_workflows=worker.MAX_CACHED,
            workflow_task_poller_behavior=worker.POLLERS,
            deployment_config=deployment,
        ),
        Worker(
            client,
            task_queue=ERRANDS,
            activities=[do_nothing],
            max_concurrent_activities=worker.THREADS,
            deployment_config=deployment,
        ),
    ):
        await stop.wait()


if __name__ == "__main__":
    show_metrics(int(sys.argv[1]))
    asyncio.run(serve())
