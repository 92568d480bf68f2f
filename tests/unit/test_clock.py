from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.clock import REAL_TIME, TOLERANCE, Clock

MOMENTS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=15 * 365)).map(
    lambda since: datetime(2020, 1, 1, tzinfo=UTC) + since
)
SPEEDS = st.sampled_from([0.5, 1.0, 60.0, 3_600.0, 86_400.0, 864_000.0])
CLOCKS = st.builds(Clock, origin=MOMENTS, anchor=MOMENTS, speed=SPEEDS)
# As long as anything runs at that speed; beyond it lie years without four digits.
LAPSES = st.timedeltas(min_value=timedelta(minutes=-1), max_value=timedelta(hours=1))

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def test_real_time_is_business_time() -> None:
    assert REAL_TIME.now(NOON) == NOON
    assert REAL_TIME.real(NOON) == NOON


def test_a_demonstration_runs_days_in_seconds() -> None:
    clock = Clock(origin=NOON, anchor=datetime(2026, 1, 1, tzinfo=UTC), speed=86_400)
    assert clock.now(clock.anchor) == NOON
    assert clock.now(clock.anchor + timedelta(seconds=90)) == NOON + timedelta(days=90)
    assert clock.real(NOON + timedelta(days=90)) == clock.anchor + timedelta(seconds=90)


@pytest.mark.parametrize("speed", [0, -1])
def test_a_clock_goes_forward(speed: float) -> None:
    with pytest.raises(ValidationError):
        Clock(origin=NOON, anchor=NOON, speed=speed)


def test_a_clock_needs_aware_instants() -> None:
    with pytest.raises(ValidationError):
        Clock(origin=NOON.replace(tzinfo=None), anchor=NOON)


@given(CLOCKS, LAPSES)
def test_now_and_real_are_each_others_inverse(clock: Clock, lapse: timedelta) -> None:
    real = clock.anchor + lapse
    assert abs(clock.real(clock.now(real)) - real) <= max(1, 1 / clock.speed) * MICROSECOND
    business = clock.origin + lapse
    assert abs(clock.now(clock.real(business)) - business) <= max(1, clock.speed) * MICROSECOND


@given(CLOCKS, LAPSES, LAPSES)
def test_time_never_runs_back(clock: Clock, one: timedelta, other: timedelta) -> None:
    earlier, later = sorted([one, other])
    assert clock.now(clock.anchor + earlier) <= clock.now(clock.anchor + later)
    assert clock.real(clock.origin + earlier) <= clock.real(clock.origin + later)


@given(CLOCKS, LAPSES)
def test_answers_are_in_utc(clock: Clock, lapse: timedelta) -> None:
    assert clock.now(clock.anchor + lapse).tzinfo is UTC
    assert clock.real(clock.origin + lapse).tzinfo is UTC


# ── what counts as on time ───────────────────────────────────────────────────────────────────


def test_a_wake_up_within_the_tolerance_is_on_time() -> None:
    assert REAL_TIME.acting(NOON, NOON + TOLERANCE) == NOON
    late = NOON + TOLERANCE + MICROSECOND
    assert REAL_TIME.acting(NOON, late) == late


def test_the_tolerance_is_real_time() -> None:
    clock = Clock(origin=NOON, anchor=NOON, speed=86_400)
    days_later = NOON + timedelta(days=TOLERANCE.total_seconds())
    assert clock.acting(NOON, days_later) == NOON
    assert clock.acting(NOON, days_later + timedelta(days=1)) == days_later + timedelta(days=1)


def test_what_was_not_planned_happens_now() -> None:
    assert REAL_TIME.acting(None, NOON) == NOON


def test_what_is_done_early_happens_now() -> None:
    assert REAL_TIME.acting(NOON + timedelta(seconds=1), NOON) == NOON


@given(CLOCKS, st.none() | MOMENTS, MOMENTS, MOMENTS)
def test_acting_is_the_plan_or_now_and_keeps_the_order(
    clock: Clock, planned: datetime | None, one: datetime, other: datetime
) -> None:
    earlier, later = sorted([one, other])
    acting = clock.acting(planned, earlier)
    assert acting in {planned, earlier}
    assert acting <= earlier
    assert acting <= clock.acting(planned, later)
