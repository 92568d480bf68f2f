"""API tokens of a company or of an accounting firm."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.roles import Action, TokenScope
from starter import tokens as service
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import Body, Line, PathId
from starter.api.v1.idempotency import TheOnce
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import Kind, documented
from store import credentials
from store.tables import ApiToken


class Token(BaseModel):
    """An API token, without its secret."""

    id: int
    name: str
    prefix: str = Field(description="Its beginning, by which it is known again.")
    scopes: list[TokenScope]
    created_at: AwareDatetime
    created_by: str
    last_used_at: AwareDatetime | None
    expires_at: AwareDatetime
    revoked_at: AwareDatetime | None


class NewToken(Body):
    """A token to be made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Accounting system", "scopes": ["invoices:read", "payments:write"]}
            ]
        }
    )

    name: Line
    scopes: Annotated[list[TokenScope], Field(min_length=1, max_length=len(TokenScope))]
    expires_at: AwareDatetime | None = Field(
        default=None, description="Within two years; not given, a year from now."
    )


class CreatedToken(Token):
    """A token that was made."""

    token: str | None = Field(
        description="The token itself. Shown this once; null when the same request is made again."
    )


def router_for(prefix: str, enter: Callable[[Action], Any]) -> APIRouter:
    """The same endpoints for companies and for firms. `enter`: `callers.in_company`, `in_firm`."""
    router = APIRouter(prefix=f"{prefix}/tokens", tags=["API tokens"])

    @router.get("")
    def list_tokens(
        here: Annotated[Here, enter(Action.READ_TOKENS)], parts: TheParts, paging: ThePaging
    ) -> Page[Token]:
        """All tokens, those that have ended too."""
        with parts.database.transaction() as session:
            after = paging.after_id("tokens") or 0
            rows = credentials.tokens(session, here.place, after=after, limit=paging.fetched)
        return paging.page("tokens", rows, lambda row: (row.id,), _token)

    @router.post(
        "",
        status_code=201,
        response_model=CreatedToken,
        responses=documented(Kind.CONFLICT),
    )
    def create_token(
        body: NewToken, here: Annotated[Here, enter(Action.MANAGE_TOKENS)], once: TheOnce
    ) -> Response:
        """Make a token with scopes that you have yourself."""
        with once.transaction() as session:
            row, secret = service.create(
                session,
                here.place,
                name=body.name,
                scopes=set(body.scopes),
                grants=here.grants,
                expires_at=body.expires_at,
                actor=here.caller.name,
                now=once.parts.real_now(),
            )
            answer = CreatedToken(**_token(row).model_dump(), token=secret)
            return once.keep(session, answer, shown_once=["token"])

    @router.delete("/{token_id}")
    def revoke_token(
        token_id: PathId,
        here: Annotated[Here, enter(Action.MANAGE_TOKENS)],
        parts: TheParts,
    ) -> Token:
        """End a token at once. It stays in the list."""
        with parts.database.transaction() as session:
            row = service.revoke(
                session, here.place, token_id, actor=here.caller.name, now=parts.real_now()
            )
            return _token(row)

    return router


def _token(row: ApiToken) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=[TokenScope(one) for one in row.scopes],
        created_at=row.created_at,
        created_by=row.created_by,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
