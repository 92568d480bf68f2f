"""Start services, keep them alive, stop them in reverse order."""

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from starter.stack.process import POLL_SECONDS, Child, Service, ServiceFailedError

# A service that dies this soon after its start did not really run (seconds).
QUICK_DEATH = 5.0
MAX_QUICK_DEATHS = 5
WATCH_SECONDS = 0.1
LONGEST_PAUSE = 5.0  # seconds between two starts

# In the environment of every child and, by inheritance, of its own children.
MARK = "KARHU_STACK"


class Supervised:
    """A service under supervision, as others may look at it."""

    def __init__(self, service: Service, log: Path) -> None:
        self.service = service
        self.log = log
        self.child: Child | None = None
        self.ready = False
        self.restarts = 0
        self._started = 0.0
        self._again = 0.0
        self._quick_deaths = 0

    @property
    def pid(self) -> int | None:
        """The process id; None while the service is down."""
        child = self.child
        return child.pid if child is not None and child.exit_code() is None else None

    def kill(self) -> None:
        """End the process at once with SIGKILL; the supervisor will start it again."""
        child = self.child
        if child is not None:
            child.send(signal.SIGKILL)

    def wait_restarted(self, restarts: int, timeout: float = 60.0) -> None:
        """Wait until the service is well after at least so many restarts.

        Raises `TimeoutError` after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not (self.ready and self.restarts >= restarts):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.service.name} did not come back within {timeout:.0f} s")
            time.sleep(POLL_SECONDS)

    def launch(self, env: Mapping[str, str]) -> Child:
        """Start the process."""
        self.ready = False
        self._started = time.monotonic()
        self.child = Child(self.service, self.log, env)
        return self.child

    def tend(self, env: Mapping[str, str]) -> None:
        """One look: notice a death, start again when it is time, notice that it is well.

        Raises `ServiceFailedError` when the service dies again and again.
        """
        now = time.monotonic()
        if self.child is None:
            if now >= self._again:
                self.restarts += 1
                self.launch(env)
            return
        code = self.child.exit_code()
        if code is not None:
            self._died(now, f"stopped with exit code {code}")
        elif not self.ready:
            if self.service.ready() and self.child.exit_code() is None:
                try:
                    self.service.once_ready()
                except Exception as error:
                    self._died(now, f"could not be set up ({error})")
                else:
                    self.ready = True
            elif now - self._started > self.service.start_timeout:
                self._died(now, f"did not get ready within {self.service.start_timeout:.0f} s")

    def _died(self, now: float, how: str) -> None:
        assert self.child is not None  # noqa: S101 - for the type checker
        self.child.bury()
        self.child = None
        failed = not self.ready or now - self._started < QUICK_DEATH
        self.ready = False
        self._quick_deaths = self._quick_deaths + 1 if failed else 0
        if self._quick_deaths >= MAX_QUICK_DEATHS:
            reason = f"{how}, {self._quick_deaths} times in a row"
            raise ServiceFailedError(self.service.name, reason, self.log)
        # The first time at once; then with a pause that doubles.
        pause = 0.0 if self._quick_deaths <= 1 else 0.25 * 2**self._quick_deaths
        self._again = now + min(pause, LONGEST_PAUSE)


class Supervisor:
    """The services that have been started, in order.

    All methods are called by one thread that outlives the children. `cancelled` is asked often,
    also while a start is waited for; when it says true, the wait ends.
    """

    def __init__(self, logs: Path, cancelled: Callable[[], bool]) -> None:
        self.logs = logs
        self.services: dict[str, Supervised] = {}
        self._cancelled = cancelled
        self._env: Mapping[str, str] = {}

    def start(self, services: Sequence[Service], env: Mapping[str, str]) -> bool:
        """Start the services, all at once, and wait until each is well.

        Later restarts, of earlier services too, get this `env`. False if cancelled meanwhile.
        Raises `ServiceFailedError`.
        """
        self._env = env
        launched = []
        for service in services:
            if self._cancelled():
                return False
            supervised = Supervised(service, self.logs / f"{service.name}.log")
            self.services[service.name] = supervised
            launched.append((supervised, supervised.launch(env)))
        for supervised, child in launched:
            if not child.wait_ready(self._cancelled):
                return False
            supervised.ready = True
        return True

    def watch(self) -> None:
        """Tend the services until cancelled. Raises `ServiceFailedError` if one cannot be kept."""
        while not self._cancelled():
            for supervised in self.services.values():
                supervised.tend(self._env)
            time.sleep(WATCH_SECONDS)

    def stop(self) -> None:
        """Stop all, the last started first."""
        for supervised in reversed(self.services.values()):
            supervised.ready = False
            if supervised.child is not None:
                supervised.child.stop()


def sweep(mark: str) -> None:
    """Kill what a stack with this mark left behind when it was itself killed.

    PostgreSQL is left alone: it has its own, gentler way (see `Postgres.clear_left_over`).
    """
    ourselves = {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    killed = []
    for process in psutil.process_iter(["name"]):
        if process.pid in ourselves or process.info["name"] == "postgres":
            continue
        with suppress(psutil.Error, OSError):  # gone meanwhile, or not ours to look at
            if process.environ().get(MARK) == mark:
                process.kill()
                killed.append(process)
    psutil.wait_procs(killed, timeout=10)
