"""Friendly reminders, letters that wait for approval, and the automation's switch."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Thread

import pytest
from sqlmodel import col, select
from temporalio.exceptions import ApplicationError

from activities.desk import House
from domain.calendar import FINLAND
from domain.clock import REAL_TIME
from domain.requests import SendNow
from domain.rule import CONSUMERS, CourtesyTerms, Sending
from domain.states import LetterKind
from domain.steps import StepKind
from integrations.mail import Mailer, MailUnavailable, Message
from starter.automation import NotConfirmed, preview, switch_off, switch_on
from starter.drafting import draft
from starter.people import NotDone
from store import approvals, automation
from store.database import Database
from store.tables import Company, Invoice
from tests.activities.office import Office
from tests.books import MONDAY
from tests.starter.office import new_business_id
from workflows.contract import Advanced

FRIENDLY = CONSUMERS.model_copy(update={"name": "Friendly", "courtesy": CourtesyTerms(days=3)})
ASKED = CONSUMERS.model_copy(update={"name": "Asked", "sending": Sending.ON_APPROVAL})
DUE = MONDAY + timedelta(days=14)
COMPANIES = iter(new_business_id, "")


@pytest.fixture
def company() -> str:
    """A company that no other test switches."""
    return next(COMPANIES)


def go_on(office: Office, invoice: Invoice, key: str | None = None) -> tuple[Advanced, datetime]:
    """Do what is planned at its time, or with a key approve it then."""
    _, planned = office.planned(office.invoice(invoice.id))
    at = planned.step.when or DUE + timedelta(days=21)
    request = SendNow(key=key, actor="Hilja Hyväksyjä") if key else None
    return office.advance(office.ask(office.invoice(invoice.id), at, request=request)), at


def until(office: Office, invoice: Invoice, *kinds: StepKind) -> datetime:
    """Go on until steps of these kinds have been taken, one after the other; when the last was."""
    at = MONDAY
    for kind in kinds:
        assert office.invoice(invoice.id).next_step == kind
        _, at = go_on(office, invoice)
    return at


def owner(office: Office, business_id: str) -> Company:
    with office.database.transaction() as session:
        return session.exec(select(Company).where(Company.business_id == business_id)).one()


def switch(office: Office, business_id: str, *, on: bool, database: Database | None = None) -> None:
    with (database or office.database).transaction() as session:
        company = session.exec(select(Company).where(Company.business_id == business_id)).one()
        automation.switch(session, company, on=on, by="Pia Pääkäyttäjä", now=MONDAY)


class Away(Mailer):
    """A mail server that nobody answers at."""

    def send(self, message: Message) -> None:
        raise MailUnavailable("no connection")


# ── the friendly reminder ────────────────────────────────────────────────────────────────────


def test_a_friendly_reminder_asks_for_nothing_more_and_goes_by_email(office: Office) -> None:
    invoice = office.register(rule=FRIENDLY, now=MONDAY)
    office.change_customer(invoice, einvoice_address="003720000016", einvoice_operator="TESTOP")
    at = until(office, invoice, StepKind.BECOME_OVERDUE, StepKind.COURTESY)
    (notice,) = office.notices(invoice)
    assert (notice.kind, notice.channel) == ("courtesy", "email")
    assert (notice.fee_cents, notice.interest_cents) == (0, 0)
    office.deliver(notice.id, at)
    row = office.invoice(invoice.id)
    assert (row.state, row.case_json["open_cents"]) == ("overdue", invoice.principal_cents)
    assert office.charges(invoice) == [("service", 25), ("transaction", 20)]
    assert row.next_step == StepKind.REMIND
    # The reminder keeps its own day.
    assert row.next_step_at is not None
    assert (FINLAND.local_date(row.next_step_at) - invoice.due).days >= 15
    go_on(office, invoice)
    assert [one.kind for one in office.notices(invoice)] == ["courtesy", "reminder"]


def test_an_einvoice_alone_carries_it_where_there_is_nothing_else(office: Office) -> None:
    invoice = office.register(rule=FRIENDLY, now=MONDAY, email="", street="")
    office.change_customer(invoice, einvoice_address="003720000016", einvoice_operator="TESTOP")
    until(office, invoice, StepKind.BECOME_OVERDUE, StepKind.COURTESY)
    (notice,) = office.notices(invoice)
    assert notice.channel == "einvoice"


# ── letters on approval ──────────────────────────────────────────────────────────────────────


def test_a_letter_is_drafted_waits_and_leaves_when_somebody_approves(office: Office) -> None:
    before = approvals.stages
    invoice = office.register(rule=ASKED, now=MONDAY)
    until(office, invoice, StepKind.BECOME_OVERDUE)
    with office.database.transaction() as session:
        was = before(session)
    drafted = draft(office.database, House(REAL_TIME), invoice.id, DUE + timedelta(days=2))
    assert drafted.kind is LetterKind.REMINDER
    assert drafted.content.fee_cents == 500
    assert drafted.pdf().startswith(b"%PDF")
    # Nothing of the draft is there.
    assert (office.notices(invoice), office.charges(invoice)) == ([], [])
    assert office.open_cents(invoice) == invoice.principal_cents
    at = until(office, invoice, StepKind.PROPOSE)
    row = office.invoice(invoice.id)
    assert (row.next_step, row.next_step_at, office.notices(invoice)) == ("approve", None, [])
    with office.database.transaction() as session:
        now = approvals.stages(session)
    assert (now.drafted - was.drafted, now.to_do - was.to_do) == (-1, 1)
    assert draft(office.database, House(REAL_TIME), invoice.id, at).on == at
    request = SendNow(key="yes", actor="Hilja Hyväksyjä")
    assert office.advance(office.ask(row, at, request=request)).refusal is None
    (notice,) = office.notices(invoice)
    office.deliver(notice.id, at)
    with office.database.transaction() as session:
        assert approvals.stages(session).sent - was.sent == 1
    assert office.invoice(invoice.id).state == "reminded"


def test_what_has_no_next_letter_has_no_draft(office: Office) -> None:
    invoice = office.register(now=MONDAY)
    with pytest.raises(NotDone):
        draft(office.database, House(REAL_TIME), invoice.id, MONDAY)


# ── the switch ───────────────────────────────────────────────────────────────────────────────


def test_switched_off_a_letter_that_has_not_left_is_called_back_and_on_again_it_goes(
    office: Office, company: str
) -> None:
    invoice = office.register(business_id=company, now=MONDAY)
    at = until(office, invoice, StepKind.BECOME_OVERDUE, StepKind.REMIND)
    (notice,) = office.notices(invoice)
    switch(office, company, on=False)
    office.deliver(notice.id, at)
    (notice,) = office.notices(invoice)
    assert notice.status == "withdrawn"
    assert office.open_cents(invoice) == invoice.principal_cents
    assert sum(cents for _, cents in office.charges(invoice)) == 0
    office.advance(office.ask(office.invoice(invoice.id), at))
    row = office.invoice(invoice.id)
    assert (row.state, row.next_step, row.next_step_at) == ("overdue", "wait", None)
    switch(office, company, on=True)
    # On a banking day within its hours, that is now.
    office.advance(office.ask(row, at))
    assert [one.status for one in office.notices(invoice)] == ["withdrawn", "released"]


def test_told_of_the_switch_the_invoice_calls_its_letter_back_itself(
    office: Office, company: str
) -> None:
    invoice = office.register(business_id=company, now=MONDAY)
    at = until(office, invoice, StepKind.BECOME_OVERDUE, StepKind.REMIND)
    switch(office, company, on=False)
    told = office.advance(office.ask(office.invoice(invoice.id), at))
    assert (told.errands, told.next.step.kind) == ((), StepKind.WAIT)
    assert [one.status for one in office.notices(invoice)] == ["withdrawn"]


def test_what_a_person_sent_leaves_with_the_automation_off(office: Office, company: str) -> None:
    invoice = office.register(business_id=company, now=MONDAY, automation=False)
    overdue = until(office, invoice, StepKind.BECOME_OVERDUE)
    assert office.invoice(invoice.id).next_step == StepKind.WAIT
    at = overdue + timedelta(days=20)
    sent = office.advance(office.ask(office.invoice(invoice.id), at, request=SendNow(key="now")))
    assert sent.refusal is None
    (notice,) = office.notices(invoice)
    assert [errand.id for errand in sent.errands] == [notice.id]
    with pytest.raises(ApplicationError):
        office.deliver(notice.id, at, mailer=Away("127.0.0.1", 1))
    office.advance(office.ask(office.invoice(invoice.id), at))
    office.deliver(notice.id, at)
    assert [one.status for one in office.notices(invoice)] == ["sent"]


def test_switched_off_while_decisions_are_under_way_nothing_leaves_afterwards(
    office: Office, company: str
) -> None:
    some = [office.register(business_id=company, now=MONDAY) for _ in range(4)]
    at = max(until(office, one, StepKind.BECOME_OVERDUE) for one in some)
    at = max(office.invoice(one.id).next_step_at or at for one in some)
    asks = [office.ask(office.invoice(one.id), at) for one in some]
    office.at_once(
        *(lambda database, ask=ask: office.advance(ask, database) for ask in asks),
        lambda database: switch(office, company, on=False, database=database),
    )
    for one in some:
        for notice in office.notices(one):
            office.deliver(notice.id, at)
            assert office.notices(one)[0].status == "withdrawn"
        assert office.open_cents(one) == one.principal_cents


def test_the_switch_waits_for_a_letter_that_is_on_the_wire(office: Office, company: str) -> None:
    invoice = office.register(business_id=company, now=MONDAY)
    at = until(office, invoice, StepKind.BECOME_OVERDUE, StepKind.REMIND)
    (notice,) = office.notices(invoice)
    switching = Thread(target=switch, args=(office, company), kwargs={"on": False})

    class Wire(Mailer):
        def send(self, message: Message) -> None:
            switching.start()
            switching.join(0.5)
            assert switching.is_alive()
            super().send(message)

    office.deliver(notice.id, at, mailer=Wire("127.0.0.1", office.smtp_port))
    switching.join(60)
    assert not switching.is_alive()
    assert [one.status for one in office.notices(invoice)] == ["sent"]
    assert not owner(office, company).automation


# ── the service ──────────────────────────────────────────────────────────────────────────────


def test_the_preview_says_who_is_where_what_leaves_and_what_it_costs(
    office: Office, company: str
) -> None:
    now = REAL_TIME.now(office.now())
    mine = office.register(business_id=company, due_in=3, now=now, automation=False)
    abroad = office.register(business_id=company, due_in=3, now=now, automation=False)
    office.change_customer(abroad, country="SE", rule_id=None)
    with office.database.transaction() as session:
        seen = preview(session, owner(office, company), REAL_TIME)
    assert not seen.on
    assert [(one.general_for, one.customers) for one in seen.rules] == [
        ("business", 0),
        ("consumer", 1),
    ]
    assert (seen.prevented, ["SE" in line.why for line in seen.first_prevented]) == (1, [True])
    assert seen.outlook.before.days == {}
    # One under its rule; the other keeps the rule that it was registered under.
    assert seen.outlook.after.of(StepKind.REMIND).invoices == 2
    assert (seen.cost.service_cents, seen.cost.expected_cents) == (25, 2 * 2 * (25 + 20))
    assert office.invoice(mine.id).next_step == StepKind.BECOME_OVERDUE


def test_switching_on_wants_the_cost_confirmed_and_switches_once(office: Office) -> None:
    company = office.register(business_id=next(COMPANIES), now=MONDAY, automation=False).company_id
    with office.database.transaction() as session:
        row = session.exec(select(Company).where(col(Company.id) == company)).one()
        with pytest.raises(NotConfirmed):
            switch_on(session, row, by="Pia", clock=REAL_TIME, confirmed_cost=False)
        assert not row.automation
        assert switch_on(session, row, by="Pia", clock=REAL_TIME, confirmed_cost=True)
        assert switch_on(session, row, by="Pia", clock=REAL_TIME, confirmed_cost=True) is None
        assert (row.automation, row.automation_set_by) == (True, "Pia")
        assert switch_off(session, row, by="Pia", clock=REAL_TIME)
        assert not row.automation
