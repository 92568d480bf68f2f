"""Our books beside the agency's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.agency import CaseBalance, CollectionStatus
from domain.drift import Difference, OurCase, compare

TODAY = date(2026, 4, 1)
OURS = OurCase(
    reference="1234567-1/1042",
    invoice_id=7,
    number="1042",
    assigned_on=TODAY - timedelta(days=40),
    principal_cents=100_000,
    interest_cents=800,
    fees_cents=1_000,
    status=CollectionStatus.LETTER_COLLECTION,
    status_text="KIRJEPERINTÄ",
)


def theirs(**changes: Any) -> CaseBalance:
    values: dict[str, Any] = {
        "case_reference": OURS.reference,
        "agency_case_id": "A-1",
        "status": "KIRJEPERINTÄ",
        "principal_cents": 100_000,
        "interest_cents": 800,
        "fees_cents": 1_000,
    }
    return CaseBalance(**(values | changes))


def differences(ours: OurCase, other: CaseBalance) -> dict[str, Difference]:
    (found,) = compare([ours], [other], TODAY)
    return {one.what: one for one in found.differences}


def test_what_agrees_has_no_difference() -> None:
    assert differences(OURS, theirs()) == {}


@given(days=st.integers(0, 2_000), principal=st.integers(1, 10**8), percent=st.integers(0, 25))
def test_interest_that_has_run_on_is_no_drift(days: int, principal: int, percent: int) -> None:
    ours = replace(OURS, assigned_on=TODAY - timedelta(days=days), principal_cents=principal)
    run = principal * percent * days // 36_500
    other = theirs(principal_cents=principal, interest_cents=800 + run)
    assert differences(ours, other) == {}


def test_interest_that_no_time_explains_is() -> None:
    assert set(differences(OURS, theirs(interest_cents=90_000))) == {"interest"}
    assert set(differences(OURS, theirs(interest_cents=0))) == {"interest"}


@pytest.mark.parametrize(
    ("ours", "other", "what", "reason"),
    [
        ({"told_cents": 5_000, "waiting": ("direct_payment",)}, {}, "direct payments", "waits"),
        ({"told_cents": 5_000}, {}, "direct payments", "otherwise"),
        ({}, {"collected_cents": 9_000, "settled_cents": 9_000}, "settled", "not arrived"),
        (
            {"awaited_cents": 9_000},
            {"collected_cents": 9_000, "settled_cents": 9_000},
            "settled",
            "money has not come",
        ),
        (
            {"settled_cents": 9_000},
            {"collected_cents": 9_000},
            "settled",
            "more is booked",
        ),
        ({}, {"fees_cents": 9_999}, "fees", "different amounts"),
        ({}, {"principal_cents": 50_000}, "principal", "different amounts"),
        ({}, {"status": "ULOSOTTO"}, "status", "status message"),
        ({"ended": True, "waiting": ("withdrawal",)}, {}, "status", "withdrawal"),
        ({"collected_cents": 9_000}, {}, "collected", "less than its status"),
    ],
)
def test_the_probable_reason(
    ours: dict[str, Any], other: dict[str, Any], what: str, reason: str
) -> None:
    found = differences(replace(OURS, **ours), theirs(**other))
    assert reason in found[what].reason
    assert found[what].remedy


def test_what_is_collected_and_not_settled_yet_is_no_difference_in_what_is_open() -> None:
    """It is open here and paid there until the settlement comes."""
    other = theirs(principal_cents=91_000, collected_cents=9_000)
    assert differences(OURS, other) == {}
    assert set(differences(OURS, theirs(principal_cents=80_000, collected_cents=9_000))) == {
        "principal"
    }


def test_what_is_taken_back_and_not_settled_yet_is_none_either() -> None:
    ours = replace(OURS, settled_cents=60_000, collected_cents=50_000)
    settled = {"collected_cents": 50_000, "settled_cents": 60_000}
    assert differences(ours, theirs(principal_cents=110_000, **settled)) == {}
    assert set(differences(ours, theirs(principal_cents=111_000, **settled))) == {"principal"}


def test_what_has_been_settled_needs_no_status_to_say_so() -> None:
    ours = replace(OURS, settled_cents=5_000, collected_cents=3_000)
    came = {"collected_cents": 5_000, "settled_cents": 5_000}
    assert differences(ours, theirs(**came)) == {}
    assert "collected" in differences(replace(ours, settled_cents=3_000), theirs(**came))


def test_cases_that_only_one_side_has() -> None:
    (mine,) = compare([OURS], [], TODAY)
    assert [one.theirs for one in mine.differences] == ["not there"]
    waiting = replace(OURS, accepted=False, waiting=("assignment",))
    (not_yet,) = compare([waiting], [], TODAY)
    assert "assignment has not left" in not_yet.differences[0].reason
    assert compare([replace(OURS, ended=True)], [], TODAY) == []
    (other,) = compare([], [theirs()], TODAY)
    assert (other.invoice_id, other.differences[0].ours) == (None, "not there")


@given(
    ours=st.lists(st.integers(1, 30), unique=True, max_size=10),
    other=st.lists(st.integers(1, 30), unique=True, max_size=10),
)
def test_every_case_of_either_side_is_compared_once(ours: list[int], other: list[int]) -> None:
    mine = [replace(OURS, reference=f"1234567-1/{one}") for one in ours]
    their = [theirs(case_reference=f"1234567-1/{one}") for one in other]
    found = compare(mine, their, TODAY)
    assert {case.reference for case in found} == {f"1234567-1/{one}" for one in {*ours, *other}}
    assert len(found) == len({*ours, *other})
    for case in found:
        both = int(case.reference.partition("/")[2]) in {*ours} & {*other}
        assert bool(case.differences) is not both
