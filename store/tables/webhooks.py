"""Endpoints of companies that want to be told of events, and what was delivered to them.

Instants here are real ones, not business time.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from store.tables.columns import instant, ref, row_id, words


class WebhookEndpoint(SQLModel, table=True):
    """An address that a company's events are delivered to, in the order of their ids.

    `state`: active, paused (nothing leaves until somebody resumes it), deleted. Every event up to
    `cursor` has been delivered or is not wanted. Secrets are sealed (`store.sealing`); the older
    one signs beside the newer until `older_until`.

    Outbox: `signal_pending` from the moment something changed that the endpoint's workflow has not
    been told of. `told_at`: when the workflow was woken for events; None: it is at rest.
    """

    __tablename__ = "webhook_endpoint"

    id: int = row_id()
    company_id: int = ref("company.id")
    url: str = words()
    kinds: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text), nullable=True))
    """Kinds of events (`Event.kind`); None: all, also those of later releases."""
    description: str = ""
    state: str = "active"
    version: int = 1
    secret: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    older_secret: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    older_until: datetime | None = instant(nullable=True)
    cursor: int = Field(sa_column=Column("cursor", BigInteger, nullable=False))
    created_at: datetime = instant()
    created_by: str
    failing_since: datetime | None = instant(nullable=True)
    paused_at: datetime | None = instant(nullable=True)
    pause_reason: str = words()
    signal_pending: bool = False
    told_at: datetime | None = instant(nullable=True)


class WebhookDelivery(SQLModel, table=True):
    """One event to one endpoint, and how its delivery went; kept for a while.

    `status`: delivered, failing (tried, and to be tried again), waiting (to be sent again because
    somebody asked). `http_status` None: the last attempt got no answer.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_id"),
        Index(
            "ix_webhook_delivery_waiting",
            "endpoint_id",
            "event_id",
            postgresql_where=Column("status") == "waiting",
        ),
        Index("ix_webhook_delivery_last_at", "endpoint_id", "last_at"),
    )

    id: int = row_id()
    endpoint_id: int = ref("webhook_endpoint.id", index=False)
    event_id: int = ref("event.id", index=False)
    status: str
    attempts: int = 0
    http_status: int | None = None
    took_ms: int | None = None
    last_error: str = words()
    last_at: datetime = instant()
    delivered_at: datetime | None = instant(nullable=True)


class EventHorizon(SQLModel, table=True):
    """How far the event log is complete (`store.event_feed`): one row.

    Every event up to `settled` is there to be read, or will never be. Those up to `pending` are as
    soon as every transaction with a number below `pending_below` has ended.
    """

    __tablename__ = "event_horizon"

    id: int = Field(default=1, primary_key=True)
    settled: int = Field(default=0, sa_type=BigInteger)
    pending: int = Field(default=0, sa_type=BigInteger)
    pending_below: int = Field(default=0, sa_type=BigInteger)
