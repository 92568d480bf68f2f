"""Which invoice or company is meant."""

from __future__ import annotations

from sqlmodel import Session, col, select

from starter.cli.console import fail
from store import queries
from store.database import Database
from store.queries import Found
from store.tables import Company


def the_invoice(database: Database, number: str, company: str | None) -> Found:
    """The one invoice of this number; fails in words if there is none, or more than one."""
    with database.transaction() as session:
        found = queries.find(session, number, company)
    if not found:
        whose = f" of company {company}" if company else ""
        fail(f"there is no invoice {number}{whose}: `karhu invoice list` shows those there are")
    if len(found) > 1:
        whose = "; ".join(f"--company {one.company} ({one.company_name})" for one in found)
        fail(f"several companies have an invoice {number}; say which: {whose}")
    return found[0]


def the_company(session: Session, company: str | None) -> Company:
    """The creditor that is meant, by its business id; without one, the only one there is."""
    query = select(Company).order_by(col(Company.business_id))
    if company is not None:
        query = query.where(Company.business_id == company)
    found = session.exec(query).all()
    if not found:
        fail(f"there is no company {company or ''}: the first import of its invoices makes it")
    if len(found) > 1:
        whose = "; ".join(f"--company {one.business_id} ({one.name})" for one in found)
        fail(f"there are several companies; say which: {whose}")
    return found[0]
