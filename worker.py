"""One worker process: takes workflows and activities from the task queues it is given.

Joins the worker deployment `karhu` with the release as its build id. A new build gets work once it
is made current (`karhu deployment set-current`, which `karhu up` does by itself).
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from temporalio.api.workflowservice.v1 import SetWorkerDeploymentCurrentVersionRequest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker, WorkerDeploymentConfig

from activities.advance import Advance
from activities.deliver import DeliverLetter
from activities.desk import House
from activities.tell_agency import TellAgency
from integrations.agency import IntrumClient
from integrations.mail import Mailer
from integrations.outbox import Outbox
from starter.settings import DEPLOYMENT, Settings, load
from store.database import Database
from workflows.contract import RATES, TASK_QUEUE, Queue
from workflows.invoice import InvoiceWorkflow

log = logging.getLogger("karhu.worker")

QUEUES = (TASK_QUEUE, *(queue.value for queue in Queue))

THREADS = 12
"""Decisions and sends at once, and so database connections kept."""

GRACE = timedelta(seconds=45)
"""What is under way at shutdown may end; longer than one attempt of an errand."""

MAX_CACHED = 2_000
"""Workflows kept in memory; the others are replayed when they wake."""


async def connect() -> Client:
    """Temporal as the environment says (TEMPORAL_ADDRESS and its family)."""
    config = ClientConfig.load_client_connect_config()
    return await Client.connect(**config, data_converter=pydantic_data_converter)


def build(
    client: Client, settings: Settings, queues: Sequence[str]
) -> tuple[list[Worker], Database]:
    """The workers for the queues, sharing one pool of threads and one of connections."""
    if settings.database_url is None:
        raise SystemExit("KARHU_DATABASE_URL is not set: start the stack with karhu up, or set it")
    house = House(settings.clock())
    database = Database(settings.database_url.get_secret_value(), size=THREADS)
    threads = ThreadPoolExecutor(THREADS, thread_name_prefix="karhu")
    deployment = WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(DEPLOYMENT, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.UNSPECIFIED,
    )
    secret = settings.intrum_secret
    key = settings.intrum_api_key
    agency = IntrumClient(
        settings.intrum_url,
        key.get_secret_value() if key else "",
        secret.get_secret_value() if secret else "",
        timeout=20.0,
    )
    password = settings.smtp_password
    deliver = DeliverLetter(
        database=database,
        house=house,
        mailer=Mailer(
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_user,
            password.get_secret_value() if password else None,
            settings.smtp_starttls,
        ),
        outbox=Outbox(settings.outbox),
        sender=settings.mail_from,
    )
    carried = {
        Queue.EMAIL.value: deliver.__call__,
        Queue.PAPER.value: deliver.__call__,
        Queue.AGENCY.value: TellAgency(database, house, agency).__call__,
    }
    workers = []
    if TASK_QUEUE in queues:
        workers.append(
            Worker(
                client,
                task_queue=TASK_QUEUE,
                workflows=[InvoiceWorkflow],
                activities=[Advance(database, house).__call__],
                activity_executor=threads,
                max_concurrent_local_activities=THREADS,
                max_cached_workflows=MAX_CACHED,
                deployment_config=deployment,
                graceful_shutdown_timeout=GRACE,
            )
        )
    workers += [
        Worker(
            client,
            task_queue=queue,
            activities=[carried[queue]],
            activity_executor=threads,
            max_concurrent_activities=THREADS,
            max_task_queue_activities_per_second=RATES[Queue(queue)],
            deployment_config=deployment,
            graceful_shutdown_timeout=GRACE,
        )
        for queue in queues
        if queue in carried
    ]
    return workers, database


@asynccontextmanager
async def at_work(
    client: Client, settings: Settings, queues: Sequence[str] = QUEUES
) -> AsyncIterator[Database]:
    """Workers on the queues, and the database they use; both are let go of at the end."""
    workers, database = build(client, settings, queues)
    async with AsyncExitStack() as running:
        running.callback(database.close)
        for worker in workers:
            await running.enter_async_context(worker)
        yield database


async def serve(settings: Settings, queues: Sequence[str] = QUEUES) -> None:
    """Work until SIGTERM or Ctrl-C; then end what is under way, and return."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with at_work(await connect(), settings, queues):
        log.info("karhu %s works on %s", settings.build_id, ", ".join(queues))
        await stop.wait()
        log.info("stopping: no new work; what is under way may end")


async def make_current(client: Client, build_id: str, within: float = 60.0) -> None:
    """Give new work, and sleeping workflows when they wake, to this build.

    Waits up to `within` (real seconds) for a worker of the build to have shown itself. Raises
    TimeoutError.
    """
    async with asyncio.timeout(within):
        while True:
            try:
                await client.workflow_service.set_worker_deployment_current_version(
                    SetWorkerDeploymentCurrentVersionRequest(
                        namespace=client.namespace,
                        deployment_name=DEPLOYMENT,
                        build_id=build_id,
                        identity=client.identity,
                    )
                )
            except RPCError as error:
                if error.status not in {RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION}:
                    raise
                await asyncio.sleep(0.2)
            else:
                return


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    asyncio.run(serve(load()))
