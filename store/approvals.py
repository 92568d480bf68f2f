"""Letters that wait for somebody's approval: drafted, to do, sent."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlmodel import Session, col

from domain.procedure import StepKind
from domain.rule import Sending
from domain.states import FINAL_STATES
from store.tables import Company, Invoice, Notice, RuleVersion

WAITING = (StepKind.PROPOSE.value, StepKind.APPROVE.value)
"""The steps of invoices whose next letter is drafted, or to do."""


@dataclass(frozen=True, slots=True)
class Stages:
    """How many letters are at which stage (luonnos, tehtävä, lähetetty).

    `drafted`: their time has not come; `to_do`: they wait for somebody; `sent`: they have left.
    """

    drafted: int
    to_do: int
    sent: int


def stages(session: Session, company: str | None = None) -> Stages:
    """Of one company alone, by its business id, if given."""
    steps = (
        select(col(Invoice.next_step), func.count())
        .where(
            col(Invoice.next_step).in_(WAITING),
            col(Invoice.state).not_in([state.value for state in FINAL_STATES]),
        )
        .group_by(col(Invoice.next_step))
    )
    sent = (
        select(func.count())
        .select_from(Notice)
        .join(Invoice, col(Invoice.id) == col(Notice.invoice_id))
        .join(RuleVersion, col(RuleVersion.id) == col(Invoice.rule_version_id))
        .where(
            col(Notice.status) == "sent",
            col(RuleVersion.terms)["sending"].as_string() == Sending.ON_APPROVAL.value,
        )
    )
    if company is not None:
        ours = col(Invoice.company_id).in_(
            select(col(Company.id)).where(col(Company.business_id) == company)
        )
        steps, sent = steps.where(ours), sent.where(ours)
    counts = {row[0]: int(row[1]) for row in session.execute(steps)}
    return Stages(
        drafted=counts.get(StepKind.PROPOSE.value, 0),
        to_do=counts.get(StepKind.APPROVE.value, 0),
        sent=session.execute(sent).scalar_one(),
    )
