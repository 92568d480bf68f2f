"""One invoice: its life past and to come, and what is done about it."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agency import CollectionStatus
from domain.calendar import FINLAND
from domain.case import Case
from domain.forecast import forecast
from domain.law import FINNISH_LAW, PROVISIONS, DebtorClass, Provision, Topic
from domain.outcomes import AgencyStatusChanged
from domain.procedure import letter_now
from domain.roles import Role
from domain.rule import BUSINESSES, CONSUMERS, HandOver, Rule, Sending
from domain.states import InvoiceState, LetterKind
from starter.web import sayings
from starter.web.pages.invoice import whys
from starter.web.words import LANGUAGES, words
from store.tables import AgencyCase, Event
from tests.books import MONDAY
from tests.starter import api_books
from tests.starter.api_world import World
from tests.starter.office import Office
from tests.web.asks.invoice import PAID, paid_past_agency
from tests.web.conftest import Read
from tests.web.reader import Said


def shown(said: Said) -> list[str]:
    """What may be done, by the ends of the addresses."""
    return [str(href).rsplit("/", 1)[-1] for href in said.find("//div[@class='actions']//a/@href")]


@pytest.mark.parametrize("language", LANGUAGES)
def test_its_life_past_and_to_come_in_every_language(
    world: World, read: Read, tmp_path: Path, language: str
) -> None:
    row, letter = api_books.sent_letter(world, tmp_path)
    said = read(language=language).see(f"./invoices/{row.id}")
    assert (said.status, said.language) == (200, language)
    assert said.find("//ol[@aria-labelledby='coming']/li")
    assert len(said.find("//ol[@aria-labelledby='past']/li")) >= 3
    assert said.find("//table//tfoot")
    (frame,) = said.find("//iframe/@src")
    assert frame.endswith(f"/letters/{letter.id}")
    assert "frame-src 'self'" in said.answer.headers["Content-Security-Policy"]
    if language != "en":
        assert not said.find("//ol//span[@lang='en']")


def test_a_letter_is_read_beside_it(world: World, read: Read, tmp_path: Path) -> None:
    row, letter = api_books.sent_letter(world, tmp_path)
    reader = read()
    pdf = reader.get(f"./invoices/{row.id}/letters/{letter.id}")
    assert pdf.content.startswith(b"%PDF")
    assert "frame-ancestors 'self'" in pdf.headers["Content-Security-Policy"]
    other = api_books.invoice(world)
    assert reader.get(f"./invoices/{other.id}/letters/{letter.id}").status_code == 404
    headers = {"HX-Request": "true", "HX-Target": "papers"}
    part = reader.get(f"./invoices/{row.id}?letter={letter.id}", headers=headers)
    assert "<iframe" in part.text
    assert "<html" not in part.text


def test_the_next_letter_is_read_beforehand(world: World, read: Read) -> None:
    row = api_books.invoice(world)
    answer = read().get(f"./invoices/{row.id}/draft")
    assert answer.status_code in {200, 409}
    closed = api_books.invoice(world)
    case = {**closed.case_json, "state": "cancelled"}
    api_books.change(world, closed, state="cancelled", case_json=case)
    none = read().get(f"./invoices/{closed.id}/draft")
    assert none.status_code == 409
    assert none.text


def test_only_what_may_be_done_is_offered(world: World, read: Read) -> None:
    row = api_books.invoice(world, owner=api_books.own(world))
    path = f"./invoices/{row.id}"
    clerk = shown(read(Role.CLERK).see(path))
    assert {"hold", "cancel", "pay", "credit"} <= set(clerk)
    assert not {"release", "withdraw", "hand-over", "approve"} & set(clerk)
    assert shown(read(Role.READ_ONLY).see(path)) == []
    assert shown(read(Role.OWN_ONLY).see(path)) == ["hold"]
    theirs = api_books.invoice(world)
    assert read(Role.OWN_ONLY).get(f"./invoices/{theirs.id}").status_code == 404
    assert read(Role.READ_ONLY).post(f"{path}/hold").status_code == 403


def test_consequences_are_shown_before_anything_is_done(world: World, read: Read) -> None:
    row = api_books.invoice(world)
    case = {**row.case_json, "state": "overdue"}
    api_books.change(world, row, state="overdue", case_json=case)
    reader = read()
    said = reader.see(f"./invoices/{row.id}/send-now")
    assert said.find("//div[@class='consequence']")
    assert "The earliest lawful day is 31 Mar 2026." in said.text
    assert not said.find("//main//form[@method='post']")
    older = {**case, "due": "2026-01-16", "invoice_sent_on": "2026-01-02"}
    api_books.change(world, row, case_json=older)
    said = reader.see(f"./invoices/{row.id}/send-now")
    assert "€5.00" in said.text
    assert "VAT 0 %" in said.text
    assert said.find("//main//form[@method='post']//input[@name='letter' and @value='reminder']")
    states = reader.see(f"./invoices/{row.id}/state")
    offered = states.find("//input[@name='to']/@value")
    assert "reminded" in offered
    assert "overdue" not in offered
    # What the law does not let happen is said, and not offered.
    refused = reader.see(f"./invoices/{row.id}/withdraw")
    assert not refused.find("//main//form[@method='post']")
    assert "not at the agency" in refused.text
    held = Said(reader.post(f"./invoices/{row.id}/hold", {"hold": "promise", "reason": "Soitti"}))
    assert held.status == 422
    assert "last day" in held.mistake("until")
    assert held.value("reason") == "Soitti"


async def test_it_is_held_released_and_ended(office: Office, world: World, read: Read) -> None:
    there = dataclasses.replace(office, business_id=world.company.business_id)
    one = there.record(customer="Yksi-1")
    await there.take_in(one)
    row = there.row(one.number)
    reader = read()

    def do(path: str, **form: Any) -> Said:
        return reader.follow(
            reader.post(f"./invoices/{row.id}/{path}", {"form_key": path.replace("-", ""), **form})
        )

    said = await asyncio.to_thread(do, "hold", hold="manual", reason="Soitti")
    assert "The invoice is held." in said.text
    assert "Soitti" in said.text
    assert "release" in shown(said)
    said = await asyncio.to_thread(do, "release")
    assert "release" not in shown(said)
    said = await asyncio.to_thread(do, "cancel", reason="Väärä lasku")
    assert said.find("//span[contains(@class, 'badge') and text()='Cancelled']")
    assert "hold" not in shown(said)
    again = Said(await asyncio.to_thread(reader.post, f"./invoices/{row.id}/hold"))
    assert again.status == 422


def test_a_payment_and_a_credit_note_are_booked_by_hand(world: World, read: Read) -> None:
    row = api_books.invoice(world)
    reader, path = read(), f"./invoices/{row.id}"
    before = reader.see(f"{path}/pay")
    assert before.value("amount")
    assert not before.find("//input[@name='settlement']")
    wrong = Said(reader.post(f"{path}/pay", {"amount": "0", "on": "2099-01-01", "payer": "Oy"}))
    assert wrong.mistake("amount")
    assert wrong.mistake("on")
    assert wrong.value("payer") == "Oy"
    paid = {"amount": "10,00", "on": "2026-03-02", "form_key": "payone"}
    said = reader.follow(reader.post(f"{path}/pay", paid))
    assert "The payment is booked" in said.text
    reader.post(f"{path}/pay", paid)
    entries = reader.see(path).find("//table//tbody/tr")
    too_much = Said(
        reader.post(f"{path}/pay", {**paid, "amount": "99", "back": "1", "form_key": "paytwo"})
    )
    assert too_much.mistake("amount")
    note = {"number": "H-17", "amount": "5", "on": "2026-03-02"}
    assert "credit note is booked" in reader.follow(reader.post(f"{path}/credit", note)).text
    assert len(reader.see(path).find("//table//tbody/tr")) == len(entries) + 1
    assert Said(reader.post(f"{path}/credit", note)).mistake("number")


def test_whose_a_payment_is_can_be_changed(world: World, read: Read) -> None:
    invoice_id = paid_past_agency(world)
    reader, path = read(), f"./invoices/{invoice_id}"
    assert "Direct payment" in reader.see(path).text
    asked = reader.see(f"{path}/tick?entry={PAID}")
    assert "Ticking makes it" in asked.text
    said = reader.follow(reader.post(f"{path}/tick", {"entry": PAID, "settlement": "1"}))
    assert "The agency's settlement" in said.text
    assert "Unticking makes it" in reader.see(f"{path}/tick?entry={PAID}").text
    assert reader.get(f"{path}/tick?entry=payment/none").status_code == 404


def test_a_refused_message_is_sent_again(world: World, read: Read) -> None:
    message = api_books.refused_message(world)
    with world.database.transaction() as session:
        invoice_id = session.get_one(AgencyCase, message.agency_case_id).invoice_id
    reader, path = read(), f"./invoices/{invoice_id}"
    said = reader.see(path)
    assert "the contract number is not known" in said.text
    (href,) = said.find("//a[contains(@href, '/resend')]/@href")
    asked = Said(reader.client.get(href))
    assert "the contract number is not known" in asked.text
    landed = reader.follow(reader.post(str(href)))
    assert "in line again" in landed.text
    assert not landed.find("//a[contains(@href, '/resend')]")
    other = api_books.invoice(world)
    assert reader.get(f"./invoices/{other.id}/messages/{message.id}/resend").status_code == 404


def test_the_agency_s_status_is_said_once(world: World, read: Read) -> None:
    row = api_books.invoice(world)
    outcome = AgencyStatusChanged(
        status=CollectionStatus.ENFORCEMENT,
        status_text=CollectionStatus.ENFORCEMENT.finnish,
        occurred_at=MONDAY,
        current=True,
    )
    unknown = outcome.model_copy(update={"status": None, "status_text": "UUSI VAIHE"})
    with world.database.transaction() as session:
        for seq, one in enumerate((outcome, unknown), start=1_001):
            said = Event(
                company_id=row.company_id,
                invoice_id=row.id,
                seq=seq,
                kind=one.kind,
                at=MONDAY,
                actor="agency:intrum",
                reason=one.status_text,
                outcome=one.model_dump(mode="json"),
            )
            session.add(said)
    told = read(language="fi").see(f"./invoices/{row.id}").find("//ol[@aria-labelledby='past']")
    for one in (outcome, unknown):
        assert told[0].text_content().count(one.status_text) == 1


# ── why ──────────────────────────────────────────────────────────────────────────────────────


_NEVER_WHY = {
    *(Topic.FLAT_COMPENSATION, Topic.LATE_INTEREST_POINTS),
    *(Topic.LIMITATION, Topic.PAYMENT_TIME),
}
"""No step is planned, and none refused, by what these say."""


@pytest.mark.parametrize(
    "row",
    [one for one in PROVISIONS if one.topic not in _NEVER_WHY],
    ids=lambda row: f"{row.topic.name}-{row.figure}",
)
def test_the_law_s_sentences_are_known(row: Provision) -> None:
    said = whys.say(words("fi"), f"may not go to the agency: {row.sentence} ({row.section})")
    assert said.lang == ""
    assert row.sentence not in said.text


_RULES = [
    None,
    CONSUMERS,
    BUSINESSES,
    CONSUMERS.switched_off,
    CONSUMERS.model_copy(update={"sending": Sending.ON_APPROVAL, "name": "Oma; sääntö (v2)"}),
    CONSUMERS.model_copy(update={"notice": None, "minimum_cents": 500_000}),
    BUSINESSES.model_copy(update={"hand_over": HandOver.NEVER}),
]


@given(
    rule=st.sampled_from(_RULES),
    debtor=st.sampled_from(DebtorClass),
    state=st.sampled_from([one for one in InvoiceState if not one.final]),
    sent=st.integers(0, 20),
    later=st.integers(0, 60),
    cents=st.sampled_from([0, 900, 10_000, 3_000_000]),
)
def test_every_step_s_reason_is_said_in_finnish(
    rule: Rule | None, debtor: DebtorClass, state: InvoiceState, sent: int, later: int, cents: int
) -> None:
    due = MONDAY.date() + timedelta(days=14)
    case = Case(
        invoice_id=1,
        company="1234567-1",
        number="1",
        debtor=debtor,
        due=due,
        invoice_sent_on=due - timedelta(days=sent),
        original_cents=10_000,
        principal_cents=cents,
        open_cents=cents,
        state=state,
    )
    now = datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(days=later)
    said = [step.why for step in forecast(case, rule, FINNISH_LAW, FINLAND, now)]
    now_or_never = letter_now(case, rule, FINNISH_LAW, FINLAND, now)
    said.append(now_or_never if isinstance(now_or_never, str) else now_or_never.why)
    for why in said:
        assert whys.say(words("fi"), why).lang == "", why


def test_what_people_wrote_stands_as_written() -> None:
    told = whys.say(words("fi"), "held: promise until 2026-12-18 (Soitti: maksaa; perjantaina)")
    assert "Soitti: maksaa; perjantaina" in told.text
    assert whys.say_noted(words("fi"), "Väärä lasku") == sayings.Said("Väärä lasku")
    english = whys.say(words("en"), "14 days after the due date 2026-12-03 (rule Oma v3)")
    assert english.text == "14 days after the due date 3 Dec 2026 (rule Oma v3)"
    refused = whys.say(words("fi"), "held: manual (not approved: Soitti (2.3.)); release it first")
    assert "ei hyväksytty: Soitti (2.3.)" in refused.text
    assert LetterKind.NOTICE.value not in whys.say(words("fi"), "rule Oma v3 sends no notice").text
    stale = (
        "the bank's newest file for account ..0776 was made 2026-07-31 06:00; a letter needs one of"
        " 2026-08-05 or later: read it first, confirm that no payment is unread, or demand less of"
        " the bank"
    )
    assert "31.7.2026 06.00" in whys.say(words("fi"), stale).text
    assert whys.say(words("fi"), stale).lang == ""
    attention = "needs attention: somebody's words: as they are"
    assert whys.say(words("fi"), attention).text.endswith("somebody's words: as they are")
