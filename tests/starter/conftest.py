"""The office's servers, apart from everybody else's: its workers must not meet other workflows."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import update
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

import worker
from starter import deployment
from starter.settings import Settings
from starter.stack.postgres import Postgres
from store.database import Database
from store.parties import NewCompany, ensure_companies
from store.tables import Invoice
from tests.contracts import put_contract
from tests.intake import KEY
from tests.servers import TEMPORAL, new_database
from tests.starter.office import CONTRACT, Office, new_business_id
from workflows import search_attributes

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""Late enough in the morning for what is due to leave at once."""


@pytest.fixture(scope="session")
def office_url(postgres: Postgres) -> str:
    """SQLAlchemy address of a database of the office's own."""
    return new_database(postgres, f"office_{secrets.token_hex(4)}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def office_temporal() -> AsyncIterator[Client]:
    """A real Temporal server of the office's own."""
    async with await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(TEMPORAL),
        search_attributes=list(search_attributes.KEYS),
        data_converter=pydantic_data_converter,
    ) as environment:
        yield environment.client


@pytest.fixture(scope="session")
def office_settings(office_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The business clock shows Monday morning when the tests begin."""
    return Settings(
        database_url=SecretStr(office_url),
        data_dir=tmp_path_factory.mktemp("office"),
        clock_origin=MONDAY,
        clock_anchor=datetime.now(UTC),
        callback_secret=SecretStr("a secret for the tests"),
        intrum_api_key=SecretStr("a key for the tests"),
        file_key=SecretStr(KEY),
        webhooks_private=True,
    )


@pytest.fixture(scope="session")
def office_database(office_url: str) -> Iterator[Database]:
    database = Database(office_url)
    yield database
    database.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def office_worker(office_temporal: Client, office_settings: Settings) -> AsyncIterator[None]:
    """A worker on all queues."""
    async with worker.at_work(office_temporal, office_settings):
        await deployment.set_current(office_temporal, office_settings.build_id, timeout=30)
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def office(
    office_settings: Settings,
    office_database: Database,
    office_temporal: Client,
    office_worker: None,
) -> Office:
    """An office that works for a company of its own, with an empty outbox. Its letters wait for no
    file of the bank's, and its automation is on."""
    clock, business_id = office_settings.clock(), new_business_id()

    def prepare() -> None:
        with office_database.transaction() as session:
            session.execute(update(Invoice).values(start_pending=False, signal_pending=False))
            new = NewCompany(business_id=business_id, name="Kuvitteellinen Sähkö Oy")
            company = ensure_companies(session, [new], clock.now(datetime.now(UTC)))[new]
            company.bank_feed = "off"
            company.automation = True
            put_contract(session, company, clock.now(datetime.now(UTC)), number=CONTRACT)

    await asyncio.to_thread(prepare)
    return Office(office_settings, office_database, office_temporal, clock, business_id)
