"""Outboxes on a real SFTP server, started here on a free port."""

from __future__ import annotations

import asyncio
import csv
import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import asyncssh
import pytest

from integrations.outbox import Outbox, Sheet, Slip
from integrations.places import (
    LocalPlace,
    OutboxRefused,
    OutboxUnavailable,
    OutboxUnsure,
    Place,
    SftpAddress,
    address,
)
from integrations.sftp import SftpPlace

DAY = date(2026, 3, 31)
USER, PASSWORD = "karhu", "kirjeet kulkevat"

SHEET = Sheet(
    name="reminder-1-17-1234567-1",
    kind="reminder",
    company="1234567-1",
    invoice="1042",
    recipient="Äiti, Malliasiakas",
    street="Mallikatu 1",
    postcode="00200",
    city="Helsinki",
    country="FI",
)
SLIP = Slip("notice-2-17-1234567-1", "notice", "1234567-1", "1042", "003712345671", "TESTOP")


class Door(asyncssh.SSHServer):
    """Lets in who knows the password."""

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


@dataclass
class Server:
    """An SFTP server on a folder; `files` says what it does with them."""

    folder: Path
    key: asyncssh.SSHKey
    port: int = 0
    authorized: Path | None = None

    def known_hosts(self, key: asyncssh.SSHKey | None = None) -> Path:
        path = self.folder.parent / f"known_hosts-{'own' if key is None else 'other'}"
        public = (key or self.key).export_public_key().decode()
        path.write_text(f"[127.0.0.1]:{self.port} {public}")
        return path

    def place(self, path: str = "/out", **changes: object) -> SftpPlace:
        where = SftpAddress(USER, "127.0.0.1", self.port, path)
        login = {"known_hosts": self.known_hosts(), "password": PASSWORD, **changes}
        return SftpPlace(where, **login)  # type: ignore[arg-type]


