"""What a person does about an agency's settlement: releasing it, trying again, setting it aside."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from domain import personal_code
from domain.agency_money import Judgement
from domain.matching import BY_HAND
from store import claims, outbox, settlements, shares
from store.agency_money import AWAITING, SET_ASIDE, SETTLED, WAITING
from store.chunks import Chunk
from store.settlements import Taken
from store.shares import Shares
from store.tables import AgencySettlement, BankPayment


class CannotSettle(Exception):  # noqa: N818 - reads as what it is
    """What was asked of a settlement cannot be done; the words say why, and what to do."""


def release(session: Session, settlement_id: int, *, by: str, now: datetime) -> Taken:
    """Take everything back that a settlement was booked as: its transfer waits in the queue again,
    to be assigned by hand, and the settlement for a person. Raises `CannotSettle`."""
    outbox.take_turn(session)
    row = _held(session, settlement_id)
    if row.status != SETTLED:
        raise CannotSettle(f"settlement {row.name} is {row.status}: there is nothing to release")
    lines = settlements.lines_of(session, row.id)
    books = Shares(session, now)
    books.lock({line.invoice_id for line in lines if line.invoice_id is not None})
    payment = session.get(BankPayment, row.bank_payment_id) if row.bank_payment_id else None
    if payment is not None:
        (transfer,) = shares.read(session, [payment])
        # What was paid goes back first, or what was taken back would be missing.
        for line in sorted(lines, key=lambda one: one.total_cents < 0):
            if line.entry_key is None or not line.entry_key.startswith("bank/"):
                continue
            account = books.accounts[line.invoice_id or 0]
            cents = line.total_cents - line.withheld_cents
            books.put(
                transfer,
                account,
                -cents,
                how=BY_HAND,
                by=by,
                on=line.paid_on,
                judgement=Judgement(True, f"settlement {row.name} was released by {by}"),
            )
        payment.problem = f"taken off settlement {row.name} by {by}: assign it by hand"
    row.status, row.problem = WAITING, f"released by {by}"
    row.bank_payment_id, row.settled_at = None, None
    session.flush()
    books.write()
    for line in lines:
        claims.undo(session, row, line, now)
    session.flush()
    outbox.look_again(session, sorted(books.accounts))
    if payment is not None:
        _taken_back_meanwhile(session, payment, now)
    return settlements.taken(row, new=False, booked=sorted(books.accounts))


def _taken_back_meanwhile(session: Session, payment: BankPayment, now: datetime) -> None:
    """The bank may have taken the transfer back already: that waited for the release."""
    rows = session.exec(
        select(BankPayment).where(
            BankPayment.account == payment.account,
            BankPayment.amount_cents == -payment.amount_cents,
            col(BankPayment.open_cents) == col(BankPayment.amount_cents),
            col(BankPayment.set_aside) == "",
        )
    ).all()
    Chunk(session, now).book(shares.read(session, rows))


def again(session: Session, settlement_id: int, *, now: datetime) -> Taken:
    """Try a settlement that waits for a person again: a case or a company has come, or what was
    entered twice was taken back. Raises `CannotSettle`."""
    outbox.take_turn(session)
    row = _held(session, settlement_id)
    if row.status not in {WAITING, AWAITING, SET_ASIDE}:
        raise CannotSettle(f"settlement {row.name} is {row.status}")
    lines = settlements.lines_of(session, row.id)
    should = sum(line.total_cents for line in lines) - row.commission_cents
    if should != row.transferred_cents:
        raise CannotSettle(
            f"settlement {row.name} does not add up ({row.problem}): assign its transfer by hand"
        )
    row.status, row.problem = AWAITING, ""
    booked = settlements.settle(session, row, now) if settlements.place(session, row) else []
    return settlements.taken(row, new=False, booked=booked)


def set_aside(session: Session, settlement_id: int, reason: str, *, by: str) -> Taken:
    """A person has seen to its money otherwise. Raises `CannotSettle`."""
    outbox.take_turn(session)
    row = _held(session, settlement_id)
    if row.status == SETTLED:
        raise CannotSettle(f"settlement {row.name} is settled: release it first")
    if not reason.strip():
        raise CannotSettle(f"settlement {row.name}: say why it is set aside")
    row.status = SET_ASIDE
    row.problem = f"{personal_code.left_out(reason.strip())} ({by})"
    session.add(row)
    session.flush()
    return settlements.taken(row, new=False, booked=[])


def _held(session: Session, settlement_id: int) -> AgencySettlement:
    row = session.exec(
        select(AgencySettlement).where(AgencySettlement.id == settlement_id).with_for_update()
    ).first()
    if row is None:
        raise CannotSettle(
            f"there is no settlement {settlement_id}: karhu agency settlements lists them"
        )
    return row
