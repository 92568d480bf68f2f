"""Automatic reminders: the preview, the switch, rules, who is under them, what happened."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from domain.event_facts import KINDS
from domain.law import FINNISH_LAW, DebtorClass
from domain.roles import Role
from domain.rule import HandOver, LetterTerms, Rule
from domain.rule_check import all_breaches
from starter.web.pages.automation import limits
from starter.web.pages.automation.happened import LABELS
from starter.web.words import LANGUAGES, words
from store import replanning, rules
from store.tables import Company, Customer, Replanning
from tests.books import MONDAY
from tests.starter import api_books
from tests.starter.api_world import CONSOLE, World
from tests.web.conftest import Read
from tests.web.reader import Said

_rules = itertools.count(1)


@pytest.fixture(autouse=True)
def off(world: World) -> None:
    switched(world, on=False)


def switched(world: World, *, on: bool) -> None:
    with world.database.transaction() as session:
        company = session.get_one(Company, world.company.company_id)
        company.automation = on
        company.automation_set_at = world.now()
        company.automation_set_by = CONSOLE


def is_on(world: World) -> bool:
    with world.database.transaction() as session:
        return session.get_one(Company, world.company.company_id).automation


def own_rule(world: World) -> int:
    """A rule of the company's own, for businesses."""
    assert world.company.company_id is not None
    terms = api_books.ONE_LETTER.model_copy(
        update={"name": f"Test {next(_rules)}", "debtors": (DebtorClass.CONSUMER,)}
    )
    with world.database.transaction() as session:
        return rules.save_rule(
            session, world.company.company_id, terms, world.now(), CONSOLE
        ).rule_id


def newest(world: World, rule_id: int) -> Rule:
    assert world.company.company_id is not None
    with world.database.transaction() as session:
        return next(
            one.terms
            for one in rules.newest_of_company(session, world.company.company_id)
            if one.rule_id == rule_id
        )


def typed(said: Said, **changes: Any) -> dict[str, Any]:
    """The rule's form as it is shown, with something changed."""
    (form,) = said.find("//form[contains(@class, 'rule')]")
    fields: dict[str, Any] = {}
    for name, value in form.form_values():
        fields.setdefault(name, []).append(value)
    for own in ("csrf", "form_key", "token"):
        fields.pop(own, None)
    return {**fields, **changes}


def under(world: World, rule_id: int) -> tuple[str, int]:
    """A customer of the rule's with a running invoice under it: key and row."""
    row = api_books.invoice(world)
    with world.database.transaction() as session:
        customer = session.get_one(Customer, row.customer_id)
        customer.rule_id = rule_id
        version = next(
            one.version_id
            for one in rules.newest_of_company(session, customer.company_id)
            if one.rule_id == rule_id
        )
        session.add(customer)
        key = customer.key
    api_books.change(world, row, rule_version_id=version)
    return key, row.id


def rule_of_customer(world: World, key: str) -> int | None:
    with world.database.transaction() as session:
        found = select(Customer).where(
            Customer.key == key, Customer.company_id == world.company.company_id
        )
        return session.exec(found).one().rule_id


def last_movement(world: World) -> Replanning:
    with world.database.transaction() as session:
        return replanning.listed(session, world.company.business_id, 1)[0]


# ── the switch ───────────────────────────────────────────────────────────────────────────────


def test_the_preview_says_who_falls_where_what_goes_out_and_what_it_costs(
    world: World, read: Read
) -> None:
    api_books.invoice(world)
    switched(world, on=False)
    said = read(Role.MAIN).see("./automation")
    assert said.status == 200
    assert "General rule: private customers" in said.text
    assert "€0.25" in said.text
    assert said.find("//section[@id='goes-out']//table")
    assert said.find("//input[@name='confirmed']")


def test_it_is_switched_on_by_who_has_confirmed_the_cost(world: World, read: Read) -> None:
    main = read(Role.MAIN)
    refused = Said(main.post("./automation"))
    assert refused.status == 422
    assert refused.mistake("confirmed")
    assert not is_on(world)
    landed = main.follow(main.post("./automation", {"confirmed": "1"}))
    assert is_on(world)
    assert landed.find("//table//a[contains(@href, '/automation/rules/')]")
    assert main.see("./automation/off").find("//form[@method='post']")
    main.follow(main.post("./automation/off"))
    assert not is_on(world)


