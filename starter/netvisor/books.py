"""Where this interface touches the company's books: placing, registering, crediting, paying.

Everything here is done under the company's row or the invoice's, inside the caller's transaction.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import BigInteger, cast, func
from sqlmodel import Session, col, select

from activities.desk import Desk, House
from activities.file_import.invoices import customer_key, new_invoice
from domain import by_hand, requests
from domain.agency_money import Received
from domain.calendar import FINLAND
from domain.case import Case, Hold
from domain.clock import REAL_TIME
from domain.law import FINNISH_LAW, LawError
from domain.ledger import UnbalancedEntry, balance
from domain.outcomes import HoldPlaced
from domain.procedure import next_step
from domain.states import HoldKind
from integrations.intake import InvoiceRecord, Party
from starter.netvisor.envelope import Code, Failure, invalid
from store import booking, ledger, parties
from store.registration import Conflict, Entering, register
from store.scope import Scope
from store.tables import (
    Company,
    Customer,
    Invoice,
    LedgerEntry,
    NetvisorCreditNote,
    Rule,
)

UNSENT = "not sent to the customer yet (unsent)"
"""Why an invoice waits that came in as a draft."""

OWN_KEY = "name-"
"""How the key of a customer without a number and a business id begins."""


def lock_company(session: Session, company_id: int) -> Company:
    """The company, held: numbers and keys are given to one at a time."""
    query = select(Company).where(Company.id == company_id).with_for_update(key_share=True)
    return session.exec(query).one()


# ── rules ────────────────────────────────────────────────────────────────────────────────────


def rules(session: Session, company_id: int) -> Sequence[Rule]:
    """The company's rules, by name."""
    query = select(Rule).where(Rule.company_id == company_id).order_by(col(Rule.name))
    return session.exec(query).all()


def place_by_hand(customer: Customer, rule_id: int | None, actor: str) -> None:
    """Put a customer under a rule, or (None) out of all, as a person does."""
    customer.rule_id = rule_id
    customer.placed_by = actor


def place_by_itself(session: Session, customer: Customer) -> None:
    """Put a customer where its details say, unless it was placed by hand."""
    if not customer.placed_by:
        parties.place_by_itself(session, customer)


# ── invoices ─────────────────────────────────────────────────────────────────────────────────


def next_number(session: Session, company_id: int) -> str:
    """A number for an invoice or a credit note that came without one: one beyond the newest."""
    newest = session.exec(
        select(Invoice.number)
        .where(Invoice.company_id == company_id)
        .order_by(col(Invoice.id).desc())
        .limit(1)
    ).first()
    number = int(newest) + 1 if newest and newest.isascii() and newest.isdecimal() else 1
    while _taken(session, company_id, str(number)):
        number += 1
    return str(number)


def next_customer_code(session: Session, company_id: int) -> str:
    """The next free customer number."""
    numbers = func.max(cast(col(Customer.key), BigInteger))
    highest = session.exec(
        select(numbers).where(
            Customer.company_id == company_id, col(Customer.key).regexp_match("^[0-9]{1,9}$")
        )
    ).one()
    return str((highest or 0) + 1)


def own_key(customer: Customer) -> str:
    """What the books know a customer without a number by, whoever brings it."""
    name, postcode = customer.name, customer.postcode or None
    buyer = Party(name=name, business_id=customer.business_id or None, postcode=postcode)
    return customer_key(buyer)


def another_key() -> str:
    """A key for one more customer of the same name and postcode, or the same business id."""
    return f"{OWN_KEY}{secrets.token_hex(10)}"


def next_key(session: Session) -> int:
    """A key of the invoices' series."""
    sequence = func.pg_get_serial_sequence("invoice", "id")
    key: int = session.exec(select(func.nextval(sequence))).one()
    return key


def register_invoice(
    session: Session,
    company: Company,
    customer: Customer,
    record: InvoiceRecord,
    *,
    unsent_by: str,
    now: datetime,
) -> int:
    """Register an invoice and plan its first step; its key. The same again changes nothing.

    `unsent_by`: who brings it as a draft, which waits until it is said to be open; else "".
    Raises `Failure`.
    """
    if _credit_note(session, company.id, record.number) is not None:
        raise _taken_by("a credit note", record.number)
    (done,) = register(
        session,
        [Entering(company, customer, new_invoice(record))],
        law=FINNISH_LAW,
        calendar=FINLAND,
        now=now,
    )
    if isinstance(done, Conflict):
        raise Failure(Code.DUPLICATE_DATA, str(done))
    if isinstance(done, LawError):
        raise invalid(str(done))
    invoice = session.get_one(Invoice, done.invoice_id)
    if invoice.customer_id != customer.id:
        raise _taken_by("another customer's invoice", record.number)
    if done.new and unsent_by:
        _hold(session, invoice, unsent_by, now)
    return invoice.id


def is_unsent(invoice: Invoice) -> bool:
    """Whether it waits because it has not been sent to the customer yet."""
    return any(hold["reason"] == UNSENT for hold in invoice.case_json["holds"])


