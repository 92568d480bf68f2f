"""A company's agency over the API: its contract, and many invoices handed over."""

from __future__ import annotations

import pytest
from sqlmodel import select

from domain.agency import StatusMessage
from domain.roles import Role
from store import agency_contracts, hearing
from store.tables import AuditEntry, Company, Invoice
from tests.books import MONDAY
from tests.starter import api_books
from tests.starter.api_fixtures import world
from tests.starter.api_world import World
from tests.starter.test_api_rules import Main, main, place

__all__ = ["main", "place", "world"]

TERMS = {"contract_number": "S-7", "services": ["collection", "reminder"], "from_state": "overdue"}


def test_a_contract_is_set_by_who_has_read_it(main: Main) -> None:
    path = f"/companies/{main.place.business_id}/agency"
    read = main.world.call("GET", path, main.secret)
    assert read.json() == {"in_effect": None, "waiting": 0, "contracts": []}
    main.call("PUT", "/agency", 428, json=TERMS)
    etag = {"If-Match": read.headers["ETag"]}
    put = main.world.call("PUT", path, main.secret, json=TERMS, headers=etag)
    assert put.status_code == 200, put.text
    (contract,) = put.json()["contracts"]
    assert put.json()["in_effect"] == "intrum"
    assert contract["services"] == ["reminder", "collection"]
    assert (contract["from_state"], contract["automatic"]) == ("overdue", True)
    assert (contract["default_contact"], contract["ended_on"]) == (False, None)
    main.call("PUT", "/agency", 412, json=TERMS, headers=etag)
    etag = {"If-Match": put.headers["ETag"]}
    # The same again is no change, and what is said anew keeps since when it is in force.
    same = main.world.call("PUT", path, main.secret, json=TERMS, headers=etag)
    assert (same.status_code, same.headers["ETag"]) == (200, put.headers["ETag"])
    ended = {**TERMS, "ended_on": contract["in_force_from"]}
    assert main.call("PUT", "/agency", json=ended, headers=etag)["in_effect"] is None
    with main.world.database.transaction() as session:
        noted = session.exec(
            select(AuditEntry.detail).where(
                AuditEntry.company_id == main.place.company_id,
                AuditEntry.action == "company.agency",
            )
        ).all()
    assert [one["fields"] for one in noted][1:] == [["ended_on"]]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"services": ["reminder"]}, 409),
        ({"services": []}, 422),
        ({"agency": "somebody"}, 422),
        ({"from_state": "reminded"}, 422),
        ({"contract_number": ""}, 422),
        ({"in_force_from": "2026-03-02", "ended_on": "2026-03-01"}, 409),
    ],
)
def test_what_is_no_contract_is_refused(
    main: Main, changes: dict[str, object], expected: int
) -> None:
    main.call("PUT", "/agency", expected, json={**TERMS, **changes}, headers={"If-Match": "*"})
    assert main.call("GET", "/agency")["contracts"] == []


def test_who_may_not_switch_it(world: World) -> None:
    path = f"/companies/{world.company.business_id}/agency"
    for role, expected in ((Role.CLERK, 403), (Role.KH, 200), (Role.MAIN, 200)):
        secret = world.sign_in(world.users["company", role])
        answer = world.call("PUT", path, secret, json=TERMS, headers={"If-Match": "*"})
        assert answer.status_code == expected, answer.text


def test_setting_it_marks_who_waits_for_it(world: World) -> None:
    row = api_books.invoice(world)
    waits = {**row.case_json, "awaits_agency": "no contract", "state": "overdue"}
    api_books.change(world, row, state="overdue", case_json=waits)
    with world.database.transaction() as session:
        company = session.get_one(Company, row.company_id)
        assert agency_contracts.waiting(session, company.id) == 1
    path = f"/companies/{world.company.business_id}/agency"
    secret = world.sign_in(world.users["company", Role.MAIN])
    terms = {**TERMS, "contract_number": "S-8", "default_contact": True}
    answer = world.call("PUT", path, secret, json=terms, headers={"If-Match": "*"})
    assert (answer.status_code, answer.json()["waiting"]) == (200, 1)
    with world.database.transaction() as session:
        there = session.get_one(Invoice, row.id)
    assert there.signal_pending
    api_books.change(world, row, state="cancelled", signal_pending=False)


def test_reports_on_cases_that_nobody_knows_are_listed(main: Main) -> None:
    ours, others = main.place.business_id, "2345678-2"
    messages = [
        StatusMessage(
            message_id=f"m-{reference}",
            case_reference=reference,
            agency_case_id="INT-9",
            status="ULOSOTTO",
            occurred_at=MONDAY,
            sequence=1,
        )
        for reference in (f"{ours}/one", f"{others}/1", f"{ours}/two")
    ]
    hearing.keep_page(main.world.database, "listed", messages, "1", MONDAY)
    first = main.call("GET", "/agency/unheard-of?limit=1")
    assert [row["case_reference"] for row in first["items"]] == [f"{ours}/two"]
    second = main.call("GET", f"/agency/unheard-of?limit=1&cursor={first['next']}")
    (row,) = second["items"]
    assert (row["case_reference"], row["said"], row["message_id"]) == (
        *(f"{ours}/one", "ULOSOTTO", f"m-{ours}/one"),
    )


def test_which_invoices_are_handed_over_must_be_said(main: Main) -> None:
    for body in ({}, {"invoices": [1], "state": "overdue"}):
        main.call("POST", "/hand-overs", 422, json=body)
    main.call("POST", "/hand-overs", 404, json={"invoices": [10**12]})
    said = main.call("POST", "/hand-overs", json={"state": "overdue"})
    assert said == {"accepted": 0, "answers": [], "next_after": None}
