"""What the Netvisor-compatible interface lists, each row within the scope that is asked for.

Lists are read in pieces by key, so that one of any length costs no memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, and_, exists, func, or_
from sqlalchemy.orm import defer, load_only
from sqlmodel import Session, col, select

from domain.ledger import Entry, EntryKind
from domain.states import InvoiceState
from store.scope import Scope
from store.tables import (
    Customer,
    Event,
    Invoice,
    LedgerEntry,
    NetvisorCreditNote,
    NetvisorPayment,
    Rule,
)

_PIECE = 500

_LINE_OF_INVOICE: tuple[Any, ...] = (
    *(Invoice.id, Invoice.number, Invoice.invoice_date, Invoice.due, Invoice.state),
    *(Invoice.reference, Invoice.principal_cents),
)
_LINE_OF_CUSTOMER: tuple[Any, ...] = (
    *(Customer.id, Customer.key, Customer.name, Customer.business_id),
)


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices. `hold`: why one waits that has not been sent; `unsent`: those that do (True),
    all others (False), or either; `states` None: any. Instants are business time."""

    hold: str
    states: frozenset[InvoiceState] | None = None
    unsent: bool | None = None
    keys: Sequence[int] | None = None
    above: int | None = None
    number: str = ""
    begin: date | None = None
    end: date | None = None
    modified_from: datetime | None = None
    modified_until: datetime | None = None
    customer_code: str = ""
    customer_key: int | None = None
    country: str = ""


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments. `kinds`: the ledger's. Instants are business time."""

    kinds: frozenset[EntryKind]
    above: int | None = None
    begin: date | None = None
    end: date | None = None
    booked_from: datetime | None = None
    booked_until: datetime | None = None
    name: str = ""
    invoice_key: int | None = None
    invoice_number: str = ""


@dataclass(frozen=True, slots=True)
class ListedInvoice:
    """`invoice` comes without its case."""

    invoice: Invoice
    customer: Customer
    unsent: bool
    entries: list[Entry]


@dataclass(frozen=True, slots=True)
class ListedNote:
    """A credit note, which has no ledger of its own."""

    note: NetvisorCreditNote
    customer: Customer


@dataclass(frozen=True, slots=True)
class ListedPayment:
    entry: LedgerEntry
    invoice: Invoice
    customer: Customer
    entered: NetvisorPayment | None


