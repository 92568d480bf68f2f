"""The bank's transactions: what waits for a person, and how fresh the bank's word is."""

from __future__ import annotations

from typing import Any

from domain.roles import Role
from starter.web.pages.payments import reasons
from starter.web.words import LANGUAGES, words
from store import accounts
from store.tables import BankPayment, Company
from tests.starter import api_books, api_settlements
from tests.starter.api_world import World
from tests.web.conftest import Read
from tests.web.reader import Said


def row(world: World, payment: BankPayment | int) -> BankPayment:
    payment_id = payment if isinstance(payment, int) else payment.id
    with world.database.transaction() as session:
        return session.get_one(BankPayment, payment_id)


def company(world: World) -> Company:
    with world.database.transaction() as session:
        return session.get_one(Company, world.company.company_id)


def hidden(said: Said, action: str) -> dict[str, Any]:
    """The hidden fields of the form with the address that ends so, as a browser sends them."""
    (form,) = said.find(f"//form[contains(@action, '{action}')]")[:1]
    found = {one.get("name"): one.get("value") for one in form.xpath(".//input[@type='hidden']")}
    return {name: value for name, value in found.items() if name not in {"csrf", "form_key"}}


def test_a_likely_invoice_is_assigned_with_one_click(world: World, read: Read) -> None:
    invoice = api_books.invoice(world)
    payment = api_books.waiting_payment(world, message=f"lasku {invoice.number} osa", cents=4_200)
    clerk = read()
    listed = clerk.see("./payments?waiting=1")
    assert invoice.number in listed.text
    where = f"/payments/{payment.id}/assign"
    fields = hidden(listed, where)
    assert fields == {"number": invoice.number, "open_cents": "4200"}
    assert invoice.number in clerk.follow(clerk.post(f".{where}", fields)).text
    assert row(world, payment).open_cents == 0
    # Pressed twice, it is booked once, and that is said.
    again = Said(clerk.post(f".{where}", fields))
    assert again.status == 422
    assert f"/payments/{payment.id}" not in clerk.see("./payments").answer.text
    assert clerk.see("./payments?waiting=0").status == 200


def test_a_part_is_assigned_and_taken_back(world: World, read: Read) -> None:
    invoice = api_books.invoice(world)
    payment = api_books.waiting_payment(world, cents=7_000)
    clerk = read()
    where = f"./payments/{payment.id}"
    fields = {"number": invoice.number, "open_cents": "7000"}
    wrong = Said(clerk.post(f"{where}/assign", {**fields, "amount": "70,01"}))
    assert wrong.mistake("amount")
    assert wrong.value("number") == invoice.number
    unknown = Said(clerk.post(f"{where}/assign", {**fields, "number": "no such"}))
    assert unknown.mistake("number")
    assert clerk.post(f"{where}/assign", {**fields, "amount": "30"}).status_code == 303
    assert row(world, payment).open_cents == 4_000
    # The same once more is not the same: less is open by now.
    assert clerk.post(f"{where}/assign", {**fields, "amount": "30"}).status_code == 422

    back = f"{where}/unassign/{invoice.id}"
    assert "30.00" in clerk.see(back).find("//div[@class='consequence']")[0].text_content()
    assert row(world, payment).open_cents == 4_000
    clerk.follow(clerk.post(back))
    assert row(world, payment).open_cents == 7_000
    # What is not on it any more cannot be taken off it; that is said, too.
    assert clerk.follow(clerk.post(back)).find("//p[@role='alert']")


def test_a_payment_is_set_aside_and_taken_up_again(world: World, read: Read) -> None:
    payment = api_books.waiting_payment(world, cents=900)
    clerk = read()
    where = f"./payments/{payment.id}/set-aside"
    assert clerk.see(where).find("//div[@class='consequence']")
    assert Said(clerk.post(where)).mistake("reason")
    # A personal identity code is kept nowhere.
    clerk.follow(clerk.post(where, {"reason": "returned to 131052-308T"}))
    assert row(world, payment).set_aside.startswith("returned to")
    assert "131052" not in row(world, payment).set_aside
    shown = clerk.see(f"./payments/{payment.id}")
    assert "returned to" in shown.text
    assert f"/payments/{payment.id}" not in clerk.see("./payments").answer.text
    invoice = api_books.invoice(world)
    fields = {"number": invoice.number, "open_cents": "900"}
    assert clerk.post(f"./payments/{payment.id}/assign", fields).status_code == 303
    assert row(world, payment).set_aside == ""


