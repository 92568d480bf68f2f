"""The customers: their list, a card, moving them under a rule, the collection ban."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from domain.roles import Role
from store.tables import Customer, Replanning
from tests.starter import api_books
from tests.starter.api_world import World
from tests.web.conftest import Read
from tests.web.reader import Said

_serial = itertools.count(1)


def customer(world: World, **fields: Any) -> Customer:
    """One more of the company's."""
    assert world.company.company_id is not None
    number = next(_serial)
    said = {"key": f"W-{number}", "name": f"Kuviteltu {number} Oy", "debtor_class": "business"}
    with world.database.transaction() as session:
        row = Customer(company_id=world.company.company_id, **(said | fields))
        session.add(row)
        session.flush()
        return row


def row(world: World, one: Customer) -> Customer:
    with world.database.transaction() as session:
        return session.get_one(Customer, one.id)


def listed(said: Said) -> set[str]:
    return {str(cell.text) for cell in said.find("//div[@id='list']//tbody//th/a")}


@pytest.mark.parametrize(
    "query",
    ["kind=consumer", "ban=1", "abroad=1", "rule=none", "search=Kummallinen"],
)
def test_the_list_is_filtered(world: World, read: Read, query: str) -> None:
    plain = customer(world, rule_id=api_books.own_rule(world).rule_id)
    special = customer(
        world,
        name=f"Kummallinen {next(_serial)}",
        debtor_class="consumer",
        country="SE",
        collection_ban=True,
    )
    found = listed(read().see(f"./customers?{query}"))
    assert special.name in found
    assert plain.name not in found


def test_of_a_rule_nobody_has_the_list_is_empty(read: Read) -> None:
    assert not listed(read().see("./customers?rule=999999999"))
    assert read().see("./customers?kind=nonsense&rule=x").status == 200


def test_a_card_says_what_is_known(world: World, read: Read) -> None:
    invoice = api_books.invoice(world)
    clerk = read()
    card = clerk.see(f"./customers/{invoice.customer_id}")
    assert invoice.number in card.text
    looker = read(Role.READ_ONLY).see(f"./customers/{invoice.customer_id}")
    for action in ("/edit", "/move", "/ban"):
        assert card.find(f"//main//a[contains(@href, '{action}')]")
        assert not looker.find(f"//main//a[contains(@href, '{action}')]")
    assert clerk.get("./customers/999999999").status_code == 404


def test_details_are_changed_and_mistakes_stand_beside_their_fields(
    world: World, read: Read
) -> None:
    one = customer(world, email="vanha@esimerkki.example")
    clerk = read()
    where = f"./customers/{one.id}/edit"
    shown = clerk.see(where)
    assert shown.value("email") == "vanha@esimerkki.example"
    (version,) = shown.find("//input[@name='version']/@value")
    said = {
        "version": version,
        "name": "Uusi Esimerkki Oy",
        "debtor_class": "consumer",
        "contact_name": "Maija Malliasiakas",
        "contact_email": "maija@esimerkki.example",
        "country": "fi",
        "language": "sv",
        "channel_1": "paper",
        "channel_2": "email",
        "street": "Esimerkkitie 1",
    }
    wrong = Said(clerk.post(where, {**said, "channel_2": "paper", "email": "nowhere"}))
    assert wrong.mistake("email")
    assert wrong.value("email") == "nowhere"
    assert wrong.value("street") == "Esimerkkitie 1"
    assert Said(clerk.post(where, {**said, "channel_2": "paper"})).mistake("channel_2")
    assert Said(clerk.post(where, {**said, "country": "Finland"})).mistake("country")

    card = clerk.follow(clerk.post(where, said))
    assert "Maija Malliasiakas" in card.text
    now = row(world, one)
    assert (now.channels, now.language, now.country) == (["paper", "email"], "sv", "FI")
    assert (now.name, now.debtor_class) == ("Uusi Esimerkki Oy", "consumer")
    assert now.email == ""
    # Who still has the older card before him is told, and nothing is lost of what he typed.
    late = Said(clerk.post(where, {**said, "city": "Tampere"}))
    assert late.status == 422
    assert late.value("city") == "Tampere"
    assert row(world, one).city == ""


def test_who_moves_abroad_falls_out_of_the_rules_that_the_automation_chose(
    world: World, read: Read
) -> None:
    one = customer(world, rule_id=api_books.own_rule(world).rule_id)
    by_hand = customer(
        world, rule_id=api_books.own_rule(world).rule_id, placed_by="user:1", country="FI"
    )
    clerk = read()
    for moved in (one, by_hand):
        where = f"./customers/{moved.id}/edit"
        (version,) = clerk.see(where).find("//input[@name='version']/@value")
        said = {
            "version": version,
            "name": moved.name,
            "debtor_class": moved.debtor_class,
            "country": "SE",
            "language": "fi",
        }
        assert clerk.post(where, said).status_code == 303
    assert row(world, one).rule_id is None
    assert row(world, by_hand).rule_id == by_hand.rule_id


def test_customers_move_once_the_consequence_was_shown(world: World, read: Read) -> None:
    rule = api_books.own_rule(world).rule_id
    pair = [customer(world), customer(world)]
    picks = [one.key for one in pair]
    clerk = read()
    first = clerk.see("./customers/move", params={"pick": picks})
    assert not first.find("//main//form[@method='post']")
    asked = clerk.see("./customers/move", params={"pick": picks, "to": str(rule)})
    assert asked.find("//p[@class='consequence']")
    assert row(world, pair[0]).rule_id is None
    # A clerk moves customers; running invoices take somebody who may.
    sent = {"pick": picks, "to": str(rule), "running": "move"}
    assert clerk.post("./customers/move", sent).status_code == 403
    clerk.follow(clerk.post("./customers/move", {**sent, "running": "keep"}))
    assert {row(world, one).rule_id for one in pair} == {rule}
    main = read(Role.MAIN)
    back = {"pick": picks[:1], "to": "none", "running": "move"}
    assert pair[0].name in main.follow(main.post("./customers/move", back)).text
    assert row(world, pair[0]).rule_id is None
    with world.database.transaction() as session:
        moved = row(world, pair[0]).moved_in
        assert moved is not None
        assert session.get_one(Replanning, moved).kind == "customers"
    assert main.follow(main.post("./customers/move", {"to": "none", "running": "keep"})).find(
        "//p[@role='alert']"
    )


def test_the_ban_is_put_on_all_that_match(world: World, read: Read) -> None:
    word = f"Perintäkielto{next(_serial)}"
    pair = [customer(world, name=f"{word} {place}") for place in "AB"]
    other = customer(world)
    clerk = read()
    asked = clerk.see(f"./customers/ban?how=on&all=1&search={word}")
    assert asked.find("//div[@class='consequence']")
    assert not row(world, pair[0]).collection_ban
    kept = {"all": "1", "search": word}
    done = clerk.follow(clerk.post("./customers/ban", {**kept, "how": "on"}))
    assert listed(done) == {one.name for one in pair}
    assert all(row(world, one).collection_ban for one in pair)
    assert not row(world, other).collection_ban
    card = clerk.follow(clerk.post("./customers/ban", {"pick": pair[0].key, "how": "off"}))
    assert pair[0].name in card.text
    assert [row(world, one).collection_ban for one in pair] == [False, True]
