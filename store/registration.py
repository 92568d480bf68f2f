"""Registering invoices: company, customer and invoice as needed, each once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert, text
from sqlmodel import Session, select

from domain import personal_code, references
from domain.calendar import BankingCalendar
from domain.case import Case
from domain.law import DebtorClass, Law
from domain.ledger import Entry, EntryKind
from domain.procedure import next_step
from domain.rule import BUSINESSES, CONSUMERS, general_rule
from domain.rule import Rule as Terms
from store import ledger
from store.rules import newest_version, save_rule
from store.tables import Company, Customer, Invoice, Rule

_DOMESTIC = "FI"

_OWN_REFERENCES = 990_000_000_000
"""References for invoices that came without one: far from the numbers that people begin with."""


@dataclass(frozen=True, slots=True)
class NewCompany:
    business_id: str
    name: str
    street: str = ""
    postcode: str = ""
    city: str = ""
    email: str = ""
    phone: str = ""
    einvoice_address: str = ""
    einvoice_operator: str = ""
    iban: str = ""
    bic: str = ""
    agency_contract: str = ""


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """`key`: what the company's books know the customer by."""

    key: str
    name: str
    debtor_class: DebtorClass
    business_id: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = _DOMESTIC
    email: str = ""
    phone: str = ""
    einvoice_address: str = ""
    einvoice_operator: str = ""
    language: str = "fi"


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """Amounts in cents, dates local; `contract_rate`: % a year; `owner`: whose own it is."""

    number: str
    invoice_date: date
    due: date
    amount_cents: int
    reference: str = ""
    iban: str = ""
    bic: str = ""
    contract_rate: str | None = None
    owner: str = ""


class Conflict(Exception):  # noqa: N818 - reads as what it is
    """An invoice of this number is there already, and says something else."""

    def __init__(self, number: str, differences: list[str]) -> None:
        super().__init__(
            f"invoice {number} is registered already and differs in {', '.join(differences)};"
            " an invoice is not changed: credit it, and send a new one under a new number"
        )
        self.number = number


@dataclass(frozen=True, slots=True)
class Registered:
    invoice_id: int
    new: bool


def ensure_company(session: Session, new: NewCompany, now: datetime) -> Company:
    """The company, created with its two general rules if it is new; else what it lacks added."""
    found = session.exec(
        select(Company).where(Company.business_id == new.business_id).with_for_update()
    ).first()
    if found is None:
        found = Company(business_id=new.business_id, name=new.name)
        session.add(found)
        session.flush()
        for terms in (CONSUMERS, BUSINESSES):
            save_rule(session, found.id, terms, now, "general rule")
    for field in (
        *("street", "postcode", "city", "email", "phone", "einvoice_address", "einvoice_operator"),
        *("iban", "bic", "agency_contract"),
    ):
        if not getattr(found, field):
            setattr(found, field, personal_code.left_out(getattr(new, field)))
    session.add(found)
    return found


def ensure_customer(session: Session, company: Company, new: NewCustomer) -> Customer:
    """The customer, placed under a general rule if new and Finnish; else its newer details."""
    found = session.exec(
        select(Customer).where(Customer.company_id == company.id, Customer.key == new.key)
    ).first()
    if found is None:
        found = Customer(
            company_id=company.id,
            key=new.key,
            name=personal_code.left_out(new.name),
            debtor_class=new.debtor_class.value,
        )
        if new.country == _DOMESTIC:
            found.rule_id = _rule_id(session, company.id, general_rule(new.debtor_class).name)
    for field in (
        *("name", "business_id", "street", "postcode", "city", "country"),
        *("email", "phone", "einvoice_address", "einvoice_operator", "language"),
    ):
        # An address line is free text, whoever wrote it.
        if value := personal_code.left_out(getattr(new, field)):
            setattr(found, field, value)
    session.add(found)
    session.flush()
    return found


