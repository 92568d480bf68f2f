"""A company's webhooks: made, changed, paused and resumed, their secrets, and sending again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from activities.webhooks import sealed_at
from domain import personal_code
from integrations.webhooks import checked_url
from starter import access
from starter.people import NotDone, Unknown
from store import audit, event_feed, webhooks
from store.people import Place
from store.sealing import Sealer
from store.tables import WebhookEndpoint
from store.webhooks import ACTIVE, DELETED, PAUSED

SECRET_PREFIX = "karhu_whsec_"  # noqa: S105 - what every secret begins with

MOST_ENDPOINTS = 20
"""Of one company."""

MOST_AGAIN = 10_000
"""Events that are sent again by one request."""


@dataclass(frozen=True, slots=True)
class House:
    """Where webhooks are made. `sealer` None: no KARHU_FILE_KEY is set."""

    sealer: Sealer | None
    private: bool

    def seal(self, secret: str, endpoint_id: int) -> bytes:
        """A secret as it is kept. Raises `NotDone` without a key."""
        if self.sealer is None:
            raise NotDone(
                "KARHU_FILE_KEY is not set here: a webhook's secret cannot be kept",
                "have whoever runs this Karhu set it, the same for every process",
            )
        return self.sealer.seal(secret.encode(), sealed_at(endpoint_id))


def create(
    session: Session,
    place: Place,
    house: House,
    *,
    url: str,
    kinds: Sequence[str] | None,
    description: str,
    actor: str,
    now: datetime,
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint, told of events from now on, and its secret. `kinds` None: all.

    Raises `BadAddress`, `NotDone`.
    """
    company_id = _company(place)
    if len(webhooks.endpoints(session, company_id)) >= MOST_ENDPOINTS:
        raise NotDone(
            f"{place} has {MOST_ENDPOINTS} webhooks, and more are not made",
            "delete one that is not needed",
        )
    row = WebhookEndpoint(
        company_id=company_id,
        url=checked_url(url, private=house.private),
        kinds=None if kinds is None else sorted(set(kinds)),
        description=personal_code.left_out(description),
        secret=b"",
        cursor=event_feed.settled(session),
        created_at=now,
        created_by=actor,
        signal_pending=True,
    )
    session.add(row)
    session.flush()
    secret, _ = access.new_secret(SECRET_PREFIX)
    row.secret = house.seal(secret, row.id)
    _note(session, row, place, "created", actor, now, kinds=row.kinds)
    return row, secret


def find(session: Session, place: Place, endpoint_id: int) -> WebhookEndpoint:
    """One of the company's, held still. Raises `Unknown`."""
    row = webhooks.endpoint(session, _company(place), endpoint_id)
    if row is None:
        raise Unknown(f"{place} has no webhook {endpoint_id}", "look at the list of its webhooks")
    return row


def change(
    session: Session,
    place: Place,
    house: House,
    row: WebhookEndpoint,
    *,
    actor: str,
    now: datetime,
    url: str | None = None,
    kinds: Sequence[str] | None = (),
    description: str | None = None,
    state: str | None = None,
) -> None:
    """Change what is given. `kinds`: () leaves them, None means all from now on. Resumed (`state`
    "active"), it goes on with the first event that was not delivered. Raises `BadAddress`."""
    changed = []
    if url is not None:
        row.url = checked_url(url, private=house.private)
        changed.append("url")
    if kinds is None or kinds:
        row.kinds = None if kinds is None else sorted(set(kinds))
        changed.append("kinds")
    if description is not None:
        row.description = personal_code.left_out(description)
        changed.append("description")
    if state is not None and state != row.state:
        row.state = state
        row.paused_at = now if state == PAUSED else None
        row.pause_reason = "paused by hand" if state == PAUSED else ""
        if state == ACTIVE:
            row.failing_since = None
        changed.append("state")
    _told(row)
    _note(session, row, place, "changed", actor, now, changed=changed, state=row.state)


def rotate(
    session: Session,
    place: Place,
    house: House,
    row: WebhookEndpoint,
    *,
    overlap: timedelta,
    actor: str,
    now: datetime,
) -> str:
    """A new secret; the one before signs beside it for as long as `overlap`, the one before that
    no more."""
    secret, _ = access.new_secret(SECRET_PREFIX)
    row.older_secret, row.older_until = (row.secret, now + overlap) if overlap else (None, None)
    row.secret = house.seal(secret, row.id)
    _told(row)
    _note(session, row, place, "rotated", actor, now)
    return secret


def delete(
    session: Session, place: Place, row: WebhookEndpoint, *, actor: str, now: datetime
) -> None:
    """Send nothing more, and drop the log of what was sent."""
    row.state = DELETED
    row.secret, row.older_secret, row.older_until = b"", None, None
    webhooks.forget(session, row.id)
    _told(row)
    _note(session, row, place, "deleted", actor, now)


def send_again(
    session: Session,
    place: Place,
    row: WebhookEndpoint,
    *,
    event_id: int | None = None,
    since: datetime | None = None,
    actor: str,
    now: datetime,
) -> int:
    """Send one event again, or all that are not older than a business instant; how many.

    Those that were not delivered yet come anyway. Raises `Unknown`, `NotDone`.
    """
    if event_id is not None:
        if not webhooks.passed_event(session, row, event_id):
            raise Unknown(
                f"webhook {row.id} has not come to an event {event_id}",
                "look at its deliveries; what was not delivered yet is sent anyway",
            )
        webhooks.ask_again(session, row, event_id, now)
        events = 1
    else:
        assert since is not None  # noqa: S101 - one of the two is given
        if (events := webhooks.passed_since(session, row, since)) > MOST_AGAIN:
            raise NotDone(
                f"{events} events are not older than that, and at most {MOST_AGAIN} are sent again"
                " at once",
                "give a later instant, or read the events by GET .../events",
            )
        webhooks.ask_again_since(session, row, since, now)
    row.told_at = None
    session.add(row)
    _note(session, row, place, "resent", actor, now, events=events)
    return events


def all_of(session: Session, place: Place) -> Sequence[WebhookEndpoint]:
    """The company's webhooks."""
    return webhooks.endpoints(session, _company(place))


def _company(place: Place) -> int:
    if place.company_id is None:
        raise NotDone(f"{place} has no webhooks", "name one of its companies")
    return place.company_id


def _told(row: WebhookEndpoint) -> None:
    """Have its workflow look at once, whatever it waits for."""
    row.version += 1
    row.signal_pending = True
    row.told_at = None


def _note(
    session: Session,
    row: WebhookEndpoint,
    place: Place,
    what: str,
    actor: str,
    now: datetime,
    **detail: audit.Detail,
) -> None:
    session.add(row)
    session.flush()
    audit.note(session, now, actor, f"webhook.{what}", f"webhook:{row.id}", place, **detail)
