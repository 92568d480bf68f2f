"""What is asked of and put into the sandbox's database."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from integrations.intrum_sandbox.storage.cases import Cases
from integrations.intrum_sandbox.storage.contracts import Contracts
from integrations.intrum_sandbox.storage.inbox import Inbox
from integrations.intrum_sandbox.storage.money import Money
from integrations.intrum_sandbox.storage.notes import Notes
from integrations.intrum_sandbox.storage.outbox import Outbox
from integrations.intrum_sandbox.storage.schema import open_database

__all__ = ["Storage"]


class Storage:
    """The database file. Opened, used and closed by the same thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._open: sqlite3.Connection | None = None
        self.cases = Cases(self._connection)
        self.inbox = Inbox(self._connection)
        self.outbox = Outbox(self._connection)
        self.contracts = Contracts(self._connection)
        self.money = Money(self._connection)
        self.notes = Notes(self._connection)

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            raise RuntimeError(f"{self._file} is not open")
        return self._open

    def open(self) -> None:
        """Open the file, making it if need be. Raises RuntimeError for one of another version."""
        self._open = open_database(self._file)

    def close(self) -> None:
        """Close the file; nothing more may be asked."""
        self._connection().close()
        self._open = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing."""
        db = self._connection()
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
