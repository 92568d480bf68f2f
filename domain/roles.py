"""Who may do what: roles, actions, and the one table that says so; what an API token reaches.

A role is held in one company, or in an accounting firm (tilitoimisto) and so in every company whose
books the firm keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from domain.requests import Request


class Role(StrEnum):
    """What somebody is in a company or in an accounting firm."""

    TPK = "tpk"
    """Accounting firm's main user (tilitoimiston pääkäyttäjä)."""
    KH = "kh"
    """User administrator (käyttäjähallitsija): people, tokens and the automation's switch."""
    MAIN = "main"
    """Company's main user (yrityksen pääkäyttäjä)."""
    CLERK = "clerk"
    """Handles invoices, payments and customers (käsittelijä)."""
    READ_ONLY = "read_only"
    """Looks, and changes nothing (katselija)."""
    OWN_ONLY = "own_only"
    """Own invoices only (vain omat laskut): those that he or she handed in or was given."""


class Action(StrEnum):
    """Each thing that one may do. Every endpoint is exactly one of these."""

    READ_SELF = "self.read"
    SIGN_OUT = "self.sign_out"
    CHANGE_PASSWORD = "self.password"  # noqa: S105 - an action's name
    LIST_COMPANIES = "companies.list"

    READ_FIRM = "firm.read"
    ADD_COMPANY = "firm.add_company"

    READ_COMPANY = "company.read"
    EDIT_COMPANY = "company.edit"
    SET_AGENCY = "company.agency"
    """Switch the collection agency's service on or off for the company, and set how it is used."""
    READ_USERS = "users.read"
    MANAGE_USERS = "users.manage"
    READ_TOKENS = "tokens.read"
    MANAGE_TOKENS = "tokens.manage"
    READ_AUDIT = "audit.read"

    READ_CUSTOMERS = "customers.read"
    EDIT_CUSTOMERS = "customers.edit"
    PLACE_CUSTOMERS = "customers.place"
    """Move customers under a rule, or out of all."""

    READ_RULES = "rules.read"
    EDIT_RULES = "rules.edit"
    WHAT_IF = "rules.what_if"
    MOVE_INVOICES = "rules.move_invoices"
    """Move running invoices to another version of their rule."""
    PREVIEW = "automation.preview"
    ACTIVATE = "automation.switch"
    """Switch the automation on or off."""

    READ_INVOICES = "invoices.read"
    ADD_INVOICES = "invoices.add"
    GIVE_INVOICES = "invoices.give"
    """Say whose own an invoice is."""
    ACT_ON_MANY = "invoices.bulk"
    """Ask the same of many invoices; what is asked must be allowed as well."""
    HOLD = "invoice.hold"
    RELEASE = "invoice.release"
    CANCEL = "invoice.cancel"
    SET_STATE = "invoice.set_state"
    SEND_NOW = "invoice.send_now"
    HAND_OVER = "invoice.hand_over"
    WITHDRAW = "invoice.withdraw"
    READ_LETTERS = "letters.read"
    APPROVE_LETTERS = "letters.approve"
    """Approve or refuse what waits; a hand-over takes HAND_OVER as well."""
    READ_EVENTS = "events.read"

    READ_AGENCY = "agency.read"
    """What was said to and by the agencies."""
    TELL_AGENCY = "agency.tell"
    """Have a message to an agency sent again."""

    READ_PAYMENTS = "payments.read"
    BOOK_PAYMENTS = "payments.book"
    CREDIT = "payments.credit"
    READ_IMPORTS = "imports.read"
    IMPORT = "imports.hand_in"
    READ_STATEMENTS = "statements.read"
    READ_WEBHOOKS = "webhooks.read"
    EDIT_WEBHOOKS = "webhooks.edit"


_EVERYBODY = frozenset(Role)
_ALL_SEEING = frozenset(Role) - {Role.OWN_ONLY}
_ADMINISTER = frozenset({Role.TPK, Role.KH, Role.MAIN})
_DECIDE = frozenset({Role.TPK, Role.MAIN})
_HANDLE = frozenset({Role.TPK, Role.MAIN, Role.CLERK})
_HANDLE_OWN = _HANDLE | {Role.OWN_ONLY}

