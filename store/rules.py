"""A company's rules and their versions. A version is lawful when it is saved, and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select

from domain.calendar import FINLAND
from domain.law import FINNISH_LAW, Law
from domain.rule import Rule as Terms
from domain.rule_check import UnlawfulRule, all_breaches
from store.tables import Company, Customer, Rule, RuleVersion

_EARLIER = aliased(RuleVersion)
_NEWEST = (
    select(func.max(_EARLIER.version))
    .where(_EARLIER.rule_id == Rule.id)
    .correlate(Rule)
    .scalar_subquery()
)
"""The number of a rule's newest version."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule's newest version, whose it is, and how many customers are under it."""

    company: str
    """The creditor's business id."""
    company_name: str
    terms: Terms
    saved_at: datetime
    saved_by: str
    customers: int


def save_rule(
    session: Session,
    company_id: int,
    terms: Terms,
    saved_at: datetime,
    saved_by: str,
    *,
    general_for: str = "",
    law: Law = FINNISH_LAW,
) -> RuleVersion:
    """Save the rule as its next version; the first one makes the rule (`general_for` says whose
    general rule it is, if it is one).

    What the newest version says already is not saved again. Invoices registered from now on run
    under the new version, those before under theirs. Raises `UnlawfulRule` with every breach of the
    law in force on the day, `NoLawInForce`, and pydantic's ValidationError for absurd figures.
    """
    # Made anew, because a changed copy has not been looked at.
    terms = Terms.model_validate(terms.model_dump(mode="json"))
    if found := all_breaches(terms, law, FINLAND.local_date(saved_at)):
        raise UnlawfulRule(terms.name, found)
    rule = session.exec(
        select(Rule).where(Rule.company_id == company_id, Rule.name == terms.name).with_for_update()
    ).first()
    if rule is None:
        rule = Rule(company_id=company_id, name=terms.name, general_for=general_for)
        session.add(rule)
        session.flush()
    newest = _newest(session, rule.id)
    number = newest.version + 1 if newest else 1
    terms = terms.model_copy(update={"version": number})
    if newest and Terms.model_validate(newest.terms) == terms.model_copy(
        update={"version": newest.version}
    ):
        return newest
    version = RuleVersion(
        rule_id=rule.id,
        version=number,
        terms=terms.model_dump(mode="json"),
        saved_at=saved_at,
        saved_by=saved_by,
    )
    session.add(version)
    session.flush()
    return version


def newest_version(session: Session, rule_id: int) -> RuleVersion:
    """The version that new invoices run under."""
    newest = _newest(session, rule_id)
    assert newest is not None  # noqa: S101 - a rule is made with its first version
    return newest


def all_rules(session: Session, company: str | None = None) -> list[Listed]:
    """The newest version of every rule, of one company alone (by its business id) if given."""
    customers = (
        select(func.count()).where(Customer.rule_id == Rule.id).correlate(Rule).scalar_subquery()
    )
    query = (
        select(Company, RuleVersion, customers)
        .join(Rule, col(Rule.company_id) == col(Company.id))
        .join(RuleVersion, col(RuleVersion.rule_id) == col(Rule.id))
        .where(RuleVersion.version == _NEWEST)
        .order_by(col(Company.business_id), col(Rule.name))
    )
    if company is not None:
        query = query.where(Company.business_id == company)
    return [
        Listed(
            company=owner.business_id,
            company_name=owner.name,
            terms=Terms.model_validate(version.terms),
            saved_at=version.saved_at,
            saved_by=version.saved_by,
            customers=count,
        )
        for owner, version, count in session.exec(query)
    ]


@dataclass(frozen=True, slots=True)
class Saved:
    """The newest version of one of a company's rules. `version_id`: its row."""

    rule_id: int
    version_id: int
    general_for: str
    terms: Terms


def newest_of_company(session: Session, company_id: int) -> list[Saved]:
    """A company's rules: the general ones first, then by name."""
    query = (
        select(Rule, RuleVersion)
        .join(RuleVersion, col(RuleVersion.rule_id) == col(Rule.id))
        .where(Rule.company_id == company_id, RuleVersion.version == _NEWEST)
    )
    found = [
        Saved(rule.id, version.id, rule.general_for, Terms.model_validate(version.terms))
        for rule, version in session.exec(query)
    ]
    return sorted(found, key=lambda one: (not one.general_for, one.terms.name))


def versions_of_company(session: Session, company_id: int) -> dict[int, Terms]:
    """The terms of every version of a company's rules, by the version's row."""
    query = (
        select(RuleVersion)
        .join(Rule, col(Rule.id) == col(RuleVersion.rule_id))
        .where(Rule.company_id == company_id)
    )
    return {row.id: Terms.model_validate(row.terms) for row in session.exec(query)}


def versions(session: Session, company: str, name: str) -> Sequence[RuleVersion]:
    """All versions of a company's rule, the newest first; none if there is no such rule."""
    return session.exec(
        select(RuleVersion)
        .join(Rule, col(Rule.id) == col(RuleVersion.rule_id))
        .join(Company, col(Company.id) == col(Rule.company_id))
        .where(Company.business_id == company, Rule.name == name)
        .order_by(col(RuleVersion.version).desc())
    ).all()


def companies(session: Session) -> list[tuple[int, str, str]]:
    """Id, business id and name of every creditor."""
    rows = session.exec(select(Company).order_by(col(Company.business_id)))
    return [(row.id, row.business_id, row.name) for row in rows]


def _newest(session: Session, rule_id: int) -> RuleVersion | None:
    return session.exec(
        select(RuleVersion)
        .where(RuleVersion.rule_id == rule_id)
        .order_by(col(RuleVersion.version).desc())
        .limit(1)
    ).first()
