"""Who asks, and what they may do where. The API and the web pages ask here and nowhere else."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session

from domain.roles import MAY, REACHES, Action, Role, TokenScope, as_whom, token_reaches
from store import credentials, people
from store.people import Held, Place
from store.scope import Scope

SESSION_PREFIX = "karhu_session_"
TOKEN_PREFIX = "karhu_token_"  # noqa: S105 - what every token begins with

SHOWN = len(TOKEN_PREFIX) + 6
"""Characters of a token that stay to be seen; the 37 after them are its secret."""


class NotAllowed(Exception):  # noqa: N818 - reads as what happened
    """The caller is known, and may not do this here; the message says why."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A person in a session, or a program with an API token.

    `name` ("user:12", "token:3") stands in the audit log, in events and as an invoice's owner.
    """

    name: str
    user_id: int | None = None
    session_id: int | None = None
    token_id: int | None = None
    held: tuple[Held, ...] = ()
    """A person's roles."""
    scopes: frozenset[TokenScope] = frozenset()
    """What a token reaches, in the company or firm that it belongs to."""
    company_id: int | None = None
    firm_id: int | None = None

    @property
    def company_ids(self) -> frozenset[int]:
        """Companies that the caller belongs to by itself."""
        own = (self.company_id, *(one.company_id for one in self.held))
        return frozenset(one for one in own if one is not None)

    @property
    def firm_ids(self) -> frozenset[int]:
        """Accounting firms that the caller belongs to, and so to their companies."""
        own = (self.firm_id, *(one.firm_id for one in self.held))
        return frozenset(one for one in own if one is not None)

    def roles_in(self, place: Place) -> frozenset[Role]:
        """A person's roles there, in the company itself or in the firm that keeps its books."""
        return frozenset(
            one.role
            for one in self.held
            if (one.company_id is not None and one.company_id == place.company_id)
            or (one.firm_id is not None and one.firm_id == place.firm_id)
        )

    def belongs_to(self, place: Place) -> bool:
        """Whether the place is there at all for this caller."""
        return place.company_id in self.company_ids or place.firm_id in self.firm_ids


def new_secret(prefix: str) -> tuple[str, bytes]:
    """A new session's or token's secret (256 random bits), and the hash to keep."""
    secret = prefix + secrets.token_urlsafe(32)
    return secret, fingerprint(secret)


def fingerprint(secret: str) -> bytes:
    """The hash that a secret is kept and found by. What has 256 random bits needs no salt; and how
    long the search takes says nothing, because nobody chooses a hash's beginning."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def identify(session: Session, secret: str, now: datetime) -> Caller | None:
    """Who shows this session or API token at the real instant `now`; None: nobody.

    A session that is idle for too long or too old, a token that is past or revoked, and a person
    who is disabled are nobody.
    """
    if secret.startswith(SESSION_PREFIX):
        found = credentials.session_of(session, fingerprint(secret), now)
        if found is None:
            return None
        row, user = found
        return Caller(
            name=f"user:{user.id}",
            user_id=user.id,
            session_id=row.id,
            held=people.roles_of(session, user.id),
        )
    if not secret.startswith(TOKEN_PREFIX):
        return None
    token = credentials.token_of(session, fingerprint(secret), now)
    if token is None:
        return None
    return Caller(
        name=f"token:{token.id}",
        token_id=token.id,
        scopes=frozenset(TokenScope(one) for one in token.scopes),
        company_id=token.company_id,
        firm_id=token.firm_id,
    )


def enter(caller: Caller, place: Place, action: Action) -> Scope:
    """What the caller sees there while doing this. Raises `NotAllowed`."""
    company_ids = frozenset() if place.company_id is None else frozenset({place.company_id})
    if caller.token_id is not None:
        _reach(caller, action)
        return Scope(company_ids)
    allowed_as = as_whom(caller.roles_in(place), action)
    if not allowed_as:
        who = ", ".join(role.value for role in Role if role in MAY[action])
        raise NotAllowed(
            f"none of your roles in {place} may do this ({action.value}); these may: {who}"
        )
    return Scope(company_ids, owner=caller.name if allowed_as == {Role.OWN_ONLY} else None)


def do_anywhere(caller: Caller, action: Action) -> None:
    """For what concerns no company: the caller himself. Raises `NotAllowed`."""
    if caller.token_id is not None:
        _reach(caller, action)


def _reach(caller: Caller, action: Action) -> None:
    if not token_reaches(caller.scopes, action):
        held = ", ".join(sorted(caller.scopes)) or "none"
        wanted = ", ".join(scope.value for scope in TokenScope if action in REACHES[scope])
        raise NotAllowed(
            f"the token's scopes ({held}) do not reach this ({action.value});"
            f" {f'{wanted} does' if wanted else 'no scope does: it takes a person'}"
        )