MAY: Mapping[Action, frozenset[Role]] = {
    Action.READ_SELF: _EVERYBODY,
    Action.SIGN_OUT: _EVERYBODY,
    Action.CHANGE_PASSWORD: _EVERYBODY,
    Action.LIST_COMPANIES: _EVERYBODY,
    Action.READ_FIRM: _ALL_SEEING,
    Action.ADD_COMPANY: frozenset({Role.TPK}),
    Action.READ_COMPANY: _EVERYBODY,
    Action.EDIT_COMPANY: _DECIDE,
    Action.SET_AGENCY: _ADMINISTER,
    Action.READ_USERS: _ADMINISTER,
    Action.MANAGE_USERS: _ADMINISTER,
    Action.READ_TOKENS: _ADMINISTER,
    Action.MANAGE_TOKENS: _ADMINISTER,
    Action.READ_AUDIT: _ADMINISTER,
    Action.READ_CUSTOMERS: _ALL_SEEING,
    Action.EDIT_CUSTOMERS: _HANDLE,
    Action.PLACE_CUSTOMERS: _HANDLE,
    Action.READ_RULES: _ALL_SEEING,
    Action.EDIT_RULES: _DECIDE,
    Action.WHAT_IF: _ALL_SEEING,
    Action.MOVE_INVOICES: _DECIDE,
    Action.PREVIEW: _ALL_SEEING,
    Action.ACTIVATE: _ADMINISTER,
    Action.READ_INVOICES: _EVERYBODY,
    Action.ADD_INVOICES: _HANDLE_OWN,
    Action.GIVE_INVOICES: _HANDLE,
    Action.ACT_ON_MANY: _HANDLE_OWN,
    Action.HOLD: _HANDLE_OWN,
    Action.RELEASE: _HANDLE_OWN,
    Action.CANCEL: _HANDLE,
    Action.SET_STATE: _HANDLE,
    Action.SEND_NOW: _HANDLE,
    Action.HAND_OVER: _HANDLE,
    Action.WITHDRAW: _HANDLE,
    Action.READ_LETTERS: _EVERYBODY,
    Action.APPROVE_LETTERS: _HANDLE,
    Action.READ_EVENTS: _EVERYBODY,
    Action.READ_AGENCY: _EVERYBODY,
    Action.TELL_AGENCY: _HANDLE,
    Action.READ_PAYMENTS: _ALL_SEEING,
    Action.BOOK_PAYMENTS: _HANDLE,
    Action.CREDIT: _HANDLE,
    Action.READ_IMPORTS: _ALL_SEEING,
    Action.IMPORT: _HANDLE,
    Action.READ_STATEMENTS: _ALL_SEEING,
    Action.READ_WEBHOOKS: _ADMINISTER,
    Action.EDIT_WEBHOOKS: _ADMINISTER,
}
"""The table. Whoever may do something as OWN_ONLY alone does it to his or her own invoices."""

FIRM_ROLES = frozenset({Role.TPK, Role.KH, Role.CLERK, Role.READ_ONLY})
"""Roles that an accounting firm has."""

COMPANY_ROLES = frozenset(Role) - {Role.TPK}
"""Roles that a company has of its own."""

GIVES: Mapping[Role, frozenset[Role]] = {
    Role.TPK: frozenset(Role),
    Role.KH: frozenset(Role) - {Role.TPK},
    Role.MAIN: frozenset(Role) - {Role.TPK},
}
"""Which roles one gives, changes and takes away. Those who manage users and are not here: none."""

TOKEN_GIVES = frozenset({Role.CLERK, Role.READ_ONLY, Role.OWN_ONLY})
"""The same for a token: a program makes nobody an administrator."""


