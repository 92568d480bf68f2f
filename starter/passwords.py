"""Passwords as argon2id hashes, by RFC 9106's second recommended parameters (section 4):
3 passes over 64 MiB in 4 lanes."""

from __future__ import annotations

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from domain.sign_in import normal

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)

# Each takes 64 MiB: however many sign in at once, the others wait for their turn.
_turns = threading.BoundedSemaphore(4)


def hashed(password: str) -> str:
    """The hash to keep, with its salt and parameters."""
    with _turns:
        return _hasher.hash(normal(password))


def holds(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one of the hash. None: there is nobody, which takes as long."""
    against = password_hash or _nobody()
    with _turns:
        try:
            _hasher.verify(against, normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def made_up() -> str:
    """A password that nobody guesses, to be typed once: four groups of five."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


@cache
def _nobody() -> str:
    """A hash of a password that nobody knows."""
    return hashed(secrets.token_urlsafe())
