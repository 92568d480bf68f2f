"""Ropo One's webhooks, over HTTP: batches, each message of which is kept once."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import update
from sqlmodel import col

from domain.agency import CollectionStatus
from domain.agency.contract import ROPO
from store.tables import AgencyCase
from tests.integrations.ropo_support import APICODE, CID, WEBHOOK, batch, shown
from tests.starter.api_world import application
from tests.starter.office import Office
from tests.starter.test_callbacks import at_agency, kept

ADDRESS = "/agency/ropo/callbacks"


@pytest_asyncio.fixture(loop_scope="session")
async def api(office: Office, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The API of a Karhu that is set up for Ropo, in this process."""
    for name, value in office.environment.items():
        monkeypatch.setenv(name, value)
    user, password = WEBHOOK
    ropo = {
        "ropo_url": "http://ropo.example",
        "ropo_cid": CID,
        "ropo_apicode": SecretStr(APICODE),
        "ropo_webhook_user": user,
        "ropo_webhook_password": SecretStr(password),
    }
    app = application(office.settings.model_copy(update=ropo))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://karhu.example"
        ) as client,
    ):
        yield client


async def at_ropo(office: Office) -> str:
    number = await at_agency(office)
    with office.database.transaction() as session:
        session.execute(
            update(AgencyCase)
            .where(col(AgencyCase.reference) == f"{office.business_id}/{number}")
            .values(agency=ROPO)
        )
    return number


def event(office: Office, name: str, number: str, text: str = "Collection") -> dict[str, Any]:
    return {
        "id": f"{name}-{office.business_id}-{number}",
        "jobid": 549_220,
        "billnum": f"{office.business_id}/{number}",
        "statustext": text,
        "timestamp": "2026-03-02T10:00:00",
    }


async def test_a_batch_is_kept_once(office: Office, api: httpx.AsyncClient) -> None:
    number = await at_ropo(office)
    one, two = event(office, "a", number, "Reminder"), event(office, "b", number)
    stranger = event(office, "c", "none such")
    first = await api.post(ADDRESS, content=batch(one, stranger, one, two), headers=shown())
    assert (first.status_code, first.json()) == (200, {"taken": True, "repeated": False})
    again = await api.post(ADDRESS, content=batch(one, two), headers=shown())
    assert (again.status_code, again.json()) == (200, {"taken": True, "repeated": True})
    # Of two at the same instant the one that is further on its way.
    status = CollectionStatus.LETTER_COLLECTION.value
    await office.until(number, lambda row: row.collection_status == status)
    assert {message.key for message in kept(office, number)} == {
        f"ropo/{one['id']}",
        f"ropo/{two['id']}",
    }
    assert len(kept(office, number)) == 2


async def test_what_is_not_ropos_is_not_kept(office: Office, api: httpx.AsyncClient) -> None:
    mine, intrums = await at_ropo(office), await at_agency(office)
    body = batch(event(office, "a", mine))
    refused = {
        (401, "bad_signature"): await api.post(ADDRESS, content=body, headers=shown("x", "y")),
        (404, "unknown_agency"): await api.post(
            "/agency/nobody/callbacks", content=body, headers=shown()
        ),
        # Another agency's case is none of Ropo's.
        (404, "unknown_case"): await api.post(
            ADDRESS, content=batch(event(office, "b", intrums)), headers=shown()
        ),
        (413, "too_large"): await api.post(ADDRESS, content=b" " * 1_100_000, headers=shown()),
        (422, "malformed"): await api.post(ADDRESS, content=b"[]", headers=shown()),
    }
    said = [(answer.status_code, answer.json()["code"]) for answer in refused.values()]
    assert said == list(refused)
    assert kept(office, mine) == kept(office, intrums) == []


async def test_a_karhu_without_ropo_knows_no_such_agency(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in office.environment.items():
        monkeypatch.setenv(name, value)
    assert office.settings.ropo_url is None
    app = application(office.settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://karhu.example"
        ) as client,
    ):
        answer = await client.post(ADDRESS, content=batch(), headers=shown())
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_agency")
