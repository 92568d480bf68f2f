"""The whole procedure: what happens to an invoice next, when, and why.

`next_step` is asked by the invoice's workflow (what to wait for, and what to do then), by the
pages and the command line (`forecast`: the invoice's future), and by the property tests. The
procedure is written nowhere else.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.agency import AgencyService, CollectionPhase
from domain.calendar import BankingCalendar, SendingWindow
from domain.case import AgencyFile, Case, Hold, Letter
from domain.gates import (
    Charge,
    as_if_left,
    charge,
    hand_over_gate,
    letter_due,
    nothing_to_collect,
    time_barred,
)
from domain.law import Law
from domain.money import format_eur
from domain.outcomes import (
    BecameOverdue,
    Closed,
    HandedOver,
    LetterProposed,
    LetterReleased,
    Outcome,
    apply,
)
from domain.rule import HandOver, Residual, Rule, Sending
from domain.states import Channel, InvoiceState, LetterKind

WINDOW = SendingWindow()

_DAY = timedelta(days=1)


class StepKind(StrEnum):
    BECOME_OVERDUE = "become_overdue"
    COURTESY = "courtesy"
    REMIND = "remind"
    NOTIFY = "notify"
    HAND_OVER = "hand_over"
    CLOSE = "close"
    PROPOSE = "propose"
    """Put a letter before somebody, whose approval it needs."""
    APPROVE = "approve"
    """Wait for that approval."""
    WAIT = "wait"

    @property
    def letter(self) -> LetterKind | None:
        return _LETTERS.get(self)

    @property
    def words(self) -> str:
        """What it is: "reminder", "hand-over to Intrum"."""
        return _WORDS[self]

    @property
    def waits(self) -> bool:
        """Whether nothing is done by itself."""
        return self in {StepKind.WAIT, StepKind.APPROVE}


_WORDS = {
    StepKind.BECOME_OVERDUE: "becomes overdue",
    StepKind.COURTESY: "friendly reminder",
    StepKind.REMIND: "reminder",
    StepKind.NOTIFY: "notice",
    StepKind.HAND_OVER: "hand-over to Intrum",
    StepKind.CLOSE: "closes",
    StepKind.PROPOSE: "letter for approval",
    StepKind.APPROVE: "waits for approval",
    StepKind.WAIT: "waits",
}

_LETTERS = {
    StepKind.COURTESY: LetterKind.COURTESY,
    StepKind.REMIND: LetterKind.REMINDER,
    StepKind.NOTIFY: LetterKind.NOTICE,
}


class Step(BaseModel):
    """What happens next.

    `when`: the business instant; of a wait, when to think again, None: when something happens.
    `letter`: what is proposed, or waits for approval.
    `fee_cents`: what the letter will cost the debtor. `taken_off`: what the law takes off the
    rule's fee, and why; `why` says it too. `close_as`: the state a CLOSE ends in.
    """

    model_config = ConfigDict(frozen=True)

    kind: StepKind
    when: AwareDatetime | None
    why: str
    fee_cents: int = 0
    taken_off: str = ""
    letter: LetterKind | None = None
    close_as: InvoiceState | None = None

    def due(self, now: datetime) -> bool:
        return not self.kind.waits and self.when is not None and self.when <= now


def next_step(
    case: Case, rule: Rule | None, law: Law, calendar: BankingCalendar, now: datetime
) -> Step:
    """The next step of the case under one version of a rule, seen at the business instant `now`.

    A step whose time has passed (after downtime, say) is given the next sending moment; the steps
    after it are counted from when it really happened. `rule` None: handled by hand.
    """
    if case.closed:
        return _wait(f"closed: {case.state.value}")
    if settled := _settled(case, rule, now):
        return settled
    today = calendar.local_date(now)
    if holds := [hold for hold in case.active_holds(today) if hold.kind.stops_letters]:
        return _held(holds, calendar)
    if case.attention:
        return _wait(f"needs attention: {case.attention}")
    if case.awaits_rate:
        return _wait(
            f"waits for the reference rate of {case.awaits_rate}, which interest cannot be computed"
            " without: karhu rates add"
        )
    if case.awaits_feed:
        return _wait(
            f"waits for the bank: {case.awaits_feed}; read its newest file,"
            " or see karhu bank-feed confirm"
        )
    case = as_if_left(case, law, calendar, today)
    match case.state:
        case InvoiceState.OPEN:
            step = _become_overdue(case, calendar, now)
            return _courtesy(case, rule, calendar, now, before=step) or step
        case InvoiceState.OVERDUE:
            step = _letter(StepKind.REMIND, case, rule, law, calendar, now)
            step = _courtesy(case, rule, calendar, now, before=step) or step
        case InvoiceState.REMINDED:
            step = _letter(StepKind.NOTIFY, case, rule, law, calendar, now)
        case InvoiceState.NOTIFIED:
            step = _hand_over(case, rule, law, calendar, now)
        case _:
            return _at_agency(case)
    # What is planned past the last day would be barred by then; a wait is barred when it is.
    acts_on = today if step.kind.waits else calendar.local_date(step.when or now)
    barred = time_barred(case, law, acts_on)
    return _wait(barred) if barred else step


def forecast(
    case: Case, rule: Rule | None, law: Law, calendar: BankingCalendar, now: datetime
) -> list[Step]:
    """The invoice's future if nothing more happens to it: its next steps, in order.

    Ends with a step that waits for somebody or something, or closes.
    """
    steps: list[Step] = []
    # The first channel of the rule: how the customer is reached is not known to the case.
    channel = next(iter(rule.channels if rule else ()), Channel.EMAIL)
    while len(steps) <= len(StepKind):
        step = next_step(case, rule, law, calendar, now)
        steps.append(step)
        if step.when is None:
            break
        now = max(now, step.when)
        if outcome := _as_if(step, case, channel, law, calendar):
            case = apply(case, outcome)
    return steps


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
        return f"{_held(holds, calendar).why}; release it first"
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
        return _wait(f"principal paid; {rest} of fees and interest is still pursued by hand")
    paid = case.paid_cents > 0
    return Step(
        kind=StepKind.CLOSE,
        when=now,
        why="paid in full" if paid else "credited in full",
        close_as=InvoiceState.PAID if paid else InvoiceState.CREDITED,
    )


def _held(holds: list[Hold], calendar: BankingCalendar) -> Step:
    """Wait until the last hold that ends has ended, or for a release if one never ends."""
    words = "; ".join(
        f"{hold.kind.value}{f' until {hold.until.isoformat()}' if hold.until else ''}"
        f"{f' ({hold.reason})' if hold.reason else ''}"
        for hold in holds
    )
    ends = [hold.until for hold in holds if hold.until is not None]
    when = None
    if len(ends) == len(holds):
        when = calendar.at(max(ends) + _DAY, _MIDNIGHT)
    return Step(kind=StepKind.WAIT, when=when, why=f"held: {words}")


def _become_overdue(case: Case, calendar: BankingCalendar, now: datetime) -> Step:
    due = calendar.shifted_due(case.due)
    # Spread over the small hours, so that a month's end does not wake every invoice at once.
    moment = calendar.at(due + _DAY, _MIDNIGHT) + timedelta(hours=5 * _spread(case))
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
    moment = WINDOW.next_moment(now, day, _spread(case), calendar)
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
        return _wait("no rule: handled by hand")
    terms = rule.letter(letter)
    if terms is None:
        return _wait(f"rule {rule.name} v{rule.version} sends no {letter.value}")
    if rule.sending is Sending.OFF:
        return _wait(_OFF)
    if small := _too_small(case, rule):
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
    moment = WINDOW.next_moment(now, max(ruled, lawful.allowed_from), _spread(case), calendar)
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


def _hand_over(
    case: Case, rule: Rule | None, law: Law, calendar: BankingCalendar, now: datetime
) -> Step:
    if not case.approved:
        if rule is None:
            return _wait("no rule: handled by hand")
        if rule.hand_over is HandOver.NEVER:
            return _wait(f"rule {rule.name} v{rule.version} does not hand over to the agency")
        if rule.sending is Sending.OFF:
            return _wait(_OFF)
        if rule.hand_over is HandOver.ON_APPROVAL:
            why = "waits for somebody to approve the hand-over to the agency"
            return Step(kind=StepKind.APPROVE, when=None, why=why)
        if small := _too_small(case, rule):
            return small
    today = calendar.local_date(now)
    if bans := [hold for hold in case.active_holds(today) if not hold.kind.stops_letters]:
        return _held(bans, calendar)
    lawful, reason = hand_over_gate(case, law, calendar, today)
    if lawful is None:
        return _wait(f"may not go to the agency: {reason}")
    ruled, why = today, "approved by hand"
    if rule is not None and not case.approved:
        last = case.last_letter
        counted_from = last.on if last else calendar.shifted_due(case.due)
        ruled = counted_from + timedelta(days=rule.hand_over_after_days)
        why = (
            f"{rule.hand_over_after_days} days after the {'last letter' if last else 'due date'}"
            f" (rule {rule.name} v{rule.version})"
        )
    if lawful > ruled:
        why = f"{why}, moved on by law: {reason}"
    moment = WINDOW.next_moment(now, max(ruled, lawful), _spread(case), calendar)
    return Step(kind=StepKind.HAND_OVER, when=moment, why=why)


def _at_agency(case: Case) -> Step:
    file = case.agency
    if file is None or not file.open:
        return _wait("in collection by hand")
    if file.status is None:
        return _wait(f"at Intrum since {file.since}: {file.status_text or 'no status yet'}")
    words = f"at Intrum since {file.since}: {file.status.finnish}"
    match file.status.phase:
        case CollectionPhase.ENDED:
            return _wait(f"{words}; write off, or take back")
        case CollectionPhase.SETTLED:
            return _wait(f"{words}; waits for the settlement")
    return _wait(words)


def _too_small(case: Case, rule: Rule) -> Step | None:
    # Of the principal: fees of ours must not lift a small rest over the minimum.
    if case.principal_cents >= rule.minimum_cents:
        return None
    return _wait(
        f"{format_eur(case.principal_cents, 'en')} open is below the rule's minimum of"
        f" {format_eur(rule.minimum_cents, 'en')}"
    )


# ── small parts ──────────────────────────────────────────────────────────────────────────────

_MIDNIGHT = datetime.min.time()

_OFF = "the automation is switched off: handled by hand"


def _wait(why: str) -> Step:
    return Step(kind=StepKind.WAIT, when=None, why=why)


def _costing(cost: Charge, step: Step) -> Step:
    why = f"{step.why}; {cost.taken_off}" if cost.taken_off else step.why
    return step.model_copy(
        update={"why": why, "fee_cents": cost.fee_cents, "taken_off": cost.taken_off}
    )


def _spread(case: Case) -> float:
    """The invoice's own place in a day's queue: in [0, 1), the same for ever."""
    digest = hashlib.blake2b(f"{case.company}/{case.number}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32


def _as_if(
    step: Step, case: Case, channel: Channel, law: Law, calendar: BankingCalendar
) -> Outcome | None:
    """The outcome that the step would have, for looking ahead; a wait that ends has none."""
    assert step.when is not None  # noqa: S101
    on = calendar.local_date(step.when)
    match step.kind:
        case StepKind.BECOME_OVERDUE:
            return BecameOverdue()
        case StepKind.COURTESY | StepKind.REMIND | StepKind.NOTIFY:
            letter = draft_letter(step, case, channel, law, calendar, on)
            letter = letter.model_copy(update={"sent": True})
            return LetterReleased(letter=letter, interest_cents=0, service_cents=0)
        case StepKind.HAND_OVER:
            file = AgencyFile(case_id=0, service=AgencyService.COLLECTION, since=on)
            return HandedOver(file=file)
        case StepKind.CLOSE:
            return Closed(state=step.close_as or InvoiceState.PAID, reason=step.why)
        case StepKind.PROPOSE:
            assert step.letter is not None  # noqa: S101
            return LetterProposed(letter=step.letter)
        case StepKind.WAIT | StepKind.APPROVE:
            return None
