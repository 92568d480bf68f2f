"""A company's invoices on somebody's behalf: a page of them, how many there are, and which one.

A page comes in one of a few orders (`By`) and by key. It is read off an index for each state that
is asked for, and of what those give the first rows are taken: so it costs the same at the first
page and the last, however many invoices there are (docs/api.md has the query's plan). Where
something narrower is asked for, what fits is found first and then put in order.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select
from sqlmodel import Session, col, select

from domain.states import FINAL_STATES, InvoiceState
from domain.steps import StepKind
from store import invoice_search, sums
from store.invoice_order import BY_DUE, By, Line, Order, Reading
from store.invoice_search import Match
from store.scope import Scope
from store.sets import among
from store.tables import BankPayment, Customer, Invoice, Notice, PaymentShare


@dataclass(frozen=True, slots=True)
class Sought:
    """Which invoices. `states`: none for all. `number`: what the number begins with.

    `attention`, `approval`: those that need a person's attention, or whose letter or hand-over
    waits for a person's approval. `service`: of those at the agency, the ones in this service.
    `held`: those that somebody holds. `words`: what `store.invoice_search` looks for. `ids`,
    `numbers`: of these invoices alone.
    """

    states: tuple[InvoiceState, ...] = ()
    customer_id: int | None = None
    attention: bool = False
    approval: bool = False
    due_from: date | None = None
    due_to: date | None = None
    number: str = ""
    service: str = ""
    held: bool | None = None
    words: str = ""
    ids: tuple[int, ...] | None = None
    numbers: tuple[str, ...] = ()
    match: Match | None = None
    """What the words have come to."""

    @property
    def narrow(self) -> bool:
        """Whether something else than the states says where to look."""
        if self.ids is not None or (self.match is not None and self.match.ids is not None):
            return True
        said = (self.customer_id, self.attention, self.approval, self.number, self.numbers)
        return any(said) or self.held is True


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


# Constants of the statement, as in the partial index that is for them.
_APPROVAL = col(Invoice.next_step) == sa.literal_column(f"'{StepKind.APPROVE.value}'")
_ATTENTION = col(Invoice.attention) != sa.literal_column("''")


def page(
    session: Session,
    scope: Scope,
    sought: Sought,
    *,
    order: Order = BY_DUE,
    after: tuple[Any, ...] | None = None,
    backwards: bool = False,
    limit: int = 50,
) -> list[Line]:
    """Invoices in an order, at most `limit`: those after a place (`Order.place`), or, `backwards`,
    the last ones before it."""
    _plan_each(session)
    sought = resolved(session, scope, sought)
    many = order.by is By.CUSTOMER and _many(session, scope, sought)
    query = page_query(scope, sought, order, after, limit, backwards=backwards, many=many)
    lines = [Line(*row) for row in session.execute(query)]
    return lines[::-1] if backwards else lines


def resolved(session: Session, scope: Scope, sought: Sought) -> Sought:
    """The same with what its words come to."""
    if not sought.words.strip() or sought.match is not None:
        return sought
    narrowing = [*_conditions(sought), *_in_states(sought)]
    return replace(sought, match=invoice_search.look(session, scope, sought.words, narrowing))


def count(session: Session, scope: Scope, sought: Sought, most: int) -> int:
    """How many there are; `most` if there are as many or more."""
    _plan_each(session)
    some = chosen(scope, resolved(session, scope, sought)).limit(most).subquery()
    found: int = session.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
    return found


def chosen(scope: Scope, sought: Sought) -> Select[int]:
    """The ids of all of them, in no order; of a `resolved` one."""
    return sa.select(col(Invoice.id)).where(
        scope.invoices(), *_conditions(sought), *_in_states(sought)
    )


def page_query(
    scope: Scope,
    sought: Sought,
    order: Order,
    after: tuple[Any, ...] | None,
    limit: int,
    *,
    backwards: bool = False,
    many: bool = False,
) -> Select[Any]:
    """The statement that `page` runs, of a `resolved` one. `many`: invoices in these states, so
    that nearly every customer has some."""
    reading = Reading(order, after, order.descending is not backwards, limit)
    conditions = [scope.invoices(), *_conditions(sought)]
    if sought.narrow or scope.owner is not None or (order.by is By.CUSTOMER and not many):
        found = reading.all_at_once([*conditions, *_in_states(sought)])
    elif order.by is By.CUSTOMER:
        found = reading.each_customer(scope, [*conditions, *_in_states(sought)])
    else:
        found = reading.each_state(sought.states or tuple(InvoiceState), conditions)
    columns: tuple[Any, ...] = (
        *(Invoice.id, Invoice.number, Invoice.customer_id, Customer.key, Customer.name),
        *(Invoice.invoice_date, Invoice.due, Invoice.principal_cents, Invoice.open_cents),
        *(Invoice.state, Invoice.collection_status, Invoice.attention, Invoice.held),
        *(Invoice.next_step, Invoice.next_step_at, Invoice.next_step_why, Invoice.owner),
        Invoice.agency_service,
    )
    return (
        sa.select(*columns)
        .join(found, found.c.id == col(Invoice.id))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .order_by(*reading.ordered(reading.keys()))
        .limit(limit)
    )


def _many(session: Session, scope: Scope, sought: Sought) -> bool:
    """Whether there are more in these states than are put in order at once."""
    among_them = sought.states or tuple(InvoiceState)
    return (
        sum(one.invoices for one in sums.by_state(session, scope) if one.state in among_them) > _FEW
    )


_FEW = 5_000


def _plan_each(session: Session) -> None:
    """Have PostgreSQL plan for the very values until the transaction ends: what is best for a
    state, a place or a search is far from it for another."""
    session.execute(sa.text("SET LOCAL plan_cache_mode = force_custom_plan"))


def _in_states(sought: Sought) -> list[ColumnElement[bool]]:
    if not sought.states:
        return []
    conditions: list[ColumnElement[bool]] = [
        col(Invoice.state).in_([_constant(one) for one in sought.states])
    ]
    if not FINAL_STATES.intersection(sought.states):
        conditions.append(_RUNNING)
    return conditions


def _constant(state: InvoiceState) -> Any:
    return sa.literal_column(f"'{state.value}'")


_RUNNING = col(Invoice.state).in_(
    [_constant(state) for state in InvoiceState if state not in FINAL_STATES]
)
"""As the partial indexes have it."""


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
    if sought.service:
        conditions.append(col(Invoice.agency_service) == sought.service)
    if sought.held is not None:
        held: Any = col(Invoice.held)
        conditions.append(held if sought.held else ~held)
    if sought.ids is not None:
        conditions.append(among(Invoice.id, sought.ids))
    if sought.numbers:
        conditions.append(among(Invoice.number, sought.numbers))
    if sought.match is not None:
        conditions.append(sought.match.condition())
    return conditions


def seen(session: Session, scope: Scope, invoice_id: int) -> Invoice | None:
    """The invoice; None if there is none of this id that may be seen."""
    query = sa.select(Invoice).where(scope.invoices(), col(Invoice.id) == invoice_id)
    return session.execute(query).scalars().first()


def by_number(session: Session, scope: Scope, numbers: Collection[str]) -> dict[str, int]:
    """The invoices of these numbers that may be seen: their ids."""
    query = select(Invoice.number, Invoice.id).where(
        scope.invoices(), among(Invoice.number, numbers)
    )
    return dict(session.exec(query).all())


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
