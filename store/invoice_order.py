"""The orders that a list of invoices comes in, and a page of it in one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select
from sqlmodel import col

from domain.states import InvoiceState
from store.scope import Scope
from store.tables import Customer, Invoice


class By(StrEnum):
    """What a list is in the order of."""

    DUE = "due"
    NUMBER = "number"
    CUSTOMER = "customer"
    SUM = "sum"
    """What is open."""
    STATUS = "status"
    """The state, and at the agency the collection status."""
    STEP = "step"
    """When the next step comes; those that wait for something come last."""


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list."""

    by: By = By.DUE
    descending: bool = False

    def place(self, line: Line) -> tuple[Any, ...]:
        """Where a line is: what the next page comes after."""
        match self.by:
            case By.DUE:
                return line.due, line.id
            case By.NUMBER:
                return line.number, line.id
            case By.CUSTOMER:
                return line.customer_name, line.customer_id, line.id
            case By.SUM:
                return line.open_cents, line.id
            case By.STATUS:
                status = line.collection_status if line.state == _AT_AGENCY else ""
                return line.state, status, line.due, line.id
            case By.STEP:
                return line.next_step_at, line.id


BY_DUE = Order()

_AT_AGENCY = InvoiceState.IN_COLLECTION.value


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
    agency_service: str = ""


_NEVER: Any = sa.literal_column("'infinity'::timestamptz")
_RANK = sa.case({state.value: n for n, state in enumerate(InvoiceState)}, value=col(Invoice.state))
_STATUS = sa.case((col(Invoice.state) == _AT_AGENCY, col(Invoice.collection_status)), else_="")


@dataclass(frozen=True, slots=True)
class Reading:
    """A page being read: in which order, from where, in which direction, how much of it."""

    order: Order
    after: tuple[Any, ...] | None
    downwards: bool
    limit: int

    def keys(self) -> tuple[Any, ...]:
        """What the order is made of, one after the other."""
        last = col(Invoice.id)
        match self.order.by:
            case By.DUE:
                return col(Invoice.due), last
            case By.NUMBER:
                return sa.collate(col(Invoice.number), "C"), last
            case By.CUSTOMER:
                return sa.func.lower(col(Customer.name)), col(Customer.id), last
            case By.SUM:
                return col(Invoice.open_cents), last
            case By.STATUS:
                return _RANK, _STATUS, col(Invoice.due), last
            case By.STEP:
                return sa.func.coalesce(col(Invoice.next_step_at), _NEVER), last

    def place(self) -> tuple[Any, ...]:
        """The values of the keys that the page comes after."""
        assert self.after is not None  # noqa: S101
        first, *rest = self.after
        match self.order.by:
            case By.CUSTOMER:
                first = sa.func.lower(first)
            case By.STATUS:
                first = _rank(first)
            case By.STEP:
                first = _NEVER if first is None else first
        return (first, *rest)

    def ordered(self, keys: Sequence[Any]) -> list[Any]:
        return [key.desc() if self.downwards else key for key in keys]

    def beyond(self, keys: Sequence[Any], place: Sequence[Any]) -> ColumnElement[bool]:
        here, there = sa.tuple_(*keys), sa.tuple_(*place)
        return here < there if self.downwards else here > there

    def all_at_once(self, conditions: Sequence[ColumnElement[bool]]) -> Any:
        """What fits, put in order."""
        keys = self.keys()
        query = sa.select(col(Invoice.id)).where(*conditions)
        if self.order.by is By.CUSTOMER:
            query = query.join(Customer, col(Customer.id) == col(Invoice.customer_id))
        if self.after is not None:
            query = query.where(self.beyond(keys, self.place()))
        return query.order_by(*self.ordered(keys)).limit(self.limit).subquery()

    def each_customer(self, scope: Scope, conditions: Sequence[ColumnElement[bool]]) -> Any:
        """The customers one after the other, and of each the first invoices that fit."""
        name, customer, last = self.keys()
        these = sa.select(name.label("name"), col(Customer.id)).where(
            scope.companies(Customer.company_id)
        )
        if self.after is not None:
            names, place = sa.tuple_(name, customer), sa.tuple_(*self.place()[:2])
            these = these.where(names <= place if self.downwards else names >= place)
        some = these.order_by(*self.ordered((name, customer))).subquery()
        fitting = sa.select(col(Invoice.id)).where(
            col(Invoice.customer_id) == some.c.id, *conditions
        )
        keys = (some.c.name, some.c.id)
        if self.after is not None:
            fitting = fitting.where(self.beyond((*keys, last), self.place()))
        each = fitting.order_by(*self.ordered((last,))).limit(self.limit).lateral("each")
        query = sa.select(each.c.id).select_from(some.join(each, sa.true()))
        return query.order_by(*self.ordered((*keys, each.c.id))).limit(self.limit).subquery()

    def each_state(
        self, states: Sequence[InvoiceState], conditions: Sequence[ColumnElement[bool]]
    ) -> Any:
        """The first of each state, of which the first in all are among."""
        parts = [self._one_state(state, conditions) for state in states]
        found = [sa.select(part.subquery()) for part in parts if part is not None]
        return (sa.union_all(*found) if found else sa.select(col(Invoice.id)).limit(0)).subquery()

    def _one_state(
        self, state: InvoiceState, conditions: Sequence[ColumnElement[bool]]
    ) -> Select[int] | None:
        # A constant of the statement, as in the partial indexes that are for it.
        here = col(Invoice.state) == sa.literal_column(f"'{state.value}'")
        query = sa.select(col(Invoice.id)).where(*conditions, here)
        keys, place = self.keys(), None if self.after is None else self.place()
        if self.order.by is By.STATUS:
            # Within a state the rank says nothing, and elsewhere than at the agency the status.
            at_agency = state.value == _AT_AGENCY
            keys = (col(Invoice.collection_status), *keys[2:]) if at_agency else keys[2:]
            if place is not None:
                first, place = place[0], place[1:] if at_agency else place[2:]
                if first != _rank(state.value):
                    if (_rank(state.value) < first) is not self.downwards:
                        return None
                    place = None
        if place is not None:
            query = query.where(self.beyond(keys, place))
        return query.order_by(*self.ordered(keys)).limit(self.limit)


def _rank(state: str) -> int:
    return tuple(InvoiceState).index(InvoiceState(state))
