"""The fixture `world`, for the tests of the REST API."""

from collections.abc import Iterator

import pytest
from temporalio.client import Client

from starter.settings import Settings
from store.database import Database
from tests.starter.api_world import World, open_world


@pytest.fixture(scope="module")
def world(
    office_settings: Settings, office_database: Database, office_temporal: Client
) -> Iterator[World]:
    """A served API with people in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEMPORAL_ADDRESS", office_temporal.service_client.config.target_host)
        with open_world(office_settings, office_database) as opened:
            yield opened
