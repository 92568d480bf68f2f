"""Databases of the bank's and of the event log's own; no Temporal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.clock import REAL_TIME
from starter.stack.postgres import Postgres
from store.database import Database
from tests.servers import new_database
from tests.store.bank import Bank


@pytest.fixture(scope="session")
def bank(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    url = new_database(postgres, "payments")
    folder: Path = tmp_path_factory.mktemp("bank")
    database = Database(url)
    yield Bank(database, folder, REAL_TIME, url)
    database.close()


@pytest.fixture(scope="session")
def database(postgres: Postgres) -> Iterator[Database]:
    database = Database(new_database(postgres, "store"))
    yield database
    database.close()
