"""Signing in and out, and oneself."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.roles import Action, Role, TokenScope
from domain.sign_in import MAXIMUM_LENGTH, WeakPassword
from starter import sign_in
from starter.access import Caller
from starter.api.v1 import callers
from starter.api.v1.callers import OPEN, TheParts
from starter.api.v1.fields import Body, Email, Language
from starter.api.v1.idempotency import IdempotencyKey
from starter.api.v1.problems import Kind, documented, invalid
from starter.sign_in import WrongPassword
from store import people
from store.tables import ApiToken, User

router = APIRouter(tags=["Signing in"])

Password = Annotated[str, Field(min_length=1, max_length=MAXIMUM_LENGTH)]


class SigningIn(Body):
    """Who signs in."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "matti@esimerkki.example", "password": "a long pass phrase"}]
        }
    )

    email: Email
    password: Password


class SignedIn(BaseModel):
    """A session. `token` is shown this once."""

    token: str
    user_id: int
    expires_at: AwareDatetime = Field(
        description="If nothing is asked until then; each request moves it on, to 12 hours at most."
    )


class Membership(BaseModel):
    """A role in a company or in an accounting firm."""

    business_id: str
    name: str
    kind: str = Field(description="company or firm", examples=["company"])
    role: Role


class Me(BaseModel):
    """Who asks: a person with roles, or an API token with scopes."""

    name: str = Field(description="As in events and the audit log: `user:12`, `token:3`.")
    user_id: int | None = None
    email: str | None = None
    full_name: str | None = None
    language: Language | None = None
    memberships: list[Membership] = []
    token_name: str | None = None
    scopes: list[TokenScope] = []


class NewPassword(Body):
    """`current` is asked for again, so that a screen left open is not enough."""

    current: Password
    new: Password


@router.post(
    "/sessions",
    status_code=201,
    dependencies=[OPEN],
    responses=documented(Kind.UNAUTHENTICATED, Kind.TOO_MANY_TRIES),
)
def open_session(
    body: SigningIn, request: Request, parts: TheParts, idempotency_key: IdempotencyKey
) -> SignedIn:
    """Sign in. The same key again opens a new session in place of the one that it opened before:
    an answer with a secret is not kept."""
    opened = sign_in.sign_in(
        parts.database,
        email=body.email,
        password=body.password,
        address=request.client.host if request.client else "",
        request_key=idempotency_key,
        now=parts.real_now(),
    )
    return SignedIn(token=opened.secret, user_id=opened.user_id, expires_at=opened.expires_at)


@router.delete("/sessions/current", status_code=204)
def close_session(
    caller: Annotated[Caller, callers.anywhere(Action.SIGN_OUT)], parts: TheParts
) -> Response:
    """Sign out."""
    with parts.database.transaction() as session:
        sign_in.sign_out(session, caller, parts.real_now())
    return Response(status_code=204)


@router.get("/me")
def me(caller: Annotated[Caller, callers.anywhere(Action.READ_SELF)], parts: TheParts) -> Me:
    """Who asks, and what he or she is where."""
    with parts.database.transaction() as session:
        if caller.token_id is not None:
            token = session.get_one(ApiToken, caller.token_id)
            return Me(name=caller.name, token_name=token.name, scopes=sorted(caller.scopes))
        user = session.get_one(User, caller.user_id)
        places = people.places_of(session, caller.held)
    return Me(
        name=caller.name,
        user_id=user.id,
        email=user.email,
        full_name=user.name,
        language=user.language,
        memberships=[
            Membership(
                business_id=place.business_id,
                name=place.name,
                kind="firm" if place.company_id is None else "company",
                role=role,
            )
            for place, role in places
        ],
    )


@router.put(
    "/me/password",
    status_code=204,
    responses=documented(Kind.TOO_MANY_TRIES),
)
def change_password(
    body: NewPassword,
    caller: Annotated[Caller, callers.anywhere(Action.CHANGE_PASSWORD)],
    parts: TheParts,
) -> Response:
    """Change one's own password. All other sessions end."""
    try:
        sign_in.change_password(
            parts.database, caller, current=body.current, new=body.new, now=parts.real_now()
        )
    except WrongPassword as error:
        raise invalid(str(error), "body.current", "look for a mistyped character") from None
    except WeakPassword as error:
        raise invalid(str(error), "body.new", "choose another password") from None
    return Response(status_code=204)
