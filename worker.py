"""One worker process: takes workflows and activities from the task queues it is given.

Joins the worker deployment `karhu` with the release as its build id. A new build gets work once it
is made current (`karhu deployment set-current`, which `karhu up` does by itself).
"""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    PollerBehaviorAutoscaling,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkerDeploymentConfig,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.advance import Advance
from activities.agency_poll import ReadStatuses
from activities.bulk import Bulk
from activities.channels import Channels
from activities.deliver import DeliverLetter
from activities.desk import House
from activities.drift import CompareBalances
from activities.file_import.book import BookStretch
from activities.file_import.ending import CancelImport, EndTheImport
from activities.file_import.office import ImportOffice
from activities.file_import.stage import StageFile
from activities.reconcile import Reconcile
from activities.replan import Replan
from activities.settlements import ReadSettlements
from activities.tell_agency import TellAgency
from activities.webhooks import DeliverEvents, PauseWebhook
from integrations.mail import Mailer, Security
from integrations.outbox import Outbox
from integrations.places import SftpAddress
from integrations.sftp import SftpPlace
from integrations.webhooks import Sender
from starter.agencies import open_agencies
from starter.client import connect
from starter.settings import DEPLOYMENT, Settings, load
from store.database import Database
from store.sealing import Sealer
from workflows.agency_poll import AgencyPollWorkflow
from workflows.bulk import BulkWorkflow
from workflows.contract import IMPORT_QUEUE, RATES, TASK_QUEUE, Queue
from workflows.drift import DriftWorkflow
from workflows.file_import import ImportWorkflow
from workflows.invoice import InvoiceWorkflow
from workflows.reconcile import ReconcileWorkflow
from workflows.replan import ReplanWorkflow
from workflows.settlements import SettlementsWorkflow
from workflows.webhook import WebhookWorkflow
from workflows.webhook_contract import WEBHOOK_QUEUE

log = logging.getLogger("karhu.worker")

QUEUES = (TASK_QUEUE, IMPORT_QUEUE, WEBHOOK_QUEUE, *(queue.value for queue in Queue))

THREADS = 12
"""Decisions at once."""

CARRIERS = 6
"""Errands at once on each queue. They have threads of their own: a slow mail server must not keep
decisions waiting."""

IMPORTS = 3
"""Imports that are read or booked at once."""

WEBHOOKS = 8
"""Endpoints that events are delivered to at once."""

GRACE = timedelta(seconds=45)
"""What is under way at shutdown may end; longer than one attempt of an errand."""

_GARBAGE = 20_000
"""Objects, made and not let go of, after which garbage is collected."""

POLLERS = PollerBehaviorAutoscaling(initial=10)
"""Who ask for workflow tasks: more of them while many wait."""

MAX_CACHED = 2_000
"""Workflows kept in memory; the others are replayed when they wake."""


@asynccontextmanager
async def at_work(
    client: Client,
    settings: Settings,
    queues: Sequence[str] = QUEUES,
    *,
    sandboxed: bool = False,
) -> AsyncIterator[Database]:
    """Workers on the queues, and the database they use; all are let go of at the end.

    `sandboxed`: watch the workflow code for what would not replay. The tests run it so; at work it
    would only cost, three times the CPU of a wake-up and three times the memory, since the code
    it watches is the code that the tests have passed.
    """
    if settings.database_url is None:
        raise SystemExit("KARHU_DATABASE_URL is not set: start the stack with karhu up, or set it")
    url = settings.database_url.get_secret_value()
    deployment = WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(DEPLOYMENT, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.UNSPECIFIED,
    )
    async with AsyncExitStack() as running:
        database = Database(url, size=THREADS + IMPORTS + WEBHOOKS + CARRIERS * len(Queue))
        running.callback(database.close)
        agencies = running.enter_context(open_agencies(settings, _real_now))
        house = House(settings.clock(), day_count=settings.day_count)
        if TASK_QUEUE in queues:
            decides = Worker(
                client,
                task_queue=TASK_QUEUE,
                workflows=[
                    *(InvoiceWorkflow, ReconcileWorkflow, ReplanWorkflow, WebhookWorkflow),
                    *(AgencyPollWorkflow, BulkWorkflow, SettlementsWorkflow, DriftWorkflow),
                ],
                workflow_runner=(
                    SandboxedWorkflowRunner() if sandboxed else UnsandboxedWorkflowRunner()
                ),
                activities=[
                    Advance(database, house).__call__,
                    *Reconcile(client, database, house).activities,
                    Replan(client, database, house.clock).__call__,
                    Bulk(client, database, house.clock).__call__,
                    ReadStatuses(client, database, house, agencies).__call__,
                    ReadSettlements(client, database, house, agencies).__call__,
                    CompareBalances(database, house, agencies).__call__,
                ],
                activity_executor=ThreadPoolExecutor(THREADS, thread_name_prefix="decide"),
                max_concurrent_activities=THREADS,
                max_concurrent_local_activities=THREADS,
                max_cached_workflows=MAX_CACHED,
                workflow_task_poller_behavior=POLLERS,
                deployment_config=deployment,
                graceful_shutdown_timeout=GRACE,
            )
            await running.enter_async_context(decides)
        if IMPORT_QUEUE in queues and (imports := _imports(client, settings, database)):
            imports_files = Worker(
                client,
                task_queue=IMPORT_QUEUE,
                workflows=[ImportWorkflow],
                workflow_runner=(
                    SandboxedWorkflowRunner() if sandboxed else UnsandboxedWorkflowRunner()
                ),
                activities=imports,
                activity_executor=ThreadPoolExecutor(IMPORTS, thread_name_prefix="import"),
                max_concurrent_activities=IMPORTS,
                deployment_config=deployment,
                graceful_shutdown_timeout=GRACE,
            )
            await running.enter_async_context(imports_files)
        if WEBHOOK_QUEUE in queues and (webhooks := _webhooks(settings, database)):
            tells = Worker(
                client,
                task_queue=WEBHOOK_QUEUE,
                activities=webhooks,
                activity_executor=ThreadPoolExecutor(WEBHOOKS, thread_name_prefix="webhook"),
                max_concurrent_activities=WEBHOOKS,
                deployment_config=deployment,
                graceful_shutdown_timeout=GRACE,
            )
            await running.enter_async_context(tells)
        deliver = DeliverLetter(database, house, _channels(settings))
        carries = {
            Queue.EINVOICE: deliver.__call__,
            Queue.EMAIL: deliver.__call__,
            Queue.PAPER: deliver.__call__,
            Queue.AGENCY: TellAgency(database, house, agencies).__call__,
        }
        for queue, carry in carries.items():
            if queue in queues:
                carrier = Worker(
                    client,
                    task_queue=queue,
                    activities=[carry],
                    activity_executor=ThreadPoolExecutor(CARRIERS, thread_name_prefix=queue),
                    max_concurrent_activities=CARRIERS,
                    max_task_queue_activities_per_second=RATES[queue],
                    deployment_config=deployment,
                    graceful_shutdown_timeout=GRACE,
                )
                await running.enter_async_context(carrier)
        yield database


