"""An invoice's future: what the procedure does next, and after that, if nothing more happens."""

from __future__ import annotations

from datetime import datetime

from domain.agency import AgencyService
from domain.agency.contract import TAKEN_FROM
from domain.calendar import BankingCalendar
from domain.case import AgencyFile, Case
from domain.folding import apply
from domain.law import Law
from domain.outcomes import (
    BecameOverdue,
    Closed,
    HandedOver,
    LetterProposed,
    LetterReleased,
    Outcome,
)
from domain.procedure import draft_letter, next_step
from domain.rule import Rule
from domain.states import Channel, InvoiceState
from domain.steps import Step, StepKind


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
            service = TAKEN_FROM.get(case.state, AgencyService.COLLECTION)
            file = AgencyFile(case_id=0, service=service, since=on)
            return HandedOver(file=file)
        case StepKind.CLOSE:
            return Closed(state=step.close_as or InvoiceState.PAID, reason=step.why)
        case StepKind.PROPOSE:
            assert step.letter is not None  # noqa: S101
            return LetterProposed(letter=step.letter)
        case StepKind.WAIT | StepKind.APPROVE:
            return None
