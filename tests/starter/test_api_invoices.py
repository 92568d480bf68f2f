"""Invoices over the API: lists, one with its past and future, and what people do to it."""

import asyncio
import dataclasses
import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.roles import Role
from starter.api.v1.idempotency import REPLAYED
from store.people import Place
from tests.starter import api_books
from tests.starter.api_fixtures import world
from tests.starter.api_world import World
from tests.starter.office import Office, new_business_id

__all__ = ["world"]


@pytest.fixture
def clerk(world: World) -> str:
    return world.sign_in(world.users["company", Role.CLERK])


@pytest.fixture
def place(world: World) -> Place:
    """A company of the firm's with nothing in its books yet."""
    secret = world.sign_in(world.users["firm", Role.TPK])
    business_id, name = new_business_id(), "Kolmas Esimerkki Oy"
    new = {"business_id": business_id, "name": name}
    answer = world.call("POST", f"/firms/{world.firm.business_id}/companies", secret, json=new)
    assert answer.status_code == 201
    return dataclasses.replace(world.company, business_id=business_id, name=name)


@pytest.fixture
def keeper(world: World) -> str:
    """Somebody who keeps the books of all of the firm's companies."""
    return world.sign_in(world.users["firm", Role.CLERK])


def listed(world: World, place: Place, secret: str, **query: Any) -> list[dict[str, Any]]:
    """Every page of the list, two at a time."""
    found: list[dict[str, Any]] = []
    path = f"/companies/{place.business_id}/invoices"
    while True:
        answer = world.call("GET", path, secret, params={"limit": 2, **query})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        query["cursor"] = answer.json()["next"]
        if query["cursor"] is None:
            return found


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


# ── lists ────────────────────────────────────────────────────────────────────────────────────


def test_a_list_comes_in_the_order_of_due_dates_whatever_its_pages(
    world: World, place: Place, keeper: str
) -> None:
    states = ("paid", "open", "overdue", "reminded", "open", "cancelled", "open")
    dues = (9, 3, 3, 1, 3, 2, 8)
    rows = [
        api_books.change(
            world,
            api_books.invoice(world, place),
            state=state,
            due=date(2026, 5, 1) + timedelta(days=due),
        )
        for state, due in zip(states, dues, strict=True)
    ]
    ordered = sorted(rows, key=lambda row: (row.due, row.id))
    found = listed(world, place, keeper)
    assert ids(found) == [row.id for row in ordered]
    assert [one["due"] for one in found] == [row.due.isoformat() for row in ordered]
    running = [row.id for row in ordered if row.state not in {"paid", "cancelled"}]
    assert ids(listed(world, place, keeper, state="running")) == running
    some = listed(world, place, keeper, state=["open", "paid"])
    assert ids(some) == [row.id for row in ordered if row.state in {"open", "paid"}]
    within = listed(world, place, keeper, due_from="2026-05-03", due_to="2026-05-04")
    assert ids(within) == [row.id for row in ordered if 2 <= (row.due - date(2026, 5, 1)).days <= 3]


def test_filters_find_those_that_a_person_looks_for(
    world: World, place: Place, keeper: str
) -> None:
    plain, wrong, waiting = (api_books.invoice(world, place) for _ in range(3))
    api_books.change(world, wrong, attention="the letter came back", state="overdue")
    api_books.change(world, waiting, next_step="approve")

    def found(**query: Any) -> list[int]:
        return ids(listed(world, place, keeper, **query))

    assert found(attention="true") == [wrong.id]
    assert found(attention="true", state="open") == []
    assert found(approval="true") == [waiting.id]
    large = 5_000_000_000
    api_books.change(world, plain, case_json={**plain.case_json, "open_cents": large})
    assert listed(world, place, keeper, number=plain.number)[0]["open_cents"] == large
    api_books.change(world, plain, case_json=plain.case_json)
    assert found(customer=plain.customer_id) == [plain.id]
    assert found(number=plain.number) == [plain.id]
    assert found(number=plain.number[:-1] + "%") == []
    path = f"/companies/{place.business_id}/invoices/summary"
    sums = world.call("GET", path, keeper).json()["states"]
    assert [(one["state"], one["invoices"], one["attention"], one["approval"]) for one in sums] == [
        ("open", 2, 0, 1),
        ("overdue", 1, 1, 0),
    ]
    assert sums[0]["open_cents"] == 2 * plain.principal_cents


@pytest.mark.parametrize(
    "query",
    [
        {"state": "lost"},
        {"due_from": "2026-13-01"},
        {"due_to": "1764720000"},
        {"attention": "perhaps"},
        {"customer": "0"},
        {"number": "a\0b"},
        {"cursor": "WyJvdGhlciIsMSwyXQ"},
    ],
    ids=str,
)
def test_what_is_no_filter_is_refused(world: World, clerk: str, query: dict[str, str]) -> None:
    path = f"/companies/{world.company.business_id}/invoices"
    assert world.call("GET", path, clerk, params=query).status_code == 422


def test_a_cursor_is_of_one_list_with_its_filters(world: World, place: Place, keeper: str) -> None:
    for _ in range(2):
        api_books.invoice(world, place)
    path = f"/companies/{place.business_id}/invoices"
    cursor = world.call("GET", path, keeper, params={"limit": 1}).json()["next"]
    other = {"cursor": cursor, "state": "open"}
    assert world.call("GET", path, keeper, params=other).status_code == 422


