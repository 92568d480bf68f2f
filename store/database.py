"""Connections to PostgreSQL: one engine a process, one transaction a piece of work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine
from sqlmodel import Session

_IDLE_MS = 90_000
"""A transaction that waits for something other than the database, as for a mail server under an
invoice's lock, may do so for longer than any time-out of ours, but not for ever."""


class Database:
    """PostgreSQL behind a small pool. `url` is a SQLAlchemy address (psycopg driver).

    `size` is how many connections are kept: as many as the threads that use them.
    """

    def __init__(self, url: str, size: int = 5) -> None:
        self.engine: Engine = create_engine(
            url,
            pool_size=size,
            max_overflow=5,
            pool_pre_ping=True,
            pool_recycle=1800,
            connect_args={"options": f"-c idle_in_transaction_session_timeout={_IDLE_MS}"},
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction: committed when the block ends well, rolled back when it raises."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        self.engine.dispose()
