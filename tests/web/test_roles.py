"""The table of roles, walked against every address of the pages."""

from __future__ import annotations

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from domain.roles import FIRM_ROLES, MAY, Role
from starter.web import create_web
from starter.web.entry import Require
from tests.starter.api_world import World
from tests.web.asks import Ask, all_asks
from tests.web.reader import Reader

ASKS = all_asks()
Address = tuple[str, str]


def addresses() -> dict[Address, list[Require]]:
    """Every method of every address, and what it declares."""
    found = {}
    for route in iter_route_contexts(create_web().routes):
        dependant = getattr(route, "dependant", None)
        if dependant is None:  # static files
            continue
        declared = [one.call for one in dependant.dependencies if isinstance(one.call, Require)]
        for method in route.methods or ():
            found[method, str(route.path)] = declared
    return found


ALL = sorted(addresses())
GUARDED = [one for one in ALL if ASKS.get(one, Ask(None)).action is not None]
WITH_PLACE = [one for one in GUARDED if "{business_id}" in one[1]]


def name(address: Address) -> str:
    return " ".join(address)


def in_firm(address: Address) -> bool:
    return address[1].startswith("/firms/{business_id}")


def ask(
    world: World, address: Address, user_id: int | None, *, at_others: bool = False
) -> httpx.Response:
    asked = ASKS[address]
    if in_firm(address):
        place = world.other_firm if at_others else world.firm
    else:
        place = world.other if at_others else world.company
    path = address[1].format(**{"business_id": place.business_id, **asked.path(world)})
    with Reader(world, user_id) as reader:
        if address[0] == "GET":
            return reader.get(path, params=dict(asked.query))
        return reader.post(path, dict(asked.data), params=dict(asked.query))


def refused(answer: httpx.Response) -> bool:
    return answer.status_code in {401, 403, 404} or leads_to_sign_in(answer)


def leads_to_sign_in(answer: httpx.Response) -> bool:
    return answer.status_code == 303 and answer.headers["Location"].startswith("/sign-in?next")


def test_every_address_declares_one_action_and_has_a_request() -> None:
    found = addresses()
    assert set(ASKS) == set(found)
    for address, declared in found.items():
        assert [one.action for one in declared] == [ASKS[address].action], name(address)


@pytest.mark.parametrize("address", GUARDED, ids=name)
def test_each_role_does_what_the_table_says(world: World, address: Address) -> None:
    action = ASKS[address].action
    assert action is not None
    for role in Role:
        place = "firm" if in_firm(address) and role in FIRM_ROLES else "company"
        answer = ask(world, address, world.users[place, role])
        if in_firm(address) and role not in FIRM_ROLES:
            assert answer.status_code == 404
        elif role in MAY[action]:
            said = f"{name(address)} as {role.value}: {answer.status_code} {answer.text}"
            assert answer.status_code < 500, said
            # Signing out leads to the sign-in page as well.
            assert not refused(answer), said
        else:
            assert answer.status_code == 403


@pytest.mark.parametrize("address", GUARDED, ids=name)
def test_nobody_gets_in(world: World, address: Address) -> None:
    answer = ask(world, address, None)
    assert leads_to_sign_in(answer) or (
        address[0] == "POST" and "/sign-in" in answer.headers["Location"]
    )


@pytest.mark.parametrize("address", WITH_PLACE, ids=name)
def test_what_is_somebody_elses_is_not_there(world: World, address: Address) -> None:
    for stranger in (world.users["other", Role.MAIN], world.users["other firm", Role.TPK]):
        assert ask(world, address, stranger).status_code == 404
    # Nor what is ours, under the address of another company.
    if ASKS[address].path(world):
        answer = ask(world, address, world.users["other firm", Role.TPK], at_others=True)
        assert answer.status_code == 404
