"""What the parts of the storage share."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime


class Rows:
    """Some tables of the open database file. Used by the one thread that has opened it."""

    def __init__(self, connection: Callable[[], sqlite3.Connection]) -> None:
        self._connection = connection

    @property
    def _db(self) -> sqlite3.Connection:
        return self._connection()

    def _count(self, query: str, *values: object) -> int:
        return int(self._db.execute(query, values).fetchone()[0])


def text_of(instant: datetime) -> str:
    """As instants stand in the file."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds")


def instant_of(text: str) -> datetime:
    """The instant in a column."""
    return datetime.fromisoformat(text)
