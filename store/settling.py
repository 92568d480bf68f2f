"""Sharing the one transfer of a settlement out to the invoices of its lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from domain import agency_money as rules
from domain.agency_money import BY_SETTLEMENT, Awaited, Judgement, Unclaimed
from domain.ledger import Entry, EntryKind
from domain.money import to_decimal
from domain.states import InvoiceState
from store import agency_money, claims
from store.sets import among
from store.shares import AUTOMATION, Account, Line, Shares
from store.tables import AgencySettlement, AgencySettlementLine

_ENDED_BY_HAND = {InvoiceState.CANCELLED.value, InvoiceState.WRITTEN_OFF.value}


@dataclass(slots=True)
class Settling:
    """The settlements that the transfers of a chunk may bring the money of.

    `look` first, then lock the invoices that it names, then `load`.
    """

    session: Session
    shares: Shares
    now: datetime
    _ids: list[int] = field(default_factory=list)
    _owners: list[AgencySettlement] = field(default_factory=list)
    _lines: dict[int, list[AgencySettlementLine]] = field(default_factory=dict)
    _there: dict[int, list[Unclaimed]] = field(default_factory=dict)
    _accounts: frozenset[str] = frozenset()

    def look(self, paid: Sequence[Line], companies: Collection[int]) -> set[int]:
        """Find them; the invoices of their lines, which are to be locked."""
        if not companies:
            return set()
        references = {line.row.reference for line in paid} - {""}
        amounts = {line.row.amount_cents for line in paid}
        open_still = {agency_money.AWAITING, agency_money.WAITING}
        self._ids = list(
            self.session.execute(
                sa.select(col(AgencySettlement.id))
                .where(
                    among(AgencySettlement.company_id, companies),
                    or_(
                        among(AgencySettlement.reference, references),
                        sa.and_(
                            among(AgencySettlement.status, open_still),
                            among(AgencySettlement.transferred_cents, amounts),
                        ),
                    ),
                )
                .order_by(col(AgencySettlement.id))
            ).scalars()
        )
        if any(line.row.payer_account for line in paid):
            self._accounts = agency_money.settled_from(self.session)
        return self.named(self._ids)

    def named(self, settlement_ids: Collection[int]) -> set[int]:
        """The invoices of the lines of settlements."""
        if not settlement_ids:
            return set()
        found = self.session.execute(
            sa.select(col(AgencySettlementLine.invoice_id)).where(
                among(AgencySettlementLine.settlement_id, settlement_ids),
                col(AgencySettlementLine.invoice_id).is_not(None),
            )
        ).scalars()
        return {invoice_id for invoice_id in found if invoice_id is not None}

    def load(self, settlement_ids: Collection[int] | None = None) -> None:
        """Read them as they are now that their invoices are locked."""
        ids = self._ids if settlement_ids is None else list(settlement_ids)
        if not ids:
            return
        self._owners = list(
            self.session.exec(
                select(AgencySettlement)
                .where(among(AgencySettlement.id, ids))
                .order_by(col(AgencySettlement.id))
                .with_for_update()
                .execution_options(populate_existing=True)
            )
        )
        rows = self.session.exec(
            select(AgencySettlementLine)
            .where(among(AgencySettlementLine.settlement_id, ids))
            .order_by(col(AgencySettlementLine.serial))
            .execution_options(populate_existing=True)
        )
        for row in rows:
            self._lines.setdefault(row.settlement_id, []).append(row)
        invoices = {
            row.invoice_id for rows in self._lines.values() for row in rows if row.invoice_id
        }
        self._there = agency_money.unclaimed(self.session, invoices)

    def lines(self, owner: AgencySettlement) -> list[AgencySettlementLine]:
        """A settlement's lines, in its order."""
        return self._lines.get(owner.id, [])

    def one(self, settlement_id: int) -> AgencySettlement:
        """One of those loaded."""
        return next(owner for owner in self._owners if owner.id == settlement_id)

    def from_agency(self, line: Line) -> bool:
        """Whether a transfer is an agency's by its payer's name or account."""
        row = line.row
        return rules.agency_named(row.payer) is not None or (
            row.payer_account != "" and row.payer_account in self._accounts
        )

    def transfer(
        self, line: Line, whose: Collection[int], *, on_invoice: bool
    ) -> AgencySettlement | str | None:
        """The settlement whose money it is; why it has to wait; None, if it is of no settlement."""
        awaited = [self._awaited(owner) for owner in self._owners if owner.company_id in whose]
        found = rules.transfer_of(
            line.received,
            line.row.account,
            awaited,
            from_agency=self.from_agency(line),
            on_invoice=on_invoice,
        )
        return self.one(found.id) if isinstance(found, Awaited) else found

    def _awaited(self, owner: AgencySettlement) -> Awaited:
        wrong = ""
        if owner.status == agency_money.SETTLED:
            wrong = (
                f"its money has come already, as payment {owner.bank_payment_id}"
                if owner.bank_payment_id
                else "its money has come already, case by case or entered by hand"
            )
        elif owner.status != agency_money.AWAITING:
            wrong = f"that waits for a person: {owner.problem}"
        return Awaited(
            owner.id, owner.name, owner.reference, owner.transferred_cents, owner.iban, wrong
        )

    # ── sharing out ──────────────────────────────────────────────────────────────────────────

    def share_out(self, owner: AgencySettlement, transfer: Line | None) -> str:
        """Book a settlement on the invoices of its lines: out of its transfer, or, if nothing was
        to come, without one. Why it cannot be, if so: nothing is booked then.

        A line that cannot be booked is left out with its problem, and what it would have brought
        stays open of the transfer.
        """
        lines = self.lines(owner)
        if why := self._came_already(owner, lines):
            return self._wait(owner, why)
        bookable = self._bookable(lines)
        bank = {line.id: line.total_cents - line.withheld_cents for line in bookable}
        if transfer is not None and sum(bank.values()) > transfer.row.open_cents:
            left_out = "; ".join(line.problem for line in lines if line.problem)
            return self._wait(owner, f"without what it takes back it is more than came: {left_out}")
        judgement = Judgement(True, f"settlement {owner.name} names it")
        # What is taken back may be of the same invoice as what is paid.
        for line in sorted(bookable, key=lambda one: one.total_cents < 0):
            account = self.shares.accounts[line.invoice_id or 0]
            self._book(owner, line, account, transfer, bank[line.id], judgement)
        owner.status, owner.settled_at = agency_money.SETTLED, self.now
        owner.problem = "; ".join(line.problem for line in lines if line.problem)
        if transfer is not None:
            owner.bank_payment_id = transfer.row.id
            transfer.row.company_id = owner.company_id
            transfer.row.problem = ""
            if transfer.row.open_cents:
                transfer.row.problem = (
                    f"of settlement {owner.name} {to_decimal(transfer.row.open_cents)} EUR are"
                    f" shared out to nobody: {owner.problem}; assign it by hand"
                )
        return ""

    def _wait(self, owner: AgencySettlement, why: str) -> str:
        owner.status, owner.problem = agency_money.WAITING, why
        return f"it is the transfer of settlement {owner.name}, which waits for a person: {why}"

    def _came_already(self, owner: AgencySettlement, lines: Iterable[AgencySettlementLine]) -> str:
        there = {invoice_id: list(money) for invoice_id, money in self._there.items()}
        for line in lines:
            money = there.get(line.invoice_id or 0, [])
            found = rules.covering(line.total_cents, line.withheld_cents, money)
            if line.entry_key is None and found is None:
                continue
            key = line.entry_key or (found.key if found else "")
            return (
                f"the money of case {line.case_reference} is on its invoice already, as {key}:"
                " take that back, or set the transfer aside"
            )
        return ""

    def _bookable(self, lines: Sequence[AgencySettlementLine]) -> list[AgencySettlementLine]:
        coming: dict[int, int] = {}
        for line in lines:
            if line.invoice_id is not None and line.total_cents > 0:
                coming[line.invoice_id] = coming.get(line.invoice_id, 0) + line.total_cents
        found = []
        for line in lines:
            line.problem = self._why_not(line, coming)
            if not line.problem and line.total_cents:
                found.append(line)
        return found

    def _why_not(self, line: AgencySettlementLine, coming: dict[int, int]) -> str:
        account = self.shares.accounts.get(line.invoice_id or 0)
        if account is None:
            return f"line {line.serial}: case {line.case_reference} is not known here"
        if line.total_cents >= 0:
            return ""
        if account.state in _ENDED_BY_HAND:
            return (
                f"line {line.serial} takes back money of invoice {account.number}, which a person"
                f" has ended ({account.state})"
            )
        known = account.settled
        there = known.paid_cents + known.balance.overpaid_cents + coming.get(account.id, 0)
        if -line.total_cents > there:
            return (
                f"line {line.serial} takes back {to_decimal(-line.total_cents)} EUR of invoice"
                f" {account.number}, where only {to_decimal(there)} EUR of payments is left"
            )
        coming[account.id] = coming.get(account.id, 0) + line.total_cents
        return ""

    def _book(
        self,
        owner: AgencySettlement,
        line: AgencySettlementLine,
        account: Account,
        transfer: Line | None,
        bank_cents: int,
        judgement: Judgement,
    ) -> None:
        before = account.settled.balance
        rest = line.total_cents
        if transfer is not None and bank_cents:
            self.shares.put(
                transfer,
                account,
                bank_cents,
                how=BY_SETTLEMENT,
                by=AUTOMATION,
                on=line.paid_on,
                judgement=judgement,
            )
            line.entry_key = f"bank/{transfer.row.key}/{transfer.last_serial}"
            rest -= bank_cents
        note = f"settlement {owner.name}"
        if rest:
            kind = EntryKind.PAYMENT if rest > 0 else EntryKind.PAYMENT_REVERSED
            entry = Entry(kind, abs(rest), line.paid_on, claims.name_of(owner, line, "kept back"))
            self.shares.enter(account, entry, note, judgement=judgement)
            line.entry_key = line.entry_key or entry.key
        for entry in claims.beyond(line, owner, before, account.settled.balance):
            self.shares.enter(account, entry, note, judgement=judgement)

    # ── looking ──────────────────────────────────────────────────────────────────────────────

    def shared_already(self, invoice_id: int, cents: int) -> str:
        """The settlement that has brought an invoice this very amount by a transfer for several
        cases, "" if none has."""
        with self.session.no_autoflush:
            found = self.session.execute(
                sa.select(col(AgencySettlement.name))
                .join(
                    AgencySettlementLine,
                    col(AgencySettlementLine.settlement_id) == col(AgencySettlement.id),
                )
                .where(
                    col(AgencySettlementLine.invoice_id) == invoice_id,
                    col(AgencySettlementLine.entry_key).is_not(None),
                    col(AgencySettlement.bank_payment_id).is_not(None),
                    col(AgencySettlementLine.principal_cents)
                    + col(AgencySettlementLine.interest_cents)
                    + col(AgencySettlementLine.fees_cents)
                    == cents,
                )
            )
            return found.scalars().first() or ""

    def transfers(self, payments: Iterable[Line]) -> Mapping[int, AgencySettlement]:
        """The settlements whose transfers these are, by the payment's id."""
        ids = {line.row.id for line in payments}
        if not ids:
            return {}
        rows = self.session.exec(
            select(AgencySettlement).where(among(AgencySettlement.bank_payment_id, ids))
        )
        return {row.bank_payment_id: row for row in rows if row.bank_payment_id}
