"""Taking invoices in: files read, rows registered, credit notes booked, workflows started."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import Session
from temporalio.client import Client

from activities.starting import Drained, News, drain
from domain.calendar import FINLAND
from domain.clock import Clock
from domain.law import FINNISH_LAW, DebtorClass, LawError
from integrations.intake import BadRecord, Fault, InvoiceRecord, Party
from integrations.readers import read_invoices
from store import booking, outbox, queries
from store.database import Database
from store.registration import (
    Conflict,
    NewCompany,
    NewCustomer,
    NewInvoice,
    ensure_company,
    ensure_customer,
    register,
)
from store.tables import Company, Customer

BATCH = 200
"""Records to a transaction."""


@dataclass(slots=True)
class Intake:
    """What became of the records. `known` were there already; `credited` are credit notes."""

    registered: int = 0
    known: int = 0
    credited: int = 0
    started: int = 0
    waiting: int = 0
    """Registered, but Temporal does not take their workflows yet."""
    problem: str = ""
    bad: list[BadRecord] = field(default_factory=list)

    @property
    def read(self) -> int:
        """Records read so far."""
        return self.registered + self.known + self.credited + len(self.bad)


@dataclass(slots=True)
class _Batch:
    """What one transaction did."""

    registered: list[int] = field(default_factory=list)
    credited: list[int] = field(default_factory=list)
    known: int = 0
    bad: list[BadRecord] = field(default_factory=list)


async def take_in(
    paths: Iterable[Path],
    *,
    database: Database,
    client: Client,
    clock: Clock,
    agency_contract: str = "",
    report: Callable[[Intake], None] = lambda _: None,
) -> Intake:
    """Take the invoices and credit notes of files in; see `take_in_records`."""
    records = itertools.chain.from_iterable(read_invoices(path) for path in paths)
    return await take_in_records(
        records,
        database=database,
        client=client,
        clock=clock,
        agency_contract=agency_contract,
        report=report,
    )


async def take_in_records(
    records: Iterable[InvoiceRecord | BadRecord],
    *,
    database: Database,
    client: Client,
    clock: Clock,
    agency_contract: str = "",
    report: Callable[[Intake], None] = lambda _: None,
) -> Intake:
    """Register invoices and start their workflows; then book the credit notes.

    Taking the same in again changes nothing. A bad record is left out and named; the rest goes in.
    `agency_contract` is given to companies that have none. `report` is called after each batch.
    """
    intake = Intake()
    notes: list[InvoiceRecord] = []
    invoices = _set_aside(records, notes)
    starting: asyncio.Task[Drained] | None = None
    while batch := await asyncio.to_thread(lambda: list(itertools.islice(invoices, BATCH))):
        done = await asyncio.to_thread(_register, database, clock, agency_contract, batch)
        _count(intake, done)
        if starting is not None:
            _count_started(intake, await starting)
        # Temporal starts this batch while the next one is being registered.
        starting = asyncio.create_task(drain(client, database, clock, only=done.registered))
        report(intake)
    if starting is not None:
        _count_started(intake, await starting)
    # An invoice may stand behind its credit note in the files.
    for at in range(0, len(notes), BATCH):
        done = await asyncio.to_thread(_credit, database, clock, notes[at : at + BATCH])
        _count(intake, done)
        _count_started(
            intake, await drain(client, database, clock, only=done.credited, news=News.CREDIT)
        )
        report(intake)
    report(intake)
    return intake


def _set_aside(
    records: Iterable[InvoiceRecord | BadRecord], notes: list[InvoiceRecord]
) -> Iterator[InvoiceRecord | BadRecord]:
    for record in records:
        if isinstance(record, InvoiceRecord) and record.is_credit_note:
            notes.append(record)
        else:
            yield record


def _count(intake: Intake, done: _Batch) -> None:
    intake.registered += len(done.registered)
    intake.credited += len(done.credited)
    intake.known += done.known
    intake.bad += done.bad


def _count_started(intake: Intake, drained: Drained) -> None:
    intake.started += drained.started
    intake.waiting += drained.waiting
    intake.problem = intake.problem or drained.problem


# ── one transaction ──────────────────────────────────────────────────────────────────────────


def _register(
    database: Database,
    clock: Clock,
    agency_contract: str,
    batch: Sequence[InvoiceRecord | BadRecord],
) -> _Batch:
    try:
        return _register_all(database, clock, agency_contract, batch, nullcontext)
    except _LEFT_OUT:
        # One of them cannot go in: with a savepoint for each, the others can.
        return _register_all(database, clock, agency_contract, batch, Session.begin_nested)


_LEFT_OUT = (Conflict, LawError, DataError, IntegrityError)
"""What may be wrong with one record alone."""


def _register_all(
    database: Database,
    clock: Clock,
    agency_contract: str,
    batch: Sequence[InvoiceRecord | BadRecord],
    savepoint: Callable[[Session], AbstractContextManager[object]],
) -> _Batch:
    """Register in one transaction; without savepoints, raises for the first that cannot go in."""
    done = _Batch()
    with database.transaction() as session:
        outbox.take_turn(session)
        registrar = _Registrar(session, clock.now(datetime.now(UTC)), agency_contract)
        for record in batch:
            if isinstance(record, BadRecord):
                done.bad.append(record)
                continue
            try:
                with savepoint(session):
                    registered = registrar.register(record)
            except _LEFT_OUT as error:
                if savepoint is nullcontext:
                    raise
                done.bad.append(_bad(record, _why(error)))
                continue
            registrar.keep()
            if registered is None:
                done.known += 1
            else:
                done.registered.append(registered)
    return done


class _Registrar:
    """Registers within one transaction; looks up each company and customer once."""

    def __init__(self, session: Session, now: datetime, agency_contract: str) -> None:
        self._session = session
        self._now = now
        self._contract = agency_contract
        self._companies: dict[NewCompany, Company] = {}
        self._customers: dict[tuple[int, NewCustomer], Customer] = {}
        self._fresh: list[Callable[[], None]] = []

    def register(self, record: InvoiceRecord) -> int | None:
        """The new invoice's id; None if it is there already. Raises `Conflict`, `LawError`."""
        self._fresh.clear()
        company = self._company(record)
        customer = self._customer(company, record.buyer)
        new = NewInvoice(
            number=record.number,
            invoice_date=record.invoice_date,
            due=record.due_date,
            amount_cents=record.amount_cents,
            reference=record.reference or "",
            iban=record.iban or "",
            bic=record.bic or "",
            contract_rate=_text(record.contract_interest_rate),
        )
        registered = register(
            self._session,
            company,
            customer,
            new,
            law=FINNISH_LAW,
            calendar=FINLAND,
            now=self._now,
        )
        return registered.invoice_id if registered.new else None

    def keep(self) -> None:
        """The record went in, and with it what it brought along."""
        for remember in self._fresh:
            remember()

    def _company(self, record: InvoiceRecord) -> Company:
        seller = record.seller
        new = NewCompany(
            # Readers give no record without it.
            business_id=seller.business_id or "",
            name=seller.name,
            street=seller.street or "",
            postcode=seller.postcode or "",
            city=seller.city or "",
            email=seller.email or "",
            phone=seller.phone or "",
            einvoice_address=seller.einvoice_address or "",
            einvoice_operator=seller.einvoice_operator or "",
            iban=record.iban or "",
            bic=record.bic or "",
            agency_contract=self._contract,
        )
        if new not in self._companies:
            company = ensure_company(self._session, new, self._now)
            self._fresh.append(lambda: self._companies.__setitem__(new, company))
            return company
        return self._companies[new]

    def _customer(self, company: Company, buyer: Party) -> Customer:
        new = NewCustomer(
            key=customer_key(buyer),
            name=buyer.name,
            debtor_class=DebtorClass.CONSUMER if buyer.is_private else DebtorClass.BUSINESS,
            business_id=buyer.business_id or "",
            street=buyer.street or "",
            postcode=buyer.postcode or "",
            city=buyer.city or "",
            country=buyer.country,
            email=buyer.email or "",
            phone=buyer.phone or "",
            einvoice_address=buyer.einvoice_address or "",
            einvoice_operator=buyer.einvoice_operator or "",
            language=buyer.language,
        )
        key = (company.id, new)
        if key not in self._customers:
            customer = ensure_customer(self._session, company, new)
            self._fresh.append(lambda: self._customers.__setitem__(key, customer))
            return customer
        return self._customers[key]


