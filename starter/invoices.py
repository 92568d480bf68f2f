"""One invoice at a time: entered by somebody, and given to somebody as his or her own."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from domain.calendar import FINLAND
from domain.law import FINNISH_LAW, LawError
from starter.people import NotDone
from store import audit, parties, payments, people
from store.people import Place
from store.registration import Conflict, Entering, NewInvoice, Registered, register
from store.tables import Company, Customer, Invoice


def enter(
    session: Session,
    place: Place,
    new: NewInvoice,
    customer: str | parties.NewCustomer,
    now: datetime,
) -> Registered:
    """Register an invoice of a company; its workflow is to be started once this is committed. The
    same again changes nothing.

    `customer`: what the books know it by, or the details of one that they do not know; those of a
    known one stay as they are. Raises `NotDone`.
    """
    company = session.exec(
        select(Company).where(Company.id == place.company_id).with_for_update()
    ).one()
    debtor = _customer(session, company, customer)
    entering = [Entering(company, debtor, new)]
    (done,) = register(session, entering, law=FINNISH_LAW, calendar=FINLAND, now=now)
    if isinstance(done, Conflict | LawError):
        remedy = "look at the invoice that is there; give a new one a number of its own"
        raise NotDone(str(done), remedy)
    invoice = session.get_one(Invoice, done.invoice_id)
    if invoice.customer_id != debtor.id:
        raise NotDone(
            f"invoice {new.number} is registered already, for another customer",
            "look for a mistyped number; give a new invoice a number of its own",
        )
    if done.new:
        payments.match_waiting(session, [done.invoice_id], now)
    return done


def _customer(session: Session, company: Company, wanted: str | parties.NewCustomer) -> Customer:
    key = wanted if isinstance(wanted, str) else wanted.key
    query = select(Customer).where(Customer.company_id == company.id, Customer.key == key)
    found = session.exec(query).first()
    if found is not None:
        return found
    if isinstance(wanted, str):
        raise NotDone(
            f"company {company.business_id} has no customer {key}",
            "look for a mistyped key, or give the new customer's details",
        )
    return parties.ensure_customers(session, [(company, wanted)])[0].customer


def give(
    session: Session,
    place: Place,
    invoice_id: int,
    user_id: int | None,
    *,
    actor: str,
    now: datetime,
) -> Invoice:
    """Say whose own an invoice of a company is: a person's of the company, or of the firm that
    keeps its books; None: the company's. Raises `NotDone`."""
    invoice = session.exec(
        select(Invoice)
        .where(Invoice.id == invoice_id, Invoice.company_id == place.company_id)
        .with_for_update()
    ).one()
    if user_id is not None and not _belongs(session, place, user_id):
        raise NotDone(
            f"user {user_id} has no role in {place}",
            "name somebody of the company, or of the accounting firm that keeps its books",
        )
    invoice.owner = "" if user_id is None else f"user:{user_id}"
    session.add(invoice)
    target = f"invoice:{invoice.id}"
    audit.note(session, now, actor, "invoice.given", target, place, owner=invoice.owner)
    return invoice


def _belongs(session: Session, place: Place, user_id: int) -> bool:
    """Whether a person exercises a role in the company, itself or by its accounting firm."""
    return any(
        held.company_id == place.company_id
        or (held.firm_id is not None and held.firm_id == place.firm_id)
        for held in people.roles_of(session, user_id)
    )
