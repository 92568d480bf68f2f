"""A database and a mail server of the activities' own; no Temporal."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from domain.clock import REAL_TIME
from starter.stack.postgres import Postgres
from store import migrations
from store.database import Database
from tests.activities.office import Office
from tests.servers import MailServer

NAME = "activities"


@pytest.fixture(scope="session")
def office(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Business time is real time here; each call says when it is."""
    with psycopg.connect(postgres.conninfo(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {NAME}")
    url = postgres.url(NAME)
    migrations.upgrade(url)
    folder: Path = tmp_path_factory.mktemp("office")
    database = Database(url)
    with MailServer(folder / "mail") as mail:
        yield Office(database, folder, REAL_TIME, url, mail.port)
    database.close()
