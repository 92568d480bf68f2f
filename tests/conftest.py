"""Real servers for the tests, each started once a session and only when a test asks for it."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from starter.stack.ports import choose
from starter.stack.postgres import THROW_AWAY, Postgres, new_password
from starter.stack.process import Child
from tests.servers import start_temporal


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A real PostgreSQL on a folder of its own, tuned for data that is thrown away."""
    folder = tmp_path_factory.mktemp("postgres")
    server = Postgres(folder, choose(), new_password(), THROW_AWAY)
    child = Child(server.service(), folder / "log", os.environ)
    try:
        child.wait_ready()
        yield server
    finally:
        child.stop()


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres) -> str:
    """SQLAlchemy address of the empty database `karhu` on the session's PostgreSQL."""
    return postgres.url()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal_env() -> AsyncIterator[WorkflowEnvironment]:
    """The real Temporal server with a virtual clock for each workflow."""
    async with await start_temporal() as environment:
        yield environment
