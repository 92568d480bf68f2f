"""Friendly reminders, letters that wait for approval, and the automation switched off."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pydantic import ValidationError

from domain.by_hand import decide
from domain.calendar import FINLAND
from domain.case import Case
from domain.folding import apply
from domain.forecast import forecast
from domain.gates import letter_due
from domain.law import FINNISH_LAW, DebtorClass
from domain.outcomes import LetterProposed, LetterReleased
from domain.procedure import draft_letter, next_step
from domain.requests import SendNow
from domain.rule import CONSUMERS, CourtesyTerms, HandOver, Rule, Sending
from domain.rule_check import all_breaches
from domain.states import Channel, InvoiceState, LetterKind
from domain.steps import Step, StepKind
from tests.unit.strategies import (
    DUE,
    NOV,
    OCT,
    a_case,
    a_letter,
    day,
    noon,
    notified,
    reminded,
    step_of,
    with_rule,
)

BEFORE = with_rule(courtesy=CourtesyTerms(days=-3))
AFTER = with_rule(courtesy=CourtesyTerms(days=4))
APPROVED = with_rule(sending=Sending.ON_APPROVAL)
OFF = with_rule(sending=Sending.OFF)


def on(step: Step) -> date:
    assert step.when is not None
    return FINLAND.local_date(step.when)


def overdue(**changes: object) -> Case:
    return a_case(state=InvoiceState.OVERDUE, **changes)


# ── friendly reminders ───────────────────────────────────────────────────────────────────────


def test_before_the_due_date_it_goes_in_the_sending_window_and_leaves_the_due_date_alone() -> None:
    step = step_of(a_case(), BEFORE, noon(date(2026, 9, 20)))
    assert (step.kind, on(step)) == (StepKind.COURTESY, date(2026, 9, 28))
    assert step.fee_cents == 0
    sent = draft_letter(step, a_case(), Channel.EMAIL, FINNISH_LAW, FINLAND, on(step))
    assert (sent.kind, sent.fee_cents, sent.due) == (LetterKind.COURTESY, 0, DUE)


def test_after_the_due_date_it_goes_before_the_reminder_which_then_keeps_the_laws_gap() -> None:
    step = step_of(overdue(), AFTER, noon(day(OCT, 2)))
    assert (step.kind, on(step)) == (StepKind.COURTESY, day(OCT, 5))
    courtesy = a_letter(LetterKind.COURTESY, day(OCT, 5))
    reminder = step_of(overdue(courtesy=courtesy), AFTER, noon(day(OCT, 6)))
    assert reminder.kind is StepKind.REMIND
    assert on(reminder) == day(OCT, 20)  # 14 full days after it


def test_a_word_before_the_due_date_moves_no_reminder() -> None:
    courtesy = a_letter(LetterKind.COURTESY, date(2026, 9, 28))
    with_it = step_of(overdue(courtesy=courtesy), BEFORE, noon(day(OCT, 2)))
    assert with_it.when == step_of(overdue(), BEFORE, noon(day(OCT, 2))).when


@pytest.mark.parametrize(
    ("case", "rule", "at"),
    [
        (a_case(), BEFORE, noon(day(OCT, 1))),  # its time is past, and the due date here
        (a_case(invoice_sent_on=date(2026, 9, 29)), BEFORE, noon(date(2026, 9, 29))),
        (a_case(principal_cents=900, open_cents=900), BEFORE, noon(date(2026, 9, 20))),
        (overdue(), AFTER, noon(day(OCT, 20))),  # the reminder's own time has come
        (reminded(), AFTER, noon(day(OCT, 17))),
        (a_case(), OFF.model_copy(update={"courtesy": BEFORE.courtesy}), noon(date(2026, 9, 20))),
    ],
)
def test_it_is_left_out_where_it_would_come_too_late_or_say_too_much(
    case: Case, rule: Rule, at: object
) -> None:
    assert step_of(case, rule, at).kind is not StepKind.COURTESY  # type: ignore[arg-type]


def test_it_is_sent_once_and_changes_no_state() -> None:
    step = step_of(a_case(), BEFORE, noon(date(2026, 9, 20)))
    letter = draft_letter(step, a_case(), Channel.EMAIL, FINNISH_LAW, FINLAND, on(step))
    after = apply(a_case(), LetterReleased(letter=letter, interest_cents=0, service_cents=25))
    assert after.state is InvoiceState.OPEN
    assert after.last_letter is None
    assert step_of(after, BEFORE, noon(date(2026, 9, 29))).kind is StepKind.BECOME_OVERDUE


def test_sent_late_it_gives_a_due_date_of_its_own() -> None:
    late = day(OCT, 6)
    given = letter_due(LetterKind.COURTESY, a_case(), Channel.EMAIL, FINNISH_LAW, FINLAND, late)
    assert given > late + timedelta(days=10)


def test_a_consumer_who_had_a_friendly_reminder_alone_does_not_go_to_the_agency() -> None:
    rule = with_rule(courtesy=AFTER.courtesy, reminder=None, notice=None)
    assert any(breach.term == "hand_over" for breach in all_breaches(rule, FINNISH_LAW, DUE))


def test_the_due_date_itself_is_neither_before_nor_after() -> None:
    with pytest.raises(ValidationError):
        CourtesyTerms(days=0)


# ── on approval ──────────────────────────────────────────────────────────────────────────────


def test_a_letter_is_proposed_at_its_time_and_then_waits() -> None:
    step = step_of(overdue(), APPROVED, noon(day(OCT, 2)))
    plain = step_of(overdue(), CONSUMERS, noon(day(OCT, 2)))
    assert (step.kind, step.letter, step.when) == (
        StepKind.PROPOSE,
        LetterKind.REMINDER,
        plain.when,
    )
    proposed = apply(overdue(), LetterProposed(letter=LetterKind.REMINDER))
    waits = step_of(proposed, APPROVED, noon(day(OCT, 17)))
    assert (waits.kind, waits.when) == (StepKind.APPROVE, None)


def test_approving_is_sending() -> None:
    proposed = apply(overdue(), LetterProposed(letter=LetterKind.REMINDER))
    (step,) = decide(proposed, SendNow(), APPROVED, FINNISH_LAW, FINLAND, noon(day(OCT, 19)))
    assert isinstance(step, Step)
    assert (step.kind, step.fee_cents) == (StepKind.REMIND, 500)


def test_a_proposed_courtesy_gives_way_when_the_reminders_time_comes() -> None:
    rule = APPROVED.model_copy(update={"courtesy": AFTER.courtesy})
    proposed = apply(overdue(), LetterProposed(letter=LetterKind.COURTESY))
    waits = step_of(proposed, rule, noon(day(OCT, 6)))
    assert waits.kind is StepKind.APPROVE
    assert waits.when is not None
    (step,) = decide(proposed, SendNow(), rule, FINNISH_LAW, FINLAND, noon(day(OCT, 6)))
    assert isinstance(step, Step)
    assert step.kind is StepKind.COURTESY
    then = next_step(proposed, rule, FINNISH_LAW, FINLAND, waits.when)
    assert (then.kind, then.letter) == (StepKind.PROPOSE, LetterKind.REMINDER)


def test_a_rule_made_automatic_again_sends_what_was_proposed() -> None:
    proposed = apply(overdue(), LetterProposed(letter=LetterKind.REMINDER))
    assert step_of(proposed, CONSUMERS, noon(day(OCT, 19))).kind is StepKind.REMIND


def test_a_hand_over_on_approval_waits_in_the_same_way() -> None:
    rule = with_rule(hand_over=HandOver.ON_APPROVAL)
    assert step_of(notified(), rule, noon(day(NOV, 23))).kind is StepKind.APPROVE


# ── switched off ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("case", [overdue(), reminded(), notified()])
def test_switched_off_nothing_leaves_by_itself(case: Case) -> None:
    step = step_of(case, OFF, noon(day(NOV, 23)))
    assert (step.kind, step.when) == (StepKind.WAIT, None)


def test_switched_off_invoices_still_become_overdue_and_may_be_reminded_by_hand() -> None:
    steps = forecast(a_case(), OFF, FINNISH_LAW, FINLAND, noon(date(2026, 9, 20)))
    assert [step.kind for step in steps] == [StepKind.BECOME_OVERDUE, StepKind.WAIT]
    (step,) = decide(overdue(), SendNow(), OFF, FINNISH_LAW, FINLAND, noon(day(OCT, 19)))
    assert isinstance(step, Step)
    assert step.kind is StepKind.REMIND


def test_no_rule_says_so_itself() -> None:
    breaches = all_breaches(OFF, FINNISH_LAW, DUE)
    assert [breach.term for breach in breaches] == ["sending"]
    assert {breach.debtor_class for breach in breaches} == {DebtorClass.CONSUMER}
