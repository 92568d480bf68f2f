"""Overdue invoices to the agency's reminder service, by example; dates are computed by hand.

October 2026 begins on a Thursday, which is the day the plain case is due on.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from domain import requests
from domain.agency import AgencyService
from domain.by_hand import decide
from domain.calendar import FINLAND
from domain.case import AgencyFile, Case
from domain.folding import apply
from domain.forecast import forecast
from domain.law import FINNISH_LAW
from domain.outcomes import (
    AgencyAwaited,
    AgencyReady,
    HandedOver,
    HandOverApproved,
    RuleChanged,
    WithdrawnFromAgency,
)
from domain.requests import Refused
from domain.rule import CONSUMERS, ReminderServiceTerms, Rule, Sending
from domain.rule_check import all_breaches
from domain.states import HoldKind, InvoiceState
from domain.steps import StepKind
from tests.unit.strategies import NOV, OCT, a_case, a_hold, day, noon, reminded, step_of, with_rule

OVERDUE = a_case(state=InvoiceState.OVERDUE)


def served(after_days: int = 7, *, on_approval: bool = False, **changes: Any) -> Rule:
    terms = ReminderServiceTerms(after_days=after_days, on_approval=on_approval)
    return with_rule(reminder_service=terms, **changes)


def handed_over(case: Case = OVERDUE) -> Case:
    file = AgencyFile(case_id=7, service=AgencyService.REMINDER, since=day(OCT, 8))
    return apply(case, HandedOver(file=file))


def test_it_goes_so_many_days_after_the_due_date_in_place_of_our_reminder() -> None:
    step = step_of(OVERDUE, served())
    assert step.kind is StepKind.HAND_OVER
    assert step.when is not None
    assert FINLAND.local_date(step.when) == day(OCT, 8)
    assert "7 days after the due date" in step.why


def test_the_forecast_ends_there() -> None:
    steps = forecast(OVERDUE, served(), FINNISH_LAW, FINLAND, noon(day(OCT, 2)))
    assert [step.kind for step in steps] == [StepKind.HAND_OVER, StepKind.WAIT]


def test_it_comes_back_to_our_own_letters_and_goes_there_once() -> None:
    there = handed_over()
    assert there.state is InvoiceState.IN_COLLECTION
    back = apply(there, WithdrawnFromAgency(reason="mistaken"))
    assert back.state is InvoiceState.OVERDUE
    assert step_of(back, served()).kind is StepKind.REMIND


@pytest.mark.parametrize(
    ("rule", "kind", "why"),
    [
        (served(on_approval=True), StepKind.APPROVE, "approve the hand-over"),
        (served(sending=Sending.OFF), StepKind.WAIT, "switched off"),
        (served(minimum_cents=10**9), StepKind.WAIT, "below the rule's minimum"),
    ],
)
def test_what_keeps_it(rule: Rule, kind: StepKind, why: str) -> None:
    step = step_of(OVERDUE, rule)
    assert step.kind is kind
    assert why in step.why


def test_it_is_held_or_banned() -> None:
    for kind in (HoldKind.DISPUTED, HoldKind.COLLECTION_BAN):
        held = OVERDUE.model_copy(update={"holds": (a_hold(kind),)})
        step = step_of(held, served())
        assert (step.kind, step.when) == (StepKind.WAIT, None)
        with pytest.raises(Refused, match="held"):
            asked(held)


def asked(case: Case, rule: Rule | None = None, on: date | None = None) -> tuple[object, ...]:
    now = noon(on or day(OCT, 2))
    return decide(case, requests.HandOver(), rule, FINNISH_LAW, FINLAND, now)


def test_by_hand_it_goes_at_once_and_needs_no_rule() -> None:
    approved, step = asked(OVERDUE)
    assert approved == HandOverApproved()
    assert getattr(step, "kind", None) is StepKind.HAND_OVER
    case = apply(OVERDUE, HandOverApproved())
    assert step_of(case, None).kind is StepKind.HAND_OVER


@pytest.mark.parametrize("case", [a_case(), reminded()], ids=["open", "reminded"])
def test_of_other_states_no_service_takes_any(case: Case) -> None:
    with pytest.raises(Refused, match=case.state.value):
        asked(case, CONSUMERS, day(NOV, 3))


def test_a_wait_for_the_contract_holds_until_its_day_or_its_news() -> None:
    waits = apply(OVERDUE, AgencyAwaited(reason="no contract", until=day(OCT, 20)))
    step = step_of(waits, served(), noon(day(OCT, 9)))
    assert step.kind is StepKind.WAIT
    assert step.when is not None
    assert FINLAND.local_date(step.when) == day(OCT, 20)
    assert step_of(waits, served(), noon(day(OCT, 20))).kind is StepKind.HAND_OVER
    for news in (AgencyReady(), RuleChanged(rule_version_id=3, rule="VIP v2"), HandOverApproved()):
        assert step_of(apply(waits, news), served()).kind is StepKind.HAND_OVER
    for_ever = apply(OVERDUE, AgencyAwaited(reason="no contract"))
    assert step_of(for_ever, served()).when is None


def test_a_rule_may_not_hand_over_before_it_is_overdue() -> None:
    assert not all_breaches(served(1), FINNISH_LAW, day(OCT, 1))
    (breach,) = all_breaches(served(0), FINNISH_LAW, day(OCT, 1))
    assert breach.term == "reminder_service.after_days"