def test_who_may_not_switch_it_is_told_who_may(world: World, read: Read) -> None:
    clerk = read(Role.CLERK)
    assert not clerk.see("./automation").find("//input[@name='confirmed']")
    assert clerk.post("./automation", {"confirmed": "1"}).status_code == 403
    switched(world, on=True)
    assert "/automation/off" not in clerk.see("./automation").answer.text
    assert clerk.post("./automation/off").status_code == 403


@pytest.mark.parametrize("on", [False, True])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_speaks_every_language(world: World, read: Read, language: str, on: bool) -> None:
    switched(world, on=on)
    rule_id = own_rule(world)
    reader = read(Role.MAIN, language=language)
    for path in ("", f"/rules/{rule_id}", f"/rules/{rule_id}/events", "/prevented", "/rules/new"):
        said = reader.see(f"./automation{path}")
        assert (said.status, said.language) == (200, language)


# ── rules ────────────────────────────────────────────────────────────────────────────────────


def test_a_rule_is_made_with_all_its_terms(world: World, read: Read) -> None:
    main = read(Role.MAIN)
    form = typed(
        main.see("./automation/rules/new"),
        name=f"VIP {next(_rules)}",
        debtors=["business"],
        courtesy="before",
        courtesy_days="3",
        reminder="1",
        reminder_days="20",
        reminder_fee="7,50",
        notice="1",
        notice_days="21",
        notice_fee="0",
        minimum="25",
        channel_1="paper",
        channel_2="email",
        channel_3="",
        sending="on_approval",
        reminder_service="on_approval",
        reminder_service_days="10",
        hand_over="on_approval",
        hand_over_days="30",
        residual="pursue",
    )
    form.pop("interest", None)
    answer = main.post("./automation/rules/new", form)
    rule_id = int(re.findall(r"rules/(\d+)/customers", answer.headers["Location"])[0])
    rule = newest(world, rule_id)
    assert rule.courtesy is not None
    assert rule.courtesy.days == -3
    assert rule.reminder is not None
    assert (rule.reminder.after_days, rule.reminder.fee_cents) == (20, 750)
    assert (rule.interest, rule.minimum_cents) == (False, 2_500)
    assert [one.value for one in rule.channels] == ["paper", "email"]
    assert (rule.sending, rule.hand_over, rule.hand_over_after_days) == (
        "on_approval",
        "on_approval",
        30,
    )
    assert rule.reminder_service is not None
    assert (rule.reminder_service.after_days, rule.reminder_service.on_approval) == (10, True)
    assert rule.residual == "pursue"
    # The form shows what was saved, and a name is taken once.
    again = Said(main.post("./automation/rules/new", form))
    assert (again.status, bool(again.mistake("name"))) == (422, True)
    assert again.value("reminder_days") == "20"
    shown = typed(main.see(f"./automation/rules/{rule_id}"))
    assert Said(main.post(f"./automation/rules/{rule_id}/what-if", shown)).status == 200
    assert main.follow(main.post(f"./automation/rules/{rule_id}", shown)).status == 200
    assert newest(world, rule_id).version == 1


def test_the_laws_limits_stand_beside_their_fields(world: World, read: Read) -> None:
    rule_id = own_rule(world)
    main = read(Role.MAIN)
    said = main.see(f"./automation/rules/{rule_id}")
    (hint,) = said.find("//*[@id='f-reminder_fee-hint']")
    assert "€5.00" in hint.text_content()
    assert "10 a §" in hint.text_content()
    wrong = Said(
        main.post(
            f"./automation/rules/{rule_id}",
            typed(said, reminder_fee="50", reminder_days="1"),
        )
    )
    assert wrong.status == 422
    assert "€5.00" in wrong.mistake("reminder_fee")
    assert "15" in wrong.mistake("reminder_days")
    assert wrong.value("reminder_fee") == "50"
    assert newest(world, rule_id).version == 1


def test_what_is_missing_or_twice_is_said_beside_its_field(world: World, read: Read) -> None:
    rule_id = own_rule(world)
    main = read(Role.MAIN)
    form = typed(main.see(f"./automation/rules/{rule_id}"))
    form |= {"reminder_days": "", "channel_1": "email", "channel_2": "email"}
    said = Said(main.post(f"./automation/rules/{rule_id}", form))
    assert said.mistake("reminder_days")
    assert said.mistake("channel_2")
    form["debtors"] = []
    assert Said(main.post(f"./automation/rules/{rule_id}", form)).find(
        "//*[@id='f-debtors-mistake'][text()]"
    )


