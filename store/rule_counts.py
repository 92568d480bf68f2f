"""How many running invoices each of a company's rules has."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlmodel import Session, col

from domain.states import FINAL_STATES
from store.tables import Invoice, RuleVersion


def running(session: Session, company_id: int) -> dict[int, int]:
    """Invoices that are not at an end, by the rule whose versions they run under."""
    version = col(Invoice.rule_version_id)
    by_version = (
        select(version.label("version_id"), func.count().label("invoices"))
        .where(
            col(Invoice.company_id) == company_id,
            col(Invoice.state).not_in([state.value for state in FINAL_STATES]),
            version.is_not(None),
        )
        .group_by(version)
        .subquery()
    )
    query = (
        select(col(RuleVersion.rule_id), func.sum(by_version.c.invoices))
        .join(by_version, by_version.c.version_id == col(RuleVersion.id))
        .group_by(col(RuleVersion.rule_id))
    )
    return {row[0]: int(row[1]) for row in session.execute(query).all()}
