"""Temporal is told of what a file brought: once, and again only if it may not have heard."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest_asyncio
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.file_import.book import BookStretch
from activities.file_import.office import ImportOffice
from integrations.intake import InvoiceRecord, PaymentRecord
from starter.stack.ports import choose
from store.sealing import Sealer
from tests.activities.office import Office
from tests.activities.test_imports import records
from tests.intake import KEY, book, stage
from tests.servers import start_temporal
from tests.starter.office import new_business_id
from workflows.contract import workflow_id

NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
SIGNALED = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def client() -> AsyncIterator[Client]:
    """A Temporal of these tests' own: no other test's worker may meet what they leave there."""
    async with await start_temporal() as environment:
        yield environment.client


def part_payments(invoices: list[InvoiceRecord]) -> list[PaymentRecord]:
    return [
        PaymentRecord(
            key=hashlib.sha256(
                f"{invoice.seller.business_id}/{invoice.number}".encode()
            ).hexdigest(),
            reference=invoice.reference,
            reference_valid=True,
            amount_cents=100,
            booked_on=date(2026, 3, 2),
            paid_on=date(2026, 3, 2),
            payer="MALLIASIAKAS",
            archive_id=f"{place:016d}",
            account=invoice.iban or "",
            source="payments.ktl",
            line=place,
        )
        for place, invoice in enumerate(invoices, start=1)
    ]


async def paid_in_part(
    importing: ImportOffice, client: Client, first: int
) -> tuple[list[InvoiceRecord], int]:
    """Twelve invoices whose workflows are started, and the import of a payment of each, as read."""
    invoices = records(12, new_business_id(), first=first)
    import_id = await asyncio.to_thread(stage, importing.database, NOW, invoices)
    await book(importing, client, import_id)
    payments = part_payments(invoices)
    return invoices, await asyncio.to_thread(stage, importing.database, NOW, payments, "payments")


async def signals(client: Client, invoice: InvoiceRecord) -> int:
    company = invoice.seller.business_id or ""
    handle = client.get_workflow_handle(workflow_id(company, invoice.number))
    history = await handle.fetch_history()
    return sum(event.event_type == SIGNALED for event in history.events)


async def test_a_workflow_that_has_not_looked_yet_is_told_once(
    office: Office, client: Client
) -> None:
    """No worker is at work: all that was told waits to be looked at when the import ends."""
    importing = ImportOffice(office.database, office.clock, Sealer(KEY))
    invoices, import_id = await paid_in_part(importing, client, first=500_001)
    stretch = BookStretch(importing, client, chunk=5)
    progress = await ActivityEnvironment().run(stretch.__call__, import_id)
    assert (progress.booked, progress.ended) == (12, True)
    assert [await signals(client, invoice) for invoice in invoices] == [1] * 12


async def test_what_an_attempt_that_was_cut_off_left_untold_is_told_by_the_next(
    office: Office, client: Client
) -> None:
    importing = ImportOffice(office.database, office.clock, Sealer(KEY))
    invoices, import_id = await paid_in_part(importing, client, first=600_001)
    # The first attempt reaches no Temporal: as if it had been killed after booking.
    nobody = await Client.connect(f"127.0.0.1:{choose()}", lazy=True)
    cut_off = BookStretch(importing, nobody, chunk=5, seconds=0)
    first = await ActivityEnvironment().run(cut_off.__call__, import_id)
    assert (first.booked, first.over) == (5, False)
    assert [await signals(client, invoice) for invoice in invoices] == [0] * 12
    again = ActivityEnvironment()
    again.info = replace(again.info, attempt=2)
    progress = await again.run(BookStretch(importing, client, chunk=5).__call__, import_id)
    assert (progress.booked, progress.ended) == (12, True)
    told = [await signals(client, invoice) for invoice in invoices]
    assert all(told)