def test_what_if_is_answered_as_one_types(world: World, read: Read) -> None:
    rule_id = own_rule(world)
    under(world, rule_id)
    clerk = read(Role.READ_ONLY)
    form = typed(clerk.see(f"./automation/rules/{rule_id}"), reminder_days="40")
    path = f"./automation/rules/{rule_id}/what-if"
    htmx = {"HX-Request": "true", "HX-Target": "outlook"}
    part = clerk.post(path, form, headers=htmx)
    assert part.status_code == 200
    assert "<html" not in part.text
    assert "1 running invoice " in part.text
    whole = Said(clerk.post(path, form))
    assert whole.value("reminder_days") == "40"
    assert "1 running invoice " in whole.text
    unlawful = clerk.post(path, {**form, "reminder_days": "1"}, headers=htmx)
    assert unlawful.status_code == 422
    assert "10 b §" in unlawful.text
    assert newest(world, rule_id).version == 1
    assert clerk.post(f"./automation/rules/{rule_id}", form).status_code == 403


@pytest.mark.parametrize("running", ["move", "keep"])
def test_saving_asks_what_becomes_of_running_invoices(
    world: World, read: Read, running: str
) -> None:
    rule_id = own_rule(world)
    under(world, rule_id)
    main = read(Role.MAIN)
    here = f"./automation/rules/{rule_id}"
    asked = Said(main.post(here, typed(main.see(here), reminder_days="40")))
    assert asked.status == 200
    assert newest(world, rule_id).version == 1
    (form,) = asked.find("//main//form[.//input[@name='running']]")
    fields: dict[str, Any] = {}
    for name, value in form.form_values():
        fields.setdefault(name, []).append(value)
    answer = main.post(here, {**fields, "running": running})
    assert answer.status_code == 303
    rule = newest(world, rule_id)
    assert rule.reminder is not None
    assert (rule.version, rule.reminder.after_days) == (2, 40)
    landed = main.follow(answer)
    moved = last_movement(world)
    if running == "keep":
        assert moved.rule_id != rule_id
        return
    assert (moved.kind, moved.rule_id) == ("rule", rule_id)
    stream = f"{main.base}/automation/movements/{moved.id}/progress"
    assert landed.find(f"//*[@data-stream='{stream}']")
    assert main.see(f"./automation/movements/{moved.id}/cancel").find("//form[@method='post']")
    assert main.post(f"./automation/movements/{moved.id}/cancel").status_code == 303
    assert last_movement(world).cancel_asked
    assert read(Role.CLERK).post(f"./automation/movements/{moved.id}/cancel").status_code == 403


def test_a_rule_that_somebody_else_has_saved_is_not_overwritten(world: World, read: Read) -> None:
    rule_id = own_rule(world)
    main, other = read(Role.MAIN), read(Role.TPK)
    here = f"./automation/rules/{rule_id}"
    mine = typed(main.see(here), minimum="77")
    other.follow(other.post(here, typed(other.see(here), reminder_days="41")))
    late = Said(main.post(here, mine))
    assert late.status == 409
    assert "Reminder: days after the due date" in late.text
    assert late.value("minimum") == "77"
    assert newest(world, rule_id).minimum_cents != 7_700
    # Having seen that, one may save over it.
    main.follow(main.post(here, typed(late)))
    assert newest(world, rule_id).minimum_cents == 7_700


# ── customers ────────────────────────────────────────────────────────────────────────────────


def test_customers_are_moved_with_what_if_first(world: World, read: Read) -> None:
    here, there = own_rule(world), own_rule(world)
    key, _ = under(world, here)
    under(world, here)
    main = read(Role.MAIN)
    listed = main.see(f"./automation/rules/{here}/customers")
    assert key in [box.get("value") for box in listed.find("//input[@name='pick']")]
    found = main.see(f"./automation/rules/{here}/customers", params={"search": key})
    assert len(found.find("//input[@name='pick']")) == 1
    ask = {"source": str(here), "pick": key, "to": str(there)}
    asked = main.see("./automation/move", params=ask)
    assert "1 customer " in asked.text
    answer = main.post("./automation/move", {**ask, "running": "move"})
    assert answer.status_code == 303
    assert rule_of_customer(world, key) == there
    assert last_movement(world).kind == "customers"
    # All that match, and out of all rules.
    ask = {"source": str(here), "all": "1", "to": "none"}
    assert "1 customer " in main.see("./automation/move", params=ask).text
    main.follow(main.post("./automation/move", {**ask, "running": "keep"}))
    assert not main.see(f"./automation/rules/{here}/customers").find("//input[@name='pick']")
    prevented = main.see("./automation/prevented")
    assert "put there by Maija Malliasiakas" in prevented.text