def register(
    session: Session,
    company: Company,
    customer: Customer,
    new: NewInvoice,
    *,
    law: Law,
    calendar: BankingCalendar,
    now: datetime,
) -> Registered:
    """Register an invoice, with its principal in the ledger and its first step planned.

    The same invoice again changes nothing. Raises `Conflict` if it is there with other contents.
    """
    there = session.exec(
        select(Invoice).where(Invoice.company_id == company.id, Invoice.number == new.number)
    ).first()
    if there is not None:
        if differences := _differences(there, new):
            raise Conflict(new.number, differences)
        return Registered(there.id, new=False)
    invoice_id = _next_id(session)
    case = Case(
        invoice_id=invoice_id,
        company=company.business_id,
        number=new.number,
        debtor=DebtorClass(customer.debtor_class),
        due=new.due,
        invoice_sent_on=new.invoice_date,
        original_cents=new.amount_cents,
        principal_cents=new.amount_cents,
        open_cents=new.amount_cents,
    )
    version_id, rule = _version(session, customer.rule_id)
    step = next_step(case, rule, law, calendar, now)
    session.execute(
        insert(Invoice).values(
            id=invoice_id,
            company_id=company.id,
            customer_id=customer.id,
            number=new.number,
            invoice_date=new.invoice_date,
            due=new.due,
            principal_cents=new.amount_cents,
            currency="EUR",
            # The debtor must be able to pay so that the payment is recognised.
            reference=new.reference or references.make(_OWN_REFERENCES + invoice_id),
            iban=new.iban or company.iban,
            bic=new.bic or company.bic,
            contract_rate=new.contract_rate,
            rule_version_id=version_id,
            registered_at=now,
            owner=new.owner,
            case_json=case.model_dump(mode="json"),
            state=case.state.value,
            collection_status="",
            attention="",
            held=False,
            next_step=step.kind.value,
            next_step_at=step.when,
            next_step_why=step.why,
            last_event=0,
            start_pending=True,
            signal_pending=False,
        )
    )
    principal = Entry(EntryKind.PRINCIPAL, new.amount_cents, new.invoice_date, "principal")
    ledger.book(session, invoice_id, [principal], now)
    return Registered(invoice_id, new=True)


# What many invoices of one transaction ask for again and again is asked for once.

_BLOCK = 100
"""Invoice ids taken at a time; those not used are lost, which numbers of rows may be."""


def _next_id(session: Session) -> int:
    block: list[int] = session.info.setdefault("invoice ids", [])
    if not block:
        taken = session.execute(
            text(
                "SELECT nextval(pg_get_serial_sequence('invoice', 'id'))"
                " FROM generate_series(1, :count)"
            ),
            {"count": _BLOCK},
        )
        block.extend(reversed(taken.scalars().all()))
    return block.pop()


def _rule_id(session: Session, company_id: int, name: str) -> int | None:
    known: dict[tuple[int, str], int | None] = session.info.setdefault("rule ids", {})
    if (company_id, name) not in known:
        known[company_id, name] = session.exec(
            select(Rule.id).where(Rule.company_id == company_id, Rule.name == name)
        ).first()
    return known[company_id, name]


def _version(session: Session, rule_id: int | None) -> tuple[int | None, Terms | None]:
    """The newest version of a rule, by its row and its terms."""
    if rule_id is None:
        return None, None
    known: dict[int, tuple[int, Terms]] = session.info.setdefault("rule versions", {})
    if rule_id not in known:
        version = newest_version(session, rule_id)
        known[rule_id] = (version.id, Terms.model_validate(version.terms))
    return known[rule_id]


def _differences(there: Invoice, new: NewInvoice) -> list[str]:
    pairs = {
        "amount": (there.principal_cents, new.amount_cents),
        "invoice date": (there.invoice_date, new.invoice_date),
        "due date": (there.due, new.due),
        "reference": (there.reference, new.reference or there.reference),
    }
    return [name for name, (old, now) in pairs.items() if old != now]
