"""What a test sees of a little Karhu: its rows, its mailbox, its workflows' histories."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from sqlmodel import col, select
from temporalio.api.enums.v1 import EventType
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import WorkflowHandle

from domain.ledger import balance
from integrations.smtp_catcher import REFUSE, Delivery, read_deliveries
from store import ledger
from store.database import Database
from store.tables import (
    AgencyCase,
    AgencyMessage,
    Event,
    Invoice,
    LedgerEntry,
    Notice,
    ServiceCharge,
)

BUSINESS_ID = "1234567-1"

Handle = WorkflowHandle[Any, str]

_BY_TIME_SKIPPING = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
}
"""Events that the virtual clock alone writes: none of them is there in production."""


@dataclass
class Looking:
    """Reads only. `folder` has the mailbox in `mail`, and the letters on paper in `outbox`."""

    database: Database
    folder: Path

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

    def events(self, invoice: Invoice) -> list[Event]:
        return self._rows(Event, invoice)

    def ledger(self, invoice: Invoice) -> list[tuple[str, int]]:
        """Kind and cents of the ledger's entries, in the order in which they were booked."""
        return [(row.kind, row.amount_cents) for row in self._rows(LedgerEntry, invoice)]

    def open_cents(self, invoice: Invoice) -> int:
        with self.database.transaction() as session:
            return balance(ledger.entries(session, invoice.id)).open_cents

    def charges(self, invoice: Invoice) -> list[tuple[str, int]]:
        """What the company was charged for the invoice's letters, reversals too."""
        with self.database.transaction() as session:
            rows = session.exec(
                select(ServiceCharge)
                .join(Notice, col(Notice.id) == ServiceCharge.notice_id)
                .where(Notice.invoice_id == invoice.id)
                .order_by(col(ServiceCharge.id))
            )
            return [(row.kind, row.amount_cents) for row in rows]

    def files(self, invoice: Invoice) -> list[AgencyCase]:
        return self._rows(AgencyCase, invoice)

    def messages(self, invoice: Invoice, direction: str = "out") -> list[AgencyMessage]:
        """Messages to ("out") or from ("in") the agency, in order."""
        with self.database.transaction() as session:
            return list(
                session.exec(
                    select(AgencyMessage)
                    .join(AgencyCase, col(AgencyCase.id) == AgencyMessage.agency_case_id)
                    .where(
                        AgencyCase.invoice_id == invoice.id,
                        AgencyMessage.direction == direction,
                    )
                    .order_by(col(AgencyMessage.id))
                )
            )

    def _rows(self, table: type[Any], invoice: Invoice) -> list[Any]:
        with self.database.transaction() as session:
            query = select(table).where(table.invoice_id == invoice.id).order_by(table.id)
            return list(session.exec(query))

    @property
    def mail_folder(self) -> Path:
        return self.folder / "mail"

    def mails(self, invoice: Invoice) -> list[EmailMessage]:
        """The messages in the mailbox that belong to the invoice, by round."""
        found = self.mail_folder.glob(f"*-{invoice.id}-{BUSINESS_ID}@*.eml")
        return [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted(found, key=lambda path: path.name.split("-")[1])
        ]

    def deliveries(self, invoice: Invoice) -> list[Delivery]:
        """Every accepted delivery of the invoice's letters, repeats too."""
        mark = f"-{invoice.id}-{BUSINESS_ID}@"
        return [item for item in read_deliveries(self.mail_folder) if mark in item.message_id]

    @contextmanager
    def mail_refused(self) -> Iterator[None]:
        """The mail server answers 451 (try again later) meanwhile."""
        flag = self.mail_folder / REFUSE
        flag.touch()
        try:
            yield
        finally:
            flag.unlink(missing_ok=True)

    async def story(self, handle: Handle) -> list[str]:
        """The kinds of the events in the workflow's history, without those of the virtual clock."""
        history = await handle.fetch_history()
        return [
            EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
            for event in history.events
            if event.event_type not in _BY_TIME_SKIPPING
        ]

    async def current_details(self, handle: Handle) -> str:
        """What the Temporal Web UI shows of the workflow as its current details."""
        metadata: WorkflowMetadata = await handle.query(
            "__temporal_workflow_metadata", result_type=WorkflowMetadata
        )
        return metadata.current_details

    async def until_state(self, state: str, *invoices: Invoice) -> None:
        await self.until(lambda: all(self.state(invoice) == state for invoice in invoices))

    async def until_sent(self, invoice: Invoice, letters: int = 1) -> None:
        """Wait until so many letters have left."""
        await self.until(
            lambda: sum(item.status == "sent" for item in self.notices(invoice)) == letters
        )

    async def until_at_agency(self, invoice: Invoice) -> None:
        """Wait until the agency has taken the assignment."""
        await self.until(
            lambda: [item.status for item in self.messages(invoice)] == ["acknowledged"]
        )

    async def at_rest(self, handle: Handle) -> None:
        """Wait until the workflow has answered everything that it was told."""
        async with asyncio.timeout(60):
            while True:
                described = await handle.describe()
                raw = described.raw_description
                if not (raw.pending_activities or raw.HasField("pending_workflow_task")):
                    return
                await asyncio.sleep(0.05)

    async def until(self, true: Callable[[], bool], seconds: float = 60) -> None:
        """Wait (in real time) until something is so."""
        deadline = asyncio.get_running_loop().time() + seconds
        while not true():
            assert asyncio.get_running_loop().time() < deadline, "it did not come about"
            await asyncio.sleep(0.05)
