"""What is asked of many invoices at once, and what came of it for each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, text
from sqlmodel import Field, SQLModel

from store.tables.columns import document, instant, ref, row_id, words


class BulkAction(SQLModel, table=True):
    """One request (`domain.requests.Request`) to the invoices that were chosen when it was asked.

    `status`: waiting, running, done, cancelled. `owner`: whose own invoices alone it is about; ""
    for the company's.
    """

    __tablename__ = "bulk_action"

    id: int = row_id()
    company_id: int = ref("company.id")
    request: dict[str, Any] = document()
    owner: str = ""
    status: str = Field(index=True)
    asked_at: datetime = instant()
    asked_by: str
    total: int = 0
    done: int = 0
    refused: int = 0
    cancel_asked: bool = False
    ended_at: datetime | None = instant(nullable=True)

    @property
    def ended(self) -> bool:
        return self.ended_at is not None

    @property
    def looked_at(self) -> int:
        """Of how many invoices it is known what came of it."""
        return self.done + self.refused


class BulkItem(SQLModel, table=True):
    """One invoice of a mass action. `status`: waiting, done, refused (`reason`: why).

    `attempts`: how often its procedure did not answer.
    """

    __tablename__ = "bulk_item"
    __table_args__ = (
        Index(
            "ix_bulk_item_waiting",
            *("bulk_action_id", "invoice_id"),
            postgresql_where=text("status = 'waiting'"),
        ),
        Index(
            "ix_bulk_item_refused",
            *("bulk_action_id", "invoice_id"),
            postgresql_where=text("status = 'refused'"),
        ),
    )

    bulk_action_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("bulk_action.id"), primary_key=True)
    )
    invoice_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("invoice.id"), primary_key=True)
    )
    status: str
    reason: str = words()
    attempts: int = 0
