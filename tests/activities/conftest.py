"""A database and a mail server of the activities' own; no Temporal."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.clock import REAL_TIME
from starter.stack.postgres import Postgres
from store.database import Database
from tests.activities.office import Office
from tests.servers import MailServer, new_database


@pytest.fixture(scope="session")
def office(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Business time is real time here; each call says when it is."""
    url = new_database(postgres, "activities")
    folder: Path = tmp_path_factory.mktemp("office")
    database = Database(url)
    with MailServer(folder / "mail") as mail:
        yield Office(database, folder, REAL_TIME, url, mail.port)
    database.close()
