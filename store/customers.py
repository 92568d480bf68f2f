"""What a company's people set on a customer's card."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import update
from sqlmodel import Session, col, select

from store.scope import Scope
from store.sets import among
from store.tables import Company, Customer


def find(session: Session, key: str, company: str | None) -> list[tuple[Customer, Company]]:
    """The customers that books know by this key, of one company (its business id) or of any."""
    query = (
        select(Customer, Company)
        .join(Company, col(Company.id) == Customer.company_id)
        .where(Customer.key == key)
        .order_by(Company.business_id)
    )
    if company is not None:
        query = query.where(Company.business_id == company)
    return list(session.exec(query))


def set_ban(session: Session, customer_ids: Sequence[int], *, banned: bool) -> list[int]:
    """Bar the agency from these customers (perintäkielto), or let it; the rows that it changed."""
    changed = session.execute(
        update(Customer)
        .where(among(col(Customer.id), customer_ids), col(Customer.collection_ban).is_not(banned))
        .values(collection_ban=banned)
        .returning(col(Customer.id))
    )
    return sorted(changed.scalars())


def seen(
    session: Session, scope: Scope, customer_id: int, *, to_change: bool = False
) -> Customer | None:
    """The customer; None if there is none of this id that may be seen. `to_change`: nobody else
    changes it before this transaction ends."""
    query = select(Customer).where(scope.companies(Customer.company_id), Customer.id == customer_id)
    if to_change:
        query = query.with_for_update(key_share=True)
    return session.exec(query).first()
