"""The bank's transactions as a person looks at them: those that wait, and where they may belong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from domain import matching
from domain.ledger import EntryKind
from domain.matching import Candidate, Payment, Suggestion
from domain.states import FINAL_STATES
from store import accounts, agency_money
from store.tables import (
    BankPayment,
    Company,
    CompanyAccount,
    Customer,
    Invoice,
    LedgerEntry,
    PaymentShare,
)

_MOST_CANDIDATES = 200
"""Invoices that suggestions for one transaction are chosen from."""

_SHORT_WORD = 3


@dataclass(frozen=True, slots=True)
class Share:
    """What of a transaction was booked on an invoice, and by whom."""

    invoice_id: int
    number: str
    company: str
    amount_cents: int
    how: str
    assigned_by: str
    assigned_at: datetime
    settlement: bool | None = None
    """Whether it counts as the agency's settlement; None: no agency has or had the invoice."""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A transaction with all that is known of it. `company`: business id, "" if not known.

    `reversed_by`: the transactions by which the bank took it back.
    """

    payment: BankPayment
    company: str
    shares: Sequence[Share]
    reversed_by: Sequence[int]
    suggestions: Sequence[Suggestion]


@dataclass(frozen=True, slots=True)
class Overpaid:
    """An invoice with money of the debtor's that nobody asked for (cents)."""

    invoice_id: int
    number: str
    company: str
    company_name: str
    state: str
    overpaid_cents: int
    paid_on: date


def page(
    session: Session,
    *,
    waiting: bool = False,
    company: str | None = None,
    after: int = 0,
    limit: int = 50,
) -> list[BankPayment]:
    """Transactions by id, those after `after`; at most `limit`. `waiting`: those in the queue;
    `company`: those that came to an account of this one, by its business id."""
    query = select(BankPayment).where(col(BankPayment.id) > after)
    if waiting:
        query = query.where(col(BankPayment.open_cents) != 0, col(BankPayment.set_aside) == "")
    if company is not None:
        ours = sa.select(col(Company.id)).where(col(Company.business_id) == company)
        ibans = sa.select(col(CompanyAccount.iban)).where(col(CompanyAccount.company_id).in_(ours))
        query = query.where(
            or_(
                col(BankPayment.company_id).in_(ours),
                sa.and_(col(BankPayment.company_id).is_(None), col(BankPayment.account).in_(ibans)),
            )
        )
    return list(session.exec(query.order_by(col(BankPayment.id)).limit(limit)))


def overpaid(
    session: Session, *, company: str | None = None, after: int = 0, limit: int = 50
) -> list[Overpaid]:
    """Invoices with an overpayment (ylisuoritus), by id, those after `after`; at most `limit`."""
    # While anything is overpaid nothing is open: so it is what the ledger's sum is below zero.
    adds = [
        EntryKind.PRINCIPAL.value,
        *(EntryKind.INTEREST.value, EntryKind.FEE.value),
        *(EntryKind.PAYMENT_REVERSED.value, EntryKind.OVERPAYMENT_REFUNDED.value),
    ]
    cents = col(LedgerEntry.amount_cents)
    owed = sa.func.sum(sa.case((col(LedgerEntry.kind).in_(adds), cents), else_=-cents))
    last = sa.func.max(col(LedgerEntry.on)).filter(col(LedgerEntry.kind) == EntryKind.PAYMENT.value)
    query = (
        sa.select(
            col(Invoice.id),
            col(Invoice.number),
            col(Company.business_id),
            col(Company.name),
            col(Invoice.state),
            -owed,
            sa.func.coalesce(last, sa.func.max(col(LedgerEntry.on))),
        )
        .join(Invoice, col(Invoice.id) == col(LedgerEntry.invoice_id))
        .join(Company, col(Company.id) == col(Invoice.company_id))
        .where(col(Invoice.id) > after)
        .group_by(col(Invoice.id), col(Company.id))
        .having(owed < 0)
        .order_by(col(Invoice.id))
        .limit(limit)
    )
    if company is not None:
        query = query.where(col(Company.business_id) == company)
    return [
        Overpaid(invoice_id, number, owner, name, state, int(cents), on)
        for invoice_id, number, owner, name, state, cents, on in session.execute(query)
    ]


