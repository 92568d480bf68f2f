"""Many rows at once: PostgreSQL's COPY, within the session's own transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Session, SQLModel


def copy(session: Session, table: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, all with the same columns. Their foreign keys are there, and flushed.

    Raises psycopg's errors; the transaction is over then, or goes back to its savepoint.
    """
    if not rows:
        return
    columns = list(rows[0])
    described = cast("Any", table).__table__
    documents = {name for name in columns if isinstance(described.c[name].type, JSONB)}
    connection = cast("psycopg.Connection", session.connection().connection.driver_connection)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(described.name), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as writing:
        for row in rows:
            writing.write_row(
                [
                    Jsonb(value) if name in documents and value is not None else value
                    for name, value in row.items()
                ]
            )
