"""The lists of the Netvisor-compatible interface, read as plain rows: there may be very many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.types import NullType
from sqlmodel import Session, col

from domain.ledger import Entry, EntryKind, balance
from store.netvisor_lists import InvoiceFilter, between, of_both, of_invoice, waits
from store.scope import Scope
from store.sets import among
from store.tables import Customer, Invoice, LedgerEntry, NetvisorPayment

_LINES = 2_000
"""Lines of a long list that are read at once."""

_LINE: tuple[Any, ...] = (
    *(Invoice.id, Invoice.number, Invoice.invoice_date, Invoice.due, Invoice.state),
    *(Invoice.reference, Invoice.principal_cents),
    *(Customer.id, Customer.key, Customer.name, Customer.business_id),
)
_KINDS = {kind.value: kind for kind in EntryKind}

_CLAIMS = frozenset({EntryKind.PRINCIPAL, EntryKind.INTEREST, EntryKind.FEE})
_PRINCIPAL_AND_MONEY = frozenset({EntryKind.PRINCIPAL, EntryKind.PAYMENT})
_SIGNS: dict[str, int] = {
    EntryKind.PRINCIPAL: 1,
    EntryKind.INTEREST: 0,
    EntryKind.FEE: 0,
    EntryKind.PAYMENT: -1,
}


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


class CustomerLine(NamedTuple):
    """What a list says of a customer."""

    id: int
    key: str
    name: str
    business_id: str


class PaymentLine(NamedTuple):
    """What a list says of a payment. `entered_name`, `method`: None if no program entered it."""

    id: int
    kind: str
    amount_cents: int
    on: date
    booked_at: datetime
    invoice_number: str
    reference: str
    customer_name: str
    entered_name: str | None
    method: str | None


class InvoiceLine(NamedTuple):
    """What a list says of an invoice: no more, because it may be one of very many.

    `open_cents`: of its principal.
    """

    id: int
    number: str
    invoice_date: date
    due: date
    state: str
    reference: str
    principal_cents: int
    customer_id: int
    customer_key: str
    customer_name: str
    customer_business_id: str
    unsent: bool
    open_cents: int


def customer_lines(
    session: Session, scope: Scope, *, keyword: str, codes: Sequence[str]
) -> Iterator[CustomerLine]:
    """Customers by key: all, or those with the keyword in name, number or business id, and (where
    any are given) of these numbers."""
    columns: tuple[Any, ...] = (Customer.id, Customer.key, Customer.name, Customer.business_id)
    query: sa.Select[Any] = sa.select(*columns).where(scope.companies(Customer.company_id))
    if keyword:
        places = (Customer.name, Customer.key, Customer.business_id)
        query = query.where(
            sa.or_(*(col(column).icontains(keyword, autoescape=True) for column in places))
        )
    if codes:
        query = query.where(among(Customer.key, codes))
    for rows in _pieces(session, query, col(Customer.id)):
        yield from map(CustomerLine._make, rows)


def invoice_lines(session: Session, scope: Scope, wanted: InvoiceFilter) -> Iterator[InvoiceLine]:
    """Invoices by key."""
    query: sa.Select[Any] = (
        sa.select(*_LINE, waits(wanted.hold))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(scope.invoices(), *of_invoice(wanted), *of_both(wanted, Invoice))
    )
    for rows in _pieces(session, query, col(Invoice.id)):
        open_cents = _open_principals(session, [row[0] for row in rows])
        for row in rows:
            yield InvoiceLine._make((*row, open_cents.get(row[0], 0)))


def payment_lines(session: Session, scope: Scope, wanted: PaymentFilter) -> Iterator[PaymentLine]:
    """Payments on invoices by key, which is that of their ledger entry."""
    entry = (LedgerEntry.id, LedgerEntry.kind, LedgerEntry.amount_cents, LedgerEntry.on)
    columns: tuple[Any, ...] = (
        *(*entry, LedgerEntry.booked_at, Invoice.number, Invoice.reference, Customer.name),
        *(NetvisorPayment.source_name, NetvisorPayment.method),
    )
    query: sa.Select[Any] = (
        sa.select(*columns)
        .select_from(LedgerEntry)
        .join(Invoice, col(Invoice.id) == col(LedgerEntry.invoice_id))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .join(
            NetvisorPayment,
            col(NetvisorPayment.ledger_entry_id) == col(LedgerEntry.id),
            isouter=True,
        )
        .where(
            scope.invoices(),
            among(LedgerEntry.kind, [kind.value for kind in wanted.kinds]),
            *between(LedgerEntry.on, wanted.begin, wanted.end),
            *between(LedgerEntry.booked_at, wanted.booked_from, wanted.booked_until),
        )
    )
    if wanted.above is not None:
        query = query.where(col(LedgerEntry.id) > wanted.above)
    if wanted.invoice_key is not None:
        query = query.where(col(Invoice.id) == wanted.invoice_key)
    if wanted.invoice_number:
        query = query.where(col(Invoice.number) == wanted.invoice_number)
    if wanted.name:
        names = sa.func.coalesce(sa.func.nullif(NetvisorPayment.source_name, ""), Customer.name)
        query = query.where(names.icontains(wanted.name, autoescape=True))
    for rows in _pieces(session, query, col(LedgerEntry.id)):
        yield from map(PaymentLine._make, rows)


def _pieces(session: Session, query: sa.Select[Any], key: Any) -> Iterator[Sequence[Any]]:
    """The rows in the order of the key, which is the first of each."""
    query, last = query.order_by(key).limit(_LINES), 0
    # The connection's own: of plain columns there is nothing to make objects of.
    while rows := session.connection().execute(query.where(key > last)).all():
        last = rows[-1][0]
        yield rows


def _open_principals(session: Session, invoice_ids: Sequence[int]) -> dict[int, int]:
    def in_order(column: Any) -> ColumnElement[Any]:
        listed = sa.func.array_agg(aggregate_order_by(col(column), col(LedgerEntry.id)))
        # As the driver reads it: no look at each item once more.
        return sa.type_coerce(listed, NullType())

    rows = session.connection().execute(
        sa.select(
            col(LedgerEntry.invoice_id),
            in_order(LedgerEntry.kind),
            in_order(LedgerEntry.amount_cents),
        )
        .where(among(LedgerEntry.invoice_id, invoice_ids))
        .group_by(col(LedgerEntry.invoice_id))
    )
    return {invoice_id: open_principal(kinds, cents) for invoice_id, kinds, cents in rows}


def open_principal(kinds: Sequence[str], cents: Sequence[int]) -> int:
    """What is open of the principal (cents) after these entries: each one's kind, and amount."""
    there = frozenset(kinds)
    if there <= _CLAIMS or there <= _PRINCIPAL_AND_MONEY:
        # Nothing was paid, or nothing but the principal claimed: so it is of nearly all.
        signs = zip(map(_SIGNS.__getitem__, kinds), cents, strict=True)
        return max(0, sum(sign * amount for sign, amount in signs))
    # Which day an entry is of makes no difference to what is open.
    entries = (
        Entry(_KINDS[kind], amount, date.min, "") for kind, amount in zip(kinds, cents, strict=True)
    )
    return balance(entries).principal_cents
