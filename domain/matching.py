"""Which invoice a bank transaction belongs to: the rules, and suggestions where they end.

Pure: whoever asks has found the candidates, within the companies that have the receiving account.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher

from domain import references
from domain.calendar import FINLAND, BankingCalendar
from domain.ledger import Entry, EntryKind
from domain.money import NO_BREAK_SPACE, format_eur

BY_REFERENCE = "reference"
BY_NUMBER = "number and amount"
BY_HAND = "hand"
BY_REVERSAL = "reversal"

MOST_SUGGESTIONS = 5

_NOT_BY_HAND = re.compile(r"bank/|settlement/|payment/[0-9a-f]{64}$")
"""Names of ledger entries that a bank's file or a settlement made; the third, those that a bank's
file made in the first release."""

_HAND_DAYS = 3
"""Banking days between a payment's entry by hand and the same payment in a file."""

ALIKE = 0.8
"""How alike two names are that may be the same person's (`difflib` ratio)."""

_WORD = re.compile(r"[^\W_]+")
_SOLID = re.compile(r"[^\s,;:()\"']+")
_MOST_NAMED = 40


@dataclass(frozen=True, slots=True)
class Payment:
    """A bank transaction. Amount in cents, positive."""

    reference: str
    amount_cents: int
    message: str = ""
    payer: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice that a transaction may belong to. Amounts in cents.

    `open_cents` with fees and interest, `principal_cents` what is not covered of the principal,
    `invoiced_cents` the principal as invoiced. `ended`: its procedure is over.
    """

    invoice_id: int
    number: str
    reference: str
    due: date
    invoiced_cents: int
    principal_cents: int
    open_cents: int
    ended: bool = False
    customer: str = ""

    @property
    def open(self) -> bool:
        """Whether there is something to pay."""
        return self.principal_cents > 0 and not self.ended

    @property
    def amounts(self) -> set[int]:
        """What a debtor may take for the amount to pay."""
        return {self.open_cents, self.principal_cents, self.invoiced_cents} - {0}


@dataclass(frozen=True, slots=True)
class Match:
    """`how` it was found."""

    invoice_id: int
    how: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An invoice that a person may mean, and why, in words."""

    invoice_id: int
    number: str
    reason: str
    score: int


def match(payment: Payment, candidates: Iterable[Candidate]) -> Match | str:
    """The invoice that a payment belongs to, or why none can be said to.

    By its reference: of several invoices with the same the oldest that is open, or else the newest
    that is not. Then by an invoice number in its message together with the exact amount that is
    open, or that was invoiced.
    """
    known = sorted(candidates, key=lambda one: (one.due, one.invoice_id))
    if payment.reference:
        same = [one for one in known if one.reference == payment.reference]
        if same:
            still_open = [one for one in same if one.open]
            return Match((still_open or same[::-1])[0].invoice_id, BY_REFERENCE)
    named = [one for one in known if names(payment.message, one.number)]
    exact = [one for one in named if one.open and payment.amount_cents in one.amounts]
    if len(exact) == 1:
        return Match(exact[0].invoice_id, BY_NUMBER)
    return _why_not(payment, named, exact)


def _why_not(payment: Payment, named: Sequence[Candidate], exact: Sequence[Candidate]) -> str:
    if exact:
        numbers = ", ".join(one.number for one in exact)
        return f"its message names several invoices of this amount: {numbers}"
    if named:
        one = named[0]
        if not one.open:
            return f"its message names invoice {one.number}, of which nothing is open"
        return f"its message names invoice {one.number}, but the amount is another"
    if payment.reference:
        return f"no invoice has the reference {payment.reference}"
    if payment.message:
        return "it has no reference, and its message names no invoice"
    return "it has neither reference nor message"


def possible_numbers(message: str) -> set[str]:
    """What in a message may be an invoice's number, as it may be written in the books."""
    found: dict[str, None] = {}
    for solid in _SOLID.findall(message):
        for form in (solid, solid.strip(".#-/*_!?"), *_WORD.findall(solid)):
            if any(sign.isdigit() for sign in form):
                found.update({form: None, form.upper(): None})
    return set(list(found)[:_MOST_NAMED])


def names(message: str, number: str) -> bool:
    """Whether the number stands in the message by itself, not within another one."""
    if not number or not message:
        return False
    pattern = rf"(?<![^\W_]){re.escape(number)}(?![^\W_])"
    return re.search(pattern, message, re.IGNORECASE) is not None


