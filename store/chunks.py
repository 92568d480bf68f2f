"""Bank transactions that are matched and booked together, in few statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, or_, select

from domain import matching
from domain.ledger import UnbalancedEntry
from domain.matching import BY_REVERSAL, Match, Payment
from domain.money import to_decimal
from domain.states import InvoiceState
from store import accounts, shares
from store.copying import copy
from store.sets import among
from store.shares import Account, Fresh, Line, Shares
from store.tables import BankPayment, Invoice

AUTOMATION = "automation"

_ENDED_BY_HAND = {InvoiceState.CANCELLED.value, InvoiceState.WRITTEN_OFF.value}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a transaction.

    `booked`: invoices, and the cents on each. `known`: the same key was read before, and nothing
    changed. `problem`: why it waits in the queue. `set_aside`: why it needs no invoice.
    `overpaid_cents`: what of it nobody asked for; it is the debtor's, on the invoice.
    """

    key: str
    payment_id: int | None = None
    booked: tuple[tuple[int, int], ...] = ()
    known: bool = False
    problem: str = ""
    set_aside: str = ""
    told_agency: bool = False
    overpaid_cents: int = 0

    @property
    def queued(self) -> bool:
        return bool(self.problem)


class Chunk:
    """Transactions that are matched and booked together."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.shares = Shares(session, now)
        self.owners: dict[str, set[int]] = {}
        self.results: dict[int, Result] = {}

    def book(self, lines: Sequence[Line]) -> list[Result]:
        """Payments first, in their order; then what takes one back, also if it came before."""
        if not lines:
            return []
        self.owners = accounts.owners(self.session, {line.row.account for line in lines})
        paid = [line for line in lines if line.row.amount_cents > 0]
        back = [line for line in lines if line.row.amount_cents < 0]
        back += self._reversals_waiting(paid)
        earlier = self._may_be_taken_back(back)
        known = {line.row.id for line in lines}
        earlier = [line for line in earlier if line.row.id not in known]
        self.shares.lock(self._concerned(paid) | {i for line in earlier for i in line.net})
        by_reference, by_number = self._by_key()
        for line in paid:
            with _queued_if_unbalanced(line):
                self._pay(line, by_reference, by_number)
        payments = _by_sign([*earlier, *paid])
        for line in back:
            with _queued_if_unbalanced(line):
                self._take_back(line, payments)
        for line in lines:
            if line.row.amount_cents == 0:
                line.row.set_aside = "no money came"
        fresh = [_columns(line.row) for line in lines if isinstance(line.row, Fresh)]
        copy(self.session, BankPayment, fresh)
        # After them: what was there may now refer to one of them.
        self.session.flush()
        self.shares.write()
        return [self.results.get(line.row.id) or _result(line) for line in lines]

    # ── finding ──────────────────────────────────────────────────────────────────────────────

    def _concerned(self, paid: Iterable[Line]) -> set[int]:
        """The invoices that payments may belong to, in one query."""
        wanted = [line.row for line in paid if line.row.account in self.owners]
        companies = {owner for row in wanted for owner in self.owners[row.account]}
        references = {row.reference for row in wanted} - {""}
        numbers = {number for row in wanted for number in matching.possible_numbers(row.message)}
        if not companies:
            return set()
        return set(
            self.session.execute(
                select(col(Invoice.id)).where(
                    among(Invoice.company_id, companies),
                    or_(among(Invoice.reference, references), among(Invoice.number, numbers)),
                )
            ).scalars()
        )

    def _by_key(self) -> tuple[dict[str, list[Account]], dict[str, list[Account]]]:
        by_reference: dict[str, list[Account]] = {}
        by_number: dict[str, list[Account]] = {}
        for account in self.shares.accounts.values():
            by_reference.setdefault(account.reference, []).append(account)
            by_number.setdefault(account.number, []).append(account)
        return by_reference, by_number

    def _reversals_waiting(self, paid: Sequence[Line]) -> list[Line]:
        """What in the queue may take one of these payments back: it was read before it."""
        rows = self.session.exec(
            select(BankPayment)
            .where(
                col(BankPayment.amount_cents) < 0,
                col(BankPayment.open_cents) == col(BankPayment.amount_cents),
                col(BankPayment.set_aside) == "",
                _same(paid),
            )
            .order_by(col(BankPayment.id))
        ).all()
        return shares.read(self.session, rows)

    def _may_be_taken_back(self, back: Sequence[Line]) -> list[Line]:
        if not back:
            return []
        rows = self.session.exec(
            select(BankPayment)
            .where(col(BankPayment.amount_cents) > 0, _same(back))
            .order_by(col(BankPayment.id))
        ).all()
        return shares.read(self.session, rows)

    # ── booking ──────────────────────────────────────────────────────────────────────────────

    def _pay(
        self,
        line: Line,
        by_reference: dict[str, list[Account]],
        by_number: dict[str, list[Account]],
    ) -> None:
        row = line.row
        whose = self.owners.get(row.account, set())
        row.company_id = next(iter(whose)) if len(whose) == 1 else None
        if not whose:
            row.problem = f"no company has the account {row.account or '(none)'}"
            return
        near = {account.id: account for account in by_reference.get(row.reference, ())}
        for number in matching.possible_numbers(row.message):
            near |= {account.id: account for account in by_number.get(number, ())}
        found = matching.match(
            Payment(row.reference, row.amount_cents, row.message, row.payer),
            [account.candidate for account in near.values() if account.company_id in whose],
        )
        if not isinstance(found, Match):
            row.problem = found
            return
        account = near[found.invoice_id]
        twice = matching.by_hand_already(
            account.entries, row.amount_cents, (row.paid_on, row.booked_on)
        )
        if twice is not None:
            row.problem = (
                f"perhaps entered by hand already: invoice {account.number} has"
                f" {to_decimal(twice.amount_cents)} EUR of {twice.on}; assign it all the same, or"
                " set it aside"
            )
            return
        before = account.settled.balance.overpaid_cents
        told = self.shares.put(line, account, row.amount_cents, how=found.how, by=AUTOMATION)
        row.company_id = account.company_id
        row.problem = ""
        over = account.settled.balance.overpaid_cents - before
        self.results[row.id] = Result(
            row.key,
            row.id,
            ((account.id, row.amount_cents),),
            told_agency=told,
            overpaid_cents=over,
        )

    def _take_back(self, line: Line, payments: dict[str, list[Line]]) -> None:
        """Take the payment that a reversal belongs to off its invoices; all of it, or nothing."""
        row = line.row
        whose = self.owners.get(row.account, set())
        row.company_id = next(iter(whose)) if len(whose) == 1 else row.company_id
        near = {
            payment.row.id: payment
            for sign in (f"id {row.archive_id}", f"reference {row.reference}")
            for payment in payments.get(sign, ())
        }
        payment = _taken_back(line, near.values())
        if payment is None:
            row.problem = "the payment that it takes back is not known"
            return
        wanted = -row.amount_cents
        turning: list[tuple[Account, int]] = []
        for invoice_id, net in reversed(payment.net.items()):
            cents = min(net, wanted)
            if cents > 0:
                turning.append((self.shares.accounts[invoice_id], cents))
                wanted -= cents
        if why := _why_not(turning):
            row.problem = why
            return
        line.settlement = line.settlement or payment.settlement
        told = False
        for account, cents in turning:
            told |= self.shares.put(line, account, -cents, how=BY_REVERSAL, by=AUTOMATION)
            payment.net[account.id] -= cents
        payment.left_cents += row.amount_cents
        row.reverses = payment.row.id
        row.company_id = payment.row.company_id
        row.problem = ""
        if row.open_cents:
            # Of what was on no invoice yet, nothing is left to be assigned.
            row.set_aside = f"it takes back payment {payment.row.id}, which waited in the queue"
            if not payment.left_cents:
                payment.row.set_aside = "the bank has taken it back"
        self.results[row.id] = Result(
            row.key,
            row.id,
            tuple((account.id, -cents) for account, cents in turning),
            set_aside=row.set_aside,
            told_agency=told,
        )


@contextmanager
def _queued_if_unbalanced(line: Line) -> Iterator[None]:
    """A ledger that does not add up hurts its own payments alone."""
    try:
        yield
    except UnbalancedEntry as error:
        line.row.problem = str(error)


def _result(line: Line) -> Result:
    row = line.row
    return Result(row.key, row.id, problem=row.problem, set_aside=row.set_aside)


def _same(lines: Iterable[Line]) -> ColumnElement[bool]:
    """Transactions that may be the other half of these: by archiving id, or reference."""
    rows = [line.row for line in lines]
    return and_(
        among(BankPayment.account, {row.account for row in rows}),
        or_(
            among(BankPayment.archive_id, {row.archive_id for row in rows} - {""}),
            and_(
                among(BankPayment.reference, {row.reference for row in rows} - {""}),
                among(BankPayment.amount_cents, {-row.amount_cents for row in rows}),
            ),
        ),
    )


def _by_sign(payments: Iterable[Line]) -> dict[str, list[Line]]:
    """Payments by what a reversal knows them by."""
    found: dict[str, list[Line]] = {}
    for payment in payments:
        for sign in (f"id {payment.row.archive_id}", f"reference {payment.row.reference}"):
            found.setdefault(sign, []).append(payment)
    return found


def _columns(row: Fresh) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Fresh.__slots__}


def _taken_back(line: Line, payments: Iterable[Line]) -> Line | None:
    """The payment that a reversal belongs to: of the same archiving id, or of the same reference
    and amount; the last one before it, of several."""
    row = line.row
    wanted = -row.amount_cents
    fits: list[tuple[tuple[bool, bool, bool, date, int], Line]] = []
    for payment in payments:
        paid = payment.row
        if paid.account != row.account or payment.left_cents < wanted:
            continue
        whole = payment.left_cents == paid.amount_cents == wanted
        same_id = row.archive_id != "" and row.archive_id == paid.archive_id
        same_reference = row.reference == paid.reference
        # One archiving id may stand for several payments, each with a reference of its own.
        if same_id and (same_reference or not (row.reference and paid.reference)):
            pass
        elif not (row.reference and same_reference and whole):
            continue
        before = paid.booked_on <= row.booked_on
        fits.append(((same_id, whole, before, paid.booked_on, paid.id), payment))
    return max(fits, key=lambda item: item[0])[1] if fits else None


def _why_not(turning: Iterable[tuple[Account, int]]) -> str:
    """Why a reversal is for a person to book, if so."""
    for account, cents in turning:
        if account.state in _ENDED_BY_HAND:
            return (
                f"it takes back a payment of invoice {account.number}, which a person has ended"
                f" ({account.state}): assign it there to book it all the same, or set it aside"
            )
        known = account.settled
        there = known.paid_cents + known.balance.overpaid_cents
        if cents > there:
            return (
                f"it takes back {to_decimal(cents)} EUR of invoice {account.number}, where only"
                f" {to_decimal(there)} EUR of payments is left; was it refunded?"
            )
    return ""
