"""To the agency and no further, by example; dates are computed by hand.

October 2026 begins on a Thursday. Saturday 31 October is All Saints' Day.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain.agency import CollectionStatus
from domain.calendar import FINLAND
from domain.case import Case
from domain.gates import hand_over_gate
from domain.law import FINNISH_LAW, DebtorClass
from domain.rule import BUSINESSES, HandOver, Rule
from domain.states import HoldKind, InvoiceState, LetterKind
from domain.steps import StepKind
from domain.waits import WINDOW
from tests.unit.strategies import (
    DAY,
    DEC,
    NOV,
    OCT,
    a_case,
    a_hold,
    a_letter,
    at_agency,
    day,
    noon,
    notified,
    step_of,
    with_rule,
)
from tests.unit.strategies import reminded as after_reminder

OVERDUE = a_case(state=InvoiceState.OVERDUE)


# ── the agency ───────────────────────────────────────────────────────────────────────────────


def test_the_hand_over_follows_the_notice() -> None:
    step = step_of(notified(), at=noon(day(NOV, 3)))
    assert step.kind is StepKind.HAND_OVER
    assert step.when is not None
    assert FINLAND.local_date(step.when) == day(NOV, 20)  # Monday 2 + 18: a Friday
    assert WINDOW.contains(step.when)


def test_a_hasty_rule_waits_for_the_laws_gate() -> None:
    step = step_of(notified(), with_rule(hand_over_after_days=0), noon(day(NOV, 3)))
    assert step.when is not None
    assert FINLAND.local_date(step.when) == day(NOV, 17)  # 14 full days after 2 November
    assert "moved on by law" in step.why
    assert "5 §" in step.why


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (None, "no rule"),
        (with_rule(hand_over=HandOver.NEVER), "does not hand over"),
        (with_rule(hand_over=HandOver.ON_APPROVAL), "approve"),
        (with_rule(minimum_cents=10_001), "minimum"),
    ],
)
def test_what_is_not_handed_over_by_itself_is_a_stated_wait_until_approved(
    rule: Rule | None, words: str
) -> None:
    step = step_of(notified(), rule, noon(day(NOV, 23)))
    assert step.kind.waits
    assert step.when is None
    assert words in step.why
    approved = step_of(notified(approved=True), rule, noon(day(NOV, 23)))
    assert approved.kind is StepKind.HAND_OVER
    assert approved.why == "approved by hand"


def test_approved_it_goes_on_the_first_lawful_day() -> None:
    step = step_of(notified(approved=True), at=noon(day(NOV, 3)))
    assert step.when is not None
    assert FINLAND.local_date(step.when) == day(NOV, 17)


def test_a_consumer_who_was_never_reminded_is_not_handed_over() -> None:
    step = step_of(notified(letters=()), at=noon(day(DEC, 1)))
    assert step.kind.waits
    assert step.when is None
    assert "5 §" in step.why


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (at_agency(), "no status yet"),
        (at_agency(CollectionStatus.LETTER_COLLECTION), "KIRJEPERINTÄ"),
        (at_agency(CollectionStatus.PAID), "waits for the settlement"),
        (at_agency(CollectionStatus.ENDED_WITHOUT_MEANS), "write off, or take back"),
        (notified(state=InvoiceState.IN_COLLECTION), "by hand"),
    ],
)
def test_at_the_agency_it_waits_for_the_agency(case: Case, words: str) -> None:
    step = step_of(case, at=noon(day(DEC, 1)))
    assert step.kind.waits
    assert step.when is None
    assert words in step.why


def test_a_status_that_nobody_knows_is_shown_in_the_agencys_words() -> None:
    file = at_agency().agency
    assert file is not None
    unknown = file.model_copy(update={"status_text": "UUSI TILA"})
    assert "UUSI TILA" in step_of(at_agency(agency=unknown), at=noon(day(DEC, 1))).why


def test_the_gate_says_from_when_and_by_which_section() -> None:
    allowed, why = hand_over_gate(notified(), FINNISH_LAW, FINLAND, day(NOV, 3))
    assert allowed == day(NOV, 17)
    assert "5 §" in why
    for kind, section in ((HoldKind.DISPUTED, "4 b §"), (HoldKind.SUSPENDED, "4 c §")):
        held = notified(holds=(a_hold(kind),))
        allowed, why = hand_over_gate(held, FINNISH_LAW, FINLAND, day(NOV, 23))
        assert allowed is None
        assert section in why


ON_ITS_WAY = notified(
    letters=(
        a_letter(LetterKind.REMINDER, day(OCT, 16)),
        a_letter(LetterKind.NOTICE, day(NOV, 2), due=day(NOV, 13), sent=False),
    )
)


def test_nobody_is_handed_over_for_a_notice_that_has_not_left() -> None:
    # Leaving today, Tuesday 1 December, at the earliest: 14 full days later it is Wednesday 16.
    now = noon(day(DEC, 1))
    allowed, _ = hand_over_gate(ON_ITS_WAY, FINNISH_LAW, FINLAND, day(DEC, 1))
    assert allowed == day(DEC, 16)
    for approved in (False, True):
        step = step_of(ON_ITS_WAY.model_copy(update={"approved": approved}), at=now)
        assert step.kind is StepKind.HAND_OVER
        assert not step.due(now)


def test_without_both_letters_nobody_is_handed_over_to_collection() -> None:
    case = notified(letters=(), debtor=DebtorClass.BUSINESS)
    step = step_of(case, BUSINESSES)
    assert (step.kind, step.when) == (StepKind.WAIT, None)
    assert "no reminder was sent" in step.why


# ── too old ──────────────────────────────────────────────────────────────────────────────────

LAST_DAY = date(2029, 10, 1)  # three years after the due date; a Monday


@pytest.mark.parametrize(
    ("case", "last_day"),
    [
        (OVERDUE, LAST_DAY),
        (after_reminder(), date(2029, 10, 16)),  # anew from the reminder, a Tuesday
        (notified(), date(2029, 11, 2)),  # anew from the notice, a Friday
        (notified(approved=True), date(2029, 11, 2)),
    ],
    ids=lambda value: str(getattr(value, "state", value)),
)
def test_a_time_barred_claim_is_collected_no_more(case: Case, last_day: date) -> None:
    assert step_of(case, at=noon(last_day)).due(noon(last_day))
    barred = step_of(case, at=noon(last_day + DAY))
    assert (barred.kind, barred.when) == (StepKind.WAIT, None)
    assert "728/2003, 4 §" in barred.why
    assert "513/1999, 4 §" in barred.why
    by_hand = step_of(case, None, noon(last_day + DAY))
    assert by_hand.kind is StepKind.WAIT


def test_a_letter_that_would_leave_too_late_is_not_planned() -> None:
    evening = noon(LAST_DAY) + timedelta(hours=6)  # the next sending moment is Tuesday's
    step = step_of(OVERDUE, at=evening)
    assert step.kind is StepKind.WAIT
    assert "time-barred" in step.why


def test_a_time_barred_claim_may_still_become_overdue_be_paid_and_be_with_the_agency() -> None:
    long_after = noon(date(2030, 5, 2))
    assert step_of(a_case(), at=long_after).kind is StepKind.BECOME_OVERDUE
    paid = after_reminder(principal_cents=0, open_cents=0, paid_cents=10_000)
    assert step_of(paid, at=long_after).kind is StepKind.CLOSE
    assert "Intrum" in step_of(at_agency(), at=long_after).why
