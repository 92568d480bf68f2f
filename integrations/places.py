"""Where an outbox's files are put: a folder here, or one on an SFTP server (`integrations.sftp`).

OutboxError
├── OutboxUnavailable   nothing was put there; try again
├── OutboxUnsure        it may be there: put the very same there again
└── OutboxRefused       the place will not have it, now or later
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

SFTP = "sftp"
SFTP_PORT = 22


class OutboxError(Exception):
    """A letter could not be shown to have been put into its outbox."""


class OutboxUnavailable(OutboxError):  # noqa: N818
    """Nothing was put there; trying again is safe."""


class OutboxUnsure(OutboxError):  # noqa: N818
    """It may be there; put the very same there again, or nothing."""


class OutboxRefused(OutboxError):  # noqa: N818
    """The place refuses it for good."""


class Folder(Protocol):
    """One day's folder of an outbox. Its methods raise `OutboxUnavailable`, `OutboxRefused`."""

    def read(self, name: str) -> bytes:
        """A file's content; empty if it is not there."""

    def write(self, name: str, content: bytes) -> None:
        """Put a file there, whole or not at all, in the place of one that is there."""

    def append(self, name: str, line: bytes, first: bytes) -> None:
        """Add a line to a file, which begins with the line `first`."""


class Place(Protocol):
    """Where an outbox is."""

    def open(self, day: str) -> AbstractContextManager[Folder]:
        """The folder of a day, made if need be. Raises `OutboxUnavailable`, `OutboxRefused`."""


@dataclass(frozen=True, slots=True)
class SftpAddress:
    """A folder on an SFTP server."""

    user: str
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        return f"{SFTP}://{self.user}@{self.host}:{self.port}{self.path}"


def address(text: str) -> Path | SftpAddress:
    """A folder's address: a path, or `sftp://user@host:port/path`.

    Raises ValueError, without the text: people put passwords where they do not belong.
    """
    if "://" not in text:
        return Path(text)
    parts = urlsplit(text)
    if parts.password is not None:
        raise ValueError("has a password in it: give that in a setting of its own")
    try:
        port = parts.port or SFTP_PORT
    except ValueError:
        port = 0
    if parts.scheme != SFTP or not (port and parts.username and parts.hostname and parts.path):
        raise ValueError("must be a folder, or sftp://user@host:port/path")
    return SftpAddress(unquote(parts.username), parts.hostname, port, unquote(parts.path))


@dataclass(frozen=True)
class LocalPlace:
    """A folder on this machine, which may be shared with others."""

    folder: Path

    @contextmanager
    def open(self, day: str) -> Iterator[Folder]:
        """The folder of a day, for one process at a time."""
        path = self.folder / day
        with _not_now():
            path.mkdir(parents=True, exist_ok=True)
            lock = (path / ".lock").open("w")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield _LocalFolder(path)


@dataclass(frozen=True)
class _LocalFolder:
    path: Path

    def read(self, name: str) -> bytes:
        with _not_now():
            return file.read_bytes() if (file := self.path / name).exists() else b""

    def write(self, name: str, content: bytes) -> None:
        fresh = self.path / f"{name}.part"
        with _not_now():
            with fresh.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path / name)

    def append(self, name: str, line: bytes, first: bytes) -> None:
        with _not_now(), (self.path / name).open("ab+") as file:
            if file.tell() == 0:
                line = first + line
            else:
                file.seek(-1, os.SEEK_END)
                # After a crash in the middle of a line the next one is a line of its own.
                line = line if file.read(1) == b"\n" else b"\n" + line
            file.write(line)
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def _not_now() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutboxUnavailable(f"the outbox cannot be written to: {error}") from error
