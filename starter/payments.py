"""Payments and credit notes: booked in the ledger, then told to the invoice's workflow."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from temporalio.client import Client

from activities.starting import Drained, News, drain
from domain.clock import Clock
from domain.ledger import UnbalancedEntry
from integrations.intake import BadRecord, Fault, PaymentRecord
from integrations.readers import read_payments
from store import booking, outbox
from store.booking import Booked, Transaction
from store.database import Database

BATCH = 200
"""Transactions of the bank to one of the database."""

_AGENCY = "INTRUM"
"""How the payer's name begins when the agency settles (tilitys)."""


@dataclass(slots=True)
class Booking:
    """What became of a bank's file; amounts in cents. `known` were booked before."""

    booked: int = 0
    booked_cents: int = 0
    known: int = 0
    told_agency: int = 0
    unmatched: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Direct debits that brought no money."""
    bad: list[BadRecord] = field(default_factory=list)
    told: int = 0
    waiting: int = 0
    """Booked, but Temporal does not take the news yet."""
    problem: str = ""

    @property
    def read(self) -> int:
        """Records read so far."""
        left_out = len(self.unmatched) + len(self.failed) + len(self.bad)
        return self.booked + self.known + left_out


async def book_files(
    paths: Iterable[Path],
    *,
    database: Database,
    client: Client,
    clock: Clock,
    report: Callable[[Booking], None] = lambda _: None,
) -> Booking:
    """Book the payments of a bank's files and tell the workflows; see `book_records`."""
    records = itertools.chain.from_iterable(read_payments(path) for path in paths)
    return await book_records(records, database=database, client=client, clock=clock, report=report)


async def book_records(
    records: Iterable[PaymentRecord | BadRecord],
    *,
    database: Database,
    client: Client,
    clock: Clock,
    report: Callable[[Booking], None] = lambda _: None,
) -> Booking:
    """Book payments by their reference numbers, and tell the workflows.

    The same payment again changes nothing. One without an invoice is kept with its problem.
    """
    done = Booking()
    source = iter(records)
    while batch := await asyncio.to_thread(lambda: list(itertools.islice(source, BATCH))):
        invoices = await asyncio.to_thread(_book, database, clock, batch, done)
        _count_told(done, await drain(client, database, clock, only=invoices))
        report(done)
    return done


@dataclass(frozen=True, slots=True)
class Entered:
    """A payment or credit note entered by hand; `waiting`: Temporal does not take the news yet."""

    booked: Booked
    waiting: str = ""


async def pay(
    invoice_id: int,
    amount_cents: int,
    *,
    on: date,
    key: str,
    settlement: bool,
    actor: str,
    database: Database,
    client: Client,
    clock: Clock,
) -> Entered:
    """Book a payment by hand (negative: take one back), once for each key, and tell the workflow.

    Raises `UnbalancedEntry` if more is taken back than was paid.
    """

    def enter() -> Booked:
        with database.transaction() as session:
            return booking.pay(
                session,
                booking.lock(session, invoice_id),
                amount_cents,
                on,
                key=key,
                now=clock.now(datetime.now(UTC)),
                settlement=settlement,
                note=f"entered by {actor}",
            )

    return await _tell(await asyncio.to_thread(enter), News.PAYMENT, database, client, clock)


async def credit(
    invoice_id: int,
    amount_cents: int,
    *,
    on: date,
    number: str,
    database: Database,
    client: Client,
    clock: Clock,
) -> Entered:
    """Book a credit note by hand, once for each number, and tell the workflow."""

    def enter() -> Booked:
        with database.transaction() as session:
            return booking.credit(
                session,
                booking.lock(session, invoice_id),
                amount_cents,
                on,
                number=number,
                now=clock.now(datetime.now(UTC)),
            )

    return await _tell(await asyncio.to_thread(enter), News.CREDIT, database, client, clock)


async def _tell(
    booked: Booked, news: News, database: Database, client: Client, clock: Clock
) -> Entered:
    drained = await drain(client, database, clock, only=[booked.invoice_id], news=news)
    return Entered(booked, drained.problem)


def _count_told(done: Booking, drained: Drained) -> None:
    done.told += drained.told
    done.waiting += drained.waiting
    done.problem = done.problem or drained.problem


def _book(
    database: Database,
    clock: Clock,
    batch: Sequence[PaymentRecord | BadRecord],
    into: Booking,
) -> list[int]:
    """Book a batch; the invoices that have news."""
    now = clock.now(datetime.now(UTC))
    invoices: dict[int, None] = {}
    done = Booking()
    with database.transaction() as session:
        outbox.take_turn(session)
        for record in batch:
            if isinstance(record, BadRecord):
                done.bad.append(record)
                continue
            if record.failed:
                done.failed.append(_line(record, f"failed (code {record.receipt_code or '?'})"))
                continue
            settlement = record.payer.upper().startswith(_AGENCY)
            try:
                with session.begin_nested():
                    booked, problem = booking.book_transaction(
                        session, _transaction(record), settlement=settlement, now=now
                    )
            except UnbalancedEntry as error:
                done.bad.append(_bad(record, str(error)))
                continue
            if problem:
                done.unmatched.append(_line(record, problem))
            elif booked is None or not booked.new:
                done.known += 1
            else:
                done.booked += 1
                done.booked_cents += record.amount_cents
                done.told_agency += booked.told_agency
                invoices[booked.invoice_id] = None
    # Counted once it is committed.
    into.booked += done.booked
    into.booked_cents += done.booked_cents
    into.known += done.known
    into.told_agency += done.told_agency
    into.unmatched += done.unmatched
    into.failed += done.failed
    into.bad += done.bad
    return list(invoices)


def _transaction(record: PaymentRecord) -> Transaction:
    return Transaction(
        key=record.key,
        reference=record.reference or "",
        amount_cents=record.amount_cents,
        paid_on=record.paid_on,
        booked_on=record.booked_on,
        payer=record.payer,
        account=record.account,
        source=record.source,
    )


def _line(record: PaymentRecord, what: str) -> str:
    return f"{record.source}, line {record.line}: {what}"


def _bad(record: PaymentRecord, reason: str) -> BadRecord:
    return BadRecord(
        source=record.source,
        line=record.line,
        element="payment",
        reason=reason,
        fault=Fault.INVALID,
    )
