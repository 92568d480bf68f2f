"""What is put in: made-up invoices by Karhu's own intake, and bare workflows beside them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlmodel import col
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.common import (
    Priority,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)

from activities.starting import CALL_TIMEOUT, CONCURRENCY
from bench.bare_workflow import TASK_QUEUE, BareWorkflow
from domain import references
from domain.calendar import FINLAND
from domain.case import Case
from domain.law import FINNISH_LAW, DebtorClass
from domain.procedure import next_step
from domain.rule import BUSINESSES
from domain.states import Channel, InvoiceState
from domain.steps import StepKind
from domain.waits import WINDOW
from integrations.intake import InvoiceRecord, Party
from starter.demo.files import Transfer, account_of, write_finvoice, write_ktl
from starter.imports import Handing, Imports
from store.database import Database
from store.parties import NewCompany, ensure_companies
from store.tables import Invoice, Notice
from workflows import search_attributes, words
from workflows.contract import import_workflow_id

BUSINESS_ID = "1234567-1"
AMOUNT_CENTS = 108_836
TERM = timedelta(days=14)  # from the invoice's date to its due date

MORNING = date(2026, 3, 10)
"""A Tuesday, a banking day, on which the reminders of a wave leave."""

SPEED = 600.0
"""Business seconds per real second in a wave: the morning's window is 48 seconds long."""

WAVE_SECONDS = 1.0
"""Real seconds within which all the timers of a wave fire."""

_SELLER = Party(
    name="Esimerkki Oy",
    business_id=BUSINESS_ID,
    street="Esimerkkitie 2",
    postcode="00100",
    city="Helsinki",
    email="laskutus@esimerkki.example",
)

_IBAN = "FI3715903000000776"
_TASK_COMPLETED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED

_serials = itertools.count(1)


def opening() -> datetime:
    """The business instant (UTC) at which the morning's sending begins."""
    return FINLAND.at(MORNING, WINDOW.opens)


def reminder_due() -> date:
    """The due date whose reminder, by the general rule for businesses, leaves that morning."""
    assert BUSINESSES.reminder is not None
    return MORNING - timedelta(days=BUSINESSES.reminder.after_days)


def record(number: str, due: date, channel: Channel) -> InvoiceRecord:
    """An invoice of a business of its own, to be reached by the channel."""
    return InvoiceRecord(
        seller=_SELLER,
        buyer=Party(
            name=f"Malliyritys {number} Oy",
            customer_number=f"c{number}",
            street="Mallikatu 1",
            postcode="00200",
            city="Helsinki",
            email=f"c{number}@malliyritys.example" if channel is Channel.EMAIL else None,
        ),
        number=number,
        invoice_date=due - TERM,
        due_date=due,
        amount_cents=AMOUNT_CENTS,
        reference=references.make(int(number)),
        iban=_IBAN,
        source="bench",
        index=1,
        line=1,
    )


def numbers() -> Iterator[str]:
    """Invoice numbers that nobody has had."""
    return (str(10_000 + serial) for serial in _serials)


def early_numbers() -> Iterator[str]:
    """Numbers of invoices whose reminder leaves within the first moments of the morning."""
    latest = opening() + timedelta(seconds=WAVE_SECONDS * SPEED)
    for number in numbers():
        case = _case(number, reminder_due())
        step = next_step(case, BUSINESSES, FINNISH_LAW, FINLAND, opening() - timedelta(hours=8))
        assert step.kind is StepKind.REMIND
        assert step.when is not None
        assert step.when >= opening(), "the reminder is planned for another morning"
        if step.when < latest:
            yield number


def _case(number: str, due: date) -> Case:
    return Case(
        invoice_id=1,
        company=BUSINESS_ID,
        number=number,
        debtor=DebtorClass.BUSINESS,
        due=due,
        invoice_sent_on=due - TERM,
        original_cents=AMOUNT_CENTS,
        principal_cents=AMOUNT_CENTS,
        open_cents=AMOUNT_CENTS,
        state=InvoiceState.OVERDUE,
    )


