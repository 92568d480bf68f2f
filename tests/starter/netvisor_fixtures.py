"""The fixture `town`, for the tests of the Netvisor-compatible interface."""

from collections.abc import Iterator

import httpx
import pytest
from pydantic import SecretStr
from temporalio.client import Client

from starter.settings import Settings
from store.database import Database
from tests.serving import served
from tests.starter.api_world import application
from tests.starter.netvisor_client import FILE_KEY, Town


@pytest.fixture(scope="module")
def town(
    office_settings: Settings, office_database: Database, office_temporal: Client
) -> Iterator[Town]:
    """A served Karhu with two companies and their programs."""
    settings = office_settings.model_copy(update={"file_key": SecretStr(FILE_KEY)})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEMPORAL_ADDRESS", office_temporal.service_client.config.target_host)
        with (
            served(application(settings)) as url,
            httpx.Client(trust_env=False, timeout=40) as http,
        ):
            opened = Town(url, http, office_database)
            opened.settle()
            yield opened
