"""What the law lets happen to a case, and from which day: the fee, the letter, the agency."""

from __future__ import annotations

from datetime import date

from domain.calendar import BankingCalendar
from domain.case import Case
from domain.law import Law, LetterVerdict, Topic
from domain.rule import Rule
from domain.states import LetterKind


def fee_and_day(
    letter: LetterKind,
    case: Case,
    rule: Rule | None,
    law: Law,
    calendar: BankingCalendar,
    on: date,
) -> tuple[int, LetterVerdict]:
    """What the letter, sent on `on` or later, may cost the debtor (cents), and from which day."""
    previous = case.last_letter.on if case.last_letter else None
    free = law.earliest_letter_date(case.debtor, case.due, previous, on, calendar)
    paid = law.earliest_fee_date(
        case.debtor, case.due, case.invoice_sent_on, previous, on, calendar
    )
    terms = rule.letter(letter) if rule else None
    charged = [item.fee_cents for item in case.letters if item.fee_cents > 0]
    most = law.max_fee_letters(case.debtor, on)
    if terms is None or paid.allowed_from is None or (most is not None and len(charged) >= most):
        return 0, free
    room = law.total_cost_cap_cents(case.debtor, case.original_cents, on) - sum(charged)
    fee = min(terms.fee_cents, law.reminder_fee_cap_cents(case.debtor, on), room)
    if fee <= 0:
        return 0, free
    return fee, LetterVerdict(paid.allowed_from, paid.reason, paid.section)


def time_barred(case: Case, law: Law, on: date) -> str | None:
    """Why the claim is too old to be collected on a day, if so (513/1999 4 §, 728/2003 4 §).

    Letters interrupt the period. Payments do too (728/2003 10 §), but the case does not know their
    days: such a claim is taken for older than it is, and left to a person.
    """
    last_day = law.limitation_date(case.due, [letter.on for letter in case.letters])
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


def hand_over_gate(
    case: Case, law: Law, calendar: BankingCalendar, today: date
) -> tuple[date | None, str]:
    """From which local date the law lets the case go to the agency (None: not), and why."""
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
    return verdict.allowed_from, f"{verdict.reason} ({verdict.section})"


def as_if_left(case: Case, law: Law, calendar: BankingCalendar, today: date) -> Case:
    """The case in which a last letter that is still on its way leaves today, and no sooner.

    So nothing can follow a letter that hangs in the queue, however long ago it was released.
    """
    last = case.last_letter
    if last is None or last.sent or last.channel is None or last.on >= today:
        return case
    due = law.new_due_date(today, last.channel, calendar)
    last = last.model_copy(update={"on": today, "due": due})
    return case.model_copy(update={"letters": (*case.letters[:-1], last)})


def _has(case: Case, kind: str, on: date) -> bool:
    return any(hold.kind == kind for hold in case.active_holds(on))
