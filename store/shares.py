"""Shares of bank transactions on invoices: found and locked together, booked in memory, written
down in few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, or_

from domain.ledger import Entry, EntryKind, Settlement, settlement
from domain.matching import Candidate, is_settlement
from domain.states import FINAL_STATES
from store import booking, ledger
from store.copying import copy
from store.sets import among
from store.tables import AgencyCase, AgencyMessage, BankPayment, Invoice, LedgerEntry, PaymentShare


@dataclass(slots=True)
class Fresh:
    """A transaction that is not in the books yet: a row of `BankPayment`."""

    id: int
    key: str
    company_id: int | None
    reference: str
    amount_cents: int
    open_cents: int
    paid_on: date
    booked_on: date
    payer: str
    payer_account: str
    message: str
    archive_id: str
    account: str
    read_at: datetime
    source: str
    problem: str = ""
    set_aside: str = ""
    reverses: int | None = None


@dataclass(slots=True)
class Line:
    """A bank transaction on its way onto invoices. `net`: its cents on each invoice by now, less
    what reversals have taken off them; `last_serial`: of its shares."""

    row: BankPayment | Fresh
    settlement: bool
    net: dict[int, int] = field(default_factory=dict)
    last_serial: int = 0
    left_cents: int = 0
    """What reversals have left of it."""

    @classmethod
    def of(cls, row: BankPayment | Fresh, *, settlement: bool | None = None) -> Line:
        agency = is_settlement(row.payer) if settlement is None else settlement
        return cls(row, agency, left_cents=max(row.amount_cents, 0))


@dataclass(slots=True)
class Account:
    """An invoice under its lock, with its ledger as far as it has been booked in memory."""

    id: int
    company_id: int
    number: str
    reference: str
    due: date
    invoiced_cents: int
    state: str
    entries: list[Entry]
    file: AgencyCase | None
    _settled: Settlement | None = None

    @property
    def settled(self) -> Settlement:
        if self._settled is None:
            self._settled = settlement(self.entries)
        return self._settled

    def book(self, entry: Entry) -> None:
        """Raises `UnbalancedEntry`, and is as it was then."""
        self._settled = settlement([*self.entries, entry])
        self.entries.append(entry)

    @property
    def candidate(self) -> Candidate:
        known = self.settled
        return Candidate(
            invoice_id=self.id,
            number=self.number,
            reference=self.reference,
            due=self.due,
            invoiced_cents=self.invoiced_cents,
            principal_cents=known.uncovered_principal_cents,
            open_cents=known.balance.open_cents,
            ended=self.state in FINAL_STATES,
        )


class Shares:
    """What one transaction of the database books of bank transactions.

    `lock` first, then `put` as often as needed, then `write`, once.
    """

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now
        self.accounts: dict[int, Account] = {}
        self._shares: list[dict[str, Any]] = []
        self._entries: list[dict[str, Any]] = []
        self._messages: list[dict[str, Any]] = []
        self._touched: dict[int, None] = {}

    def lock(self, invoice_ids: Collection[int]) -> None:
        """Lock the invoices, in the order of their ids, and read their ledgers."""
        if not invoice_ids:
            return
        rows = self.session.execute(
            sa.select(
                col(Invoice.id),
                col(Invoice.company_id),
                col(Invoice.number),
                col(Invoice.reference),
                col(Invoice.due),
                col(Invoice.principal_cents),
                col(Invoice.state),
            )
            .where(among(Invoice.id, invoice_ids))
            .order_by(col(Invoice.id))
            .with_for_update()
        ).all()
        entries = ledger.entries_of(self.session, invoice_ids)
        files = booking.open_files(self.session, invoice_ids)
        for row in rows:
            self.accounts[row.id] = Account(
                id=row.id,
                company_id=row.company_id,
                number=row.number,
                reference=row.reference,
                due=row.due,
                invoiced_cents=row.principal_cents,
                state=row.state,
                entries=entries[row.id],
                file=files.get(row.id),
            )

    def put(self, line: Line, account: Account, cents: int, *, how: str, by: str) -> bool:
        """Book so many cents of the transaction on the invoice (negative: take them off it).

        Whether the agency is told of it. Raises `UnbalancedEntry`; nothing has changed then.
        """
        name = f"{line.row.key}/{line.last_serial + 1}"
        kind = EntryKind.PAYMENT if cents > 0 else EntryKind.PAYMENT_REVERSED
        entry = Entry(kind, abs(cents), line.row.paid_on, f"bank/{name}")
        account.book(entry)
        line.last_serial += 1
        line.row.open_cents -= cents
        line.net[account.id] = line.net.get(account.id, 0) + cents
        self._shares.append(
            {
                "bank_payment_id": line.row.id,
                "serial": line.last_serial,
                "invoice_id": account.id,
                "amount_cents": cents,
                "how": how,
                "assigned_by": by,
                "assigned_at": self.now,
            }
        )
        self._entries.append(
            {
                "invoice_id": account.id,
                "kind": kind.value,
                "amount_cents": abs(cents),
                "on": entry.on,
                "booked_at": self.now,
                "key": entry.key,
                "note": f"bank, {line.row.source}{f', by {by}' if how == 'hand' else ''}",
            }
        )
        self._touched[account.id] = None
        if account.file is None or line.settlement:
            return False
        message = booking.payment_message(account.file, entry, name)
        self._messages.append(booking.message_row(message, account.file, self.now))
        return True

    def write(self) -> None:
        """Write everything down, and note whose workflow is to be told, or started again.

        Transactions that are new are the caller's to insert before.
        """
        for table, rows in (
            (PaymentShare, self._shares),
            (LedgerEntry, self._entries),
            (AgencyMessage, self._messages),
        ):
            copy(self.session, table, rows)
        if not self._touched:
            return
        again = [
            account.id
            for account in map(self.accounts.__getitem__, self._touched)
            if booking.reopens(account.state, account.settled)
        ]
        for ids, change in (
            (list(self._touched), {"signal_pending": True}),
            (again, {"start_pending": True}),
        ):
            if ids:
                self.session.execute(
                    sa.update(Invoice).where(among(Invoice.id, ids)).values(change),
                    execution_options={"synchronize_session": False},
                )


def read(session: Session, rows: Sequence[BankPayment]) -> list[Line]:
    """Transactions that are in the books, with where their money is."""
    lines = {row.id: Line.of(row) for row in rows}
    if not lines:
        return []
    owner = BankPayment
    found = session.execute(
        sa.select(
            col(owner.id),
            col(owner.reverses),
            col(PaymentShare.serial),
            col(PaymentShare.invoice_id),
            col(PaymentShare.amount_cents),
        )
        .join(PaymentShare, col(PaymentShare.bank_payment_id) == col(owner.id))
        .where(or_(among(owner.id, lines), among(owner.reverses, lines)))
        .order_by(col(PaymentShare.id))
    ).all()
    for payment_id, reverses, serial, invoice_id, cents in found:
        own = lines.get(payment_id)
        if own is not None:
            own.last_serial = max(own.last_serial, serial)
        for line in (own, lines.get(reverses)):
            if line is not None:
                line.net[invoice_id] = line.net.get(invoice_id, 0) + cents
    taken = session.execute(
        sa.select(col(owner.reverses), col(owner.amount_cents)).where(among(owner.reverses, lines))
    )
    for payment_id, cents in taken:
        lines[payment_id].left_cents += cents
    return list(lines.values())
