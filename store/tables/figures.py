"""Figures that take too long to compute for each who looks, kept with the time they are of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from store.tables.columns import document, instant


class KeptFigure(SQLModel, table=True):
    """One figure of a company's. `name` says which, with its parameters.

    `asked_at` and `computed_at` are real time, `as_of` is the business time that it is of. `said`
    is None until it has been computed; `took_ms`: how long that took.
    """

    __tablename__ = "kept_figure"

    company_id: int = Field(sa_type=BigInteger, primary_key=True)
    name: str = Field(primary_key=True)
    asked_at: datetime = instant(index=True)
    computed_at: datetime | None = instant(nullable=True)
    as_of: datetime | None = instant(nullable=True)
    took_ms: int = 0
    said: dict[str, Any] | None = document(nullable=True)
