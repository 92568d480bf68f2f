"""Schema migrations (Alembic), run from code: nothing is configured in a file."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlmodel import SQLModel

import store.tables  # noqa: F401 - fills the metadata

# Two programs that migrate at once take turns. Any number will do, if it is ours alone.
_LOCK = 0x6B61726875
_VERSIONS = Path(__file__).parent / "versions"


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(database_url: str) -> None:
    """Bring the database to the newest schema; does nothing if it is there."""
    engine = create_engine(database_url)
    try:
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            command.upgrade(_config(connection), "head")
    finally:
        engine.dispose()


def at_newest(engine: Engine) -> bool:
    """Whether a database has the schema that this release needs."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_heads() == _newest()


@cache
def _newest() -> tuple[str, ...]:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return tuple(ScriptDirectory.from_config(config).get_heads())


def revise(database_url: str, message: str) -> None:
    """Write a new migration from what the models have and the database has not."""
    engine = create_engine(database_url)
    try:
        with engine.begin() as connection:
            taken = len(list(_VERSIONS.glob("[0-9]*.py")))
            command.revision(
                _config(connection), message, autogenerate=True, rev_id=f"{taken + 1:04}"
            )
    finally:
        engine.dispose()


def differences(database_url: str) -> list[str]:
    """What the models say and the migrated database does not, or the other way round."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            return [str(item) for item in compare_metadata(context, SQLModel.metadata)]
    finally:
        engine.dispose()
