"""Is this container well? Asked by the container engine; the exit code is the answer.

python -m starter.healthcheck api
python -m starter.healthcheck worker
"""

import argparse
import asyncio
import socket
import sys

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError

from starter.settings import load
from starter.stack.health import TIMEOUT, http_answers
from workflows.contract import TASK_QUEUE


async def polls(client: Client, task_queue: str, host: str) -> bool:
    """Whether a worker on `host` has asked Temporal for work from the queue lately.

    A worker is known by its identity, which ends in its host's name unless set otherwise.
    """
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        ),
        timeout=TIMEOUT,
    )
    return any(poller.identity.endswith(f"@{host}") for poller in described.pollers)


def worker_answers() -> bool:
    """Whether this host's worker is at work; false too when Temporal does not answer."""

    async def ask() -> bool:
        client = await Client.connect(**ClientConfig.load_client_connect_config())
        return await polls(client, TASK_QUEUE, socket.gethostname())

    try:
        return asyncio.run(ask())
    except (RPCError, RuntimeError):
        return False


def api_answers() -> bool:
    """Whether the API serves."""
    return http_answers(f"http://127.0.0.1:{load().api_port}/health")


def main() -> int:
    """0 if well, 1 if not."""
    parser = argparse.ArgumentParser(description="Is this container well?")
    parser.add_argument("part", choices=("api", "worker"))
    given = parser.parse_args()
    well = api_answers() if given.part == "api" else worker_answers()
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
