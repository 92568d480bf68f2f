"""Somebody's system that webhooks are sent to: a real HTTP server on a port of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from starter.stack.ports import choose
from tests.serving import Switched

BROKEN_OFF = 0
"""An answer that is none: the connection ends."""


@dataclass(frozen=True)
class Heard:
    """A request that came in whole."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.body)
        return said

    @property
    def event_id(self) -> int:
        return int(self.headers["Karhu-Event-Id"])


class Receiver(Switched):
    """`answer` is asked for the status of each request."""

    def __init__(self) -> None:
        self.port = choose()
        self.heard: list[Heard] = []
        self.answer: Callable[[Heard], int] = lambda _: 204
        self.answer_headers: dict[str, str] = {}
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/karhu"

    @property
    def ids(self) -> list[int]:
        """Of the events heard, in order."""
        return [one.event_id for one in self.heard]

    def _up(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard = Heard(self.path, dict(self.headers.items()), body)
                receiver.heard.append(heard)
                status = receiver.answer(heard)
                if status == BROKEN_OFF:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in receiver.answer_headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def _down(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
