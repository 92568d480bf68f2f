"""The bank's transactions as a person looks at them: those that wait, and where they may belong."""

from __future__ import annotations

import json
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
        suggestions(session, [payment])[payment.id]
        if payment.open_cents and not payment.set_aside
        else [],
    )


def suggestions(session: Session, payments: Sequence[BankPayment]) -> dict[int, list[Suggestion]]:
    """Invoices that the rest of each transaction may belong to, the likeliest first, by the
    transactions' ids."""
    candidates = _candidates(session, payments)
    return {
        one.id: matching.suggest(
            Payment(one.reference, abs(one.open_cents), one.message, one.payer),
            candidates.get(one.id, ()),
        )
        for one in payments
    }


_CANDIDATES = sa.text("""
    SELECT payment.id AS payment_id, likely.*
    FROM jsonb_to_recordset(CAST(:payments AS jsonb)) AS payment(
        id bigint, reference text, cents bigint, near text[], numbers text[], names text[],
        companies bigint[]
    )
    CROSS JOIN LATERAL (
        SELECT found.* FROM (
            SELECT
                invoice.id, invoice.number, invoice.reference, invoice.due,
                invoice.principal_cents AS invoiced_cents,
                (invoice.case_json->>'principal_cents')::bigint AS principal_cents,
                invoice.open_cents,
                invoice.state = ANY(:closed) AS closed,
                customer.name AS customer
            FROM invoice JOIN customer ON customer.id = invoice.customer_id
            WHERE payment.companies IS NULL OR invoice.company_id = ANY(payment.companies)
        ) AS found
        CROSS JOIN LATERAL (
            -- The likelier sign weighs more than all that are less so.
            SELECT
                32 * (found.reference = payment.reference AND found.reference <> '')::int
                + 16 * (NOT found.closed AND found.reference = ANY(payment.near))::int
                + 8 * (NOT found.closed AND found.number = ANY(payment.numbers))::int
                + 4 * (
                    NOT found.closed
                    AND payment.cents IN (found.open_cents, found.principal_cents)
                )::int
                + 2 * (NOT found.closed AND found.customer ILIKE ANY(payment.names))::int
                AS weight
        ) AS signs
        WHERE signs.weight > 0
        ORDER BY signs.weight DESC, found.due, found.id
        LIMIT :most
    ) AS likely
    ORDER BY payment.id
""")


def _candidates(session: Session, payments: Sequence[BankPayment]) -> dict[int, list[Candidate]]:
    """Open invoices that have something in common with a transaction, and those of its reference;
    the likeliest, so that what is left out is unlikely."""
    if not payments:
        return {}
    owners = accounts.owners(session, {one.account for one in payments})
    sought = [
        {
            "id": one.id,
            "reference": one.reference,
            "cents": abs(one.open_cents),
            "near": sorted(matching.near_references(one.reference) | matching.digits(one.message)),
            "numbers": sorted(matching.possible_numbers(one.message)),
            "names": [
                f"%{word}%"
                for word in matching.words(one.payer)
                # Letters and digits alone: nothing that a pattern reads otherwise.
                if len(word) >= _SHORT_WORD
            ],
            "companies": sorted(owners[one.account]) if one.account in owners else None,
        }
        for one in payments
    ]
    rows = session.execute(
        _CANDIDATES,
        {
            "payments": json.dumps(sought),
            "closed": sorted(state.value for state in FINAL_STATES),
            "most": _MOST_CANDIDATES,
        },
    )
    found: dict[int, list[Candidate]] = {}
    for payment_id, *columns in rows:
        found.setdefault(payment_id, []).append(Candidate(*columns))
    return found
