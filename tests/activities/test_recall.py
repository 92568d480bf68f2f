"""A hand-over that the automation recorded does not go once the automation is switched off."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest
from sqlmodel import select
from temporalio.testing import ActivityEnvironment

from activities.desk import House
from activities.tell_agency import TellAgency
from domain.requests import HandOver as HandOverRequest
from domain.rule import CONSUMERS, HandOver
from integrations.agency import Agencies
from store import automation
from store.tables import AgencyMessage, Company, Invoice
from tests.activities.office import Office
from tests.books import MONDAY
from tests.starter.office import new_business_id
from workflows.contract import Carried

BY_ITSELF = CONSUMERS.model_copy(
    update={"name": "To the agency", "hand_over": HandOver.AUTOMATIC, "hand_over_after_days": 15}
)
ASKED = BY_ITSELF.model_copy(update={"name": "Asked", "hand_over": HandOver.ON_APPROVAL})


def switch(office: Office, invoice: Invoice, *, on: bool) -> None:
    with office.database.transaction() as session:
        company = session.get_one(Company, invoice.company_id)
        automation.switch(session, company, on=on, by="Pia Pääkäyttäjä", now=MONDAY)


def tell(office: Office, now: datetime, message_id: int) -> Carried:
    """One attempt to say it, to agencies of which none is there."""
    attempt = TellAgency(office.database, House(office.clock), Agencies({}))
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, started_time=now)
    carried: Carried = environment.run(attempt, message_id)
    return carried


def handed_over(office: Office, invoice: Invoice) -> datetime:
    """Everything by itself, until the assignment is in line; when that was."""
    at = MONDAY
    for _ in range(20):
        row, planned = office.invoice(invoice.id), office.planned(office.invoice(invoice.id))[1]
        if row.state == "in_collection":
            return at
        at = planned.step.when or at + timedelta(days=1)
        asked = HandOverRequest(key="yes") if planned.step.kind == "approve" else None
        done = office.advance(office.ask(row, at, request=asked))
        assert done.refusal is None
        for notice in office.notices(invoice):
            if notice.status == "released":
                office.deliver(notice.id, at)
    raise AssertionError(f"{office.invoice(invoice.id).next_step_why}")


def message(office: Office, invoice: Invoice) -> AgencyMessage:
    return office.messages(invoice)[0]


@pytest.fixture
def invoice(office: Office) -> Invoice:
    return office.register(rule=BY_ITSELF, now=MONDAY, business_id=new_business_id())


@pytest.mark.parametrize("who", ["the decision", "the attempt"])
def test_it_is_recalled_by_whoever_looks_first_and_goes_when_switched_on(
    office: Office, invoice: Invoice, who: str
) -> None:
    at = handed_over(office, invoice)
    switch(office, invoice, on=False)
    if who == "the decision":
        office.advance(office.ask(office.invoice(invoice.id), at))
    assert tell(office, at, message(office, invoice).id).replan
    row = office.invoice(invoice.id)
    assert (row.state, row.attention) == ("notified", "")
    assert [one.status for one in office.messages(invoice)] == ["void"]
    assert office.log(invoice)[-1] == "withdrawn_from_agency"
    # Off, it stays; on again, it goes anew.
    office.advance(office.ask(row, at))
    assert office.state(invoice) == "notified"
    switch(office, invoice, on=True)
    office.advance(office.ask(office.invoice(invoice.id), at))
    handed_over(office, invoice)
    assert [one.status for one in office.messages(invoice)] == ["void", "waiting"]


def test_an_agency_that_may_have_it_is_told_of_the_withdrawal(
    office: Office, invoice: Invoice
) -> None:
    at = handed_over(office, invoice)
    with office.database.transaction() as session:
        row = session.exec(
            select(AgencyMessage).where(AgencyMessage.id == message(office, invoice).id)
        ).one()
        row.status = "sent"
        session.add(row)
    switch(office, invoice, on=False)
    office.advance(office.ask(office.invoice(invoice.id), at))
    assert office.state(invoice) == "notified"
    assert [(one.kind, one.status) for one in office.messages(invoice)] == [
        ("assignment", "sent"),
        ("withdrawal", "waiting"),
    ]


def test_what_a_person_approved_goes_on(office: Office) -> None:
    invoice = office.register(rule=ASKED, now=MONDAY, business_id=new_business_id())
    at = handed_over(office, invoice)
    switch(office, invoice, on=False)
    office.advance(office.ask(office.invoice(invoice.id), at))
    assert office.state(invoice) == "in_collection"
    assert message(office, invoice).status == "waiting"