class TokenScope(StrEnum):
    """What an API token reaches: actions in coarse groups."""

    COMPANIES_READ = "companies:read"
    COMPANIES_WRITE = "companies:write"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    RULES_READ = "rules:read"
    RULES_WRITE = "rules:write"
    INVOICES_READ = "invoices:read"
    INVOICES_WRITE = "invoices:write"
    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"
    IMPORTS_READ = "imports:read"
    IMPORTS_WRITE = "imports:write"
    WEBHOOKS = "webhooks:admin"
    USERS = "users:admin"
    AUDIT = "audit:read"


REACHES: Mapping[TokenScope, frozenset[Action]] = {
    TokenScope.COMPANIES_READ: frozenset(
        {Action.READ_FIRM, Action.READ_COMPANY, Action.READ_STATEMENTS}
    ),
    TokenScope.COMPANIES_WRITE: frozenset({Action.ADD_COMPANY, Action.EDIT_COMPANY}),
    TokenScope.CUSTOMERS_READ: frozenset({Action.READ_CUSTOMERS}),
    TokenScope.CUSTOMERS_WRITE: frozenset({Action.EDIT_CUSTOMERS, Action.PLACE_CUSTOMERS}),
    TokenScope.RULES_READ: frozenset({Action.READ_RULES, Action.WHAT_IF, Action.PREVIEW}),
    TokenScope.RULES_WRITE: frozenset({Action.EDIT_RULES, Action.MOVE_INVOICES}),
    TokenScope.INVOICES_READ: frozenset(
        {Action.READ_INVOICES, Action.READ_LETTERS, Action.READ_EVENTS, Action.READ_AGENCY}
    ),
    TokenScope.INVOICES_WRITE: frozenset(
        {
            *(Action.ADD_INVOICES, Action.GIVE_INVOICES, Action.HOLD, Action.RELEASE),
            Action.ACT_ON_MANY,
            *(Action.CANCEL, Action.SET_STATE, Action.SEND_NOW, Action.HAND_OVER),
            *(Action.WITHDRAW, Action.APPROVE_LETTERS, Action.TELL_AGENCY),
        }
    ),
    TokenScope.PAYMENTS_READ: frozenset({Action.READ_PAYMENTS}),
    TokenScope.PAYMENTS_WRITE: frozenset({Action.BOOK_PAYMENTS, Action.CREDIT}),
    TokenScope.IMPORTS_READ: frozenset({Action.READ_IMPORTS}),
    TokenScope.IMPORTS_WRITE: frozenset({Action.IMPORT}),
    TokenScope.WEBHOOKS: frozenset({Action.READ_WEBHOOKS, Action.EDIT_WEBHOOKS}),
    TokenScope.USERS: frozenset(
        {Action.READ_USERS, Action.MANAGE_USERS, Action.READ_TOKENS, Action.MANAGE_TOKENS}
    ),
    TokenScope.AUDIT: frozenset({Action.READ_AUDIT}),
}
"""Switching the automation or the agency, and what concerns a session, is in none: that takes a
person."""

ANY_TOKEN = frozenset({Action.READ_SELF, Action.LIST_COMPANIES})
"""What a token reaches whatever its scopes: to see what it is and where."""


def asking(request: Request) -> Action:
    """The action that a request by hand is."""
    return Action(f"invoice.{request.kind}")


def as_whom(roles: Iterable[Role], action: Action) -> frozenset[Role]:
    """Those of somebody's roles that let him or her do it; none: it may not be done."""
    return MAY[action] & frozenset(roles)


def token_reaches(scopes: Iterable[TokenScope], action: Action) -> bool:
    """Whether a token with these scopes may do it."""
    return action in ANY_TOKEN or any(action in REACHES[scope] for scope in scopes)


def may_give(roles: Iterable[Role]) -> frozenset[Role]:
    """The roles that somebody gives, changes and takes away."""
    return frozenset().union(*(GIVES.get(role, frozenset()) for role in roles))


def may_grant(roles: Iterable[Role]) -> frozenset[TokenScope]:
    """The scopes that somebody gives a token: those whose every action is allowed to himself."""
    held = frozenset(roles)
    return frozenset(
        scope for scope, actions in REACHES.items() if all(held & MAY[action] for action in actions)
    )
