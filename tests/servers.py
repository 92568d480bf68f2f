"""The other sides of a little Karhu, each a real server on a free port, in a thread."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import uvicorn
from aiosmtpd.controller import Controller
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from integrations.intrum_sandbox import SandboxSettings, create_app
from integrations.smtp_catcher import Catcher, Mailbox
from tests.integrations import agency_support
from workflows import search_attributes

TEMPORAL = Path(sys.executable).with_name("temporal")


async def start_temporal() -> WorkflowEnvironment:
    """The real Temporal server, with a virtual clock for each workflow."""
    return await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(TEMPORAL),
        search_attributes=list(search_attributes.KEYS),
        dev_server_extra_args=[
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
        ],
        data_converter=pydantic_data_converter,
    )


@contextmanager
def agency_server(chosen: SandboxSettings) -> Iterator[None]:
    """The Intrum sandbox on its own port, in a thread."""
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(chosen), port=chosen.port, log_config=None, ws="none", access_log=False
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        agency_support.until(lambda: server.started)
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=20)


class MailServer:
    """The catcher on a port of its own; it can go down and come up again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = agency_support.free_port()
        self._controller: Controller | None = None

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

    def _up(self) -> None:
        catcher = Catcher(Mailbox(self.folder))
        self._controller = Controller(catcher, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def _down(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None
