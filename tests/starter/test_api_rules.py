"""Customers, rules, the automation and statements over the API."""

import dataclasses
from typing import Any

import pytest

from domain.roles import Role, TokenScope
from store import people
from store.people import Place
from store.tables import Customer
from tests.starter import api_books
from tests.starter.api_fixtures import world
from tests.starter.api_world import World
from tests.starter.office import new_business_id

__all__ = ["world"]

TERMS: dict[str, Any] = {
    "debtors": ["business"],
    "reminder": {"after_days": 14},
    "notice": {"after_days": 21},
}


ANY = {"If-Match": "*"}


@pytest.fixture
def place(world: World) -> Place:
    """A company of the firm's with nothing in its books yet."""
    secret = world.sign_in(world.users["firm", Role.TPK])
    business_id, name = new_business_id(), "Kolmas Esimerkki Oy"
    new = {"business_id": business_id, "name": name}
    answer = world.call("POST", f"/firms/{world.firm.business_id}/companies", secret, json=new)
    assert answer.status_code == 201
    with world.database.transaction() as session:
        found = people.company_place(session, business_id)
    assert found is not None
    return found


@dataclasses.dataclass
class Main:
    """Somebody who may do everything in a company."""

    world: World
    place: Place
    secret: str

    def call(self, method: str, path: str, expected: int = 200, **more: Any) -> Any:
        whole = f"/companies/{self.place.business_id}{path}"
        answer = self.world.call(method, whole, self.secret, **more)
        assert answer.status_code == expected, answer.text
        return answer.json() if expected != 204 else None


@pytest.fixture
def main(world: World, place: Place) -> Main:
    return Main(world, place, world.sign_in(world.users["firm", Role.TPK]))


# ── rules ────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_is_changed_by_who_has_read_it(main: Main) -> None:
    made = main.call("POST", "/rules", 201, json={"name": "VIP", **TERMS})
    assert (made["terms"]["version"], made["general_for"]) == (1, "")
    main.call("POST", "/rules", 409, json={"name": "VIP", **TERMS})
    names = [one["terms"]["name"] for one in main.call("GET", "/rules")["items"]]
    assert names == ["Consumers", "Businesses", "VIP"]

    path = f"/companies/{main.place.business_id}/rules/{made['id']}"
    read = main.world.call("GET", path, main.secret)
    etag = read.headers["ETag"]
    changed = {**TERMS, "reminder": {"after_days": 20}}
    main.call("PUT", f"/rules/{made['id']}", 428, json=changed)
    saved = main.world.call("PUT", path, main.secret, json=changed, headers={"If-Match": etag})
    assert saved.status_code == 200
    assert (saved.json()["terms"]["version"], saved.json()["replanning"]) == (2, None)
    late = main.world.call("PUT", path, main.secret, json=TERMS, headers={"If-Match": etag})
    assert (late.status_code, late.headers["ETag"]) == (412, saved.headers["ETag"])
    found = main.call("GET", f"/rules/{made['id']}/versions", params={"limit": 1})
    assert [one["terms"]["version"] for one in found["items"]] == [2]
    assert found["next"] is not None


def test_running_invoices_move_to_a_saved_rule_or_keep_theirs(main: Main) -> None:
    made = main.call("POST", "/rules", 201, json={"name": "VIP", **TERMS})
    changed = {**TERMS, "reminder": {"after_days": 20}}
    saved = main.call(
        "PUT",
        f"/rules/{made['id']}",
        json=changed,
        params={"running": "move"},
        headers={"If-Match": '"1"'},
    )
    asked = saved["replanning"]
    assert (asked["kind"], asked["reason"]) == ("rule", "VIP")
    assert asked["id"] in {one["id"] for one in main.call("GET", "/replannings")["items"]}
    assert main.call("GET", f"/replannings/{asked['id']}")["kind"] == "rule"


def test_an_unlawful_rule_is_not_saved_and_says_why(main: Main) -> None:
    terms = {
        "name": "Hard",
        "debtors": ["consumer"],
        "reminder": {"after_days": 1, "fee_cents": 5_000},
        "notice": None,
    }
    checked = main.call("POST", "/rules/check", json=terms)
    assert not checked["lawful"]
    assert {one["term"] for one in checked["breaches"]} >= {"reminder.fee_cents"}
    refused = main.call("POST", "/rules", 422, json=terms)
    assert "body.reminder.fee_cents" in {one["where"] for one in refused["errors"]}
    main.call("POST", "/rules/what-if", 422, json=terms)
    assert main.call("POST", "/rules/check", json={"name": "VIP", **TERMS})["lawful"]
    main.call("POST", "/rules", 422, json={"name": "VIP", **TERMS, "courtesy": {"days": 0}})


