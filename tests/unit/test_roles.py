"""The table of roles is whole, and keeps the promises that matter most."""

from typing import get_args

from domain import requests
from domain.requests import Request
from domain.roles import (
    ANY_TOKEN,
    COMPANY_ROLES,
    FIRM_ROLES,
    GIVES,
    MAY,
    REACHES,
    TOKEN_GIVES,
    Action,
    Role,
    TokenScope,
    as_whom,
    asking,
    may_give,
    may_grant,
    token_reaches,
)

ADMINISTRATORS = {Role.TPK, Role.KH, Role.MAIN}


def test_the_table_is_whole() -> None:
    assert set(MAY) == set(Action)
    assert set(REACHES) == set(TokenScope)
    assert set(Role) == FIRM_ROLES | COMPANY_ROLES
    assert all(MAY.values())


def test_the_automation_is_switched_by_three_roles_of_people() -> None:
    assert MAY[Action.ACTIVATE] == ADMINISTRATORS
    assert not token_reaches(TokenScope, Action.ACTIVATE)


def test_who_only_reads_changes_nothing() -> None:
    reading = {action for action in Action if Role.READ_ONLY in MAY[action]}
    own = {Action.SIGN_OUT, Action.CHANGE_PASSWORD}
    harmless = {Action.LIST_COMPANIES, Action.WHAT_IF, Action.PREVIEW}
    assert {one for one in reading if not one.value.endswith(".read")} == own | harmless


def test_own_invoices_only_means_no_lists_of_others() -> None:
    assert Role.OWN_ONLY in MAY[Action.READ_INVOICES]
    for action in (
        *(Action.READ_CUSTOMERS, Action.READ_RULES, Action.READ_PAYMENTS, Action.READ_STATEMENTS),
        *(Action.READ_IMPORTS, Action.PREVIEW, Action.WHAT_IF, Action.READ_USERS),
    ):
        assert Role.OWN_ONLY not in MAY[action]


def test_somebody_who_is_more_than_own_only_sees_all() -> None:
    both = {Role.OWN_ONLY, Role.CLERK}
    assert as_whom({Role.OWN_ONLY}, Action.READ_INVOICES) == {Role.OWN_ONLY}
    assert as_whom(both, Action.READ_INVOICES) == both
    assert as_whom(both, Action.ACTIVATE) == frozenset()


def test_every_request_by_hand_is_an_action() -> None:
    kinds = get_args(get_args(Request)[0])
    asked = {asking(kind(to="open") if kind is requests.SetState else kind()) for kind in kinds}
    assert len(asked) == len(kinds) == 7


def test_users_are_managed_by_those_who_give_roles() -> None:
    assert set(GIVES) == MAY[Action.MANAGE_USERS]
    assert Role.TPK not in may_give({Role.KH, Role.MAIN, Role.CLERK})
    assert may_give({Role.CLERK, Role.READ_ONLY}) == frozenset()
    assert not TOKEN_GIVES & ADMINISTRATORS


def test_nobody_grants_a_token_more_than_he_may_himself() -> None:
    assert TokenScope.PAYMENTS_WRITE in may_grant({Role.MAIN})
    assert TokenScope.PAYMENTS_WRITE not in may_grant({Role.KH})
    assert TokenScope.USERS in may_grant({Role.KH})
    for role in Role:
        for scope in may_grant({role}):
            assert all(role in MAY[action] for action in REACHES[scope])


def test_a_token_reaches_its_scopes_and_itself() -> None:
    assert all(token_reaches([], action) for action in ANY_TOKEN)
    assert token_reaches([TokenScope.INVOICES_READ], Action.READ_LETTERS)
    assert not token_reaches([TokenScope.INVOICES_READ], Action.HOLD)
    in_scopes = frozenset[Action]().union(*REACHES.values()) | ANY_TOKEN
    people_only = {Action.SIGN_OUT, Action.CHANGE_PASSWORD, Action.ACTIVATE, Action.SET_AGENCY}
    assert set(Action) - in_scopes == people_only
