"""What-if by shapes says what looking at each invoice alone would say."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlmodel import col, select

from activities import reach
from domain import tariff
from domain.calendar import FINLAND
from domain.case import Case
from domain.law import FINNISH_LAW, DebtorClass
from domain.requests import Hold
from domain.rule import BUSINESSES, CONSUMERS, CourtesyTerms, LetterTerms, Rule, Sending
from domain.states import FINAL_STATES, Channel
from domain.steps import StepKind
from domain.what_if import Shape, WhatIf, what_if
from store.tables import Company, Customer, Invoice
from store.what_if import shapes
from tests.activities.office import Office
from tests.books import MONDAY
from tests.looking import BUSINESS_ID

SOON = MONDAY + timedelta(days=10)

CHANGES = [
    CONSUMERS.model_copy(update={"reminder": LetterTerms(after_days=20, fee_cents=300)}),
    CONSUMERS.model_copy(update={"minimum_cents": 50_000, "channels": (Channel.PAPER,)}),
    CONSUMERS.model_copy(update={"courtesy": CourtesyTerms(days=-2)}),
    CONSUMERS.model_copy(update={"sending": Sending.OFF}),
    BUSINESSES,
    None,
]


OWN_ORDERS: tuple[list[str], ...] = (["paper", "email"], ["einvoice"], [])


@pytest.fixture(scope="module")
def invoices(office: Office) -> list[Invoice]:
    """Of every kind: sums, due dates, debtors, some held, some on their way, some of customers
    with an order of channels of their own."""
    some = [
        office.register(
            due_in=due_in, net=net, amount_cents=cents, debtor=debtor, email=email, now=MONDAY
        )
        for due_in, net in ((3, 14), (3, 14), (30, 14), (-20, 30))
        for cents in (900, 4_000, 10_000, 10_001, 150_000)
        for debtor in (DebtorClass.CONSUMER, DebtorClass.BUSINESS)
        for email in ("matti@malliasiakas.example", "")
    ]
    for invoice in some[::7]:
        office.advance(office.ask(invoice, MONDAY, request=Hold(reason="by telephone")))
    for invoice in some[::3]:
        office.advance(office.ask(invoice, SOON))
    for invoice, own in zip(some[::5], itertools.cycle(OWN_ORDERS)):
        office.change_customer(invoice, channels=own)
    return some


def one_by_one(office: Office, company_id: int) -> list[Shape]:
    with office.database.transaction() as session:
        rows = session.exec(
            select(Invoice, Customer)
            .join(Customer, col(Customer.id) == col(Invoice.customer_id))
            .where(Invoice.company_id == company_id, col(Invoice.state).not_in(FINAL_STATES))
        ).all()
    return [
        Shape(
            case=Case.model_validate(invoice.case_json),
            invoices=1,
            open_cents=invoice.case_json["open_cents"],
            rule_version_id=invoice.rule_version_id,
            reached_by=frozenset(
                channel for channel in Channel if reach.reachable_by(customer, channel)
            ),
            own_order=None
            if customer.channels is None
            else tuple(Channel(name) for name in customer.channels),
        )
        for invoice, customer in rows
    ]


def figures(answer: WhatIf) -> tuple[object, ...]:
    return answer.moved, answer.before.days, answer.after.days, dict(answer.changed)


@pytest.mark.parametrize("after", CHANGES)
def test_shapes_say_what_the_invoices_say(
    office: Office, invoices: list[Invoice], after: Rule | None
) -> None:
    with office.database.transaction() as session:
        company = session.exec(select(Company).where(Company.business_id == BUSINESS_ID)).one()
        found = shapes(
            session,
            company.id,
            minimums=[CONSUMERS.minimum_cents, after.minimum_cents if after else 0],
            brackets=FINNISH_LAW.principal_limits_cents(),
        )
    alone = one_by_one(office, company.id)
    assert sum(shape.invoices for shape in found) == len(alone)
    assert len(found) < len(alone)

    def ask(some: list[Shape]) -> WhatIf:
        # From the night, when nobody's own place in the day's sending has passed.
        night = FINLAND.at(FINLAND.local_date(SOON), SOON.min.time())
        return what_if(some, lambda _: CONSUMERS, lambda _: after, FINNISH_LAW, FINLAND, night)

    assert figures(ask(found)) == figures(ask(alone))


def test_a_customers_own_order_is_what_its_letters_cost(
    office: Office, invoices: list[Invoice]
) -> None:
    reminded = CONSUMERS.model_copy(update={"channels": (Channel.EMAIL, Channel.PAPER)})
    everywhere = frozenset(Channel)
    case = Case.model_validate(invoices[8].case_json)
    shape = Shape(case, 3, 300, None, everywhere)
    prices = tariff.prices(FINLAND.local_date(SOON))

    def cost(own: tuple[Channel, ...] | None) -> int:
        asked = [replace(shape, own_order=own)]
        found = what_if(asked, lambda _: None, lambda _: reminded, FINNISH_LAW, FINLAND, MONDAY)
        reminders = found.after.of(StepKind.REMIND)
        assert reminders.invoices == 3
        return reminders.service_cents // 3 - prices.service_cents

    assert cost(None) == prices.transaction_cents[Channel.EMAIL]
    for own in (Channel.PAPER, Channel.EINVOICE):
        assert cost((own, Channel.EMAIL)) == prices.transaction_cents[own]


def test_a_later_reminder_changes_its_day_and_a_switched_off_automation_takes_all(
    office: Office, invoices: list[Invoice]
) -> None:
    with office.database.transaction() as session:
        company = session.exec(select(Company).where(Company.business_id == BUSINESS_ID)).one()
        found = shapes(session, company.id, minimums=[1_000], brackets=())
    # What a person has approved goes on all the same: another test's invoices are in these books.
    found = [shape for shape in found if not shape.case.approved]
    later, off = CHANGES[0], CHANGES[3]
    answer = what_if(found, lambda _: CONSUMERS, lambda _: later, FINNISH_LAW, FINLAND, SOON)
    assert answer.changed[StepKind.REMIND] > 0
    assert answer.moved == sum(shape.invoices for shape in found)
    nothing = what_if(found, lambda _: CONSUMERS, lambda _: off, FINNISH_LAW, FINLAND, SOON)
    assert nothing.before.of(StepKind.REMIND).invoices > 0
    assert nothing.before.of(StepKind.REMIND).service_cents > 0
    assert nothing.after.days == {}
