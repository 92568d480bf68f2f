"""Karhu's own services under the supervisor: failures, business time, worker versions."""

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client

from domain.clock import REAL_TIME, Clock
from starter.healthcheck import polls
from starter.settings import DEPLOYMENT
from starter.stack import clockfile
from starter.stack.addresses import Addresses, running
from starter.stack.health import make_current, worker_registered
from starter.stack.process import Service, ServiceFailedError
from tests.stack.runs import (
    left,
    stack,
    up,
    wait_gone,
)
from tests.stack.workers import VERSIONED_WORKER

pytestmark = pytest.mark.stack


def sleeper(argv: tuple[str, ...], ready: Callable[[], bool]) -> Service:
    return Service(name="own", argv=(sys.executable, "-c", *argv), ready=ready, stop_timeout=2.0)


def test_a_service_that_does_not_start_is_named_with_its_log(folder: Path) -> None:
    broken = sleeper(("raise SystemExit('no letters today')",), lambda: False)
    with pytest.raises(ServiceFailedError, match="no letters today") as failed:
        stack(folder, services=lambda _addresses: [broken]).start()
    assert failed.value.service == "own"
    assert left(folder) == []


def test_a_service_that_keeps_dying_stops_the_stack(folder: Path) -> None:
    dying = sleeper(("import time; time.sleep(0.3); raise SystemExit('again')",), lambda: True)
    given_up = stack(folder, services=lambda _addresses: [dying])
    given_up.start()
    deadline = time.monotonic() + 60
    while running(folder) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with pytest.raises(ServiceFailedError, match="5 times"):
        given_up.stop()
    assert left(folder) == []


def test_a_failed_migration_stops_the_stack(folder: Path) -> None:
    def fail(_url: str) -> None:
        raise RuntimeError("revision 7 is unknown")

    with pytest.raises(RuntimeError, match="revision 7"):
        stack(folder, migrate=fail).start()
    assert left(folder) == []


SERVE = """
import os, signal
from pathlib import Path
Path(os.environ["KARHU_DATA_DIR"], "seen").write_text("\\n".join(
    f"{name}={value}" for name, value in os.environ.items()))
signal.pause()
"""


def seen(folder: Path) -> Mapping[str, str]:
    lines = (folder / "seen").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_business_time_carries_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "somebody-elses.example:7233")
    service = sleeper((SERVE,), (folder / "seen").exists)
    day = timedelta(days=1)
    with stack(folder, services=lambda _a: [service], speed=86_400.0) as first:
        clock = first.addresses.clock
        variables = seen(folder)
        for name, value in first.addresses.environment().items():
            assert variables[name] == value
        told = Clock(
            origin=datetime.fromisoformat(variables["KARHU_CLOCK_ORIGIN"]),
            anchor=datetime.fromisoformat(variables["KARHU_CLOCK_ANCHOR"]),
            speed=float(variables["KARHU_CLOCK_SPEED"]),
        )
        assert told == clock
        time.sleep(1.0)
    stopped = clock.now(datetime.now(UTC))
    assert stopped - clock.origin >= day
    with stack(folder, speed=1.0) as second:
        resumed = second.addresses.clock
        assert clock.origin + day < resumed.origin <= stopped
        assert resumed.now(resumed.anchor + timedelta(hours=1)) == resumed.origin + timedelta(
            hours=1
        )


def test_business_time_never_runs_backwards_after_a_kill(folder: Path) -> None:
    with up(folder, speed=86_400.0) as first:
        clock = first.addresses().clock
        time.sleep(1.5)
        first.stop(signal.SIGKILL)
        shown = clock.now(datetime.now(UTC))
    wait_gone(folder)
    assert clockfile.resume(folder, None, 1.0, datetime.now(UTC)).origin >= shown


def test_business_time_is_real_time_unless_asked(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    assert clockfile.resume(tmp_path, None, 1.0, now) == REAL_TIME
    clockfile.keep(tmp_path, REAL_TIME, stopped=True)
    assert list(tmp_path.iterdir()) == []
    past = now - timedelta(days=60)
    assert clockfile.resume(tmp_path, past, 1.0, now).origin == past


def test_a_versioned_worker_is_made_current_and_survives_kills(folder: Path) -> None:
    def worker(addresses: Addresses) -> list[Service]:
        where = (addresses.temporal, "default", DEPLOYMENT, "1.2.3")
        return [
            Service(
                name="worker",
                argv=(sys.executable, "-c", VERSIONED_WORKER, "1.2.3"),
                ready=lambda: worker_registered(*where),
                once_ready=lambda: make_current(*where),
            )
        ]

    async def hello(address: str, number: int) -> str:
        client = await Client.connect(address)
        return str(
            await asyncio.wait_for(
                client.execute_workflow("Hello", id=f"hello-{number}", task_queue="hello"), 60
            )
        )

    async def polled(address: str) -> bool:
        return await polls(await Client.connect(address), "hello", socket.gethostname())

    with stack(folder, services=worker) as running_stack:
        supervised = running_stack.service("worker")
        for number in range(3):
            assert asyncio.run(hello(running_stack.addresses.temporal, number)) == "hei"
            assert asyncio.run(polled(running_stack.addresses.temporal))
            supervised.kill()
            supervised.wait_restarted(number + 1)
