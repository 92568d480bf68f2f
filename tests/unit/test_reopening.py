"""Where an invoice goes on from when the payment that had closed it was taken back."""

import pytest

from domain.calendar import FINLAND
from domain.case import Case
from domain.folding import apply
from domain.outcomes import Closed
from domain.reopening import reopened
from domain.states import InvoiceState
from domain.steps import StepKind
from tests.unit.strategies import DUE, a_case, at_agency, day, noon, notified, reminded, step_of

BEFORE, AFTER = noon(DUE), noon(day(12, 15))


def closed(case: Case, state: InvoiceState = InvoiceState.PAID) -> Case:
    return apply(case, Closed(state=state, reason="paid in full"))


def test_from_where_its_letters_left_it() -> None:
    for case, at, state in (
        (a_case(), BEFORE, InvoiceState.OPEN),
        (a_case(state=InvoiceState.OVERDUE), AFTER, InvoiceState.OVERDUE),
        (reminded(), AFTER, InvoiceState.REMINDED),
        (notified(), AFTER, InvoiceState.NOTIFIED),
        (at_agency(), AFTER, InvoiceState.NOTIFIED),
    ):
        back = reopened(closed(case), FINLAND, at)
        assert back is not None
        assert back.state is state
        assert "100.00" in back.reason


def test_the_procedure_goes_on_and_keeps_its_distance() -> None:
    case = closed(reminded())
    back = reopened(case, FINLAND, noon(day(10, 20)))
    assert back is not None
    again = apply(case, back)
    assert again.letters == case.letters
    step = step_of(again, at=noon(day(10, 20)))
    assert step == step_of(reminded(), at=noon(day(10, 20)))
    assert step.kind is StepKind.NOTIFY


def test_its_file_at_the_agency_stays_ended() -> None:
    case = closed(at_agency(approved=True))
    back = reopened(case, FINLAND, AFTER)
    assert back is not None
    again = apply(case, back)
    assert not again.at_agency
    assert not again.approved


@pytest.mark.parametrize(
    "case",
    [
        closed(notified(principal_cents=0)),
        closed(notified(), InvoiceState.CANCELLED),
        closed(notified(), InvoiceState.WRITTEN_OFF),
        notified(),
    ],
    ids=["paid", "cancelled", "written off", "open"],
)
def test_what_is_not_reopened(case: Case) -> None:
    assert reopened(case, FINLAND, AFTER) is None
