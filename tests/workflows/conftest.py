"""One little Karhu for all the workflow tests: each has its own invoices."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from store import migrations
from tests.house import House, open_house


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def house(
    temporal_env: WorkflowEnvironment, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    migrations.upgrade(postgres_url)
    folder: Path = tmp_path_factory.mktemp("house")
    async with open_house(temporal_env, postgres_url, folder) as opened:
        yield opened
