"""The other sides of a little Karhu, each a real server on a free port: databases and Temporal in
processes of their own, the others in threads."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import psycopg
from aiosmtpd.controller import Controller
from psycopg import sql
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from integrations.intrum_sandbox import SandboxSettings, create_app
from integrations.smtp_catcher import Catcher, Mailbox
from starter.stack.ports import choose
from starter.stack.postgres import THROW_AWAY, Postgres, new_password
from starter.stack.process import Child
from store import migrations
from tests.serving import Switched, served
from workflows import search_attributes

TEMPORAL = Path(sys.executable).with_name("temporal")

_NEWEST = "newest"
"""The database that the others are copies of."""


@contextmanager
def postgres_server(folder: Path) -> Iterator[Postgres]:
    """A real PostgreSQL on a folder of its own, tuned for data that is thrown away."""
    server = Postgres(folder, choose(), new_password(), THROW_AWAY)
    child = Child(server.service(), folder / "log", os.environ)
    try:
        child.wait_ready()
        yield server
    finally:
        child.stop()


def new_database(server: Postgres, name: str) -> str:
    """A database of the newest schema; its SQLAlchemy address. The schema is made once for all."""
    with psycopg.connect(server.conninfo("postgres"), autocommit=True) as connection:
        there = "SELECT 1 FROM pg_database WHERE datname = %s"
        if connection.execute(there, (_NEWEST,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_NEWEST)))
            migrations.upgrade(server.url(_NEWEST))
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(copy.format(sql.Identifier(name), sql.Identifier(_NEWEST)))
    return server.url(name)


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


def agency_server(chosen: SandboxSettings) -> AbstractContextManager[str]:
    """The Intrum sandbox on its own port; its address."""
    return served(create_app(chosen), chosen.port)


class MailServer(Switched):
    """The catcher on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = choose()
        self._controller: Controller | None = None

    def _up(self) -> None:
        catcher = Catcher(Mailbox(self.folder))
        self._controller = Controller(catcher, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def _down(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None
