"""One little Karhu for all the workflow tests: each has its own invoices."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from starter.stack.postgres import Postgres
from tests.house import House, open_house
from tests.servers import new_database


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(
    temporal_env: WorkflowEnvironment, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    async with open_house(temporal_env, new_database(postgres, "house"), folder) as opened:
        yield opened
