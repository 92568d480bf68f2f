"""A company's invoices on somebody's behalf: a page of them, sums, and which one it is.

A page is in the order of due date and id. It is read off an index for each state that is asked for,
and of what those give the first rows are taken: so it costs the same at the first page and the
last, however many invoices there are (docs/api.md has the query's plan).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select
from sqlmodel import Session, col

from domain.procedure import StepKind
from domain.states import InvoiceState
from store.scope import Scope
from store.tables import BankPayment, Customer, Invoice, Notice, PaymentShare


@dataclass(frozen=True, slots=True)
class Sought:
    """Which invoices. `states`: none for all. `number`: what the number begins with.

    `attention`, `approval`: those that need a person's attention, or whose letter or hand-over
    waits for a person's approval.
    """

    states: tuple[InvoiceState, ...] = ()
    customer_id: int | None = None
    attention: bool = False
    approval: bool = False
    due_from: date | None = None
    due_to: date | None = None
    number: str = ""

    @property
    def narrow(self) -> bool:
        """Whether something else than the states says where to look."""
        return bool(self.customer_id or self.attention or self.approval or self.number)


@dataclass(frozen=True, slots=True)
class Line:
    """One invoice in a list. Amounts in cents; `open_cents` as its procedure last saw it."""

    id: int
    number: str
    customer_id: int
    customer_key: str
    customer_name: str
    invoice_date: date
    due: date
    principal_cents: int
    open_cents: int
    state: str
    collection_status: str
    attention: str
    held: bool
    next_step: str
    next_step_at: datetime | None
    next_step_why: str
    owner: str


@dataclass(frozen=True, slots=True)
class StateSum:
    """Invoices in a state, and what was open of them (cents) when their procedures last looked."""

    state: InvoiceState
    invoices: int
    open_cents: int
    attention: int
    approval: int


@dataclass(frozen=True, slots=True)
class Share:
    """What of a bank transaction was booked on an invoice."""

    payment_id: int
    paid_on: date
    booked_on: date
    payer: str
    amount_cents: int
    how: str
    assigned_by: str
    assigned_at: datetime


_OPEN_CENTS = sa.cast(col(Invoice.case_json)["open_cents"].as_string(), sa.BigInteger)
# Constants of the statement, as in the partial index that is for them.
_APPROVAL = col(Invoice.next_step) == sa.literal_column(f"'{StepKind.APPROVE.value}'")
_ATTENTION = col(Invoice.attention) != sa.literal_column("''")


def page(
    session: Session,
    scope: Scope,
    sought: Sought,
    *,
    after: tuple[date, int] | None = None,
    limit: int = 50,
) -> list[Line]:
    """Invoices by due date and id, those after `after`; at most `limit`."""
    return [Line(*row) for row in session.execute(page_query(scope, sought, after, limit))]


def page_query(
    scope: Scope, sought: Sought, after: tuple[date, int] | None, limit: int
) -> Select[Any]:
    """The statement that `page` runs."""
    conditions = [scope.invoices(), *_conditions(sought)]
    if after is not None:
        conditions.append(sa.tuple_(col(Invoice.due), col(Invoice.id)) > sa.tuple_(*after))
    if sought.narrow or scope.owner is not None:
        if sought.states:
            conditions.append(col(Invoice.state).in_([one.value for one in sought.states]))
        found = _first(conditions, limit).subquery()
    else:
        found = _by_state(sought.states or tuple(InvoiceState), conditions, limit)
    columns: tuple[Any, ...] = (
        *(Invoice.id, Invoice.number, Invoice.customer_id, Customer.key, Customer.name),
        *(Invoice.invoice_date, Invoice.due, Invoice.principal_cents, _OPEN_CENTS, Invoice.state),
        *(Invoice.collection_status, Invoice.attention, Invoice.held, Invoice.next_step),
        *(Invoice.next_step_at, Invoice.next_step_why, Invoice.owner),
    )
    return (
        sa.select(*columns)
        .join(found, found.c.id == col(Invoice.id))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .order_by(found.c.due, found.c.id)
        .limit(limit)
    )


def _by_state(
    states: Sequence[InvoiceState], conditions: Sequence[ColumnElement[bool]], limit: int
) -> Any:
    """The first of each state, of which the first in all are among."""
    given = sa.values(sa.column("state", sa.String), name="given").data(
        [(one.value,) for one in states]
    )
    each = _first([*conditions, col(Invoice.state) == given.c.state], limit).lateral("each")
    found = sa.select(each.c.id, each.c.due).select_from(given.join(each, sa.true()))
    return found.order_by(each.c.due, each.c.id).limit(limit).subquery()


def _first(conditions: Sequence[ColumnElement[bool]], limit: int) -> Select[int, date]:
    keys = col(Invoice.due), col(Invoice.id)
    return sa.select(col(Invoice.id), keys[0]).where(*conditions).order_by(*keys).limit(limit)


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if sought.customer_id is not None:
        conditions.append(col(Invoice.customer_id) == sought.customer_id)
    if sought.attention:
        conditions.append(_ATTENTION)
    if sought.approval:
        conditions.append(_APPROVAL)
    if sought.due_from is not None:
        conditions.append(col(Invoice.due) >= sought.due_from)
    if sought.due_to is not None:
        conditions.append(col(Invoice.due) <= sought.due_to)
    if sought.number:
        conditions.append(col(Invoice.number).startswith(sought.number, autoescape=True))
    return conditions


def by_state(session: Session, scope: Scope) -> list[StateSum]:
    """Counts and sums by state, in the order of the procedure; states without invoices left out.

    All of the company's invoices are counted, which takes a second for a million of them.
    """
    query = (
        sa.select(
            col(Invoice.state),
            sa.func.count(),
            sa.func.coalesce(sa.func.sum(_OPEN_CENTS), 0),
            sa.func.count().filter(_ATTENTION),
            sa.func.count().filter(_APPROVAL),
        )
        .where(scope.invoices())
        .group_by(col(Invoice.state))
    )
    sums = {
        state: StateSum(InvoiceState(state), count, int(cents), attention, approval)
        for state, count, cents, attention, approval in session.execute(query)
    }
    return [sums[state.value] for state in InvoiceState if state.value in sums]


def seen(session: Session, scope: Scope, invoice_id: int) -> Invoice | None:
    """The invoice; None if there is none of this id that may be seen."""
    query = sa.select(Invoice).where(scope.invoices(), col(Invoice.id) == invoice_id)
    return session.execute(query).scalars().first()


def seen_letter(session: Session, scope: Scope, invoice_id: int, letter_id: int) -> Notice | None:
    """The letter about an invoice; None if there is none of these ids that may be seen."""
    query = (
        sa.select(Notice)
        .join(Invoice, col(Invoice.id) == col(Notice.invoice_id))
        .where(scope.invoices(), col(Notice.id) == letter_id, col(Notice.invoice_id) == invoice_id)
    )
    return session.execute(query).scalars().first()


def shares(session: Session, invoice_id: int) -> list[Share]:
    """What the bank's transactions brought an invoice, in the order in which it was booked."""
    columns: tuple[Any, ...] = (
        *(BankPayment.id, BankPayment.paid_on, BankPayment.booked_on, BankPayment.payer),
        *(PaymentShare.amount_cents, PaymentShare.how, PaymentShare.assigned_by),
        PaymentShare.assigned_at,
    )
    query = (
        sa.select(*columns)
        .join(PaymentShare, col(PaymentShare.bank_payment_id) == col(BankPayment.id))
        .where(col(PaymentShare.invoice_id) == invoice_id)
        .order_by(col(PaymentShare.id))
    )
    return [Share(*row) for row in session.execute(query)]
