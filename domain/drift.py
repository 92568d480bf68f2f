"""Our books beside the agency's, case by case: what differs, probably why, and what to do.

Pure; amounts in cents. Interest that has merely run on is no difference: it is charged at the
agency from day to day, and in our books when a letter says it or a settlement brings it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from domain.agency import CaseBalance, CollectionPhase, CollectionStatus, parse_status
from domain.money import NO_BREAK_SPACE, format_eur

MOST_INTEREST_PERCENT = 25
"""A year. No interest that a Finnish invoice may carry is above it: the reference rate with its 8
percentage points is far below (633/1982 4 a §), and so is a consumer's agreed rate as a rule."""

_SLACK_CENTS = 100


@dataclass(frozen=True, slots=True)
class OurCase:
    """A case as our books have it.

    `principal_cents`, `interest_cents` and `fees_cents` are open. `told_cents`: the debtor's
    payments that the agency was told of; `waiting`: the kinds of messages that it does not have
    yet. `collected_cents`: what its last status said that it has collected, None if none did;
    `settled_cents`: what of that is in our books, and `awaited_cents` in settlements whose money
    has not come. `status`: the last one that we know. `ended`: for us the case is over.
    """

    reference: str
    invoice_id: int
    number: str
    assigned_on: date
    principal_cents: int
    interest_cents: int
    fees_cents: int
    told_cents: int = 0
    waiting: tuple[str, ...] = ()
    collected_cents: int | None = None
    settled_cents: int = 0
    awaited_cents: int = 0
    status: CollectionStatus | None = None
    status_text: str = ""
    accepted: bool = True
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which the two differ. `ours` and `theirs` as people read them; `cents`: by how
    much, ours less theirs; None of what is no money."""

    what: str
    ours: str
    theirs: str
    reason: str
    remedy: str
    cents: int | None = None

    def said(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CaseDrift:
    """A case compared. `invoice_id` None: it is not ours."""

    reference: str
    invoice_id: int | None
    number: str
    differences: tuple[Difference, ...]


def compare(ours: Iterable[OurCase], theirs: Iterable[CaseBalance], today: date) -> list[CaseDrift]:
    """Every case that either side has, by its reference, with what differs in it; nothing, mostly.

    A case that is over for us and that the agency does not list any more is left out.
    """
    there = {case.case_reference: case for case in theirs}
    compared = []
    for case in sorted(ours, key=lambda one: one.reference):
        other = there.pop(case.reference, None)
        if other is None and case.ended:
            continue
        differing = (_only_ours(case),) if other is None else tuple(_differing(case, other, today))
        compared.append(CaseDrift(case.reference, case.invoice_id, case.number, differing))
    compared += [
        CaseDrift(reference, None, "", (_only_theirs(there[reference]),))
        for reference in sorted(there)
    ]
    return compared


def _only_ours(case: OurCase) -> Difference:
    if case.waiting and not case.accepted:
        reason = "the assignment has not left yet"
        remedy = "look at the line of messages: karhu agency messages"
    else:
        reason = "the agency does not list it"
        remedy = (
            "ask the agency whether it has the case; withdraw the invoice and hand it over anew"
        )
    return Difference("case", "open", "not there", reason, remedy)


def _only_theirs(case: CaseBalance) -> Difference:
    return Difference(
        "case",
        "not there",
        case.status,
        "no case of this reference was handed over by this company",
        "ask the agency whose it is",
    )


def _differing(case: OurCase, other: CaseBalance, today: date) -> Iterable[Difference]:
    yield from _told(case, other)
    yield from _collected(case, other)
    yield from _settled(case, other)
    if not case.ended:
        yield from _claims(case, other, today)
    yield from _status(case, other)


def _told(case: OurCase, other: CaseBalance) -> Iterable[Difference]:
    if case.told_cents == other.paid_directly_cents:
        return
    if _payments_wait(case):
        reason, remedy = _WAITS
    else:
        reason = "the agency has booked direct payments otherwise than it was told of them"
        remedy = "compare the messages of the case with the agency's (karhu agency messages)"
    yield _money("direct payments", case.told_cents, other.paid_directly_cents, reason, remedy)


def _collected(case: OurCase, other: CaseBalance) -> Iterable[Difference]:
    # Most statuses say nothing of money, and what is settled says it better.
    said = case.collected_cents
    if said is None or said == other.collected_cents:
        return
    # It has come: a claim that goes on under another case has no status of its own to say so.
    if said < other.collected_cents <= case.settled_cents:
        return
    if other.collected_cents > said:
        reason = "the agency has collected more since its last status"
        remedy = "nothing: the settlement brings it"
    else:
        reason = "the agency's books have less than its status said"
        remedy = "ask the agency"
    yield _money("collected", said, other.collected_cents, reason, remedy)


def _settled(case: OurCase, other: CaseBalance) -> Iterable[Difference]:
    if case.settled_cents == other.settled_cents:
        return
    if case.settled_cents + case.awaited_cents == other.settled_cents:
        reason = "the settlement has been read, and its money has not come"
        remedy = "hand the bank's newest file in, or see karhu agency settlements --unsettled"
    elif case.settled_cents < other.settled_cents:
        reason = "a settlement has not arrived"
        remedy = "read them (karhu agency read-settlements), or ask the agency for it"
    else:
        reason = "more is booked as settled than the agency has remitted"
        remedy = "a payment of the debtor's may count as a settlement: karhu payments settlement"
    yield _money("settled", case.settled_cents, other.settled_cents, reason, remedy)


def _claims(case: OurCase, other: CaseBalance, today: date) -> Iterable[Difference]:
    on_the_way = other.collected_cents - case.settled_cents
    pairs = (
        ("principal", case.principal_cents, other.principal_cents),
        ("fees", case.fees_cents, other.fees_cents),
        ("interest", case.interest_cents, other.interest_cents),
    )
    gaps = [(what, mine, their) for what, mine, their in pairs if mine != their]
    by = {what: mine - their for what, mine, their in gaps}
    interest = by.pop("interest", 0)
    if _only_time(case, interest, other, today):
        gaps = [gap for gap in gaps if gap[0] != "interest"]
        interest = 0
    # What the agency has collected and not remitted is open here and paid there, whichever part of
    # the claim it went to; what it has taken back and not settled, the other way round.
    gap = sum(by.values()) + interest
    if gaps and (0 < gap <= on_the_way or on_the_way <= gap < 0):
        return
    for what, mine, their in gaps:
        reason, remedy = _why_open(case, other, on_the_way)
        yield _money(what, mine, their, reason, remedy)


def _why_open(case: OurCase, other: CaseBalance, on_the_way: int) -> tuple[str, str]:
    if case.waiting:
        return _WAITS
    if case.told_cents != other.paid_directly_cents:
        return (
            "the two know of different direct payments",
            "see the difference in direct payments",
        )
    if case.settled_cents != other.settled_cents:
        return "the two know of different settlements", "see the difference in what is settled"
    if (case.told_cents or case.settled_cents) and _whole(case) == _whole(other):
        return (
            "the same is open in all: payments went to the parts of the claim in another order",
            "nothing",
        )
    if on_the_way > 0:
        return (
            "the agency has collected of it, and not settled yet, but not this much",
            "wait for the settlement, and ask the agency if it stays so",
        )
    return (
        "the two claim different amounts",
        "compare the ledgers: a credit note or a fee may be on one side alone",
    )


def _whole(case: OurCase | CaseBalance) -> int:
    return case.principal_cents + case.interest_cents + case.fees_cents


def _only_time(case: OurCase, gap: int, other: CaseBalance, today: date) -> bool:
    """Whether the agency's interest is greater by no more than can have run meanwhile."""
    days = max((today - case.assigned_on).days, 0)
    base = max(case.principal_cents, other.principal_cents)
    most = base * MOST_INTEREST_PERCENT * days // 36_500 + _SLACK_CENTS
    return -most <= gap <= 0


