"""The columns that every table has a use for. Money is integer cents; instants are UTC."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Computed, DateTime, ForeignKey, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine
from sqlmodel import Field


def instant(*, nullable: bool = False, index: bool = False) -> Any:
    """An instant of business time, in UTC."""
    return Field(
        default=None if nullable else ...,
        sa_column=Column(DateTime(timezone=True), nullable=nullable, index=index),
    )


def document(*, nullable: bool = False) -> Any:
    """A JSON document; none is NULL, not JSON's own null."""
    kind = JSONB(none_as_null=True)
    return Field(default=None if nullable else ..., sa_column=Column(kind, nullable=nullable))


def words(*, index: bool = False) -> Any:
    """Text of any length; "" by default."""
    return Field(default="", sa_column=Column(Text, nullable=False, index=index))


def cents(default: Any = ...) -> Any:
    return Field(default=default, sa_type=BigInteger)


def row_id() -> Any:
    """The row's own id."""
    return Field(default=None, sa_column=Column(BigInteger, primary_key=True, autoincrement=True))


def ref(target: str, *, nullable: bool = False, index: bool = True, unique: bool = False) -> Any:
    """The id of a row elsewhere."""
    return Field(
        default=None if nullable else ...,
        sa_column=Column(
            BigInteger, ForeignKey(target), nullable=nullable, index=index, unique=unique
        ),
    )


def computed(kind: TypeEngine[Any], words: str) -> Any:
    """What PostgreSQL itself keeps, computed from the row's other columns; nobody writes it."""
    return Field(
        default=None, sa_column=Column(kind, Computed(words, persisted=True), nullable=False)
    )
