"""The people of companies and accounting firms, and the firms themselves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from domain import personal_code
from domain.roles import COMPANY_ROLES, FIRM_ROLES, Role
from domain.sign_in import check_password
from starter import passwords
from store import audit, credentials, parties, people
from store.people import Place
from store.tables import AccountingFirm, Company, Membership, User


class NotDone(Exception):  # noqa: N818 - reads as what happened
    """A change that cannot be made, and why. `remedy`: what to do instead."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.remedy = remedy


class Unknown(NotDone):
    """Who or what is meant is not there."""


class NotYours(NotDone):
    """The caller may not give, change or take away this role."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """`language`: of the pages, "fi", "sv" or "en"."""

    email: str
    name: str
    role: Role
    language: str = "fi"


@dataclass(frozen=True, slots=True)
class Added:
    """`password`: the one made up for a new person, shown this once; None: he or she has one."""

    user: User
    membership: Membership
    password: str | None


def roles_for(place: Place) -> frozenset[Role]:
    """The roles that there are in a place."""
    return FIRM_ROLES if place.company_id is None else COMPANY_ROLES


def add_user(
    session: Session,
    place: Place,
    new: NewUser,
    *,
    gives: Collection[Role],
    actor: str,
    now: datetime,
    password: str | None = None,
) -> Added:
    """Make a person a member of a place. `gives`: the roles that the actor gives.

    Somebody who is known by the address keeps name and password. A new person gets `password`, or
    one made up. Raises `NotYours`, `NotDone`, `domain.sign_in.WeakPassword`.
    """
    _check_role(place, new.role, gives)
    user = people.by_email(session, new.email)
    shown = None
    if user is None:
        if password is None:
            password = shown = passwords.made_up()
        check_password(password, email=new.email, names=[new.name, place.name])
        name = personal_code.left_out(new.name)
        made = passwords.hashed(password)
        user = people.add_user(
            session,
            email=new.email,
            name=name,
            language=new.language,
            password_hash=made,
            now=now,
        )
        if user is None:  # somebody added the same person this moment
            user, shown = people.by_email(session, new.email), None
            assert user is not None  # noqa: S101 - there is no way to delete one
        else:
            audit.note(session, now, actor, "user.added", f"user:{user.id}", place)
    people.hold_still(session, place)
    if people.membership(session, place, user.id) is not None:
        raise NotDone(
            f"user {user.id} belongs to {place} already",
            "change the role of that user, or enable it again",
        )
    membership = people.enrol(session, place, user.id, new.role)
    audit.note(session, now, actor, "member.added", f"user:{user.id}", place, role=new.role.value)
    return Added(user, membership, shown)


def change_member(
    session: Session,
    place: Place,
    user_id: int,
    *,
    gives: Collection[Role],
    actor: str,
    now: datetime,
    role: Role | None = None,
    disabled: bool | None = None,
) -> tuple[Membership, User]:
    """Give a member another role, or disable or enable it here. Raises `Unknown`, `NotYours`,
    `NotDone`: nobody changes himself, so that somebody who manages users always stays.
    """
    people.hold_still(session, place)
    row = people.membership(session, place, user_id)
    if row is None:
        raise Unknown(f"{place} has no user {user_id}", "look at the list of its users")
    if actor == f"user:{user_id}":
        raise NotDone(
            "you cannot change or disable yourself", "ask another person who manages users"
        )
    _check_role(place, Role(row.role), gives)
    if role is not None and role != row.role:
        _check_role(place, role, gives)
        audit.note(
            session,
            now,
            actor,
            "member.role",
            f"user:{user_id}",
            place,
            role=role.value,
            was=row.role,
        )
        row.role = role.value
    if disabled is not None and disabled != (row.disabled_at is not None):
        row.disabled_at = now if disabled else None
        what = "member.disabled" if disabled else "member.enabled"
        audit.note(session, now, actor, what, f"user:{user_id}", place)
    session.add(row)
    return row, session.get_one(User, user_id)


def disable(session: Session, email: str, actor: str, now: datetime, *, enable: bool) -> int:
    """Disable a person everywhere, which ends the sessions; or enable again. How many ended.

    Raises `Unknown`.
    """
    user = the_user(session, email)
    user.disabled_at = None if enable else now
    session.add(user)
    ended = 0 if enable else credentials.end_sessions(session, user.id)
    what = "user.enabled" if enable else "user.disabled"
    audit.note(session, now, actor, what, f"user:{user.id}", sessions_ended=ended)
    return ended


def set_password(session: Session, email: str, password: str, actor: str, now: datetime) -> int:
    """Set somebody's password for him or her; all sessions end. How many did.

    Raises `Unknown`, `domain.sign_in.WeakPassword`.
    """
    user = the_user(session, email)
    places = people.places_of(session, people.roles_of(session, user.id))
    names = [user.name, *(place.name for place, _ in places)]
    check_password(password, email=user.email, names=names)
    user.password_hash = passwords.hashed(password)
    session.add(user)
    ended = credentials.end_sessions(session, user.id)
    audit.note(session, now, actor, "password.set", f"user:{user.id}", sessions_ended=ended)
    return ended


def end_sessions(session: Session, user: User, actor: str, now: datetime) -> int:
    """End all sessions of a person; how many there were."""
    ended = credentials.end_sessions(session, user.id)
    audit.note(session, now, actor, "sessions.ended", f"user:{user.id}", sessions_ended=ended)
    return ended


def the_user(session: Session, email: str) -> User:
    """The person of this address. Raises `Unknown`."""
    user = people.by_email(session, email)
    if user is None:
        raise Unknown(f"there is no user {people.plain_email(email)}", "look for a mistyped letter")
    return user


def add_firm(
    session: Session, business_id: str, name: str, actor: str, now: datetime
) -> AccountingFirm:
    """A new accounting firm. Raises `NotDone` if there is one of this business id."""
    if people.firm_place(session, business_id) is not None:
        raise NotDone(
            f"there is an accounting firm {business_id} already", "add people or companies to it"
        )
    firm = AccountingFirm(business_id=business_id, name=name)
    session.add(firm)
    session.flush()
    place = Place(business_id, name, None, firm.id)
    audit.note(session, now, actor, "firm.added", f"firm:{business_id}", place)
    return firm


def link(session: Session, firm: Place, company: Place, actor: str, now: datetime) -> None:
    """Give a company's books to a firm; the firm before it has them no more."""
    row = session.get_one(Company, company.company_id)
    row.firm_id = firm.firm_id
    session.add(row)
    audit.note(
        session,
        now,
        actor,
        "firm.linked",
        f"company:{company.business_id}",
        company,
        firm=firm.business_id,
    )


