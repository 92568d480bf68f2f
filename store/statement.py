"""The month's charges of each company, from their rows and from the event logs."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from pydantic import TypeAdapter
from sqlmodel import Session, col, select

from domain.outcomes import Outcome
from domain.statement import Line, Month, Statement, from_events
from domain.states import Channel
from store.tables import Company, Event, Invoice, ServiceCharge

_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)

_KINDS = ("letter_released", "letter_rerouted", "letter_withdrawn")


def statements(session: Session, month: Month, company: str | None = None) -> list[Statement]:
    """Each company's statement, by business id; of one company alone if given."""
    query = select(Company).order_by(col(Company.business_id))
    if company is not None:
        query = query.where(Company.business_id == company)
    return [
        Statement(
            company=owner.business_id,
            company_name=owner.name,
            month=month,
            lines=_lines(session, owner.id, month),
            events_cents=_events_cents(session, owner.id, month),
        )
        for owner in session.exec(query).all()
    ]


def _lines(session: Session, company_id: int, month: Month) -> tuple[Line, ...]:
    rows = session.exec(
        select(ServiceCharge).where(
            ServiceCharge.company_id == company_id,
            col(ServiceCharge.charged_at) >= month.begins,
            col(ServiceCharge.charged_at) < month.following.begins,
        )
    )
    cents: dict[tuple[str, str], int] = defaultdict(int)
    letters: dict[str, int] = defaultdict(int)
    for row in rows:
        cents[row.channel, "reversed" if row.reversal else row.kind] += row.amount_cents
        if row.kind == "transaction":
            letters[row.channel] += -1 if row.reversal else 1
    there = {channel for channel, _ in cents}
    return tuple(
        Line(
            channel=channel,
            letters=letters[channel],
            service_cents=cents[channel, "service"],
            transaction_cents=cents[channel, "transaction"],
            reversed_cents=cents[channel, "reversed"],
        )
        for channel in Channel
        if channel.value in there
    )


def _events_cents(session: Session, company_id: int, month: Month) -> int:
    touched = (
        select(Event.invoice_id)
        .join(Invoice, col(Invoice.id) == col(Event.invoice_id))
        .where(
            Invoice.company_id == company_id,
            col(Event.kind).in_(_KINDS),
            col(Event.at) >= month.begins,
            col(Event.at) < month.following.begins,
        )
    )
    rows = session.exec(
        select(Event.invoice_id, Event.at, Event.outcome)
        .where(col(Event.invoice_id).in_(touched), col(Event.kind).in_(_KINDS))
        .order_by(col(Event.invoice_id), col(Event.seq))
    )
    logs: dict[int, list[tuple[datetime, Outcome]]] = defaultdict(list)
    for invoice_id, at, outcome in rows:
        logs[invoice_id].append((at, _OUTCOME.validate_python(outcome)))
    return sum(from_events(log, month) for log in logs.values())