def _hold(session: Session, invoice: Invoice, author: str, now: datetime) -> None:
    """Hold an invoice before its workflow begins: with the hold in its log from the start, nothing
    can be sent before somebody asks for it."""
    hold = Hold(kind=HoldKind.MANUAL, reason=UNSENT, author=author)
    desk = Desk(session, House(REAL_TIME), invoice, now)
    desk.record(HoldPlaced(hold=hold), actor=author, reason=UNSENT)
    desk.project(next_step(desk.case, desk.rule, FINNISH_LAW, FINLAND, now))


def refusal(invoice: Invoice, request: requests.Request, now: datetime) -> str | None:
    """Why the invoice's procedure, as it last was, would not do it; None: it would."""
    case = Case.model_validate(invoice.case_json)
    try:
        by_hand.decide(case, request, None, FINNISH_LAW, FINLAND, now)
    except requests.Refused as error:
        return str(error)
    return None


# ── credit notes ─────────────────────────────────────────────────────────────────────────────


def keep_credit_note(
    session: Session, company: Company, customer: Customer, record: InvoiceRecord, now: datetime
) -> NetvisorCreditNote:
    """Keep a credit note until it is matched. The same again changes nothing. Raises `Failure`."""
    there = _credit_note(session, company.id, record.number)
    if there is not None:
        if (there.customer_id, there.amount_cents, there.note_date) != (
            *(customer.id, record.amount_cents, record.invoice_date),
        ):
            raise _taken_by("another credit note", record.number)
        return there
    if _taken(session, company.id, record.number):
        raise _taken_by("an invoice", record.number)
    note = NetvisorCreditNote(
        id=next_key(session),
        company_id=company.id,
        customer_id=customer.id,
        number=record.number,
        note_date=record.invoice_date,
        due=record.due_date,
        amount_cents=record.amount_cents,
        reference=record.reference or "",
        registered_at=now,
    )
    session.add(note)
    session.flush()
    return note


def match(session: Session, note: NetvisorCreditNote, invoice: Invoice, now: datetime) -> None:
    """Book a credit note on its invoice; both are held by the caller. Raises `Failure`."""
    if note.invoice_id == invoice.id:
        return
    if note.invoice_id is not None:
        raise invalid(f"credit note {note.number} is matched with another invoice already")
    if note.customer_id != invoice.customer_id:
        raise invalid(
            f"credit note {note.number} and invoice {invoice.number} are of different customers"
        )
    day = max(note.note_date, invoice.invoice_date)
    booking.credit(session, invoice, note.amount_cents, day, number=note.number, now=now)
    note.invoice_id = invoice.id
    session.add(note)


def _credit_note(session: Session, company_id: int, number: str) -> NetvisorCreditNote | None:
    return session.exec(
        select(NetvisorCreditNote).where(
            NetvisorCreditNote.company_id == company_id, NetvisorCreditNote.number == number
        )
    ).first()


# ── payments ─────────────────────────────────────────────────────────────────────────────────


def open_cents(session: Session, invoice_id: int) -> int:
    """What is open of an invoice: principal, interest and fees."""
    return balance(ledger.entries(session, invoice_id)).open_cents


def by_reference(session: Session, scope: Scope, reference: str) -> Invoice | None:
    """The invoice that a payment with this reference is for: the oldest of which something is open,
    else the newest."""
    found = session.exec(
        select(Invoice)
        .where(scope.invoices(), Invoice.reference == reference)
        .order_by(col(Invoice.due), col(Invoice.id))
    ).all()
    still_open = (one for one in found if open_cents(session, one.id) > 0)
    return next(still_open, found[-1] if found else None)


def pay(
    session: Session,
    invoice: Invoice,
    amount_cents: int,
    paid_on: date,
    *,
    key: str,
    payer: str,
    actor: str,
    now: datetime,
) -> int:
    """Book a payment on an invoice that the caller holds; its key. Raises `Failure`."""
    note = f"entered by {actor}"
    try:
        booking.pay(
            session,
            invoice,
            amount_cents,
            paid_on,
            key=key,
            now=now,
            received=Received(amount_cents, payer=payer),
            by=actor,
            note=note,
        )
    except UnbalancedEntry as error:
        raise invalid(str(error)) from None
    return session.exec(
        select(LedgerEntry.id).where(
            LedgerEntry.invoice_id == invoice.id, LedgerEntry.key == f"payment/{key}"
        )
    ).one()


def _taken(session: Session, company_id: int, number: str) -> bool:
    query = select(Invoice.id).where(Invoice.company_id == company_id, Invoice.number == number)
    return session.exec(query).first() is not None or (
        _credit_note(session, company_id, number) is not None
    )


def _taken_by(what: str, number: str) -> Failure:
    return Failure(
        Code.DUPLICATE_DATA,
        f"the number {number} is {what}'s already; send this one under a number of its own",
    )
