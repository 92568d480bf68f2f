"""A real PostgreSQL for a moment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starter.stack.ports import choose
from starter.stack.postgres import THROW_AWAY, Postgres, new_password
from starter.stack.process import Child


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database; it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="karhu-") as folder:
        # The server, when started by root, runs as another user and has to get in.
        Path(folder).chmod(0o711)
        server = Postgres(Path(folder) / "postgres", choose(), new_password(), THROW_AWAY)
        child = Child(server.service(), Path(folder) / "log", os.environ)
        try:
            child.wait_ready()
            yield server.url()
        finally:
            child.stop()
