"""What the command line and the pages read: lists by key, and one invoice with all its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from domain.states import InvoiceState
from store.scope import Scope
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
    PaymentVerdict,
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
    verdicts: Sequence[PaymentVerdict] = ()
    agencies: Mapping[int, str] = field(default_factory=dict)
    """Which agency has, or had, each of the invoice's cases."""


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


def everywhere(session: Session, company: str | None = None) -> Scope:
    """What the command line sees: every company, or one alone by its business id."""
    query = select(Company.id)
    if company is not None:
        query = query.where(Company.business_id == company)
    return Scope(frozenset(session.exec(query)))


def page(
    session: Session,
    *,
    state: InvoiceState | None = None,
    company: str | None = None,
    attention: bool = False,
    after: int = 0,
    limit: int = 50,
) -> list[Line]:
    """Invoices by id, those after `after`; at most `limit`. `attention`: those that need it."""
    query = (
        select(Invoice, Company, Customer)
        .join(Company, col(Company.id) == col(Invoice.company_id))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(col(Invoice.id) > after, *_of(company, state, attention=attention))
        .order_by(col(Invoice.id))
        .limit(limit)
    )
    return [
        Line(
            invoice_id=invoice.id,
            number=invoice.number,
            company=owner.business_id,
            company_name=owner.name,
            customer=customer.name,
            due=invoice.due,
            principal_cents=invoice.principal_cents,
            open_cents=invoice.open_cents,
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
    files = session.exec(
        select(AgencyCase.id, AgencyCase.agency).where(AgencyCase.invoice_id == invoice_id)
    ).all()
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
            .where(col(AgencyMessage.agency_case_id).in_([file for file, _ in files]))
            .order_by(col(AgencyMessage.id))
        ).all(),
        payments=session.exec(
            select(BankPayment).where(col(BankPayment.id).in_(shares)).order_by(col(BankPayment.id))
        ).all(),
        verdicts=session.exec(
            select(PaymentVerdict)
            .where(PaymentVerdict.invoice_id == invoice_id)
            .order_by(col(PaymentVerdict.id))
        ).all(),
        agencies=dict(files),
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
