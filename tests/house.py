"""A small Karhu inside the test process: real database, real mail server, real agency, real worker.

Business time begins on a fixed Monday and runs as real time does, which for a workflow on the
time-skipping server is its own virtual time; so invoices live for months in seconds.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from pydantic import SecretStr
from sqlalchemy import text
from sqlmodel import Session, col, select
from temporalio.client import Client, WorkflowHandle
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy

import worker
from domain import references
from domain.agency import StatusMessage
from domain.calendar import FINLAND
from domain.case import Case
from domain.clock import Clock
from domain.law import FINNISH_LAW, DebtorClass
from domain.procedure import Step, StepKind
from domain.rule import Rule
from integrations.smtp_catcher import Catcher, Mailbox
from starter.settings import Settings
from store import booking, registration
from store.database import Database
from store.tables import (
    AgencyCase,
    AgencyMessage,
    Event,
    Invoice,
    Notice,
)
from tests.integrations import agency_support
from workflows import contract, search_attributes, words
from workflows.contract import Planned, Start
from workflows.invoice import InvoiceWorkflow

BUSINESS_ID = "1234567-1"
MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
_numbers = itertools.count(1)


@contextmanager
def mail_server(folder: Path) -> Iterator[int]:
    """The catcher on a free port, in a thread; the port."""
    port = agency_support.free_port()
    controller = Controller(Catcher(Mailbox(folder)), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def settings(url: str, folder: Path, smtp_port: int, intrum_url: str) -> Settings:
    return Settings(
        database_url=SecretStr(url),
        data_dir=folder,
        clock_origin=MONDAY,
        clock_anchor=datetime.now(UTC),
        smtp_port=smtp_port,
        intrum_url=intrum_url,
        intrum_api_key=SecretStr(agency_support.API_KEY),
        intrum_secret=SecretStr(agency_support.SECRET),
    )


@dataclass
class House:
    """What a test does with the little Karhu."""

    database: Database
    folder: Path
    client: Client
    clock: Clock

    def now(self) -> datetime:
        """Business time outside any workflow."""
        return self.clock.now(datetime.now(UTC))

    # ── putting things in ────────────────────────────────────────────────────────────────────

    def register(
        self,
        *,
        due_in: int = 14,
        net: int = 14,
        amount_cents: int = 108_836,
        debtor: DebtorClass = DebtorClass.CONSUMER,
        rule: Rule | None = None,
        email: str = "matti@malliasiakas.example",
        street: str = "Mallikatu 1",
        now: datetime | None = None,
        contract: str = "S-100",
    ) -> Invoice:
        """A new invoice of a new customer, due in some days from now."""
        now = now or self.now()
        serial = next(_numbers)
        due = FINLAND.local_date(now) + timedelta(days=due_in)
        with self.database.transaction() as session:
            company = registration.ensure_company(
                session,
                registration.NewCompany(
                    business_id=BUSINESS_ID,
                    name="Esimerkki Oy",
                    street="Esimerkkitie 2",
                    postcode="00100",
                    city="Helsinki",
                    email="laskutus@esimerkki.example",
                    iban="FI3715903000000776",
                    agency_contract=contract,
                ),
                now,
            )
            company.agency_contract = contract
            customer = registration.ensure_customer(
                session,
                company,
                registration.NewCustomer(
                    key=f"c{serial}",
                    name="Matti Malliasiakas",
                    debtor_class=debtor,
                    street=street,
                    postcode="00200",
                    city="Helsinki",
                    email=email,
                ),
            )
            if rule is not None:
                version = registration.save_rule(
                    session,
                    company.id,
                    rule.model_copy(update={"name": f"{rule.name} {serial}"}),
                    now,
                    "test",
                )
                customer.rule_id = version.rule_id
            done = registration.register(
                session,
                company,
                customer,
                registration.NewInvoice(
                    number=str(1000 + serial),
                    invoice_date=due - timedelta(days=net),
                    due=due,
                    amount_cents=amount_cents,
                    reference=references.make(1000 + serial),
                ),
                law=FINNISH_LAW,
                calendar=FINLAND,
                now=now,
            )
        return self.invoice(done.invoice_id)

    async def start(self, invoice: Invoice, **options: Any) -> WorkflowHandle[Any, str]:
        """Its workflow, as the starter starts it."""
        case = Case.model_validate(invoice.case_json)
        step = Step(
            kind=StepKind(invoice.next_step),
            when=invoice.next_step_at,
            why=invoice.next_step_why,
        )
        planned = Planned(step=step, wake_at=step.when and self.clock.real(step.when))
        rule = "" if invoice.rule_version_id is None else "test"
        return await self.client.start_workflow(
            InvoiceWorkflow.run,
            Start(case=case, next=planned, rule=rule),
            id=contract.workflow_id(case.company, case.number),
            task_queue=contract.TASK_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=words.summary(
                case.number, "Esimerkki Oy", case.original_cents, case.due
            ),
            search_attributes=search_attributes.of(case, planned, rule),
            priority=Priority(fairness_key=case.company),
            **options,
        )

    def pay(
        self,
        invoice: Invoice,
        cents: int,
        *,
        settlement: bool = False,
        on: date | None = None,
        key: str = "p1",
    ) -> None:
        now = self.now()
        with self.database.transaction() as session:
            booking.pay(
                session,
                booking.lock(session, invoice.id),
                cents,
                on or FINLAND.local_date(now),
                key=key,
                now=now,
                settlement=settlement,
            )

    def agency_says(self, invoice: Invoice, status: str, sequence: int, at: datetime) -> None:
        """A status message comes in, as the callback stores it."""
        with self.database.transaction() as session:
            file = session.exec(
                select(AgencyCase)
                .where(AgencyCase.invoice_id == invoice.id)
                .order_by(col(AgencyCase.id).desc())
            ).first()
            assert file is not None
            message = StatusMessage(
                message_id=f"{file.reference}-{sequence}",
                case_reference=file.reference,
                agency_case_id=file.agency_case_id or "unknown",
                status=status,
                occurred_at=at,
                sequence=sequence,
            )
            session.add(
                AgencyMessage(
                    agency_case_id=file.id,
                    direction="in",
                    kind="status",
                    key=message.message_id,
                    body=message.model_dump(mode="json"),
                    status="received",
                    at=at,
                )
            )

    # ── looking ──────────────────────────────────────────────────────────────────────────────

    def invoice(self, invoice_id: int) -> Invoice:
        with self.database.transaction() as session:
            return session.get_one(Invoice, invoice_id)

    def state(self, invoice: Invoice) -> str:
        return self.invoice(invoice.id).state

    def notices(self, invoice: Invoice) -> list[Notice]:
        with self.database.transaction() as session:
            return list(
                session.exec(
                    select(Notice).where(Notice.invoice_id == invoice.id).order_by(col(Notice.id))
                )
            )

    def log(self, invoice: Invoice) -> list[str]:
        """The kinds of the invoice's events, in order."""
        with self.database.transaction() as session:
            return list(
                session.exec(
                    select(Event.kind)
                    .where(Event.invoice_id == invoice.id)
                    .order_by(col(Event.seq))
                )
            )

    def session(self) -> Session:
        return Session(self.database.engine)

    def mails(self, invoice: Invoice) -> list[str]:
        """The Message-IDs in the mailbox that belong to the invoice, in name order."""
        return sorted(
            path.stem
            for path in (self.folder / "mail").glob("*.eml")
            if f"-{invoice.id}-{BUSINESS_ID}@" in path.stem
        )

    async def until(self, true: Any, seconds: float = 30) -> None:
        """Wait (in real time) until something is so."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not true():
            assert asyncio.get_running_loop().time() < deadline, "it did not come about"
            await asyncio.sleep(0.05)


@asynccontextmanager
async def open_house(client: Client, url: str, folder: Path) -> AsyncIterator[House]:
    """A Karhu at work; stopped at the end."""
    sandbox = agency_support.settings(folder, callback_url=None)
    async with AsyncExitStack() as stack:
        stack.enter_context(agency_support.serving(sandbox))
        smtp_port = stack.enter_context(mail_server(folder / "mail"))
        chosen = settings(url, folder, smtp_port, f"http://127.0.0.1:{sandbox.port}")
        clock = chosen.clock()
        database = await stack.enter_async_context(worker.at_work(client, chosen))
        await worker.make_current(client, chosen.build_id)
        yield House(database, folder, client, clock)


def empty(database: Database) -> None:
    """Empty every table."""
    with database.engine.begin() as connection:
        names = connection.execute(
            text(
                "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables"
                " WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            )
        ).scalar()
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
