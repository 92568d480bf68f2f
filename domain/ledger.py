"""The arithmetic of one invoice's ledger (reskontra): what is open, and what paid which part of it.

The ledger is append-only; a balance is always the fold of all its entries, in the order in which
they were booked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from domain.money import to_decimal


class EntryKind(StrEnum):
    """What an entry does. Amounts are never negative; the kind gives the direction."""

    PRINCIPAL = "principal"  # pääoma: the invoice, or more of it
    INTEREST = "interest"  # viivästyskorko
    FEE = "fee"  # muistutusmaksu
    PAYMENT = "payment"  # suoritus
    PAYMENT_REVERSED = "payment_reversed"  # suorituksen palautus: the bank took it back
    CREDIT = "credit"  # hyvitys: a credit note against the principal
    INTEREST_WAIVED = "interest_waived"
    FEE_WAIVED = "fee_waived"
    WRITE_OFF = "write_off"  # luottotappio
    OVERPAYMENT_REFUNDED = "overpayment_refunded"  # ylisuorituksen palautus to the debtor


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `on` is its value date; `key` names it once within the invoice.

    Raises ValueError for a negative amount.
    """

    kind: EntryKind
    amount_cents: int
    on: date
    key: str

    def __post_init__(self) -> None:
        if self.amount_cents < 0:
            raise ValueError(
                f"ledger entry {self.key!r} ({self.kind}) has {self.amount_cents} cents;"
                " amounts are never negative, the kind gives the direction"
            )


class UnbalancedEntry(ValueError):  # noqa: N818  (the name is the finding)
    """An entry takes back, waives or writes off more than there is. It must not be booked."""

    def __init__(self, entry: Entry, available_cents: int, of: str) -> None:
        super().__init__(
            f"Ledger entry {entry.key!r} ({entry.kind}) is {to_decimal(entry.amount_cents)} EUR,"
            f" but there is only {to_decimal(available_cents)} EUR {of}. Book at most that."
        )
        self.entry = entry
        self.available_cents = available_cents


@dataclass(frozen=True, slots=True)
class Balance:
    """What is open of an invoice, in cents, none negative.

    `overpaid_cents` is money of the debtor's that is not needed; while there is any, nothing is
    open.
    """

    principal_cents: int = 0
    interest_cents: int = 0
    fees_cents: int = 0
    overpaid_cents: int = 0

    @property
    def open_cents(self) -> int:
        """Everything that the debtor still owes."""
        return self.principal_cents + self.interest_cents + self.fees_cents


@dataclass(frozen=True, slots=True)
class Settlement:
    """A balance, and where every cent that was claimed or paid has gone. All in cents.

    For each of principal, interest and fees: claimed = open + paid + forgiven (credited, waived,
    written off). In all: payments - reversals - refunds + credits + waivers + write-offs
    = paid + overpaid + forgiven.
    """

    balance: Balance
    paid_principal_cents: int
    paid_interest_cents: int
    paid_fees_cents: int
    forgiven_principal_cents: int
    forgiven_interest_cents: int
    forgiven_fees_cents: int

    @property
    def paid_cents(self) -> int:
        """What of the payments went to claims; overpayment is not in it."""
        return self.paid_principal_cents + self.paid_interest_cents + self.paid_fees_cents

    @property
    def uncovered_principal_cents(self) -> int:
        """What payments and credits leave of the principal if they count for it first.

        The law's own order (interest first) may leave a rest of it open when a debtor has paid the
        invoice and no more; that rest is costs in all but name, and what becomes of costs is
        the rule's to say.
        """
        costs = (
            self.balance.interest_cents
            + self.paid_interest_cents
            + self.balance.fees_cents
            + self.paid_fees_cents
        )
        return max(0, self.balance.open_cents - costs)


def balance(entries: Iterable[Entry]) -> Balance:
    """What is open after these entries, in the order given. Raises `UnbalancedEntry`.

    See `settlement` for how payments are allocated.
    """
    return settlement(entries).balance


def settlement(entries: Iterable[Entry]) -> Settlement:
    """Allocate every entry, in the order given. Raises `UnbalancedEntry`.

    - Money goes to interest first, then principal, then fees (513/1999 11 a §: a consumer's costs
      come last; done so for all). What is left is overpaid, and meets the next claim by itself.
    - A credit reduces the principal, a waiver its own claim. What was already paid of it becomes
      overpaid, and so does a credit beyond the principal.
    - A reversed payment is taken from what is overpaid, then paid fees, principal and interest,
      which are open again.
    - A write-off takes open fees first, then interest, then principal.
    """
    book = _Book()
    for entry in entries:
        book.enter(entry)
    return book.settlement()


def last_payment_on(entries: Iterable[Entry]) -> date | None:
    """The value date of the latest payment that has not been taken back; None if there is none.

    Which payment the bank took back the ledger does not say: the latest ones are taken for it,
    so that a debt never looks younger than it is.
    """
    payments: list[tuple[date, int]] = []
    for entry in entries:
        if entry.kind is EntryKind.PAYMENT and entry.amount_cents > 0:
            payments.append((entry.on, entry.amount_cents))
            payments.sort()
        elif entry.kind is EntryKind.PAYMENT_REVERSED:
            left = entry.amount_cents
            while payments and left > 0:
                on, cents = payments.pop()
                if cents > left:
                    payments.append((on, cents - left))
                left -= cents
    return payments[-1][0] if payments else None


