"""Signing in and out, and changing one's password."""

from __future__ import annotations

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from domain.sign_in import ACCOUNT_TRIES, ADDRESS_TRIES, check_password
from starter import access, passwords
from starter.access import Caller
from store import audit, credentials, people, throttle
from store.database import Database
from store.tables import User


class WrongPassword(Exception):  # noqa: N818 - reads as what happened
    """The address or the password is wrong; which of them is not said."""


class TooManyTries(Exception):  # noqa: N818 - reads as what happened
    """Too many wrong passwords. `seconds`: how long to wait before the next try."""

    def __init__(self, wait: timedelta) -> None:
        self.seconds = max(1, math.ceil(wait.total_seconds()))
        super().__init__(f"too many wrong passwords; the next try may be made in {self.seconds} s")


@dataclass(frozen=True, slots=True)
class Opened:
    """A session, and its secret, which is nowhere else."""

    session_id: int
    secret: str
    user_id: int
    expires_at: datetime


def sign_in(
    database: Database, *, email: str, password: str, address: str, request_key: str, now: datetime
) -> Opened:
    """Open a session. `address`: where the request came from; `request_key`: the same request again
    ends the session that it opened before. Raises `WrongPassword`, `TooManyTries`.
    """
    account, origin = account_key(email), address_key(address)
    _begin(database, {account: ACCOUNT_TRIES, origin: ADDRESS_TRIES}, now)
    with database.transaction() as session:
        user = people.by_email(session, email)
    # Outside any transaction: it takes a while, on purpose.
    right = passwords.holds(password, user.password_hash if user else None)
    renewed = passwords.hashed(password) if right and user and _outdated(user) else None
    with database.transaction() as session:
        if user is None or not right or user.disabled_at is not None:
            # Also of nobody: what is not done is over sooner, and that would tell.
            about = f"user:{user.id}" if user else ""
            audit.note(session, now, "nobody", "session.refused", about)
            opened = None
        else:
            throttle.forgive(session, account, origin)
            opened = _open(session, user.id, request_key, now)
            if renewed:
                session.get_one(User, user.id).password_hash = renewed
    if opened is None:
        raise WrongPassword("the e-mail address or the password is wrong")
    return opened


def sign_out(session: Session, caller: Caller, now: datetime) -> None:
    """End the caller's session."""
    assert caller.session_id is not None  # noqa: S101 - a token does not get here
    credentials.end_session(session, caller.session_id)
    audit.note(session, now, caller.name, "session.closed", caller.name)


def change_password(
    database: Database, caller: Caller, *, current: str, new: str, now: datetime
) -> None:
    """Change one's own password; all other sessions of the person end.

    Raises `WrongPassword` for the current one, `TooManyTries`, `domain.sign_in.WeakPassword`.
    """
    assert caller.user_id is not None  # noqa: S101 - a token does not get here
    with database.transaction() as session:
        user = session.get_one(User, caller.user_id)
        places = [place.name for place, _ in people.places_of(session, caller.held)]
    account = account_key(user.email)
    _begin(database, {account: ACCOUNT_TRIES}, now)
    if not passwords.holds(current, user.password_hash):
        raise WrongPassword("the current password is wrong")
    check_password(new, email=user.email, names=[user.name, *places])
    made = passwords.hashed(new)
    with database.transaction() as session:
        throttle.forgive(session, account, "")
        session.get_one(User, user.id).password_hash = made
        ended = credentials.end_sessions(session, user.id, but=caller.session_id)
        audit.note(session, now, caller.name, "password.changed", caller.name, sessions_ended=ended)


def _begin(database: Database, free: dict[str, int], now: datetime) -> None:
    with database.transaction() as session:
        wait = throttle.begin_try(session, free, now)
    if wait > timedelta(0):
        raise TooManyTries(wait)


def _open(session: Session, user_id: int, request_key: str, now: datetime) -> Opened:
    secret, kept = access.new_secret(access.SESSION_PREFIX)
    row = credentials.open_session(session, user_id, kept, _hash(request_key), now)
    name = f"user:{user_id}"
    audit.note(session, now, name, "session.opened", name)
    return Opened(row.id, secret, user_id, row.expires_at)


def _outdated(user: User) -> bool:
    return passwords.outdated(user.password_hash)


def account_key(email: str) -> str:
    """What tries for one account are counted by."""
    return f"account {_hash(people.plain_email(email))}"


def address_key(address: str) -> str:
    """What tries from one place are counted by: an address, or of IPv6 the network (/64) that one
    household has."""
    try:
        there = ipaddress.ip_address(address)
    except ValueError:
        return f"address {_hash(address)}"
    if isinstance(there, ipaddress.IPv6Address):
        if there.ipv4_mapped is not None:
            return f"address {_hash(str(there.ipv4_mapped))}"
        return f"address {_hash(str(ipaddress.ip_network((there, 64), strict=False)))}"
    return f"address {_hash(str(there))}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
