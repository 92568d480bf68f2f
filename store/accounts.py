"""Whose account money came to: the companies of an IBAN."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from store.sets import among
from store.tables import CompanyAccount


def ensure_accounts(session: Session, company_id: int, ibans: Collection[str]) -> None:
    """The company has these accounts from now on, if not before. Empty ones are passed over."""
    rows = [
        {"company_id": company_id, "iban": iban, "read_by": ""} for iban in sorted({*ibans} - {""})
    ]
    if rows:
        session.execute(insert(CompanyAccount).values(rows).on_conflict_do_nothing())


def owners(session: Session, ibans: Collection[str]) -> dict[str, set[int]]:
    """The companies that have each account; accounts that nobody has are left out."""
    found: dict[str, set[int]] = {}
    for iban, company_id in session.execute(
        select(col(CompanyAccount.iban), col(CompanyAccount.company_id)).where(
            among(CompanyAccount.iban, {*ibans} - {""})
        )
    ):
        found.setdefault(iban, set()).add(company_id)
    return found


def of(session: Session, company_ids: Collection[int]) -> set[str]:
    """The accounts of these companies."""
    return set(
        session.execute(
            select(col(CompanyAccount.iban)).where(among(CompanyAccount.company_id, company_ids))
        ).scalars()
    )
