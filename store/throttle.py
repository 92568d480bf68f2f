"""How often a password was guessed wrong, for an account and from an address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from domain.sign_in import FORGET, pause_after
from store.tables import LoginThrottle

_SWEPT = 20
"""Old rows deleted at each try."""


def begin_try(session: Session, free: Mapping[str, int], now: datetime) -> timedelta:
    """Note a try before it is made, so that tries at the same time all count; zero if it may be.

    Else how long to wait, and nothing is noted. `free`: each key with the tries that it has free.
    """
    _sweep(session, now)
    keys = sorted(free)
    session.execute(
        insert(LoginThrottle)
        .values([{"key": key, "tries": 0, "last_try_at": now} for key in keys])
        .on_conflict_do_nothing()
    )
    rows = session.exec(
        select(LoginThrottle)
        .where(col(LoginThrottle.key).in_(keys))
        .order_by(LoginThrottle.key)
        .with_for_update()
    ).all()
    wait = timedelta(0)
    for row in rows:
        if now - row.last_try_at >= FORGET:
            row.tries = 0
        wait = max(wait, row.last_try_at + pause_after(row.tries, free[row.key]) - now)
    if wait > timedelta(0):
        return wait
    for row in rows:
        row.tries += 1
        row.last_try_at = now
        session.add(row)
    return timedelta(0)


def pause(session: Session, free: Mapping[str, int], now: datetime) -> timedelta:
    """How long a try must wait, as `begin_try` says it; nothing is noted.

    For what is tried all the time and is nearly always right: note the wrong ones with `begin_try`.
    """
    rows = session.exec(
        select(LoginThrottle).where(
            col(LoginThrottle.key).in_(sorted(free)), col(LoginThrottle.last_try_at) > now - FORGET
        )
    )
    waits = (row.last_try_at + pause_after(row.tries, free[row.key]) - now for row in rows)
    return max((timedelta(0), *waits))


def forgive(session: Session, account: str, address: str) -> None:
    """The try was a right one: the account begins anew; the address is not blamed for this one."""
    session.execute(delete(LoginThrottle).where(col(LoginThrottle.key) == account))
    session.execute(
        update(LoginThrottle)
        .where(col(LoginThrottle.key) == address, col(LoginThrottle.tries) > 0)
        .values(tries=LoginThrottle.tries - 1)
    )


def _sweep(session: Session, now: datetime) -> None:
    old = (
        select(LoginThrottle.id)
        .where(col(LoginThrottle.last_try_at) < now - FORGET)
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(LoginThrottle).where(col(LoginThrottle.id).in_(old)))
