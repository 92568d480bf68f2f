"""The figures of a company that are counted from its rows: the funnel, sales, what goes out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.ledger import EntryKind
from domain.overview import Leaving, Rung
from domain.states import FINAL_STATES
from domain.steps import StepKind
from store.scope import Scope
from store.tables import AgencyCase, Event, Invoice, LedgerEntry, Notice

_LEAVES = (StepKind.COURTESY, StepKind.REMIND, StepKind.NOTIFY, StepKind.HAND_OVER)

_ADDS = (
    *(EntryKind.PRINCIPAL, EntryKind.INTEREST, EntryKind.FEE),
    *(EntryKind.PAYMENT_REVERSED, EntryKind.OVERPAYMENT_REFUNDED),
)
"""Entries by which more is owed; all others make it less."""


def came_to(session: Session, scope: Scope, since: datetime) -> dict[Rung, int]:
    """How many invoices came to each rung of the ladder since a business instant."""
    outcome = col(Event.outcome)
    rung = sa.case(
        (col(Event.kind) == "became_overdue", Rung.OVERDUE.value),
        (
            col(Event.kind) == "letter_released",
            sa.case(
                {"reminder": Rung.REMINDED.value, "notice": Rung.NOTIFIED.value},
                value=outcome["letter"]["kind"].as_string(),
            ),
        ),
        (col(Event.kind) == "handed_over", Rung.AT_AGENCY.value),
        (col(Event.kind) == "state_set", outcome["to"].as_string()),
        (col(Event.kind) == "closed", outcome["state"].as_string()),
    )
    kinds = ("became_overdue", "letter_released", "handed_over", "state_set", "closed")
    query = (
        sa.select(rung, sa.func.count(sa.distinct(col(Event.invoice_id))))
        .where(
            scope.companies(Event.company_id), col(Event.at) >= since, col(Event.kind).in_(kinds)
        )
        .group_by(sa.literal_column("1"))
    )
    if scope.owner is not None:
        query = query.join(Invoice, col(Invoice.id) == col(Event.invoice_id)).where(
            scope.invoices()
        )
    counts = {row[0]: int(row[1]) for row in session.execute(query)}
    registered = sa.select(sa.func.count()).where(
        scope.invoices(), col(Invoice.registered_at) >= since
    )
    counts[Rung.REGISTERED.value] = session.execute(registered).scalar_one()
    return {rung: counts.get(rung.value, 0) for rung in Rung}


def sales(session: Session, scope: Scope) -> tuple[dict[date, int], dict[date, int]]:
    """By the first day of each month: what was invoiced in it, and by how much what is owed grew
    (cents), as the ledgers say."""
    cents = col(LedgerEntry.amount_cents)
    month = sa.cast(sa.func.date_trunc("month", col(LedgerEntry.on)), sa.Date)
    principal = col(LedgerEntry.kind) == EntryKind.PRINCIPAL.value
    adds = col(LedgerEntry.kind).in_([kind.value for kind in _ADDS])
    query = (
        sa.select(
            month,
            sa.func.coalesce(sa.func.sum(cents).filter(principal), 0),
            sa.func.sum(sa.case((adds, cents), else_=-cents)),
        )
        .join(Invoice, col(Invoice.id) == col(LedgerEntry.invoice_id))
        .where(scope.invoices())
        .group_by(sa.literal_column("1"))
    )
    rows = session.execute(query).all()
    return {row[0]: int(row[1]) for row in rows}, {row[0]: int(row[2]) for row in rows}


def gone(session: Session, scope: Scope, since: datetime) -> tuple[Leaving, ...]:
    """What has gone out since a business instant, by Finnish day, kind and channel."""
    day = _day(col(Notice.sent_at))
    letters = (
        sa.select(day, col(Notice.kind), col(Notice.channel), sa.func.count())
        .join(Invoice, col(Invoice.id) == col(Notice.invoice_id))
        .where(scope.invoices(), col(Notice.sent_at) >= since, col(Notice.status) != "withdrawn")
        .group_by(sa.literal_column("1"), col(Notice.kind), col(Notice.channel))
    )
    day = _day(col(AgencyCase.assigned_at))
    kind: sa.ColumnElement[str] = sa.literal_column(f"'{StepKind.HAND_OVER.value}'")
    assigned = (
        sa.select(day, kind, col(AgencyCase.service), sa.func.count())
        .join(Invoice, col(Invoice.id) == col(AgencyCase.invoice_id))
        .where(scope.invoices(), col(AgencyCase.assigned_at) >= since)
        .group_by(sa.literal_column("1"), col(AgencyCase.service))
    )
    rows = [*session.execute(letters), *session.execute(assigned)]
    return _lines(rows)


def to_come(session: Session, scope: Scope, now: datetime, until: datetime) -> tuple[Leaving, ...]:
    """What is planned to go out before a business instant, by Finnish day and kind.

    What is overdue to leave by the clock stands under today, where it leaves.
    """
    when = sa.func.greatest(col(Invoice.next_step_at), now)
    day = _day(when)
    nothing: sa.ColumnElement[str] = sa.literal_column("''")
    query = (
        sa.select(day, col(Invoice.next_step), nothing, sa.func.count())
        .where(
            scope.invoices(),
            col(Invoice.state).not_in([state.value for state in FINAL_STATES]),
            col(Invoice.next_step).in_([kind.value for kind in _LEAVES]),
            col(Invoice.next_step_at) < until,
        )
        .group_by(sa.literal_column("1"), col(Invoice.next_step))
    )
    return _lines(list(session.execute(query)))


def _day(instant: object) -> sa.ColumnElement[date]:
    local: sa.ColumnElement[date] = sa.cast(
        sa.func.timezone(sa.literal_column("'Europe/Helsinki'"), instant), sa.Date
    )
    return local


def _lines(rows: Sequence[Any]) -> tuple[Leaving, ...]:
    lines = (Leaving(day=row[0], kind=row[1], by=row[2], invoices=row[3]) for row in rows)
    return tuple(sorted(lines, key=lambda line: (line.day, line.kind, line.by)))
