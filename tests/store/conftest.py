"""Databases of the bank's and of the event log's own; no Temporal."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from domain.clock import REAL_TIME
from starter.stack.postgres import Postgres
from store import migrations
from store.database import Database
from tests.store.bank import Bank

NAME = "payments"


@pytest.fixture(scope="session")
def bank(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {NAME}")
    url = postgres.url(NAME)
    migrations.upgrade(url)
    folder: Path = tmp_path_factory.mktemp("bank")
    database = Database(url)
    yield Bank(database, folder, REAL_TIME, url)
    database.close()


@pytest.fixture(scope="session")
def database(postgres: Postgres) -> Iterator[Database]:
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE store")
    url = postgres.url("store")
    migrations.upgrade(url)
    database = Database(url)
    yield database
    database.close()
