"""People, where they belong, and the companies and firms that they belong to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from domain.roles import Role
from store.tables import AccountingFirm, Company, Membership, User


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody has a role: a company, or (`company_id` None) an accounting firm.

    Of a company, `firm_id` is the firm that keeps its books, if one does.
    """

    business_id: str
    name: str
    company_id: int | None
    firm_id: int | None

    def __str__(self) -> str:
        what = "accounting firm" if self.company_id is None else "company"
        return f"{what} {self.business_id}"


@dataclass(frozen=True, slots=True)
class Held:
    """A role that somebody has, in a company or in an accounting firm."""

    role: Role
    company_id: int | None
    firm_id: int | None


def company_place(session: Session, business_id: str) -> Place | None:
    """A company by its business id."""
    row = session.exec(select(Company).where(Company.business_id == business_id)).first()
    return Place(row.business_id, row.name, row.id, row.firm_id) if row else None


def firm_place(session: Session, business_id: str) -> Place | None:
    """An accounting firm by its business id."""
    query = select(AccountingFirm).where(AccountingFirm.business_id == business_id)
    row = session.exec(query).first()
    return Place(row.business_id, row.name, None, row.id) if row else None


def names_of(session: Session, user_ids: Collection[int]) -> dict[int, str]:
    """People's names, by their rows' ids."""
    rows = session.exec(select(User.id, User.name).where(col(User.id).in_(sorted(user_ids))))
    return dict(rows.all())


def roles_of(session: Session, user_id: int) -> tuple[Held, ...]:
    """The roles that a person exercises."""
    query = select(Membership).where(
        Membership.user_id == user_id, col(Membership.disabled_at).is_(None)
    )
    return tuple(Held(Role(row.role), row.company_id, row.firm_id) for row in session.exec(query))


def places_of(session: Session, held: Sequence[Held]) -> list[tuple[Place, Role]]:
    """Where these roles are held, by business id."""
    found: list[tuple[Place, Role]] = []
    for one in held:
        if one.company_id is not None:
            company = session.get_one(Company, one.company_id)
            place = Place(company.business_id, company.name, company.id, company.firm_id)
        else:
            firm = session.get_one(AccountingFirm, one.firm_id)
            place = Place(firm.business_id, firm.name, None, firm.id)
        found.append((place, one.role))
    return sorted(found, key=lambda pair: (pair[0].business_id, pair[1]))


def companies(
    session: Session,
    *,
    company_ids: Collection[int],
    firm_ids: Collection[int],
    after: int,
    limit: int,
) -> Sequence[Company]:
    """These companies and those of these firms, in the order of their rows, after one of them."""
    return session.exec(
        select(Company)
        .where(
            col(Company.id) > after,
            or_(
                col(Company.id).in_(sorted(company_ids)), col(Company.firm_id).in_(sorted(firm_ids))
            ),
        )
        .order_by(col(Company.id))
        .limit(limit)
    ).all()


def by_email(session: Session, email: str) -> User | None:
    """A person by e-mail address, however it is written."""
    return session.exec(select(User).where(User.email == plain_email(email))).first()


def plain_email(email: str) -> str:
    """An address as it is kept and compared."""
    return email.strip().casefold()


def add_user(
    session: Session, *, email: str, name: str, language: str, password_hash: str, now: datetime
) -> User | None:
    """A new person; None if the address is somebody's by now."""
    added = session.execute(
        insert(User)
        .values(
            email=plain_email(email),
            name=name,
            language=language,
            password_hash=password_hash,
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(col(User.id))
    ).scalar()
    return session.get_one(User, added) if added else None


def hold_still(session: Session, place: Place) -> None:
    """Nobody else changes the place's people until the transaction ends."""
    table = AccountingFirm if place.company_id is None else Company
    row_id = place.firm_id if place.company_id is None else place.company_id
    session.exec(select(table.id).where(table.id == row_id).with_for_update(key_share=True)).one()


def membership(session: Session, place: Place, user_id: int) -> Membership | None:
    """A person's membership in the place itself."""
    query = select(Membership).where(Membership.user_id == user_id, *_in(place))
    return session.exec(query).first()


def enrol(session: Session, place: Place, user_id: int, role: Role) -> Membership:
    """Make a person a member. He or she must not be one yet."""
    row = Membership(
        user_id=user_id,
        company_id=place.company_id,
        firm_id=place.firm_id if place.company_id is None else None,
        role=role.value,
    )
    session.add(row)
    session.flush()
    return row


def members(
    session: Session, place: Place, *, after: int = 0, limit: int | None = None
) -> list[tuple[Membership, User]]:
    """The people of the place itself, in the order of their rows, after one of them."""
    query = (
        select(Membership, User)
        .join(User, col(User.id) == col(Membership.user_id))
        .where(col(Membership.id) > after, *_in(place))
        .order_by(col(Membership.id))
        .limit(limit)
    )
    return list(session.exec(query))


def _in(place: Place) -> tuple[bool, ...]:
    if place.company_id is not None:
        return (Membership.company_id == place.company_id,)
    return (Membership.firm_id == place.firm_id,)
