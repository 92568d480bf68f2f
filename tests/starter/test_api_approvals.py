"""Letters on approval over the API: listed by stage, read as drafts, approved many at once."""

import asyncio
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from domain.roles import Role
from domain.rule import CONSUMERS, HandOver, ReminderServiceTerms, Sending
from domain.states import FINAL_STATES
from store import agency_contracts, people, rules
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
        stages = {"drafted": 0, "to_do": 3, "hand_overs": 0, "sent": 0}
        assert call("GET", "/approvals/summary") == stages
        first = call("GET", "/approvals", params={"limit": 2})
        rest = call("GET", "/approvals", params={"limit": 2, "cursor": first["next"]})
        found = [*first["items"], *rest["items"]]
        assert [one["invoice_id"] for one in found] == [row.id for row in rows[:3]]
        assert {(one["kind"], one["letter"], one["fee_cents"], one["stage"]) for one in found} == {
            ("letter", "reminder", 500, "to_do")
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
        stages |= {"drafted": 3, "to_do": 0, "sent": 3}
        assert call("GET", "/approvals/summary") == stages
        sent = call("GET", "/approvals", params={"stage": "sent", "limit": 2})
        last = call("GET", "/approvals", params={"stage": "sent", "cursor": sent["next"]})
        assert len(sent["items"]) == 2
        assert {one["approved_by"] for one in (*sent["items"], *last["items"])} == {
            f"user:{main.world.users['firm', Role.CLERK]}"
        }
        drafted = call("GET", "/approvals", params={"stage": "drafted"})["items"]
        assert {(one["letter"], one["at"] is not None) for one in drafted} == {("notice", True)}

    await asyncio.to_thread(ask)


async def test_hand_overs_wait_in_the_same_list(main: Main, office: Office) -> None:
    due, asked = date(2026, 2, 10), ReminderServiceTerms(after_days=14, on_approval=True)

    def prepare() -> None:
        with main.world.database.transaction() as session:
            now = office.clock.now(main.world.now())
            company = session.exec(
                select(Company).where(Company.business_id == office.business_id)
            ).one()
            terms = ASKED.model_copy(update={"name": "Agency reminds", "reminder_service": asked})
            rules.save_rule(session, company.id, terms, now, "test")
            new = {"services": ["reminder", "collection"], "from_state": "overdue"}
            agency_contracts.put(session, company, "intrum", new, by="test", now=now, real_now=now)

    await asyncio.to_thread(prepare)
    late = {"invoice_date": date(2026, 1, 20), "due_date": due}

    def move(*keys: str) -> None:
        body = {"customers": {"keys": list(keys)}, "to": {"rule": "Agency reminds"}}
        main.call("POST", "/customers/move", json=body)

    # The customers are there, and under the rule, before their overdue invoices come in.
    await office.take_in(*(office.record(customer=key) for key in ("H-2", "H-3")))
    await asyncio.to_thread(move, "H-2", "H-3")
    waiting = [
        office.record(customer=key).model_copy(update=late) for key in ("H-1", "H-2", "H-3", "H-2")
    ]
    await office.take_in(*waiting)
    for one in waiting:
        await office.until(one.number, lambda row: row.next_step == "approve")
    rows = [await asyncio.to_thread(office.row, one.number) for one in waiting]

    def ask() -> None:
        call = main.call
        summary = call("GET", "/approvals/summary")
        assert (summary["to_do"], summary["hand_overs"]) == (4, 3)
        found = {one["invoice_id"]: one for one in call("GET", "/approvals")["items"]}
        assert {(one["kind"], one["service"], one["letter"]) for one in found.values()} == {
            ("letter", None, "reminder"),
            ("hand_over", "reminder", None),
        }
        assert all(one["why"] for one in found.values())
        for kind, ids in (("letter", [rows[0].id]), ("hand_over", [row.id for row in rows[1:]])):
            items = call("GET", "/approvals", params={"kind": kind})["items"]
            assert [one["invoice_id"] for one in items] == ids
        none = call("GET", "/approvals", params={"kind": "hand_over", "stage": "sent"})
        assert none["items"] == []

        # One that is refused is held, and says why; in the list it is no more.
        reason = {"reason": "Agreed by phone."}
        refused = call("POST", "/approvals/refuse", json={"invoices": [rows[1].id], **reason})
        assert (refused["held"], refused["not_done"], refused["left"]) == (1, [], 3)
        shown = call("GET", f"/invoices/{rows[1].id}")
        assert shown["holds"][0]["reason"] == "not approved: Agreed by phone."
        again = call("POST", "/approvals/refuse", json={"invoices": [rows[1].id], **reason})
        assert (again["held"], again["not_done"][0]["kind"]) == (0, None)
        assert rows[1].number == again["not_done"][0]["number"]
        call("POST", "/approvals/refuse", 422, json={"invoices": [rows[1].id]})
        call("POST", "/approvals/refuse", 422, json=reason)
        past = {"invoices": [rows[2].id], "until": "2026-01-01", **reason}
        barred = call("POST", "/approvals/refuse", json=past)
        assert (barred["held"], "over" in barred["not_done"][0]["why"]) == (0, True)

        done = call("POST", "/approvals", json={"everything": True, "kind": "hand_over"})
        assert (done["approved"], done["refused"], done["left"]) == (2, [], 1)
        states = [call("GET", f"/invoices/{row.id}")["invoice"]["state"] for row in rows]
        assert states == ["overdue", "overdue", "in_collection", "in_collection"]
        both = {"invoices": [rows[0].id, rows[2].id]}
        last = call("POST", "/approvals", json=both)
        assert (last["approved"], last["left"]) == (1, 0)
        assert "in_collection" in last["refused"][0]["why"]
        # Released, the one that was refused waits again.
        call("POST", f"/invoices/{rows[1].id}/release", json={})
        assert call("GET", "/approvals/summary")["hand_overs"] == 1

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
