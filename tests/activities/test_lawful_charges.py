"""Whatever a rule says, no door charges a debtor more than the law allows, or sooner.

The rules here were never saved as rules are: they stand in the database all the same, as one would
that an earlier law allowed.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from domain import requests
from domain.calendar import FINLAND
from domain.law import DebtorClass
from domain.ledger import EntryKind, settlement
from domain.rule import CONSUMERS, HandOver, LetterTerms, Rule
from domain.rule_check import UnlawfulRule
from domain.states import InvoiceState
from store import ledger, rules
from store.tables import Company, Invoice, RuleVersion
from tests.activities.office import Office
from tests.books import MONDAY

GREEDY = Rule(
    name="Greedy",
    reminder=LetterTerms(after_days=0, fee_cents=50_000),
    notice=LetterTerms(after_days=0, fee_cents=50_000),
    hand_over=HandOver.AUTOMATIC,
    hand_over_after_days=0,
)
CAP = {DebtorClass.CONSUMER: 500, DebtorClass.BUSINESS: 1_200, DebtorClass.OTHER: 1_200}
GAP = {DebtorClass.CONSUMER: 15, DebtorClass.BUSINESS: 11, DebtorClass.OTHER: 11}
FIRST_FEE = {DebtorClass.CONSUMER: 15, DebtorClass.BUSINESS: 1, DebtorClass.OTHER: 1}
DUE = date(2026, 3, 16)

EVERYTHING: Sequence[requests.Request] = (
    requests.SetState(to=InvoiceState.OVERDUE),
    requests.SendNow(reason="at once"),
    requests.SetState(to=InvoiceState.REMINDED),
    requests.SendNow(reason="and again"),
    requests.SetState(to=InvoiceState.NOTIFIED),
    requests.HandOver(),
    requests.Withdraw(),
    requests.Release(),
)


def greedy(office: Office, debtor: DebtorClass, net: int = 14) -> Invoice:
    """An invoice under a rule that no law allows."""
    invoice = office.register(debtor=debtor, rule=CONSUMERS, now=MONDAY, net=net)
    with office.database.transaction() as session:
        session.execute(
            update(RuleVersion)
            .where(col(RuleVersion.id) == invoice.rule_version_id)
            .values(terms=GREEDY.model_dump(mode="json"))
        )
    return invoice


def ask(office: Office, invoice: Invoice, now: datetime, request: requests.Request | None) -> str:
    """What a workflow that hears of nothing asks; the refusal, or "" if there was none."""
    row = office.invoice(invoice.id)
    asked = office.ask(row, now, seen=row.last_event, request=request)
    return office.advance(asked).refusal or ""


def carry(office: Office, invoice: Invoice, now: datetime) -> None:
    """What has been released leaves."""
    for notice in office.notices(invoice):
        if notice.status != "sent":
            office.deliver(notice.id, now)


def check(office: Office, invoice: Invoice, debtor: DebtorClass) -> None:
    """No fee above the cap, none too soon, no more than two, and none in the dark."""
    with office.database.transaction() as session:
        entries = ledger.entries(session, invoice.id)
    fees = [entry for entry in entries if entry.kind is EntryKind.FEE]
    assert len(fees) <= 2
    assert all(entry.amount_cents <= CAP[debtor] for entry in fees)
    assert all((entry.on - DUE).days >= FIRST_FEE[debtor] for entry in fees)
    for earlier, later in pairwise(fees):
        assert (later.on - earlier.on).days >= GAP[debtor]
    for event in office.events(invoice):
        if event.kind == "letter_released":
            assert "capped" in event.reason or "no fee" in event.reason
            assert "513/1999" in event.reason
    for message in office.messages(invoice):
        if message.kind == "assignment":
            known = settlement(entries).balance
            assert message.body["fees_cents"] == known.fees_cents <= 2 * CAP[debtor]


@pytest.mark.parametrize("debtor", DebtorClass)
def test_the_automation(office: Office, debtor: DebtorClass) -> None:
    invoice = greedy(office, debtor)
    now = MONDAY + timedelta(days=13, hours=3)
    for _ in range(90):
        ask(office, invoice, now, None)
        carry(office, invoice, now)
        check(office, invoice, debtor)
        now += timedelta(days=1)
    assert office.state(invoice) == "in_collection"
    assert [item.fee_cents for item in office.notices(invoice)] == [CAP[debtor]] * 2


@pytest.mark.parametrize("debtor", DebtorClass)
def test_sending_by_hand_again_and_again(office: Office, debtor: DebtorClass) -> None:
    """Every day: set back, send now, hand over; whatever is granted is lawful."""
    invoice = greedy(office, debtor)
    now = MONDAY + timedelta(days=13, hours=3)
    refusals = set()
    for day in range(60):
        for number, request in enumerate(EVERYTHING):
            keyed = request.model_copy(update={"key": f"{day}/{number}"})
            refusals.add(ask(office, invoice, now, keyed))
            carry(office, invoice, now)
        check(office, invoice, debtor)
        now += timedelta(days=1)
    assert any("earliest lawful day" in words for words in refusals)


def test_an_invoice_sent_too_late_costs_a_consumer_nothing(office: Office) -> None:
    invoice = greedy(office, DebtorClass.CONSUMER, net=13)
    now = MONDAY + timedelta(days=13, hours=3)
    for day in range(60):
        ask(office, invoice, now, requests.SendNow(key=f"s{day}"))
        carry(office, invoice, now)
        now += timedelta(days=1)
    released = [event for event in office.events(invoice) if event.kind == "letter_released"]
    assert len(released) == 2
    assert all("no fee" in event.reason and "10 b §" in event.reason for event in released)
    assert "fee" not in [kind for kind, _ in office.ledger(invoice)]


def test_it_cannot_be_saved(office: Office) -> None:
    office.register(now=MONDAY)
    with office.database.transaction() as session:
        company = session.exec(select(Company)).first()
        assert company is not None
        before = len(rules.versions(session, company.business_id, GREEDY.name))
        with pytest.raises(UnlawfulRule) as refused:
            rules.save_rule(session, company.id, GREEDY, MONDAY, "test")
        assert len(refused.value.breaches) >= 5
        assert len(rules.versions(session, company.business_id, GREEDY.name)) == before
        # Nor by way of a copy that nobody has looked at.
        absurd = CONSUMERS.model_copy(
            update={"reminder": CONSUMERS.reminder.model_copy(update={"fee_cents": -5})}  # type: ignore[union-attr]
        )
        with pytest.raises(ValueError, match="fee_cents"):
            rules.save_rule(session, company.id, absurd, MONDAY, "test")


def test_a_new_version_counts_for_new_invoices(office: Office) -> None:
    invoice = office.register(rule=CONSUMERS, now=MONDAY)
    with office.database.transaction() as session:
        version = session.get_one(RuleVersion, invoice.rule_version_id)
        assert version.version == 1
        terms = Rule.model_validate(version.terms)
        company = session.get_one(Invoice, invoice.id).company_id
        same = rules.save_rule(session, company, terms, MONDAY, "test")
        assert same.id == version.id
        milder = terms.model_copy(update={"minimum_cents": 5_000})
        second = rules.save_rule(session, company, milder, MONDAY, "test")
        assert second.version == 2
        assert rules.newest_version(session, version.rule_id).id == second.id
        assert session.get_one(Invoice, invoice.id).rule_version_id == version.id
    assert FINLAND.is_banking_day(DUE)
