"""Shares of bank transactions on invoices: found and locked together, booked in memory, written
down in few statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, or_

from domain.agency_money import Expected, Judgement, Received
from domain.ledger import Entry, EntryKind, Settlement, settlement
from domain.matching import Candidate
from domain.states import FINAL_STATES
from store import agency_money, booking, ledger
from store.copying import copy
from store.sets import among
from store.tables import (
    AgencyCase,
    AgencyMessage,
    BankPayment,
    Invoice,
    LedgerEntry,
    PaymentShare,
    PaymentVerdict,
)

AUTOMATION = "automation"
"""Who has booked what no person has."""

_MONEY = frozenset({EntryKind.PAYMENT, EntryKind.PAYMENT_REVERSED})


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
    what reversals have taken off them; `last_serial`: of its shares; `judged`: what it was held to
    be on invoices that an agency has; `tick`: what a person says that it is."""

    row: BankPayment | Fresh
    tick: bool | None = None
    judged: dict[int, Judgement] = field(default_factory=dict)
    net: dict[int, int] = field(default_factory=dict)
    last_serial: int = 0
    left_cents: int = 0
    """What reversals have left of it."""

    @classmethod
    def of(cls, row: BankPayment | Fresh) -> Line:
        return cls(row, left_cents=max(row.amount_cents, 0))

    @property
    def received(self) -> Received:
        row = self.row
        # What is taken back is no amount that anybody was to pay.
        cents = max(row.amount_cents, 0)
        return Received(cents, row.payer, row.payer_account, row.reference, row.message)


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
    case: AgencyCase | None
    """The newest case at an agency, open or ended."""
    expected: Expected | None
    """What is known of that agency's money."""
    _settled: Settlement | None = None

    @property
    def file(self) -> AgencyCase | None:
        """The case that the agency has now."""
        return self.case if self.case is not None and self.case.ended_at is None else None

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
        self._verdicts: list[dict[str, Any]] = []
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
        cases = agency_money.cases(self.session, invoice_ids)
        expected = agency_money.expected(self.session, cases)
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
                case=cases.get(row.id),
                expected=expected.get(row.id),
            )

    @property
    def settled_on(self) -> list[int]:
        """The invoices that an agency's money was booked on, or taken off."""
        return list(dict.fromkeys(row["invoice_id"] for row in self._verdicts if row["settlement"]))

    def put(
        self,
        line: Line,
        account: Account,
        cents: int,
        *,
        how: str,
        by: str,
        on: date | None = None,
        judgement: Judgement | None = None,
    ) -> bool:
        """Book so many cents of the transaction on the invoice (negative: take them off it).

        `on`: the value date, if it is another than the bank's; `judgement`: what it is, if that is
        known. Whether the agency is told of it. Raises `UnbalancedEntry`; nothing has changed then.
        """
        name = f"{line.row.key}/{line.last_serial + 1}"
        kind = EntryKind.PAYMENT if cents > 0 else EntryKind.PAYMENT_REVERSED
        entry = Entry(kind, abs(cents), on or line.row.paid_on, f"bank/{name}")
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
        self._note_entry(
            account,
            entry,
            f"bank, {line.row.source}{f', by {by}' if how == 'hand' else ''}",
        )
        judgement = judgement or self._judged(line, account, by)
        if judgement is not None:
            line.judged[account.id] = judgement
        told = account.file is not None and not (judgement and judgement.settlement)
        if account.case is not None and judgement is not None:
            self._judge(account.case, judgement, entry, by=by, told=told)
        if told and account.file is not None:
            message = booking.payment_message(account.file, entry, name)
            self._messages.append(booking.message_row(message, account.file, self.now))
        return told

    def enter(self, account: Account, entry: Entry, note: str, *, judgement: Judgement) -> None:
        """Book something else that an agency's settlement says. Raises `UnbalancedEntry`; nothing
        has changed then."""
        account.book(entry)
        self._note_entry(account, entry, note)
        if entry.kind in _MONEY and account.case is not None:
            self._judge(account.case, judgement, entry, by=AUTOMATION, told=False)

    def _judged(self, line: Line, account: Account, by: str) -> Judgement | None:
        """Whose money it is; None, if no agency has or had the invoice."""
        if account.expected is None:
            return None
        if (before := line.judged.get(account.id)) is not None and line.tick is None:
            return before
        return agency_money.judged(line.received, account.expected, line.tick, by)

    def _judge(
        self, case: AgencyCase, judgement: Judgement, entry: Entry, *, by: str, told: bool
    ) -> None:
        sign = 1 if entry.kind is EntryKind.PAYMENT else -1
        self._verdicts.append(
            agency_money.verdict_row(
                judgement,
                case,
                key=entry.key,
                amount_cents=sign * entry.amount_cents,
                by=by,
                told=told,
                now=self.now,
            )
        )

    def _note_entry(self, account: Account, entry: Entry, note: str) -> None:
        self._entries.append(
            {
                "invoice_id": account.id,
                "kind": entry.kind.value,
                "amount_cents": entry.amount_cents,
                "on": entry.on,
                "booked_at": self.now,
                "key": entry.key,
                "note": note,
            }
        )
        self._touched[account.id] = None

    def write(self) -> None:
        """Write everything down, and note whose workflow is to be told, or started again.

        Transactions that are new are the caller's to insert before.
        """
        for table, rows in (
            (PaymentShare, self._shares),
            (LedgerEntry, self._entries),
            (AgencyMessage, self._messages),
            (PaymentVerdict, self._verdicts),
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
    names: dict[str, tuple[int, int]] = {}
    for payment_id, reverses, serial, invoice_id, cents in found:
        own = lines.get(payment_id)
        if own is not None:
            own.last_serial = max(own.last_serial, serial)
            names[f"bank/{own.row.key}/{serial}"] = (payment_id, invoice_id)
        for line in (own, lines.get(reverses)):
            if line is not None:
                line.net[invoice_id] = line.net.get(invoice_id, 0) + cents
    if names:
        for (_, key), verdict in agency_money.newest(session, keys=names).items():
            payment_id, invoice_id = names[key]
            judgement = Judgement(verdict.settlement, verdict.why)
            lines[payment_id].judged[invoice_id] = judgement
    taken = session.execute(
        sa.select(col(owner.reverses), col(owner.amount_cents)).where(among(owner.reverses, lines))
    )
    for payment_id, cents in taken:
        lines[payment_id].left_cents += cents
    return list(lines.values())
