"""Answers to POSTs, kept for a day, so that asking again does nothing twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from store.tables import KeptAnswer

KEPT_FOR = timedelta(hours=24)

LEASE = timedelta(minutes=2)
"""A request that has been under way for longer has died with its process."""

_SWEPT = 20
"""Old rows deleted at each new one."""


class UnderWay(Exception):  # noqa: N818 - reads as what it is
    """The same request is being answered now."""


class AnotherRequest(Exception):  # noqa: N818 - reads as what it is
    """The key stands for a request that says something else."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is to be answered once. `key` and `digest` are hashes."""

    caller: str
    key: str
    digest: str


def kept(session: Session, asked: Asked, now: datetime) -> tuple[int, str] | None:
    """The answer that was given; None: nobody has, and nobody else can until the transaction ends.

    Raises `UnderWay` and `AnotherRequest`.
    """
    turn = func.hashtextextended(f"{asked.caller} {asked.key}", 0)
    if not session.execute(select(func.pg_try_advisory_xact_lock(turn))).scalar_one():
        raise UnderWay
    row = _row(session, asked)
    if row is None:
        return None
    if now - row.since >= KEPT_FOR:
        session.delete(row)
        session.flush()
        return None
    if row.digest != asked.digest:
        raise AnotherRequest
    if row.status is not None:
        return row.status, row.body
    if now - row.since < LEASE:
        raise UnderWay
    return None


def keep(
    session: Session,
    asked: Asked,
    now: datetime,
    status: int | None = None,
    body: str = "",
) -> None:
    """Keep an answer; with `status` None, that the request is under way."""
    _sweep(session, now)
    row = _row(session, asked) or KeptAnswer(
        caller=asked.caller, key=asked.key, digest=asked.digest, since=now
    )
    row.since, row.status, row.body = now, status, body
    session.add(row)
    session.flush()


def forget(session: Session, asked: Asked) -> None:
    """The request came to nothing: the same key may ask again."""
    session.execute(
        delete(KeptAnswer).where(
            col(KeptAnswer.caller) == asked.caller,
            col(KeptAnswer.key) == asked.key,
            col(KeptAnswer.status).is_(None),
        )
    )


def _row(session: Session, asked: Asked) -> KeptAnswer | None:
    query = select(KeptAnswer).where(KeptAnswer.caller == asked.caller, KeptAnswer.key == asked.key)
    return session.exec(query).first()


def _sweep(session: Session, now: datetime) -> None:
    old = (
        select(KeptAnswer.id)
        .where(col(KeptAnswer.since) < now - KEPT_FOR)
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(KeptAnswer).where(col(KeptAnswer.id).in_(old)))
