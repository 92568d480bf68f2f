from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain import outcomes
from domain.agency import CollectionStatus
from domain.case import Case, Letter
from domain.folding import apply, fold
from domain.outcomes import Outcome, Recorded
from domain.states import Channel, HoldKind, InvoiceState, LetterKind
from tests.unit.strategies import (
    CASES,
    OUTCOMES,
    a_case,
    a_hold,
    a_letter,
    at_agency,
    notified,
    reminded,
)

REMINDER = a_letter(LetterKind.REMINDER, date(2026, 10, 16), sent=False, fee_cents=500)
NOTICE = a_letter(LetterKind.NOTICE, date(2026, 11, 2), sent=False)
RELEASED = outcomes.LetterReleased(letter=REMINDER, interest_cents=29, service_cents=45)
REROUTED = outcomes.LetterRerouted(
    notice_id=2,
    channel=Channel.PAPER,
    on=date(2027, 1, 4),
    due=date(2027, 1, 21),
    transaction_cents=130,
    reason="no such box",
)

_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)


# ── each outcome ─────────────────────────────────────────────────────────────────────────────


def test_becoming_overdue() -> None:
    assert apply(a_case(), outcomes.BecameOverdue()).state is InvoiceState.OVERDUE


def test_a_released_letter_is_kept_and_moves_the_invoice() -> None:
    case = apply(a_case(state=InvoiceState.OVERDUE, attention="cannot be reached"), RELEASED)
    assert case.state is InvoiceState.REMINDED
    assert case.letters == (REMINDER,)
    assert case.rounds == 1
    assert case.attention is None
    case = apply(case, outcomes.LetterReleased(letter=NOTICE, interest_cents=0, service_cents=45))
    assert case.state is InvoiceState.NOTIFIED
    assert case.last_letter == NOTICE
    assert case.rounds == 2


def test_a_letter_counts_from_the_day_it_really_left() -> None:
    case = apply(a_case(state=InvoiceState.OVERDUE), RELEASED)
    left = outcomes.LetterSent(notice_id=1, on=date(2026, 10, 19), due=date(2026, 10, 30))
    case = apply(case, left)
    assert case.last_letter == REMINDER.model_copy(
        update={"on": date(2026, 10, 19), "due": date(2026, 10, 30), "sent": True}
    )
    assert case.state is InvoiceState.REMINDED


def test_only_the_letter_meant_leaves() -> None:
    case = notified()
    left = outcomes.LetterSent(notice_id=99, on=date(2026, 12, 1), due=date(2026, 12, 15))
    assert apply(case, left) == case


def test_a_withdrawn_letter_is_as_if_never_released_but_its_round_is_used() -> None:
    case = apply(a_case(state=InvoiceState.OVERDUE), RELEASED)
    case = apply(case, outcomes.LetterWithdrawn(notice_id=1, reason="held"))
    assert case.state is InvoiceState.OVERDUE
    assert case.letters == ()
    assert case.rounds == 1
    assert case.attention is None


def test_a_letter_that_failed_needs_attention() -> None:
    case = apply(a_case(state=InvoiceState.OVERDUE), RELEASED)
    case = apply(case, outcomes.LetterWithdrawn(notice_id=1, reason="no such box", failed=True))
    assert case.attention == "no such box"


def test_a_rerouted_letter_is_the_same_letter_on_its_way_again() -> None:
    case = apply(notified(), REROUTED)
    reminder, notice = case.letters
    assert reminder == notified().letters[0]
    assert notice == notified().letters[1].model_copy(
        update={
            "channel": Channel.PAPER,
            "on": REROUTED.on,
            "due": REROUTED.due,
            "sent": False,
        }
    )
    assert (case.state, case.rounds) == (InvoiceState.NOTIFIED, notified().rounds)
    sent = outcomes.LetterSent(notice_id=2, on=REROUTED.on, due=REROUTED.due)
    assert apply(case, sent).letters[1].sent


def test_rerouting_a_letter_that_is_gone_changes_nothing() -> None:
    case = apply(notified(), outcomes.LetterWithdrawn(notice_id=2, reason="held"))
    assert apply(case, REROUTED) == case


