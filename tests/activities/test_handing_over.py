"""To the agency, by the company's contract and settings; on real PostgreSQL."""

from __future__ import annotations

import hashlib
import itertools
import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from activities import agency_documents
from domain import requests
from domain.agency import AgencyService, Assignment, ContractMessage
from domain.calendar import FINLAND
from domain.rule import BUSINESSES, CONSUMERS, HandOver, ReminderServiceTerms
from domain.states import InvoiceState
from domain.steps import StepKind
from store import agency_contracts, parties
from store.database import Database
from store.tables import (
    AgencyCase,
    AgencyContract,
    AgencyContractNews,
    AgencyMessage,
    AuditEntry,
    Company,
    Customer,
    Event,
    Invoice,
    Notice,
)
from tests.activities.office import Office
from tests.books import MONDAY
from tests.contracts import BOTH, put_contract
from tests.starter.office import new_business_id
from workflows.contract import Advanced

REMINDER, COLLECTION = AgencyService
LATER = MONDAY.replace(month=4, day=1, hour=7)  # a Wednesday, 10.00 in Helsinki
SERVED = CONSUMERS.model_copy(
    update={"name": "Served", "reminder_service": ReminderServiceTerms(after_days=7)}
)
FROM_OVERDUE: dict[str, Any] = {"services": BOTH, "from_state": "overdue"}
_messages = itertools.count(1)


def an_invoice(office: Office, **how: Any) -> Invoice:
    """An invoice of a company of its own, due on 16 March 2026."""
    plain = {"rule": SERVED, "now": MONDAY, "business_id": new_business_id()}
    return office.register(**{**plain, "agency": FROM_OVERDUE, **how})


def advanced(office: Office, invoice: Invoice, at: datetime = LATER) -> Advanced:
    row = office.invoice(invoice.id)
    return office.advance(office.ask(row, at, seen=row.last_event))


def asked(office: Office, invoice: Invoice, at: datetime = LATER) -> Advanced:
    row = office.invoice(invoice.id)
    request = requests.HandOver(actor="clerk")
    return office.advance(office.ask(row, at, seen=row.last_event, request=request))


def live(office: Office, invoice: Invoice) -> Advanced:
    """Every step at its time, and every letter carried, until the agency has it."""
    for _ in range(9):
        row = office.invoice(invoice.id)
        assert row.next_step_at is not None, row.next_step_why
        answer = office.advance(office.ask(row, row.next_step_at, seen=row.last_event))
        with office.database.transaction() as session:
            due = session.exec(
                select(Notice.id).where(Notice.invoice_id == row.id, Notice.status == "released")
            ).all()
        for notice_id in due:
            office.deliver(notice_id, row.next_step_at)
        if office.invoice(invoice.id).state == InvoiceState.IN_COLLECTION:
            return answer
    raise AssertionError("it does not get there")


def assignment(office: Office, invoice: Invoice) -> tuple[AgencyMessage, Assignment]:
    with office.database.transaction() as session:
        row = session.exec(
            select(AgencyMessage)
            .join(AgencyCase, col(AgencyCase.id) == col(AgencyMessage.agency_case_id))
            .where(AgencyCase.invoice_id == invoice.id, AgencyMessage.kind == "assignment")
        ).one()
    return row, Assignment.model_validate(row.body)


def kinds(office: Office, invoice: Invoice) -> list[str]:
    with office.database.transaction() as session:
        query = select(Event.kind).where(Event.invoice_id == invoice.id).order_by(col(Event.seq))
        return list(session.exec(query))


def sign(
    office: Office, invoice: Invoice, now: datetime = LATER, **changes: Any
) -> tuple[int, ...]:
    """Change the contract of the invoice's company; who waited for it."""
    with office.database.transaction() as session:
        company = session.get_one(Company, invoice.company_id)
        return put_contract(session, company, LATER, number="S-100", **changes)


# ── what is handed over ──────────────────────────────────────────────────────────────────────


def test_an_overdue_invoice_goes_to_the_reminder_service(office: Office) -> None:
    invoice = an_invoice(office)
    answer = live(office, invoice)
    row = office.invoice(invoice.id)
    assert (row.state, row.attention) == ("in_collection", "")
    assert [errand.kind for errand in answer.errands] == ["agency"]
    message, said = assignment(office, invoice)
    assert said.service is REMINDER
    assert said.creditor.contract_number == "S-100"
    assert [letter.kind for letter in said.sent] == ["invoice"]
    assert (said.principal_cents, said.fees_cents, said.interest_cents) == (108_836, 0, 0)
    assert message.letter_ids == []
    back = office.advance(
        office.ask(row, LATER, seen=row.last_event, request=requests.Withdraw(reason="mistaken"))
    )
    assert back.refusal is None
    assert office.invoice(invoice.id).state == "overdue"


