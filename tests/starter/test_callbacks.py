"""What the agency reports, over HTTP."""

import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from domain.agency import AgencyService, CollectionStatus
from domain.case import AgencyFile, Case
from domain.states import InvoiceState
from integrations.agency.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from starter.up import CALLBACKS
from store.booking import lock
from store.tables import AgencyCase, AgencyMessage
from tests.serving import served
from tests.starter.api_world import application
from tests.starter.office import Office


@pytest_asyncio.fixture(loop_scope="session")
async def api(office: Office, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[httpx.AsyncClient]:
    """The API on a port of its own, as the agency sees it."""
    for name, value in office.environment.items():
        monkeypatch.setenv(name, value)
    with served(application(office.settings)) as url:
        async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
            yield client


async def at_agency(office: Office) -> str:
    """The number of an invoice that the agency has."""
    one = office.record()
    await office.take_in(one)
    row = office.row(one.number)
    with office.database.transaction() as session:
        file = AgencyCase(
            invoice_id=row.id,
            agency="intrum",
            service=AgencyService.COLLECTION.value,
            reference=f"{office.business_id}/{one.number}",
            assigned_at=office.clock.now(datetime.now(UTC)),
        )
        session.add(file)
        session.flush()
        there = AgencyFile(
            case_id=file.id, service=AgencyService.COLLECTION, since=date(2026, 3, 2)
        )
        invoice = lock(session, row.id)
        case = Case.model_validate(invoice.case_json).model_copy(
            update={"agency": there, "state": InvoiceState.IN_COLLECTION}
        )
        invoice.case_json = case.model_dump(mode="json")
    return one.number


def message(office: Office, number: str, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "status",
        "message_id": f"m-{number}",
        "case_reference": f"{office.business_id}/{number}",
        "agency_case_id": "INT-1",
        "status": CollectionStatus.LETTER_COLLECTION.finnish,
        "occurred_at": "2026-03-02T08:00:00Z",
        "sequence": 1,
        **changes,
    }


async def post(
    office: Office, api: httpx.AsyncClient, body: dict[str, Any], *, late: int = 0, secret: str = ""
) -> httpx.Response:
    assert office.settings.callback_secret is not None
    content = json.dumps(body).encode()
    at = int(time.time()) - late
    signature = sign(secret or office.settings.callback_secret.get_secret_value(), at, content)
    headers = {TIMESTAMP_HEADER: str(at), SIGNATURE_HEADER: signature}
    return await api.post(CALLBACKS, content=content, headers=headers)


def kept(office: Office, number: str) -> list[AgencyMessage]:
    return list(office.story(number).messages)


async def test_a_status_is_kept_once_and_told(office: Office, api: httpx.AsyncClient) -> None:
    number = await at_agency(office)
    assert (await api.get("/health")).status_code == 200
    first = await post(office, api, message(office, number))
    assert (first.status_code, first.json()["repeated"]) == (200, False)
    again = await post(office, api, message(office, number))
    assert (again.status_code, again.json()["repeated"]) == (200, True)
    row = await office.until(number, lambda row: row.collection_status != "")
    assert row.collection_status == CollectionStatus.LETTER_COLLECTION.value
    (one,) = kept(office, number)
    assert (one.direction, one.key, one.status) == ("in", f"m-{number}", "folded")


async def test_what_is_not_provably_the_agencys_is_not_kept(
    office: Office, api: httpx.AsyncClient
) -> None:
    number = await at_agency(office)
    refused = {
        401: await post(office, api, message(office, number), secret="somebody else's"),
        404: await post(office, api, message(office, "none such")),
        422: await post(office, api, {"message_id": "m"}),
        413: await post(office, api, message(office, number, status="x" * 70_000)),
    }
    assert {status: answer.status_code for status, answer in refused.items()} == {
        status: status for status in refused
    }
    stale = await post(office, api, message(office, number), late=600)
    assert (stale.status_code, stale.json()["code"]) == (401, "stale")
    assert "none such" in refused[404].json()["reason"]
    assert kept(office, number) == []


async def test_a_status_after_the_workflows_end_is_heard_by_another(
    office: Office, api: httpx.AsyncClient
) -> None:
    number = await at_agency(office)
    handle = office.handle(number)
    await handle.terminate("the end")
    assert (await post(office, api, message(office, number))).status_code == 200
    row = await office.until(number, lambda row: row.collection_status != "")
    assert row.collection_status == CollectionStatus.LETTER_COLLECTION.value
    assert (row.start_pending, row.signal_pending) == (False, False)
    (one,) = kept(office, number)
    assert one.status == "folded"
