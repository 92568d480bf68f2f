"""The whole procedure: what happens to an invoice next, when, and why.

`next_step` is asked by the invoice's workflow (what to wait for, and what to do then), by the
pages and the command line (`domain.forecast`: the invoice's future), and by the property tests. The
procedure is written nowhere else.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from domain.agency import CollectionPhase, Consequence
from domain.calendar import BankingCalendar
from domain.case import Case, Letter
from domain.gates import (
    Charge,
    as_if_left,
    charge,
    letter_due,
    nothing_to_collect,
    time_barred,
)
from domain.handing_over import awaits_agency, hand_over, to_reminder_service
from domain.law import Law
from domain.money import format_eur
from domain.rule import Residual, Rule, Sending
from domain.states import Channel, InvoiceState, LetterKind
from domain.steps import Step, StepKind
from domain.waits import MIDNIGHT, NEEDS_ATTENTION, OFF, WINDOW, held, spread, too_small, wait

_DAY = timedelta(days=1)


def next_step(
    case: Case, rule: Rule | None, law: Law, calendar: BankingCalendar, now: datetime
) -> Step:
    """The next step of the case under one version of a rule, seen at the business instant `now`.

    A step whose time has passed (after downtime, say) is given the next sending moment; the steps
    after it are counted from when it really happened. `rule` None: handled by hand.
    """
    if case.closed:
        return wait(f"closed: {case.state.value}")
    if settled := _settled(case, rule, now):
        return settled
    today = calendar.local_date(now)
    if holds := [hold for hold in case.active_holds(today) if hold.kind.stops_letters]:
        return held(holds, calendar)
    if case.attention:
        return wait(f"{NEEDS_ATTENTION}: {case.attention}")
    if case.awaits_rate:
        return wait(
            f"waits for the reference rate of {case.awaits_rate}, which interest cannot be computed"
            " without, until somebody adds it"
        )
    if case.awaits_feed:
        return wait(
            f"waits for the bank: {case.awaits_feed}; read its newest file,"
            " or confirm that no payment is unread"
        )
    if step := awaits_agency(case, calendar, today):
        return step
    case = as_if_left(case, law, calendar, today)
    match case.state:
        case InvoiceState.OPEN:
            step = _become_overdue(case, calendar, now)
            return _courtesy(case, rule, calendar, now, before=step) or step
        case InvoiceState.OVERDUE:
            if case.approved or to_reminder_service(case, rule):
                step = hand_over(case, rule, law, calendar, now)
            else:
                step = _letter(StepKind.REMIND, case, rule, law, calendar, now)
            step = _courtesy(case, rule, calendar, now, before=step) or step
        case InvoiceState.REMINDED:
            step = _letter(StepKind.NOTIFY, case, rule, law, calendar, now)
        case InvoiceState.NOTIFIED:
            step = hand_over(case, rule, law, calendar, now)
        case _:
            return _at_agency(case)
    # What is planned past the last day would be barred by then; a wait is barred when it is.
    acts_on = today if step.kind.waits else calendar.local_date(step.when or now)
    barred = time_barred(case, law, acts_on)
    return wait(barred) if barred else step


def letter_now(
    case: Case, rule: Rule | None, law: Law, calendar: BankingCalendar, now: datetime
) -> Step | str:
    """The next letter sent by hand at `now`, or why the law or the case does not let it go.

    The rule's days and minimum, the sending window and banking days are for the automation; a
    person may be quicker. The law's gap between letters holds for both.
    """
    kind = {
        InvoiceState.OVERDUE: StepKind.REMIND,
        InvoiceState.REMINDED: StepKind.NOTIFY,
    }.get(case.state)
    if case.proposed is LetterKind.COURTESY:
        kind = StepKind.COURTESY
    if kind is None or kind.letter is None:
        return f"an invoice that is {case.state.value} has no next letter of ours"
    today = calendar.local_date(now)
    if holds := [hold for hold in case.active_holds(today) if hold.kind.stops_letters]:
        return f"{held(holds, calendar).why}; release it first"
    if why_not := nothing_to_collect(case, law, today):
        return why_not
    if kind is StepKind.COURTESY:
        return Step(kind=kind, when=now, why="approved by hand")
    case = as_if_left(case, law, calendar, today)
    cost = charge(kind.letter, case, rule, law, calendar, today)
    lawful = cost.lawful
    if lawful.allowed_from > today:
        day = lawful.allowed_from.isoformat()
        return f"{lawful.reason} ({lawful.section}) The earliest lawful day is {day}."
    return _costing(cost, Step(kind=kind, when=now, why="sent by hand"))


def draft_letter(
    step: Step, case: Case, channel: Channel, law: Law, calendar: BankingCalendar, on: date
) -> Letter:
    """The letter that a step releases on a day: its round, fee and new due date."""
    assert step.kind.letter is not None  # noqa: S101 - a step that is no letter is a bug
    return Letter(
        kind=step.kind.letter,
        round=case.rounds + 1,
        on=on,
        due=letter_due(step.kind.letter, case, channel, law, calendar, on),
        fee_cents=step.fee_cents,
        channel=channel,
        notice_id=None,
    )


# ── the states' own steps ────────────────────────────────────────────────────────────────────


def _settled(case: Case, rule: Rule | None, now: datetime) -> Step | None:
    if case.principal_cents > 0:
        return None
    if case.open_cents > 0 and rule is not None and rule.residual is Residual.PURSUE:
        rest = format_eur(case.open_cents, "en")
        return wait(f"principal paid; {rest} of fees and interest is still pursued by hand")
    paid = case.paid_cents > 0
    return Step(
        kind=StepKind.CLOSE,
        when=now,
        why="paid in full" if paid else "credited in full",
        close_as=InvoiceState.PAID if paid else InvoiceState.CREDITED,
    )


def _become_overdue(case: Case, calendar: BankingCalendar, now: datetime) -> Step:
    due = calendar.shifted_due(case.due)
    # Spread over the small hours, so that a month's end does not wake every invoice at once.
    moment = calendar.at(due + _DAY, MIDNIGHT) + timedelta(hours=5 * spread(case))
    why = f"the day after the due date {due.isoformat()}"
    return Step(kind=StepKind.BECOME_OVERDUE, when=max(moment, now), why=why)


def _courtesy(
    case: Case, rule: Rule | None, calendar: BankingCalendar, now: datetime, *, before: Step
) -> Step | None:
    """The friendly reminder, if there is one to come before the step that is next without it."""
    if rule is None or rule.courtesy is None or case.courtesy is not None:
        return None
    if rule.sending is Sending.OFF or case.principal_cents < rule.minimum_cents:
        return None
    days = rule.courtesy.days
    due = calendar.shifted_due(case.due)
    day = due + timedelta(days=days)
    ahead = days < 0
    if ahead is not (case.state is InvoiceState.OPEN) or day <= case.invoice_sent_on:
        return None
    moment = WINDOW.next_moment(now, day, spread(case), calendar)
    if (
        before.when is None
        or moment >= before.when
        or (ahead and calendar.local_date(moment) >= due)
    ):
        return None
    why = (
        f"{abs(days)} days {'before' if ahead else 'after'} the due date {due.isoformat()}"
        f" (rule {rule.name} v{rule.version})"
    )
    return _sent_as_ruled(
        Step(kind=StepKind.COURTESY, when=moment, why=why), case, rule, until=before.when
    )


def _letter(
    kind: StepKind,
    case: Case,
    rule: Rule | None,
    law: Law,
    calendar: BankingCalendar,
    now: datetime,
) -> Step:
    letter = kind.letter
    assert letter is not None  # noqa: S101
    if rule is None:
        return wait("no rule: handled by hand")
    terms = rule.letter(letter)
    if terms is None:
        return wait(f"rule {rule.name} v{rule.version} sends no {letter.value}")
    if rule.sending is Sending.OFF:
        return wait(OFF)
    if small := too_small(case, rule):
        return small
    due = calendar.shifted_due(case.due)
    previous = case.last_letter
    if previous is None:
        ruled = due + timedelta(days=terms.after_days)
        why = f"{terms.after_days} days after the due date {due.isoformat()}"
    else:
        ruled = max(previous.on + timedelta(days=terms.after_days), previous.due + _DAY)
        why = f"{terms.after_days} days after the {previous.kind.value} of {previous.on}"
    why = f"{why} (rule {rule.name} v{rule.version})"
    today = calendar.local_date(now)
    cost = charge(letter, case, rule, law, calendar, max(ruled, today))
    lawful = cost.lawful
    if lawful.allowed_from > ruled:
        why = f"{why}, moved on by law: {lawful.reason} ({lawful.section})"
    moment = WINDOW.next_moment(now, max(ruled, lawful.allowed_from), spread(case), calendar)
    step = _costing(cost, Step(kind=kind, when=moment, why=why))
    return _sent_as_ruled(step, case, rule)


def _sent_as_ruled(step: Step, case: Case, rule: Rule, until: datetime | None = None) -> Step:
    """The letter itself, or its proposal if its rule wants somebody's approval first."""
    letter = step.kind.letter
    if rule.sending is not Sending.ON_APPROVAL or letter is None:
        return step
    if case.proposed is letter:
        why = f"the {letter.value} waits for somebody to approve it; {step.why}"
        return Step(
            kind=StepKind.APPROVE, when=until, why=why, fee_cents=step.fee_cents, letter=letter
        )
    why = f"for approval: {step.why}"
    return step.model_copy(update={"kind": StepKind.PROPOSE, "letter": letter, "why": why})


def _at_agency(case: Case) -> Step:
    file = case.agency
    if file is None or not file.open:
        return wait("in collection by hand")
    if file.status is None:
        return wait(f"at {file.name} since {file.since}: {file.status_text or 'no status yet'}")
    words = f"at {file.name} since {file.since}: {file.status.finnish}"
    if file.consequence is Consequence.LOCKED:
        return wait(f"{words}; nobody acts on it before the agency says how it ended")
    if file.merged_into and not file.let_go:
        return wait(f"{words}; the claim goes on in case {file.merged_into}")
    match file.status.phase:
        case CollectionPhase.ENDED:
            return wait(f"{words}; write off, or take back")
        case CollectionPhase.SETTLED:
            return wait(f"{words}; waits for the settlement")
    return wait(words)


# ── small parts ──────────────────────────────────────────────────────────────────────────────


def _costing(cost: Charge, step: Step) -> Step:
    why = f"{step.why}; {cost.taken_off}" if cost.taken_off else step.why
    return step.model_copy(
        update={"why": why, "fee_cents": cost.fee_cents, "taken_off": cost.taken_off}
    )
