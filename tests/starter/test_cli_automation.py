"""`karhu automation`, `karhu customer move`, `karhu rule what-if`, `karhu replan`: as a person uses
them."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import select

from domain.rule import Sending
from store import replanning
from store.tables import Company, Customer
from tests.starter.office import Office
from tests.starter.test_cli import Karhu, karhu
from tests.starter.test_cli_rules import rule_file

__all__ = ["karhu"]


def switched(office: Office, *, on: bool) -> Company:
    with office.database.transaction() as session:
        company = session.exec(
            select(Company).where(Company.business_id == office.business_id)
        ).one()
        company.automation = on
        return company


async def said(karhu: Karhu, *arguments: str | Path) -> Any:
    result = await karhu(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


async def test_it_is_previewed_switched_on_with_the_cost_confirmed_and_off(
    karhu: Karhu, office: Office
) -> None:
    mine = ("--company", office.business_id)
    switched(office, on=False)
    one = office.record(amount_cents=31_415)
    await office.take_in(one)
    await office.until(one.number, lambda row: not row.start_pending)
    seen = await said(karhu, "automation", "preview", *mine)
    assert (seen["on"], seen["prevented"], seen["outlook"]["before"]) == (False, 0, [])
    assert [rule["customers"] for rule in seen["rules"]] == [0, 1]
    assert "remind" in {day["kind"] for day in seen["outlook"]["after"]}
    assert seen["cost"]["expected_cents"] > seen["cost"]["service_cents"] == 25
    assert "0.25 EUR" in (await karhu("automation", "preview", *mine)).stdout

    refused = await karhu("automation", "on", *mine)
    assert refused.exit_code == 1
    assert not switched(office, on=False).automation
    on = await karhu("automation", "on", *mine, "--confirm-cost", "--actor", "Pia")
    assert (on.exit_code, "1 running invoice told" in on.stdout) == (0, True)
    assert "already" in (await karhu("automation", "on", *mine, "--confirm-cost")).stdout
    seen = await said(karhu, "automation", "preview", *mine)
    assert (seen["on"], seen["set_by"]) == (True, "Pia")
    off = await karhu("automation", "off", *mine)
    assert (off.exit_code, "told" in off.stdout) == (0, True)
    await office.until(one.number, lambda row: not row.signal_pending)
    listed = await said(karhu, "replan", "list", *mine)
    assert [(row["reason"], row["status"], row["told"]) for row in listed] == [
        ("off", "done", 1),
        ("on", "done", 1),
    ]


async def test_a_rule_is_saved_for_running_invoices_after_asking_what_if(
    karhu: Karhu, office: Office, tmp_path: Path
) -> None:
    mine = ("--company", office.business_id)
    one = office.record(amount_cents=31_415)
    await office.take_in(one)
    await office.until(one.number, lambda row: not row.start_pending)
    file = rule_file(tmp_path, name="Consumers", reminder={"after_days": 20, "fee_cents": 300})
    answer = await said(karhu, "rule", "what-if", file, *mine, "--for", "consumer")
    assert (answer["version"], answer["moved"]) == (2, 1)
    assert answer["changed"]["remind"] == 1
    fees = {day["kind"]: day["fee_cents"] for day in answer["after"]}
    assert fees["remind"] == 300
    shown = await karhu("rule", "what-if", file, *mine, "--for", "consumer")
    assert "1 running invoice would move" in shown.stdout
    # Asking has changed nothing.
    assert (await said(karhu, "replan", "list", *mine)) == []
    save = ("rule", "save", file, *mine, "--for", "consumer")
    kept = await karhu(*save, "--running", "keep")
    assert (kept.exit_code, "v2" in kept.stdout) == (0, True)
    first = office.row(one.number).rule_version_id
    moved = await karhu(*save, "--running", "move")
    assert (moved.exit_code, "1 running invoice told" in moved.stdout) == (0, True)
    row = await office.until(one.number, lambda row: not row.signal_pending)
    assert row.rule_version_id != first
    unlawful = rule_file(tmp_path, name="Consumers", reminder={"after_days": 1, "fee_cents": 900})
    assert (await karhu("rule", "what-if", unlawful, *mine, "--for", "consumer")).exit_code == 1


async def test_customers_are_moved_by_search_by_key_and_back(
    karhu: Karhu, office: Office, tmp_path: Path
) -> None:
    mine = ("--company", office.business_id)
    some = [office.record(customer=f"K-{place}", amount_cents=31_415) for place in range(3)]
    await office.take_in(*some)
    for one in some:
        await office.until(one.number, lambda row: not row.start_pending)
    vip = rule_file(tmp_path, name="VIP", reminder={"after_days": 30, "fee_cents": 0})
    assert (await karhu("rule", "save", vip, *mine, "--for", "consumer")).exit_code == 0
    asked = await karhu("customer", "move", "--to", "VIP", "--search", "K-", *mine, "--what-if")
    assert "3 customers would move" in asked.stdout
    to_vip = ("customer", "move", "--to", "VIP", *mine)
    assert (await karhu(*to_vip)).exit_code == 1  # nobody named
    assert "no customer K-9" in (await karhu(*to_vip, "--key", "K-9")).stderr
    assert "no rule" in (await karhu("customer", "move", "--to", "Nobody's", *mine, "--all")).stderr
    moved = await karhu(*to_vip, "--key", "K-0", "--key", "K-1", "--running", "move")
    assert (moved.exit_code, "2 running invoices told" in moved.stdout) == (0, True)
    away = await karhu("customer", "move", "--to", "none", *mine, "--key", "K-2")
    assert away.exit_code == 0
    listed = await said(karhu, "customer", "list", *mine)
    assert [line["rule"] for line in listed["customers"]] == ["VIP", "VIP", None]
    prevented = await said(karhu, "customer", "list", *mine, "--prevented")
    assert [line["key"] for line in prevented["customers"]] == ["K-2"]
    # What a person has placed stays, whatever the books say next.
    await office.take_in(office.record(customer="K-2", postcode="00300", amount_cents=31_415))
    assert len((await said(karhu, "customer", "list", *mine, "--prevented"))["customers"]) == 1
    assert (await karhu("customer", "move", "--to", "auto", *mine, "--all")).exit_code == 0
    listed = await said(karhu, "customer", "list", *mine)
    assert {line["rule"] for line in listed["customers"]} == {"Consumers"}
    with office.database.transaction() as session:
        query = select(Customer.placed_by).where(
            Customer.company_id == office.row(some[0].number).company_id
        )
        assert set(session.exec(query)) == {""}


async def test_a_replanning_is_cancelled_once(karhu: Karhu, office: Office) -> None:
    one = office.record(amount_cents=31_415)
    await office.take_in(one)
    company_id = office.row(one.number).company_id
    with office.database.transaction() as session:
        now = office.row(one.number).registered_at
        asked = replanning.ask(session, company_id, replanning.CUSTOMERS, by="Pia", now=now)
        told = replanning.ask(session, company_id, replanning.AUTOMATION, by="Pia", now=now)
    assert (await karhu("replan", "cancel", str(asked.id))).exit_code == 0
    assert (await karhu("replan", "cancel", str(told.id))).exit_code == 1
    assert (await karhu("replan", "cancel", "999999999")).exit_code == 1
    assert "started" in (await karhu("reconcile")).stdout


async def test_letters_for_approval_are_listed_looked_at_and_approved(
    karhu: Karhu, office: Office, tmp_path: Path
) -> None:
    mine = ("--company", office.business_id)
    file = rule_file(tmp_path, name="Consumers", sending=Sending.ON_APPROVAL.value)
    long_ago = {"invoice_date": date(2026, 1, 1), "due_date": date(2026, 1, 15)}
    one = office.record(amount_cents=31_415).model_copy(update=long_ago)
    await office.take_in(office.record(amount_cents=31_415))
    assert (await karhu("rule", "save", file, *mine, "--for", "consumer")).exit_code == 0
    # Long overdue when it comes in: its reminder's time has come.
    await office.take_in(one)
    await office.until(one.number, lambda row: row.next_step in {"propose", "approve"})
    stages = (await said(karhu, "approvals", "list", *mine))["stages"]
    assert (stages["drafted"] + stages["to_do"], stages["sent"]) == (1, 0)
    stage = "to_do" if stages["to_do"] else "drafted"
    listed = await said(karhu, "approvals", "list", *mine, "--stage", stage)
    assert [each["about"]["number"] for each in listed["approvals"]] == [one.number]
    assert (await karhu("approvals", "list", *mine)).exit_code == 0
    pdf = tmp_path / "draft.pdf"
    drafted = await karhu("invoice", "draft", one.number, *mine, "--out", pdf)
    assert drafted.exit_code == 0
    assert pdf.read_bytes().startswith(b"%PDF")
    assert office.row(one.number).state == "overdue"
    await office.until(one.number, lambda row: row.next_step == "approve")
    assert (await karhu("approvals", "approve", *mine)).exit_code == 1
    assert (await karhu("approvals", "approve", "no such invoice", *mine)).exit_code == 1
    no = await karhu("approvals", "refuse", one.number, "--reason", "by phone", *mine)
    assert (no.exit_code, "refused, and held" in no.stdout) == (0, True)
    assert (await karhu("approvals", "refuse", one.number, "--reason", "x", *mine)).exit_code == 1
    assert (await karhu("invoice", "release", one.number, *mine)).exit_code == 0
    overs = await said(karhu, "approvals", "list", *mine, "--kind", "hand_over")
    assert (overs["approvals"], overs["stages"]["to_do"]) == ([], 1)
    approved = await karhu("approvals", "approve", "--all", *mine)
    assert (approved.exit_code, "1 letter approved" in approved.stdout) == (0, True)
    assert office.row(one.number).state == "reminded"
    sent = (await said(karhu, "approvals", "list", *mine, "--stage", "sent"))["approvals"]
    assert [each["about"]["number"] for each in sent] == [one.number]
