"""Money of an invoice that the collection agency has: whose is it, and which invoices is it for?

A direct payment (ohisuoritus) is the debtor's, past the agency, which must be told. A settlement
(tilitys) is the agency's own: it remits what it has collected, and is told nothing. Pure; amounts
in cents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.agency import Settlement, contract
from domain.agency.contract import NAMES
from domain.ledger import Balance
from domain.matching import ALIKE, likeness, names
from domain.money import NO_BREAK_SPACE, format_eur

BY_SETTLEMENT = "settlement"
"""How a share was found that a settlement's line names."""

_FIRST_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Received:
    """Money that came, or that a person enters; `amount_cents` positive."""

    amount_cents: int
    payer: str = ""
    payer_account: str = ""
    reference: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of the agency's money for one invoice.

    `accounts`: where settlements have come from before. `references`: those of settlements, with
    the settlement's name. `amounts`: what the agency is to remit, with the words for how that is
    known.
    """

    agency: str
    debtor: str = ""
    accounts: frozenset[str] = frozenset()
    references: Mapping[str, str] = field(default_factory=dict)
    amounts: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether money is the agency's settlement, and why; the words name no person."""

    settlement: bool
    why: str


def agency_named(payer: str) -> str | None:
    """The agency that a payer's name begins with; None for anybody else."""
    first = _FIRST_WORD.match(payer.strip())
    word = first.group().casefold() if first else ""
    return next((code for code, name in NAMES.items() if name.casefold() == word), None)


def judge(received: Received, expected: Expected) -> Judgement:
    """Whether money on an invoice that the agency has is its settlement or the debtor's.

    What only the agency can have comes first: a settlement's reference or name, its account, its
    name. Then the debtor's own name, since a debtor may pay just what the agency has collected.
    Then the amount; and what nothing speaks for is the debtor's, so that the agency hears of it.
    """
    name = contract.name(expected.agency)
    if received.reference and (settlement := expected.references.get(received.reference)):
        return Judgement(
            True, f"its reference {received.reference} is that of settlement {settlement}"
        )
    for settlement in expected.references.values():
        if names(received.message, settlement):
            return Judgement(True, f"its message names settlement {settlement}")
    if received.payer_account and received.payer_account in expected.accounts:
        return Judgement(True, f"it came from an account that {name} has settled from before")
    if agency_named(received.payer) is not None:
        return Judgement(True, f"the payer's name begins with {name_of_payer(received.payer)}")
    if likeness(received.payer, expected.debtor) >= ALIKE:
        return Judgement(False, "the payer is the debtor, by name")
    if how := expected.amounts.get(received.amount_cents):
        return Judgement(True, f"{_eur(received.amount_cents)} is {how}")
    if names(received.message, name):
        return Judgement(
            False,
            f"its message names {name}, which a debtor may write; payer, reference and amount are"
            " not the agency's",
        )
    return Judgement(False, f"neither payer, reference, message nor amount is {name}'s")


def name_of_payer(payer: str) -> str:
    """The agency that a payer's name begins with, as people call it; "" for anybody else."""
    code = agency_named(payer)
    return NAMES[code] if code else ""


# ── a settlement and its transfer ────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Awaited:
    """A settlement that has been read and whose money has not come. `reference` as the bank has
    it; `wrong`: why no transfer is shared out by it, if so."""

    id: int
    name: str
    reference: str
    amount_cents: int
    iban: str = ""
    wrong: str = ""


def transfer_of(
    received: Received,
    account: str,
    awaited: Iterable[Awaited],
    *,
    from_agency: bool,
    on_invoice: bool,
) -> Awaited | str | None:
    """The settlement that a transfer to `account` brings the money of; words, if it has to wait; or
    None, if it is no settlement's transfer.

    `on_invoice`: an invoice was found for it, by its reference or number: it may be a transfer for
    that case alone.
    """
    here = [one for one in awaited if not one.iban or one.iban == account]
    if received.reference and (from_agency or not on_invoice):
        same = [one for one in here if one.reference == received.reference]
        exact = [one for one in same if one.amount_cents == received.amount_cents]
        if exact or same:
            return _usable(exact[0]) if exact else _other_amount(received, same[0])
    if not from_agency or on_invoice:
        return None
    fits = [
        one
        for one in here
        if one.amount_cents == received.amount_cents and not (one.reference and received.reference)
    ]
    named = [one for one in fits if names(received.message, one.name)]
    if len(found := named or fits) == 1:
        return _usable(found[0])
    if found:
        which = ", ".join(one.name for one in found)
        return f"it may be the transfer of several settlements: {which}; assign it by hand"
    return "the agency's transfer, whose settlement has not been read yet"


def _usable(one: Awaited) -> Awaited | str:
    return f"it is the transfer of settlement {one.name}, and {one.wrong}" if one.wrong else one


def _other_amount(received: Received, one: Awaited) -> str:
    return (
        f"it has the reference of settlement {one.name}, which is {_eur(one.amount_cents)} and not"
        f" {_eur(received.amount_cents)}: ask the agency, or assign it by hand"
    )


def misfit(settlement: Settlement) -> str:
    """Why a settlement does not add up; "" if it does."""
    should = settlement.lines_cents - settlement.commission_cents
    if should == settlement.transferred_cents:
        return ""
    return (
        f"its lines come to {_eur(settlement.lines_cents)}, less"
        f" {_eur(settlement.commission_cents)} kept back {_eur(should)}, but"
        f" {_eur(settlement.transferred_cents)} is transferred"
    )


def withheld(lines_cents: Sequence[int], commission_cents: int) -> list[int]:
    """What of each line the agency keeps back: its commission in proportion to what the lines
    remit, none of those that take back. Adds up to the commission, to the cent, as long as there is
    that much."""
    paid = [max(0, cents) for cents in lines_cents]
    whole = sum(paid)
    kept_back = min(commission_cents, whole)
    if kept_back <= 0:
        return [0] * len(paid)
    parts = [cents * kept_back // whole for cents in paid]
    left = kept_back - sum(parts)
    # The largest remainders take the cents that are left, the earlier line first.
    order = sorted(range(len(paid)), key=lambda at: (-(paid[at] * kept_back % whole), at))
    for at in order[:left]:
        parts[at] += 1
    return parts


def claims_beyond(
    interest_cents: int, fees_cents: int, before: Balance, overpaid_cents: int
) -> tuple[int, int]:
    """The interest and the fees that the agency has collected beyond those that our books had
    claimed: they ran at the agency, and are claimed with its settlement.

    `before`: what was open before the money. No more than `overpaid_cents`, what the money left
    over: a settlement never makes a debtor owe.
    """
    interest = min(max(0, interest_cents - before.interest_cents), overpaid_cents)
    fees = min(max(0, fees_cents - before.fees_cents), overpaid_cents - interest)
    return interest, fees


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Money that is on an invoice as a settlement and that no settlement's line has named yet.
    Negative: it was taken back."""

    key: str
    amount_cents: int
    on: date


def covering(
    total_cents: int, kept_back_cents: int, there: Iterable[Unclaimed]
) -> Unclaimed | None:
    """The money that a line speaks of, where it came as a transfer of its own or was entered by
    hand: of the line's amount, or of that less what the agency keeps back; the oldest."""
    amounts = (total_cents, total_cents - kept_back_cents)
    fits = [one for one in there if one.amount_cents in amounts and one.amount_cents != 0]
    return min(fits, key=lambda one: (one.on, one.key), default=None)


def _eur(cents: int) -> str:
    return format_eur(cents, "en").replace(NO_BREAK_SPACE, " ")
