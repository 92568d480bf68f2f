"""What is to be delivered to an endpoint next, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, func, select

from domain.outcomes import Outcome
from store import event_feed, webhooks
from store.tables import (
    Company,
    Event,
    Invoice,
    RuleVersion,
    WebhookDelivery,
    WebhookEndpoint,
)
from store.webhooks import ACTIVE, DELIVERED, FAILING, PAUSED, WAITING

_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)

KEPT = timedelta(days=30)
"""How long the log of deliveries goes back."""


@dataclass(frozen=True, slots=True)
class Item:
    """An event to be delivered. `again`: because somebody asked for it."""

    event: Event
    outcome: Outcome
    company: str
    """The business id."""
    invoice: str
    rule: RuleVersion | None
    again: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt went. `http_status` None: no answer came; `error` "": it was taken."""

    at: datetime
    took_ms: int
    http_status: int | None
    error: str = ""


def next_item(session: Session, row: WebhookEndpoint) -> Item | None:
    """What goes out next: first what somebody asked for again, then the log in its order."""
    waiting = session.exec(
        select(WebhookDelivery.event_id)
        .where(WebhookDelivery.endpoint_id == row.id, WebhookDelivery.status == WAITING)
        .order_by(col(WebhookDelivery.event_id))
        .limit(1)
    ).first()
    if waiting is not None:
        return _item(session, session.get_one(Event, waiting), again=True)
    following = session.exec(
        select(Event)
        .where(
            *webhooks.wanted_by(row),
            col(Event.id) > row.cursor,
            col(Event.id) <= event_feed.settled(session),
        )
        .order_by(col(Event.id))
        .limit(1)
    ).first()
    return _item(session, following, again=False) if following else None


def come_to_rest(session: Session, row: WebhookEndpoint, now: datetime) -> None:
    """Nothing is left to deliver to the endpoint, whose row the caller holds."""
    row.told_at = None
    row.cursor = max(row.cursor, event_feed.settled(session))
    session.add(row)
    session.execute(
        delete(WebhookDelivery).where(
            col(WebhookDelivery.endpoint_id) == row.id,
            col(WebhookDelivery.last_at) < now - KEPT,
            col(WebhookDelivery.status) != WAITING,
        )
    )


def note(session: Session, endpoint_id: int, item: Item, answer: Answer) -> None:
    """Note how an attempt went; a delivered event is behind the endpoint's cursor."""
    taken = not answer.error
    status = DELIVERED if taken else WAITING if item.again else FAILING
    said = {
        "status": status,
        "http_status": answer.http_status,
        "took_ms": answer.took_ms,
        "last_error": answer.error,
        "last_at": answer.at,
    }
    if taken:
        said["delivered_at"] = answer.at
    new = insert(WebhookDelivery).values(
        endpoint_id=endpoint_id, event_id=item.event.id, attempts=1, **said
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=["endpoint_id", "event_id"],
            set_={**said, "attempts": col(WebhookDelivery.attempts) + 1},
        )
    )
    change = update(WebhookEndpoint).where(col(WebhookEndpoint.id) == endpoint_id)
    if not taken:
        first = func.coalesce(col(WebhookEndpoint.failing_since), answer.at)
        session.execute(change.values(failing_since=first))
        return
    session.execute(change.values(failing_since=None))
    if not item.again:
        behind = change.where(col(WebhookEndpoint.cursor) < item.event.id)
        session.execute(behind.values(cursor=item.event.id))


def pause(session: Session, endpoint_id: int, reason: str, now: datetime) -> WebhookEndpoint | None:
    """Let nothing leave until somebody resumes it; None: it is not active any more."""
    row = session.get_one(WebhookEndpoint, endpoint_id, with_for_update=True)
    if row.state != ACTIVE:
        return None
    row.state = PAUSED
    row.paused_at = now
    row.pause_reason = reason
    row.told_at = None
    row.version += 1
    session.add(row)
    return row


def _item(session: Session, event: Event, *, again: bool) -> Item:
    version = event.rule_version_id
    return Item(
        event=event,
        outcome=_OUTCOME.validate_python(event.outcome),
        company=session.get_one(Company, event.company_id).business_id,
        invoice=session.get_one(Invoice, event.invoice_id).number,
        rule=session.get_one(RuleVersion, version) if version else None,
        again=again,
    )