def test_whose_money_it_is_is_turned_with_its_consequence_shown(world: World, read: Read) -> None:
    invoice, payment_id = api_settlements.told_payment(world)
    clerk = read()
    where = f"./payments/{payment_id}/settlement"
    for settlement in ("1", "0"):
        asked = clerk.see(where)
        assert invoice.number in asked.find("//div[@class='consequence']")[0].text_content()
        assert hidden(asked, "/settlement") == {"settlement": settlement}
        clerk.follow(clerk.post(where, {"settlement": settlement}))
    # Of one that no agency knows of there is nothing to say.
    other = api_books.waiting_payment(world)
    assert not clerk.see(f"./payments/{other.id}/settlement").find("//main//form")
    answer = clerk.post(f"./payments/{other.id}/settlement", {"settlement": "1"})
    assert clerk.follow(answer).find("//p[@role='alert']")


def test_the_banks_word_is_confirmed_by_hand_and_demanded(world: World, read: Read) -> None:
    iban = "FI2112345600000785"
    assert world.company.company_id is not None
    with world.database.transaction() as session:
        accounts.ensure_accounts(session, world.company.company_id, [iban])
    waits = api_books.change(
        world,
        api_books.invoice(world),
        iban=iban,
        state="overdue",
        case_json={"awaits_feed": "the bank's newest file is too old"},
    )
    clerk = read()
    shown = clerk.see("./payments/bank-feed")
    assert iban in shown.text
    assert waits.number in shown.text
    assert not shown.find("//form[contains(@action, 'demand')]")
    asked = clerk.see(f"./payments/bank-feed/confirm?account={iban}")
    assert asked.find("//div[@class='consequence']")
    done = clerk.follow(clerk.post("./payments/bank-feed/confirm", {"account": iban}))
    # The one that waited goes on.
    assert "1" in done.find("//p[@role='status']")[0].text_content()
    (account,) = clerk.see("./payments/bank-feed").find(f"//tr[th='{iban}']")
    assert account.xpath(".//span[contains(@class, 'good')]")
    assert "Maija Malliasiakas" in account.text_content()

    main = read(Role.MAIN)
    there = "./payments/bank-feed/demand"
    wrong = Said(main.post(there, {"kind": "hours"}))
    assert wrong.mistake("hours")
    assert Said(main.post(there, {"kind": "hours", "hours": "999"})).value("hours") == "999"
    main.follow(main.post(there, {"kind": "hours", "hours": "48"}))
    assert company(world).bank_feed == "hours:48"
    assert main.see("./payments/bank-feed").value("hours") == "48"
    main.follow(main.post(there, {"kind": "banking_day"}))
    assert company(world).bank_feed == "banking_day"


def test_a_reader_is_offered_nothing_that_books(world: World, read: Read) -> None:
    payment = api_books.waiting_payment(world)
    looker = read(Role.READ_ONLY)
    for path in ("./payments", f"./payments/{payment.id}", "./payments/bank-feed"):
        assert not looker.see(path).find("//main//form[@method='post']")


def test_why_a_payment_waits_is_said_in_each_language() -> None:
    for language in LANGUAGES:
        said = words(language)
        assert "1234" in reasons.problem(said, "no invoice has the reference 1234").text
        because = reasons.suggestion(
            said, "its number stands in the message; 1,234.50\xa0EUR of the principal is open"
        )
        assert said.money(123_450) in because.text
        if language != "en":
            assert "message" not in because.text
    assert reasons.problem(words("fi"), "something new").text == "something new"
