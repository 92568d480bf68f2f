"""For every endpoint: what it is, and a minimal valid request. Whoever adds one adds it here."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from domain.roles import Action, Role, TokenScope
from starter import tokens
from tests.starter.api_world import CONSOLE, PASSWORD, Endpoint, World
from tests.starter.office import new_business_id

_serial = itertools.count(1)


@dataclass
class Minimal:
    """A request that the endpoint takes. `path`: parts of the address besides the business id."""

    json: Any = None
    path: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def _nothing(_: World) -> Minimal:
    return Minimal()


def _new_member(_: World) -> Minimal:
    return Minimal(
        {
            "email": f"uusi{next(_serial)}@esimerkki.example",
            "name": "Liisa Malliasiakas",
            "role": "read_only",
        }
    )


def _member_of(place: str) -> Callable[[World], Minimal]:
    def minimal(world: World) -> Minimal:
        there = world.firm if place == "firm" else world.company
        user_id = world.add(there, Role.READ_ONLY)
        return Minimal({"role": "clerk"}, {"user_id": str(user_id)})

    return minimal


def _new_token(_: World) -> Minimal:
    # A program that manages users grants what it has itself.
    return Minimal({"name": "Kirjanpito", "scopes": ["users:admin"]})


def _token_of(place: str) -> Callable[[World], Minimal]:
    def minimal(world: World) -> Minimal:
        there = world.firm if place == "firm" else world.company
        with world.database.transaction() as session:
            row, _ = tokens.create(
                session,
                there,
                name="Test",
                scopes=[TokenScope.INVOICES_READ],
                grants=list(TokenScope),
                expires_at=None,
                actor=CONSOLE,
                now=world.now(),
            )
            return Minimal(path={"token_id": str(row.id)})

    return minimal


REQUESTS: dict[tuple[str, str], Callable[[World], Minimal]] = {
    ("GET", "/health"): _nothing,
    ("GET", "/ready"): _nothing,
    ("POST", "/sessions"): lambda world: Minimal(
        {
            "email": world.email(world.users["company", Role.CLERK]),
            "password": PASSWORD,
        }
    ),
    ("DELETE", "/sessions/current"): _nothing,
    ("GET", "/me"): _nothing,
    ("PUT", "/me/password"): lambda _: Minimal({"current": PASSWORD, "new": PASSWORD}),
    ("GET", "/companies"): _nothing,
    ("GET", "/companies/{business_id}"): _nothing,
    ("GET", "/firms/{business_id}"): _nothing,
    ("GET", "/firms/{business_id}/companies"): _nothing,
    ("POST", "/firms/{business_id}/companies"): lambda _: Minimal(
        {"business_id": new_business_id(), "name": "Kolmas Esimerkki Oy"}
    ),
    **{
        key: request
        for place, prefix in (
            ("company", "/companies/{business_id}"),
            ("firm", "/firms/{business_id}"),
        )
        for key, request in {
            ("GET", f"{prefix}/users"): _nothing,
            ("POST", f"{prefix}/users"): _new_member,
            ("PATCH", f"{prefix}/users/{{user_id}}"): _member_of(place),
            ("GET", f"{prefix}/tokens"): _nothing,
            ("POST", f"{prefix}/tokens"): _new_token,
            ("DELETE", f"{prefix}/tokens/{{token_id}}"): _token_of(place),
            ("GET", f"{prefix}/audit"): _nothing,
        }.items()
    },
}
"""A minimal valid request for every endpoint: one that is missing here fails the walk."""


DECLARES: dict[tuple[str, str], Action | None] = {
    ("GET", "/health"): None,
    ("GET", "/ready"): None,
    ("POST", "/sessions"): None,
    ("DELETE", "/sessions/current"): Action.SIGN_OUT,
    ("GET", "/me"): Action.READ_SELF,
    ("PUT", "/me/password"): Action.CHANGE_PASSWORD,
    ("GET", "/companies"): Action.LIST_COMPANIES,
    ("GET", "/companies/{business_id}"): Action.READ_COMPANY,
    ("GET", "/firms/{business_id}"): Action.READ_FIRM,
    ("GET", "/firms/{business_id}/companies"): Action.READ_FIRM,
    ("POST", "/firms/{business_id}/companies"): Action.ADD_COMPANY,
    **{
        (method, f"/{place}/{{business_id}}{path}"): action
        for place in ("companies", "firms")
        for method, path, action in (
            ("GET", "/users", Action.READ_USERS),
            ("POST", "/users", Action.MANAGE_USERS),
            ("PATCH", "/users/{user_id}", Action.MANAGE_USERS),
            ("GET", "/tokens", Action.READ_TOKENS),
            ("POST", "/tokens", Action.MANAGE_TOKENS),
            ("DELETE", "/tokens/{token_id}", Action.MANAGE_TOKENS),
            ("GET", "/audit", Action.READ_AUDIT),
        )
    },
}
"""What every endpoint is, said a second time: the walk alone would believe a wrong declaration.
None: open to all."""


def ask(world: World, endpoint: Endpoint, secret: str | None) -> httpx.Response:
    """Send the endpoint its minimal valid request."""
    minimal = REQUESTS[endpoint.method, endpoint.path](world)
    place = world.firm if endpoint.in_firm else world.company
    path = endpoint.path.format(**{"business_id": place.business_id, **minimal.path})
    return world.call(endpoint.method, path, secret, json=minimal.json, headers=minimal.headers)
