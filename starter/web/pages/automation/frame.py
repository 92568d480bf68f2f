"""What all pages of the automation have: the rules with their counts, and what is being moved."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import BackgroundTasks
from sqlmodel import Session

from domain.actors import AUTOMATION
from domain.law import DebtorClass
from starter.replanning import Replannings
from starter.web.entry import NotHere
from starter.web.page import Page
from starter.web.words import mark
from store import people, placing, replanning, rule_counts, rule_list, rules
from store.placing import Share
from store.tables import Company, Replanning, Rule, RuleVersion

PREFIX = "/companies/{business_id}/automation"

_SHOWN = 5
"""Movements looked at for those that are not over."""

_USER = re.compile(r"^user:(\d{1,18})$")

CLASSES = {
    DebtorClass.CONSUMER: mark("Private customers"),
    DebtorClass.BUSINESS: mark("Business customers"),
    DebtorClass.OTHER: mark("Other customers (associations, housing companies)"),
}
"""Whom a rule is for."""

_WHY = {
    DebtorClass.CONSUMER: mark("Customers in Finland who are marked as private persons"),
    DebtorClass.BUSINESS: mark("All other customers in Finland"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A rule in the list. `invoices`: running ones. `by_hand`: customers whom a person put there.
    `why`: who falls under it by itself; "": nobody."""

    rule_id: int
    name: str
    version: int
    customers: int
    by_hand: int
    invoices: int
    why: str


def frame(page: Page, session: Session) -> dict[str, Any]:
    """The values of `automation/frame.html`."""
    shares = placing.shares(session, page.company_id)
    moving = replanning.page(session, page.scope, limit=_SHOWN)
    return {
        "company": session.get_one(Company, page.company_id),
        "lines": _lines(page, session, shares),
        "prevented": sum(one.customers for one in shares if one.rule_id is None),
        "moving": [one for one in moving if not one.ended],
    }


def _lines(page: Page, session: Session, shares: list[Share]) -> list[Line]:
    running = rule_counts.running(session, page.company_id)
    lines = []
    for saved in rules.newest_of_company(session, page.company_id):
        mine = [share for share in shares if share.rule_id == saved.rule_id]
        general = DebtorClass(saved.general_for) if saved.general_for else None
        lines.append(
            Line(
                rule_id=saved.rule_id,
                name=saved.terms.name,
                version=saved.terms.version,
                customers=sum(share.customers for share in mine),
                by_hand=sum(share.customers for share in mine if share.by_hand),
                invoices=running.get(saved.rule_id, 0),
                why=page.say(_WHY[general]) if general in _WHY else "",
            )
        )
    return lines


def the_rule(page: Page, session: Session, rule_id: int) -> tuple[Rule, RuleVersion]:
    """A rule and its newest version. Raises `NotHere`."""
    found = rule_list.seen(session, page.scope, rule_id)
    if found is None:
        raise NotHere
    return found


def names(page: Page, session: Session, actors: Iterable[str]) -> dict[str, str]:
    """Who that is, in the reader's words: a person's name, the automation, the agency."""
    wanted = set(actors)
    found = {one: page.say(_ACTORS[one]) if one in _ACTORS else one for one in wanted}
    ids = {int(match[1]): one for one in wanted if (match := _USER.match(one))}
    if ids:
        found |= {ids[one]: name for one, name in people.names_of(session, ids).items()}
    return found


_ACTORS = {AUTOMATION: mark("Automation"), "general rule": mark("as every company begins")}


def clean(said: str) -> str:
    """What was typed into a search."""
    return said.strip()[:200].replace("\0", "")


def begin(page: Page, background: BackgroundTasks, row: Replanning | None) -> None:
    """Start a movement that is committed, once the answer is out."""
    parts = page.parts
    background.add_task(Replannings(parts.database, parts.client).start, row)