def test_what_if_saves_nothing(main: Main) -> None:
    made = main.call("POST", "/rules/what-if", json={"name": "Consumers", **TERMS})
    assert (made["version"], made["changes"], made["running"]["moved"]) == (2, True, 0)
    (consumers, _) = main.call("GET", "/rules")["items"]
    assert consumers["terms"]["version"] == 1


# ── customers ────────────────────────────────────────────────────────────────────────────────


def test_customers_are_found_changed_and_moved(main: Main) -> None:
    rows = [api_books.invoice(main.world, main.place) for _ in range(3)]
    listed = main.call("GET", "/customers", params={"limit": 2})
    ids = [one["customer_id"] for one in listed["items"]]
    rest = main.call("GET", "/customers", params={"limit": 2, "cursor": listed["next"]})
    ids += [one["customer_id"] for one in rest["items"]]
    assert ids == [row.customer_id for row in rows]
    first = listed["items"][0]
    found = main.call("GET", "/customers", params={"search": first["key"].upper()})["items"]
    assert first["key"] in {one["key"] for one in found}

    long = {"search": "ä" * 200, "rule": "ö" * 200, "limit": 1}
    assert main.call("GET", "/customers", params=long)["items"] == []

    path = f"/customers/{ids[0]}"
    change = {"city": "Turku", "collection_ban": True, "channels": ["paper"]}
    changed = main.call("PATCH", path, json=change, headers=ANY)
    assert (changed["city"], changed["collection_ban"]) == ("Turku", True)
    assert changed["channels"] == ["paper"]
    assert main.call("PATCH", path, json={"channels": []}, headers=ANY)["channels"] is None
    main.call("PATCH", path, 422, json={"channels": ["paper", "paper"]}, headers=ANY)
    audit = main.call("GET", "/audit")["items"][0]
    assert (audit["action"], audit["detail"]) == ("customer.changed", {"fields": ["channels"]})

    move = {"customers": {"keys": [first["key"]]}, "to": {"rule": "Businesses"}}
    assert main.call("POST", "/customers/what-if", json=move)["running"]["moved"] == 1
    assert main.call("POST", "/customers/move", json=move)["customers"] == 1
    under = main.call("GET", "/customers", params={"rule": "Businesses"})["items"]
    assert [one["key"] for one in under] == [first["key"]]
    main.call("POST", "/customers/move", json={**move, "to": {"rule": None}})
    prevented = main.call("GET", "/customers", params={"prevented": "true"})["items"]
    assert [one["key"] for one in prevented] == [first["key"]]
    moved = main.call(
        "POST", "/customers/move", json={**move, "to": "automation", "running": "move"}
    )
    assert moved["replanning"]["kind"] == "customers"
    main.call("POST", "/customers/move", 404, json={**move, "to": {"rule": "Nobody's"}})
    main.call("POST", "/customers/move", 404, json={**move, "customers": {"keys": ["nobody"]}})
    main.call("POST", "/customers/move", 422, json={**move, "customers": {}})


def test_a_customer_that_moves_abroad_is_left_out(main: Main) -> None:
    row = api_books.invoice(main.world, main.place)
    with main.world.database.transaction() as session:
        customer = session.get_one(Customer, row.customer_id)
        customer.placed_by = ""
        session.add(customer)
    path = f"/customers/{row.customer_id}"
    assert main.call("PATCH", path, json={"country": "SE"}, headers=ANY)["rule_id"] is None
    assert main.call("PATCH", path, json={"country": "FI"}, headers=ANY)["rule_id"] is not None