def test_collection_is_told_what_was_sent_and_gets_copies(office: Office) -> None:
    invoice = an_invoice(office, rule=CONSUMERS)
    live(office, invoice)
    message, said = assignment(office, invoice)
    assert said.service is COLLECTION
    assert [letter.kind for letter in said.sent] == ["invoice", "reminder", "notice"]
    assert said.fees_cents == 1_000
    assert said.interest_cents > 0
    assert "documents" not in message.body or message.body["documents"] == []
    with office.database.transaction() as session:
        letters = agency_documents.letters(session, message)
    documents = agency_documents.typeset(letters)
    assert [document.name for document in documents] == ["reminder-1.pdf", "notice-2.pdf"]
    for document in documents:
        assert document.content.startswith(b"%PDF")
        assert hashlib.sha256(document.content).hexdigest() == document.sha256
    # Said again it is the same to the byte, and the agency reads what was sent.
    whole = said.model_copy(update={"documents": documents}).model_dump_json()
    again = said.model_copy(update={"documents": agency_documents.typeset(letters)})
    assert whole == again.model_dump_json()
    assert Assignment.model_validate_json(whole).documents == documents
    assert len(whole) < 4 * 1024 * 1024


@pytest.mark.parametrize("goes_along", [True, False])
def test_the_default_contact_goes_along_if_the_settings_say_so(
    office: Office, goes_along: bool
) -> None:
    invoice = an_invoice(office, agency=FROM_OVERDUE | {"default_contact": goes_along})
    office.change_customer(
        invoice, contact_name="Maija Malliasiakas", contact_phone="010 000 0001", contact_email=""
    )
    live(office, invoice)
    _, said = assignment(office, invoice)
    # The contact's own, and nobody else's e-mail beside it.
    assert (said.debtor.phone, said.debtor.email) == ("010 000 0001" if goes_along else None, None)


def test_without_a_default_contact_it_is_the_customers_own(office: Office) -> None:
    invoice = an_invoice(office)
    live(office, invoice)
    assert assignment(office, invoice)[1].debtor.email == "matti@malliasiakas.example"


@pytest.mark.parametrize(
    ("country", "city", "postcode"),
    # Not every country has postal codes.
    [("SE", "Stockholm", "111 20"), ("AE", "Dubai", ""), ("HK", "Kowloon", "")],
)
def test_a_customer_abroad_is_handed_over_by_hand(
    office: Office, country: str, city: str, postcode: str
) -> None:
    invoice = an_invoice(office)
    office.change_customer(invoice, country=country, city=city, postcode=postcode)
    with office.database.transaction() as session:
        row = session.get_one(Invoice, invoice.id)
        row.rule_version_id = None
        session.add(row)
    assert advanced(office, invoice).next.step.kind is StepKind.WAIT
    assert asked(office, invoice).refusal is None
    assert assignment(office, invoice)[1].debtor.address.country == country


# ── what keeps it ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"services": (COLLECTION,), "from_state": "overdue"}, "does not include"),
        ({"services": BOTH, "from_state": "notified"}, "from notified on"),
        ({**FROM_OVERDUE, "ended_on": date(2026, 3, 1)}, "ended on 2026-03-01"),
    ],
)
def test_it_waits_for_what_the_settings_lack_and_goes_on_by_itself(
    office: Office, settings: dict[str, Any], why: str
) -> None:
    invoice = an_invoice(office, agency=settings)
    step = advanced(office, invoice).next.step
    assert (step.kind, step.when) == (StepKind.WAIT, None)
    assert why in step.why
    assert why in (asked(office, invoice).refusal or "")
    row = office.invoice(invoice.id)
    assert (row.state, row.attention, row.signal_pending) == ("overdue", "", False)
    assert sign(office, invoice, **FROM_OVERDUE) == (invoice.id,)
    assert office.invoice(invoice.id).signal_pending
    advanced(office, invoice)
    assert office.invoice(invoice.id).state == "in_collection"
    assert kinds(office, invoice)[-3:] == ["agency_awaited", "agency_ready", "handed_over"]


