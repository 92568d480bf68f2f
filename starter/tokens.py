"""API tokens: made, listed and revoked. The secret is shown once and kept as a hash."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlmodel import Session

from domain import personal_code
from domain.roles import TokenScope
from starter import access
from starter.people import NotDone, NotYours, Unknown
from store import audit, credentials
from store.people import Place
from store.tables import ApiToken

LONGEST = timedelta(days=730)
USUAL = timedelta(days=365)
"""How long a token lives at most, and if nobody says."""


def create(
    session: Session,
    place: Place,
    *,
    name: str,
    scopes: Collection[TokenScope],
    grants: Collection[TokenScope],
    expires_at: datetime | None,
    actor: str,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token and its secret. `grants`: the scopes that the actor gives.

    Raises `NotYours`, and `NotDone` for an end that is past or too far.
    """
    if beyond := sorted(set(scopes) - set(grants)):
        raise NotYours(
            f"you cannot give a token {', '.join(beyond)}: you may not do that yourself",
            "leave it out, or ask somebody who may",
        )
    expires_at = expires_at or now + USUAL
    if not now < expires_at <= now + LONGEST:
        raise NotDone(
            f"a token ends after now and within {LONGEST.days} days",
            "give an earlier instant as its end, or none for a year",
        )
    secret, kept = access.new_secret(access.TOKEN_PREFIX)
    row = credentials.add_token(
        session,
        place,
        name=personal_code.left_out(name),
        prefix=secret[: access.SHOWN],
        token_sha256=kept,
        scopes=[one.value for one in scopes],
        by=actor,
        now=now,
        expires_at=expires_at,
    )
    audit.note(
        session,
        now,
        actor,
        "token.created",
        f"token:{row.id}",
        place,
        scopes=row.scopes,
        expires_at=expires_at.isoformat(),
    )
    return row, secret


def revoke(session: Session, place: Place, token_id: int, *, actor: str, now: datetime) -> ApiToken:
    """End a token at once; nothing changes if it has ended. Raises `Unknown`."""
    row = credentials.token(session, place, token_id)
    if row is None:
        raise Unknown(f"{place} has no token {token_id}", "look at the list of its tokens")
    if row.revoked_at is None:
        row.revoked_at = now
        session.add(row)
        audit.note(session, now, actor, "token.revoked", f"token:{row.id}", place)
    return row
