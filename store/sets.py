"""Sets of values in a query, as one array: however many they are, the statement is the same."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Integer, Text, any_, literal


def among(column: Any, values: Collection[int] | Collection[str]) -> ColumnElement[bool]:
    """Whether a column of whole numbers or of text has one of the values."""
    kind = BigInteger() if isinstance(column.type, Integer) else Text()
    found: ColumnElement[bool] = column == any_(literal(list(values), ARRAY(kind)))
    return found
