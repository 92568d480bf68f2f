"""Endpoints of webhooks as a company sees them, and its log of deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, literal
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, func, select

from store.tables import Event, WebhookDelivery, WebhookEndpoint

ACTIVE, PAUSED, DELETED = "active", "paused", "deleted"

DELIVERED, FAILING, WAITING = "delivered", "failing", "waiting"


def endpoint(session: Session, company_id: int, endpoint_id: int) -> WebhookEndpoint | None:
    """A company's endpoint that is not deleted, held still until the transaction ends."""
    query = (
        select(WebhookEndpoint)
        .where(
            WebhookEndpoint.id == endpoint_id,
            WebhookEndpoint.company_id == company_id,
            WebhookEndpoint.state != DELETED,
        )
        .with_for_update()
    )
    return session.exec(query).first()


def endpoints(
    session: Session, company_id: int, *, after: int = 0, limit: int | None = None
) -> Sequence[WebhookEndpoint]:
    """A company's endpoints, in the order of their rows."""
    query = (
        select(WebhookEndpoint)
        .where(
            WebhookEndpoint.company_id == company_id,
            WebhookEndpoint.state != DELETED,
            col(WebhookEndpoint.id) > after,
        )
        .order_by(col(WebhookEndpoint.id))
        .limit(limit)
    )
    return session.exec(query).all()


def deliveries(
    session: Session,
    endpoint_id: int,
    *,
    status: str | None = None,
    before: int | None = None,
    limit: int,
) -> Sequence[tuple[WebhookDelivery, str]]:
    """An endpoint's log with the kinds of the events: the newest event first."""
    query = (
        select(WebhookDelivery, Event.kind)
        .join(Event, col(Event.id) == col(WebhookDelivery.event_id))
        .where(WebhookDelivery.endpoint_id == endpoint_id)
        .order_by(col(WebhookDelivery.event_id).desc())
        .limit(limit)
    )
    if status is not None:
        query = query.where(WebhookDelivery.status == status)
    if before is not None:
        query = query.where(col(WebhookDelivery.event_id) < before)
    return session.exec(query).all()


def wanted_by(row: WebhookEndpoint) -> list[ColumnElement[bool]]:
    """The conditions on `Event` of what an endpoint is to be told of."""
    conditions = [col(Event.company_id) == row.company_id]
    if row.kinds is not None:
        conditions.append(col(Event.kind).in_(row.kinds))
    return conditions


def passed_event(session: Session, row: WebhookEndpoint, event_id: int) -> bool:
    """Whether it is an event of the company, and one that the deliveries have come to."""
    query = select(Event.id).where(
        Event.id == event_id, Event.company_id == row.company_id, col(Event.id) <= row.cursor
    )
    return session.exec(query).first() is not None


def passed_since(session: Session, row: WebhookEndpoint, since: datetime) -> int:
    """How many of the events that the endpoint wants and has come to are not older than that."""
    query = select(func.count()).select_from(Event).where(*_passed(row, since))
    return session.exec(query).one()


def ask_again(session: Session, row: WebhookEndpoint, event_id: int, now: datetime) -> None:
    """Have one event sent again."""
    _again(session, select(*_waiting(row, now)).where(Event.id == event_id))


def ask_again_since(session: Session, row: WebhookEndpoint, since: datetime, now: datetime) -> int:
    """Have all events sent again that are not older than that business instant; how many."""
    return _again(session, select(*_waiting(row, now)).where(*_passed(row, since)))


def forget(session: Session, endpoint_id: int) -> None:
    """Drop an endpoint's log."""
    session.execute(delete(WebhookDelivery).where(col(WebhookDelivery.endpoint_id) == endpoint_id))


def _passed(row: WebhookEndpoint, since: datetime) -> list[ColumnElement[bool]]:
    return [*wanted_by(row), col(Event.at) >= since, col(Event.id) <= row.cursor]


def _waiting(row: WebhookEndpoint, now: datetime) -> list[ColumnElement[Any]]:
    return [
        literal(row.id),
        col(Event.id).label("event_id"),
        literal(WAITING),
        literal(0),
        literal(""),
        literal(now),
    ]


def _again(session: Session, rows: Any) -> int:
    columns = ["endpoint_id", "event_id", "status", "attempts", "last_error", "last_at"]
    new = insert(WebhookDelivery).from_select(columns, rows)
    done = session.execute(
        new.on_conflict_do_update(
            index_elements=["endpoint_id", "event_id"], set_={"status": WAITING}
        )
    )
    assert isinstance(done, CursorResult)  # noqa: S101 - what an INSERT gives
    return done.rowcount
