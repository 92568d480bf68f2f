"""The embedded stack with real servers: started, killed, stopped, started again."""

import asyncio
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import psycopg
import pytest
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from domain.clock import REAL_TIME, Clock
from starter.settings import DEPLOYMENT, Settings, load
from starter.stack import clockfile
from starter.stack.addresses import Addresses, StackRunningError, running
from starter.stack.embedded import embedded
from starter.stack.health import make_current, smtp_answers, worker_registered
from starter.stack.postgres import THROW_AWAY
from starter.stack.process import Service, ServiceFailedError, StackError
from starter.stack.stack import Stack

pytestmark = pytest.mark.stack

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


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder within one that nobody else may enter, as mktemp makes them."""
    with tempfile.TemporaryDirectory() as closed:
        assert Path(closed).stat().st_mode & 0o777 == 0o700
        yield Path(closed) / "karhu"


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


def test_a_database_of_ones_own_is_used(folder: Path, postgres_url: str) -> None:
    settings = load().model_copy(
        update={"database_url": Settings(database_url=postgres_url).database_url}
    )
    with stack(folder, settings=settings) as running_stack:
        assert running_stack.addresses.database_url == postgres_url
        with pytest.raises(KeyError):
            running_stack.service("postgres")


def test_a_database_that_does_not_answer_is_named(folder: Path) -> None:
    nowhere = Settings(database_url=SecretStr("postgresql://karhu:x@127.0.0.1:9/karhu"))
    with pytest.raises(StackError, match="KARHU_DATABASE_URL"):
        stack(folder, settings=nowhere).start()


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


WORKER = """
import asyncio, sys
from temporalio import workflow
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.envconfig import ClientConfig
from temporalio.worker import UnsandboxedWorkflowRunner, Worker, WorkerDeploymentConfig

@workflow.defn(versioning_behavior=VersioningBehavior.AUTO_UPGRADE)
class Hello:
    @workflow.run
    async def run(self) -> str:
        return "hei"

async def main():
    client = await Client.connect(**ClientConfig.load_client_connect_config())
    version = WorkerDeploymentVersion(deployment_name="karhu", build_id=sys.argv[1])
    config = WorkerDeploymentConfig(version=version, use_worker_versioning=True)
    await Worker(client, task_queue="hello", workflows=[Hello], deployment_config=config,
                 workflow_runner=UnsandboxedWorkflowRunner()).run()

asyncio.run(main())
"""


def test_a_versioned_worker_is_made_current_and_survives_kills(folder: Path) -> None:
    def worker(addresses: Addresses) -> list[Service]:
        where = (addresses.temporal, "default", DEPLOYMENT, "1.2.3")
        return [
            Service(
                name="worker",
                argv=(sys.executable, "-c", WORKER, "1.2.3"),
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

    with stack(folder, services=worker) as running_stack:
        supervised = running_stack.service("worker")
        for number in range(3):
            assert asyncio.run(hello(running_stack.addresses.temporal, number)) == "hei"
            supervised.kill()
            supervised.wait_restarted(number + 1)


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
