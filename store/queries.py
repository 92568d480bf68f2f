"""What the command line and the pages read: lists by key, and one invoice with all its rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from domain.states import InvoiceState
from store.tables import (
    AgencyCase,
    AgencyMessage,
    BankPayment,
    Company,
    Customer,
    Event,
    Invoice,
    LedgerEntry,
    Notice,
    PaymentShare,
    RuleVersion,
    ServiceCharge,
)


@dataclass(frozen=True, slots=True)
class Found:
    """An invoice found by its number. `company` is the creditor's business id."""

    invoice_id: int
    number: str
    company: str
    company_name: str
    state: str


@dataclass(frozen=True, slots=True)
class StateSum:
    """How many invoices are in a state, and how much of their principal, fees and interest was
    open (cents) when their procedure last looked."""

    state: InvoiceState
    invoices: int
    open_cents: int
    attention: int


@dataclass(frozen=True, slots=True)
class Line:
    """One invoice in a list. Amounts in cents; `open_cents` as its procedure last saw it."""

    invoice_id: int
    number: str
    company: str
    company_name: str
    customer: str
    due: date
    principal_cents: int
    open_cents: int
    state: str
    collection_status: str
    attention: str
    held: bool
    next_step: str
    next_step_at: datetime | None
    next_step_why: str


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that is kept of one invoice."""

    invoice: Invoice
    company: Company
    customer: Customer
    rule: RuleVersion | None
    entries: Sequence[LedgerEntry]
    events: Sequence[Event]
    notices: Sequence[Notice]
    charges: Sequence[ServiceCharge]
    messages: Sequence[AgencyMessage]
    payments: Sequence[BankPayment]


_OPEN_CENTS = col(Invoice.case_json)["open_cents"].as_integer()


def find(session: Session, number: str, company: str | None = None) -> list[Found]:
    """Invoices of this number; of one company alone, by its business id, if given."""
    query = (
        select(Invoice, Company)
        .join(Company, col(Company.id) == col(Invoice.company_id))
        .where(Invoice.number == number)
        .order_by(col(Company.business_id))
    )
    if company is not None:
        query = query.where(Company.business_id == company)
    return [
        Found(invoice.id, invoice.number, owner.business_id, owner.name, invoice.state)
        for invoice, owner in session.exec(query)
    ]


def by_state(session: Session, company: str | None = None) -> list[StateSum]:
    """Counts and sums by state, in the order of the procedure; states without invoices left out."""
    query = (
        select(
            col(Invoice.state),
            func.count(),
            func.coalesce(func.sum(_OPEN_CENTS), 0),
            func.count().filter(col(Invoice.attention) != ""),
        )
        .where(*_of(company, None, attention=False))
        .group_by(col(Invoice.state))
    )
    sums = {
        row[0]: StateSum(InvoiceState(row[0]), row[1], int(row[2]), row[3])
        for row in session.exec(query)
    }
    return [sums[state.value] for state in InvoiceState if state.value in sums]


def page(
    session: Session,
    *,
    state: InvoiceState | None = None,
    company: str | None = None,
    attention: bool = False,
    steps: Collection[str] = (),
    after: int = 0,
    limit: int = 50,
) -> list[Line]:
    """Invoices by id, those after `after`; at most `limit`. `attention`: those that need it;
    `steps`: those whose next step is one of these."""
    query = (
        select(Invoice, Company, Customer)
        .join(Company, col(Company.id) == col(Invoice.company_id))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(col(Invoice.id) > after, *_of(company, state, attention=attention))
        .order_by(col(Invoice.id))
        .limit(limit)
    )
    if steps:
        query = query.where(col(Invoice.next_step).in_(steps))
    return [
        Line(
            invoice_id=invoice.id,
            number=invoice.number,
            company=owner.business_id,
            company_name=owner.name,
            customer=customer.name,
            due=invoice.due,
            principal_cents=invoice.principal_cents,
            open_cents=invoice.case_json["open_cents"],
            state=invoice.state,
            collection_status=invoice.collection_status,
            attention=invoice.attention,
            held=invoice.held,
            next_step=invoice.next_step,
            next_step_at=invoice.next_step_at,
            next_step_why=invoice.next_step_why,
        )
        for invoice, owner, customer in session.exec(query)
    ]


def dossier(session: Session, invoice_id: int) -> Dossier:
    """The invoice with all its rows, each kind in the order in which it was written."""
    invoice = session.get_one(Invoice, invoice_id)
    files = select(AgencyCase.id).where(AgencyCase.invoice_id == invoice_id)
    letters = select(Notice.id).where(Notice.invoice_id == invoice_id)
    shares = select(PaymentShare.bank_payment_id).where(PaymentShare.invoice_id == invoice_id)
    version = invoice.rule_version_id
    return Dossier(
        invoice=invoice,
        company=session.get_one(Company, invoice.company_id),
        customer=session.get_one(Customer, invoice.customer_id),
        rule=session.get_one(RuleVersion, version) if version else None,
        entries=session.exec(
            select(LedgerEntry)
            .where(LedgerEntry.invoice_id == invoice_id)
            .order_by(col(LedgerEntry.id))
        ).all(),
        events=session.exec(
            select(Event).where(Event.invoice_id == invoice_id).order_by(col(Event.seq))
        ).all(),
        notices=session.exec(
            select(Notice).where(Notice.invoice_id == invoice_id).order_by(col(Notice.id))
        ).all(),
        charges=session.exec(
            select(ServiceCharge)
            .where(col(ServiceCharge.notice_id).in_(letters))
            .order_by(col(ServiceCharge.id))
        ).all(),
        messages=session.exec(
            select(AgencyMessage)
            .where(col(AgencyMessage.agency_case_id).in_(files))
            .order_by(col(AgencyMessage.id))
        ).all(),
        payments=session.exec(
            select(BankPayment).where(col(BankPayment.id).in_(shares)).order_by(col(BankPayment.id))
        ).all(),
    )


def _of(
    company: str | None, state: InvoiceState | None, *, attention: bool
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if company is not None:
        owners = select(Company.id).where(Company.business_id == company)
        conditions.append(col(Invoice.company_id).in_(owners))
    if state is not None:
        conditions.append(col(Invoice.state) == state.value)
    if attention:
        conditions.append(col(Invoice.attention) != "")
    return conditions
