"""An outbox's folder on an SFTP server (SSH File Transfer Protocol, version 3, over SSH)."""

from __future__ import annotations

import asyncio
import posixpath
import secrets
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import asyncssh

from integrations.places import Folder, OutboxRefused, OutboxUnavailable, SftpAddress

LOGIN_SECONDS = 10.0
ALTOGETHER_SECONDS = 30.0
"""For connecting and everything that is put there; an errand's attempt may take 40."""

_Result = TypeVar("_Result")

_NEVER = (
    asyncssh.SFTPPermissionDenied,
    asyncssh.SFTPNoSuchFile,
    asyncssh.SFTPNoSuchPath,
    asyncssh.SFTPNotADirectory,
    asyncssh.SFTPInvalidFilename,
    asyncssh.SFTPWriteProtect,
    asyncssh.SFTPOpUnsupported,
)
"""What the server would say again tomorrow. A full disk or a lost connection is not among it."""


@dataclass(frozen=True)
class SftpPlace:
    """A folder on a server whose host key is in `known_hosts` (an OpenSSH file).

    Logs in with `key` (a private key's text), or else with `password`. A server that cannot be
    reached, shows another host key or does not let us in is unavailable: nothing has left, and a
    person mends it while the letters wait.
    """

    address: SftpAddress
    known_hosts: Path
    key: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @contextmanager
    def open(self, day: str) -> Iterator[Folder]:
        """The folder of a day, on a connection of its own."""
        deadline = time.monotonic() + ALTOGETHER_SECONDS
        with asyncio.Runner() as runner:
            connection = self._connect(runner)
            try:
                path = posixpath.join(self.address.path, day)
                sftp = _run(runner, _begin(connection, path), deadline)
                yield _SftpFolder(runner, sftp, path, deadline)
            finally:
                connection.abort()
                with suppress(asyncssh.Error, OSError, TimeoutError):
                    runner.run(asyncio.wait_for(connection.wait_closed(), LOGIN_SECONDS))

    def _connect(self, runner: asyncio.Runner) -> asyncssh.SSHClientConnection:
        where = f"{self.address.host}:{self.address.port}"
        try:
            return runner.run(self._logged_in())
        except asyncssh.HostKeyNotVerifiable as error:
            raise OutboxUnavailable(
                f"{where} shows a host key that {self.known_hosts} does not have: {error}"
            ) from error
        except asyncssh.PermissionDenied as error:
            raise OutboxUnavailable(f"{where} does not let {self.address.user} in") from error
        except (asyncssh.Error, OSError, TimeoutError, ValueError) as error:
            # ValueError: a key or a file of host keys that cannot be read.
            raise OutboxUnavailable(f"{where}: {error or type(error).__name__}") from error

    async def _logged_in(self) -> asyncssh.SSHClientConnection:
        return await asyncssh.connect(
            self.address.host,
            self.address.port,
            username=self.address.user,
            known_hosts=str(self.known_hosts),
            client_keys=[asyncssh.import_private_key(self.key)] if self.key else None,
            password=self.password,
            # Neither the configuration, the keys nor the agent of whoever runs the worker.
            config=None,
            agent_path=None,
            connect_timeout=LOGIN_SECONDS,
            login_timeout=LOGIN_SECONDS,
        )


@dataclass(frozen=True)
class _SftpFolder:
    runner: asyncio.Runner
    sftp: asyncssh.SFTPClient
    path: str
    deadline: float

    def read(self, name: str) -> bytes:
        return self._run(self._read(self._at(name)))

    def write(self, name: str, content: bytes) -> None:
        self._run(self._write(self._at(name), content))

    def append(self, name: str, line: bytes, first: bytes) -> None:
        self._run(self._append(self._at(name), line, first))

    def _at(self, name: str) -> str:
        return posixpath.join(self.path, name)

    def _run(self, work: Coroutine[None, None, _Result]) -> _Result:
        return _run(self.runner, work, self.deadline)

    async def _read(self, path: str) -> bytes:
        if not await self.sftp.exists(path):
            return b""
        async with self.sftp.open(path, "rb") as file:
            return _bytes(await file.read())

    async def _write(self, path: str, content: bytes) -> None:
        part = f"{path}.part"
        async with self.sftp.open(part, "wb") as file:
            await file.write(content)
        try:
            await self.sftp.posix_rename(part, path)
        except asyncssh.SFTPOpUnsupported:
            if await self.sftp.exists(path):
                await self.sftp.remove(path)
            await self.sftp.rename(part, path)

    async def _append(self, path: str, line: bytes, first: bytes) -> None:
        if not await self.sftp.exists(path):
            await self._begin(path, first)
        elif not await self._ends_in_a_line(path):
            line = b"\n" + line
        # Opened for appending and written at once: no other worker's line comes in between.
        async with self.sftp.open(path, "ab") as file:
            await file.write(line)

    async def _begin(self, path: str, first: bytes) -> None:
        """The file with its first line, unless another worker has just begun it."""
        part = f"{path}.{secrets.token_hex(4)}.part"
        async with self.sftp.open(part, "wb") as file:
            await file.write(first)
        try:
            # Unlike the other rename, this one fails if the target is there.
            await self.sftp.rename(part, path)
        except asyncssh.SFTPError:
            await self.sftp.remove(part)
            if not await self.sftp.exists(path):
                raise

    async def _ends_in_a_line(self, path: str) -> bool:
        size = (await self.sftp.stat(path)).size or 0
        async with self.sftp.open(path, "rb") as file:
            return size == 0 or _bytes(await file.read(1, size - 1)) == b"\n"


async def _begin(connection: asyncssh.SSHClientConnection, path: str) -> asyncssh.SFTPClient:
    sftp = await connection.start_sftp_client()
    await sftp.makedirs(path, exist_ok=True)
    return sftp


def _bytes(read: bytes | str) -> bytes:
    return read if isinstance(read, bytes) else read.encode()


def _run(runner: asyncio.Runner, work: Coroutine[None, None, _Result], deadline: float) -> _Result:
    try:
        return runner.run(asyncio.wait_for(work, max(0.1, deadline - time.monotonic())))
    except _NEVER as error:
        raise OutboxRefused(f"the SFTP server refuses it: {error}") from error
    except (asyncssh.Error, OSError, TimeoutError) as error:
        raise OutboxUnavailable(f"the SFTP server: {error or type(error).__name__}") from error