def test_a_withdrawn_notice_leaves_the_invoice_reminded() -> None:
    case = apply(notified(), outcomes.LetterWithdrawn(notice_id=2, reason="held"))
    assert case.state is InvoiceState.REMINDED
    assert [letter.kind for letter in case.letters] == [LetterKind.REMINDER]


def test_a_repeated_letter_that_is_withdrawn_leaves_the_invoice_where_a_person_had_put_it() -> None:
    """Set back to overdue after both letters, reminded anew: the earlier notice is no longer it."""
    anew = a_letter(LetterKind.REMINDER, date(2026, 12, 1), round=3, notice_id=3, sent=False)
    case = apply(notified(), outcomes.StateSet(to=InvoiceState.OVERDUE, reason="start anew"))
    case = apply(case, outcomes.LetterReleased(letter=anew, interest_cents=0, service_cents=45))
    case = apply(case, outcomes.LetterWithdrawn(notice_id=3, reason="held"))
    assert case.state is InvoiceState.OVERDUE
    assert len(case.letters) == 2


def test_withdrawing_a_letter_does_not_undo_what_a_person_set_since() -> None:
    case = apply(a_case(state=InvoiceState.OVERDUE), RELEASED)
    stated = a_letter(LetterKind.NOTICE, date(2026, 10, 16), notice_id=None)
    case = apply(
        case, outcomes.StateSet(to=InvoiceState.NOTIFIED, letters=(stated,), reason="by phone")
    )
    case = apply(case, outcomes.LetterWithdrawn(notice_id=1, reason="set to notified"))
    assert case.state is InvoiceState.NOTIFIED
    assert case.letters == (stated,)


def test_handing_over_uses_the_approval_up() -> None:
    file = at_agency().agency
    assert file is not None
    case = apply(notified(approved=True, attention="no address"), outcomes.HandedOver(file=file))
    assert case.state is InvoiceState.IN_COLLECTION
    assert case.at_agency
    assert not case.approved
    assert case.attention is None


def test_a_refused_assignment_brings_the_invoice_back_and_needs_attention() -> None:
    case = apply(at_agency(), outcomes.HandOverRefused(case_id=7, reason="no such address"))
    assert case.state is InvoiceState.NOTIFIED
    assert not case.at_agency
    assert case.attention is not None
    assert "no such address" in case.attention


@pytest.mark.parametrize("state", [state for state in InvoiceState if state.final])
def test_a_refusal_that_comes_after_the_end_opens_nothing_again(state: InvoiceState) -> None:
    case = apply(at_agency(), outcomes.Closed(state=state, reason="the end"))
    assert apply(case, outcomes.HandOverRefused(case_id=7, reason="too late")) == case


def test_a_refusal_that_comes_after_the_invoice_was_taken_back_changes_nothing() -> None:
    case = apply(at_agency(), outcomes.WithdrawnFromAgency(reason="paid by instalments"))
    case = apply(case, outcomes.StateSet(to=InvoiceState.OVERDUE, reason="start anew"))
    assert apply(case, outcomes.HandOverRefused(case_id=7, reason="too late")) == case


def test_a_refusal_of_another_file_changes_nothing() -> None:
    case = at_agency()
    assert apply(case, outcomes.HandOverRefused(case_id=6, reason="too late")) == case


def test_a_refused_message_needs_attention() -> None:
    case = apply(at_agency(), outcomes.AgencyMessageRefused(reason="case is in court"))
    assert case.state is InvoiceState.IN_COLLECTION
    assert case.attention is not None
    assert "case is in court" in case.attention


def status(current: bool = True) -> outcomes.AgencyStatusChanged:
    return outcomes.AgencyStatusChanged(
        status=CollectionStatus.DISTRICT_COURT,
        status_text="KÄRÄJÄOIKEUS",
        occurred_at=datetime(2026, 12, 1, 9, tzinfo=UTC),
        current=current,
    )


