"""The table of roles, walked against every endpoint there is."""

import pytest

from domain.roles import (
    ANY_TOKEN,
    FIRM_ROLES,
    MAY,
    REACHES,
    Role,
    TokenScope,
    token_reaches,
)
from tests.starter.api_declares import DECLARES
from tests.starter.api_fixtures import world
from tests.starter.api_requests import REQUESTS, ask
from tests.starter.api_world import Endpoint, World, endpoints

__all__ = ["world"]

ALL = endpoints()
GUARDED = [one for one in ALL if not one.open]
WITH_PLACE = [one for one in GUARDED if one.in_firm or one.in_company]

REFUSED = {401, 403, 404}


def test_every_endpoint_declares_one_action_or_none_at_all() -> None:
    assert len(ALL) > 20
    for one in ALL:
        assert len(one.actions) + one.open == 1, f"{one} must declare exactly one Action"
        assert one.open or one.in_firm or one.in_company or one.path.count("{") == 0, str(one)
    declared = {(one.method, one.path): one.actions[0] if one.actions else None for one in ALL}
    assert declared == DECLARES


def test_every_endpoint_has_a_request_to_be_walked_with() -> None:
    assert {(one.method, one.path) for one in ALL} == set(REQUESTS)


@pytest.mark.parametrize("endpoint", ALL, ids=str)
def test_each_role_does_what_the_table_says(world: World, endpoint: Endpoint) -> None:
    for role in Role:
        place = "firm" if endpoint.in_firm and role in FIRM_ROLES else "company"
        answer = ask(world, endpoint, world.sign_in(world.users[place, role]))
        if endpoint.open or role in MAY[endpoint.actions[0]]:
            expected = answer.status_code not in REFUSED and answer.status_code < 500
            if endpoint.in_firm and role not in FIRM_ROLES:
                expected = answer.status_code == 404
        elif endpoint.in_firm and role not in FIRM_ROLES:
            expected = answer.status_code == 404
        else:
            expected = answer.status_code == 403
        assert expected, f"{endpoint} as {role.value}: {answer.status_code} {answer.text}"


@pytest.mark.parametrize("endpoint", GUARDED, ids=str)
def test_nobody_gets_in(world: World, endpoint: Endpoint) -> None:
    for secret in (None, "karhu_session_of-nobody", "karhu_token_of-nobody", "something else"):
        answer = ask(world, endpoint, secret)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("endpoint", GUARDED, ids=str)
def test_a_token_does_what_its_scopes_reach(world: World, endpoint: Endpoint) -> None:
    action = endpoint.actions[0]
    place = world.firm if endpoint.in_firm else world.company
    within = [scope for scope in TokenScope if action in REACHES[scope]]
    without = [scope for scope in TokenScope if scope not in within]
    answer = ask(world, endpoint, world.token(place, without))
    assert (answer.status_code not in REFUSED) == (action in ANY_TOKEN), answer.text
    assert action in ANY_TOKEN or answer.status_code == 403
    for scope in within:
        assert token_reaches([scope], action)
        answer = ask(world, endpoint, world.token(place, [scope]))
        assert answer.status_code not in REFUSED, f"{scope}: {answer.text}"
        assert answer.status_code < 500


@pytest.mark.parametrize("endpoint", WITH_PLACE, ids=str)
def test_what_is_somebody_elses_is_not_there(world: World, endpoint: Endpoint) -> None:
    strangers = [
        world.sign_in(world.users["other", Role.MAIN]),
        world.sign_in(world.users["other firm", Role.TPK]),
        world.token(world.other, TokenScope),
        world.token(world.other_firm, TokenScope),
    ]
    if endpoint.in_firm:
        # Nor is a firm there for those of a company of its.
        strangers.append(world.token(world.company, TokenScope))
    for secret in strangers:
        answer = ask(world, endpoint, secret)
        assert answer.status_code == 404, answer.text
        assert answer.json()["type"] == "urn:karhu:problem:not-found"


@pytest.mark.parametrize(
    "endpoint", [one for one in WITH_PLACE if one.path.count("{") > 1], ids=str
)
def test_what_is_another_places_is_not_there_by_its_id(world: World, endpoint: Endpoint) -> None:
    minimal = REQUESTS[endpoint.method, endpoint.path](world)
    here = world.other_firm if endpoint.in_firm else world.other
    path = endpoint.path.format(**{"business_id": here.business_id, **minimal.path})
    secret = world.sign_in(world.users["other firm", Role.TPK])
    answer = world.call(endpoint.method, path, secret, **minimal.sent)
    assert answer.status_code == 404, answer.text
