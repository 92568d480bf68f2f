"""What a command speaks to: the database, Temporal, and the business clock of one Karhu."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.client import Client

from domain.clock import Clock
from starter.client import connect
from starter.finding import find
from starter.imports import Imports, sealer_of
from starter.settings import Settings
from store.database import Database


@dataclass(frozen=True, slots=True)
class House:
    """One Karhu, found and open."""

    settings: Settings
    clock: Clock
    database: Database
    client: Client

    def now(self) -> datetime:
        """Business time."""
        return self.clock.now(datetime.now(UTC))


@asynccontextmanager
async def karhu() -> AsyncIterator[House]:
    """The Karhu that the environment or the data folder says, with its way to Temporal."""
    with books() as (settings, database):
        yield House(settings, settings.clock(), database, await connect(lazy=True))


@contextmanager
def books() -> Iterator[tuple[Settings, Database]]:
    """The settings and the database alone, for what only reads."""
    settings = find()
    assert settings.database_url is not None  # noqa: S101 - `find` sees to it
    database = Database(settings.database_url.get_secret_value())
    try:
        yield settings, database
    finally:
        database.close()


def imports_of(house: House) -> Imports:
    """The imports of a Karhu. Raises `CannotTakeError` if it has no key to seal files with."""
    return Imports(house.database, house.client, house.clock, sealer_of(house.settings))
