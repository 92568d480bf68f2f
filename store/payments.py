"""Booking what a bank's files say, hundreds of transactions at a time.

A transaction of the bank counts once, by its key. It is booked on the invoice that it belongs to
(`domain.matching`), or waits in the queue (`store.queue`) with its problem. What the bank takes
back is taken off the invoices that the earlier payment was booked on, in whichever order they come.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlmodel import Session, col, select

from domain import matching
from store import accounts, outbox, shares
from store.chunks import Chunk, Result
from store.sets import among
from store.shares import Fresh, Line
from store.tables import BankPayment, Invoice

__all__ = ["Result", "Transaction", "book", "match_waiting"]

_MOST_WAITING = 1_000
"""Payments without a usable reference that are looked through for the numbers of new invoices."""


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
    message: str = ""
    payer_account: str = ""
    archive_id: str = ""


def book(
    session: Session,
    transactions: Sequence[Transaction],
    *,
    now: datetime,
) -> list[Result]:
    """Book transactions of the bank, each once; what became of them, in their order.

    One that cannot be booked waits in the queue, and hurts no other. The invoices booked on are in
    the outbox.

    Takes the turn (`outbox.take_turn`): a caller that locks anything before must have taken it.
    """
    outbox.take_turn(session)
    keys = {transaction.key for transaction in transactions}
    known = set(
        session.execute(select(col(BankPayment.key)).where(among(BankPayment.key, keys))).scalars()
    )
    ids = _ids(session, len(keys - known))
    results: dict[int, Result] = {}
    lines: dict[int, Line] = {}
    for place, transaction in enumerate(transactions):
        if transaction.key in known:
            results[place] = Result(transaction.key, known=True)
            continue
        known.add(transaction.key)
        lines[place] = Line.of(_row(transaction, next(ids), now))
    done = Chunk(session, now).book(list(lines.values()))
    results |= dict(zip(lines, done, strict=True))
    return [results[place] for place in range(len(transactions))]


def match_waiting(session: Session, invoice_ids: Sequence[int], now: datetime) -> list[Result]:
    """Book what waited in the queue for these invoices, which have just been registered.

    Takes the turn, as `book` does.
    """
    outbox.take_turn(session)
    found = session.execute(
        select(Invoice.company_id, Invoice.reference, Invoice.number).where(
            among(Invoice.id, invoice_ids)
        )
    ).all()
    if not found:
        return []
    ibans = accounts.of(session, {row[0] for row in found})
    references = {row[1] for row in found} - {""}
    numbers = {row[2] for row in found}
    waiting = (
        col(BankPayment.open_cents) == col(BankPayment.amount_cents),
        col(BankPayment.amount_cents) > 0,
        col(BankPayment.set_aside) == "",
        among(BankPayment.account, ibans),
    )
    rows = session.exec(
        select(BankPayment).where(*waiting, among(BankPayment.reference, references))
    ).all()
    by_message = session.exec(
        select(BankPayment)
        .where(*waiting, col(BankPayment.message) != "")
        .order_by(col(BankPayment.id).desc())
        .limit(_MOST_WAITING)
    ).all()
    wanted = {row.id: row for row in rows} | {
        row.id: row for row in by_message if matching.possible_numbers(row.message) & numbers
    }
    lines = shares.read(session, [wanted[key] for key in sorted(wanted)])
    results = Chunk(session, now).book(lines)
    return [result for result in results if result.booked or result.set_aside]


def _row(transaction: Transaction, row_id: int, now: datetime) -> Fresh:
    return Fresh(
        id=row_id,
        key=transaction.key,
        company_id=None,
        reference=transaction.reference,
        amount_cents=transaction.amount_cents,
        open_cents=transaction.amount_cents,
        paid_on=transaction.paid_on,
        booked_on=transaction.booked_on,
        payer=transaction.payer,
        payer_account=transaction.payer_account,
        message=transaction.message,
        archive_id=transaction.archive_id,
        account=transaction.account,
        read_at=now,
        source=transaction.source,
    )


def _ids(session: Session, count: int) -> Iterator[int]:
    """Ids for new rows, so that what refers to them is written with them; those that stay unused
    are lost, which numbers of rows may be."""
    taken = session.execute(
        text(
            "SELECT nextval(pg_get_serial_sequence('bank_payment', 'id'))"
            " FROM generate_series(1, :count)"
        ),
        {"count": count},
    )
    return iter(taken.scalars().all())
