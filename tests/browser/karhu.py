"""A whole Karhu for the browser: every process, and people who may sign in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from domain.roles import COMPANY_ROLES, Role
from starter import people as service
from starter.people import NewUser
from starter.settings import load
from starter.stack.addresses import Addresses
from starter.stack.postgres import THROW_AWAY
from starter.up import full_stack
from store import parties
from store.database import Database
from store.people import Place

BEGIN = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
"""Business time when the stack starts: a Monday, half past ten in the morning. Letters leave until
four, and whatever was due in the morning is due now."""

PASSWORD = "a long enough pass phrase"
CONSOLE = "console:test"

_NAMES = {
    Role.TPK: "Tuula Testinen",
    Role.KH: "Keijo Keksitty",
    Role.MAIN: "Maija Malliasiakas",
    Role.CLERK: "Kaisa Kuvitteellinen",
    Role.READ_ONLY: "Lauri Lukija",
    Role.OWN_ONLY: "Oili Omatlaskut",
}

# The agency's own days pass at once: a case says where it is and comes to rest in collection by
# letter, without a day of business time.
_SANDBOX = (
    *("--days-of-reminding", "0", "--days-to-letter", "0"),
    *("--path", "paid_after_legal_action"),
)


@dataclass(frozen=True)
class Person:
    email: str
    password: str = PASSWORD


@dataclass
class Karhu:
    """Where it is and who is in it."""

    addresses: Addresses
    database: Database
    company: Place
    firm: Place
    people: dict[Role, Person] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.addresses.api_url

    @property
    def base(self) -> str:
        """The address of the company's pages."""
        return f"/companies/{self.company.business_id}"


@contextmanager
def opened(folder: Path, *, days_per_second: float = 1 / 86_400) -> Iterator[Karhu]:
    """Start it, put people in, stop it. The business clock runs as real time does unless said."""
    stack = full_stack(
        folder,
        load(),
        days_per_second=days_per_second,
        clock_origin=BEGIN,
        sandbox_options=_SANDBOX,
        usual_ports=False,
        postgres_settings=THROW_AWAY,
    )
    with stack:
        database = Database(stack.addresses.database_url)
        try:
            yield _settled(stack.addresses, database)
        finally:
            database.close()


def company_of(karhu: Karhu, business_id: str, name: str, mail: str) -> Karhu:
    """Another company of the same firm, new to Karhu, with people of its own. `mail`: the part of
    their addresses after the @."""
    company = _company(karhu.database, karhu.firm, business_id, name)
    people = karhu.people | _people(karhu.database, company, COMPANY_ROLES, mail)
    return Karhu(karhu.addresses, karhu.database, company, karhu.firm, people)


def _settled(addresses: Addresses, database: Database) -> Karhu:
    with database.transaction() as session:
        row = service.add_firm(
            session, "2000006-7", "Kuviteltu Tilitoimisto Oy", CONSOLE, datetime.now(UTC)
        )
        firm = Place(row.business_id, row.name, None, row.id)
    company = _company(database, firm, "2000001-6", "Esimerkki Oy")
    people = _people(database, firm, {Role.TPK}, "kuviteltu.example")
    people |= _people(database, company, COMPANY_ROLES, "esimerkki.example")
    return Karhu(addresses, database, company, firm, people)


def _company(database: Database, firm: Place, business_id: str, name: str) -> Place:
    with database.transaction() as session:
        new = parties.NewCompany(business_id, name, city="Helsinki")
        row = parties.ensure_companies(session, [new], BEGIN)[new]
        row.firm_id = firm.firm_id
        session.flush()
        return Place(row.business_id, row.name, row.id, firm.firm_id)


def _people(
    database: Database, place: Place, roles: frozenset[Role] | set[Role], mail: str
) -> dict[Role, Person]:
    made = {}
    for role in sorted(roles):
        made[role] = Person(f"{role.value}@{mail}")
        with database.transaction() as session:
            service.add_user(
                session,
                place,
                NewUser(made[role].email, _NAMES[role], role),
                gives=list(Role),
                actor=CONSOLE,
                now=datetime.now(UTC),
                password=made[role].password,
            )
    return made
