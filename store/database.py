"""Connections to PostgreSQL: one engine a process, one transaction a piece of work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import Session

_IDLE_MS = 90_000
"""A transaction that waits for something other than the database, as for a mail server under an
invoice's lock, may do so for longer than any time-out of ours, but not for ever."""

FRESH_SECONDS = 1.0
"""How long a connection is taken to live on without being asked."""


class Database:
    """PostgreSQL behind a small pool. `url` is a SQLAlchemy address (psycopg driver).

    `size` is how many connections are kept: as many as the threads that use them.
    """

    def __init__(self, url: str, size: int = 5) -> None:
        self.engine: Engine = create_engine(
            url,
            pool_size=size,
            max_overflow=5,
            pool_recycle=1800,
            connect_args={"options": f"-c idle_in_transaction_session_timeout={_IDLE_MS}"},
        )
        _ask_after_a_rest(self.engine)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed when the block ends well, rolled back when it raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        self.engine.dispose()


def _ask_after_a_rest(engine: Engine) -> None:
    """Ping a connection before it is used again, if it has rested: a database that was restarted
    meanwhile costs nobody an error. Asking every time (`pool_pre_ping`) would be one statement more
    in each of a busy worker's short transactions.
    """

    @event.listens_for(engine, "checkin")
    def rest(_: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ask(connection: DBAPIConnection, entry: ConnectionPoolEntry, _: object) -> None:
        if time.monotonic() - entry.info.get("rests_since", time.monotonic()) < FRESH_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error
