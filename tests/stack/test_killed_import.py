"""Whoever imports is killed again and again: the same rows and the same workflows in the end."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from temporalio.client import Client

from activities.starting import drain
from domain.clock import REAL_TIME
from starter.client import connect
from starter.deployment import set_current
from starter.imports import start_received
from starter.settings import Settings
from starter.stack.addresses import Addresses
from store.database import Database
from store.migrations import upgrade
from tests.activities.test_imports import records, table
from tests.stack.runs import conninfo, stack
from tests.starter.office import new_business_id
from workflows import search_attributes

INVOICES = 1_500
KILLS = 4


class Worker:
    """A worker process that can be killed and started again."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self._environment = environment
        self._log = log.open("wb")
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "worker"]
        return subprocess.Popen(
            command, env=self._environment, stdout=self._log, stderr=subprocess.STDOUT
        )

    def kill(self, *, again: bool = True) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        if again:
            self._process = self._start()
        else:
            self._log.close()


@pytest.mark.stack
@pytest.mark.timeout(400)
def test_killed_at_any_moment_an_import_ends_as_if_nothing_had_happened(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = new_business_id()
    file = tmp_path / "invoices.csv"
    file.write_bytes(table(tmp_path, records(INVOICES, company)))
    with stack(folder, migrate=upgrade, attributes=search_attributes.ALL) as running:
        addresses = running.addresses
        for name, value in addresses.environment().items():
            monkeypatch.setenv(name, value)
        worker = Worker(dict(os.environ), tmp_path / "worker.log")
        try:
            asyncio.run(_current())
            _killed_while_handing_in(addresses, file)
            _killed_while_it_works(addresses, worker)
            asyncio.run(_same(addresses, company))
        finally:
            worker.kill(again=False)


async def _current() -> None:
    await set_current(await connect(), Settings().build_id, timeout=60)


def _killed_while_handing_in(addresses: Addresses, file: Path) -> None:
    """The command dies as soon as the file is there, before or after it has told Temporal."""
    command = [sys.executable, "-m", "starter.cli", "import", str(file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as handing:
        deadline = time.monotonic() + 60
        while not _asked(addresses, "SELECT count(*) FROM file_import"):
            assert time.monotonic() < deadline
            time.sleep(0.005)
        handing.kill()


def _killed_while_it_works(addresses: Addresses, worker: Worker) -> None:
    """The worker dies, or its connections do, at random moments; then it is left alone."""
    dice = random.Random(4)
    killed = 0
    deadline = time.monotonic() + 300
    seen = -1
    while not _asked(addresses, "SELECT count(*) FROM file_import WHERE status = 'done'"):
        assert time.monotonic() < deadline
        asyncio.run(_round(addresses))
        done = _asked(addresses, "SELECT read + booked + bad FROM file_import")
        # Only once it has gone on a little: or it would be killed before it does anything.
        if killed < KILLS and done > seen:
            time.sleep(dice.uniform(0.05, 0.5))
            if killed % 2:
                _asked(
                    addresses,
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()",
                )
            else:
                worker.kill()
            killed += 1
            seen = _asked(addresses, "SELECT read + booked + bad FROM file_import")
        time.sleep(0.2)
    assert killed >= 3


async def _round(addresses: Addresses) -> None:
    """As the API does it every few seconds."""
    database = Database(addresses.database_url)
    try:
        await start_received(await connect(), database)
    finally:
        database.close()


async def _same(addresses: Addresses, company: str) -> None:
    client = await connect()
    database = Database(addresses.database_url)
    try:
        drained = await drain(client, database, REAL_TIME)
    finally:
        database.close()
    assert drained.waiting == 0
    for what in (
        "SELECT count(*) FROM invoice",
        "SELECT count(DISTINCT number) FROM invoice",
        "SELECT count(*) FROM ledger_entry",
        "SELECT count(*) FROM import_record WHERE status = 'booked'",
        "SELECT booked FROM file_import",
        "SELECT read FROM file_import",
    ):
        assert _asked(addresses, what) == INVOICES, what
    assert _asked(addresses, "SELECT count(*) FROM file_part") == 0
    wanted = {f"invoice/{company}/{number}" for number in range(1, INVOICES + 1)}
    deadline = time.monotonic() + 30
    while await _workflows(client) != wanted:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.5)


async def _workflows(client: Client) -> set[str]:
    query = "WorkflowType = 'Invoice' AND ExecutionStatus = 'Running'"
    return {found.id async for found in client.list_workflows(query)}


def _asked(addresses: Addresses, question: str) -> int:
    with psycopg.connect(conninfo(addresses)) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return int(row[0])
