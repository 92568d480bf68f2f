"""Whether a rule asks for more than the law allows, before anybody is charged by it.

Each breach names the term, what the rule says, the limit and where it stands, so that whoever wrote
the rule learns what to write instead. What a saved rule says beyond the law (a later one, say)
is never charged: `domain.gates` sees to that for each letter by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from domain.law import DebtorClass, Law, LawError, Provision, Topic
from domain.money import format_eur
from domain.rule import HandOver, LetterTerms, Rule, Sending


@dataclass(frozen=True, slots=True)
class Breach:
    """One term of a rule that the law does not allow.

    `term` is its path in the rule ("reminder.fee_cents"), `says` and `limit` the figures in its own
    unit (cents, days or letters), as `says_words` and `limit_words` have them in words.
    """

    term: str
    debtor_class: DebtorClass
    says: int
    limit: int
    says_words: str
    limit_words: str
    sentence: str
    section: str

    def __str__(self) -> str:
        return (
            f"{self.term}: {self.sentence} ({self.section})"
            f" This rule says {self.says_words}; lawful is {self.limit_words}."
        )


class UnlawfulRule(LawError, ValueError):  # noqa: N818  (the name is the finding)
    """A rule that is not saved, with every breach of the law that is in it."""

    def __init__(self, name: str, breaches: Iterable[Breach]) -> None:
        self.name = name
        self.breaches = tuple(breaches)
        lines = "\n".join(f"- {breach}" for breach in self.breaches)
        super().__init__(f"rule {name!r} breaks the law, and is not saved:\n{lines}")


def breaches(rule: Rule, debtor_class: DebtorClass, law: Law, on: date) -> list[Breach]:
    """Every breach of the rule for one debtor class, by the law in force on a day.

    Raises `NoLawInForce`.
    """
    return [
        *_sending(rule, debtor_class),
        *_fees(rule, debtor_class, law, on),
        *_days(rule, debtor_class, law, on),
        *_hand_over(rule, debtor_class, law, on),
        *_channels(rule, debtor_class),
    ]


def all_breaches(rule: Rule, law: Law, on: date) -> list[Breach]:
    """Every breach for the debtors that the rule is for, what several share once."""
    found: dict[tuple[str, int, str], Breach] = {}
    for debtor_class in rule.debtors:
        for breach in breaches(rule, debtor_class, law, on):
            found.setdefault((breach.term, breach.limit, breach.section), breach)
    return list(found.values())


def _sending(rule: Rule, debtor_class: DebtorClass) -> Iterator[Breach]:
    if rule.sending is Sending.OFF:
        yield Breach(
            term="sending",
            debtor_class=debtor_class,
            says=0,
            limit=1,
            says_words="off",
            limit_words="automatic or on_approval",
            sentence="The automation is switched off for the company, not in a rule.",
            section="Karhu",
        )


def _letters(rule: Rule) -> Iterator[tuple[str, LetterTerms]]:
    if rule.reminder is not None:
        yield "reminder", rule.reminder
    if rule.notice is not None:
        yield "notice", rule.notice


def _fees(rule: Rule, debtor_class: DebtorClass, law: Law, on: date) -> Iterator[Breach]:
    cap = law.provision(Topic.REMINDER_FEE_CAP, debtor_class, on)
    fees = {name: terms.fee_cents for name, terms in _letters(rule) if terms.fee_cents}
    for name, cents in fees.items():
        if cents > cap.figure:
            yield _money(f"{name}.fee_cents", debtor_class, cents, cap.figure, cap)
    most = law.provision(Topic.MAX_FEE_LETTERS, debtor_class, on)
    if len(fees) > most.figure:
        yield Breach(
            term="fee_cents",
            debtor_class=debtor_class,
            says=len(fees),
            limit=most.figure,
            says_words=f"{len(fees)} letters with a fee",
            limit_words=f"{most.figure} at most",
            sentence=most.sentence,
            section=most.section,
        )
    smallest = max(rule.minimum_cents, 1)
    total = law.provision(Topic.TOTAL_COST_CAP, debtor_class, on, smallest)
    if sum(fees.values()) > total.figure:
        yield _money("fee_cents", debtor_class, sum(fees.values()), total.figure, total)


def _days(rule: Rule, debtor_class: DebtorClass, law: Law, on: date) -> Iterator[Breach]:
    gap = law.provision(Topic.LETTER_GAP, debtor_class, on)
    if rule.reminder is not None:
        row = law.provision(Topic.FALLEN_DUE, debtor_class, on)
        if rule.reminder.fee_cents:
            row = law.find(Topic.FEE_AFTER_DUE, debtor_class, on) or row
        yield from _too_soon("reminder.after_days", rule.reminder.after_days, debtor_class, row)
    if rule.notice is not None:
        # Whatever its fee: the procedure keeps the gap for every letter, and so must its rule.
        yield from _too_soon("notice.after_days", rule.notice.after_days, debtor_class, gap)


def _hand_over(rule: Rule, debtor_class: DebtorClass, law: Law, on: date) -> Iterator[Breach]:
    if rule.reminder_service is not None:
        overdue = law.provision(Topic.FALLEN_DUE, debtor_class, on)
        days = rule.reminder_service.after_days
        yield from _too_soon("reminder_service.after_days", days, debtor_class, overdue)
    if rule.hand_over is HandOver.NEVER:
        return
    days, term = rule.hand_over_after_days, "hand_over_after_days"
    wait = law.provision(Topic.AGENCY_WAIT, debtor_class, on)
    if debtor_class is DebtorClass.CONSUMER and rule.reminder is None and rule.notice is None:
        yield Breach(
            term="hand_over",
            debtor_class=debtor_class,
            says=0,
            limit=1,
            says_words="no letter at all",
            limit_words="a reminder or a notice before the hand-over",
            sentence=wait.sentence,
            section=wait.section,
        )
    yield from _too_soon(term, days, debtor_class, wait)
    if rule.channels:
        # By the quickest channel: a slower one moves the single hand-over on by itself.
        payment = min(law.payment_time_days(channel, on) for channel in rule.channels)
        row = law.provision(Topic.PAYMENT_TIME, debtor_class, on)
        yield from _too_soon(term, days, debtor_class, row, full_days=payment)


def _channels(rule: Rule, debtor_class: DebtorClass) -> Iterator[Breach]:
    if not rule.channels and any(_letters(rule)):
        yield Breach(
            term="channels",
            debtor_class=debtor_class,
            says=0,
            limit=1,
            says_words="none",
            limit_words="at least one, in order of preference",
            sentence="A letter reaches the debtor in writing or by other permanent means.",
            section="Debt Collection Act 513/1999, 3 a §",
        )


def _too_soon(
    term: str,
    days: int,
    debtor_class: DebtorClass,
    row: Provision,
    *,
    full_days: int | None = None,
) -> Iterator[Breach]:
    """A breach if fewer full days than the row's figure lie in between.

    `after_days` counts to the day itself: with 14 full days in between it is 15.
    """
    limit = (row.figure if full_days is None else full_days) + 1
    if days < limit:
        yield Breach(
            term=term,
            debtor_class=debtor_class,
            says=days,
            limit=limit,
            says_words=f"{days} days",
            limit_words=f"{limit} days or more",
            sentence=row.sentence,
            section=row.section,
        )


def _money(term: str, debtor_class: DebtorClass, cents: int, limit: int, row: Provision) -> Breach:
    return Breach(
        term=term,
        debtor_class=debtor_class,
        says=cents,
        limit=limit,
        says_words=format_eur(cents, "en"),
        limit_words=f"{format_eur(limit, 'en')} or less",
        sentence=row.sentence,
        section=row.section,
    )