def _imports(client: Client, settings: Settings, database: Database) -> list[Callable[..., Any]]:
    """What imports files; nothing without the key that they are sealed with."""
    if settings.file_key is None:
        log.warning("KARHU_FILE_KEY is not set: files handed in are not read by this worker")
        return []
    office = ImportOffice(
        database,
        settings.clock(),
        Sealer(settings.file_key.get_secret_value()),
    )
    return [
        CancelImport(database).__call__,
        StageFile(office).__call__,
        BookStretch(office, client).__call__,
        EndTheImport(office).__call__,
    ]


def _webhooks(settings: Settings, database: Database) -> list[Callable[..., Any]]:
    """What tells companies of events; nothing without the key that secrets are sealed with."""
    if settings.file_key is None:
        log.warning("KARHU_FILE_KEY is not set: no webhooks are delivered by this worker")
        return []
    sealer = Sealer(settings.file_key.get_secret_value())
    sender = Sender(private=settings.webhooks_private)
    return [
        DeliverEvents(database, sealer, sender, _real_now).__call__,
        PauseWebhook(database, _real_now).__call__,
    ]


def _real_now() -> datetime:
    return datetime.now(UTC)


def _channels(settings: Settings) -> Channels:
    return Channels(
        mailer=_mailer(settings),
        sender=settings.mail_from,
        paper=_outbox(
            settings, settings.outbox, settings.outbox_sftp_key, settings.outbox_sftp_password
        ),
        einvoices=_outbox(
            settings,
            settings.einvoices,
            settings.einvoice_sftp_key,
            settings.einvoice_sftp_password,
        ),
        operator=settings.einvoice_operator,
    )


def _mailer(settings: Settings) -> Mailer:
    security = Security.NONE
    if settings.smtp_tls:
        security = Security.TLS
    elif settings.smtp_starttls:
        security = Security.STARTTLS
    return Mailer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_user,
        _secret(settings.smtp_password),
        security,
        settings.smtp_ca_file,
        settings.mail_bounces_to,
    )


def _outbox(
    settings: Settings,
    where: Path | SftpAddress,
    key: SecretStr | None,
    password: SecretStr | None,
) -> Outbox:
    if isinstance(where, Path):
        return Outbox.in_folder(where)
    if settings.sftp_known_hosts is None:
        raise SystemExit("KARHU_SFTP_KNOWN_HOSTS is not set: an SFTP server has to be known")
    return Outbox(SftpPlace(where, settings.sftp_known_hosts, _secret(key), _secret(password)))


def _secret(given: SecretStr | None) -> str | None:
    return given.get_secret_value() if given else None


async def serve(settings: Settings, queues: Sequence[str] = QUEUES) -> None:
    """Work until SIGTERM or Ctrl-C; then end what is under way, and return."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with at_work(await connect(), settings, queues):
        _collect_rarely()
        log.info("karhu %s works on %s", settings.build_id, ", ".join(queues))
        await stop.wait()
        log.info("stopping: no new work; what is under way may end")


def _collect_rarely() -> None:
    """Collect garbage after many objects, not after 700: a decision makes thousands, nearly all
    gone with it. What was loaded to begin with is never looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 20)


def main(settings: Settings, queues: Sequence[str] = QUEUES) -> None:
    """Run one worker process: its log on standard error, until it is told to stop."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # A line for each request is too many, and addresses may hold invoice numbers.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(serve(settings, queues))


if __name__ == "__main__":
    main(load())