def test_without_a_contract_it_waits_and_nobody_needs_to_look(office: Office) -> None:
    invoice = an_invoice(office, contract="")
    for _ in range(2):
        assert "no contract" in advanced(office, invoice).next.step.why
    assert kinds(office, invoice).count("agency_awaited") == 1
    assert not office.invoice(invoice.id).attention
    with office.database.transaction() as session:
        assert agency_contracts.waiting(session, invoice.company_id) == 1
    assert "no contract" in (asked(office, invoice).refusal or "")


def test_by_hand_alone_it_waits_for_a_hand(office: Office) -> None:
    invoice = an_invoice(office, agency=FROM_OVERDUE | {"automatic": False})
    assert "by hand" in advanced(office, invoice).next.step.why
    assert asked(office, invoice).refusal is None
    assert office.invoice(invoice.id).state == "in_collection"


def test_a_contract_to_come_is_waited_for_until_its_day(office: Office) -> None:
    comes = FINLAND.local_date(LATER) + timedelta(days=7)
    invoice = an_invoice(office, agency=FROM_OVERDUE | {"in_force_from": comes})
    step = advanced(office, invoice).next.step
    assert step.when is not None
    assert FINLAND.local_date(step.when) == comes
    # The day's sending is spread over the morning: each invoice has a place of its own in it.
    advanced(office, invoice, step.when + timedelta(hours=1))
    there = office.invoice(invoice.id).next_step_at
    assert there is not None
    assert FINLAND.local_date(there) == comes
    advanced(office, invoice, there)
    assert office.invoice(invoice.id).state == "in_collection"


def test_another_reason_is_said_when_it_changes(office: Office) -> None:
    invoice = an_invoice(office, contract="")
    advanced(office, invoice)
    sign(office, invoice, services=(COLLECTION,))
    assert "does not include" in advanced(office, invoice).next.step.why


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"collection_ban": True}, "collection ban"),
        ({"street": ""}, "address is incomplete"),
        ({"postcode": ""}, "address is incomplete"),
    ],
)
def test_the_customer_keeps_it_and_somebody_looks(
    office: Office, fields: dict[str, Any], why: str
) -> None:
    invoice = an_invoice(office)
    office.change_customer(invoice, **fields)
    early = LATER - timedelta(days=13)
    advanced(office, invoice, early)
    assert why in (asked(office, invoice, early).refusal or "")
    advanced(office, invoice)
    assert why in office.invoice(invoice.id).attention


def test_what_somebody_approved_goes_although_the_automation_is_off(office: Office) -> None:
    own = BUSINESSES.model_copy(update={"name": "By hand", "hand_over": HandOver.NEVER})
    invoice = an_invoice(office, rule=own, automation=False)
    advanced(office, invoice)
    row = office.invoice(invoice.id)
    to = requests.SetState(to=InvoiceState.NOTIFIED)
    office.advance(office.ask(row, LATER, seen=row.last_event, request=to))
    answer = asked(office, invoice)
    assert (answer.refusal, answer.next.step.kind) == (None, StepKind.HAND_OVER)
    assert answer.next.step.when is not None
    advanced(office, invoice, answer.next.step.when)
    assert office.invoice(invoice.id).state == "in_collection"


# ── while somebody switches ──────────────────────────────────────────────────────────────────


def test_nobody_waits_for_a_contract_that_is_being_signed(office: Office) -> None:
    invoice = an_invoice(office, contract="")
    signed, tried = threading.Event(), threading.Event()

    def switch(database: Database) -> None:
        with database.transaction() as session:
            company = session.get_one(Company, invoice.company_id)
            put_contract(session, company, LATER, number="S-100", **FROM_OVERDUE)
            signed.set()
            assert tried.wait(60)

    def decide(database: Database) -> None:
        assert signed.wait(60)
        row = office.invoice(invoice.id)
        with database.transaction() as session:
            assert not agency_contracts.keep_as_they_are(session, row.company_id)
        threading.Timer(0.2, tried.set).start()
        # Lets go of the invoice meanwhile, or the other could not mark it.
        office.advance(office.ask(row, LATER), database)

    office.at_once(switch, decide)
    assert office.invoice(invoice.id).state == "in_collection"


# ── what the agency says of contracts ────────────────────────────────────────────────────────


@pytest.fixture
def company(office: Office) -> Company:
    with office.database.transaction() as session:
        new = parties.NewCompany(business_id=new_business_id(), name="Kuvitteellinen Sähkö Oy")
        return parties.ensure_companies(session, [new], MONDAY)[new]


