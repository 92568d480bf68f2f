"""Booking what comes in: payments and credit notes, under the invoice's lock.

The workflow is told afterwards: `signal_pending` is set in the same transaction as the entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from domain.agency import CreditNotice, DirectPayment
from domain.ledger import Balance, Entry, EntryKind, balance
from domain.states import FINAL_STATES
from store import ledger
from store.tables import AgencyCase, AgencyMessage, BankPayment, Invoice, PaymentShare


@dataclass(frozen=True, slots=True)
class Booked:
    """`new` False: the same entry was booked before, and nothing changed."""

    invoice_id: int
    new: bool
    balance: Balance
    told_agency: bool = False


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction of a bank statement. Amount in cents, negative when taken back."""

    key: str
    reference: str
    amount_cents: int
    paid_on: date
    booked_on: date
    payer: str
    account: str
    source: str


def lock(session: Session, invoice_id: int) -> Invoice:
    return session.exec(select(Invoice).where(Invoice.id == invoice_id).with_for_update()).one()


def pay(
    session: Session,
    invoice: Invoice,
    amount_cents: int,
    paid_on: date,
    *,
    key: str,
    now: datetime,
    settlement: bool = False,
    note: str = "",
) -> Booked:
    """Book a payment (suoritus), or with a negative amount take one back, once for each key.

    `settlement`: it is the agency's own (tilitys perintäyhtiöltä); any other payment of an
    invoice that the agency has is a direct payment (ohisuoritus), and the agency is told.

    The caller holds the invoice's lock. Raises `UnbalancedEntry`.
    """
    kind = EntryKind.PAYMENT if amount_cents > 0 else EntryKind.PAYMENT_REVERSED
    entry = Entry(kind, abs(amount_cents), paid_on, f"payment/{key}")
    new = _book(session, invoice, entry, now, note)
    told = False
    if new and kind is EntryKind.PAYMENT and not settlement:
        file = _open_file(session, invoice.id)
        if file is not None:
            message = DirectPayment(
                idempotency_key=f"{file.reference}/payment/{key}",
                case_reference=file.reference,
                amount_cents=amount_cents,
                paid_on=paid_on,
                identifier=key,
            )
            _tell(session, file, message, now)
            told = True
    return Booked(invoice.id, new, balance(ledger.entries(session, invoice.id)), told)


def credit(
    session: Session, invoice: Invoice, amount_cents: int, on: date, *, number: str, now: datetime
) -> Booked:
    """Book a credit note (hyvityslasku) against the principal, once for each number.

    The caller holds the invoice's lock.
    """
    entry = Entry(EntryKind.CREDIT, amount_cents, on, f"credit/{number}")
    new = _book(session, invoice, entry, now, f"credit note {number}")
    told = False
    if new and (file := _open_file(session, invoice.id)) is not None:
        message = CreditNotice(
            idempotency_key=f"{file.reference}/credit/{number}",
            case_reference=file.reference,
            amount_cents=amount_cents,
            credited_on=on,
            identifier=number,
        )
        _tell(session, file, message, now)
        told = True
    return Booked(invoice.id, new, balance(ledger.entries(session, invoice.id)), told)


def book_transaction(
    session: Session, transaction: Transaction, *, settlement: bool, now: datetime
) -> tuple[Booked | None, str]:
    """Match a bank transaction by its reference and book it, once for each key.

    Returns what was booked (None: nothing), and why not, in words ("" if it was, or was before).
    An unmatched transaction is kept with its problem.
    """
    row = {
        "key": transaction.key,
        "reference": transaction.reference,
        "amount_cents": transaction.amount_cents,
        "open_cents": transaction.amount_cents,
        "paid_on": transaction.paid_on,
        "booked_on": transaction.booked_on,
        "payer": transaction.payer,
        "account": transaction.account,
        "read_at": now,
        "source": transaction.source,
        "problem": "",
        "message": "",
        "set_aside": "",
    }
    fresh = session.execute(
        insert(BankPayment).values(row).on_conflict_do_nothing().returning(col(BankPayment.id))
    ).scalar()
    if fresh is None:
        return None, ""
    kept = session.get_one(BankPayment, fresh)
    invoice = _by_reference(session, transaction.reference)
    if invoice is None:
        kept.problem = f"no invoice has the reference {transaction.reference or '(none)'}"
        session.add(kept)
        return None, kept.problem
    kept.open_cents = 0
    session.add(kept)
    session.add(
        PaymentShare(
            bank_payment_id=kept.id,
            serial=1,
            invoice_id=invoice.id,
            amount_cents=kept.amount_cents,
            how="reference",
            assigned_by="automation",
            assigned_at=now,
        )
    )
    booked = pay(
        session,
        invoice,
        transaction.amount_cents,
        transaction.paid_on,
        key=transaction.key,
        now=now,
        settlement=settlement,
        note=f"bank, {transaction.source}",
    )
    return booked, ""


def _by_reference(session: Session, reference: str) -> Invoice | None:
    """The oldest invoice with the reference that is not closed, or else the newest that is."""
    if not reference:
        return None
    found = session.exec(
        select(Invoice)
        .where(Invoice.reference == reference)
        .order_by(col(Invoice.due), col(Invoice.id))
        .with_for_update()
    ).all()
    still_open = [invoice for invoice in found if invoice.state not in FINAL_STATES]
    if still_open:
        return still_open[0]
    return found[-1] if found else None


def _book(session: Session, invoice: Invoice, entry: Entry, now: datetime, note: str) -> bool:
    new = ledger.book(session, invoice.id, [entry], now, note) == 1
    if new:
        invoice.signal_pending = True
        session.add(invoice)
    return new


def _open_file(session: Session, invoice_id: int) -> AgencyCase | None:
    return session.exec(
        select(AgencyCase).where(
            AgencyCase.invoice_id == invoice_id, col(AgencyCase.ended_at).is_(None)
        )
    ).first()


def _tell(
    session: Session, file: AgencyCase, message: DirectPayment | CreditNotice, now: datetime
) -> None:
    session.add(
        AgencyMessage(
            agency_case_id=file.id,
            direction="out",
            kind=message.kind.value,
            key=message.idempotency_key,
            body=message.model_dump(mode="json"),
            status="waiting",
            at=now,
        )
    )