@contextmanager
def serving(server: Server, files: type[asyncssh.SFTPServer]) -> Iterator[Server]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            server.port,
            server_host_keys=[server.key],
            server_factory=Door,
            authorized_client_keys=str(server.authorized) if server.authorized else None,
            sftp_factory=lambda channel: files(channel, chroot=str(server.folder).encode()),
        )

    async def stop(acceptor: asyncssh.SSHAcceptor) -> None:
        acceptor.close()
        await acceptor.wait_closed()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 60)

    acceptor = asyncio.run_coroutine_threadsafe(start(), loop).result(60)
    server.port = acceptor.get_port()
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(stop(acceptor), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()


@pytest.fixture(scope="module")
def host_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def server(tmp_path: Path, host_key: asyncssh.SSHKey) -> Iterator[Server]:
    (tmp_path / "server").mkdir()
    with serving(Server(tmp_path / "server", host_key), asyncssh.SFTPServer) as up:
        yield up


@pytest.fixture(params=["here", "sftp"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Place, Path]:
    """Both kinds of place, and the folder in which it all ends up."""
    if request.param == "here":
        return LocalPlace(tmp_path / "out"), tmp_path / "out"
    server: Server = request.getfixturevalue("server")
    return server.place(), server.folder / "out"


def manifest(folder: Path) -> list[dict[str, str]]:
    text = (folder / DAY.isoformat() / "manifest.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def names(folder: Path) -> set[str]:
    return {path.name for path in (folder / DAY.isoformat()).iterdir()} - {".lock"}


def test_a_letter_is_put_there_once(place: tuple[Place, Path]) -> None:
    where, folder = place
    outbox = Outbox(where)
    outbox.put(SHEET, ".pdf", b"%PDF-", DAY, again=False)
    outbox.put(SHEET, ".pdf", b"%PDF-", DAY)
    assert names(folder) == {f"{SHEET.name}.pdf", "manifest.csv"}
    (line,) = manifest(folder)
    assert Sheet(**line) == SHEET
    # The printing house has taken it: it does not get it a second time.
    (folder / DAY.isoformat() / f"{SHEET.name}.pdf").unlink()
    outbox.put(SHEET, ".pdf", b"%PDF-", DAY)
    assert names(folder) == {"manifest.csv"}


def test_an_e_invoice(place: tuple[Place, Path]) -> None:
    where, folder = place
    Outbox(where).put(SLIP, ".xml", b"<Finvoice/>", DAY)
    assert (folder / DAY.isoformat() / f"{SLIP.name}.xml").read_bytes() == b"<Finvoice/>"
    assert [Slip(**line) for line in manifest(folder)] == [SLIP]


def test_a_line_that_was_cut_off_is_written_again(place: tuple[Place, Path]) -> None:
    where, folder = place
    Outbox(where).put(SHEET, ".pdf", b"%PDF-", DAY)
    path = folder / DAY.isoformat() / "manifest.csv"
    path.write_bytes(path.read_bytes()[:-30])
    Outbox(where).put(SHEET, ".pdf", b"%PDF-", DAY)
    *_, last = manifest(folder)
    assert Sheet(**last) == SHEET


def test_many_at_once(place: tuple[Place, Path]) -> None:
    where, folder = place
    sheets = [Sheet(**{**SHEET.__dict__, "name": f"reminder-1-{n}"}) for n in range(12)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda s: Outbox(where).put(s, ".pdf", b"%PDF-", DAY), sheets))
    assert {line["name"] for line in manifest(folder)} == {sheet.name for sheet in sheets}
    assert len(manifest(folder)) == 12
    assert not [name for name in names(folder) if name.endswith(".part")]


def test_a_key_opens_too(server: Server, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    authorized = tmp_path / "authorized_keys"
    authorized.write_bytes(key.export_public_key())
    other = Server(server.folder, server.key, authorized=authorized)
    with serving(other, asyncssh.SFTPServer) as up:
        text = key.export_private_key().decode()
        place = up.place(password=None, key=text)
        Outbox(place).put(SHEET, ".pdf", b"%PDF-", DAY)
        assert text not in repr(place)
    assert len(manifest(server.folder / "out")) == 1


def test_who_is_not_known_gets_nothing(server: Server) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    for place, why in (
        (server.place(known_hosts=server.known_hosts(other)), "host key"),
        (server.place(password="wrong"), "does not let karhu in"),
        (server.place(known_hosts=server.folder / "missing"), "missing"),
        (server.place(key="no key"), "127.0.0.1"),
    ):
        with pytest.raises(OutboxUnavailable, match=why):
            Outbox(place).put(SHEET, ".pdf", b"%PDF-", DAY)
    assert list(server.folder.iterdir()) == []


def test_nobody_there(server: Server) -> None:
    place = server.place()
    gone = SftpPlace(
        SftpAddress(USER, "127.0.0.1", 1, "/out"), place.known_hosts, password=PASSWORD
    )
    with pytest.raises(OutboxUnavailable):
        Outbox(gone).put(SHEET, ".pdf", b"%PDF-", DAY)


class ReadOnly(asyncssh.SFTPServer):
    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if pflags & asyncssh.FXF_WRITE:
            raise asyncssh.SFTPPermissionDenied("read only")
        return super().open(path, pflags, attrs)


class Full(asyncssh.SFTPServer):
    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        raise asyncssh.SFTPFailure("no space left")


class DiesAtTheManifest(asyncssh.SFTPServer):
    """The line is breaking just when it has been added, and before that is said."""

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        written = super().write(file_obj, offset, data)
        assert isinstance(written, int)
        if data.startswith(SHEET.name.encode()):
            self.channel.get_connection().abort()
        return written


@pytest.mark.parametrize(
    ("files", "error"),
    [(ReadOnly, OutboxRefused), (Full, OutboxUnavailable), (DiesAtTheManifest, OutboxUnsure)],
)
def test_a_server_that_says_no(
    tmp_path: Path,
    host_key: asyncssh.SSHKey,
    files: type[asyncssh.SFTPServer],
    error: type[Exception],
) -> None:
    server = Server(tmp_path / "server", host_key)
    server.folder.mkdir()
    with serving(server, files), pytest.raises(error):
        Outbox(server.place()).put(SHEET, ".pdf", b"%PDF-", DAY)
    if error is OutboxUnsure:
        # It had got there; the next attempt sees that and leaves it alone.
        with serving(server, asyncssh.SFTPServer):
            Outbox(server.place()).put(SHEET, ".pdf", b"%PDF-", DAY)
        assert len(manifest(server.folder / "out")) == 1


def test_addresses() -> None:
    assert address("var/outbox") == Path("var/outbox")
    there = address("sftp://karhu@print.example:2222/in/kirjeet")
    assert there == SftpAddress("karhu", "print.example", 2222, "/in/kirjeet")
    assert address(str(there)) == there
    assert isinstance(there := address("sftp://karhu@print.example/in"), SftpAddress)
    assert there.port == 22
    for wrong in (
        "sftp://print.example/in",
        "sftp://karhu@print.example",
        "ftp://karhu@print.example/in",
        "sftp://karhu:secret@print.example/in",
        "sftp://karhu@print.example:99999/in",
    ):
        with pytest.raises(ValueError, match=r"sftp|password") as caught:
            address(wrong)
        assert "secret" not in str(caught.value)
