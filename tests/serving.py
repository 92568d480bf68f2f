"""Servers on a port of this machine, in a thread of this process."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import uvicorn
from fastapi import FastAPI

from starter.stack.ports import choose


@contextmanager
def served(app: FastAPI, port: int | None = None) -> Iterator[str]:
    """The app on the port, else on a free one; its address."""
    port = port or choose()
    server = uvicorn.Server(
        uvicorn.Config(app, port=port, log_config=None, ws="none", access_log=False)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + 60
        while not server.started:
            assert thread.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=60)
        assert not thread.is_alive()


class Switched(ABC):
    """A server that can go down and come up again."""

    def __enter__(self) -> Self:
        self._up()
        return self

    def __exit__(self, *_: object) -> None:
        self._down()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Nobody listens on the port meanwhile."""
        self._down()
        try:
            yield
        finally:
            self._up()

    @abstractmethod
    def _up(self) -> None: ...

    @abstractmethod
    def _down(self) -> None: ...
