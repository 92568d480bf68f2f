"""A whole Karhu for the browser: every process, and people who may sign in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from domain.roles import FIRM_ROLES, Role
from starter import people as service
from starter.people import NewUser
from starter.settings import load
from starter.stack.addresses import Addresses
from starter.stack.postgres import THROW_AWAY
from starter.up import full_stack
from store import parties
from store.database import Database
from store.people import Place

BEGIN = datetime(2026, 3, 2, 7, tzinfo=UTC)
"""Business time when the stack starts: a Monday, nine in the morning."""

PASSWORD = "a long enough pass phrase"
CONSOLE = "console:test"


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
        usual_ports=False,
        postgres_settings=THROW_AWAY,
    )
    with stack:
        database = Database(stack.addresses.database_url)
        try:
            yield _settled(stack.addresses, database)
        finally:
            database.close()


def _settled(addresses: Addresses, database: Database) -> Karhu:
    now = datetime.now(UTC)
    with database.transaction() as session:
        firm = service.add_firm(session, "2000006-7", "Kuviteltu Tilitoimisto Oy", CONSOLE, now)
        new = parties.NewCompany("2000001-6", "Esimerkki Oy", city="Helsinki")
        company = parties.ensure_companies(session, [new], BEGIN)[new]
        company.firm_id = firm.id
        session.flush()
        places = (
            Place(company.business_id, company.name, company.id, firm.id),
            Place(firm.business_id, firm.name, None, firm.id),
        )
    karhu = Karhu(addresses, database, *places)
    for role in Role:
        place = karhu.firm if role in FIRM_ROLES and role is Role.TPK else karhu.company
        person = Person(f"{role.value}@esimerkki.example")
        with database.transaction() as session:
            service.add_user(
                session,
                place,
                NewUser(person.email, "Maija Malliasiakas", role),
                gives=list(Role),
                actor=CONSOLE,
                now=now,
                password=person.password,
            )
        karhu.people[role] = person
    return karhu
