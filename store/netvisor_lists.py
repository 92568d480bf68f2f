"""What the Netvisor-compatible interface lists, each row within the scope that is asked for.

Lists are read in pieces by key, so that one of any length costs no memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from domain.ledger import Entry
from domain.states import InvoiceState
from store import ledger
from store.scope import Scope
from store.tables import (
    Customer,
    Event,
    Invoice,
    LedgerEntry,
    NetvisorCreditNote,
    Rule,
)

_PIECE = 500


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


def invoices(session: Session, scope: Scope, wanted: InvoiceFilter) -> Iterator[ListedInvoice]:
    """Whole invoices by key, each with its ledger."""
    query = (
        select(Invoice, Customer, waits(wanted.hold))
        .options(defer(Invoice.case_json, raiseload=True))  # type: ignore[arg-type] # a column
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(scope.invoices(), *of_invoice(wanted), *of_both(wanted, Invoice))
    )
    for rows in _pieces(session, query, col(Invoice.id)):
        entries = ledger.entries_of(session, [row[0].id for row in rows])
        yield from (ListedInvoice(row[0], row[1], row[2], entries[row[0].id]) for row in rows)


def credit_notes(
    session: Session, scope: Scope, wanted: InvoiceFilter, *, matched: bool | None
) -> Iterator[ListedNote]:
    """Credit notes by key; `matched`: those that are booked, those that are not, or (None) both."""
    query = (
        select(NetvisorCreditNote, Customer)
        .join(Customer, col(Customer.id) == col(NetvisorCreditNote.customer_id))
        .where(scope.companies(NetvisorCreditNote.company_id), *of_both(wanted, NetvisorCreditNote))
    )
    if matched is not None:
        booked = col(NetvisorCreditNote.invoice_id).is_not(None)
        query = query.where(booked if matched else ~booked)
    query = query.where(
        *between(NetvisorCreditNote.note_date, wanted.begin, wanted.end),
        *between(NetvisorCreditNote.registered_at, wanted.modified_from, wanted.modified_until),
    )
    for rows in _pieces(session, query, col(NetvisorCreditNote.id)):
        yield from (ListedNote(row[0], row[1]) for row in rows)


def of_both(wanted: InvoiceFilter, table: Any) -> Iterator[ColumnElement[bool]]:
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


def of_invoice(wanted: InvoiceFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.states is not None:
        yield col(Invoice.state).in_([state.value for state in wanted.states])
    if wanted.unsent is not None:
        held = waits(wanted.hold)
        yield held if wanted.unsent else ~held
    yield from between(Invoice.invoice_date, wanted.begin, wanted.end)
    if wanted.modified_from is not None:
        yield _changed(wanted.modified_from)
    if wanted.modified_until is not None:
        yield col(Invoice.registered_at) <= wanted.modified_until
        yield ~_changed_after(wanted.modified_until)


def waits(why: str) -> ColumnElement[bool]:
    """Whether an invoice is held for this reason."""
    return and_(
        col(Invoice.held).is_(True), col(Invoice.case_json)["holds"].contains([{"reason": why}])
    )


def between(column: Any, begin: Any, end: Any) -> Iterator[ColumnElement[bool]]:
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
