"""What a person may do by hand: every request in every state, and exactly why not."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given

from domain import requests
from domain.by_hand import decide
from domain.calendar import FINLAND
from domain.case import Case
from domain.folding import apply
from domain.law import FINNISH_LAW, DebtorClass
from domain.outcomes import (
    Closed,
    HandOverApproved,
    HoldPlaced,
    HoldReleased,
    Outcome,
    StateSet,
    WithdrawnFromAgency,
)
from domain.procedure import next_step
from domain.requests import Refused, Request
from domain.rule import CONSUMERS, HandOver, Rule
from domain.states import HoldKind, InvoiceState, LetterKind
from domain.steps import Step, StepKind
from tests.unit.strategies import (
    CASES,
    DAY,
    INSTANTS,
    REQUESTS,
    RULES,
    a_case,
    a_hold,
    a_letter,
    at_agency,
    noon,
    notified,
    reminded,
)

NOW = noon(date(2026, 12, 1))  # a Tuesday; long enough after both letters
TODAY = date(2026, 12, 1)

CASE_IN: dict[InvoiceState, Case] = {
    InvoiceState.OPEN: a_case(due=date(2026, 12, 15)),
    InvoiceState.OVERDUE: a_case(state=InvoiceState.OVERDUE),
    InvoiceState.REMINDED: reminded(),
    InvoiceState.NOTIFIED: notified(),
    InvoiceState.IN_COLLECTION: at_agency(),
    **{state: a_case(state=state) for state in InvoiceState if state.final},
}
LIVE = [state for state in InvoiceState if not state.final]


def asked(
    case: Case, request: Request, at: datetime = NOW, rule: Rule | None = CONSUMERS
) -> tuple[Outcome | Step, ...]:
    return decide(case, request, rule, FINNISH_LAW, FINLAND, at)


def refusal(case: Case, request: Request, at: datetime = NOW, rule: Rule | None = CONSUMERS) -> str:
    with pytest.raises(Refused) as caught:
        asked(case, request, at, rule)
    return str(caught.value)


# ── every request in every state ─────────────────────────────────────────────────────────────

OPEN, OVERDUE, REMINDED, NOTIFIED, IN_COLLECTION = LIVE

# Which states grant a request; every other one refuses.
GRANTED: list[tuple[Request, set[InvoiceState]]] = [
    (requests.Hold(), set(LIVE)),
    (requests.Release(), set()),  # none of them is held
    (requests.Cancel(), set(LIVE)),
    (requests.SendNow(), {OVERDUE, REMINDED}),
    (requests.HandOver(), {OVERDUE, NOTIFIED}),
    (requests.Withdraw(), {IN_COLLECTION}),
    (requests.SetState(to=OPEN), set()),  # open is open; the others fell due long ago
    (requests.SetState(to=OVERDUE), {REMINDED, NOTIFIED}),
    (requests.SetState(to=REMINDED), {OVERDUE, NOTIFIED}),
    (requests.SetState(to=NOTIFIED), {OVERDUE, REMINDED}),
    (requests.SetState(to=IN_COLLECTION), set()),
    (requests.SetState(to=InvoiceState.PAID), set()),
    (requests.SetState(to=InvoiceState.CREDITED), set()),
    (requests.SetState(to=InvoiceState.CANCELLED), set()),
    (requests.SetState(to=InvoiceState.WRITTEN_OFF), set(LIVE)),
]


@pytest.mark.parametrize("state", InvoiceState)
@pytest.mark.parametrize(
    ("request_", "granted"),
    GRANTED,
    ids=[f"{request.kind}-{getattr(request, 'to', '')}" for request, _ in GRANTED],
)
def test_every_request_in_every_state(
    state: InvoiceState, request_: Request, granted: set[InvoiceState]
) -> None:
    case = CASE_IN[state]
    if state in granted:
        assert asked(case, request_)
    else:
        assert refusal(case, request_)


@pytest.mark.parametrize("state", [state for state in InvoiceState if state.final])
def test_a_closed_invoice_says_how_it_ended(state: InvoiceState) -> None:
    assert state.value in refusal(CASE_IN[state], requests.Release())


@given(CASES, REQUESTS, RULES, INSTANTS)
def test_any_request_is_granted_or_refused_with_a_reason(
    case: Case, request: Request, rule: Rule, now: datetime
) -> None:
    granted: tuple[Outcome | Step, ...] = ()
    reason = ""
    try:
        granted = asked(case, request, now, rule)
    except Refused as refused:
        reason = str(refused)
    assert bool(granted) != bool(reason)
    assert reason or not case.closed
    for item in granted:
        if isinstance(item, Step):
            assert item.due(now)
            assert case.principal_cents > 0
            assert not [
                h for h in case.active_holds(FINLAND.local_date(now)) if h.kind.stops_letters
            ]
        else:
            case = apply(case, item)


# ── hold and release ─────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", LIVE)
@pytest.mark.parametrize("kind", HoldKind)
def test_any_hold_can_be_placed_in_any_state(state: InvoiceState, kind: HoldKind) -> None:
    request = requests.Hold(hold=kind, until=date(2026, 12, 24), reason="rang up", actor="clerk")
    (placed,) = asked(CASE_IN[state], request)
    assert isinstance(placed, HoldPlaced)
    assert placed.hold.kind is kind
    assert placed.hold.until == date(2026, 12, 24)
    assert (placed.hold.reason, placed.hold.author) == ("rang up", "clerk")


def test_a_hold_must_not_be_over_before_it_begins() -> None:
    assert "2026-11-30" in refusal(reminded(), requests.Hold(until=TODAY - DAY))
    assert asked(reminded(), requests.Hold(until=TODAY))


@pytest.mark.parametrize("kind", [HoldKind.PROMISE, HoldKind.EXTENSION])
def test_a_promise_has_a_last_day(kind: HoldKind) -> None:
    assert "until" in refusal(reminded(), requests.Hold(hold=kind))


def test_releasing_everything_or_one_kind() -> None:
    case = reminded(holds=(a_hold(HoldKind.MANUAL), a_hold(HoldKind.DISPUTED)))
    (every,) = asked(case, requests.Release())
    assert isinstance(every, HoldReleased)
    assert set(every.holds) == {HoldKind.MANUAL, HoldKind.DISPUTED}
    (one,) = asked(case, requests.Release(hold=HoldKind.DISPUTED))
    assert isinstance(one, HoldReleased)
    assert one.holds == (HoldKind.DISPUTED,)


def test_what_is_not_there_is_not_released() -> None:
    assert "promise" in refusal(
        reminded(holds=(a_hold(HoldKind.MANUAL),)), requests.Release(hold=HoldKind.PROMISE)
    )


def test_release_clears_what_needs_attention() -> None:
    case = reminded(attention="no such box")
    (released,) = asked(case, requests.Release())
    assert isinstance(released, HoldReleased)
    assert apply(case, released).attention is None
    assert refusal(case, requests.Release(hold=HoldKind.MANUAL))


# ── cancel, write off, set state ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", LIVE)
def test_cancelling_and_writing_off_close_with_the_persons_reason(state: InvoiceState) -> None:
    (cancelled,) = asked(CASE_IN[state], requests.Cancel(reason="sent to the wrong person"))
    assert cancelled == Closed(state=InvoiceState.CANCELLED, reason="sent to the wrong person")
    (written,) = asked(CASE_IN[state], requests.SetState(to=InvoiceState.WRITTEN_OFF))
    assert isinstance(written, Closed)
    assert written.state is InvoiceState.WRITTEN_OFF
    assert written.reason


@pytest.mark.parametrize(
    ("to", "instead"),
    [
        (InvoiceState.PAID, "pay"),
        (InvoiceState.CREDITED, "credit"),
        (InvoiceState.CANCELLED, "cancel"),
        (InvoiceState.IN_COLLECTION, "hand-over"),
    ],
)
def test_a_state_with_a_way_of_its_own_names_it(to: InvoiceState, instead: str) -> None:
    assert instead in refusal(reminded(), requests.SetState(to=to))


def test_an_invoice_at_the_agency_is_taken_back_first() -> None:
    assert "withdraw" in refusal(at_agency(), requests.SetState(to=OVERDUE))


def test_states_and_the_due_date_agree() -> None:
    due = date(2026, 12, 5)  # a Saturday: may be paid until Monday 7, after Independence Day
    case = a_case(due=due)
    last_day = noon(date(2026, 12, 7))
    assert "2026-12-08" in refusal(case, requests.SetState(to=OVERDUE), last_day)
    assert asked(case, requests.SetState(to=OVERDUE), last_day + DAY)
    overdue = a_case(due=due, state=OVERDUE)
    assert asked(overdue, requests.SetState(to=OPEN), last_day)
    assert "2026-12-07" in refusal(overdue, requests.SetState(to=OPEN), last_day + DAY)


@pytest.mark.parametrize(
    ("case", "to", "stated"),
    [
        (CASE_IN[OVERDUE], REMINDED, [(LetterKind.REMINDER, 1)]),
        (CASE_IN[OVERDUE], NOTIFIED, [(LetterKind.REMINDER, 1), (LetterKind.NOTICE, 2)]),
        (CASE_IN[REMINDED], NOTIFIED, [(LetterKind.NOTICE, 2)]),
        (CASE_IN[NOTIFIED], REMINDED, []),
        (CASE_IN[NOTIFIED], OVERDUE, []),
    ],
)
def test_a_state_states_the_letters_that_lead_to_it(
    case: Case, to: InvoiceState, stated: list[tuple[LetterKind, int]]
) -> None:
    (outcome,) = asked(case, requests.SetState(to=to, reason="told by telephone"))
    assert isinstance(outcome, StateSet)
    assert outcome.to is to
    assert [(letter.kind, letter.round) for letter in outcome.letters] == stated
    for letter in outcome.letters:
        assert (letter.on, letter.due) == (TODAY, date(2026, 12, 15))  # a Tuesday
        assert letter.fee_cents == 0
        assert letter.sent
        assert letter.notice_id is None


def test_the_procedure_goes_on_from_the_state_that_was_set() -> None:
    case = CASE_IN[OVERDUE]
    (outcome,) = asked(case, requests.SetState(to=REMINDED))
    assert isinstance(outcome, StateSet)
    case = apply(case, outcome)
    step = next_step(case, CONSUMERS, FINNISH_LAW, FINLAND, NOW)
    assert step.kind is StepKind.NOTIFY
    assert step.when is not None
    # Stated on Tuesday 1 December; 15 days, and past Tuesday 15: Wednesday 16.
    assert FINLAND.local_date(step.when) == date(2026, 12, 16)
    assert step.fee_cents == 500


# ── send now ─────────────────────────────────────────────────────────────────────────────────


def test_the_next_letter_goes_now() -> None:
    sunday = noon(date(2026, 12, 6))
    (step,) = asked(reminded(), requests.SendNow(), sunday)
    assert isinstance(step, Step)
    assert (step.kind, step.when, step.fee_cents) == (StepKind.NOTIFY, sunday, 500)


@pytest.mark.parametrize(
    ("case", "at", "words"),
    [
        (reminded(), noon(date(2026, 10, 20)), "2026-10-31"),
        (reminded(holds=(a_hold(HoldKind.DISPUTED),)), NOW, "disputed"),
        (reminded(principal_cents=0), NOW, "principal"),
        (reminded(), noon(date(2029, 10, 17)), "728/2003"),
    ],
)
def test_why_the_letter_stays(case: Case, at: datetime, words: str) -> None:
    assert words in refusal(case, requests.SendNow(), at)


# ── the agency ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("hand_over", HandOver)
def test_handed_over_now_whatever_the_rule_says(hand_over: HandOver) -> None:
    rule = CONSUMERS.model_copy(update={"hand_over": hand_over})
    for under in (rule, None):
        approved, step = asked(notified(), requests.HandOver(), NOW, under)
        assert approved == HandOverApproved()
        assert isinstance(step, Step)
        assert (step.kind, step.when) == (StepKind.HAND_OVER, NOW)


def test_asked_too_early_it_is_approved_for_the_first_lawful_day() -> None:
    early = noon(date(2026, 11, 16))  # the law's first day is Tuesday 17
    assert asked(notified(), requests.HandOver(), early) == (HandOverApproved(),)
    step = next_step(apply(notified(), HandOverApproved()), CONSUMERS, FINNISH_LAW, FINLAND, early)
    assert step.kind is StepKind.HAND_OVER
    assert step.when is not None
    assert FINLAND.local_date(step.when) == date(2026, 11, 17)
    assert len(asked(notified(), requests.HandOver(), early + DAY)) == 2


@pytest.mark.parametrize(
    ("case", "words"),
    [
        (reminded(), "notified"),
        (at_agency(), "already"),
        *((notified(holds=(a_hold(kind),)), kind.value) for kind in HoldKind),
        (notified(letters=()), "5 §"),
        (notified(principal_cents=0), "principal"),
    ],
)
def test_why_it_is_not_handed_over(case: Case, words: str) -> None:
    assert words in refusal(case, requests.HandOver())


def test_a_time_barred_claim_is_not_handed_over() -> None:
    last_day = noon(date(2029, 11, 2))
    assert asked(notified(), requests.HandOver(), last_day)
    assert "728/2003" in refusal(notified(), requests.HandOver(), last_day + timedelta(days=1))


def test_collection_takes_what_was_sent_both_letters() -> None:
    case = notified(letters=(), debtor=DebtorClass.BUSINESS)
    with pytest.raises(Refused, match="no reminder was sent"):
        asked(case, requests.HandOver())


def test_taken_back_it_is_held_or_it_would_go_again_at_once() -> None:
    case = at_agency()
    granted = asked(case, requests.Withdraw(reason="paid by instalments", actor="clerk"))
    withdrawn, placed = granted
    assert withdrawn == WithdrawnFromAgency(reason="paid by instalments")
    assert isinstance(placed, HoldPlaced)
    assert placed.hold.author == "clerk"
    case = apply(apply(case, withdrawn), placed)
    assert case.state is NOTIFIED
    step = next_step(case, CONSUMERS, FINNISH_LAW, FINLAND, NOW)
    assert step.kind is StepKind.WAIT
    assert "paid by instalments" in step.why


def test_a_letter_stated_twice_is_stated_once() -> None:
    """Set back and forth, the same letter is not invented again."""
    letters = (a_letter(LetterKind.REMINDER, date(2026, 10, 16)),)
    case = a_case(state=OVERDUE, letters=letters, rounds=1)
    (outcome,) = asked(case, requests.SetState(to=REMINDED))
    assert isinstance(outcome, StateSet)
    assert outcome.letters == ()
