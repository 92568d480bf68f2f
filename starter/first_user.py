"""The first user of a Karhu on one machine (`karhu up`): somebody has to be able to sign in.

He or she is the main user of an accounting firm of its own, to which every company comes that no
other firm has. A deployment's people are added by `karhu user add`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import update
from sqlmodel import col

from domain.roles import Role
from starter import people as service
from starter.people import NewUser
from store import people
from store.database import Database
from store.tables import Company

EMAIL = "demo@karhu.example"
FIRM = "2000098-0"
"""A made-up business id."""

_FIRM_NAME = "Oma tilitoimisto"
_NAME = "Demo Käyttäjä"
_ACTOR = "console:karhu up"


@dataclass(frozen=True, slots=True)
class FirstUser:
    """`password`: made up this moment, and shown this once; None: it was before."""

    email: str
    password: str | None

    def __str__(self) -> str:
        if self.password is None:
            again = f"a new password: karhu user password {self.email}"
            return f"sign in as {self.email} with the password shown at the first start ({again})"
        return f"sign in as {self.email} with the password {self.password} (shown this once)"


def ensure(database: Database, now: datetime) -> FirstUser:
    """The first user, made if there is none yet. `now`: real time."""
    with database.transaction() as session:
        if people.firm_place(session, FIRM) is None:
            service.add_firm(session, FIRM, _FIRM_NAME, _ACTOR, now)
        firm = people.firm_place(session, FIRM)
        user = people.by_email(session, EMAIL)
        assert firm is not None  # noqa: S101 - it has just been added
        if user is not None and people.membership(session, firm, user.id) is not None:
            return FirstUser(EMAIL, None)
        new = NewUser(EMAIL, _NAME, Role.TPK)
        added = service.add_user(session, firm, new, gives=frozenset(Role), actor=_ACTOR, now=now)
    adopt(database, FIRM)
    return FirstUser(EMAIL, added.password)


def welcome(database_url: str, pages: str) -> str:
    """What somebody who has started Karhu needs in order to look at it."""
    database = Database(database_url)
    try:
        return f"the pages: {pages}\n{ensure(database, datetime.now(UTC))}"
    finally:
        database.close()


def adopt(database: Database, business_id: str) -> int:
    """Give the firm the books of every company that no firm has; how many there were."""
    with database.transaction() as session:
        firm = people.firm_place(session, business_id)
        if firm is None:
            return 0
        orphans = update(Company).where(col(Company.firm_id).is_(None)).values(firm_id=firm.firm_id)
        return len(session.execute(orphans.returning(col(Company.id))).all())