def _status(case: OurCase, other: CaseBalance) -> Iterable[Difference]:
    theirs = parse_status(other.status)
    if case.ended:
        if theirs is not None and theirs.phase is CollectionPhase.ACTIVE:
            waits = "withdrawal" in case.waiting
            reason = "the withdrawal has not left" if waits else "the agency goes on all the same"
            remedy = "look at the line of messages: karhu agency messages"
            yield Difference("status", "over", other.status, reason, remedy)
        return
    same = theirs == case.status if theirs and case.status else other.status == case.status_text
    if same:
        return
    ours = case.status.finnish if case.status else case.status_text or "none yet"
    reason = "a status message has not come, or came late"
    remedy = "nothing: reading the agency's list brings what was missed; if it stays so, ask"
    yield Difference("status", ours, other.status, reason, remedy)


def _payments_wait(case: OurCase) -> bool:
    return bool({"direct_payment", "payment_reversal", "assignment"} & set(case.waiting))


_WAITS = (
    "a message to the agency still waits",
    "nothing, if it leaves; else see karhu agency messages",
)


def _money(what: str, ours: int, theirs: int, reason: str, remedy: str) -> Difference:
    return Difference(what, _eur(ours), _eur(theirs), reason, remedy, ours - theirs)


def _eur(cents: int) -> str:
    return format_eur(cents, "en").replace(NO_BREAK_SPACE, " ")
