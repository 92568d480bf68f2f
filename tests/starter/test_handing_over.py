"""Contracts announced by the agency, set by command, and invoices handed over by them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest
from sqlmodel import select
from typer.testing import CliRunner

from domain import requests
from domain.states import InvoiceState
from starter import handing_over
from starter.by_hand import ask
from starter.cli import app
from store import agency_contracts, hand_overs
from store.scope import Scope
from store.tables import AgencyContract, Company
from tests.starter.office import Office, new_business_id
from tests.starter.test_callbacks import api, post

__all__ = ["api"]


def signed(office: Office, sequence: int, **changes: Any) -> dict[str, Any]:
    plain = {
        "kind": "contract",
        "message_id": f"c-{office.business_id}-{sequence}",
        "business_id": office.business_id,
        "contract_number": "S-9",
        "services": ["reminder", "collection"],
        "in_force_from": "2026-03-01",
        "sequence": sequence,
    }
    return plain | changes


def contract(office: Office) -> AgencyContract | None:
    with office.database.transaction() as session:
        return agency_contracts.of_agency(session, company(office).id, "intrum")


def company(office: Office) -> Company:
    with office.database.transaction() as session:
        return session.exec(select(Company).where(Company.business_id == office.business_id)).one()


async def test_the_agency_switches_its_service_on_and_off(
    office: Office, api: httpx.AsyncClient
) -> None:
    first = await post(office, api, signed(office, 1))
    assert (first.status_code, first.json()) == (200, {"taken": True, "repeated": False})
    row = contract(office)
    assert row is not None
    assert (row.number, row.services) == ("S-9", ["reminder", "collection"])
    again = await post(office, api, signed(office, 1))
    assert (again.status_code, again.json()["repeated"]) == (200, True)
    off = signed(office, 3, services=[], in_force_from="2026-03-02")
    assert (await post(office, api, off)).status_code == 200
    late = signed(office, 2, services=["collection"])
    assert (await post(office, api, late)).json()["repeated"] is True
    row = contract(office)
    assert row is not None
    assert (row.ended_on, row.services) == (date(2026, 3, 2), ["reminder", "collection"])


async def test_what_is_not_provably_the_agencys_switches_nothing(
    office: Office, api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    before = contract(office)
    assert before is not None
    mine = signed(office, 7)
    stranger = signed(office, 8, business_id=new_business_id())
    answers = {
        "bad_signature": await post(office, api, mine, secret="somebody else's"),
        "stale": await post(office, api, mine, late=600),
        "too_large": await post(office, api, mine | {"contract_number": "x" * 70_000}),
        "malformed": await post(office, api, mine | {"services": ["espionage"]}),
        "unknown_company": await post(office, api, stranger),
    }
    assert {code: answer.json()["code"] for code, answer in answers.items()} == {
        code: code for code in answers
    }
    assert [answer.status_code for answer in answers.values()] == [401, 401, 413, 422, 404]
    assert stranger["business_id"] in answers["unknown_company"].json()["reason"]
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "bad_signature" in said
    assert stranger["business_id"] in said
    assert contract(office) == before


async def test_many_are_handed_over_with_an_answer_for_each(office: Office) -> None:
    fell_due = {"invoice_date": date(2026, 2, 9), "due_date": date(2026, 2, 23)}
    records = [office.record().model_copy(update=fell_due) for _ in range(3)]
    await office.take_in(*records)
    numbers = [one.number for one in records]
    for number in numbers:
        await office.until(number, lambda row: row.state == "overdue")
    promised = requests.Hold(actor="clerk", key="h-1")
    await ask(office.client, office.business_id, numbers[1], promised)

    def change(**new: Any) -> None:
        with office.database.transaction() as session:
            owner = session.get_one(Company, company(office).id)
            now = office.clock.now(datetime.now(UTC))
            agency_contracts.put(session, owner, "intrum", new, by="test", now=now, real_now=now)

    def found(**which: Any) -> list[hand_overs.Found]:
        with office.database.transaction() as session:
            scope = Scope(frozenset({company(office).id}))
            return hand_overs.found(session, scope, **which)

    async def go(key: str) -> list[handing_over.Asked]:
        return await handing_over.hand_over(
            office.client, found(numbers=numbers), actor="clerk", reason="all", key=key
        )

    barred = await go("first")
    assert all("does not include" in one.refused for one in barred if one.number != numbers[1])
    await asyncio.to_thread(change, services=["reminder", "collection"], from_state="overdue")
    answers = {one.number: one for one in await go("second")}
    assert {number: bool(one.refused) for number, one in answers.items()} == {
        numbers[0]: False,
        numbers[1]: True,
        numbers[2]: False,
    }
    assert "held" in answers[numbers[1]].refused
    assert answers[numbers[0]].state == InvoiceState.IN_COLLECTION
    assert [one.number for one in found(state=InvoiceState.OVERDUE)] == [numbers[1]]
    # Asked again under its key, nothing happens twice.
    assert {one.number: bool(one.refused) for one in await go("second")} == {
        number: bool(one.refused) for number, one in answers.items()
    }


def test_the_contract_by_command(office: Office) -> None:
    def karhu(*words: str) -> Any:
        told = [*words, "--company", office.business_id]
        return CliRunner(env=office.environment).invoke(app, ["agency", *told])

    off = karhu("off", "--actor", "boss")
    assert off.exit_code == 0, off.output
    assert "ended on" in off.output
    on = karhu("on", "--contract", "S-11", "--services", "both", "--actor", "boss")
    assert on.exit_code == 0, on.output
    changed = karhu("set", "--from", "overdue", "--by-hand", "--default-contact", "--actor", "boss")
    assert changed.exit_code == 0, changed.output
    shown = json.loads(karhu("show", "--json").output)
    assert shown["in_effect"] == "intrum"
    (row,) = shown["contracts"]
    assert (row["number"], row["services"]) == ("S-11", ["reminder", "collection"])
    assert (row["from_state"], row["automatic"], row["default_contact"]) == ("overdue", False, True)
    assert row["switched_by"] == "boss"
    assert "S-11" in karhu("show").output
    other = karhu("set", "--agency", "ropo", "--from", "overdue", "--actor", "boss")
    assert (other.exit_code, "no contract with" in other.output) == (1, True)
    unknown = karhu("on", "--agency", "x", "--contract", "1", "--actor", "boss")
    assert unknown.exit_code == 1
