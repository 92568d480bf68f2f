"""Files at the collection agency (perintätoimisto), and what is said about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from store.tables.columns import document, instant, ref, row_id, words


class AgencyCase(SQLModel, table=True):
    """An invoice's file at the collection agency."""

    __tablename__ = "agency_case"
    __table_args__ = (UniqueConstraint("invoice_id", "round"),)

    id: int = row_id()
    invoice_id: int = ref("invoice.id", index=False)
    round: int = 1
    agency: str
    service: str
    reference: str = Field(unique=True)
    """Our reference for the case, which the agency repeats in its messages."""
    agency_case_id: str = ""
    assigned_at: datetime = instant()
    accepted_at: datetime | None = instant(nullable=True)
    ended_at: datetime | None = instant(nullable=True)


class AgencyMessage(SQLModel, table=True):
    """A message to the agency (waiting, acknowledged, refused) or from it (received, folded).

    Of one case the messages to the agency leave in the order of their ids.
    """

    __tablename__ = "agency_message"

    id: int = row_id()
    agency_case_id: int = ref("agency_case.id")
    direction: str
    kind: str
    key: str = Field(unique=True)
    body: dict[str, Any] = document()
    status: str
    at: datetime = instant()
    error: str = words()
    attempts: int = 0
