"""The activities that deliver a company's events to an endpoint of its, and that pause one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError

from domain.actors import AUTOMATION, actor_kind
from domain.event_facts import facts, state_after
from integrations.webhooks import EVENT_ID, SIGNATURE, NotTaken, Sender, signature
from store import audit, event_feed, people, webhook_queue
from store.database import Database
from store.sealing import Sealer, WrongKey
from store.tables import Company, WebhookEndpoint
from store.webhook_queue import Answer, Item
from store.webhooks import ACTIVE, DELETED
from workflows.webhook_contract import DELIVER_EVENTS, PAUSE_WEBHOOK, Delivered, Pause

_SECONDS = 20.0
"""One attempt takes on no other event after that."""

_LONGEST_WAIT = timedelta(hours=1)
"""However long a receiver asks us to wait."""


def sealed_at(endpoint_id: int) -> str:
    """The place that an endpoint's secrets are sealed for."""
    return f"webhook/{endpoint_id}"


def body_of(item: Item) -> bytes:
    """What is delivered: the same bytes for the same event, however often. Nobody's name, address
    or words are in it."""
    event, rule = item.event, item.rule
    state = state_after(item.outcome)
    said = {
        "id": event.id,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "company": item.company,
        "invoice": item.invoice,
        "serial": event.seq,
        "actor": actor_kind(event.actor).value,
        "state": state and state.value,
        "rule": rule and {"id": rule.rule_id, "version": rule.version},
        "facts": facts(item.outcome),
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class DeliverEvents:
    """Delivers one event after the other, each to be taken before the next one leaves.

    A worker that dies between the receiver's answer and our note of it leaves the event to be
    delivered again, under the same id. `real_now`: the real instant, which is what a receiver
    compares a signature's with.
    """

    database: Database
    sealer: Sealer
    sender: Sender
    real_now: Callable[[], datetime]

    @activity.defn(name=DELIVER_EVENTS)
    def __call__(self, endpoint_id: int) -> Delivered:
        began = time.monotonic()
        event_feed.advance(self.database)
        events = 0
        while True:
            with self.database.transaction() as session:
                row = session.get_one(WebhookEndpoint, endpoint_id, with_for_update=True)
                if row.state != ACTIVE:
                    return Delivered(
                        events=events, gone=row.state == DELETED, paused=row.state != DELETED
                    )
                item = webhook_queue.next_item(session, row)
                if item is None:
                    webhook_queue.come_to_rest(session, row, self.real_now())
                    return Delivered(events=events)
            tired = time.monotonic() - began > _SECONDS
            if events and (tired or activity.is_worker_shutdown()):
                return Delivered(events=events, more=True)
            if (failure := self._deliver(row, item)) is not None:
                if events and not failure.gone:
                    # It has taken some: this one has its own days to be tried for.
                    return Delivered(events=events, more=True)
                raise _error(item, failure) from failure
            events += 1

    def _deliver(self, row: WebhookEndpoint, item: Item) -> NotTaken | None:
        body, now, began = body_of(item), self.real_now(), time.monotonic()
        failure: NotTaken | None = None
        status: int | None
        try:
            status = self.sender.send(row.url, body, self._headers(row, item, body, now))
        except NotTaken as said:
            failure, status = said, said.status
        except WrongKey:
            failure = NotTaken("its secret cannot be opened: has KARHU_FILE_KEY changed?")
            status = None
        answer = Answer(
            at=now,
            took_ms=round((time.monotonic() - began) * 1000),
            http_status=status,
            error=str(failure) if failure else "",
        )
        with self.database.transaction() as session:
            webhook_queue.note(session, row.id, item, answer)
        return failure

    def _headers(
        self, row: WebhookEndpoint, item: Item, body: bytes, now: datetime
    ) -> dict[str, str]:
        sealed = [row.secret]
        if row.older_secret is not None and row.older_until is not None and now < row.older_until:
            sealed.append(row.older_secret)
        secrets = [self.sealer.open(one, sealed_at(row.id)).decode() for one in sealed]
        return {
            "Content-Type": "application/json",
            "User-Agent": "Karhu-Webhook/1",
            EVENT_ID: str(item.event.id),
            SIGNATURE: signature(secrets, int(now.timestamp()), body),
        }


@dataclass(frozen=True)
class PauseWebhook:
    """Pauses an endpoint that has failed for days."""

    database: Database
    real_now: Callable[[], datetime]

    @activity.defn(name=PAUSE_WEBHOOK)
    def __call__(self, pause: Pause) -> None:
        with self.database.transaction() as session:
            now = self.real_now()
            row = webhook_queue.pause(session, pause.endpoint_id, pause.reason, now)
            if row is not None:
                _note(session, row, now)


def _note(session: Session, row: WebhookEndpoint, now: datetime) -> None:
    company = session.get_one(Company, row.company_id)
    place = people.company_place(session, company.business_id)
    audit.note(session, now, AUTOMATION, "webhook.paused", f"webhook:{row.id}", place)


def _error(item: Item, failure: NotTaken) -> ApplicationError:
    after = failure.retry_after
    return ApplicationError(
        f"event {item.event.id}: {failure}",
        type="Gone" if failure.gone else "NotTaken",
        non_retryable=failure.gone,
        next_retry_delay=min(timedelta(seconds=after), _LONGEST_WAIT) if after else None,
    )