def customers_by_key(
    session: Session, scope: Scope, keys: Sequence[int]
) -> list[tuple[Customer, Rule | None]]:
    """These customers, each with the rule that it is under, in the order of their keys."""
    query = (
        select(Customer, Rule)
        .join(Rule, col(Rule.id) == col(Customer.rule_id), isouter=True)
        .where(scope.companies(Customer.company_id), col(Customer.id).in_(keys))
        .order_by(col(Customer.id))
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def customers(
    session: Session, scope: Scope, *, keyword: str, codes: Sequence[str]
) -> Iterator[Customer]:
    """Customers by key: all, or those with the keyword in name, number or business id, and (where
    any are given) of these numbers."""
    query = select(Customer).where(scope.companies(Customer.company_id))
    if keyword:
        query = query.where(
            or_(
                *(
                    col(column).icontains(keyword, autoescape=True)
                    for column in (Customer.name, Customer.key, Customer.business_id)
                )
            )
        )
    if codes:
        query = query.where(col(Customer.key).in_(codes))
    last = 0
    while rows := session.exec(
        query.where(col(Customer.id) > last).order_by(col(Customer.id)).limit(_PIECE)
    ).all():
        yield from rows
        last = rows[-1].id
        session.expunge_all()


def invoices(
    session: Session, scope: Scope, wanted: InvoiceFilter, *, lines: bool = False
) -> Iterator[ListedInvoice]:
    """Invoices by key, each with its ledger. `lines`: for a list, which may be long, with no more
    of invoice and customer than a line of it says."""
    options: tuple[Any, ...] = (defer(Invoice.case_json, raiseload=True),)  # type: ignore[arg-type] # a column
    if lines:
        options = (
            load_only(*_LINE_OF_INVOICE, raiseload=True),
            load_only(*_LINE_OF_CUSTOMER, raiseload=True),
        )
    query = (
        select(Invoice, Customer, _waits(wanted.hold))
        .options(*options)
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(scope.invoices(), *_of_invoice(wanted), *_of_both(wanted, Invoice))
    )
    for rows in _pieces(session, query, col(Invoice.id)):
        entries = _entries(session, [row[0].id for row in rows])
        yield from (ListedInvoice(row[0], row[1], row[2], entries[row[0].id]) for row in rows)


def credit_notes(
    session: Session, scope: Scope, wanted: InvoiceFilter, *, matched: bool | None
) -> Iterator[ListedNote]:
    """Credit notes by key; `matched`: those that are booked, those that are not, or (None) both."""
    query = (
        select(NetvisorCreditNote, Customer)
        .join(Customer, col(Customer.id) == col(NetvisorCreditNote.customer_id))
        .where(
            scope.companies(NetvisorCreditNote.company_id), *_of_both(wanted, NetvisorCreditNote)
        )
    )
    if matched is not None:
        booked = col(NetvisorCreditNote.invoice_id).is_not(None)
        query = query.where(booked if matched else ~booked)
    query = query.where(
        *_between(NetvisorCreditNote.note_date, wanted.begin, wanted.end),
        *_between(NetvisorCreditNote.registered_at, wanted.modified_from, wanted.modified_until),
    )
    for rows in _pieces(session, query, col(NetvisorCreditNote.id)):
        yield from (ListedNote(row[0], row[1]) for row in rows)


def payments(session: Session, scope: Scope, wanted: PaymentFilter) -> Iterator[ListedPayment]:
    """Payments on invoices by key, which is that of their ledger entry."""
    query = (
        select(LedgerEntry, Invoice, Customer, NetvisorPayment)
        .join(Invoice, col(Invoice.id) == col(LedgerEntry.invoice_id))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .join(
            NetvisorPayment,
            col(NetvisorPayment.ledger_entry_id) == col(LedgerEntry.id),
            isouter=True,
        )
        .where(
            scope.invoices(),
            col(LedgerEntry.kind).in_([kind.value for kind in wanted.kinds]),
            *_between(LedgerEntry.on, wanted.begin, wanted.end),
            *_between(LedgerEntry.booked_at, wanted.booked_from, wanted.booked_until),
        )
    )
    if wanted.above is not None:
        query = query.where(col(LedgerEntry.id) > wanted.above)
    if wanted.invoice_key is not None:
        query = query.where(col(Invoice.id) == wanted.invoice_key)
    if wanted.invoice_number:
        query = query.where(col(Invoice.number) == wanted.invoice_number)
    if wanted.name:
        names = func.coalesce(func.nullif(NetvisorPayment.source_name, ""), Customer.name)
        query = query.where(names.icontains(wanted.name, autoescape=True))
    for rows in _pieces(session, query, col(LedgerEntry.id)):
        yield from (ListedPayment(row[0], row[1], row[2], row[3]) for row in rows)


def _of_both(wanted: InvoiceFilter, table: Any) -> Iterator[ColumnElement[bool]]:
    if wanted.keys is not None:
        yield col(table.id).in_(wanted.keys)
    if wanted.above is not None:
        yield col(table.id) > wanted.above
    if wanted.number:
        yield col(table.number) == wanted.number
    if wanted.customer_code:
        yield col(Customer.key) == wanted.customer_code
    if wanted.customer_key is not None:
        yield col(Customer.id) == wanted.customer_key
    if wanted.country:
        yield col(Customer.country) == wanted.country


def _of_invoice(wanted: InvoiceFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.states is not None:
        yield col(Invoice.state).in_([state.value for state in wanted.states])
    if wanted.unsent is not None:
        waits = _waits(wanted.hold)
        yield waits if wanted.unsent else ~waits
    yield from _between(Invoice.invoice_date, wanted.begin, wanted.end)
    if wanted.modified_from is not None:
        yield _changed(wanted.modified_from)
    if wanted.modified_until is not None:
        yield col(Invoice.registered_at) <= wanted.modified_until
        yield ~_changed_after(wanted.modified_until)


def _waits(why: str) -> ColumnElement[bool]:
    """Whether an invoice is held for this reason."""
    return and_(
        col(Invoice.held).is_(True), col(Invoice.case_json)["holds"].contains([{"reason": why}])
    )


def _between(column: Any, begin: Any, end: Any) -> Iterator[ColumnElement[bool]]:
    """From one to the other, both included; None: no bound."""
    if begin is not None:
        yield col(column) >= begin
    if end is not None:
        yield col(column) <= end


def _changed(since: datetime) -> ColumnElement[bool]:
    return or_(col(Invoice.registered_at) >= since, _changed_after(since))


def _changed_after(since: datetime) -> ColumnElement[bool]:
    """Whether anything has happened to an invoice, or been booked on it, from then on."""
    return or_(
        exists().where(col(Event.invoice_id) == col(Invoice.id), col(Event.at) >= since),
        exists().where(
            col(LedgerEntry.invoice_id) == col(Invoice.id), col(LedgerEntry.booked_at) >= since
        ),
    )


def _pieces(session: Session, query: Any, key: Any) -> Iterator[Sequence[Any]]:
    last = 0
    while rows := session.execute(query.where(key > last).order_by(key).limit(_PIECE)).all():
        last = rows[-1][0].id
        yield rows
        session.expunge_all()


def _entries(session: Session, invoice_ids: Sequence[int]) -> dict[int, list[Entry]]:
    found: dict[int, list[Entry]] = {key: [] for key in invoice_ids}
    rows = session.execute(
        sa.select(
            col(LedgerEntry.invoice_id),
            col(LedgerEntry.kind),
            col(LedgerEntry.amount_cents),
            col(LedgerEntry.on),
            col(LedgerEntry.key),
        )
        .where(col(LedgerEntry.invoice_id).in_(invoice_ids))
        .order_by(col(LedgerEntry.id))
    )
    for invoice_id, kind, cents, on, key in rows:
        found[invoice_id].append(Entry(EntryKind(kind), cents, on, key))
    return found
