"""Letters on approval over the API: listed by stage, read as drafts, approved many at once."""

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from domain.roles import Role
from domain.rule import CONSUMERS, HandOver, Sending
from domain.states import FINAL_STATES
from store import people, rules
from store.tables import Company, Invoice
from tests.starter import api_books
from tests.starter.api_fixtures import world
from tests.starter.api_world import World
from tests.starter.office import Office
from tests.starter.test_api_rules import Main

__all__ = ["world"]

LONG_AGO = {"invoice_date": date(2026, 1, 1), "due_date": date(2026, 1, 15)}
ASKED = CONSUMERS.model_copy(
    update={"sending": Sending.ON_APPROVAL, "hand_over": HandOver.ON_APPROVAL}
)


@pytest.fixture
def main(world: World, office: Office) -> Main:
    """Who keeps the books of the office's company, whose consumers' letters are on approval."""
    with world.database.transaction() as session:
        company = session.exec(
            select(Company).where(Company.business_id == office.business_id)
        ).one()
        company.firm_id = world.firm.firm_id
        now = office.clock.now(world.now())
        rules.save_rule(session, company.id, ASKED, now, "test", general_for="consumer")
        session.flush()
        place = people.company_place(session, office.business_id)
    assert place is not None
    return Main(world, place, world.sign_in(world.users["firm", Role.CLERK]))


async def test_letters_wait_are_read_and_approved_many_at_once(main: Main, office: Office) -> None:
    late = [office.record().model_copy(update=LONG_AGO) for _ in range(3)]
    fresh = office.record()
    await office.take_in(*late, fresh)
    for one in late:
        await office.until(one.number, lambda row: row.next_step in {"approve", "propose"})
    rows = [await asyncio.to_thread(office.row, one.number) for one in (*late, fresh)]

    def ask() -> None:
        call = main.call
        assert call("GET", "/approvals/summary") == {"drafted": 0, "to_do": 3, "sent": 0}
        first = call("GET", "/approvals", params={"limit": 2})
        rest = call("GET", "/approvals", params={"limit": 2, "cursor": first["next"]})
        found = [*first["items"], *rest["items"]]
        assert [one["invoice_id"] for one in found] == [row.id for row in rows[:3]]
        assert {(one["letter"], one["fee_cents"], one["stage"]) for one in found} == {
            ("reminder", 500, "to_do")
        }
        path = f"/companies/{main.place.business_id}/invoices"
        pdf = main.world.call("GET", f"{path}/{rows[0].id}/draft", main.secret)
        assert pdf.content.startswith(b"%PDF")

        some = call("POST", "/approvals", json={"invoices": [rows[0].id, rows[3].id]})
        assert (some["approved"], some["left"]) == (1, 2)
        assert [one["invoice_id"] for one in some["refused"]] == [rows[3].id]
        call("POST", "/approvals", 404, json={"invoices": [2**40]})
        call("POST", "/approvals", 422, json={})
        call("POST", "/approvals", 422, json={"invoices": [rows[1].id], "everything": True})
        # Asked again under its key, nothing more is approved.
        keyed: dict[str, Any] = {"json": {"everything": True}, "key": "approve-everything"}
        assert call("POST", "/approvals", **keyed)["approved"] == 2
        assert call("POST", "/approvals", **keyed)["approved"] == 2
        # Each invoice's notice is the next draft.
        assert call("GET", "/approvals/summary") == {"drafted": 3, "to_do": 0, "sent": 3}
        sent = call("GET", "/approvals", params={"stage": "sent", "limit": 2})
        last = call("GET", "/approvals", params={"stage": "sent", "cursor": sent["next"]})
        assert len(sent["items"]) == 2
        assert {one["approved_by"] for one in (*sent["items"], *last["items"])} == {
            f"user:{main.world.users['firm', Role.CLERK]}"
        }
        drafted = call("GET", "/approvals", params={"stage": "drafted"})["items"]
        assert {(one["letter"], one["at"] is not None) for one in drafted} == {("notice", True)}

    await asyncio.to_thread(ask)