def add_company(
    session: Session,
    firm: Place,
    new: parties.NewCompany,
    *,
    actor: str,
    now: datetime,
    business_now: datetime,
) -> Company:
    """A new company of a firm, with its two general rules. Raises `NotDone` if it is there."""
    there = NotDone(
        f"there is a company {new.business_id} already",
        "if its books come to your firm, ask whoever runs this Karhu to link it",
    )
    if people.company_place(session, new.business_id) is not None:
        raise there
    try:
        with session.begin_nested():
            company = parties.ensure_companies(session, [new], business_now)[new]
            company.firm_id = firm.firm_id
            session.flush()
    except IntegrityError:  # somebody added it this moment
        raise there from None
    place = Place(company.business_id, company.name, company.id, company.firm_id)
    audit.note(session, now, actor, "company.added", f"company:{new.business_id}", place)
    return company


def _check_role(place: Place, role: Role, gives: Collection[Role]) -> None:
    if role not in roles_for(place):
        there = ", ".join(sorted(roles_for(place)))
        raise NotDone(f"there is no role {role.value} in {place}", f"choose one of {there}")
    if role not in gives:
        yours = ", ".join(sorted(set(gives) & roles_for(place))) or "none"
        raise NotYours(
            f"you do not give, change or take away the role {role.value}; yours are: {yours}",
            "ask somebody who does",
        )
