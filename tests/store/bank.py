"""A bank that makes transactions up, and books to find them in."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime
from threading import Barrier
from typing import Any

from sqlmodel import col, select

from domain.ledger import Entry, settlement
from store import booking, ledger, payments
from store.database import Database
from store.payments import Result, Transaction
from store.tables import BankPayment, Invoice, LedgerEntry, PaymentShare
from tests.books import MONDAY, Books

IBAN = "FI3715903000000776"
_serial = itertools.count(1)


def transaction(reference: str = "", cents: int = 10_000, **changes: Any) -> Transaction:
    """One that the bank has not told of before."""
    number = next(_serial)
    plain = Transaction(
        key=hashlib.sha256(str(number).encode()).hexdigest(),
        reference=reference,
        amount_cents=cents,
        paid_on=date(2026, 3, 10),
        booked_on=date(2026, 3, 10),
        payer="MALLIASIAKAS",
        account=IBAN,
        source="payments.ktl",
        archive_id=f"A{number:08d}",
    )
    return replace(plain, **changes)


@dataclass
class Bank(Books):
    """Books, and a way to book files in them."""

    url: str

    def book(
        self, *transactions: Transaction, now: datetime = MONDAY, database: Database | None = None
    ) -> list[Result]:
        with (database or self.database).transaction() as session:
            return payments.book(session, transactions, now=now)

    def match_waiting(self, *invoices: Invoice) -> list[Result]:
        with self.database.transaction() as session:
            return payments.match_waiting(session, [one.id for one in invoices], MONDAY)

    def payment(self, transaction: Transaction) -> BankPayment:
        with self.database.transaction() as session:
            return session.exec(select(BankPayment).where(BankPayment.key == transaction.key)).one()

    def shares(self, transaction: Transaction) -> list[tuple[int, int, str]]:
        """Invoice, cents and how, in order."""
        with self.database.transaction() as session:
            rows = session.exec(
                select(PaymentShare)
                .join(BankPayment, col(BankPayment.id) == PaymentShare.bank_payment_id)
                .where(BankPayment.key == transaction.key)
                .order_by(col(PaymentShare.serial))
            )
            return [(row.invoice_id, row.amount_cents, row.how) for row in rows]

    def owed(self, invoice: Invoice) -> tuple[int, int]:
        """What is open, and what is overpaid."""
        with self.database.transaction() as session:
            known = settlement(ledger.entries(session, invoice.id)).balance
        return known.open_cents, known.overpaid_cents

    def close(self, invoice: Invoice, state: str = "paid") -> None:
        """As the procedure leaves it."""
        with self.database.transaction() as session:
            row = booking.lock(session, invoice.id)
            row.state, row.start_pending, row.signal_pending = state, False, False
            session.add(row)

    def everything_adds_up(self, *invoices: Invoice) -> None:
        """Of every transaction the shares and what is open come to the amount, and the ledgers
        have the shares and what was entered by hand, and nothing else."""
        ids = [invoice.id for invoice in invoices]
        with self.database.transaction() as session:
            parts = session.exec(select(PaymentShare)).all()
            shares: Counter[int] = Counter()
            for one in parts:
                shares[one.bank_payment_id] += one.amount_cents
            for row in session.exec(select(BankPayment)):
                assert shares[row.id] + row.open_cents == row.amount_cents, row
            for invoice_id in ids:
                entries = session.exec(
                    select(LedgerEntry).where(
                        LedgerEntry.invoice_id == invoice_id, col(LedgerEntry.key).like("bank/%")
                    )
                ).all()
                booked = sum(
                    one.amount_cents if one.kind == "payment" else -one.amount_cents
                    for one in entries
                )
                assert booked == sum(
                    one.amount_cents for one in parts if one.invoice_id == invoice_id
                )
                known: list[Entry] = ledger.entries(session, invoice_id)
                settlement(known)

    def at_once(self, *work: Callable[[Database], object]) -> Sequence[object]:
        """Do several things at the same time, each with a connection of its own."""
        start = Barrier(len(work))

        def one(task: Callable[[Database], object]) -> object:
            database = Database(self.url, size=1)
            try:
                start.wait(60)
                return task(database)
            finally:
                database.close()

        with ThreadPoolExecutor(len(work)) as threads:
            return list(threads.map(one, work))
