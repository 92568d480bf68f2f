"""Stacks to test: in this process, or run by a process of their own."""

import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from temporalio.client import Client

from starter.settings import Settings, load
from starter.stack.addresses import Addresses, running
from starter.stack.embedded import embedded
from starter.stack.postgres import THROW_AWAY
from starter.stack.process import Service
from starter.stack.stack import Stack

ROOT = Path(__file__).parents[2]
ATTRIBUTES = [("TestState", "Keyword"), ("TestNextAt", "Datetime")]

# `karhu up` with nothing of Karhu's own in it.
UP = """
import sys
from pathlib import Path
from starter.settings import load
from starter.stack.embedded import embedded

usual, speed, folder = sys.argv[1] == "usual", float(sys.argv[2]), Path(sys.argv[3])
stack = embedded(
    folder,
    load(),
    migrate=lambda url: None,
    search_attributes=[("TestState", "Keyword")],
    clock_speed=speed,
    usual_ports=usual,
)
sys.exit(stack.run())
"""


def stack(
    folder: Path,
    *,
    migrate: Callable[[str], None] = lambda _url: None,
    services: Callable[[Addresses], list[Service]] = lambda _addresses: [],
    settings: Settings | None = None,
    speed: float = 1.0,
    attributes: Sequence[tuple[str, str]] = ATTRIBUTES,
) -> Stack:
    return embedded(
        folder,
        settings or load(),
        migrate=migrate,
        search_attributes=attributes,
        services=services,
        clock_speed=speed,
        usual_ports=False,
        postgres_settings=THROW_AWAY,
    )


@dataclass(frozen=True)
class Up:
    """A stack run by a process of its own."""

    process: subprocess.Popen[bytes]
    folder: Path

    def addresses(self) -> Addresses:
        """Wait until it is up."""
        deadline = time.monotonic() + 120
        while (found := running(self.folder)) is None:
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        return found

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def up(folder: Path, *, usual: bool = False, speed: float = 1.0, user: str = "") -> Iterator[Up]:
    command = [sys.executable, "-c", UP, "usual" if usual else "free", str(speed), str(folder)]
    if user:
        entry = pwd.getpwnam(user)
        ids = (f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups")
        # Somebody else, who may yet pass the folders in which root has put Python and the checkout.
        passage = ("--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override")
        command = ["setpriv", *ids, *passage, *command]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        yield Up(process, folder)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(60)


def left(folder: Path) -> list[str]:
    """Processes that belong to a stack on the folder."""
    found = []
    for process in psutil.process_iter():
        try:
            mine = process.environ().get("KARHU_STACK") == str(folder)
            mine = mine or str(folder) in process.cwd()
        except psutil.Error:
            continue
        if mine and process.status() != psutil.STATUS_ZOMBIE:
            found.append(" ".join(process.cmdline()))
    return found


def wait_gone(folder: Path) -> None:
    deadline = time.monotonic() + 30
    while left(folder):
        assert time.monotonic() < deadline, left(folder)
        time.sleep(0.1)


def conninfo(addresses: Addresses) -> str:
    return addresses.database_url.replace("+psycopg", "", 1)


def note(addresses: Addresses, text: str) -> None:
    with psycopg.connect(conninfo(addresses)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", (text,))


def notes(addresses: Addresses) -> list[str]:
    with psycopg.connect(conninfo(addresses)) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM note ORDER BY 1")]


async def start_workflow(addresses: Addresses, workflow_id: str) -> None:
    client = await Client.connect(addresses.temporal, namespace="default")
    await client.start_workflow("Sleeper", id=workflow_id, task_queue="nobody")


async def knows_workflow(addresses: Addresses, workflow_id: str) -> bool:
    client = await Client.connect(addresses.temporal, namespace="default")
    return (await client.get_workflow_handle(workflow_id).describe()).id == workflow_id
