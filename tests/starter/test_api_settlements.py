"""The agency's money over the REST API."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from domain.roles import Role
from store.tables import AgencyCase, AgencyMessage
from tests.starter import api_settlements
from tests.starter.api_fixtures import world
from tests.starter.api_world import World

__all__ = ["world"]


@pytest.fixture
def clerk(world: World) -> str:
    return world.sign_in(world.users["company", Role.CLERK])


def messages(world: World, invoice_id: int) -> list[str]:
    with world.database.transaction() as session:
        rows = session.exec(
            select(AgencyMessage)
            .join(AgencyCase, col(AgencyCase.id) == AgencyMessage.agency_case_id)
            .where(AgencyCase.invoice_id == invoice_id, AgencyMessage.direction == "out")
        )
        return sorted(row.kind for row in rows)


def test_a_settlement_is_seen_released_and_set_aside(world: World, clerk: str) -> None:
    taken = api_settlements.settlement(world, settled=True)
    path = f"/companies/{world.company.business_id}/agency/settlements"
    listed = world.call("GET", path, clerk).json()["items"]
    assert taken.name in {one["name"] for one in listed}
    one = world.call("GET", f"{path}/{taken.id}", clerk).json()
    assert (one["status"], [line["principal_cents"] for line in one["lines"]]) == (
        "settled",
        [api_settlements.CENTS],
    )
    assert one["lines"][0]["entry"].startswith("bank/")
    released = world.call("POST", f"{path}/{taken.id}/release", clerk)
    assert (released.status_code, released.json()["status"]) == (200, "waiting")
    assert world.call("POST", f"{path}/{taken.id}/release", clerk).status_code == 409
    again = world.call("POST", f"{path}/{taken.id}/retry", clerk)
    assert again.json()["status"] == "settled"
    assert world.call("GET", f"{path}/999999", clerk).status_code == 404


def test_a_tick_over_the_api(world: World, clerk: str) -> None:
    row, payment_id = api_settlements.told_payment(world)
    path = f"/companies/{world.company.business_id}/payments/{payment_id}"
    (share,) = world.call("GET", path, clerk).json()["shares"]
    assert share["settlement"] is False
    assert share["why"]
    answer = world.call("POST", f"{path}/settlement", clerk, json={"settlement": True})
    assert answer.status_code == 200, answer.text
    assert answer.json()["shares"][0]["settlement"] is True
    assert messages(world, row.id) == ["direct_payment", "payment_reversal"]
    past = world.call(
        "GET", f"/companies/{world.company.business_id}/invoices/{row.id}", clerk
    ).json()["past"]
    assert any("direct payment" in one["why"] for one in past)
    assert any("the agency's settlement from here on" in one["what"] for one in past)


def test_a_payment_by_hand_is_judged_and_ticked(world: World, clerk: str) -> None:
    row = api_settlements.at_the_agency(world)
    path = f"/companies/{world.company.business_id}/invoices/{row.id}/payments"
    body = {"amount_cents": 100, "payer": "Intrum Oy"}
    entered = world.call("POST", path, clerk, json=body).json()
    assert (entered["agency_told"], "Intrum" in entered["why"]) == (False, True)
    body = {"amount_cents": 200, "payer": "Intrum Oy", "settlement": False}
    entered = world.call("POST", path, clerk, json=body).json()
    assert entered["agency_told"]
    other, entry = api_settlements.entered_payment(world)
    path = f"/companies/{world.company.business_id}/invoices/{other.id}/payments/settlement"
    done = world.call("POST", path, clerk, json={"entry": entry, "settlement": True}).json()
    assert done == {"changed": True, "agency_told": True}
    refused = world.call("POST", path, clerk, json={"entry": "payment/z", "settlement": True})
    assert refused.status_code == 409


def test_what_differs_from_the_agencys_books(world: World, clerk: str) -> None:
    report = api_settlements.drifted(world)
    path = f"/companies/{world.company.business_id}/agency/drift"
    said = world.call("GET", path, clerk).json()
    assert (said["cases"], said["differing"]) == (1, 1)
    assert said["found"][0]["differences"][0]["what"] == "fees"
    day = world.call("GET", path, clerk, params={"on": str(report.on)})
    assert day.json() == said
    assert world.call("GET", path, clerk, params={"on": "2020-01-01"}).status_code == 404