def test_a_clerk_moves_customers_but_not_their_running_invoices(world: World, read: Read) -> None:
    here = own_rule(world)
    key, _ = under(world, here)
    clerk = read(Role.CLERK)
    ask = {"source": str(here), "pick": key, "to": "itself"}
    asked = clerk.see("./automation/move", params=ask)
    assert not asked.find("//input[@name='running'][@value='move']")
    assert clerk.post("./automation/move", {**ask, "running": "move"}).status_code == 403
    assert rule_of_customer(world, key) == here
    clerk.follow(clerk.post("./automation/move", {**ask, "running": "keep"}))
    assert rule_of_customer(world, key) != here


def test_choosing_nobody_or_somebody_gone_is_said(world: World, read: Read) -> None:
    here = own_rule(world)
    main = read(Role.MAIN)
    nobody = main.follow(main.get("./automation/move", params={"source": str(here)}))
    assert nobody.find("//*[@role='alert']")
    ask = {"source": str(here), "pick": "nobody's", "to": "none", "running": "keep"}
    assert main.follow(main.post("./automation/move", ask)).find("//*[@role='alert']")
    assert main.post("./automation/move", {**ask, "to": "99999999999999999999"}).status_code == 404


# ── events ───────────────────────────────────────────────────────────────────────────────────


def test_what_happened_under_a_rule_is_found_and_taken_away(
    world: World, read: Read, tmp_path: Path
) -> None:
    row, _ = api_books.sent_letter(world, tmp_path)
    with world.database.transaction() as session:
        rule_id = next(
            one.rule_id
            for one in rules.newest_of_company(session, row.company_id)
            if one.version_id == row.rule_version_id
        )
    path = f"./automation/rules/{rule_id}/events"
    clerk = read()

    def numbers(**filters: str) -> list[str]:
        rows: list[Any] = clerk.see(path, params=filters).find("//*[@id='list']//tbody/tr")
        return [one.xpath("string(th)") for one in rows]

    assert row.number in numbers()
    assert set(numbers(invoice=row.number)) == {row.number}
    assert numbers(invoice=row.number, kind="letter_released") == [row.number]
    assert not numbers(invoice=row.number, until="2026-01-01")
    assert numbers(invoice=row.number, since="2026-03-31", until="2026-03-31")
    assert not numbers(customer="nobody's")
    assert numbers(since="no day at all", kind="nonsense")
    said = clerk.see(path, params={"invoice": row.number, "kind": "letter_released"})
    assert "Letter released: Reminder · Paper · €5.00" in said.text
    (href,) = said.find("//a[contains(@href, 'events.csv')]/@href")
    lines = clerk.client.get(href).text.splitlines()
    assert len(lines) == 2
    assert row.number in lines[1]


def test_every_kind_of_event_has_its_words() -> None:
    assert set(LABELS) == set(KINDS)


def test_every_breach_is_said_with_its_limit_and_section() -> None:
    hard = Rule(
        name="Hard",
        reminder=LetterTerms(after_days=0, fee_cents=50_000),
        notice=LetterTerms(after_days=0, fee_cents=50_000),
        channels=(),
        hand_over=HandOver.AUTOMATIC,
        hand_over_after_days=0,
    )
    bare = Rule(name="Bare", reminder=None, notice=None, hand_over=HandOver.AUTOMATIC)
    on = MONDAY.date()
    for language in LANGUAGES:
        for rule in (hard, bare):
            for breach in all_breaches(rule, FINNISH_LAW, on):
                said = limits.said(words(language), breach)
                assert "§" in said or "KKV" in said, said
        assert set(limits.beside(words(language), on)) >= {"reminder_fee", "hand_over_days"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_field_of_a_rule_is_called_as_its_section_is(
    world: World, read: Read, language: str
) -> None:
    said = read(Role.MAIN, language=language).see(f"./automation/rules/{own_rule(world)}")
    (form,) = said.find("//form[contains(@class, 'rule')]")
    sections = {one.text_content().strip() for one in form.xpath(".//h3")}
    labels = [one.text_content().strip() for one in form.xpath(".//label[@for] | .//legend")]
    assert len(sections) > 5
    assert not sections & set(labels)
    assert len(labels) == len(set(labels))