def customer_key(buyer: Party) -> str:
    """What the company's books know the customer by: its customer number, else its business id.

    A customer with neither is known by a digest of name and postcode, written as people write
    them or not: nobody's name ends up in a key.
    """
    if buyer.customer_number:
        return buyer.customer_number
    if buyer.business_id:
        return buyer.business_id
    who = f"{' '.join(buyer.name.split()).casefold()}\n{(buyer.postcode or '').replace(' ', '')}"
    return f"name-{hashlib.blake2b(who.encode(), digest_size=10).hexdigest()}"


def _credit(database: Database, clock: Clock, batch: Sequence[InvoiceRecord]) -> _Batch:
    done = _Batch()
    now = clock.now(datetime.now(UTC))
    with database.transaction() as session:
        outbox.take_turn(session)
        for record in batch:
            original = record.original_invoice_number
            if not original:
                done.bad.append(_bad(record, "a credit note has to name the invoice it credits"))
                continue
            found = queries.find(session, original, record.seller.business_id)
            if not found:
                done.bad.append(
                    _bad(
                        record,
                        f"it credits invoice {original}, which is not here: import that first,"
                        " then this file again",
                    )
                )
                continue
            invoice = booking.lock(session, found[0].invoice_id)
            booked = booking.credit(
                session,
                invoice,
                record.amount_cents,
                record.invoice_date,
                number=record.number,
                now=now,
            )
            if booked.new:
                done.credited.append(invoice.id)
            else:
                done.known += 1
    return done


def _bad(record: InvoiceRecord, reason: str) -> BadRecord:
    return BadRecord(
        source=record.source,
        line=record.line,
        element="credit note" if record.is_credit_note else "invoice",
        reason=reason,
        fault=Fault.INVALID,
        record=record.number,
        index=record.index,
    )


def _why(error: Exception) -> str:
    if isinstance(error, DataError | IntegrityError):
        # Not the database's own words: they repeat the row, and with it a person's name.
        return f"the database does not take it ({type(error.orig).__name__}); look at its fields"
    return str(error)


def _text(rate: object | None) -> str | None:
    return None if rate is None else str(rate)
