"""Webhooks: a company's own systems told of events (docs/webhooks.md)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from domain.event_facts import KINDS
from domain.roles import Action
from integrations.webhooks import BadAddress
from starter import webhooks as service
from starter.api.parts import Parts
from starter.api.v1 import callers
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.etags import IfMatch, demand, etag
from starter.api.v1.events import EventKind
from starter.api.v1.fields import MOST_ROWS, Body, MaybeLine, PathId
from starter.api.v1.idempotency import TheOnce
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import Kind, documented, invalid
from store import webhooks
from store.tables import WebhookDelivery, WebhookEndpoint

router = APIRouter(
    prefix="/companies/{business_id}/webhooks",
    tags=["Webhooks"],
    responses=documented(Kind.NOT_FOUND),
)

Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]

Kinds = Annotated[list[EventKind], Field(min_length=1, max_length=len(KINDS))]

DeliveryStatus = Literal["delivered", "failing", "waiting"]


class Webhook(BaseModel):
    """An address that events are sent to, without its secret."""

    id: int
    url: str
    kinds: list[str] | None = Field(description="Kinds of events; null: all.")
    description: str
    state: Literal["active", "paused"] = Field(
        description="`paused`: nothing is sent until somebody sets it to `active`."
    )
    failing_since: AwareDatetime | None
    paused_at: AwareDatetime | None
    pause_reason: str
    older_secret_until: AwareDatetime | None = Field(
        description="Until when the secret before signs beside the newest."
    )
    created_at: AwareDatetime
    created_by: str


class NewWebhook(Body):
    """A webhook to be made: it is told of what happens from then on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://erp.esimerkki.example/karhu",
                    "kinds": ["letter_sent", "closed"],
                    "description": "ERP",
                }
            ]
        }
    )

    url: Url
    kinds: Kinds | None = Field(default=None, description="Not given: all.")
    description: MaybeLine = ""


class CreatedWebhook(Webhook):
    """A webhook that was made, or whose secret is new."""

    secret: str | None = Field(
        description="Signs what is sent. Shown this once; null when the same request comes again."
    )


class WebhookChange(Body):
    """What is given is changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "active"}]})

    url: Url | None = None
    kinds: Kinds | None = Field(default=None, description="null: all.")
    description: MaybeLine | None = None
    state: Literal["active", "paused"] | None = None


class Rotation(Body):
    """How long the secret before goes on signing beside the new one."""

    overlap_hours: int = Field(default=24, ge=0, le=168)


class Resend(Body):
    """What is to be sent again: one event, or all that are not older than an instant."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"since": "2026-12-03T00:00:00Z"}, {"event_id": 1042}]}
    )

    event_id: Annotated[int, Field(ge=1, le=MOST_ROWS)] | None = None
    since: AwareDatetime | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.event_id is None) == (self.since is None):
            raise ValueError("give either event_id or since")
        return self


class Resent(BaseModel):
    """How many events are sent again."""

    events: int


class Delivery(BaseModel):
    """How the sending of an event went."""

    event_id: int
    kind: str
    status: DeliveryStatus = Field(
        description="`failing`: tried, and tried again; `waiting`: to be sent again, as asked."
    )
    attempts: int
    http_status: int | None = Field(description="Of the last attempt; null: no answer came.")
    took_ms: int | None
    last_error: str
    last_at: AwareDatetime
    delivered_at: AwareDatetime | None


@router.get("")
def list_webhooks(
    here: Annotated[Here, callers.in_company(Action.READ_WEBHOOKS)],
    parts: TheParts,
    paging: ThePaging,
) -> Page[Webhook]:
    """The company's webhooks."""
    with parts.database.transaction() as session:
        after = paging.after_id("webhooks") or 0
        rows = webhooks.endpoints(session, here.company_id, after=after, limit=paging.fetched)
    return paging.page("webhooks", rows, lambda row: (row.id,), _webhook)


@router.post(
    "",
    status_code=201,
    response_model=CreatedWebhook,
    responses=documented(Kind.CONFLICT, Kind.UNDER_WAY),
)
def create_webhook(
    body: NewWebhook,
    here: Annotated[Here, callers.in_company(Action.EDIT_WEBHOOKS)],
    once: TheOnce,
) -> Response:
    """Make a webhook."""
    with once.transaction() as session, _address():
        row, secret = service.create(
            session,
            here.place,
            _house(once.parts),
            url=body.url,
            kinds=body.kinds,
            description=body.description,
            actor=here.caller.name,
            now=once.parts.real_now(),
        )
        answer = CreatedWebhook(**_webhook(row).model_dump(), secret=secret)
        return once.keep(session, answer, shown_once=["secret"])


