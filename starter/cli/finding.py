"""Which invoice is meant."""

from __future__ import annotations

from starter.cli.console import fail
from store import queries
from store.database import Database
from store.queries import Found


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
