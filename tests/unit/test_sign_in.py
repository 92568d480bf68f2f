"""What a password must be, how long a session lasts, how guessing is slowed down."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sign_in import (
    ABSOLUTE,
    IDLE,
    LOCK,
    MAXIMUM_LENGTH,
    WeakPassword,
    check_password,
    normal,
    over_at,
    pause_after,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "elevenchars",
        "aaaaaaaaaaaaaaaa",
        "maija.malliasiakas@esimerkki.example",
        "Maija.Malliasiakas",
        "Kuvitteellinen Sähkö OY",
        "kuvitteellinensähköoy",
        "x" * MAXIMUM_LENGTH + "y",
    ],
)
def test_a_password_that_anybody_guesses_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        check_password(
            password,
            email="maija.malliasiakas@esimerkki.example",
            names=["Kuvitteellinen Sähkö Oy"],
        )
    assert password not in str(refused.value)


def test_a_long_one_is_taken_however_it_is_made() -> None:
    for password in ("correct horse battery", "123456789012", "pitkä salalause äö"):
        check_password(password, email="maija@esimerkki.example", names=["Esimerkki Oy"])


def test_a_letter_is_the_same_however_it_is_composed() -> None:
    assert normal("sa\u0308hko\u0308") == normal("sähkö")


def test_a_session_ends_when_idle_and_when_old() -> None:
    assert over_at(NOON, NOON) == NOON + IDLE
    late = NOON + ABSOLUTE - timedelta(minutes=1)
    assert over_at(NOON, late) == NOON + ABSOLUTE


@given(st.integers(0, 10_000), st.integers(0, 50))
def test_guessing_slows_down_by_doubling_until_it_is_locked(tries: int, free: int) -> None:
    pause, following = pause_after(tries, free), pause_after(tries + 1, free)
    assert timedelta(0) <= pause <= following <= LOCK
    if tries < free:
        assert pause == timedelta(0)
    elif following < LOCK:
        assert following == 2 * pause
    if tries >= free + 10:
        assert pause == LOCK
