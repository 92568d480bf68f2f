"""Invoices of any company, and things that happen to them, as the desk writes them down."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from sqlmodel import col, select

from activities.desk import Desk, House
from domain import references
from domain.actors import AUTOMATION
from domain.calendar import FINLAND
from domain.case import Hold
from domain.clock import REAL_TIME
from domain.law import FINNISH_LAW, DebtorClass
from domain.outcomes import HoldPlaced, Outcome
from domain.states import HoldKind
from store import booking, parties, registration
from store.database import Database
from store.tables import Event, Invoice
from tests.books import MONDAY

HELD = HoldPlaced(
    hold=Hold(kind=HoldKind.MANUAL, reason="Matti Malliasiakas soitti", author="Essi Esimerkki")
)

_numbers = itertools.count(70_001)


def invoice_of(database: Database, business_id: str, customer: str = "c1") -> Invoice:
    """A new invoice of a company."""
    serial = next(_numbers)
    with database.transaction() as session:
        creditor = parties.NewCompany(business_id, "Esimerkki Oy")
        company = parties.ensure_companies(session, [creditor], MONDAY)[creditor]
        debtor = parties.NewCustomer(customer, "Matti Malliasiakas", DebtorClass.CONSUMER)
        (placed,) = parties.ensure_customers(session, [(company, debtor)])
        due = FINLAND.local_date(MONDAY) + timedelta(days=14)
        new = registration.NewInvoice(
            number=str(serial),
            invoice_date=due - timedelta(days=14),
            due=due,
            amount_cents=10_000,
            reference=references.make(serial),
        )
        (done,) = registration.register(
            session,
            [registration.Entering(company, placed.customer, new)],
            law=FINNISH_LAW,
            calendar=FINLAND,
            now=MONDAY,
        )
        assert isinstance(done, registration.Registered)
        return session.get_one(Invoice, done.invoice_id)


def happen(
    database: Database,
    invoice: Invoice,
    *outcomes: Outcome,
    now: datetime = MONDAY,
    actor: str = AUTOMATION,
    reason: str = "",
) -> list[int]:
    """Write outcomes into the invoice's log; the ids of its last events, as many."""
    with database.transaction() as session:
        row = booking.lock(session, invoice.id)
        write(Desk(session, House(REAL_TIME), row, now), *outcomes, actor=actor, why=reason)
    with database.transaction() as session:
        ids = session.exec(
            select(Event.id).where(Event.invoice_id == invoice.id).order_by(col(Event.id))
        ).all()
    return list(ids)[-len(outcomes) :]


def write(desk: Desk, *outcomes: Outcome, actor: str = AUTOMATION, why: str = "") -> None:
    """The same in a transaction that is not over yet."""
    for outcome in outcomes:
        desk.record(outcome, actor=actor, reason=why)
    desk.project()
