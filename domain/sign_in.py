"""Signing in: what a password must be, how long a session lasts, how guessing is slowed down.

All times are real ones, not business time: guessing does not speed up with a demonstration's clock.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

MINIMUM_LENGTH = 12
MAXIMUM_LENGTH = 256
"""Characters of a password; no rule about their kinds (NIST SP 800-63B-4, 3.1.1.2)."""

IDLE = timedelta(hours=1)
ABSOLUTE = timedelta(hours=12)
"""A session ends so long after its last request, and so long after the signing in."""

ACCOUNT_TRIES = 4
ADDRESS_TRIES = 20
"""Wrong passwords in a row that cost no time: for one account, and from one network address."""

LOCK = timedelta(minutes=15)
"""The longest pause between two tries."""

FORGET = timedelta(hours=1)
"""After so long without a try the tries before are forgotten."""


class WeakPassword(ValueError):  # noqa: N818 - reads as what it is
    """A password that will not do, and why. Never repeats it."""


def normal(password: str) -> str:
    """The password as it is hashed: the same however a keyboard composes its letters (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, email: str, names: Iterable[str] = ()) -> None:
    """Raises `WeakPassword` for one that is too short or too long, or is the person's e-mail
    address or one of these names (his or her own, the companies')."""
    said = normal(password)
    if len(said) < MINIMUM_LENGTH:
        raise WeakPassword(f"a password has at least {MINIMUM_LENGTH} characters; make it longer")
    if len(said) > MAXIMUM_LENGTH:
        raise WeakPassword(f"a password has at most {MAXIMUM_LENGTH} characters; make it shorter")
    if len(set(said)) == 1:
        raise WeakPassword("a password is not one character again and again; choose another one")
    plain = _plain(said)
    if plain in {_plain(one) for one in (email, email.partition("@")[0], *names)}:
        raise WeakPassword(
            "a password is not an e-mail address, a person's name or a company's; choose another"
        )


def over_at(created: datetime, last_seen: datetime) -> datetime:
    """When a session ends by itself."""
    return min(created + ABSOLUTE, last_seen + IDLE)


def pause_after(tries: int, free: int) -> timedelta:
    """How long to wait after so many wrong passwords in a row: nothing for the first `free`, then
    1, 2, 4, ... seconds, `LOCK` at most."""
    if tries < free:
        return timedelta(0)
    # 2**10 s is beyond the lock already.
    return min(timedelta(seconds=2 ** min(tries - free, 10)), LOCK)


def _plain(text: str) -> str:
    """Letters and digits alone, in one case."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())
