"""Real servers for the tests, each started once a session and only when a test asks for it."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from starter.stack.postgres import Postgres
from tests.servers import postgres_server, start_temporal


def pytest_configure() -> None:
    """What the command line writes is as wide for every run as it is into a pipe: the width of the
    terminal that the tests are run from, which pytest-xdist hands down, is none of theirs."""
    os.environ.pop("COLUMNS", None)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A real PostgreSQL, whose database `karhu` is empty; `tests.servers.new_database` is for those
    with tables."""
    with postgres_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def temporal_env() -> AsyncIterator[WorkflowEnvironment]:
    """The real Temporal server with a virtual clock for each workflow."""
    async with await start_temporal() as environment:
        yield environment
