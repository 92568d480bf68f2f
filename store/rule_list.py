"""A company's rules on somebody's behalf."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from store.scope import Scope
from store.tables import Company, Rule, RuleVersion

_earlier = aliased(RuleVersion)
_NEWEST = (
    sa.select(sa.func.max(col(_earlier.version)))
    .where(col(_earlier.rule_id) == col(Rule.id))
    .correlate(Rule)
    .scalar_subquery()
)


def page(
    session: Session, scope: Scope, *, after: int = 0, limit: int = 50
) -> list[tuple[Rule, RuleVersion]]:
    """Rules by id with their newest version, those after `after`; at most `limit`."""
    query = _newest(scope).where(col(Rule.id) > after).order_by(col(Rule.id)).limit(limit)
    return [(rule, version) for rule, version in session.execute(query)]


def seen(session: Session, scope: Scope, rule_id: int) -> tuple[Rule, RuleVersion] | None:
    """The rule and its newest version; None if there is none of this id that may be seen."""
    found = session.execute(_newest(scope).where(col(Rule.id) == rule_id)).first()
    return None if found is None else (found[0], found[1])


def named(session: Session, scope: Scope, name: str) -> Rule | None:
    """The rule of this name."""
    query = sa.select(Rule).where(scope.companies(Rule.company_id), col(Rule.name) == name)
    return session.execute(query).scalars().first()


def versions(
    session: Session, rule_id: int, *, before: int | None = None, limit: int = 50
) -> list[RuleVersion]:
    """The versions of a rule that may be seen, the newest first; those before a version."""
    query = sa.select(RuleVersion).where(col(RuleVersion.rule_id) == rule_id)
    if before is not None:
        query = query.where(col(RuleVersion.version) < before)
    query = query.order_by(col(RuleVersion.version).desc()).limit(limit)
    return list(session.execute(query).scalars())


def hold_still(session: Session, company_id: int) -> None:
    """From here to the transaction's end nobody else makes or changes the company's rules."""
    company = sa.select(col(Company.id)).where(col(Company.id) == company_id)
    session.execute(company.with_for_update(key_share=True))
    rules = sa.select(col(Rule.id)).where(col(Rule.company_id) == company_id)
    session.execute(rules.order_by(col(Rule.id)).with_for_update())


def _newest(scope: Scope) -> Any:
    return (
        sa.select(Rule, RuleVersion)
        .join(RuleVersion, col(RuleVersion.rule_id) == col(Rule.id))
        .where(scope.companies(Rule.company_id), col(RuleVersion.version) == _NEWEST)
    )
