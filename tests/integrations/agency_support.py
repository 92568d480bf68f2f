"""A running sandbox, a receiver of its callbacks, and made-up messages."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import httpx

from domain.agency import (
    Address,
    AgencyService,
    Assignment,
    ContractMessage,
    Creditor,
    Debtor,
    SentLetter,
    StatusMessage,
)
from domain.clock import Clock
from domain.law.terms import DebtorClass
from integrations.agency import CallbackRefused, IntrumClient
from integrations.intrum_sandbox import SandboxSettings, create_app
from integrations.intrum_sandbox.desk import Desk
from integrations.intrum_sandbox.faults import FaultBoard
from integrations.intrum_sandbox.storage import Storage
from starter.stack.ports import choose
from tests.serving import served

API_KEY = "test-key"
SECRET = "test-secret"
START = datetime(2026, 10, 1, 6, tzinfo=UTC)
DAY = 86_400.0

T = TypeVar("T")


def assignment(number: str = "1042", **changes: Any) -> Assignment:
    values: dict[str, Any] = {
        "idempotency_key": f"7/{number}/assign/1",
        "case_reference": f"7/{number}",
        "service": AgencyService.COLLECTION,
        "creditor": Creditor(name="Esimerkki Oy", business_id="1234567-1", contract_number="S-100"),
        "debtor": Debtor(
            name="Matti Malliasiakas",
            debtor_class=DebtorClass.CONSUMER,
            address=Address(street="Mallikatu 1", postal_code="00100", city="Helsinki"),
            email="matti@malliasiakas.example",
        ),
        "principal_cents": 108_836,
        "fees_cents": 1_000,
        "interest_cents": 412,
        "invoice_number": number,
        "invoice_date": date(2026, 8, 1),
        "due_date": date(2026, 8, 15),
        "reference_number": "1009",
        "sent": (
            SentLetter(kind="reminder", sent_on=date(2026, 8, 31)),
            SentLetter(kind="notice", sent_on=date(2026, 9, 15)),
        ),
    }
    return Assignment(**(values | changes))


def fast(days_per_second: float) -> Clock:
    """A business clock that starts at START now."""
    return Clock(origin=START, anchor=datetime.now(UTC), speed=days_per_second * DAY)


def settings(folder: Path, **changes: Any) -> SandboxSettings:
    """A sandbox for tests whose companies are their own, and whose time skips."""
    values: dict[str, Any] = {
        "database": folder / "intrum.sqlite",
        "api_key": API_KEY,
        "callback_secret": SECRET,
        "callback_retry_seconds": 0.02,
        "clock": fast(0.001),
        "open_contracts": True,
        "days_ahead": 4_000,
    }
    return SandboxSettings(**(values | changes))


def strict(folder: Path, **changes: Any) -> SandboxSettings:
    """A sandbox that believes its own clock alone."""
    return settings(folder, **({"days_ahead": 0} | changes))


@dataclass
class Office:
    """The agency's desk without its HTTP side; the time is told to it."""

    desk: Desk
    storage: Storage
    board: FaultBoard
    chosen: SandboxSettings

    def real(self, business: datetime = START) -> datetime:
        return self.chosen.clock.real(business)

    def after(self, count: float) -> datetime:
        """The real instant some business days after START."""
        return self.real(START + days(count))

    def told(self) -> list[StatusMessage]:
        return self.storage.outbox.statuses_after(0, 10_000)


@contextmanager
def open_office(chosen: SandboxSettings) -> Iterator[Office]:
    storage = Storage(chosen.database)
    storage.open()
    board = FaultBoard(chosen.faults, chosen.script, storage.notes, chosen.clock)
    board.start(chosen.clock.real(START))
    try:
        yield Office(Desk(chosen, storage, board), storage, board, chosen)
    finally:
        storage.close()


def until(ready: Callable[[], T], seconds: float = 60) -> T:
    """What `ready` returns once it is true."""
    end = time.monotonic() + seconds
    while True:
        if result := ready():
            return result
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@contextmanager
def serving(chosen: SandboxSettings) -> Iterator[IntrumClient]:
    """The sandbox over real HTTP in a thread, and a client for it."""
    port = chosen.port if "port" in chosen.model_fields_set else choose()
    with served(create_app(chosen), port), client(port) as agency:
        yield agency


@contextmanager
def serving_process(chosen: SandboxSettings) -> Iterator[subprocess.Popen[bytes]]:
    """The sandbox as a process of its own; killed at the end if it still runs."""
    # Secrets are masked when dumped, so they are said again.
    said = chosen.model_dump(mode="json") | {"api_key": API_KEY, "callback_secret": SECRET}
    program = (
        "import sys; from integrations.intrum_sandbox import SandboxSettings, run; "
        "run(SandboxSettings.model_validate_json(sys.argv[1]))"
    )
    with subprocess.Popen([sys.executable, "-c", program, json.dumps(said)]) as process:
        try:
            until(lambda: process.poll() is None and _healthy(chosen.port))
            yield process
        finally:
            process.kill()


def _healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", timeout=2).is_success
    except httpx.TransportError:
        return False


def client(port: int, api_key: str = API_KEY, timeout: float = 10) -> IntrumClient:
    return IntrumClient(f"http://127.0.0.1:{port}", api_key, SECRET, timeout)


@dataclass
class Receiver:
    """Takes callbacks over real HTTP; answers by `answers` first, 204 afterwards, and 401 or 422
    to what is not the agency's word."""

    url: str
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    taken: list[StatusMessage] = field(default_factory=list)
    contracts: list[ContractMessage] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


@contextmanager
def receiving(*answers: int) -> Iterator[Receiver]:
    receiver = Receiver("", list(answers))
    reader = IntrumClient("http://unused.example", API_KEY, SECRET)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append((dict(self.headers), body))
            status = receiver.answers.pop(0) if receiver.answers else self._take(body)
            self.send_response(status)
            self.end_headers()

        def _take(self, body: bytes) -> int:
            try:
                (message,) = reader.read_callback(dict(self.headers), body, now=datetime.now(UTC))
            except CallbackRefused as refused:
                receiver.refused.append(refused.code)
                return 401
            if isinstance(message, StatusMessage):
                receiver.taken.append(message)
            else:
                receiver.contracts.append(message)
            return 204

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/agency/callback"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join(timeout=60)
        server.server_close()
        reader.close()


def days(count: float) -> timedelta:
    return timedelta(days=count)
