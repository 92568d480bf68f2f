"""Companies and customers as files name them: made as needed, and brought up to date."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, Text, any_, literal
from sqlmodel import Session, col, select

from domain import personal_code
from domain.law import DebtorClass
from domain.placement import HOME, place
from domain.rule import BUSINESSES, CONSUMERS
from store import agency_line
from store.rules import save_rule
from store.tables import Company, Customer, Rule


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
    country: str = HOME
    email: str = ""
    phone: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    einvoice_address: str = ""
    einvoice_operator: str = ""
    language: str = "fi"


@dataclass(frozen=True, slots=True)
class Placed:
    """A customer that is there now; `changed`: it was not, or not with these details."""

    customer: Customer
    changed: bool


def ensure_companies(
    session: Session, wanted: Collection[NewCompany], now: datetime
) -> dict[NewCompany, Company]:
    """The companies, each created with its two general rules if it is new; else what it lacks is
    added. They are held until the transaction ends."""
    query = (
        select(Company)
        .where(col(Company.business_id).in_({new.business_id for new in wanted}))
        .order_by(col(Company.id))
        # Whoever decides on an invoice, and writes to its company's log, is not kept waiting.
        .with_for_update(key_share=True)
    )
    there = {company.business_id: company for company in session.exec(query)}
    found = {}
    for new in wanted:
        if new.business_id not in there:
            there[new.business_id] = _new_company(session, new, now)
        found[new] = company = there[new.business_id]
        for field in (
            *("street", "postcode", "city", "email", "phone", "einvoice_address"),
            *("einvoice_operator", "iban", "bic"),
        ):
            if not getattr(company, field) and getattr(new, field):
                setattr(company, field, personal_code.left_out(getattr(new, field)))
    session.flush()
    return found


def _new_company(session: Session, new: NewCompany, now: datetime) -> Company:
    company = Company(business_id=new.business_id, name=personal_code.left_out(new.name))
    session.add(company)
    session.flush()
    for terms in (CONSUMERS, BUSINESSES):
        general_for = terms.debtors[0].value
        save_rule(session, company.id, terms, now, "general rule", general_for=general_for)
    return company


def ensure_customers(
    session: Session, wanted: Sequence[tuple[Company, NewCustomer]]
) -> list[Placed]:
    """The customers, one for each that is wanted, new or with their newer details; of one that
    comes several times, the last ones count.

    Each is placed under the general rule that fits its details (`domain.placement`), unless a
    person has placed it.
    """
    query = select(Customer).where(
        col(Customer.company_id).in_({company.id for company, _ in wanted}),
        col(Customer.key) == any_(literal(sorted({new.key for _, new in wanted}), ARRAY(Text))),
    )
    there = {(customer.company_id, customer.key): customer for customer in session.exec(query)}
    found = []
    newer: dict[int, None] = {}
    for company, new in wanted:
        customer = there.get((company.id, new.key))
        known = customer
        changed = customer is None
        if customer is None:
            customer = there[company.id, new.key] = _new_customer(session, company, new)
        for field in _DETAILS:
            # An address line is free text, whoever wrote it.
            value = personal_code.left_out(getattr(new, field))
            if value and value != getattr(customer, field):
                setattr(customer, field, value)
                changed = True
        if customer.debtor_class != new.debtor_class.value:
            customer.debtor_class = new.debtor_class.value
            changed = True
        if changed and not customer.placed_by:
            place_by_itself(session, customer)
        if changed and known is not None and known.id is not None:
            newer[known.id] = None
        found.append(Placed(customer, changed))
    session.flush()
    agency_line.customers_changed(session, newer)
    return found


_DETAILS = (
    *("name", "business_id", "street", "postcode", "city", "country"),
    *("email", "phone", "contact_name", "contact_phone", "contact_email"),
    *("einvoice_address", "einvoice_operator", "language"),
)


def _new_customer(session: Session, company: Company, new: NewCustomer) -> Customer:
    customer = Customer(
        company_id=company.id,
        key=new.key,
        name=personal_code.left_out(new.name),
        debtor_class=new.debtor_class.value,
    )
    session.add(customer)
    return customer


def place_by_itself(session: Session, customer: Customer) -> None:
    """Put the customer where its details say: under a general rule, or under none."""
    placement = place(DebtorClass(customer.debtor_class), customer.country)
    customer.placed_by = ""
    customer.rule_id = None
    if placement.general_for is not None:
        customer.rule_id = _general(session, customer.company_id, placement.general_for)


def _general(session: Session, company_id: int, general_for: DebtorClass) -> int | None:
    known: dict[tuple[int, str], int | None] = session.info.setdefault("general rules", {})
    if (company_id, general_for) not in known:
        known[company_id, general_for] = session.exec(
            select(Rule.id).where(
                Rule.company_id == company_id, Rule.general_for == general_for.value
            )
        ).first()
    return known[company_id, general_for]
