"""Running invoices that are moved to another rule or version, or on or off the automation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from store.tables.columns import instant, ref, row_id, words


class Replanning(SQLModel, table=True):
    """One change that running invoices are told of, as far as it has got.

    `kind`: rule (those of `rule_id` go to its newest version), customers (those of the customers
    that were moved by it), automation (the company's automation was switched on or off).
    `status`: waiting, running, done, cancelled. Invoices up to id `reached` have been told.
    """

    id: int = row_id()
    company_id: int = ref("company.id")
    kind: str
    rule_id: int | None = ref("rule.id", nullable=True, index=False)
    status: str = Field(index=True)
    asked_at: datetime = instant()
    asked_by: str
    reason: str = words()
    total: int = 0
    told: int = 0
    reached: int = Field(default=0, sa_type=BigInteger)
    cancel_asked: bool = False
    ended_at: datetime | None = instant(nullable=True)

    @property
    def ended(self) -> bool:
        return self.ended_at is not None
