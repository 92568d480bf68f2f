"""A server in the shape of Ropo One's public API, which keeps jobs and can be told to misbehave."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from domain.agency import Assignment, Creditor
from domain.calendar import HELSINKI
from integrations.agency import RopoClient
from tests.integrations.agency_support import assignment

CID = "1000011"
APICODE = "an API code for the tests"
WEBHOOK = ("ropo", "a password for the tests")
START = datetime(2026, 10, 1, 9, tzinfo=HELSINKI)

_MINIMUM = {
    "1": {"billcode", "amount", "billnum", "address", "postcode", "city", "customertype"},
    "2": {"billcode", "amount", "billnum", "address", "postcode", "city", "customertype"}
    | {"noticedate", "billdate"},
}


class Fault(StrEnum):
    """What goes wrong with one request."""

    LOST = "lost"
    """Taken, and the connection breaks before the answer."""
    DROPPED = "dropped"
    """Not taken, and the connection breaks."""
    FAILED = "failed"
    """Taken, and answered with 500."""
    BUSY = "busy"
    """Not taken: 503."""
    GARBLED = "garbled"
    """Taken, and the answer's body is not JSON."""


@dataclass
class Ropo:
    """What the server has, and what is to go wrong with the next requests of a path."""

    url: str = ""
    now: datetime = START
    page: int = 1000
    accepts: bool = True
    jobs: list[dict[str, Any]] = field(default_factory=list)
    payments: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    identifiers: list[str] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    _told: set[int] = field(default_factory=set)
    _expired: set[str] = field(default_factory=set)

    def fail(self, path: str, *faults: Fault) -> None:
        """What is to go wrong with the next requests of a path."""
        self.faults.setdefault(path, []).extend(faults)

    def expire(self) -> None:
        """Every token given so far is two hours old."""
        self._expired |= set(self.tokens)

    def pass_days(self, days: int) -> None:
        self.now += timedelta(days=days)

    def says(self, billnum: str, text: str) -> None:
        """A job's status changes."""
        job = next(job for job in self.jobs if job["billnum"] == billnum)
        at = f"{self.now:%Y-%m-%d %H:%M:%S}"
        self.now += timedelta(seconds=1)
        self.updates.append(
            {"jobid": job["jobid"], "billnum": billnum, "statustext": text, "statusdate": at}
        )

    def client(self, **changes: Any) -> RopoClient:
        said: dict[str, Any] = {"webhook": WEBHOOK, "timeout": 10.0, "today": self.today}
        return RopoClient(self.url, CID, **({"apicode": APICODE} | said | changes))

    def today(self) -> date:
        return self.now.astimezone(HELSINKI).date()

    # ── what it answers: a status and a body ──

    def answer(
        self, method: str, path: str, query: dict[str, str], body: Any, headers: Any
    ) -> tuple[int, Any]:
        if (method, path) == ("POST", "/rest/token"):
            return self._token(body)
        token = str(headers.get("Authorization", "")).removeprefix("Bearer ")
        if token not in self.tokens or token in self._expired:
            return 401, {"status": 401, "title": "Unauthorized"}
        match method, path:
            case "POST", "/rest/jobs":
                self.identifiers.append(headers.get("DataIdentifier", ""))
                return self._jobs(body["datastream"]["dataset"])
            case "POST", "/rest/jobs/payment":
                return self._payment(body)
            case "GET", "/rest/jobs/statusupdates":
                self.queries.append(query)
                return self._status_updates(query)
        return 404, {"status": 404, "title": "Not Found"}

    def _token(self, body: dict[str, str]) -> tuple[int, Any]:
        if body != {"cid": CID, "apicode": APICODE}:
            return 400, {"errorId": 4, "errorText": "Unknown customer or code"}
        self.tokens.append(f"token-{len(self.tokens) + 1}")
        return 201, {"token": self.tokens[-1]}

    def _jobs(self, dataset: list[dict[str, str]]) -> tuple[int, Any]:
        for job in dataset:
            name = "person" if job.get("customertype") == "2" else "company"
            missing = sorted((_MINIMUM[job["jobtype"]] | {name}) - {k for k, v in job.items() if v})
            if missing:
                detail = f"missing: {', '.join(missing)}"
                return 422, {"status": 422, "title": "Unprocessable Entity", "detail": detail}
        if not self.accepts:
            return 201, {"accepted": 0}
        for job in dataset:
            self.jobs.append({"jobid": 549_220 + len(self.jobs), **job})
            self.says(job["billnum"], "Reminder" if job["jobtype"] == "1" else "Collection")
        return 201, {"accepted": len(dataset)}

    def _payment(self, body: dict[str, Any]) -> tuple[int, Any]:
        job = next((job for job in self.jobs if job["billnum"] == body["billnum"]), None)
        if job is None:
            return 404, {"status": 404, "title": "Not Found", "detail": "there is no such job"}
        self.payments.append(body)
        return 201, {"jobid": job["jobid"], "billnum": job["billnum"], "paydate": body["paydate"]}

    def _status_updates(self, query: dict[str, str]) -> tuple[int, Any]:
        if len(query) > 1:
            return 400, {"status": 400, "title": "Bad Request", "detail": "one filter at most"}
        places = range(len(self.updates))
        if "billnum" in query:
            found = [n for n in places if self.updates[n]["billnum"] == query["billnum"]]
        elif "date" in query:
            found = [n for n in places if self.updates[n]["statusdate"].startswith(query["date"])]
        else:
            found = [n for n in places if n not in self._told][: self.page]
            self._told |= set(found)
        if not found:
            return 204, None
        return 200, {"result": {"status": [self.updates[n] for n in found]}}


@contextmanager
def serving() -> Iterator[Ropo]:
    """The server over real HTTP, in a thread."""
    ropo, lock = Ropo(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def _handle(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or "null")
            with lock:
                faults = ropo.faults.get(parts.path, [])
                fault = faults.pop(0) if faults else None
                if fault is Fault.DROPPED:
                    return
                status, said = (503, None)
                if fault is not Fault.BUSY:
                    query = dict(parse_qsl(parts.query))
                    status, said = ropo.answer(self.command, parts.path, query, body, self.headers)
            if fault is Fault.LOST:
                return
            content = b"" if said is None else json.dumps(said).encode()
            if fault is Fault.FAILED:
                status, content = 500, b"out of order"
            if fault is Fault.GARBLED:
                status, content = status if said else 200, b"<html>"
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ropo.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield ropo
    finally:
        server.shutdown()
        thread.join(timeout=60)
        server.server_close()


def claim(number: str = "1042", **changes: Any) -> Assignment:
    """An assignment of a company whose contract is with Ropo."""
    creditor = Creditor(name="Esimerkki Oy", business_id="1234567-1", contract_number=CID)
    return assignment(number, **({"creditor": creditor} | changes))


def shown(user: str = WEBHOOK[0], password: str = WEBHOOK[1]) -> dict[str, str]:
    """The headers of a webhook."""
    login = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"authorization": f"Basic {login}", "content-type": "application/json"}


def batch(*messages: dict[str, Any]) -> bytes:
    """A webhook's body."""
    return json.dumps({"created_at": "2026-10-02T08:00:00Z", "messages": messages}).encode()
