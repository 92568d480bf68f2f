"""Whatever the case, its next step is a step ahead or a stated wait, and its future comes true."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import FINLAND
from domain.case import Case
from domain.forecast import forecast
from domain.law import FINNISH_LAW, DebtorClass
from domain.procedure import next_step
from domain.rule import Rule
from domain.states import Channel, InvoiceState
from domain.steps import StepKind
from tests.unit.simulator import MOST_STEPS, Simulator
from tests.unit.strategies import CASES, DAY, DEBTORS, INSTANTS, LIVE_STATES, RULES, a_case, noon

ALL_SENT = CASES.map(
    lambda case: case.model_copy(
        update={"letters": tuple(x.model_copy(update={"sent": True}) for x in case.letters)}
    )
)
RULE_OR_NONE = st.none() | RULES
UNDISTURBED: dict[str, Any] = {"law": FINNISH_LAW, "calendar": FINLAND}


@given(CASES, RULE_OR_NONE, INSTANTS)
def test_the_step_lies_ahead_and_is_the_same_each_time(
    case: Case, terms: Rule | None, now: Any
) -> None:
    step = next_step(case, terms, now=now, **UNDISTURBED)
    assert step == next_step(case.model_copy(), terms, now=now, **UNDISTURBED)
    assert step.why
    assert step.when is None or step.when >= now
    if step.kind.waits:
        assert step.when is None or step.when > now
    else:
        assert step.when is not None
    if step.kind is StepKind.CLOSE:
        assert step.close_as is not None
        assert step.close_as.final
    else:
        assert step.close_as is None
    assert 0 <= step.fee_cents <= (1_200 if step.kind.letter or step.letter else 0)


@given(ALL_SENT, RULE_OR_NONE, INSTANTS)
def test_asked_again_at_its_moment_a_step_is_due(case: Case, terms: Rule | None, now: Any) -> None:
    step = next_step(case, terms, now=now, **UNDISTURBED)
    if step.when is None:
        return
    then = next_step(case, terms, now=step.when, **UNDISTURBED)
    if step.kind.waits:
        # What was waited for is over; another wait is another one, and ends later.
        assert not then.kind.waits or then.when is None or then.when > step.when
    else:
        assert then.kind is step.kind
        assert then.when == step.when
        assert then.due(step.when)


@given(ALL_SENT, RULE_OR_NONE, INSTANTS)
def test_the_future_is_in_order_and_ends(case: Case, terms: Rule | None, now: Any) -> None:
    steps = forecast(case, terms, now=now, **UNDISTURBED)
    assert steps[0] == next_step(case, terms, now=now, **UNDISTURBED)
    moments = [step.when for step in steps if step.when is not None]
    assert moments == sorted(moments)
    assert steps[-1].kind.waits
    assert steps[-1].when is None
    assert all(step.when is not None for step in steps[:-1])


@given(LIVE_STATES, RULE_OR_NONE, DEBTORS, st.sampled_from(Channel))
def test_the_future_comes_true(
    state: InvoiceState, terms: Rule | None, debtor: DebtorClass, channel: Channel
) -> None:
    """Left alone, an invoice does on each day what its future said."""
    if terms is not None:
        terms = terms.model_copy(update={"channels": (channel,)})
    case = a_case(state=state, debtor=debtor)
    start = noon(case.due + DAY)
    foretold = forecast(case, terms, now=start, **UNDISTURBED)
    simulator = Simulator(case, terms, start, channel if terms else Channel.EMAIL)
    simulator.post_runs()
    for _ in range(MOST_STEPS):
        if simulator.step.when is None:
            break
        simulator.now = simulator.step.when
        simulator.advance()
        simulator.post_runs()
    letters = [
        (released.letter.kind, released.letter.on, released.letter.fee_cents)
        for released in simulator.released
    ]
    assert letters == [
        (step.kind.letter, FINLAND.local_date(step.when), step.fee_cents)
        for step in foretold
        if step.kind.letter and step.when
    ]
    assert [FINLAND.local_date(assigned.at) for assigned in simulator.assigned] == [
        FINLAND.local_date(step.when)
        for step in foretold
        if step.kind is StepKind.HAND_OVER and step.when
    ]