def test_a_status_of_the_agency_is_kept() -> None:
    file = apply(at_agency(), status()).agency
    assert file is not None
    assert file.status is CollectionStatus.DISTRICT_COURT
    assert file.status_text == "KÄRÄJÄOIKEUS"
    assert file.open


def test_a_late_status_does_not_turn_the_case_back() -> None:
    case = at_agency(CollectionStatus.ENFORCEMENT)
    assert apply(case, status(current=False)) == case


def test_a_status_without_a_file_changes_nothing() -> None:
    assert apply(notified(), status()) == notified()


def test_an_invoice_taken_back_is_notified_again() -> None:
    case = apply(at_agency(attention="?"), outcomes.WithdrawnFromAgency(reason="by agreement"))
    assert case.state is InvoiceState.NOTIFIED
    assert not case.at_agency
    assert case.agency is not None
    assert case.attention is None


def test_a_hold_takes_the_place_of_one_of_its_kind() -> None:
    first = a_hold(HoldKind.PROMISE, date(2026, 10, 9))
    other = a_hold(HoldKind.MANUAL)
    second = a_hold(HoldKind.PROMISE, date(2026, 10, 30))
    case = a_case()
    for hold in (first, other, second):
        case = apply(case, outcomes.HoldPlaced(hold=hold))
    assert set(case.holds) == {other, second}


def test_releasing_holds_lets_it_go_on() -> None:
    holds = (a_hold(HoldKind.MANUAL), a_hold(HoldKind.DISPUTED))
    case = apply(
        a_case(holds=holds, attention="?"),
        outcomes.HoldReleased(holds=(HoldKind.MANUAL,), reason="settled"),
    )
    assert [hold.kind for hold in case.holds] == [HoldKind.DISPUTED]
    assert case.attention is None


def test_a_state_set_by_hand_adds_the_letters_stated_and_uses_their_rounds() -> None:
    stated = a_letter(LetterKind.REMINDER, date(2026, 10, 5), notice_id=None, channel=None)
    case = apply(
        a_case(state=InvoiceState.OVERDUE, attention="?", approved=True),
        outcomes.StateSet(to=InvoiceState.REMINDED, letters=(stated,), reason="reminded by phone"),
    )
    assert case.state is InvoiceState.REMINDED
    assert case.letters == (stated,)
    assert case.rounds == 1
    assert case.attention is None
    assert not case.approved  # what was approved was another course


def test_approval_and_attention() -> None:
    case = apply(notified(), outcomes.AttentionNeeded(reason="no contract with Intrum"))
    assert case.attention == "no contract with Intrum"
    case = apply(case, outcomes.HandOverApproved())
    assert case.approved
    assert case.attention is None


def test_the_balance_is_what_the_ledger_last_said() -> None:
    case = apply(
        a_case(), outcomes.BalanceSeen(principal_cents=40, open_cents=540, paid_cents=9_960)
    )
    assert (case.principal_cents, case.open_cents, case.paid_cents) == (40, 540, 9_960)
    assert case.original_cents == 10_000


def test_a_refused_request_is_shown_until_something_happens() -> None:
    case = apply(a_case(), outcomes.RequestRefused(request="set_state", reason="not overdue yet"))
    assert case.last_refusal == "set_state: not overdue yet"
    assert apply(case, outcomes.BecameOverdue()).last_refusal is None


def test_closing_ends_the_agencys_file_too() -> None:
    case = apply(at_agency(attention="?"), outcomes.Closed(state=InvoiceState.PAID, reason="paid"))
    assert case.closed
    assert case.state is InvoiceState.PAID
    assert not case.at_agency
    assert case.attention is None


# ── any outcome, any case ────────────────────────────────────────────────────────────────────


@given(CASES, OUTCOMES)
def test_any_outcome_on_any_case_gives_a_case(case: Case, outcome: Outcome) -> None:
    after = apply(case, outcome)
    assert Case.model_validate(after.model_dump()) == after
    assert Case.model_validate_json(after.model_dump_json()) == after
    assert apply(case, outcome) == after


