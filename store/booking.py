"""Booking what a person enters: payments and credit notes, under the invoice's lock.

The workflow is told afterwards: `signal_pending` is set in the same transaction as the entry. What
a bank's file says is booked by `store.payments`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, col, select

from domain.agency import CreditNotice, DirectPayment, PaymentReversal
from domain.agency_money import Judgement, Received
from domain.ledger import Balance, Entry, EntryKind, Settlement, settlement
from domain.states import InvoiceState
from store import agency_money, claims, ledger
from store.sets import among
from store.tables import AgencyCase, AgencyMessage, Company, Invoice, PaymentVerdict


@dataclass(frozen=True, slots=True)
class Booked:
    """`new` False: the same entry was booked before, and nothing changed."""

    invoice_id: int
    new: bool
    balance: Balance
    told_agency: bool = False
    why: str = ""
    """Of a payment on an invoice that an agency has or had: why it counts as the agency's
    settlement or as the debtor's own."""


def lock(session: Session, invoice_id: int) -> Invoice:
    """The invoice, which nobody else books on or decides about before this transaction ends."""
    return session.exec(select(Invoice).where(Invoice.id == invoice_id).with_for_update()).one()


def lock_to_decide(session: Session, invoice_id: int) -> tuple[Invoice, bool]:
    """The same, and whether its company's automation is switched on."""
    return session.exec(
        select(Invoice, Company.automation)
        .join(Company, col(Company.id) == col(Invoice.company_id))
        .where(Invoice.id == invoice_id)
        .with_for_update(of=Invoice)
    ).one()


def pay(
    session: Session,
    invoice: Invoice,
    amount_cents: int,
    paid_on: date,
    *,
    key: str,
    now: datetime,
    settlement: bool | None = None,
    received: Received | None = None,
    by: str = "",
    note: str = "",
) -> Booked:
    """Book a payment (suoritus), or with a negative amount take one back, once for each key.

    `settlement`: whether it is the agency's own (tilitys perintäyhtiöltä), as a person says; None:
    that is judged by what is known of it (`received`). Any other payment of an invoice that the
    agency has is a direct payment (ohisuoritus), and the agency is told.
    An invoice that was closed as paid and whose principal is open again goes on.

    The caller holds the invoice's lock. Raises `UnbalancedEntry`.
    """
    kind = EntryKind.PAYMENT if amount_cents > 0 else EntryKind.PAYMENT_REVERSED
    entry = Entry(kind, abs(amount_cents), paid_on, f"payment/{key}")
    new = ledger.book(session, invoice.id, [entry], now, note) == 1
    told, why = False, ""
    if new and (case := agency_money.cases(session, [invoice.id]).get(invoice.id)) is not None:
        judgement = _judgement(session, case, amount_cents, settlement, received, by)
        told, why = case.ended_at is None and not judgement.settlement, judgement.why
        row = agency_money.verdict_row(
            judgement,
            case,
            key=entry.key,
            amount_cents=amount_cents,
            by=by,
            told=told,
            now=now,
        )
        session.add(PaymentVerdict(**row))
        if told:
            message = message_row(payment_message(case, entry, key), case, now)
            session.add(AgencyMessage(**message))
        session.flush()
        if judgement.settlement:
            claims.claim(session, [invoice.id], now)
    known = _settled(session, invoice.id)
    if new:
        _note_change(session, invoice, known)
    return Booked(invoice.id, new, known.balance, told, why)


def _judgement(
    session: Session,
    case: AgencyCase,
    amount_cents: int,
    tick: bool | None,
    received: Received | None,
    by: str,
) -> Judgement:
    known = agency_money.expected(session, {case.invoice_id: case})[case.invoice_id]
    if tick is None and amount_cents < 0:
        there = agency_money.unclaimed(session, [case.invoice_id]).get(case.invoice_id, [])
        if any(one.amount_cents == -amount_cents for one in there):
            return Judgement(True, "it takes back what counts as the agency's settlement")
    # What is taken back is no amount that anybody was to pay.
    received = replace(received or Received(0), amount_cents=max(amount_cents, 0))
    return agency_money.judged(received, known, tick, by)


def credit(
    session: Session, invoice: Invoice, amount_cents: int, on: date, *, number: str, now: datetime
) -> Booked:
    """Book a credit note (hyvityslasku) against the principal, once for each number.

    The caller holds the invoice's lock.
    """
    entry = Entry(EntryKind.CREDIT, amount_cents, on, f"credit/{number}")
    new = ledger.book(session, invoice.id, [entry], now, f"credit note {number}") == 1
    known = _settled(session, invoice.id)
    told = False
    if new:
        _note_change(session, invoice, known)
        file = open_files(session, [invoice.id]).get(invoice.id)
        if file is not None:
            message = CreditNotice(
                idempotency_key=f"{file.reference}/credit/{number}",
                case_reference=file.reference,
                amount_cents=amount_cents,
                credited_on=on,
                identifier=number,
            )
            session.add(AgencyMessage(**message_row(message, file, now)))
            told = True
    return Booked(invoice.id, new, known.balance, told)


def reopens(state: str, known: Settlement) -> bool:
    """Whether an invoice in this state has been closed as paid and is not paid any more.

    Its workflow is to be started again. One that a person ended stays ended.
    """
    return state == InvoiceState.PAID and known.uncovered_principal_cents > 0


def open_files(session: Session, invoice_ids: Collection[int]) -> dict[int, AgencyCase]:
    """The files that the agency has of these invoices."""
    rows = session.exec(
        select(AgencyCase).where(
            among(AgencyCase.invoice_id, invoice_ids), col(AgencyCase.ended_at).is_(None)
        )
    )
    return {row.invoice_id: row for row in rows}


def payment_message(file: AgencyCase, entry: Entry, name: str) -> DirectPayment | PaymentReversal:
    """What the agency is told of a payment past it, or of one that was taken back; once by name."""
    if entry.kind is EntryKind.PAYMENT:
        return DirectPayment(
            idempotency_key=f"{file.reference}/payment/{name}",
            case_reference=file.reference,
            amount_cents=entry.amount_cents,
            paid_on=entry.on,
            identifier=name,
        )
    return PaymentReversal(
        idempotency_key=f"{file.reference}/reversal/{name}",
        case_reference=file.reference,
        amount_cents=entry.amount_cents,
        reversed_on=entry.on,
        identifier=name,
    )


def message_row(
    message: DirectPayment | PaymentReversal | CreditNotice, file: AgencyCase, now: datetime
) -> dict[str, Any]:
    """The row of a message to the agency, behind those of the same case."""
    return {
        "agency_case_id": file.id,
        "direction": "out",
        "kind": message.kind.value,
        "key": message.idempotency_key,
        "body": message.model_dump(mode="json"),
        "status": "waiting",
        "at": now,
        "error": "",
        "attempts": 0,
    }


def _settled(session: Session, invoice_id: int) -> Settlement:
    return settlement(ledger.entries(session, invoice_id))


def _note_change(session: Session, invoice: Invoice, known: Settlement) -> None:
    invoice.signal_pending = True
    if reopens(invoice.state, known):
        invoice.start_pending = True
    session.add(invoice)
