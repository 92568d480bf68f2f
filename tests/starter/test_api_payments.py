"""The bank's transactions over the API, and how fresh its word is."""

import uuid
from typing import Any

import pytest

from domain.roles import Role
from starter.api.v1.idempotency import REPLAYED
from store import accounts
from store.database import Database
from store.tables import BankPayment
from tests.starter import api_books
from tests.starter.api_fixtures import world
from tests.starter.api_world import World

__all__ = ["world"]

IBAN = "FI2112345600000785"


@pytest.fixture
def clerk(world: World) -> str:
    return world.sign_in(world.users["company", Role.CLERK])


def path(world: World, rest: str = "") -> str:
    return f"/companies/{world.company.business_id}/payments{rest}"


def row(database: Database, payment: BankPayment) -> BankPayment:
    with database.transaction() as session:
        return session.get_one(BankPayment, payment.id)


def test_a_transaction_is_assigned_once_and_taken_back(world: World, clerk: str) -> None:
    invoice = api_books.invoice(world)
    payment = api_books.waiting_payment(world, cents=7_000)
    where = path(world, f"/{payment.id}")
    key = str(uuid.uuid4())
    body = {"invoice_id": invoice.id, "amount_cents": 3_000}
    answers = [world.call("POST", f"{where}/assign", clerk, json=body, key=key) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[1].headers[REPLAYED] == "true"
    assert row(world.database, payment).open_cents == 4_000
    (share,) = answers[0].json()["shares"]
    assert (share["invoice_id"], share["amount_cents"]) == (invoice.id, 3_000)
    assert share["assigned_by"] == f"user:{world.users['company', Role.CLERK]}"

    too_much = world.call("POST", f"{where}/assign", clerk, json={**body, "amount_cents": 5_000})
    assert too_much.status_code == 409
    told = world.call(
        "GET", f"/companies/{world.company.business_id}/invoices/{invoice.id}", clerk
    ).json()
    assert [one["amount_cents"] for one in told["payments"]] == [3_000]

    back = world.call("POST", f"{where}/unassign", clerk, json={"invoice_id": invoice.id})
    assert back.json()["payment"]["open_cents"] == 7_000
    again = world.call("POST", f"{where}/unassign", clerk, json={"invoice_id": invoice.id})
    assert again.status_code == 409


def test_the_queue_is_what_waits_for_a_person(world: World, clerk: str) -> None:
    payment = api_books.waiting_payment(world)

    def waiting() -> set[int]:
        query: dict[str, Any] = {"waiting": "true", "limit": 200}
        answer = world.call("GET", path(world), clerk, params=query)
        return {one["id"] for one in answer.json()["items"]}

    assert payment.id in waiting()
    where = path(world, f"/{payment.id}")
    aside = world.call("POST", f"{where}/set-aside", clerk, json={"reason": "Returned."})
    assert aside.json()["payment"]["set_aside"].startswith("Returned.")
    assert payment.id not in waiting()
    assert world.call("GET", where, clerk).status_code == 200


def test_a_transaction_suggests_invoices_of_the_company_alone(world: World, clerk: str) -> None:
    ours = api_books.invoice(world)
    theirs = api_books.invoice(world, world.other)
    # The payer made a mistake, and no account says whose it is.
    payment = api_books.waiting_payment(
        world, cents=ours.principal_cents, message=f"{ours.number} {theirs.number}"
    )
    shown = world.call("GET", path(world, f"/{payment.id}"), clerk).json()
    named = {one["invoice_id"] for one in shown["suggestions"]}
    assert theirs.id not in named
    other = {"invoice_id": theirs.id}
    answer = world.call("POST", path(world, f"/{payment.id}/assign"), clerk, json=other)
    assert answer.status_code == 404


def test_what_came_to_an_account_of_several_is_nobodys_to_see(world: World, clerk: str) -> None:
    payment = api_books.waiting_payment(world, world.other)
    assert world.company.company_id is not None
    # Anybody may write another's account on an invoice.
    with world.database.transaction() as session:
        accounts.ensure_accounts(session, world.company.company_id, [payment.account])
    assert world.call("GET", path(world, f"/{payment.id}"), clerk).status_code == 404
    listed = world.call("GET", path(world), clerk, params={"limit": 200}).json()["items"]
    assert payment.id not in {one["id"] for one in listed}


def test_the_banks_freshness_is_shown_confirmed_and_demanded(world: World) -> None:
    assert world.company.company_id is not None
    with world.database.transaction() as session:
        accounts.ensure_accounts(session, world.company.company_id, [IBAN])
    secret = world.sign_in(world.users["company", Role.MAIN])
    where = f"/companies/{world.company.business_id}/bank-feed"
    answer = world.call("PUT", f"{where}/demand", secret, json={"demand": "hours:24"})
    assert answer.json()["demand"] == "hours:24"

    def feed() -> dict[str, Any]:
        found = world.call("GET", where, secret).json()["accounts"]
        (one,) = (each for each in found if each["account"] == IBAN)
        return dict(one)

    assert feed()["stale"]
    done = world.call("POST", f"{where}/confirm", secret, json={"account": IBAN})
    assert done.status_code == 200
    assert feed()["stale"] is None
    assert feed()["confirmed_by"] == f"user:{world.users['company', Role.MAIN]}"
    unknown = {"account": "FI3715903000000776"}
    nothing = world.call(
        "POST", f"{where}/confirm", world.sign_in(world.users["other", Role.MAIN]), json=unknown
    )
    assert nothing.status_code == 404
    for wrong in ("hours:0", "hours:200", "never"):
        answer = world.call("PUT", f"{where}/demand", secret, json={"demand": wrong})
        assert answer.status_code == 422
    audit = world.call("GET", f"/companies/{world.company.business_id}/audit", secret).json()
    assert audit["items"][0]["action"] == "company.bank_feed"