async def hand_in(imports: Imports, path: Path, count: int, *, known: bool = False) -> int:
    """A file, from its first byte to the end of its import; how many workflow tasks that took the
    import itself. Raises RuntimeError unless so many records went in (`known`: were there)."""
    with path.open("rb") as stream:
        import_id = await imports.hand_in(stream, Handing(path.name, "bench"))
    row = await imports.ended(import_id)
    if (row.known if known else row.booked) != count or row.bad:
        raise RuntimeError(
            f"import {import_id} is {row.status}: {row.booked} booked, {row.known} known,"
            f" {row.bad} bad of {count}; {row.problem}"
        )
    handle = imports.client.get_workflow_handle(import_workflow_id(import_id))
    await handle.result()
    history = await handle.fetch_history()
    return sum(event.event_type == _TASK_COMPLETED for event in history.events)


def open_books(database: Database) -> None:
    """The company whose invoices these are. Its letters wait for no bank: there is none here."""
    new = NewCompany(business_id=BUSINESS_ID, name=_SELLER.name)
    with database.transaction() as session:
        company = ensure_companies(session, [new], datetime.now(UTC))[new]
        company.bank_feed = "off"
        company.automation = True


def file_of(folder: Path, records: Iterable[InvoiceRecord]) -> Path:
    """The records as a Finvoice file."""
    path = folder / f"invoices-{next(_serials)}.xml"
    write_finvoice(path, records)
    return path


def bank_file(folder: Path, numbers: Sequence[str], on: date) -> Path:
    """A bank's file (KTL) with a part payment of each invoice."""
    path = folder / f"payments-{next(_serials)}.ktl"
    account = account_of(_IBAN)
    write_ktl(
        path,
        [Transfer(references.make(int(number)), 100, "MALLIYRITYS", account) for number in numbers],
        on,
    )
    return path


async def start_bare(client: Client, wake_at: Sequence[datetime]) -> list[str]:
    """Bare workflows with an invoice's start options, one to wake at each instant; their ids."""
    room = asyncio.Semaphore(CONCURRENCY)

    async def start(instant: datetime) -> str:
        number = next(numbers())
        due = instant.date()
        async with room:
            handle = await client.start_workflow(
                BareWorkflow.run,
                instant.timestamp(),
                id=f"bare/{BUSINESS_ID}/{number}",
                task_queue=TASK_QUEUE,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                search_attributes=_attributes(instant),
                static_summary=words.summary(number, _SELLER.name, AMOUNT_CENTS, due),
                priority=Priority(fairness_key=BUSINESS_ID),
                rpc_timeout=CALL_TIMEOUT,
            )
        return handle.id

    return list(await asyncio.gather(*(start(instant) for instant in wake_at)))


def _attributes(instant: datetime) -> TypedSearchAttributes:
    return TypedSearchAttributes(
        [
            SearchAttributePair(search_attributes.COMPANY, BUSINESS_ID),
            SearchAttributePair(search_attributes.STATE, InvoiceState.OPEN.value),
            SearchAttributePair(search_attributes.RULE, BUSINESSES.name),
            SearchAttributePair(search_attributes.NEXT_STEP, StepKind.BECOME_OVERDUE.value),
            SearchAttributePair(search_attributes.NEXT_STEP_AT, instant),
            SearchAttributePair(search_attributes.ATTENTION, False),
        ]
    )


async def signal_all(client: Client, ids: Sequence[str], name: str) -> None:
    """Wake the workflows."""
    room = asyncio.Semaphore(CONCURRENCY)

    async def one(workflow_id: str) -> None:
        async with room:
            await client.get_workflow_handle(workflow_id).signal(name)

    await asyncio.gather(*(one(workflow_id) for workflow_id in ids))


def count(database: Database, taken: Sequence[str], *, sent: bool) -> int:
    """How many of the invoices wait for the morning; or, `sent`, have had their reminder."""
    query = select(func.count()).select_from(Invoice).where(col(Invoice.number).in_(taken))
    if sent:
        query = query.join(Notice, col(Notice.invoice_id) == col(Invoice.id)).where(
            col(Notice.status) == "sent", col(Invoice.next_step) == StepKind.NOTIFY.value
        )
    else:
        query = query.where(
            col(Invoice.next_step) == StepKind.REMIND.value,
            col(Invoice.next_step_at) >= opening(),
        )
    with database.transaction() as session:
        return int(session.execute(query).scalar_one())