def principal_history(entries: Iterable[Entry]) -> tuple[tuple[date, int], ...]:
    """The open principal (cents) at the end of each value date that changed it, ascending.

    Entries are allocated in the order given, as they were booked, and count from their value dates,
    so that no interest runs on a payment that was merely booked late. This is what
    `domain.interest.late_interest` takes.
    """
    book = _Book()
    changes: dict[date, int] = {}
    for entry in entries:
        before = book.principal.open
        book.enter(entry)
        if change := book.principal.open - before:
            changes[entry.on] = changes.get(entry.on, 0) + change
    history: list[tuple[date, int]] = []
    principal_cents = 0
    for on in sorted(changes):
        principal_cents += changes[on]
        # A payment may be dated before the claim that it was booked against.
        history.append((on, max(principal_cents, 0)))
    return tuple(history)


@dataclass(slots=True)
class _Claim:
    """One kind of claim; claimed = open + paid + forgiven."""

    open: int = 0
    paid: int = 0
    forgiven: int = 0

    def pay(self, cents: int) -> int:
        """Pay what is open, and return what is left of the money."""
        used = min(cents, self.open)
        self.open -= used
        self.paid += used
        return cents - used

    def unpay(self, cents: int) -> int:
        """Reopen what was paid, and return what is left to take back."""
        used = min(cents, self.paid)
        self.paid -= used
        self.open += used
        return cents - used

    def forgive(self, cents: int) -> int:
        """Forgive what is open, and return what is left to forgive."""
        used = min(cents, self.open)
        self.open -= used
        self.forgiven += used
        return cents - used

    def forgive_paid(self, cents: int) -> int:
        """Forgive what was paid, and return the money set free."""
        used = min(cents, self.paid)
        self.paid -= used
        self.forgiven += used
        return used


@dataclass(slots=True)
class _Book:
    principal: _Claim = field(default_factory=_Claim)
    interest: _Claim = field(default_factory=_Claim)
    fees: _Claim = field(default_factory=_Claim)
    overpaid: int = 0

    def enter(self, entry: Entry) -> None:
        amount = entry.amount_cents
        match entry.kind:
            case EntryKind.PRINCIPAL:
                self.principal.open += amount
            case EntryKind.INTEREST:
                self.interest.open += amount
            case EntryKind.FEE:
                self.fees.open += amount
            case EntryKind.PAYMENT:
                self.overpaid += amount
            case EntryKind.CREDIT:
                left = self.principal.forgive(amount)
                self.principal.forgive_paid(left)
                # Set free or beyond the principal, it is the debtor's money either way.
                self.overpaid += left
            case EntryKind.INTEREST_WAIVED:
                self._waive(self.interest, entry)
            case EntryKind.FEE_WAIVED:
                self._waive(self.fees, entry)
            case EntryKind.PAYMENT_REVERSED:
                self._reverse(entry)
            case EntryKind.OVERPAYMENT_REFUNDED:
                if amount > self.overpaid:
                    raise UnbalancedEntry(entry, self.overpaid, "overpaid")
                self.overpaid -= amount
            case EntryKind.WRITE_OFF:
                still_open = self.principal.open + self.interest.open + self.fees.open
                if amount > still_open:
                    raise UnbalancedEntry(entry, still_open, "open")
                self.principal.forgive(self.interest.forgive(self.fees.forgive(amount)))
        self.overpaid = self.fees.pay(self.principal.pay(self.interest.pay(self.overpaid)))

    def settlement(self) -> Settlement:
        return Settlement(
            balance=Balance(self.principal.open, self.interest.open, self.fees.open, self.overpaid),
            paid_principal_cents=self.principal.paid,
            paid_interest_cents=self.interest.paid,
            paid_fees_cents=self.fees.paid,
            forgiven_principal_cents=self.principal.forgiven,
            forgiven_interest_cents=self.interest.forgiven,
            forgiven_fees_cents=self.fees.forgiven,
        )

    def _waive(self, claim: _Claim, entry: Entry) -> None:
        if entry.amount_cents > claim.open + claim.paid:
            raise UnbalancedEntry(entry, claim.open + claim.paid, "to waive")
        self.overpaid += claim.forgive_paid(claim.forgive(entry.amount_cents))

    def _reverse(self, entry: Entry) -> None:
        paid = self.fees.paid + self.principal.paid + self.interest.paid
        if entry.amount_cents > self.overpaid + paid:
            raise UnbalancedEntry(entry, self.overpaid + paid, "paid")
        from_overpaid = min(entry.amount_cents, self.overpaid)
        self.overpaid -= from_overpaid
        left = entry.amount_cents - from_overpaid
        self.interest.unpay(self.principal.unpay(self.fees.unpay(left)))