def test_a_draft_says_which_letter_it_will_be_and_when(world: World) -> None:
    secret = world.sign_in(world.users["company", Role.OWN_ONLY])
    theirs, own = api_books.invoice(world), api_books.invoice(world, owner=api_books.own(world))
    assert own.state not in FINAL_STATES
    at = world.now()
    with world.database.transaction() as session:
        terms = ASKED.model_copy(update={"name": "Asked"})
        version = rules.save_rule(session, own.company_id, terms, at, "test")
    for row in (theirs, own):
        api_books.change(
            world,
            row,
            rule_version_id=version.id,
            state="overdue",
            case_json={**row.case_json, "state": "overdue"},
            next_step="propose",
            next_step_at=at,
        )
    path = f"/companies/{world.company.business_id}/approvals"
    (found,) = world.call("GET", path, secret, params={"stage": "drafted"}).json()["items"]
    assert (found["invoice_id"], found["letter"], found["fee_cents"]) == (own.id, "reminder", 500)
    assert world.call("GET", f"{path}/summary", secret).json()["drafted"] == 1
    for row in (theirs, own):
        api_books.change(world, row, next_step="wait")


# ── one invoice, and whose own it is ─────────────────────────────────────────────────────────


def test_who_sees_his_own_alone_enters_one_and_sees_it_and_no_other(world: World) -> None:
    user_id = world.users["company", Role.OWN_ONLY]
    mine = Main(world, world.company, world.sign_in(user_id))
    clerk = Main(world, world.company, world.sign_in(world.users["company", Role.CLERK]))
    with world.database.transaction() as session:
        company = session.get_one(Company, world.company.company_id)
        company.iban = "FI2112345600000785"
        session.add(company)
    new = {
        "number": "OMA-1",
        "invoice_date": "2026-03-02",
        "due": "2026-03-16",
        "amount_cents": 10_000,
        "customer": {"key": "OMA", "name": "Matti Malliasiakas", "private": True},
    }
    entered = mine.call("POST", "/invoices", 201, json=new)
    assert (entered["new"], entered["owner"]) == (True, f"user:{user_id}")
    assert not mine.call("POST", "/invoices", 201, json=new)["new"]
    another = {**new, "amount_cents": 20_000}
    mine.call("POST", "/invoices", 409, json=another)
    mine.call("POST", "/invoices", 422, json={**new, "due": "2026-03-01"})
    mine.call("POST", "/invoices", 422, json={**new, "number": "OMA-2", "reference": "12345"})
    stranger = {**new, "number": "OMA-2", "customer": {"key": "nobody"}}
    mine.call("POST", "/invoices", 409, json=stranger)

    theirs = clerk.call("POST", "/invoices", 201, json={**new, "number": "HEIDÄN-1"})
    seen = {one["id"] for one in mine.call("GET", "/invoices", params={"number": "OMA-1"})["items"]}
    assert seen == {entered["id"]}
    mine.call("GET", f"/invoices/{theirs['id']}", 404)
    mine.call("POST", f"/invoices/{theirs['id']}/hold", 404, json={})
    mine.call("PUT", f"/invoices/{entered['id']}/owner", 403, json={"user_id": None})

    given = clerk.call("PUT", f"/invoices/{theirs['id']}/owner", json={"user_id": user_id})
    assert given["owner"] == f"user:{user_id}"
    assert mine.call("GET", f"/invoices/{theirs['id']}")["invoice"]["number"] == "HEIDÄN-1"
    entry = Main(world, world.company, world.sign_in(world.users["company", Role.MAIN])).call(
        "GET", "/audit"
    )["items"][0]
    assert (entry["action"], entry["detail"]) == ("invoice.given", {"owner": f"user:{user_id}"})
    stranger_id = world.users["other", Role.MAIN]
    clerk.call("PUT", f"/invoices/{theirs['id']}/owner", 409, json={"user_id": stranger_id})
    clerk.call("PUT", f"/invoices/{theirs['id']}/owner", json={"user_id": None})
    mine.call("GET", f"/invoices/{theirs['id']}", 404)
    with world.database.transaction() as session:
        assert session.get_one(Invoice, theirs["id"]).owner == ""