@router.get("/{webhook_id}")
def show_webhook(
    webhook_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_WEBHOOKS)],
    parts: TheParts,
    response: Response,
) -> Webhook:
    """One webhook, with its ETag."""
    with parts.database.transaction() as session:
        row = service.find(session, here.place, webhook_id)
    response.headers["ETag"] = etag(row.version)
    return _webhook(row)


@router.patch("/{webhook_id}", responses=documented(Kind.CHANGED, Kind.UNCONDITIONAL))
def change_webhook(
    webhook_id: PathId,
    body: WebhookChange,
    here: Annotated[Here, callers.in_company(Action.EDIT_WEBHOOKS)],
    parts: TheParts,
    response: Response,
    if_match: IfMatch = None,
) -> Webhook:
    """Change a webhook, pause it, or resume one that was paused."""
    with parts.database.transaction() as session, _address():
        row = service.find(session, here.place, webhook_id)
        demand(if_match, etag(row.version), f"webhook {webhook_id}")
        service.change(
            session,
            here.place,
            _house(parts),
            row,
            actor=here.caller.name,
            now=parts.real_now(),
            url=body.url,
            kinds=body.kinds if "kinds" in body.model_fields_set else (),
            description=body.description,
            state=body.state,
        )
    response.headers["ETag"] = etag(row.version)
    return _webhook(row)


@router.delete("/{webhook_id}", status_code=204)
def delete_webhook(
    webhook_id: PathId,
    here: Annotated[Here, callers.in_company(Action.EDIT_WEBHOOKS)],
    parts: TheParts,
) -> Response:
    """Send nothing more there, and drop its log."""
    with parts.database.transaction() as session:
        row = service.find(session, here.place, webhook_id)
        service.delete(session, here.place, row, actor=here.caller.name, now=parts.real_now())
    return Response(status_code=204)


@router.post(
    "/{webhook_id}/rotate",
    response_model=CreatedWebhook,
    responses=documented(Kind.CONFLICT, Kind.UNDER_WAY),
)
def rotate_secret(
    webhook_id: PathId,
    body: Rotation,
    here: Annotated[Here, callers.in_company(Action.EDIT_WEBHOOKS)],
    once: TheOnce,
) -> Response:
    """Make a new secret. For a while both sign, so that no receiver misses anything."""
    with once.transaction() as session:
        row = service.find(session, here.place, webhook_id)
        secret = service.rotate(
            session,
            here.place,
            _house(once.parts),
            row,
            overlap=timedelta(hours=body.overlap_hours),
            actor=here.caller.name,
            now=once.parts.real_now(),
        )
        answer = CreatedWebhook(**_webhook(row).model_dump(), secret=secret)
        return once.keep(session, answer, status=200, shown_once=["secret"])


@router.get("/{webhook_id}/deliveries")
def list_deliveries(
    webhook_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_WEBHOOKS)],
    parts: TheParts,
    paging: ThePaging,
    status: Annotated[DeliveryStatus | None, Query()] = None,
) -> Page[Delivery]:
    """What was sent in the last 30 days, and how it went: the newest event first."""
    listing = f"deliveries {webhook_id} {status}"
    with parts.database.transaction() as session:
        row = service.find(session, here.place, webhook_id)
        rows = webhooks.deliveries(
            session,
            row.id,
            status=status,
            before=paging.after_id(listing),
            limit=paging.fetched,
        )
    return paging.page(listing, rows, lambda one: (one[0].event_id,), lambda one: _delivery(*one))


@router.post(
    "/{webhook_id}/resend",
    response_model=Resent,
    responses=documented(Kind.CONFLICT, Kind.UNDER_WAY),
)
def resend(
    webhook_id: PathId,
    body: Resend,
    here: Annotated[Here, callers.in_company(Action.EDIT_WEBHOOKS)],
    once: TheOnce,
) -> Response:
    """Send events again, under the same ids: one, or all since an instant."""
    with once.transaction() as session:
        row = service.find(session, here.place, webhook_id)
        events = service.send_again(
            session,
            here.place,
            row,
            event_id=body.event_id,
            since=body.since,
            actor=here.caller.name,
            now=once.parts.real_now(),
        )
        return once.keep(session, Resent(events=events), status=200)


@contextmanager
def _address() -> Iterator[None]:
    try:
        yield
    except BadAddress as error:
        raise invalid(str(error), "body.url", "give another address") from None


def _house(parts: Parts) -> service.House:
    return service.House(parts.sealer, parts.webhooks_private)


def _webhook(row: WebhookEndpoint) -> Webhook:
    return Webhook.model_validate(
        {
            **row.model_dump(include=set(Webhook.model_fields)),
            "older_secret_until": row.older_until,
        }
    )


def _delivery(row: WebhookDelivery, kind: str) -> Delivery:
    return Delivery.model_validate(
        {**row.model_dump(include=set(Delivery.model_fields)), "kind": kind}
    )
