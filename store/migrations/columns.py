"""Columns as the migrations have written them: what is here stays as it is, as they do."""

from __future__ import annotations

import sqlalchemy as sa


def row_id() -> sa.Column[int]:
    """The row's own id."""
    return sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False)


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def ref(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    """The id of a row elsewhere."""
    return sa.Column(name, sa.BigInteger(), sa.ForeignKey(target), nullable=nullable)