def test_a_customer_of_another_class_is_placed_anew_unless_a_person_has_placed_it(
    main: Main,
) -> None:
    row = api_books.invoice(main.world, main.place)
    with main.world.database.transaction() as session:
        customer = session.get_one(Customer, row.customer_id)
        customer.placed_by, key = "", customer.key
        session.add(customer)
    path = f"/customers/{row.customer_id}"

    def rule() -> str | None:
        (found,) = main.call("GET", "/customers", params={"search": key})["items"]
        name: str | None = found["rule"]
        return name

    named = {"name": "Malliasiakkaan Paja Oy", "debtor_class": "business"}
    changed = main.call("PATCH", path, json=named, headers=ANY)
    assert (changed["name"], changed["debtor_class"]) == tuple(named.values())
    assert (rule(), changed["placed_by"]) == ("Businesses", "")
    entry = main.call("GET", "/audit")["items"][0]
    assert (entry["action"], entry["target"]) == ("customer.changed", f"customer:{row.customer_id}")
    assert entry["detail"] == {"fields": ["debtor_class", "name"], "rule": changed["rule_id"]}
    main.call("PATCH", path, json={"debtor_class": "consumer"}, headers=ANY)
    assert rule() == "Consumers"
    move = {"customers": {"keys": [key]}, "to": {"rule": "Consumers"}}
    main.call("POST", "/customers/move", json=move)
    kept = main.call("PATCH", path, json={"debtor_class": "business"}, headers=ANY)
    assert (kept["debtor_class"], rule()) == ("business", "Consumers")
    # Nothing new is nothing done.
    main.call("PATCH", path, json={"debtor_class": "business"}, headers=ANY)
    assert main.call("GET", "/audit")["items"][1]["action"] == "customers.moved"
    main.call("PATCH", path, 422, json={"name": " "}, headers=ANY)
    main.call("PATCH", path, 422, json={"debtor_class": "ghost"}, headers=ANY)
    # The invoice that was there is its customer's as it was when it came in.
    shown = main.call("GET", f"/invoices/{row.id}")
    assert shown["debtor_class"] == row.case_json["debtor"]


def test_a_customer_is_changed_as_it_was_read(main: Main) -> None:
    row = api_books.invoice(main.world, main.place)
    path = f"/companies/{main.place.business_id}/customers/{row.customer_id}"
    call = main.world.call
    read = call("GET", path, main.secret).headers["ETag"]
    change: dict[str, Any] = {"json": {"city": "Turku"}, "headers": {"If-Match": read}}
    changed = call("PATCH", path, main.secret, **change)
    assert (changed.status_code, changed.json()["city"]) == (200, "Turku")
    late = call("PATCH", path, main.secret, **{**change, "json": {"city": "Vaasa"}})
    assert (late.status_code, late.headers["ETag"]) == (412, changed.headers["ETag"])
    assert call("GET", path, main.secret).headers["ETag"] == changed.headers["ETag"]
    assert call("PATCH", path, main.secret, json={"city": "Vaasa"}).status_code == 428


def test_moving_running_invoices_takes_somebody_who_may(main: Main) -> None:
    row = api_books.invoice(main.world)
    with main.world.database.transaction() as session:
        key = session.get_one(Customer, row.customer_id).key
    path = f"/companies/{main.world.company.business_id}/customers/move"
    move = {"customers": {"keys": [key]}, "to": {"rule": "Consumers"}}
    for secret in (
        main.world.sign_in(main.world.users["company", Role.CLERK]),
        main.world.token(main.world.company, [TokenScope.CUSTOMERS_WRITE]),
    ):
        answer = main.world.call("POST", path, secret, json={**move, "running": "move"})
        assert answer.status_code == 403
        assert main.world.call("POST", path, secret, json=move).status_code == 200


# ── the automation and the month ─────────────────────────────────────────────────────────────


def test_the_automation_is_seen_confirmed_and_switched(main: Main) -> None:
    seen = main.call("GET", "/automation")
    assert not seen["on"]
    assert seen["cost"]["service_cents"] == 25
    assert [one["name"] for one in seen["rules"]] == ["Businesses", "Consumers"]
    main.call("POST", "/automation/on", 409, json={"confirmed_cost": False})
    on = main.call("POST", "/automation/on", json={"confirmed_cost": True})
    assert (on["on"], on["replanning"]["kind"]) == (True, "automation")
    assert main.call("GET", "/automation")["on"]
    again = main.call("POST", "/automation/on", json={"confirmed_cost": True})
    assert again["replanning"] is None
    main.call("POST", f"/replannings/{on['replanning']['id']}/cancel", 409)
    assert main.call("POST", "/automation/off")["replanning"] is not None
    assert not main.call("GET", "/automation")["on"]


def test_a_months_statement_is_what_its_letters_cost(
    world: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    api_books.sent_letter(world, tmp_path_factory.mktemp("letters"))
    main = Main(world, world.company, world.sign_in(world.users["company", Role.MAIN]))
    found = main.call("GET", "/statements", params={"month": "2026-03"})
    assert found["adds_up"]
    assert found["sum_cents"] == sum(one["sum_cents"] for one in found["lines"]) > 0
    assert main.call("GET", "/statements", params={"month": "2026-01"})["letters"] == 0
    for wrong in ("2026-13", "9999999-01", "0000-01"):
        main.call("GET", "/statements", 422, params={"month": wrong})
