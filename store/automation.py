"""A company's automation: switched on and off, and what is under way meanwhile."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import Session, col

from store import replanning
from store.tables import Company, Replanning

_TURN = 0x6B61
"""With the company's row, any number will do, if it is ours alone."""


def keep_as_it_is(session: Session, company_id: int) -> bool:
    """Whether the company's automation is on; nobody switches it before this transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock_shared(_TURN, company_id)))
    query = select(col(Company.automation)).where(col(Company.id) == company_id)
    return bool(session.execute(query).scalar_one())


def switch(
    session: Session, company: Company, *, on: bool, by: str, now: datetime
) -> Replanning | None:
    """Switch the company's automation, and have every running invoice told; None: it is so already.

    Waits until no letter or hand-over that goes by the old word is under way.
    """
    session.execute(select(func.pg_advisory_xact_lock(_TURN, company.id)))
    session.refresh(company)
    if company.automation is on:
        return None
    company.automation = on
    company.automation_set_at = now
    company.automation_set_by = by
    session.add(company)
    reason = "on" if on else "off"
    return replanning.ask(session, company.id, replanning.AUTOMATION, by=by, now=now, reason=reason)
