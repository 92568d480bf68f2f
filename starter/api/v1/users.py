"""The people of a company or of an accounting firm."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain.roles import Action, Role
from starter import people as service
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import Body, Email, Language, Line, PathId
from starter.api.v1.idempotency import TheOnce
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import Kind, documented
from store import people
from store.tables import Membership, User


class Member(BaseModel):
    """A person here."""

    user_id: int
    email: str
    name: str
    language: str
    role: Role
    disabled_at: AwareDatetime | None = Field(
        description="Since when the role is not exercised here."
    )


class NewMember(Body):
    """Somebody to be added. A person who is known by the address keeps name and language."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "email": "maija@esimerkki.example",
                    "name": "Maija Malliasiakas",
                    "role": "clerk",
                }
            ]
        }
    )

    email: Email
    name: Line
    role: Role
    language: Language = "fi"


class AddedMember(Member):
    """Somebody who was added."""

    password: str | None = Field(
        description="Made up for a new person and shown this once; null: he or she has one."
    )


class MemberChange(Body):
    """What is given is changed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "read_only"}]})

    role: Role | None = None
    disabled: bool | None = None


def router_for(prefix: str, enter: Callable[[Action], Any]) -> APIRouter:
    """The same endpoints for companies and for firms. `enter`: `callers.in_company`, `in_firm`."""
    router = APIRouter(prefix=f"{prefix}/users", tags=["Users"])

    @router.get("")
    def list_users(
        here: Annotated[Here, enter(Action.READ_USERS)], parts: TheParts, paging: ThePaging
    ) -> Page[Member]:
        """Everybody who has, or had, a role here."""
        with parts.database.transaction() as session:
            after = paging.after_id("users") or 0
            rows = people.members(session, here.place, after=after, limit=paging.fetched)
        return paging.page("users", rows, lambda row: (row[0].id,), lambda row: _member(*row))

    @router.post(
        "",
        status_code=201,
        response_model=AddedMember,
        responses=documented(Kind.CONFLICT),
    )
    def add_user(
        body: NewMember, here: Annotated[Here, enter(Action.MANAGE_USERS)], once: TheOnce
    ) -> Response:
        """Add a person, with a role that you may give."""
        with once.transaction() as session:
            added = service.add_user(
                session,
                here.place,
                service.NewUser(body.email, body.name, body.role, body.language),
                gives=here.gives,
                actor=here.caller.name,
                now=once.parts.real_now(),
            )
            member = _member(added.membership, added.user)
            answer = AddedMember(**member.model_dump(), password=added.password)
            return once.keep(session, answer, shown_once=["password"])

    @router.patch("/{user_id}", responses=documented(Kind.CONFLICT))
    def change_user(
        user_id: PathId,
        body: MemberChange,
        here: Annotated[Here, enter(Action.MANAGE_USERS)],
        parts: TheParts,
    ) -> Member:
        """Give a person another role, or disable or enable him or her here."""
        with parts.database.transaction() as session:
            row, user = service.change_member(
                session,
                here.place,
                user_id,
                gives=here.gives,
                actor=here.caller.name,
                now=parts.real_now(),
                role=body.role,
                disabled=body.disabled,
            )
            return _member(row, user)

    return router


def _member(row: Membership, user: User) -> Member:
    return Member(
        user_id=user.id,
        email=user.email,
        name=user.name,
        language=user.language,
        role=Role(row.role),
        disabled_at=row.disabled_at,
    )
