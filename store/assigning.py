"""What a person does about a transaction of the bank's: assigning all or part of it to an invoice,
taking back what was assigned, setting it aside with a reason."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from domain import personal_code
from domain.matching import BY_HAND
from domain.money import to_decimal
from store import accounts, claims, outbox, shares
from store.chunks import Result
from store.shares import Line, Shares
from store.tables import AgencySettlement, BankPayment


class NotAssignable(Exception):  # noqa: N818 - reads as what it is
    """What was asked of a transaction cannot be done; the words say why, and what to do."""


def assign(
    session: Session,
    payment_id: int,
    invoice_id: int,
    cents: int | None = None,
    *,
    by: str,
    now: datetime,
    settlement: bool | None = None,
) -> Result:
    """Book what is open of a transaction, or so many cents of it, on an invoice.

    `cents` counts from zero up, also of a reversal, whose cents are taken off the invoice.
    `settlement`: whether it is the agency's own, as a person says; None: Karhu judges. Raises
    `NotAssignable`, `UnbalancedEntry`.
    """
    line, books = _locked(session, payment_id, invoice_id, now)
    line.tick = settlement
    row, account = line.row, books.accounts[invoice_id]
    there = _there(line)
    part = there if cents is None else cents
    if there == 0:
        raise NotAssignable(
            f"payment {payment_id}: nothing of it is open:"
            f" {'the bank has taken it back' if row.open_cents else 'unassign some first'}"
        )
    if not 0 < part <= there:
        raise NotAssignable(
            f"payment {payment_id}: {to_decimal(there)} EUR of it is open, not {to_decimal(part)}"
        )
    whose = accounts.owners(session, {row.account}).get(row.account, set())
    if whose and account.company_id not in whose:
        raise NotAssignable(
            f"payment {payment_id} came to account {row.account}, which is another company's than"
            f" invoice {account.number}"
        )
    before = account.settled.balance.overpaid_cents
    signed = part if row.open_cents > 0 else -part
    told = books.put(line, account, signed, how=BY_HAND, by=by)
    row.company_id = account.company_id
    row.set_aside = ""
    if row.open_cents == 0:
        row.problem = ""
    session.flush()
    books.write()
    claims.claim(session, books.settled_on, now)
    over = account.settled.balance.overpaid_cents - before
    return Result(
        row.key, row.id, ((invoice_id, signed),), told_agency=told, overpaid_cents=max(0, over)
    )


def unassign(
    session: Session, payment_id: int, invoice_id: int, *, by: str, now: datetime
) -> Result:
    """Take off an invoice what of a transaction was booked on it: it waits in the queue again.

    Raises `NotAssignable`, `UnbalancedEntry`.
    """
    line, books = _locked(session, payment_id, invoice_id, now)
    row, account = line.row, books.accounts[invoice_id]
    cents = line.net.get(invoice_id, 0)
    if cents == 0 or (cents > 0) is not (row.amount_cents > 0):
        raise NotAssignable(f"payment {payment_id}: nothing of it is on invoice {account.number}")
    if row.reverses is not None:
        raise NotAssignable(
            f"payment {payment_id} takes back payment {row.reverses}: unassign that one"
        )
    if (name := _settled_by(session, payment_id)) is not None:
        raise NotAssignable(
            f"payment {payment_id} is the transfer of settlement {name}, whose lines say where it"
            " belongs: release that (karhu agency release) to assign it otherwise"
        )
    told = books.put(line, account, -cents, how=BY_HAND, by=by)
    row.problem = f"taken off invoice {account.number} by {by}"
    session.flush()
    books.write()
    serials = range(1, line.last_serial + 1)
    claims.let_go(session, {(account.id, f"bank/{row.key}/{at}") for at in serials}, now)
    return Result(row.key, row.id, ((invoice_id, -cents),), told_agency=told)


def set_aside(session: Session, payment_id: int, reason: str, *, by: str) -> BankPayment:
    """Take a transaction out of the queue; assigning it takes it up again.

    Raises `NotAssignable`.
    """
    outbox.take_turn(session)
    row = _payment(session, payment_id)
    if row.open_cents == 0:
        raise NotAssignable(f"payment {payment_id}: nothing of it waits")
    if not reason.strip():
        raise NotAssignable(f"payment {payment_id}: say why it is set aside")
    row.set_aside = f"{personal_code.left_out(reason.strip())} ({by})"
    session.add(row)
    return row


def _locked(
    session: Session, payment_id: int, invoice_id: int, now: datetime
) -> tuple[Line, Shares]:
    outbox.take_turn(session)
    (line,) = shares.read(session, [_payment(session, payment_id)])
    books = Shares(session, now)
    books.lock([invoice_id])
    if invoice_id not in books.accounts:
        raise NotAssignable(f"there is no invoice with the id {invoice_id}")
    return line, books


def _settled_by(session: Session, payment_id: int) -> str | None:
    return session.exec(
        select(AgencySettlement.name).where(AgencySettlement.bank_payment_id == payment_id)
    ).first()


def _payment(session: Session, payment_id: int) -> BankPayment:
    row = session.exec(
        select(BankPayment).where(BankPayment.id == payment_id).with_for_update()
    ).first()
    if row is None:
        raise NotAssignable(f"there is no payment {payment_id}: `karhu payments list` shows them")
    return row


def _there(line: Line) -> int:
    """The cents of a transaction that are on no invoice, and were not taken back by the bank."""
    if line.row.reverses is not None:
        return 0
    if line.row.amount_cents < 0:
        return -line.row.open_cents
    return min(line.row.open_cents, line.left_cents - sum(line.net.values()))
