"""Where the pages are: the menu of a company and of an accounting firm.

An entry appears once its page is there (its address is registered) and to whom may see it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from domain.roles import Action
from starter.web.words import mark

COMPANY = "/companies/{business_id}"
FIRM = "/firms/{business_id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """`path`: after the company's or the firm's own address."""

    title: str
    path: str
    action: Action


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    entries: tuple[Entry, ...]


OF_COMPANY = (
    Group(
        mark("Sales"),
        (
            Entry(mark("Today"), "", Action.READ_INVOICES),
            Entry(mark("Open sales invoices"), "/invoices", Action.READ_INVOICES),
            Entry(mark("Customers"), "/customers", Action.READ_CUSTOMERS),
        ),
    ),
    Group(
        mark("Interest and collection"),
        (
            Entry(mark("Automatic reminders"), "/automation", Action.READ_RULES),
            Entry(mark("Intrum"), "/intrum", Action.READ_COMPANY),
        ),
    ),
    Group(
        mark("Files and payments"),
        (
            Entry(mark("Imports"), "/imports", Action.READ_IMPORTS),
            Entry(mark("Payments"), "/payments", Action.READ_PAYMENTS),
        ),
    ),
    Group(
        mark("Administration"),
        (
            Entry(mark("Company"), "/settings", Action.READ_COMPANY),
            Entry(mark("Users"), "/users", Action.READ_USERS),
            Entry(mark("API tokens"), "/tokens", Action.READ_TOKENS),
            Entry(mark("Statement"), "/statement", Action.READ_STATEMENTS),
        ),
    ),
)

OF_FIRM = (
    Group(
        mark("Accounting firm"),
        (
            Entry(mark("All companies"), "", Action.READ_FIRM),
            Entry(mark("Users"), "/users", Action.READ_USERS),
            Entry(mark("API tokens"), "/tokens", Action.READ_TOKENS),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry in a menu. `current`: the page is it, or is under it."""

    title: str
    href: str
    current: bool


def menu(
    *,
    base: str,
    business_id: str,
    registered: Collection[str],
    may: Callable[[Action], bool],
    here: str,
) -> list[tuple[str, list[Shown]]]:
    """Groups with their entries. `base`: COMPANY or FIRM; `here`: the page's path."""
    groups = OF_COMPANY if base == COMPANY else OF_FIRM
    own = base.format(business_id=business_id)
    found = []
    for group in groups:
        entries = [
            Shown(entry.title, own + entry.path, _current(here, own, entry.path))
            for entry in group.entries
            if base + entry.path in registered and may(entry.action)
        ]
        if entries:
            found.append((group.title, entries))
    return found


def _current(here: str, own: str, path: str) -> bool:
    if not path:
        return here == own
    return here == own + path or here.startswith(f"{own}{path}/")
