"""One supervised process: how it is started, asked whether it is well, and stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")
POLL_SECONDS = 0.05
TAIL_LINES = 15


class StackError(Exception):
    """The embedded stack cannot do what was asked; the message says what to do."""


class ServiceFailedError(StackError):
    """A service did not come up, or died too often.

    Attributes: `service` (its name) and `log` (the file with its output).
    """

    def __init__(self, service: str, reason: str, log: Path) -> None:
        self.service = service
        self.log = log
        lines = tail(log)
        said = "\n".join(f"    {line}" for line in lines) if lines else "    (nothing)"
        super().__init__(f"{service} {reason}. The end of {log}:\n{said}")


def tail(log: Path, lines: int = TAIL_LINES) -> list[str]:
    """The last `lines` lines of a log file; none if there is no file."""
    try:
        text = log.read_bytes()[-20_000:].decode(errors="replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:]


def launched(death_signal: signal.Signals, user: int | None) -> tuple[str, ...]:
    """The start of a command line: what follows it is run tied to this process, as `user`."""
    to = "-" if user is None else str(user)
    return (sys.executable, "-I", str(LAUNCH), str(os.getpid()), str(int(death_signal)), to)


def nothing() -> None:
    """The default for a service's hooks."""


@dataclass(frozen=True)
class Service:
    """What the supervisor has to know of one child process.

    `ready` is asked again and again until it says true; it answers within a second or two and
    does not raise. `before` runs before every start, `once_ready` each time the service has become
    ready. Times are in seconds.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    env: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] = nothing
    once_ready: Callable[[], None] = nothing
    start_timeout: float = 60.0
    stop_timeout: float = 10.0
    stop_signal: signal.Signals = signal.SIGTERM
    # What the process gets when the supervisor itself is killed.
    death_signal: signal.Signals = signal.SIGKILL
    user: int | None = None


class Child:
    """A service's running process, in a session and a process group of its own."""

    def __init__(self, service: Service, log: Path, env: Mapping[str, str]) -> None:
        """Start the service; its output is appended to `log`. The thread that calls this must
        outlive the child: on Linux the death of the thread counts as the death of the parent."""
        self.service = service
        self.log = log
        service.before()
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own services
                [*launched(service.death_signal, service.user), *service.argv],
                env={**env, **service.env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while the process lives."""
        return self._process.poll()

    def wait_ready(self, cancelled: Callable[[], bool] = lambda: False) -> bool:
        """Wait until the service is well. False if `cancelled` said so first.

        Raises `ServiceFailedError` if it dies or is not ready within its `start_timeout`.
        """
        deadline = time.monotonic() + self.service.start_timeout
        while not self.service.ready():
            if cancelled():
                return False
            code = self.exit_code()
            if code is not None:
                raise ServiceFailedError(
                    self.service.name, f"stopped with exit code {code}", self.log
                )
            if time.monotonic() > deadline:
                waited = f"did not get ready within {self.service.start_timeout:.0f} s"
                raise ServiceFailedError(self.service.name, waited, self.log)
            time.sleep(POLL_SECONDS)
        # Another program on the same port could have answered in place of a child that died.
        code = self.exit_code()
        if code is not None:
            raise ServiceFailedError(self.service.name, f"stopped with exit code {code}", self.log)
        self.service.once_ready()
        return True

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process, if it still lives."""
        if self.exit_code() is None:
            self._process.send_signal(number)

    def stop(self) -> None:
        """Ask the process to stop, wait for its `stop_timeout`, then kill it and its group."""
        self.send(self.service.stop_signal)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(self.service.stop_timeout)
        self.bury()

    def bury(self) -> None:
        """Kill what is left of the process and its group, and collect the process."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