def by_hand_already(
    entries: Iterable[Entry],
    amount_cents: int,
    on: Iterable[date],
    calendar: BankingCalendar = FINLAND,
) -> Entry | None:
    """A payment of the same amount that a person entered for one of these days or a few banking
    days away, and has not taken back."""
    days = tuple(on)
    standing: list[Entry] = []
    for entry in entries:
        if entry.amount_cents != amount_cents or _NOT_BY_HAND.match(entry.key):
            continue
        if entry.kind is EntryKind.PAYMENT:
            standing.append(entry)
        elif entry.kind is EntryKind.PAYMENT_REVERSED and standing:
            standing.pop()
    for entry in standing:
        for day in days:
            first, last = sorted((entry.on, day))
            if last <= calendar.add_banking_days(first, _HAND_DAYS):
                return entry
    return None


# ── suggestions ──────────────────────────────────────────────────────────────────────────────


def near_references(reference: str) -> set[str]:
    """Valid references that a slip of the hand makes into this one: a digit mistyped, two
    swapped, the check digit left out."""
    if not reference.isdecimal() or not reference.isascii():
        return set()
    slips: set[str] = set()
    for at, digit in enumerate(reference):
        head, tail = reference[:at], reference[at + 1 :]
        slips.update(f"{head}{other}{tail}" for other in "0123456789" if other != digit)
        if tail:
            slips.add(f"{head}{tail[0]}{digit}{tail[1:]}")
    near = {slip for slip in slips - {reference} if references.is_valid(slip) and slip[0] != "0"}
    # What is too short or too long to be the base of one is not.
    with suppress(references.InvalidReferenceError):
        near.add(references.make(reference))
    return near


def suggest(payment: Payment, candidates: Iterable[Candidate]) -> list[Suggestion]:
    """The invoices that the payment most likely belongs to, the likeliest first; at most five."""
    near, written = near_references(payment.reference), digits(payment.message)
    found = []
    for one in candidates:
        reasons = list(_reasons(payment, one, near, written))
        if reasons:
            score = sum(weight for weight, _ in reasons)
            why = "; ".join(reason for _, reason in reasons)
            found.append((-score, one.due, Suggestion(one.invoice_id, one.number, why, score)))
    found.sort(key=lambda item: (item[0], item[1], item[2].invoice_id))
    return [suggestion for _, _, suggestion in found[:MOST_SUGGESTIONS]]


def _reasons(
    payment: Payment, one: Candidate, near: set[str], written: set[str]
) -> Iterable[tuple[int, str]]:
    if one.reference and one.reference == payment.reference:
        yield 100, "it has the reference" if one.open else "it has the reference, and is not open"
    elif one.reference in near:
        if one.reference[:-1] == payment.reference:
            yield 80, f"the reference lacks its check digit: {one.reference}"
        else:
            yield 70, f"the reference is nearly the same: {one.reference}"
    elif one.reference and one.reference in written:
        yield 80, "its reference stands in the message"
    if names(payment.message, one.number):
        yield 60, "its number stands in the message"
    if not one.open:
        return
    if payment.amount_cents == one.open_cents:
        yield 40, f"{_eur(one.open_cents)} is open"
    elif payment.amount_cents == one.principal_cents:
        yield 35, f"{_eur(one.principal_cents)} of the principal is open"
    elif payment.amount_cents == one.invoiced_cents:
        yield 30, f"{_eur(one.invoiced_cents)} was invoiced"
    alike = likeness(payment.payer, one.customer, least=ALIKE)
    if alike >= ALIKE:
        yield round(30 * alike), "the customer's name resembles the payer's"


def likeness(payer: str, customer: str, *, least: float = 0.0) -> float:
    """How alike two names are, from 0 to 1: in any order of their words, and however short the
    bank has cut the payer's. What is less than `least` may be said to be 0."""
    left, right = words(payer), words(customer)
    if not left or not right:
        return 0.0
    short = " ".join(left)
    letters = Counter(short)
    best = 0.0
    for order in (right, right[::-1], right[-1:] + right[:-1]):
        whole = " ".join(order)
        for text in {whole, whole[: max(len(short), 6)]}:
            # No more than the letters that both have, which costs little to know: most names are
            # far from alike.
            common = (letters & Counter(text)).total()
            if 2 * common >= least * (len(short) + len(text)):
                best = max(best, SequenceMatcher(None, short, text).ratio())
    return best


def digits(message: str) -> set[str]:
    """Runs of digits in a message that may be references, also those written in groups."""
    runs = re.findall(r"[0-9]+", message) + re.findall(r"[0-9][0-9 ]{2,30}[0-9]", message)
    found = {run.replace(" ", "").lstrip("0") for run in runs}
    return {run for run in found if references.is_valid(run)}


def words(text: str) -> list[str]:
    """A name's or a message's words, in small letters."""
    return _WORD.findall(text.casefold())


def _eur(cents: int) -> str:
    return format_eur(cents, "en").replace(NO_BREAK_SPACE, " ")
