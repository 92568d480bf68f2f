"""Bank transactions that are matched and booked together, in few statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from domain import matching
from domain.ledger import UnbalancedEntry
from domain.matching import BY_REVERSAL, Match, Payment
from domain.money import to_decimal
from store import accounts, claims, reversals, shares
from store.copying import copy
from store.sets import among
from store.settling import Settling
from store.shares import AUTOMATION, Account, Fresh, Line, Shares
from store.tables import AgencySettlement, BankPayment, Invoice


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
        self.now = now
        self.settling = Settling(session, self.shares, now)
        self.transfers: Mapping[int, AgencySettlement] = {}
        self.gone: set[tuple[int, str]] = set()
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
        companies = {owner for whose in self.owners.values() for owner in whose}
        self.transfers = self.settling.transfers(earlier)
        settled = self.settling.look(paid, companies)
        taken_from = {i for line in earlier for i in line.net}
        self.shares.lock(self._concerned(paid) | settled | taken_from)
        self.settling.load()
        by_reference, by_number = self._by_key()
        for line in paid:
            with _queued_if_unbalanced(line):
                self._pay(line, by_reference, by_number)
        payments = reversals.by_sign([*earlier, *paid])
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
        claims.let_go(self.session, self.gone, self.now)
        claims.claim(self.session, self.shares.settled_on, self.now)
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
                reversals.same(paid),
            )
            .order_by(col(BankPayment.id))
        ).all()
        return shares.read(self.session, rows)

    def _may_be_taken_back(self, back: Sequence[Line]) -> list[Line]:
        if not back:
            return []
        rows = self.session.exec(
            select(BankPayment)
            .where(col(BankPayment.amount_cents) > 0, reversals.same(back))
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
        settlement = self.settling.transfer(line, whose, on_invoice=isinstance(found, Match))
        if settlement is not None:
            self._settle(line, settlement)
            return
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
        if row.amount_cents > account.settled.balance.open_cents and self.settling.from_agency(
            line
        ):
            name = self.settling.shared_already(account.id, row.amount_cents)
            if name:
                row.problem = (
                    f"settlement {name} has brought invoice {account.number} this very amount, and"
                    " less is open; assign it all the same, or set it aside"
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

    def _settle(self, line: Line, settlement: AgencySettlement | str) -> None:
        """Share a settlement's transfer out to its invoices, or have it wait."""
        row = line.row
        before = dict(line.net)
        if isinstance(settlement, str):
            row.problem = settlement
        elif why := self.settling.share_out(settlement, line):
            row.problem = why
        booked = tuple(
            (invoice_id, net - before.get(invoice_id, 0)) for invoice_id, net in line.net.items()
        )
        self.results[row.id] = Result(row.key, row.id, booked, problem=row.problem)

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
        payment = reversals.taken_back(line, near.values())
        if payment is None:
            row.problem = "the payment that it takes back is not known"
            return
        if (settlement := self.transfers.get(payment.row.id)) is not None:
            row.problem = (
                f"it takes back the transfer of settlement {settlement.name}: release that first"
                f" (karhu agency release {settlement.id})"
            )
            return
        wanted = -row.amount_cents
        turning: list[tuple[Account, int]] = []
        for invoice_id, net in reversed(payment.net.items()):
            cents = min(net, wanted)
            if cents > 0:
                turning.append((self.shares.accounts[invoice_id], cents))
                wanted -= cents
        if why := reversals.why_not(turning):
            row.problem = why
            return
        # Whose it was, it is now that it is taken back.
        line.judged = dict(payment.judged)
        told = False
        for account, cents in turning:
            told |= self.shares.put(line, account, -cents, how=BY_REVERSAL, by=AUTOMATION)
            payment.net[account.id] -= cents
            serials = range(1, payment.last_serial + 1)
            self.gone |= {(account.id, f"bank/{payment.row.key}/{at}") for at in serials}
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


def _columns(row: Fresh) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Fresh.__slots__}
