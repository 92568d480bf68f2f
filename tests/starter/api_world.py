"""A served API with people of every role in it, and every endpoint that it has."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import delete

from domain.roles import FIRM_ROLES, Action, Role, TokenScope
from starter import access, passwords, tokens
from starter import people as service
from starter.api import create_app
from starter.api.app import real_time
from starter.api.v1 import PREFIX, create_v1
from starter.api.v1.callers import Require, open_to_all
from starter.settings import Settings
from store import credentials, event_feed, parties, people
from store.database import Database
from store.people import Place
from store.tables import Invoice, LoginThrottle, User, WebhookEndpoint
from tests.happening import invoice_of
from tests.serving import served
from tests.starter.office import new_business_id

PASSWORD = "a long enough pass phrase"
NEW_PASSWORD = "another long pass phrase"
CONSOLE = "console:test"

_serial = itertools.count(1)


@cache
def _password_hash() -> str:
    """Everybody has the same: making one takes a while, on purpose."""
    return passwords.hashed(PASSWORD)


@dataclass(frozen=True)
class Endpoint:
    """One method of one address, and what it declares."""

    method: str
    path: str
    actions: tuple[Action, ...]
    open: bool

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def in_firm(self) -> bool:
        return self.path.startswith("/firms/{business_id}")

    @property
    def in_company(self) -> bool:
        return self.path.startswith("/companies/{business_id}")


def endpoints() -> list[Endpoint]:
    """Every endpoint under /api/v1, but for the OpenAPI document itself."""
    found = []
    for route in iter_route_contexts(create_v1().routes):
        dependant = getattr(route, "dependant", None)
        if route.path == "/openapi.json":
            continue
        calls = [] if dependant is None else [one.call for one in dependant.dependencies]
        found += [
            Endpoint(
                method,
                str(route.path),
                tuple(call.action for call in calls if isinstance(call, Require)),
                open_to_all in calls,
            )
            for method in sorted(route.methods or ())
        ]
    return found


@dataclass
class World:
    """An accounting firm with a company, another company with another firm, and their people."""

    database: Database
    client: httpx.Client = field(init=False)
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    ahead: timedelta = timedelta(0)
    """How far the API's clock, which stands still by itself, has been moved on."""
    firm: Place = field(init=False)
    company: Place = field(init=False)
    other_firm: Place = field(init=False)
    other: Place = field(init=False)
    users: dict[tuple[str, Role], int] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    """What the requests of `api_requests` have put in, once for all of them."""

    def now(self) -> datetime:
        return self.begun + self.ahead

    def settle(self) -> None:
        """Put everybody in."""
        with self.database.transaction() as session:
            # All worlds are asked from one address, and this one's clock shows less than that of
            # one that was moved on: what was guessed there would still be in its future here.
            session.execute(delete(LoginThrottle))
            places = []
            for _ in range(2):
                firm = service.add_firm(
                    session, new_business_id(), "Kuviteltu Tilitoimisto Oy", CONSOLE, self.now()
                )
                new = parties.NewCompany(new_business_id(), "Esimerkki Oy")
                begun = datetime(2026, 3, 2, tzinfo=UTC)
                company = parties.ensure_companies(session, [new], begun)[new]
                company.firm_id = firm.id
                session.flush()
                places += [
                    Place(firm.business_id, firm.name, None, firm.id),
                    Place(company.business_id, company.name, company.id, firm.id),
                ]
            self.firm, self.company, self.other_firm, self.other = places
        for role in Role:
            place = self.firm if role is Role.TPK else self.company
            self.users["company", role] = self.add(place, role)
        for role in FIRM_ROLES:
            self.users["firm", role] = self.add(self.firm, role)
        self.users["other", Role.MAIN] = self.add(self.other, Role.MAIN)
        self.users["other firm", Role.TPK] = self.add(self.other_firm, Role.TPK)

    def add(self, place: Place, role: Role) -> int:
        """A new person there; the user's id."""
        with self.database.transaction() as session:
            user = people.add_user(
                session,
                email=f"henkilo{next(_serial)}@esimerkki.example",
                name="Maija Malliasiakas",
                language="fi",
                password_hash=_password_hash(),
                now=self.now(),
            )
            assert user is not None
            people.enrol(session, place, user.id, role)
            return user.id

    def email(self, user_id: int) -> str:
        with self.database.transaction() as session:
            user = session.get_one(User, user_id)
            return user.email

    def sign_in(self, user_id: int) -> str:
        """A new session's secret."""
        secret, kept = access.new_secret(access.SESSION_PREFIX)
        with self.database.transaction() as session:
            credentials.open_session(session, user_id, kept, uuid.uuid4().hex, self.now())
        return secret

    def token(self, place: Place, scopes: Iterable[TokenScope]) -> str:
        """A new API token's secret."""
        with self.database.transaction() as session:
            _, secret = tokens.create(
                session,
                place,
                name="Test",
                scopes=list(scopes),
                grants=list(TokenScope),
                expires_at=None,
                actor=CONSOLE,
                now=self.now(),
            )
        return secret

    def webhook(self, place: Place, **fields: Any) -> int:
        """A new webhook of the company's, made where there are no bounds; its row."""
        assert place.company_id is not None
        with self.database.transaction() as session:
            row = WebhookEndpoint(
                company_id=place.company_id,
                secret=b"",
                cursor=event_feed.settled(session),
                created_at=self.now(),
                created_by=CONSOLE,
                **{"url": "https://esimerkki.example/karhu", "state": "paused", **fields},
            )
            session.add(row)
            session.flush()
            return row.id

    def invoice(self, place: Place, owner: str | None = None) -> int:
        """A new invoice of the company's, everybody's own if nobody else's; its row."""
        invoice = invoice_of(self.database, place.business_id)
        with self.database.transaction() as session:
            row = session.get_one(Invoice, invoice.id)
            row.owner = owner or f"user:{self.users['company', Role.OWN_ONLY]}"
            session.add(row)
        return invoice.id

    def call(
        self,
        method: str,
        path: str,
        secret: str | None = None,
        *,
        key: str | None = None,
        **more: Any,
    ) -> httpx.Response:
        """Ask the API; a POST gets a key of its own."""
        headers = dict(more.pop("headers", {}))
        if secret is not None:
            headers["Authorization"] = f"Bearer {secret}"
        if method == "POST":
            headers.setdefault("Idempotency-Key", key or str(uuid.uuid4()))
        return self.client.request(method, f"{PREFIX}{path}", headers=headers, **more)


@cache
def application(settings: Settings) -> FastAPI:
    """The application of these settings, for all who serve it, one after the other: to build one
    takes a second. Its clock is that of the world that is open, else it shows real time."""
    return create_app(settings, _now)


_clocks: list[Callable[[], datetime]] = [real_time]


def _now() -> datetime:
    return _clocks[-1]()


@contextmanager
def open_world(settings: Settings, database: Database) -> Iterator[World]:
    """A served API with people in it."""
    world = World(database)
    world.settle()
    _clocks.append(world.now)
    try:
        with (
            served(application(settings)) as url,
            httpx.Client(base_url=url, trust_env=False, timeout=30) as world.client,
        ):
            yield world
    finally:
        _clocks.remove(world.now)
