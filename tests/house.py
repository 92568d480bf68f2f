"""A small Karhu inside the test process: real database, real mail server, real agency, real worker.

Business time begins on a fixed Monday and runs as real time does, which for a workflow on the
time-skipping server is its own virtual time; so invoices live for months in seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from temporalio.client import Client
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.testing import WorkflowEnvironment

import worker
from domain.calendar import FINLAND
from domain.requests import Request
from integrations.bounces import BounceMailbox
from starter.deployment import set_current
from starter.settings import Settings
from starter.stack.ports import choose
from store import booking, bounces
from store.tables import Invoice
from tests.books import MONDAY, Books
from tests.intake import KEY
from tests.integrations import agency_support
from tests.looking import Handle
from tests.servers import MailServer, agency_server
from workflows import contract, search_attributes, words
from workflows.contract import Answer, Start
from workflows.invoice import InvoiceWorkflow


def settings(url: str, folder: Path, smtp_port: int, intrum_url: str) -> Settings:
    """A Karhu's settings: its business clock shows Monday morning now."""
    return Settings(
        database_url=SecretStr(url),
        data_dir=folder,
        clock_origin=MONDAY,
        clock_anchor=datetime.now(UTC),
        smtp_port=smtp_port,
        einvoice_operator="TESTOPER",
        intrum_url=intrum_url,
        intrum_api_key=SecretStr(agency_support.API_KEY),
        file_key=SecretStr(KEY),
        webhooks_private=True,
    )


@dataclass
class House(Books):
    """What a test does with the little Karhu."""

    environment: WorkflowEnvironment
    still: Client
    """Starts workflows whose time does not skip by itself."""
    settings: Settings
    mail_server: MailServer

    @property
    def client(self) -> Client:
        """Starts workflows whose time skips whenever they only wait for a timer."""
        return self.environment.client

    async def connect(self) -> Client:
        """A connection of its own, as another worker process has one."""
        config = self.client.service_client.config
        return await Client.connect(
            config.target_host,
            namespace=self.client.namespace,
            data_converter=self.client.data_converter,
        )

    async def now_of(self, handle: Handle) -> datetime:
        """Business time as the invoice's workflow has it."""
        return self.clock.now(await self.environment.get_current_time(handle))

    async def pass_days(self, handle: Handle, days: float) -> None:
        """Let business time pass for one invoice, and then stand nearly still."""
        await self.environment.fast_forward(handle, timedelta(days=days))

    async def start(self, invoice: Invoice, *, still: bool = False) -> Handle:
        """Its workflow, as the starter starts it; `still`: time passes by `pass_days` alone."""
        case, planned = self.planned(invoice)
        rule = "" if invoice.rule_version_id is None else "test"
        client = self.still if still else self.client
        return await client.start_workflow(
            InvoiceWorkflow.run,
            Start(case=case, next=planned, rule=rule, sparing=True),
            id=contract.workflow_id(case.company, case.number),
            task_queue=contract.TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=words.summary(
                case.number, "Esimerkki Oy", case.original_cents, case.due
            ),
            search_attributes=search_attributes.of(case, planned, rule),
            priority=Priority(fairness_key=case.company),
        )

    async def paid(self, handle: Handle, invoice: Invoice, cents: int, **how: Any) -> None:
        """A payment comes in, in the invoice's own time, and its workflow is told."""
        on = FINLAND.local_date(await self.now_of(handle))
        self.pay(invoice, cents, **({"on": on} | how))
        await handle.signal("payment")

    async def credited(self, handle: Handle, invoice: Invoice, cents: int, number: str) -> None:
        """A credit note is booked, and the workflow is told."""
        now = await self.now_of(handle)
        with self.database.transaction() as session:
            row = booking.lock(session, invoice.id)
            booking.credit(session, row, cents, FINLAND.local_date(now), number=number, now=now)
        await handle.signal("credit")

    async def ask(self, handle: Handle, request: Request) -> Answer:
        """Ask for something by hand, as Karhu's own command line does. Raises the refusal."""
        answer: Answer = await handle.execute_update(
            request.kind, request, id=request.key, result_type=Answer
        )
        return answer

    async def read_bounces(self, *handles: Handle) -> None:
        """What the mail server gave back is noted, and the workflows are told."""
        for report in BounceMailbox(self.folder / "bounces").reports():
            bounces.keep(self.database, report.bounce.message_id, report.bounce.reason)
        for handle in handles:
            await handle.signal("payment")

    async def heard(self, handle: Handle, invoice: Invoice, status: str, sequence: int) -> None:
        """The agency reports a status, and the workflow has taken note of it."""
        self.agency_says(invoice, status, sequence, await self.now_of(handle))
        await handle.signal("agency_status")
        await self.until(lambda: self.messages(invoice, "in")[-1].status == "folded")

    async def until_listed(self, query: str, handle: Handle) -> None:
        """Wait until a list of workflows by this query has the invoice's: it lags a little."""
        async with asyncio.timeout(15):
            while True:
                async for found in self.client.list_workflows(query):
                    if found.id == handle.id:
                        return
                await asyncio.sleep(0.2)


@asynccontextmanager
async def open_house(
    environment: WorkflowEnvironment, url: str, folder: Path
) -> AsyncIterator[House]:
    """A Karhu at work; stopped at the end."""
    sandbox = agency_support.settings(folder, port=choose())
    async with AsyncExitStack() as stack:
        stack.enter_context(agency_server(sandbox))
        mail = stack.enter_context(MailServer(folder / "mail"))
        chosen = settings(url, folder, mail.port, f"http://127.0.0.1:{sandbox.port}")
        client = environment.client
        database = await stack.enter_async_context(worker.at_work(client, chosen, sandboxed=True))
        await set_current(client, chosen.build_id, timeout=60)
        still = Client(**(client.config() | {"interceptors": []}))
        yield House(database, folder, chosen.clock(), environment, still, chosen, mail)
