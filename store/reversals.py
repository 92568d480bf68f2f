"""Which payment a reversal of the bank's takes back, and whether it may come off its invoices."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement
from sqlmodel import and_, or_

from domain.money import to_decimal
from domain.states import InvoiceState
from store.sets import among
from store.shares import Account, Line
from store.tables import BankPayment

_ENDED_BY_HAND = {InvoiceState.CANCELLED.value, InvoiceState.WRITTEN_OFF.value}


def same(lines: Iterable[Line]) -> ColumnElement[bool]:
    """Transactions that may be the other half of these: by archiving id, or reference."""
    rows = [line.row for line in lines]
    return and_(
        among(BankPayment.account, {row.account for row in rows}),
        or_(
            among(BankPayment.archive_id, {row.archive_id for row in rows} - {""}),
            and_(
                among(BankPayment.reference, {row.reference for row in rows} - {""}),
                among(BankPayment.amount_cents, {-row.amount_cents for row in rows}),
            ),
        ),
    )


def by_sign(payments: Iterable[Line]) -> dict[str, list[Line]]:
    """Payments by what a reversal knows them by."""
    found: dict[str, list[Line]] = {}
    for payment in payments:
        for sign in (f"id {payment.row.archive_id}", f"reference {payment.row.reference}"):
            found.setdefault(sign, []).append(payment)
    return found


def taken_back(line: Line, payments: Iterable[Line]) -> Line | None:
    """The payment that a reversal belongs to: of the same archiving id, or of the same reference
    and amount; the last one before it, of several."""
    row = line.row
    wanted = -row.amount_cents
    fits: list[tuple[tuple[bool, bool, bool, date, int], Line]] = []
    for payment in payments:
        paid = payment.row
        if paid.account != row.account or payment.left_cents < wanted:
            continue
        whole = payment.left_cents == paid.amount_cents == wanted
        same_id = row.archive_id != "" and row.archive_id == paid.archive_id
        same_reference = row.reference == paid.reference
        # One archiving id may stand for several payments, each with a reference of its own.
        if same_id and (same_reference or not (row.reference and paid.reference)):
            pass
        elif not (row.reference and same_reference and whole):
            continue
        before = paid.booked_on <= row.booked_on
        fits.append(((same_id, whole, before, paid.booked_on, paid.id), payment))
    return max(fits, key=lambda item: item[0])[1] if fits else None


def why_not(turning: Iterable[tuple[Account, int]]) -> str:
    """Why a reversal is for a person to book, if so."""
    for account, cents in turning:
        if account.state in _ENDED_BY_HAND:
            return (
                f"it takes back a payment of invoice {account.number}, which a person has ended"
                f" ({account.state}): assign it there to book it all the same, or set it aside"
            )
        known = account.settled
        there = known.paid_cents + known.balance.overpaid_cents
        if cents > there:
            return (
                f"it takes back {to_decimal(cents)} EUR of invoice {account.number}, where only"
                f" {to_decimal(there)} EUR of payments is left; was it refunded?"
            )
    return ""
