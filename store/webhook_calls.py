"""Whose workflow is to be woken: endpoints that have changed, or that events wait for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, any_, exists, update
from sqlmodel import Session, and_, col, or_, select

from store import event_feed
from store.tables import Company, Event, WebhookDelivery, WebhookEndpoint
from store.webhooks import ACTIVE, WAITING

TOLD_AGAIN = timedelta(minutes=10)
"""A workflow that was woken and has not come to rest since is woken again: the call may have been
lost. Not sooner: one whose endpoint is down for days must not find its history full of calls."""


@dataclass(frozen=True, slots=True)
class Call:
    """A workflow to be told. `changed`: its endpoint has changed; otherwise events wait."""

    endpoint_id: int
    company: str
    """The business id."""
    version: int
    changed: bool


def calls(session: Session, now: datetime, limit: int = 500) -> list[Call]:
    """The workflows to be told now; those that events wait for count as told from then on."""
    # Those at rest that want none of what has come: the next look begins behind it.
    session.execute(
        update(WebhookEndpoint)
        .where(
            col(WebhookEndpoint.state) == ACTIVE,
            col(WebhookEndpoint.told_at).is_(None),
            col(WebhookEndpoint.cursor) < event_feed.settled(session),
            ~_events_wait(session),
        )
        .values(cursor=event_feed.settled(session))
        .execution_options(synchronize_session=False)
    )
    overdue = or_(
        col(WebhookEndpoint.told_at).is_(None),
        col(WebhookEndpoint.told_at) < now - TOLD_AGAIN,
    )
    something = or_(_events_wait(session), _asked_again())
    query = (
        select(WebhookEndpoint, Company.business_id)
        .join(Company, col(Company.id) == col(WebhookEndpoint.company_id))
        .where(
            or_(
                col(WebhookEndpoint.signal_pending).is_(True),
                and_(col(WebhookEndpoint.state) == ACTIVE, overdue, something),
            )
        )
        .order_by(col(WebhookEndpoint.id))
        .limit(limit)
        .with_for_update(of=WebhookEndpoint, skip_locked=True)
    )
    found = []
    for row, company in session.exec(query):
        row.told_at = now
        session.add(row)
        found.append(Call(row.id, company, row.version, changed=row.signal_pending))
    return found


def told(session: Session, done: Sequence[Call]) -> None:
    """Those that had changed know it, as far as they have not changed again."""
    for call in done:
        if call.changed:
            session.execute(
                update(WebhookEndpoint)
                .where(
                    col(WebhookEndpoint.id) == call.endpoint_id,
                    col(WebhookEndpoint.version) == call.version,
                )
                .values(signal_pending=False)
            )


def not_told(session: Session, missed: Sequence[Call]) -> None:
    """These could not be told: the next look finds them again."""
    session.execute(
        update(WebhookEndpoint)
        .where(col(WebhookEndpoint.id).in_([call.endpoint_id for call in missed]))
        .values(told_at=None)
    )


def _events_wait(session: Session) -> ColumnElement[bool]:
    return exists().where(
        col(Event.company_id) == col(WebhookEndpoint.company_id),
        col(Event.id) > col(WebhookEndpoint.cursor),
        col(Event.id) <= event_feed.settled(session),
        or_(
            col(WebhookEndpoint.kinds).is_(None),
            col(Event.kind) == any_(col(WebhookEndpoint.kinds)),
        ),
    )


def _asked_again() -> ColumnElement[bool]:
    return exists().where(
        col(WebhookDelivery.endpoint_id) == col(WebhookEndpoint.id),
        col(WebhookDelivery.status) == WAITING,
    )
