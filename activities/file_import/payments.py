"""A chunk of a bank's payments booked in one transaction; its freshness noted in another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from activities.file_import.outcome import Outcome
from activities.file_import.records import record_of
from domain.calendar import HELSINKI
from integrations.intake import FeedRecord, PaymentRecord
from store import bank_feed, payments
from store.imports import Ended, RecordStatus
from store.payments import Result, Transaction
from store.tables import ImportRecord


def book_chunk(
    session: Session, rows: Sequence[ImportRecord], *, source: str, now: datetime
) -> Outcome:
    """Book payments; what belongs to no invoice waits in the queue, and is set aside here."""
    outcome = Outcome()
    paid: list[tuple[ImportRecord, PaymentRecord]] = []
    for row in rows:
        record = record_of(row)
        if not isinstance(record, PaymentRecord):
            continue
        if record.failed:
            outcome.ended.append(
                Ended(
                    row,
                    RecordStatus.SET_ASIDE,
                    element="direct debit",
                    reason=f"failed (code {record.receipt_code or '?'})",
                )
            )
        else:
            paid.append((row, record))
    transactions = [_transaction(record, source) for _, record in paid]
    results = payments.book(session, transactions, now=now)
    for (row, _), result in zip(paid, results, strict=True):
        outcome.ended.append(_ended(row, result))
        outcome.invoice_ids += [invoice_id for invoice_id, _ in result.booked]
    return outcome


def note_feed(
    session: Session, row: ImportRecord, *, company_id: int | None, now: datetime
) -> Outcome:
    """Note how fresh the bank's word is. What it came after is committed before."""
    record = record_of(row)
    if not isinstance(record, FeedRecord):
        return Outcome()
    let_go = bank_feed.note(
        session, account=record.account, as_of=record.as_of, company_id=company_id, now=now
    )
    when = record.as_of.astimezone(HELSINKI)
    return Outcome(
        [Ended(row, RecordStatus.SET_ASIDE, reason=f"the bank's word as of {when:%Y-%m-%d %H:%M}")],
        let_go,
    )


def _ended(row: ImportRecord, result: Result) -> Ended:
    first = result.booked[0][0] if result.booked else None
    if result.known:
        return Ended(row, RecordStatus.KNOWN)
    if result.problem or result.set_aside:
        return Ended(
            row,
            RecordStatus.SET_ASIDE,
            first,
            element="payment",
            reason=result.problem or result.set_aside,
        )
    return Ended(row, RecordStatus.BOOKED, first)


def _transaction(record: PaymentRecord, source: str) -> Transaction:
    return Transaction(
        key=record.key,
        reference=record.reference or "",
        amount_cents=record.amount_cents,
        paid_on=record.paid_on,
        booked_on=record.booked_on,
        payer=record.payer,
        account=record.account,
        source=source,
        message=record.message,
        payer_account=record.payer_account,
        archive_id=record.archive_id,
    )
