"""The next step by example; every date is computed by hand in the comment beside it.

October 2026 begins on a Thursday. Saturday 31 October is All Saints' Day.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from domain.calendar import FINLAND
from domain.case import Case
from domain.law import FINNISH_LAW, DebtorClass
from domain.procedure import letter_now
from domain.rule import BUSINESSES, CONSUMERS, LetterTerms, Residual, Rule
from domain.states import HoldKind, InvoiceState, LetterKind
from domain.steps import StepKind
from domain.waits import WINDOW
from tests.unit.strategies import (
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
BUSINESS_OVERDUE = a_case(state=InvoiceState.OVERDUE, debtor=DebtorClass.BUSINESS)


# ── open ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("due", "overdue_on"),
    [
        (day(OCT, 1), day(OCT, 2)),  # Thursday, so Friday
        (day(OCT, 2), day(OCT, 3)),  # Friday: a Saturday is a day, and no letter leaves on it
        (day(OCT, 3), day(OCT, 6)),  # Saturday: may be paid on Monday, so Tuesday
        (day(DEC, 24), day(DEC, 29)),  # Christmas Eve, a Thursday: until Monday 28
    ],
)
def test_an_open_invoice_becomes_overdue_the_day_after_the_last_day_to_pay(
    due: date, overdue_on: date
) -> None:
    step = step_of(a_case(due=due), at=noon(day(9, 15)))
    assert step.kind is StepKind.BECOME_OVERDUE
    assert step.when is not None
    assert FINLAND.local_date(step.when) == overdue_on
    assert step.when < noon(overdue_on)


def test_an_open_invoice_found_late_becomes_overdue_at_once() -> None:
    now = noon(day(NOV, 20))
    step = step_of(a_case(), at=now)
    assert (step.kind, step.when) == (StepKind.BECOME_OVERDUE, now)
    assert step.due(now)


@pytest.mark.parametrize("rule", [None, CONSUMERS, with_rule(reminder=None, notice=None)])
def test_becoming_overdue_takes_no_rule(rule: Rule | None) -> None:
    assert step_of(a_case(), rule, noon(day(9, 15))).kind is StepKind.BECOME_OVERDUE


# ── the letters ──────────────────────────────────────────────────────────────────────────────


def test_a_consumer_is_reminded_after_fifteen_days() -> None:
    step = step_of(OVERDUE)
    assert step.kind is StepKind.REMIND
    assert step.when is not None
    assert FINLAND.local_date(step.when) == day(OCT, 16)  # Thursday 1 + 15: a Friday
    assert WINDOW.contains(step.when)
    assert step.fee_cents == 500
    assert "15 days after the due date" in step.why


def test_a_business_is_reminded_after_seven_days() -> None:
    step = step_of(BUSINESS_OVERDUE, BUSINESSES)
    assert step.when is not None
    assert FINLAND.local_date(step.when) == day(OCT, 8)  # Thursday 1 + 7
    assert step.fee_cents == 1_000


def test_the_law_moves_a_consumers_fee_on() -> None:
    hasty = with_rule(reminder=LetterTerms(after_days=3, fee_cents=500))
    step = step_of(OVERDUE, hasty)
    assert step.when is not None
    assert FINLAND.local_date(step.when) == day(OCT, 16)  # 14 full days after 1 October
    assert "moved on by law" in step.why
    assert "10 b §" in step.why


def test_a_free_reminder_may_come_sooner() -> None:
    kind = with_rule(reminder=LetterTerms(after_days=3, fee_cents=0))
    step = step_of(OVERDUE, kind)
    assert step.when is not None
    assert FINLAND.local_date(step.when) == day(OCT, 5)  # Sunday 4 is no banking day
    assert step.fee_cents == 0


def test_nobody_is_reminded_on_the_last_day_to_pay() -> None:
    same_day = with_rule(reminder=LetterTerms(after_days=0, fee_cents=0))
    step = step_of(OVERDUE, same_day, noon(day(OCT, 1)))
    assert step.when is not None
    assert FINLAND.local_date(step.when) == day(OCT, 2)


@pytest.mark.parametrize(("asked", "charged"), [(499, 499), (500, 500), (501, 500), (5_000, 500)])
def test_a_fee_is_capped_by_law(asked: int, charged: int) -> None:
    rule = with_rule(reminder=LetterTerms(after_days=15, fee_cents=asked))
    assert step_of(OVERDUE, rule).fee_cents == charged


def test_an_invoice_sent_late_never_carries_a_fee() -> None:
    late = a_case(state=InvoiceState.OVERDUE, invoice_sent_on=day(9, 18))  # 13 days before
    assert step_of(late).fee_cents == 0
    in_time = a_case(state=InvoiceState.OVERDUE, invoice_sent_on=day(9, 17))
    assert step_of(in_time).fee_cents == 500
    # The condition is the consumer's.
    trader = late.model_copy(update={"debtor": DebtorClass.BUSINESS})
    assert step_of(trader, BUSINESSES).fee_cents == 1_000


def test_at_most_two_letters_carry_a_fee() -> None:
    again = notified(state=InvoiceState.REMINDED)
    step = step_of(again, at=noon(day(NOV, 3)))
    assert (step.kind, step.fee_cents) == (StepKind.NOTIFY, 0)


def test_the_notice_waits_for_rule_and_gap_and_the_reminders_payment_time() -> None:
    step = step_of(after_reminder(), at=noon(day(OCT, 17)))
    assert step.kind is StepKind.NOTIFY
    assert step.when is not None
    # 16 October + 15 is Saturday 31; the next banking day is Monday.
    assert FINLAND.local_date(step.when) == day(NOV, 2)
    slow_post = a_letter(LetterKind.REMINDER, day(OCT, 16), due=day(NOV, 3))
    step = step_of(after_reminder(letters=(slow_post,)), at=noon(day(OCT, 17)))
    assert step.when is not None
    assert FINLAND.local_date(step.when) == day(NOV, 4)


@pytest.mark.parametrize(
    ("case", "rule", "earliest"),
    [
        # 14 full days after 16 October; Saturday 31 is no banking day.
        (after_reminder(), CONSUMERS, day(NOV, 2)),
        # 10 full days: Tuesday 27; its payment time ends on Thursday 29.
        (after_reminder(debtor=DebtorClass.BUSINESS), BUSINESSES, day(OCT, 30)),
    ],
)
def test_a_hasty_rule_keeps_the_laws_gap(case: Case, rule: Rule, earliest: date) -> None:
    hasty = rule.model_copy(update={"notice": LetterTerms(after_days=1, fee_cents=500)})
    step = step_of(case, hasty, noon(day(OCT, 17)))
    assert step.when is not None
    assert FINLAND.local_date(step.when) == earliest


@pytest.mark.parametrize(
    ("now", "leaves_on"),
    [
        (noon(day(OCT, 20)), day(OCT, 20)),  # Tuesday noon: at once
        (noon(day(OCT, 20)) + timedelta(hours=5), day(OCT, 21)),  # Tuesday at 17: Wednesday
        (noon(day(OCT, 24)), day(OCT, 26)),  # Saturday: Monday
    ],
)
def test_a_missed_letter_leaves_at_the_next_sending_moment(now: datetime, leaves_on: date) -> None:
    step = step_of(OVERDUE, at=now)
    assert step.when is not None
    assert FINLAND.local_date(step.when) == leaves_on
    assert step.when >= now
    assert WINDOW.contains(step.when)


@pytest.mark.parametrize(
    ("case", "rule", "words"),
    [
        (OVERDUE, None, "no rule"),
        (OVERDUE, with_rule(reminder=None), "sends no reminder"),
        (after_reminder(), with_rule(notice=None), "sends no notice"),
        (a_case(state=InvoiceState.OVERDUE, principal_cents=999), CONSUMERS, "minimum"),
        (after_reminder(principal_cents=999, open_cents=1_500), CONSUMERS, "minimum"),
    ],
)
def test_a_letter_that_is_not_to_be_sent_is_a_stated_wait(
    case: Case, rule: Rule | None, words: str
) -> None:
    step = step_of(case, rule, noon(day(NOV, 20)))
    assert (step.kind, step.when) == (StepKind.WAIT, None)
    assert words in step.why


def test_the_minimum_itself_is_enough() -> None:
    assert (
        step_of(a_case(state=InvoiceState.OVERDUE, principal_cents=1_000)).kind is StepKind.REMIND
    )


def test_nothing_follows_a_letter_that_has_not_left() -> None:
    """However long ago it was released: it counts as leaving today."""
    waiting = after_reminder(letters=(a_letter(LetterKind.REMINDER, day(OCT, 16), sent=False),))
    now = noon(day(NOV, 20))
    step = step_of(waiting, at=now)
    assert step.kind is StepKind.NOTIFY
    assert step.when is not None
    # Friday 20 + 15 is a Saturday, and Sunday 6 December is Independence Day.
    assert FINLAND.local_date(step.when) == day(DEC, 7)
    assert isinstance(letter_now(waiting, CONSUMERS, FINNISH_LAW, FINLAND, now), str)


def test_a_letter_of_today_counts_the_same_on_its_way_and_arrived() -> None:
    gone = a_letter(LetterKind.REMINDER, day(OCT, 16))
    on_its_way = gone.model_copy(update={"sent": False})
    today = noon(day(OCT, 16))
    assert step_of(after_reminder(letters=(on_its_way,)), at=today) == step_of(
        after_reminder(letters=(gone,)), at=today
    )


def test_letters_of_a_morning_are_spread() -> None:
    moments = {step_of(a_case(state=InvoiceState.OVERDUE, number=str(n))).when for n in range(50)}
    assert len(moments) > 40


# ── what stops it ────────────────────────────────────────────────────────────────────────────

LIVE = [a_case(), OVERDUE, after_reminder(), notified(), at_agency()]
STOPPING = [kind for kind in HoldKind if kind.stops_letters]


@pytest.mark.parametrize("case", LIVE, ids=lambda case: case.state.value)
@pytest.mark.parametrize("kind", STOPPING)
def test_a_held_invoice_waits_where_it_is(case: Case, kind: HoldKind) -> None:
    held = case.model_copy(update={"holds": (a_hold(kind),)})
    step = step_of(held, at=noon(day(DEC, 1)))
    assert (step.kind, step.when) == (StepKind.WAIT, None)
    assert kind.value in step.why
    assert "as agreed" in step.why


def test_a_hold_with_an_end_ends_by_itself() -> None:
    until = day(NOV, 20)
    held = OVERDUE.model_copy(update={"holds": (a_hold(HoldKind.PROMISE, until),)})
    step = step_of(held, at=noon(until))
    assert step.kind is StepKind.WAIT
    # Helsinki's midnight at the end of the last day is 22:00 UTC.
    assert step.when == noon(until) + timedelta(hours=12)
    assert step_of(held, at=step.when).kind is StepKind.REMIND


def test_of_several_holds_the_last_one_counts() -> None:
    ends = a_hold(HoldKind.PROMISE, day(NOV, 20)), a_hold(HoldKind.EXTENSION, day(NOV, 30))
    step = step_of(OVERDUE.model_copy(update={"holds": ends}))
    assert step.when == noon(day(NOV, 30)) + timedelta(hours=12)
    endless = (*ends, a_hold(HoldKind.MANUAL))
    assert step_of(OVERDUE.model_copy(update={"holds": endless})).when is None


def test_a_collection_ban_stops_the_agency_and_not_the_letters() -> None:
    ban = (a_hold(HoldKind.COLLECTION_BAN, day(DEC, 31)),)
    assert step_of(OVERDUE.model_copy(update={"holds": ban})).kind is StepKind.REMIND
    assert step_of(after_reminder(holds=ban)).kind is StepKind.NOTIFY
    for approved in (False, True):
        barred = step_of(notified(holds=ban, approved=approved), at=noon(day(DEC, 1)))
        assert barred.kind is StepKind.WAIT
        assert "collection_ban" in barred.why
        assert barred.when == noon(day(DEC, 31)) + timedelta(hours=12)


@pytest.mark.parametrize("case", LIVE, ids=lambda case: case.state.value)
def test_what_needs_attention_waits_for_somebody(case: Case) -> None:
    step = step_of(case.model_copy(update={"attention": "no such box"}), at=noon(day(DEC, 1)))
    assert (step.kind, step.when) == (StepKind.WAIT, None)
    assert "no such box" in step.why


@pytest.mark.parametrize("case", LIVE, ids=lambda case: case.state.value)
@pytest.mark.parametrize(
    ("paid_cents", "end"), [(10_000, InvoiceState.PAID), (0, InvoiceState.CREDITED)]
)
def test_settled_it_closes_at_once_whatever_holds_it(
    case: Case, paid_cents: int, end: InvoiceState
) -> None:
    now = noon(day(DEC, 1))
    settled = case.model_copy(
        update={
            "principal_cents": 0,
            "open_cents": 500,
            "paid_cents": paid_cents,
            "holds": (a_hold(HoldKind.DISPUTED),),
            "attention": "no such box",
        }
    )
    step = step_of(settled, at=now)
    assert (step.kind, step.when, step.close_as) == (StepKind.CLOSE, now, end)
    assert step_of(settled, None, now).kind is StepKind.CLOSE


def test_a_residual_may_be_pursued() -> None:
    pursuing = with_rule(residual=Residual.PURSUE)
    rest = after_reminder(principal_cents=0, open_cents=500, paid_cents=10_000)
    step = step_of(rest, pursuing)
    assert (step.kind, step.when) == (StepKind.WAIT, None)
    assert "5.00" in step.why
    assert step_of(rest.model_copy(update={"open_cents": 0}), pursuing).kind is StepKind.CLOSE


@pytest.mark.parametrize("state", [state for state in InvoiceState if state.final])
def test_closed_is_closed(state: InvoiceState) -> None:
    step = step_of(a_case(state=state, principal_cents=0))
    assert (step.kind, step.when) == (StepKind.WAIT, None)
    assert state.value in step.why
