"""The embedded stack with real servers: started, killed, stopped, started again."""

import asyncio
import json
import os
import pwd
import signal
import socket
import time
from contextlib import ExitStack, closing
from pathlib import Path

import psutil
import psycopg
import pytest
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from starter.settings import Settings, load
from starter.stack.addresses import StackRunningError, running
from starter.stack.health import smtp_answers
from starter.stack.postgres import Postgres
from starter.stack.process import StackError
from tests.stack.runs import (
    knows_workflow,
    left,
    note,
    notes,
    stack,
    start_workflow,
    up,
    wait_gone,
)

pytestmark = pytest.mark.stack


def test_up_killed_stopped_and_up_again(folder: Path) -> None:
    migrated: list[str] = []
    with stack(folder, migrate=migrated.append) as first:
        assert migrated == [first.addresses.database_url]
        assert running(folder) == first.addresses
        note(first.addresses, "before")
        asyncio.run(start_workflow(first.addresses, "invoice-1042"))
        for name in ("smtp", "temporal", "postgres"):
            service = first.service(name)
            pid = service.pid
            service.kill()
            service.wait_restarted(1)
            assert service.pid not in {None, pid}
        assert smtp_answers(*first.addresses.smtp)
        assert notes(first.addresses) == ["before"]
        assert asyncio.run(knows_workflow(first.addresses, "invoice-1042"))
        with pytest.raises(StackRunningError, match=str(os.getpid())):
            stack(folder).start()
    assert running(folder) is None
    assert left(folder) == []
    with stack(folder) as second:
        assert notes(second.addresses) == ["before"]
        assert asyncio.run(knows_workflow(second.addresses, "invoice-1042"))
        # Nothing outside took the ports, so bookmarks still work.
        assert second.addresses.ports == first.addresses.ports


def test_sigterm_stops_all_with_exit_code_0(folder: Path) -> None:
    with up(folder) as started:
        started.addresses()
        assert len(left(folder)) > 3
        assert started.stop() == 0
        assert left(folder) == []


def test_ctrl_c_while_it_starts_stops_all(folder: Path) -> None:
    with up(folder) as started:
        deadline = time.monotonic() + 60
        while not (folder / "logs" / "postgres.log").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert started.stop(signal.SIGINT) == 0
        assert left(folder) == []


def test_a_killed_supervisor_leaves_nothing_and_the_next_one_recovers(folder: Path) -> None:
    with up(folder) as first:
        note(first.addresses(), "written")
        assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    wait_gone(folder)
    with stack(folder) as second:
        assert notes(second.addresses) == ["written"]


def test_recovers_when_everything_is_killed_at_once(folder: Path) -> None:
    with up(folder) as first:
        note(first.addresses(), "written")
        postmaster = json.loads((folder / "stack.json").read_text())["pids"]["postgres"]
        first.process.send_signal(signal.SIGSTOP)  # so that it restarts nothing meanwhile
        os.kill(postmaster, signal.SIGKILL)
        assert first.stop(signal.SIGKILL) == -signal.SIGKILL
    # As after a restart of the machine: the lock file names a process that is somebody else's now.
    lock = folder / "postgres" / "data" / "postmaster.pid"
    _, _, rest = lock.read_text().partition("\n")
    lock.write_text(f"{os.getppid()}\n{rest}")
    with stack(folder) as second:
        assert notes(second.addresses) == ["written"]


def test_takes_other_ports_when_the_usual_ones_are_taken(folder: Path) -> None:
    with ExitStack() as taken:
        for port in (7233, 8425, 8432):
            listener = taken.enter_context(closing(socket.socket()))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue  # taken by somebody else is just as good
            listener.listen()
        with up(folder, usual=True) as started:
            addresses = started.addresses()
            assert addresses.ports.keys() >= {"postgres", "temporal", "smtp"}
            assert not {7233, 8425, 8432} & set(addresses.ports.values())
            assert smtp_answers(*addresses.smtp)


def test_an_ordinary_user_may_run_it(folder: Path) -> None:
    """Root becomes one for this; whoever else runs the tests is one."""
    root = os.geteuid() == 0
    entry = pwd.getpwnam("nobody") if root else pwd.getpwuid(os.geteuid())
    folder.mkdir()
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    with up(folder, user=entry.pw_name if root else "") as started:
        note(started.addresses(), "by nobody")
        owners = {psutil.Process(started.process.pid).uids().real}
        owners |= {child.uids().real for child in psutil.Process(started.process.pid).children()}
        assert owners == {entry.pw_uid}
        assert started.stop() == 0


def test_root_lends_postgresql_no_more_than_it_needs(folder: Path) -> None:
    with stack(folder) as running_stack:
        server = psutil.Process(running_stack.service("postgres").pid)
        assert server.uids().real != 0
        status = Path(f"/proc/{server.pid}/status").read_text()
        effective = next(line for line in status.splitlines() if line.startswith("CapEff"))
        assert int(effective.split()[1], 16) in {0, 1 << 1}  # CAP_DAC_OVERRIDE


def test_the_database_asks_for_its_password(folder: Path) -> None:
    with stack(folder) as running_stack:
        port = running_stack.addresses.ports["postgres"]
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://karhu:guess@127.0.0.1:{port}/karhu")
        assert (folder / "stack.json").stat().st_mode & 0o077 == 0
        assert (folder / "secrets.json").stat().st_mode & 0o077 == 0


def test_a_database_of_ones_own_is_used(folder: Path, postgres: Postgres) -> None:
    url = postgres.url()
    settings = load().model_copy(update={"database_url": Settings(database_url=url).database_url})
    with stack(folder, settings=settings) as running_stack:
        assert running_stack.addresses.database_url == url
        with pytest.raises(KeyError):
            running_stack.service("postgres")


def test_a_database_that_does_not_answer_is_named(folder: Path) -> None:
    nowhere = Settings(database_url=SecretStr("postgresql://karhu:x@127.0.0.1:9/karhu"))
    with pytest.raises(StackError, match="KARHU_DATABASE_URL"):
        stack(folder, settings=nowhere).start()


def test_a_search_attribute_that_came_later_is_known_too(folder: Path) -> None:
    state = SearchAttributeKey.for_keyword("TestState")

    async def listed(address: str) -> int:
        client = await Client.connect(address)
        given = TypedSearchAttributes([SearchAttributePair(state, "open")])
        await client.start_workflow("Sleeper", id="1042", task_queue="q", search_attributes=given)
        deadline = time.monotonic() + 30
        while (found := (await client.count_workflows("TestState = 'open'")).count) == 0:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
        return found

    with stack(folder, attributes=[]):
        pass
    with stack(folder) as second:
        assert asyncio.run(listed(second.addresses.temporal)) == 1
