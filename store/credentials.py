"""What people and programs show: sessions and API tokens, by the hash of the secret alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from domain.sign_in import over_at
from store.people import Place
from store.tables import ApiToken, User, UserSession

_SEEN_EVERY = timedelta(minutes=1)
"""A session or a token that is used all the time is not written to all the time."""


def session_of(
    session: Session, token_sha256: bytes, now: datetime
) -> tuple[UserSession, User] | None:
    """The live session of this token, noted as seen; None if there is none, or it is over."""
    found = session.exec(
        select(UserSession, User)
        .join(User, col(User.id) == col(UserSession.user_id))
        .where(UserSession.token_sha256 == token_sha256)
    ).first()
    if found is None:
        return None
    row, user = found
    if now >= row.expires_at or user.disabled_at is not None:
        return None
    if now - row.last_seen_at >= _SEEN_EVERY:
        # As a statement of its own: it may have been ended this moment.
        session.execute(
            update(UserSession)
            .where(col(UserSession.id) == row.id)
            .values(last_seen_at=now, expires_at=over_at(row.created_at, now))
        )
    return row, user


def open_session(
    session: Session, user_id: int, token_sha256: bytes, request_key: str, now: datetime
) -> UserSession:
    """A new session, in place of the one that the same request opened before."""
    session.execute(
        delete(UserSession).where(
            col(UserSession.user_id) == user_id,
            (col(UserSession.request_key) == request_key) | (col(UserSession.expires_at) <= now),
        )
    )
    row = UserSession(
        token_sha256=token_sha256,
        user_id=user_id,
        request_key=request_key,
        created_at=now,
        last_seen_at=now,
        expires_at=over_at(now, now),
    )
    session.add(row)
    session.flush()
    return row


def sessions(session: Session, user_id: int, now: datetime) -> Sequence[UserSession]:
    """A person's live sessions, the oldest first."""
    query = select(UserSession).where(
        UserSession.user_id == user_id, col(UserSession.expires_at) > now
    )
    return session.exec(query.order_by(col(UserSession.id))).all()


def end_session(session: Session, session_id: int) -> None:
    """End one session; nothing happens if it has ended."""
    session.execute(delete(UserSession).where(col(UserSession.id) == session_id))


def end_sessions(session: Session, user_id: int, *, but: int | None = None) -> int:
    """End a person's sessions, but for one if said; how many."""
    query = delete(UserSession).where(col(UserSession.user_id) == user_id)
    if but is not None:
        query = query.where(col(UserSession.id) != but)
    return len(session.execute(query.returning(col(UserSession.id))).all())


def token_of(session: Session, token_sha256: bytes, now: datetime) -> ApiToken | None:
    """The living API token of this hash, noted as used; None if there is none."""
    row = session.exec(select(ApiToken).where(ApiToken.token_sha256 == token_sha256)).first()
    if row is None or row.revoked_at is not None or now >= row.expires_at:
        return None
    if row.last_used_at is None or now - row.last_used_at >= _SEEN_EVERY:
        session.execute(update(ApiToken).where(col(ApiToken.id) == row.id).values(last_used_at=now))
    return row


def add_token(
    session: Session,
    place: Place,
    *,
    name: str,
    prefix: str,
    token_sha256: bytes,
    scopes: Sequence[str],
    by: str,
    now: datetime,
    expires_at: datetime,
) -> ApiToken:
    """A new API token of a company or a firm."""
    row = ApiToken(
        company_id=place.company_id,
        firm_id=place.firm_id if place.company_id is None else None,
        name=name,
        prefix=prefix,
        token_sha256=token_sha256,
        scopes=sorted(scopes),
        created_at=now,
        created_by=by,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return row


def token(session: Session, place: Place, token_id: int) -> ApiToken | None:
    """One of the place's own API tokens, held still until the transaction ends."""
    query = select(ApiToken).where(ApiToken.id == token_id, *_of(place)).with_for_update()
    return session.exec(query).first()


def tokens(
    session: Session, place: Place, *, after: int = 0, limit: int | None = None
) -> Sequence[ApiToken]:
    """The place's own API tokens, the ended ones too, in the order of their rows."""
    return session.exec(
        select(ApiToken)
        .where(col(ApiToken.id) > after, *_of(place))
        .order_by(col(ApiToken.id))
        .limit(limit)
    ).all()


def _of(place: Place) -> tuple[bool, ...]:
    if place.company_id is not None:
        return (ApiToken.company_id == place.company_id,)
    return (ApiToken.firm_id == place.firm_id,)
