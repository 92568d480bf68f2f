"""A stack of services on a data folder, as one thing to start, supervise and stop."""

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from rich.console import Console

from domain.clock import REAL_TIME
from starter.stack import clockfile
from starter.stack.addresses import STACK_FILE, Addresses, locked, write_private
from starter.stack.process import Service, StackError
from starter.stack.supervisor import MARK, Supervised, Supervisor, sweep


@dataclass(frozen=True)
class Parts:
    """What a stack is made of.

    `place` chooses the addresses, once the folder is ours. `infrastructure` comes first; then
    `prepare` runs (migrations); then business time starts, and with it the `services`.
    """

    place: Callable[[Path], Addresses]
    infrastructure: Callable[[Addresses], Sequence[Service]]
    prepare: Callable[[Addresses], None]
    services: Callable[[Addresses], Sequence[Service]]


class Stack:
    """A supervised stack on a data folder.

    Entering it starts everything and returns when all is well, or raises `StackError` with the end
    of the log that tells why not; leaving it stops everything. While it runs, a service that dies
    is started again; if one cannot be kept alive the whole stack stops, and leaving it raises.
    """

    def __init__(
        self,
        data_dir: Path,
        parts: Parts,
        *,
        clock_origin: datetime | None = None,
        clock_speed: float = 1.0,
        report: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.data_dir = data_dir.resolve()
        self._parts = parts
        self._clock_origin = clock_origin
        self._clock_speed = clock_speed
        self._report = report
        self._stopping = threading.Event()
        self._settled = threading.Event()  # started, or failed to
        self._failure: BaseException | None = None
        self._addresses: Addresses | None = None
        self._ticked = 0.0
        self._pids: dict[str, int | None] = {}
        self._supervisor = Supervisor(self.data_dir / "logs", self._tick)
        # One thread starts every child and outlives them: on Linux a child dies with its thread.
        self._thread = threading.Thread(target=self._work, name="stack", daemon=True)

    @property
    def addresses(self) -> Addresses:
        """Where the parts are; known once the stack is up."""
        if self._addresses is None:
            raise StackError("the stack is not up yet")
        return self._addresses

    def service(self, name: str) -> Supervised:
        """A service by its name: `postgres`, `temporal`, `smtp`, ... Raises `KeyError`."""
        return self._supervisor.services[name]

    def start(self) -> None:
        """Start everything, return when all is well. Raises `StackError` or what a step raised."""
        self._thread.start()
        try:
            self._settled.wait()
        except BaseException:
            self._end()
            raise
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self) -> None:
        """Stop everything, the last started first; returns when all is stopped.

        Raises `StackError` if the stack had stopped before by itself.
        """
        self._end()
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.stop()
        else:
            self._end()

    def run(
        self,
        console: Console | None = None,
        *,
        welcome: Callable[[Addresses], str] = lambda _placed: "",
    ) -> int:
        """Run until Ctrl-C or SIGTERM; the process's exit code. For the main thread of a command.
        `welcome` is what else the console says once all is up.

        0 after a stop that was asked for, 1 if the stack did not come up or could not be kept up;
        the console then says why.
        """
        console = console or Console()

        def asked(_number: int, _frame: FrameType | None) -> None:
            self._stopping.set()

        before = {
            number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            self.start()
            if not self._stopping.is_set():
                console.print(self.addresses.table())
                if said := welcome(self.addresses):
                    console.print(said, style="bold", markup=False, highlight=False)
                console.print("Ctrl-C stops everything; started again, it carries on.")
            while self._thread.is_alive():
                self._thread.join(0.5)
        except StackError as failure:
            self._failure = failure
        finally:
            self._end()
            for number, handler in before.items():
                signal.signal(number, handler)
        if self._failure is not None:
            console.print(str(self._failure), style="red", markup=False, highlight=False)
            return 1
        return 0

    def _end(self) -> None:
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _work(self) -> None:
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            self.data_dir.chmod(0o700)  # customers' letters and the databases' passwords
            with locked(self.data_dir):
                try:
                    if self._start_all():
                        self._settled.set()
                        self._supervisor.watch()
                finally:
                    self._stop_all()
        except BaseException as failure:
            self._failure = failure
        finally:
            self._stopping.set()
            self._settled.set()

    def _start_all(self) -> bool:
        sweep(str(self.data_dir))
        placed = self._parts.place(self.data_dir)
        # The last run's addresses must not pass for this one's while it is starting.
        self._write(placed, ready=False)
        if not self._start(self._parts.infrastructure(placed), placed):
            return False
        self._report("bringing the database up to date")
        self._parts.prepare(placed)
        clock = clockfile.resume(
            self.data_dir, self._clock_origin, self._clock_speed, datetime.now(UTC)
        )
        self._addresses = placed.model_copy(update={"clock": clock})
        if not self._start(self._parts.services(self._addresses), self._addresses):
            return False
        self._write(self._addresses, ready=True)
        return True

    def _start(self, services: Sequence[Service], addresses: Addresses) -> bool:
        self._report(f"starting {', '.join(service.name for service in services)}")
        return self._supervisor.start(services, self._environment(addresses))

    def _stop_all(self) -> None:
        if self._addresses is not None:
            self._write(self._addresses, ready=False)
        self._supervisor.stop()
        if self._addresses is not None:
            clockfile.keep(self.data_dir, self._addresses.clock, stopped=True)

    def _tick(self) -> bool:
        """What is done now and then while waiting or watching; says whether to stop."""
        addresses = self._addresses
        if addresses is not None:
            now = time.monotonic()
            if addresses.clock != REAL_TIME and now - self._ticked >= clockfile.EVERY_SECONDS:
                self._ticked = now
                clockfile.keep(self.data_dir, addresses.clock, stopped=False)
            if self._settled.is_set() and self._pids != self._current_pids():
                self._write(addresses, ready=True)
        return self._stopping.is_set()

    def _current_pids(self) -> dict[str, int | None]:
        services = self._supervisor.services.items()
        return {name: supervised.pid for name, supervised in services}

    def _write(self, addresses: Addresses, *, ready: bool) -> None:
        self._pids = self._current_pids()
        content: dict[str, Any] = {
            "ready": ready,
            "pid": os.getpid(),
            "pids": self._pids,
            "addresses": addresses.model_dump(mode="json"),
        }
        write_private(self.data_dir / STACK_FILE, content)

    def _environment(self, addresses: Addresses) -> dict[str, str]:
        # A Temporal or a clock that the user's own variables name is not this stack's.
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("TEMPORAL_", "KARHU_CLOCK_"))
        }
        ours = {MARK: str(self.data_dir), "PYTHONUNBUFFERED": "1"}
        return {**inherited, **addresses.environment(), **ours}
