"""What the law lets happen to a case, and from which day: the fee, the letter, the agency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.agency import AgencyService
from domain.agency.contract import TAKEN_FROM
from domain.calendar import BankingCalendar
from domain.case import Case, Letter
from domain.law import Law, LetterVerdict, Topic
from domain.money import format_eur
from domain.rule import Rule
from domain.states import Channel, LetterKind


@dataclass(frozen=True, slots=True)
class Charge:
    """What a letter costs the debtor (cents), and from which day it may go.

    `taken_off`: what the law took off the rule's fee, and why; "" if nothing.
    """

    fee_cents: int
    lawful: LetterVerdict
    taken_off: str = ""


def charge(
    letter: LetterKind,
    case: Case,
    rule: Rule | None,
    law: Law,
    calendar: BankingCalendar,
    on: date,
) -> Charge:
    """What the letter, sent on `on` or later, may cost the debtor, and from which day.

    Every letter is charged through here, whoever sends it and whatever its rule says.
    """
    previous = _previous_letter(case, calendar)
    free = law.earliest_letter_date(case.debtor, case.due, previous, on, calendar)
    terms = rule.letter(letter) if rule else None
    wanted = terms.fee_cents if terms else 0
    if wanted <= 0:
        return Charge(0, free)
    paid = law.earliest_fee_date(
        case.debtor, case.due, case.invoice_sent_on, previous, on, calendar
    )
    if paid.allowed_from is None:
        return Charge(0, free, f"no fee: {paid.reason} ({paid.section})")
    charged = [item.fee_cents for item in case.letters if item.fee_cents > 0]
    most = law.provision(Topic.MAX_FEE_LETTERS, case.debtor, on)
    if len(charged) >= most.figure:
        return Charge(0, free, f"no fee: {most.sentence} ({most.section})")
    cap = law.provision(Topic.REMINDER_FEE_CAP, case.debtor, on)
    total = law.provision(Topic.TOTAL_COST_CAP, case.debtor, on, case.original_cents)
    room = total.figure - sum(charged)
    fee = min(wanted, cap.figure, room)
    if fee <= 0:
        return Charge(0, free, f"no fee: {total.sentence} ({total.section})")
    taken_off = ""
    if fee < wanted:
        row = cap if cap.figure <= room else total
        asked = format_eur(wanted, "en")
        taken_off = f"fee capped: the rule says {asked}. {row.sentence} ({row.section})"
    return Charge(fee, LetterVerdict(paid.allowed_from, paid.reason, paid.section), taken_off)


def _previous_letter(case: Case, calendar: BankingCalendar) -> date | None:
    """The day of the last letter that the law's gap counts from: a friendly reminder after the due
    date is one, a word before it is not."""
    days = [case.last_letter.on] if case.last_letter else []
    if case.courtesy is not None and case.courtesy.on > calendar.shifted_due(case.due):
        days.append(case.courtesy.on)
    return max(days, default=None)


def time_barred(case: Case, law: Law, on: date) -> str | None:
    """Why the claim is too old to be collected on a day, if so (513/1999 4 §, 728/2003 4 §).

    Letters and payments interrupt the period (728/2003 10 §).
    """
    interruptions = [*(letter.on for letter in case.letters), *case.paid_on]
    last_day = law.limitation_date(case.due, interruptions)
    if on <= last_day:
        return None
    section = law.provision(Topic.LIMITATION, case.debtor, case.due).section
    return (
        f"time-barred after {last_day.isoformat()}: such a claim may not be collected"
        f" (Debt Collection Act 513/1999, 4 §; {section})"
    )


def nothing_to_collect(case: Case, law: Law, today: date) -> str | None:
    """Why nobody may be asked to pay by hand either, if so: settled, or time-barred."""
    if case.principal_cents <= 0:
        return "nothing is open of the principal: there is nothing left to ask for"
    return time_barred(case, law, today)


def letter_due(
    letter: LetterKind,
    case: Case,
    channel: Channel,
    law: Law,
    calendar: BankingCalendar,
    on: date,
) -> date:
    """The due date that a letter sent on a day gives; a word before the due date leaves it be."""
    due = calendar.shifted_due(case.due)
    if letter is LetterKind.COURTESY and on <= due:
        return due
    return law.new_due_date(on, channel, calendar)


def hand_over_gate(
    case: Case, law: Law, calendar: BankingCalendar, today: date
) -> tuple[date | None, str]:
    """From which local date the case may go to the agency (None: not), and why.

    Into the service that takes invoices of its state: the reminder service, which reminds for the
    creditor, those that are overdue; collection those that were sent a reminder and a notice, and
    that have waited as long as the law wants.
    """
    service = TAKEN_FROM.get(case.state)
    if service is None:
        return None, (
            "the agency's reminder service takes invoices that are overdue, and its collection"
            f" those that are notified (reminder and notice sent); this one is {case.state.value}"
        )
    if service is AgencyService.REMINDER:
        return _reminder_service_gate(case, law, calendar, today)
    last = as_if_left(case, law, calendar, today).last_letter
    verdict = law.agency_gate(
        case.debtor,
        due=case.due,
        last_letter_on=last.on if last else None,
        last_letter_due=last.due if last else None,
        disputed=_has(case, "disputed", today),
        suspended=_has(case, "suspended", today),
        on=today,
        calendar=calendar,
    )
    lacking = [kind.value for kind in _BOTH_LETTERS if not case.sent(kind)]
    if lacking and verdict.allowed_from is not None:
        return None, (
            f"collection takes what was sent a reminder and a notice both; no {lacking[0]} was sent"
        )
    return verdict.allowed_from, f"{verdict.reason} ({verdict.section})"


def _reminder_service_gate(
    case: Case, law: Law, calendar: BankingCalendar, today: date
) -> tuple[date | None, str]:
    """As for a free letter of our own: once it is overdue, and neither disputed nor suspended."""
    for topic, kind in ((Topic.DISPUTE, "disputed"), (Topic.SUSPENSION, "suspended")):
        if _has(case, kind, today):
            row = law.provision(topic, case.debtor, today)
            return None, f"{row.sentence} ({row.section})"
    overdue = law.earliest_letter_date(case.debtor, case.due, None, today, calendar)
    return overdue.allowed_from, f"{overdue.reason} ({overdue.section})"


_BOTH_LETTERS = (LetterKind.REMINDER, LetterKind.NOTICE)


def as_if_left(case: Case, law: Law, calendar: BankingCalendar, today: date) -> Case:
    """The case in which a last letter that is still on its way leaves today, and no sooner.

    So nothing can follow a letter that hangs in the queue, however long ago it was released.
    """
    if case.courtesy is not None and _hangs(case.courtesy, today):
        courtesy = case.courtesy.model_copy(update={"on": today})
        case = case.model_copy(update={"courtesy": courtesy})
    last = case.last_letter
    if last is None or last.channel is None or not _hangs(last, today):
        return case
    due = law.new_due_date(today, last.channel, calendar)
    last = last.model_copy(update={"on": today, "due": due})
    return case.model_copy(update={"letters": (*case.letters[:-1], last)})


def _hangs(letter: Letter, today: date) -> bool:
    return not letter.sent and letter.channel is not None and letter.on < today


def _has(case: Case, kind: str, on: date) -> bool:
    return any(hold.kind == kind for hold in case.active_holds(on))
