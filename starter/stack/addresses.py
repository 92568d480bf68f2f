"""Where the parts of a running stack are, and the files in which its data folder says so."""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field
from rich.table import Table

from domain.clock import REAL_TIME, Clock
from starter.stack.ports import HOST
from starter.stack.process import StackError
from starter.stack.temporal import NAMESPACE

STACK_FILE = "stack.json"
LOCK_FILE = "stack.lock"
SECRETS_FILE = "secrets.json"

# `running` holds the lock for an instant when it looks; a start does not give up for that.
LOCK_SECONDS = 1.0


class StackRunningError(StackError):
    """Another stack holds the data folder."""

    def __init__(self, data_dir: Path, pid: str) -> None:
        super().__init__(
            f"a stack (process {pid or 'unknown'}) already runs on {data_dir}: "
            "use that one, stop it, or give another folder with KARHU_DATA_DIR"
        )


class Addresses(BaseModel):
    """The parts of a running stack. `database_url` and `secrets` hold passwords."""

    model_config = ConfigDict(frozen=True)

    data_dir: Path
    ports: dict[str, int]
    """By the names in `starter.stack.ports.USUAL`, all on the loopback address."""
    database_url: str = Field(repr=False)
    outbox: str
    """Where letters on paper are put: a folder, or an SFTP address."""
    einvoices: str
    einvoice_operator: str
    secrets: dict[str, str] = Field(repr=False)
    """By the name of their environment variable."""
    clock: Clock = REAL_TIME

    @property
    def temporal(self) -> str:
        """Host and port of Temporal's front end."""
        return f"{HOST}:{self.ports['temporal']}"

    @property
    def temporal_ui(self) -> str:
        return f"http://{HOST}:{self.ports['temporal-ui']}"

    @property
    def intrum_url(self) -> str:
        return f"http://{HOST}:{self.ports['intrum']}"

    @property
    def api_url(self) -> str:
        return f"http://{HOST}:{self.ports['api']}"

    @property
    def smtp(self) -> tuple[str, int]:
        """Host and port of the SMTP catcher."""
        return HOST, self.ports["smtp"]

    @property
    def mail(self) -> Path:
        """The folder in which the SMTP catcher keeps the messages."""
        return self.data_dir / "mail"

    @property
    def bounces(self) -> Path:
        """The folder in which the SMTP catcher reports what it could not deliver in the end."""
        return self.data_dir / "bounces"

    @property
    def logs(self) -> Path:
        """The folder with one log for each service."""
        return self.data_dir / "logs"

    def environment(self) -> dict[str, str]:
        """The variables by which every Karhu program finds the parts."""
        variables = {
            "TEMPORAL_ADDRESS": self.temporal,
            "TEMPORAL_NAMESPACE": NAMESPACE,
            # Whatever profile the user has for another cluster, its keys are not for this one.
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "KARHU_DATA_DIR": str(self.data_dir),
            "KARHU_DATABASE_URL": self.database_url,
            "KARHU_SMTP_HOST": HOST,
            "KARHU_SMTP_PORT": str(self.ports["smtp"]),
            "KARHU_BOUNCES_DIR": str(self.bounces),
            "KARHU_OUTBOX_DIR": self.outbox,
            "KARHU_EINVOICE_DIR": self.einvoices,
            "KARHU_EINVOICE_OPERATOR": self.einvoice_operator,
            "KARHU_TEMPORAL_UI": self.temporal_ui,
            "KARHU_INTRUM_URL": self.intrum_url,
            "KARHU_API_HOST": HOST,
            "KARHU_API_PORT": str(self.ports["api"]),
            **self.secrets,
        }
        if self.clock != REAL_TIME:
            variables["KARHU_CLOCK_ORIGIN"] = self.clock.origin.isoformat()
            variables["KARHU_CLOCK_ANCHOR"] = self.clock.anchor.isoformat()
            variables["KARHU_CLOCK_SPEED"] = repr(self.clock.speed)
        return variables

    def table(self) -> Table:
        """What a person wants to know; without passwords."""
        database = urlsplit(self.database_url)
        days = self.clock.speed / 86_400
        pace = "real time" if self.clock == REAL_TIME else f"{days:g} days per second"
        table = Table(title="Karhu is up", title_justify="left", show_header=False)
        for part, where in (
            ("Temporal Web UI", self.temporal_ui),
            ("Temporal", self.temporal),
            ("Pages", self.api_url),
            ("API", f"{self.api_url}/api/v1"),
            ("PostgreSQL", f"{database.hostname}:{database.port}{database.path}"),
            ("SMTP catcher", f"{HOST}:{self.ports['smtp']}, mail in {self.mail}"),
            ("Intrum sandbox", self.intrum_url),
            ("Letters on paper", self.outbox),
            ("E-invoices", self.einvoices),
            ("Logs", str(self.logs)),
            ("Business clock", pace),
        ):
            table.add_row(part, where)
        return table


def write_private(file: Path, content: dict[str, Any]) -> None:
    """Write JSON that only its owner may read, whole or not at all."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    part.write_text(json.dumps(content, indent=2) + "\n")
    part.rename(file)


def read_json(file: Path) -> dict[str, Any]:
    """The content of a JSON file of ours; empty if there is none."""
    try:
        content: dict[str, Any] = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    return content


def kept_secrets(data_dir: Path, names: tuple[str, ...]) -> dict[str, str]:
    """The folder's own passwords and keys by name; made up on first use and then kept."""
    file = data_dir / SECRETS_FILE
    known = read_json(file)
    missing = {name: secrets.token_urlsafe(24) for name in names if name not in known}
    if missing:
        known.update(missing)
        write_private(file, known)
    return {name: known[name] for name in names}


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold the folder. The system lets go of it when this process dies, however it dies.

    Raises `StackRunningError` if another process holds it.
    """
    with (data_dir / LOCK_FILE).open("a+") as file:
        deadline = time.monotonic() + LOCK_SECONDS
        while not _take(file.fileno(), fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                file.seek(0)
                raise StackRunningError(data_dir, file.read().strip())
            time.sleep(0.05)
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def running(data_dir: Path) -> Addresses | None:
    """The addresses of the stack that runs on the folder and is ready; None if there is none."""
    try:
        with (data_dir / LOCK_FILE).open() as file:
            if _take(file.fileno(), fcntl.LOCK_SH):
                return None
    except FileNotFoundError:
        return None
    said = read_json(data_dir / STACK_FILE)
    return Addresses.model_validate(said["addresses"]) if said.get("ready") else None


def _take(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
