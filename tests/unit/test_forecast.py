"""An invoice's future, and letters sent by hand; dates are computed by hand.

October 2026 begins on a Thursday. Saturday 31 October is All Saints' Day.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from domain.calendar import FINLAND
from domain.case import Case
from domain.forecast import forecast
from domain.law import FINNISH_LAW, DebtorClass
from domain.procedure import draft_letter, letter_now
from domain.rule import BUSINESSES, CONSUMERS, HandOver, LetterTerms, Rule
from domain.states import Channel, HoldKind, InvoiceState, LetterKind
from domain.steps import Step, StepKind
from tests.unit.strategies import (
    DEC,
    DUE,
    NOV,
    OCT,
    a_case,
    a_hold,
    at_agency,
    day,
    noon,
    notified,
    step_of,
    with_rule,
)
from tests.unit.strategies import reminded as after_reminder

OVERDUE = a_case(state=InvoiceState.OVERDUE)


def ladder(case: Case, rule: Rule | None, at: datetime) -> list[tuple[StepKind, date | None]]:
    steps = forecast(case, rule, FINNISH_LAW, FINLAND, at)
    return [(step.kind, step.when and FINLAND.local_date(step.when)) for step in steps]


# ── the future ───────────────────────────────────────────────────────────────────────────────


def test_the_future_of_a_consumers_invoice() -> None:
    # Due Thursday 1 October: overdue on Friday 2. Reminder on 1 + 15 = Friday 16; it has arrived on
    # Monday 19 and is due 10 days later, Thursday 29. Notice on 16 + 15 = Saturday 31, All Saints'
    # Day, so Monday 2 November; arrived on Tuesday 3, due Friday 13. Hand-over on 2 + 18 = Friday
    # 20 (the law: 14 full days, so 17; payment time over, so 14).
    assert ladder(a_case(), CONSUMERS, noon(day(9, 15))) == [
        (StepKind.BECOME_OVERDUE, day(OCT, 2)),
        (StepKind.REMIND, day(OCT, 16)),
        (StepKind.NOTIFY, day(NOV, 2)),
        (StepKind.HAND_OVER, day(NOV, 20)),
        (StepKind.WAIT, None),
    ]


@pytest.mark.parametrize("debtor", [DebtorClass.BUSINESS, DebtorClass.OTHER])
def test_the_future_of_a_businesss_invoice(debtor: DebtorClass) -> None:
    # Reminder on 1 + 7 = Thursday 8 October; arrived on Friday 9, due Monday 19. Notice on 8 + 14 =
    # Thursday 22; arrived on Friday 23, due Monday 2 November. Hand-over on 22 + 14 = Thursday 5
    # (the law: 10 full days, so Monday 2; payment time over, so Tuesday 3).
    assert ladder(a_case(debtor=debtor), BUSINESSES, noon(day(9, 15))) == [
        (StepKind.BECOME_OVERDUE, day(OCT, 2)),
        (StepKind.REMIND, day(OCT, 8)),
        (StepKind.NOTIFY, day(OCT, 22)),
        (StepKind.HAND_OVER, day(NOV, 5)),
        (StepKind.WAIT, None),
    ]


def test_the_future_on_paper_is_later() -> None:
    # The reminder of Friday 16 October has arrived after four banking days, on Thursday 22; due on
    # Sunday 1 November, so Monday 2; the notice the day after, Tuesday 3.
    on_paper = with_rule(channels=(Channel.PAPER,))
    assert ladder(a_case(), on_paper, noon(day(9, 15)))[2] == (StepKind.NOTIFY, day(NOV, 3))


def test_the_future_of_a_held_invoice_begins_with_the_holds_end() -> None:
    holds = (
        a_hold(HoldKind.PROMISE, day(NOV, 30)),
        a_hold(HoldKind.COLLECTION_BAN, date(2027, 6, 1)),
    )
    # Reminder on Tuesday 1 December; notice on 16; hand-over when the ban has ended.
    assert ladder(a_case(holds=holds), CONSUMERS, noon(day(9, 15))) == [
        (StepKind.WAIT, day(DEC, 1)),
        (StepKind.BECOME_OVERDUE, day(DEC, 1)),
        (StepKind.REMIND, day(DEC, 1)),
        (StepKind.NOTIFY, day(DEC, 16)),
        (StepKind.WAIT, date(2027, 6, 2)),
        (StepKind.HAND_OVER, date(2027, 6, 2)),
        (StepKind.WAIT, None),
    ]


def test_after_downtime_the_rest_is_counted_from_what_really_happened() -> None:
    # Down from 2 October, back on Tuesday 3 November: the reminder leaves at once, and the notice
    # 15 days later, not at once too. Its hand-over: 18 days after Wednesday 18 November is Sunday
    # 6 December, Independence Day.
    assert ladder(OVERDUE, CONSUMERS, noon(day(NOV, 3))) == [
        (StepKind.REMIND, day(NOV, 3)),
        (StepKind.NOTIFY, day(NOV, 18)),
        (StepKind.HAND_OVER, day(DEC, 7)),
        (StepKind.WAIT, None),
    ]


def test_the_future_of_a_settled_invoice_is_its_end() -> None:
    now = noon(day(OCT, 20))
    paid = after_reminder(principal_cents=0, open_cents=0, paid_cents=10_000)
    assert ladder(paid, CONSUMERS, now) == [
        (StepKind.CLOSE, day(OCT, 20)),
        (StepKind.WAIT, None),
    ]


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        (None, StepKind.BECOME_OVERDUE),
        (with_rule(notice=None), StepKind.REMIND),
        (with_rule(hand_over=HandOver.NEVER), StepKind.NOTIFY),
    ],
)
def test_the_future_ends_where_the_rule_ends(rule: Rule | None, last: StepKind) -> None:
    kinds = [kind for kind, _ in ladder(a_case(), rule, noon(day(9, 15)))]
    assert kinds[-2:] == [last, StepKind.WAIT]


# ── letters by hand, and what a letter says ──────────────────────────────────────────────────


def test_a_person_may_be_quicker_than_rule_window_and_minimum() -> None:
    sunday = noon(day(OCT, 25))
    small = a_case(state=InvoiceState.OVERDUE, open_cents=500)
    patient = with_rule(reminder=LetterTerms(after_days=60, fee_cents=500))
    step = letter_now(small, patient, FINNISH_LAW, FINLAND, sunday)
    assert isinstance(step, Step)
    assert (step.kind, step.when, step.fee_cents) == (StepKind.REMIND, sunday, 500)
    assert step.due(sunday)


def test_by_hand_without_a_rule_a_letter_is_free() -> None:
    step = letter_now(OVERDUE, None, FINNISH_LAW, FINLAND, noon(day(OCT, 2)))
    assert isinstance(step, Step)
    assert step.fee_cents == 0


@pytest.mark.parametrize(
    ("case", "now", "words"),
    [
        (a_case(), noon(day(9, 15)), "open"),
        (notified(), noon(day(DEC, 1)), "notified"),
        (at_agency(), noon(day(DEC, 1)), "in_collection"),
        (OVERDUE, noon(day(OCT, 15)), "2026-10-16"),  # not charged sooner
        (after_reminder(), noon(day(OCT, 30)), "2026-10-31"),  # not sooner after the last letter
        (after_reminder(holds=(a_hold(HoldKind.PROMISE),)), noon(day(DEC, 1)), "release"),
        (after_reminder(principal_cents=0), noon(day(DEC, 1)), "principal"),
        (OVERDUE, noon(date(2029, 10, 2)), "728/2003"),
    ],
)
def test_why_no_letter_can_be_sent_by_hand(case: Case, now: datetime, words: str) -> None:
    answer = letter_now(case, CONSUMERS, FINNISH_LAW, FINLAND, now)
    assert isinstance(answer, str)
    assert words in answer


@pytest.mark.parametrize(
    ("channel", "due"),
    [
        (Channel.EMAIL, day(OCT, 29)),  # arrived on Monday 19; + 10
        (Channel.PAPER, day(NOV, 2)),  # arrived on Thursday 22; + 10 is a Sunday
    ],
)
def test_a_drafted_letter_has_the_next_round_and_its_channels_due_date(
    channel: Channel, due: date
) -> None:
    case = a_case(state=InvoiceState.OVERDUE, rounds=4)
    letter = draft_letter(step_of(case), case, channel, FINNISH_LAW, FINLAND, day(OCT, 16))
    assert letter.kind is LetterKind.REMINDER
    assert (letter.round, letter.fee_cents, letter.channel) == (5, 500, channel)
    assert (letter.on, letter.due) == (day(OCT, 16), due)
    assert not letter.sent


def test_due_means_ready_to_be_taken() -> None:
    now = noon(DUE)
    assert Step(kind=StepKind.REMIND, when=now, why="").due(now)
    assert not Step(kind=StepKind.REMIND, when=now + timedelta(seconds=1), why="").due(now)
    assert not Step(kind=StepKind.WAIT, when=now, why="").due(now)
    assert not Step(kind=StepKind.WAIT, when=None, why="").due(now)