def test_whoever_sees_only_his_own_sees_no_others(world: World) -> None:
    secret = world.sign_in(world.users["company", Role.OWN_ONLY])
    his = api_books.invoice(world, owner=api_books.own(world))
    another = api_books.invoice(world, owner="user:1")
    nobodys = api_books.invoice(world)
    seen = ids(listed(world, world.company, secret))
    assert his.id in seen
    assert not {another.id, nobodys.id} & set(seen)
    prefix = f"/companies/{world.company.business_id}/invoices"
    for row in (another, nobodys):
        assert world.call("GET", f"{prefix}/{row.id}", secret).status_code == 404
        held = world.call("POST", f"{prefix}/{row.id}/hold", secret, json={})
        assert held.status_code == 404
    assert world.call("GET", f"{prefix}/{his.id}", secret).status_code == 200
    count = sum(
        one["invoices"] for one in world.call("GET", f"{prefix}/summary", secret).json()["states"]
    )
    assert count == len(seen)


# ── one ──────────────────────────────────────────────────────────────────────────────────────


def test_an_invoice_has_its_past_and_its_future(world: World, clerk: str, tmp_path: Path) -> None:
    row, letter = api_books.sent_letter(world, tmp_path)
    path = f"/companies/{world.company.business_id}/invoices/{row.id}"
    told = world.call("GET", path, clerk).json()
    assert told["invoice"]["number"] == row.number
    assert told["invoice"]["state"] == "reminded"
    assert [one["seq"] for one in told["events"]] == list(range(1, len(told["events"]) + 1))
    assert [one["id"] for one in told["letters"]] == [letter.id]
    assert {one["kind"] for one in told["ledger"]} == {"principal", "interest", "fee"}
    assert sum(one["amount_cents"] for one in told["ledger"]) == told["balance"]["open_cents"]
    assert any("reminder 1 released" in one["what"] for one in told["past"])
    assert told["future"]
    assert told["rule"]["name"].startswith("One letter")


def test_a_letter_is_read_as_it_was_sent(world: World, clerk: str, tmp_path: Path) -> None:
    row, letter = api_books.sent_letter(world, tmp_path)
    (sent,) = (tmp_path / "outbox").rglob(f"{letter.message_id}*.pdf")
    path = f"/companies/{world.company.business_id}/invoices/{row.id}/letters/{letter.id}"
    about = world.call("GET", path, clerk).json()
    assert (about["status"], about["channel"], about["written"]) == ("sent", "paper", True)
    answer = world.call("GET", f"{path}/pdf", clerk)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content == sent.read_bytes()


def test_a_letter_that_has_not_left_cannot_be_read(
    world: World, clerk: str, tmp_path: Path
) -> None:
    row = api_books.invoice(world)
    at_work = api_books.office(world, tmp_path)
    at_work.advance(at_work.ask(row, api_books.LATER))
    (letter,) = at_work.notices(row)
    path = f"/companies/{world.company.business_id}/invoices/{row.id}/letters/{letter.id}/pdf"
    answer = world.call("GET", path, clerk)
    assert (answer.status_code, answer.json()["record"]) == (409, f"letter {letter.id}")


# ── by hand ──────────────────────────────────────────────────────────────────────────────────


async def test_what_is_asked_is_done_once_and_says_who_asked(
    office: Office, world: World, clerk: str
) -> None:
    there = dataclasses.replace(office, business_id=world.company.business_id)
    one = there.record()
    await there.take_in(one)
    row = there.row(one.number)
    key = str(uuid.uuid4())
    path = f"/companies/{world.company.business_id}/invoices/{row.id}"

    async def post(what: str, body: dict[str, Any], key: str | None = None) -> Any:
        return await asyncio.to_thread(
            world.call, "POST", f"{path}/{what}", clerk, json=body, key=key
        )

    asked = {"kind": "promise", "until": "2026-12-18", "reason": "Pays on Friday."}
    answers = [await post("hold", asked, key) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[1].headers[REPLAYED] == "true"
    assert answers[0].json()["next_step"] == "wait"
    (placed,) = (event for event in there.story(one.number).events if event.kind == "hold_placed")
    assert placed.actor == f"user:{world.users['company', Role.CLERK]}"
    assert placed.reason == asked["reason"]

    # What was refused may be asked again under its key when it can be done.
    key = str(uuid.uuid4())
    refused = await post("hand-over", {}, key)
    assert refused.status_code == 409
    assert refused.json()["record"] == f"invoice {one.number}"
    again = await post("hand-over", {}, key)
    assert again.status_code == 409
    assert REPLAYED not in again.headers

    assert (await post("release", {})).status_code == 200
    cancelled = await post("cancel", {"reason": "A mistake."})
    assert cancelled.json()["state"] == "cancelled"
    over = await post("hold", {})
    assert over.status_code == 409
    assert "over" in over.json()["detail"]


def test_payments_and_credit_notes_are_booked_once(world: World, clerk: str) -> None:
    row = api_books.invoice(world)
    path = f"/companies/{world.company.business_id}/invoices/{row.id}"
    key = str(uuid.uuid4())
    paid = [
        world.call("POST", f"{path}/payments", clerk, json={"amount_cents": 4_000}, key=key)
        for _ in range(2)
    ]
    assert paid[0].json()["open_cents"] == row.principal_cents - 4_000
    assert paid[1].content == paid[0].content
    much = world.call("POST", f"{path}/payments", clerk, json={"amount_cents": -5_000})
    assert much.status_code == 409
    note = {"number": "H-17", "amount_cents": 1_000}
    notes = [world.call("POST", f"{path}/credit-notes", clerk, json=note).json() for _ in range(2)]
    assert [one["booked"] for one in notes] == [True, False]
    assert {one["open_cents"] for one in notes} == {row.principal_cents - 5_000}
    for wrong in ({"amount_cents": 0}, {"amount_cents": 1, "on": "2999-01-01"}):
        assert world.call("POST", f"{path}/payments", clerk, json=wrong).status_code == 422
