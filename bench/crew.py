"""Worker processes, and what they and the servers use of the machine."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil

from bench import bare_worker, telemetry
from domain.clock import REAL_TIME, Clock
from starter.settings import DEPLOYMENT, Settings
from starter.stack import health, ports
from starter.stack.process import Child, Service, StackError, tail
from starter.stack.stack import Stack
from starter.stack.temporal import NAMESPACE

POLL_SECONDS = 0.2
SAMPLE_SECONDS = 0.25
LONGEST_REST = 60.0
IDLE_CORES = 0.15
"""What the servers use of a core when nobody asks them anything, and some more."""


class BenchError(StackError):
    """Something could not be measured."""


@dataclass(frozen=True)
class Crew:
    """A worker process: Karhu's own, or the bare workflow's."""

    child: Child
    metrics_port: int

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.child.pid)

    def tasks_completed(self) -> int:
        return telemetry.tasks_completed(self.metrics_port)

    def wait_for_tasks(self, count: int, timeout: float) -> None:
        """Wait until so many workflow tasks are done since the process began. Raises BenchError."""
        deadline = time.monotonic() + timeout
        while (done := self.tasks_completed()) < count:
            if self.child.exit_code() is not None:
                raise BenchError(f"the worker stopped; {self._said()}")
            if time.monotonic() > deadline:
                raise BenchError(
                    f"{done} of {count} workflow tasks were done in time: the machine is too busy "
                    f"or too small for this --size, or the worker fails; {self._said()}"
                )
            time.sleep(POLL_SECONDS)

    def _said(self) -> str:
        return "the end of its log:\n" + "\n".join(tail(self.child.log))


@contextmanager
def karhu_at_work(
    stack: Stack, clock: Clock = REAL_TIME, variables: Mapping[str, str] | None = None
) -> Iterator[Crew]:
    """Karhu's worker process under a business clock; stopped at the end."""
    build_id = Settings.model_fields["build_id"].get_default(call_default_factory=True)
    timed = stack.addresses.model_copy(update={"clock": clock}).environment()
    with _at_work(
        stack, "karhu_worker", DEPLOYMENT, build_id, {**timed, **(variables or {})}
    ) as crew:
        yield crew


@contextmanager
def bare_at_work(stack: Stack) -> Iterator[Crew]:
    """The bare workflow's worker process; stopped at the end."""
    with _at_work(
        stack,
        "bare_worker",
        bare_worker.DEPLOYMENT,
        bare_worker.BUILD_ID,
        stack.addresses.environment(),
    ) as crew:
        yield crew


@contextmanager
def _at_work(
    stack: Stack, module: str, deployment: str, build_id: str, variables: Mapping[str, str]
) -> Iterator[Crew]:
    port = ports.choose()
    at = (stack.addresses.temporal, NAMESPACE, deployment, build_id)
    service = Service(
        name=module,
        argv=(sys.executable, "-m", f"bench.{module}", str(port)),
        ready=lambda: telemetry.polling(port) and health.worker_registered(*at),
        once_ready=lambda: health.make_current(*at),
    )
    child = Child(service, stack.addresses.logs / f"{module}.log", _environment(stack, variables))
    try:
        child.wait_ready()
        yield Crew(child, port)
    finally:
        child.stop()


def _environment(stack: Stack, variables: Mapping[str, str]) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("TEMPORAL_", "KARHU_"))}
    # Temporal's sandbox loads a workflow's module for each workflow: without byte code it would be
    # compiled each time, which no installation does.
    inherited.pop("PYTHONDONTWRITEBYTECODE", None)
    inherited["PYTHONPYCACHEPREFIX"] = str(stack.data_dir / "bytecode")
    return {**inherited, **variables}


# ── what is used ─────────────────────────────────────────────────────────────────────────────


def cpu_seconds(process: psutil.Process, *, with_children: bool = False) -> float:
    """CPU time that a process has used, user and system."""
    used = 0.0
    family = process.children(recursive=True) if with_children else []
    for member in (process, *family):
        with suppress(psutil.NoSuchProcess):
            times = member.cpu_times()
            used += times.user + times.system
    return used


@dataclass
class Usage:
    """CPU seconds of a worker and of the servers while something was done."""

    worker: float = 0.0
    servers: dict[str, float] = field(default_factory=dict)

    def per(self, count: int) -> dict[str, float]:
        """Milliseconds of CPU for each of `count`, by process."""
        each = {"worker": self.worker, **self.servers}
        return {name: round(seconds / count * 1000, 2) for name, seconds in each.items()}


@contextmanager
def metered(stack: Stack, crew: Crew) -> Iterator[Usage]:
    """Fill in, at the end, what was used."""
    usage = Usage()
    worker_before, before = cpu_seconds(crew.process), _used_by_servers(stack)
    yield usage
    usage.worker = cpu_seconds(crew.process) - worker_before
    usage.servers = {name: used - before[name] for name, used in _used_by_servers(stack).items()}


def _used_by_servers(stack: Stack) -> dict[str, float]:
    return {
        name: cpu_seconds(psutil.Process(pid), with_children=True)
        for name in ("temporal", "postgres", "smtp")
        if (pid := stack.service(name).pid) is not None
    }


def come_to_rest(stack: Stack) -> None:
    """Wait, for a minute at most, until the servers do nothing more of what was asked of them:
    a Temporal server goes on for seconds after its last workflow task."""
    deadline = time.monotonic() + LONGEST_REST
    used = sum(_used_by_servers(stack).values())
    while time.monotonic() < deadline:
        time.sleep(1.0)
        before, used = used, sum(_used_by_servers(stack).values())
        if used - before < IDLE_CORES:
            return


class Peak:
    """The most memory (bytes, resident) that a process has had while watched."""

    def __init__(self, process: psutil.Process) -> None:
        self.bytes = 0
        self._process = process
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Peak:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        with suppress(psutil.NoSuchProcess):
            while True:
                self.bytes = max(self.bytes, self._process.memory_info().rss)
                if self._stop.wait(SAMPLE_SECONDS):
                    return
