"""The demonstration's days begin when everything is up."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from starter.demo.run import MONDAY, first_monday

WEEK = timedelta(weeks=1)


@given(st.timedeltas(min_value=-WEEK, max_value=20 * WEEK))
def test_no_day_passes_before_everything_is_up(late: timedelta) -> None:
    up = MONDAY + late
    first = first_monday(up)
    assert first >= up
    assert (first - MONDAY) % WEEK == timedelta(0)
    assert first == MONDAY or first - up < WEEK
