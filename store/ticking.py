"""What a person ticks of money that is booked already: "Suoritus on tilitys perintäyhtiöltä".

Each change is one verdict more and at most one message more to the agency: a direct payment that
it was not told of, or the reversal of one that it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from domain.agency import contract
from domain.agency_money import Judgement
from domain.ledger import Entry, EntryKind
from store import agency_money, booking, claims, ledger, outbox, shares
from store.tables import (
    AgencyCase,
    AgencyMessage,
    AgencySettlement,
    AgencySettlementLine,
    BankPayment,
    Invoice,
    PaymentShare,
    PaymentVerdict,
)


class NotTickable(Exception):  # noqa: N818 - reads as what it is
    """What was asked of a payment cannot be done; the words say why, and what to do."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """`changed`: the invoices on which it counts as something else than before; `told`: those of
    them of which the agency is told."""

    changed: tuple[int, ...] = ()
    told: tuple[int, ...] = ()


def of_payment(
    session: Session, payment_id: int, *, settlement: bool, by: str, now: datetime
) -> Ticked:
    """Say of a bank's transaction that it is the agency's settlement, or that it is the debtor's
    own, on every invoice that it is on. Raises `NotTickable`."""
    outbox.take_turn(session)
    row = session.get(BankPayment, payment_id)
    if row is None:
        raise NotTickable(f"there is no payment {payment_id}: `karhu payments list` shows them")
    (line,) = shares.read(session, [row])
    standing = {invoice_id: cents for invoice_id, cents in line.net.items() if cents > 0}
    if row.amount_cents < 0 or not standing:
        raise NotTickable(f"payment {payment_id} is on no invoice: assign it first")
    _lock(session, list(standing))
    keys = {
        invoice_id: f"bank/{row.key}/{serial}"
        for invoice_id, serial in session.execute(
            sa.select(col(PaymentShare.invoice_id), sa.func.max(col(PaymentShare.serial)))
            .where(
                col(PaymentShare.bank_payment_id) == payment_id, col(PaymentShare.amount_cents) > 0
            )
            .group_by(col(PaymentShare.invoice_id))
        )
    }
    verdicts = agency_money.newest(session, keys=keys.values(), invoice_ids=standing)
    if not verdicts:
        raise NotTickable(
            f"payment {payment_id}: no agency has or had its invoice when it was booked, so it is"
            " neither a settlement nor a payment past an agency"
        )
    changed, told = [], []
    for (invoice_id, _), verdict in sorted(verdicts.items()):
        if verdict.settlement == settlement:
            continue
        changed.append(invoice_id)
        cents = standing[invoice_id]
        if _turn(session, verdict, cents, row.paid_on, settlement=settlement, by=by, now=now):
            told.append(invoice_id)
    return Ticked(tuple(changed), tuple(told))


def of_entry(
    session: Session, invoice_id: int, key: str, *, settlement: bool, by: str, now: datetime
) -> Ticked:
    """The same, of a payment that was entered by hand: `key` is its ledger entry's name. Raises
    `NotTickable`."""
    _lock(session, [invoice_id])
    entries = ledger.entries(session, invoice_id)
    entry = next((one for one in entries if one.key == key and key.startswith("payment/")), None)
    if entry is None or entry.kind is not EntryKind.PAYMENT:
        raise NotTickable(f"the invoice has no payment {key} that was entered by hand")
    if not _stands(entries, entry):
        raise NotTickable(f"payment {key} has been taken back")
    verdict = agency_money.of_entry(session, invoice_id, key)
    if verdict is None:
        raise NotTickable(
            f"payment {key}: no agency had the invoice when it was booked, so it is neither a"
            " settlement nor a payment past an agency"
        )
    if verdict.settlement == settlement:
        return Ticked()
    told = _turn(
        session, verdict, entry.amount_cents, entry.on, settlement=settlement, by=by, now=now
    )
    return Ticked((invoice_id,), (invoice_id,) if told else ())


def _turn(
    session: Session,
    verdict: PaymentVerdict,
    cents: int,
    on: date,
    *,
    settlement: bool,
    by: str,
    now: datetime,
) -> bool:
    """Make it the other thing, and put the message in line; whether there is one."""
    if not settlement:
        _free(session, verdict, now)
    case = session.get_one(AgencyCase, verdict.agency_case_id)
    # What the agency has not been told of while it had the case it need not be told to forget.
    told = case.ended_at is None and (verdict.told or not settlement)
    name = contract.name(case.agency)
    what = f"{name}'s settlement" if settlement else "the debtor's own payment"
    serial = verdict.serial + 1
    row = agency_money.verdict_row(
        Judgement(settlement, f"{by} says that it is {what}"),
        case,
        key=verdict.entry_key,
        amount_cents=cents,
        by=by,
        told=told and not settlement,
        now=now,
        serial=serial,
    )
    session.add(PaymentVerdict(**row))
    if told:
        kind = EntryKind.PAYMENT_REVERSED if settlement else EntryKind.PAYMENT
        # A name of its own for every change of mind: each is told once, and in order.
        said = f"{verdict.entry_key.partition('/')[2]}#{serial}"
        message = booking.payment_message(case, Entry(kind, cents, on, said), said)
        session.add(AgencyMessage(**booking.message_row(message, case, now)))
    invoice = session.get_one(Invoice, verdict.invoice_id)
    invoice.signal_pending = True
    session.add(invoice)
    session.flush()
    if settlement:
        claims.claim(session, [verdict.invoice_id], now)
    return told


def _free(session: Session, verdict: PaymentVerdict, now: datetime) -> None:
    """No settlement's line names it any more. Raises `NotTickable` if it is a settlement's whole
    transfer."""
    owner = session.exec(
        select(AgencySettlement)
        .join(
            AgencySettlementLine,
            col(AgencySettlementLine.settlement_id) == col(AgencySettlement.id),
        )
        .where(
            AgencySettlementLine.invoice_id == verdict.invoice_id,
            AgencySettlementLine.entry_key == verdict.entry_key,
        )
    ).first()
    if owner is not None and owner.bank_payment_id is not None:
        raise NotTickable(
            f"settlement {owner.name} says whose money it is: release that first"
            f" (karhu agency release {owner.id})"
        )
    claims.let_go(session, {(verdict.invoice_id, verdict.entry_key)}, now)


def _lock(session: Session, invoice_ids: list[int]) -> None:
    session.execute(
        sa.select(col(Invoice.id))
        .where(col(Invoice.id).in_(invoice_ids))
        .order_by(col(Invoice.id))
        .with_for_update()
    )


def _stands(entries: list[Entry], entry: Entry) -> bool:
    """Whether a payment by hand has not been taken back: which one was, the ledger does not say, so
    the last of the same amount is taken for it."""
    standing: list[Entry] = []
    for one in entries:
        if one.amount_cents != entry.amount_cents or not one.key.startswith("payment/"):
            continue
        if one.kind is EntryKind.PAYMENT:
            standing.append(one)
        elif standing:
            standing.pop()
    return entry in standing
