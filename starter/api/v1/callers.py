"""Who calls, and what he or she may do where: what every endpoint declares exactly once.

`in_company`, `in_firm` and `anywhere` take the endpoint's one Action; `OPEN` marks those that
anybody may call. A company that is not the caller's is not there (404), whatever else is wrong.
"""
# Annotations are real here: FastAPI reads those of callable objects.

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from domain.roles import TOKEN_GIVES, Action, Role, TokenScope, may_give, may_grant
from starter import access
from starter.access import Caller
from starter.api.parts import Parts
from starter.api.v1 import problems
from starter.api.v1.fields import PathBusinessId
from store import people
from store.people import Place
from store.scope import Scope

_bearer = HTTPBearer(
    auto_error=False, description="A session's token (POST /api/v1/sessions) or an API token."
)


def the_parts(request: Request) -> Parts:
    """The parts of the running API."""
    parts: Parts = request.app.state.parts
    return parts


TheParts = Annotated[Parts, Depends(the_parts)]


def the_caller(
    parts: TheParts,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """Who shows a session's or a token's secret. Raises the problem 401."""
    if credentials is None:
        raise problems.unauthenticated("the request says nothing of who asks")
    with parts.database.transaction() as session:
        caller = access.identify(session, credentials.credentials, parts.real_now())
    if caller is None:
        raise problems.unauthenticated("this session or token is over, revoked or unknown")
    return caller


TheCaller = Annotated[Caller, Depends(the_caller)]


@dataclass(frozen=True, slots=True)
class Here:
    """A caller who may do what the endpoint does, and where. `scope`: what its queries may see."""

    caller: Caller
    place: Place
    scope: Scope

    @property
    def company_id(self) -> int:
        """The row of the company in the path."""
        assert self.place.company_id is not None  # noqa: S101 - `in_company` has seen to it
        return self.place.company_id

    @property
    def gives(self) -> frozenset[Role]:
        """The roles that the caller gives here."""
        if self.caller.token_id is not None:
            return TOKEN_GIVES
        return may_give(self.caller.roles_in(self.place))

    @property
    def grants(self) -> frozenset[TokenScope]:
        """The scopes that the caller gives a token here."""
        if self.caller.token_id is not None:
            return self.caller.scopes
        return may_grant(self.caller.roles_in(self.place))


class Require:
    """A dependency that lets those in who may do one action."""

    def __init__(self, action: Action) -> None:
        self.action = action

    def _here(self, caller: Caller, place: Place | None, record: str) -> Here:
        if place is None or not caller.belongs_to(place):
            raise problems.not_found(record)
        return Here(caller, place, access.enter(caller, place, self.action))


class _InCompany(Require):
    def __call__(self, business_id: PathBusinessId, caller: TheCaller, parts: TheParts) -> Here:
        with parts.database.transaction() as session:
            place = people.company_place(session, business_id)
        return self._here(caller, place, f"company {business_id}")


class _InFirm(Require):
    def __call__(self, business_id: PathBusinessId, caller: TheCaller, parts: TheParts) -> Here:
        with parts.database.transaction() as session:
            place = people.firm_place(session, business_id)
        return self._here(caller, place, f"accounting firm {business_id}")


class _Anywhere(Require):
    def __call__(self, caller: TheCaller) -> Caller:
        access.do_anywhere(caller, self.action)
        return caller


def in_company(action: Action) -> Any:
    """For `/companies/{business_id}/...`: gives a `Here`."""
    return Depends(_InCompany(action))


def in_firm(action: Action) -> Any:
    """For `/firms/{business_id}/...`: gives a `Here`."""
    return Depends(_InFirm(action))


def anywhere(action: Action) -> Any:
    """For what concerns the caller alone: gives the `Caller`."""
    return Depends(_Anywhere(action))


def open_to_all() -> None:
    """Nothing is asked of who calls."""


OPEN = Depends(open_to_all)