def say(company: Company, sequence: int, **changes: Any) -> ContractMessage:
    plain = {
        "message_id": f"c-{next(_messages)}",
        "business_id": company.business_id,
        "contract_number": "S-7",
        "services": (REMINDER, COLLECTION),
        "in_force_from": date(2026, 3, 1),
        "sequence": sequence,
    }
    return ContractMessage.model_validate({**plain, **changes})


def hear(office: Office, message: ContractMessage) -> agency_contracts.Heard | None:
    with office.database.transaction() as session:
        return agency_contracts.hear(session, "intrum", message, now=LATER, real_now=LATER)


def contract(office: Office, company: Company) -> AgencyContract:
    with office.database.transaction() as session:
        (row,) = agency_contracts.rows(session, company.id)
        return row


def test_the_service_switches_itself_on_and_off(office: Office, company: Company) -> None:
    first = say(company, 1)
    assert hear(office, first) == agency_contracts.Heard(new=True)
    row = contract(office, company)
    assert (row.number, row.services) == ("S-7", ["reminder", "collection"])
    assert (row.from_state, row.automatic, row.ended_on) == ("notified", True, None)
    assert row.switched_by == "agency:intrum"
    # The same again, and one that was said before it and comes after it, change nothing.
    assert hear(office, first) == agency_contracts.Heard(new=False)
    ended = say(company, 3, services=(), in_force_from=date(2026, 3, 30))
    assert hear(office, ended) == agency_contracts.Heard(new=True)
    late = say(company, 2, services=(COLLECTION,))
    assert hear(office, late) == agency_contracts.Heard(new=False)
    row = contract(office, company)
    assert row.ended_on == date(2026, 3, 30)
    assert row.services == ["reminder", "collection"]
    hear(office, say(company, 4, services=(COLLECTION,)))
    row = contract(office, company)
    assert (row.ended_on, row.services, row.version) == (None, ["collection"], 3)
    with office.database.transaction() as session:
        kept = session.exec(
            select(AgencyContractNews).where(AgencyContractNews.company_id == company.id)
        ).all()
        noted = session.exec(
            select(AuditEntry.actor).where(
                AuditEntry.company_id == company.id, AuditEntry.action == "company.agency"
            )
        ).all()
    assert [news.sequence for news in kept] == [1, 3, 2, 4]
    assert noted == ["agency:intrum"] * 3


def test_a_new_contract_takes_the_place_of_an_old_one(office: Office, company: Company) -> None:
    hear(office, say(company, 5))
    hear(office, say(company, 1, contract_number="S-8", in_force_from=date(2026, 3, 15)))
    assert contract(office, company).number == "S-8"
    # That the old one ended, or how it was before, is no news of the new one.
    for old in (say(company, 6, services=()), say(company, 7, in_force_from=date(2026, 2, 1))):
        assert hear(office, old) == agency_contracts.Heard(new=False)
    row = contract(office, company)
    assert (row.number, row.ended_on) == ("S-8", None)


def test_settings_stay_when_the_agency_says_something(office: Office, company: Company) -> None:
    hear(office, say(company, 1))
    with office.database.transaction() as session:
        mine = session.get_one(Company, company.id)
        agency_contracts.put(
            session,
            mine,
            "intrum",
            {"from_state": "overdue", "automatic": False},
            by="user:1",
            now=LATER,
            real_now=LATER,
        )
    assert contract(office, company).switched_by == "agency:intrum"
    hear(office, say(company, 2, services=(COLLECTION,)))
    row = contract(office, company)
    assert (row.from_state, row.automatic, row.services) == ("overdue", False, ["collection"])


def test_a_company_that_is_not_ours_is_not_heard_of(office: Office, company: Company) -> None:
    assert hear(office, say(company, 1, business_id=new_business_id())) is None


def test_a_signing_lets_go_who_waits_for_it(office: Office) -> None:
    invoice = an_invoice(office, contract="", rule=CONSUMERS.model_copy(update={"name": "Plain"}))
    other = an_invoice(office, contract="")
    advanced(office, other)
    with office.database.transaction() as session:
        owner = session.get_one(Company, other.company_id)
        assert session.get_one(Customer, invoice.customer_id).company_id != owner.id
    assert hear(office, say(owner, 1)) == agency_contracts.Heard(new=True, waited=(other.id,))
    assert not office.invoice(invoice.id).signal_pending
    assert "from notified on" in advanced(office, other).next.step.why