@given(CASES, OUTCOMES)
def test_an_outcome_never_changes_whose_invoice_it_is(case: Case, outcome: Outcome) -> None:
    after = apply(case, outcome)
    for name in ("invoice_id", "company", "number", "debtor", "due", "original_cents", "seen"):
        assert getattr(after, name) == getattr(case, name)


@given(CASES, OUTCOMES)
def test_rounds_are_never_given_twice(case: Case, outcome: Outcome) -> None:
    after = apply(case, outcome)
    assert after.rounds >= case.rounds
    added = [letter for letter in after.letters if letter not in case.letters]
    if not isinstance(outcome, outcomes.LetterSent | outcomes.LetterRerouted):
        assert all(letter.round <= after.rounds for letter in added)


LATE = OUTCOMES.filter(
    lambda outcome: isinstance(
        outcome,
        outcomes.LetterSent
        | outcomes.LetterRerouted
        | outcomes.LetterWithdrawn
        | outcomes.HandOverRefused
        | outcomes.AgencyMessageRefused
        | outcomes.AgencyStatusChanged
        | outcomes.WithdrawnFromAgency
        | outcomes.HoldReleased
        | outcomes.BalanceSeen
        | outcomes.AttentionNeeded
        | outcomes.RequestRefused,
    )
)


@given(CASES, st.sampled_from([state for state in InvoiceState if state.final]), LATE)
def test_nothing_that_comes_late_opens_a_closed_invoice(
    case: Case, end: InvoiceState, late: Outcome
) -> None:
    closed = apply(case, outcomes.Closed(state=end, reason="the end"))
    assert apply(closed, late).state is end


@given(OUTCOMES)
def test_an_outcome_survives_being_stored(outcome: Outcome) -> None:
    assert _OUTCOME.validate_python(_OUTCOME.dump_python(outcome, mode="json")) == outcome


# ── the fold ─────────────────────────────────────────────────────────────────────────────────


def log(found: Sequence[Outcome]) -> list[Recorded]:
    return [Recorded(seq=seq, outcome=outcome) for seq, outcome in enumerate(found, start=1)]


LOGS = st.lists(OUTCOMES, max_size=8).map(log)


@given(CASES, LOGS)
def test_folding_the_log_again_changes_nothing(case: Case, entries: list[Recorded]) -> None:
    once = fold(case, entries)
    assert once.seen == len(entries)
    assert fold(once, entries) == once


@given(CASES, LOGS, st.integers(0, 8), st.integers(0, 8))
def test_reports_may_overlap(
    case: Case, entries: list[Recorded], first_ends: int, second_begins: int
) -> None:
    whole = fold(case, entries)
    begins = min(first_ends, second_begins)
    assert fold(fold(case, entries[:first_ends]), entries[begins:]) == whole


@given(CASES, LOGS.filter(bool), st.data())
def test_a_gap_stops_the_fold_until_it_is_filled(
    case: Case, entries: list[Recorded], data: st.DataObject
) -> None:
    missing = data.draw(st.integers(0, len(entries) - 1))
    stopped = fold(case, entries[:missing] + entries[missing + 1 :])
    assert stopped.seen == missing
    assert stopped == fold(case, entries[:missing])
    assert fold(stopped, entries[missing:]) == fold(case, entries)


@given(CASES, LOGS.filter(bool), st.data())
def test_whatever_order_and_however_often_reports_come_the_log_is_what_counts(
    case: Case, entries: list[Recorded], data: st.DataObject
) -> None:
    reports = data.draw(st.lists(st.sampled_from(entries), max_size=12))
    jumbled = fold(case, reports)
    assert jumbled == fold(case, entries[: jumbled.seen])
    assert fold(jumbled, entries) == fold(case, entries)


def test_folding_nothing_changes_nothing() -> None:
    case = reminded()
    assert fold(case, []) == case


def test_one_letter_of_a_kind_is_found() -> None:
    assert reminded().sent(LetterKind.REMINDER)
    assert not reminded().sent(LetterKind.NOTICE)
    letter: Letter | None = a_case().last_letter
    assert letter is None
