"""A database of the store's own."""

from collections.abc import Iterator

import psycopg
import pytest

from starter.stack.postgres import Postgres
from store import migrations
from store.database import Database

NAME = "store"


@pytest.fixture(scope="session")
def database(postgres: Postgres) -> Iterator[Database]:
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {NAME}")
    url = postgres.url(NAME)
    migrations.upgrade(url)
    database = Database(url)
    yield database
    database.close()