def show(session: Session, payment_id: int) -> Shown | None:
    """One transaction, with suggestions if it waits; None if there is none of this id."""
    payment = session.get(BankPayment, payment_id)
    if payment is None:
        return None
    company = session.get(Company, payment.company_id) if payment.company_id else None
    rows = session.execute(
        sa.select(PaymentShare, col(Invoice.number), col(Company.business_id))
        .join(Invoice, col(Invoice.id) == col(PaymentShare.invoice_id))
        .join(Company, col(Company.id) == col(Invoice.company_id))
        .where(col(PaymentShare.bank_payment_id) == payment_id)
        .order_by(col(PaymentShare.serial))
    )
    found = [(f"bank/{payment.key}/{row[0].serial}", *row) for row in rows]
    verdicts = agency_money.newest(session, keys={key for key, *_ in found})
    parts = [
        Share(
            part.invoice_id,
            number,
            owner,
            part.amount_cents,
            part.how,
            part.assigned_by,
            part.assigned_at,
            settlement=verdict.settlement if verdict else None,
            why=verdict.why if verdict else "",
        )
        for key, part, number, owner in found
        for verdict in [verdicts.get((part.invoice_id, key))]
    ]
    taken = sa.select(col(BankPayment.id)).where(col(BankPayment.reverses) == payment_id)
    return Shown(
        payment,
        company.business_id if company else "",
        parts,
        list(session.execute(taken).scalars()),
        suggestions(session, payment) if payment.open_cents and not payment.set_aside else [],
    )


def suggestions(session: Session, payment: BankPayment) -> list[Suggestion]:
    """Invoices that the rest of a transaction may belong to, the likeliest first."""
    sought = Payment(payment.reference, abs(payment.open_cents), payment.message, payment.payer)
    return matching.suggest(sought, _candidates(session, payment))


def _candidates(session: Session, payment: BankPayment) -> list[Candidate]:
    """Open invoices that have something in common with a transaction, and those of its reference.

    One query, the likeliest first, so that what is left out is unlikely.
    """
    whose = accounts.owners(session, {payment.account}).get(payment.account)
    cents = abs(payment.open_cents)
    near = matching.near_references(payment.reference) | matching.digits(payment.message)
    numbers = matching.possible_numbers(payment.message)
    principal = col(Invoice.case_json)["principal_cents"].as_integer()
    open_cents = col(Invoice.case_json)["open_cents"].as_integer()
    still_open = ~col(Invoice.state).in_(FINAL_STATES)
    own = sa.and_(col(Invoice.reference) == payment.reference, col(Invoice.reference) != "")
    words = [word for word in matching.words(payment.payer) if len(word) >= _SHORT_WORD]
    signs = (
        own,
        sa.and_(still_open, col(Invoice.reference).in_(near)),
        sa.and_(still_open, col(Invoice.number).in_(numbers)),
        sa.and_(still_open, or_(open_cents == cents, principal == cents)),
        sa.and_(still_open, or_(*(col(Customer.name).icontains(w, autoescape=True) for w in words)))
        if words
        else sa.false(),
    )
    weight = sum(
        (sa.case((sign, 2 ** (len(signs) - place)), else_=0) for place, sign in enumerate(signs)),
        start=sa.literal(0),
    )
    query = (
        sa.select(
            col(Invoice.id),
            col(Invoice.number),
            col(Invoice.reference),
            col(Invoice.due),
            col(Invoice.principal_cents),
            principal,
            open_cents,
            ~still_open,
            col(Customer.name),
        )
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(or_(*signs))
        .order_by(weight.desc(), col(Invoice.due), col(Invoice.id))
        .limit(_MOST_CANDIDATES)
    )
    if whose:
        query = query.where(col(Invoice.company_id).in_(whose))
    return [Candidate(*row) for row in session.execute(query)]
