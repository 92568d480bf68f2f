"""The people of a company, and of an accounting firm: who is here, in which role."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from domain.roles import Action, Role
from domain.sign_in import WeakPassword
from starter import people as service
from starter.api.v1.fields import PathId
from starter.web import navigation
from starter.web.entry import NotHere, in_company, in_firm
from starter.web.forms import Email, Form, FormModel, Line
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.terms import ROLES
from starter.web.words import mark
from store import people
from store.tables import Membership, User


class NewUser(FormModel):
    """Somebody to be added."""

    email: Email
    name: Line
    role: Role
    language: Literal["fi", "sv", "en"] = "fi"


class Change(FormModel):
    """What somebody is here."""

    role: Role


def router_for(prefix: str, enter: Callable[[Action], Any]) -> APIRouter:
    """The same pages for companies and for firms. `enter`: `in_company`, `in_firm`."""
    router = APIRouter(prefix=f"{prefix}/users")

    @router.get("")
    def list_users(page: Annotated[Page, enter(Action.READ_USERS)]) -> Response:
        """Everybody who has, or had, a role here."""
        listing = Listing(page, "users")
        with page.transaction() as session:
            after = listing.after_id() or 0
            rows = people.members(session, page.here, after=after, limit=listing.fetched)
        shown = listing.page(rows, lambda row: (row[0].id,))
        return page.render("users/list.html", part="list", rows=shown)

    @router.get("/new")
    def new_user(page: Annotated[Page, enter(Action.MANAGE_USERS)]) -> Response:
        """Whom to add."""
        form: Form[NewUser] = Form.blank(page, {"language": "fi", "role": Role.CLERK})
        return page.render("users/new.html", form=form, roles=_choices(page))

    @router.post("")
    def add_user(page: Annotated[Page, enter(Action.MANAGE_USERS)]) -> Response:
        """Add somebody, and show the password that was made up for a new person, this once."""
        form = Form.read(page, NewUser)
        added = _added(page, form) if form.value is not None else None
        if added is None:
            return page.render("users/new.html", form=form, roles=_choices(page), status=422)
        return page.render("users/added.html", added=added)

    @router.get("/{user_id}")
    def show_user(user_id: PathId, page: Annotated[Page, enter(Action.MANAGE_USERS)]) -> Response:
        """Somebody's role here."""
        with page.transaction() as session:
            row, user = _member(session, page, user_id)
        form: Form[Change] = Form.blank(page, {"role": row.role})
        return _shown(page, form, row, user)

    @router.post("/{user_id}")
    def change_role(user_id: PathId, page: Annotated[Page, enter(Action.MANAGE_USERS)]) -> Response:
        """Give somebody another role."""
        form = Form.read(page, Change)
        with page.transaction() as session:
            row, user = _member(session, page, user_id)
        if form.value is None or not _changed(page, form, user_id, role=form.value.role):
            return _shown(page, form, row, user, status=422)
        return page.redirect(
            page.url("/users"), page.say(mark("%(name)s has another role now."), name=user.name)
        )

    @router.post("/{user_id}/disable")
    def disable_user(
        user_id: PathId, page: Annotated[Page, enter(Action.MANAGE_USERS)]
    ) -> Response:
        """Somebody exercises the role no more."""
        return _switched(page, user_id, disabled=True)

    @router.post("/{user_id}/enable")
    def enable_user(user_id: PathId, page: Annotated[Page, enter(Action.MANAGE_USERS)]) -> Response:
        """Somebody exercises the role again."""
        return _switched(page, user_id, disabled=False)

    return router


def _added(page: Page, form: Form[NewUser]) -> service.Added | None:
    new = form.value
    assert new is not None  # noqa: S101 - the caller has looked
    if new.role.value not in dict(_choices(page)):
        form.refuse(page.say(mark("This role is not yours to give.")), "role")
        return None
    try:
        with page.transaction() as session:
            return service.add_user(
                session,
                page.here,
                service.NewUser(new.email, new.name, new.role, new.language),
                gives=page.gives,
                actor=page.who.name,
                now=page.parts.real_now(),
            )
    except service.NotDone:
        form.refuse(
            page.say(mark("This person is here already: change the role in the list.")), "email"
        )
    except WeakPassword:
        form.refuse(page.say(mark("No password could be made up: try again.")))
    return None


def _changed(page: Page, form: Form[Change], user_id: int, **change: Any) -> bool:
    try:
        with page.transaction() as session:
            service.change_member(
                session,
                page.here,
                user_id,
                gives=page.gives,
                actor=page.who.name,
                now=page.parts.real_now(),
                **change,
            )
    except service.NotYours:
        form.refuse(page.say(mark("This role is not yours to give or take away.")))
    except service.NotDone:
        form.refuse(page.say(mark("Nobody changes himself: ask another person who manages users.")))
    return form.value is not None


def _switched(page: Page, user_id: int, *, disabled: bool) -> Response:
    with page.transaction() as session:
        row, user = _member(session, page, user_id)
    form: Form[Change] = Form.blank(page, {"role": row.role})
    form.value = Change(role=Role(row.role))
    if not _changed(page, form, user_id, disabled=disabled):
        return _shown(page, form, row, user, status=422)
    said = mark("%(name)s is disabled here.") if disabled else mark("%(name)s is enabled again.")
    return page.redirect(page.url("/users"), page.say(said, name=user.name))


def _member(session: Session, page: Page, user_id: int) -> tuple[Membership, User]:
    row = people.membership(session, page.here, user_id)
    if row is None:
        raise NotHere
    return row, session.get_one(User, user_id)


def _shown(
    page: Page, form: Form[Change], row: Membership, user: User, status: int = 200
) -> Response:
    return page.render(
        "users/change.html",
        form=form,
        member=row,
        person=user,
        roles=_choices(page, also=Role(row.role)),
        status=status,
    )


def _choices(page: Page, also: Role | None = None) -> list[tuple[str, str]]:
    """The roles that the reader gives here, and the one that is there."""
    gives = {role for role in service.roles_for(page.here) if role in page.gives}
    offered = gives | ({also} if also else set())
    return [(role.value, page.say(ROLES[role])) for role in Role if role in offered]


router = APIRouter()
router.include_router(router_for(navigation.COMPANY, in_company))
router.include_router(router_for(navigation.FIRM, in_firm))
