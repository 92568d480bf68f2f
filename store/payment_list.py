"""The bank's transactions on somebody's behalf: those that are a company's for certain."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from store.scope import Scope
from store.tables import BankPayment, CompanyAccount, Invoice


def page(
    session: Session, scope: Scope, *, waiting: bool = False, after: int = 0, limit: int = 50
) -> list[BankPayment]:
    """Transactions by id, those after `after`; at most `limit`. `waiting`: those in the queue."""
    query = sa.select(BankPayment).where(_ours(scope), col(BankPayment.id) > after)
    if waiting:
        query = query.where(col(BankPayment.open_cents) != 0, col(BankPayment.set_aside) == "")
    return list(session.execute(query.order_by(col(BankPayment.id)).limit(limit)).scalars())


def count_waiting(session: Session, scope: Scope, most: int) -> int:
    """How many are in the queue; `most` if there are as many or more."""
    some = (
        sa.select(col(BankPayment.id))
        .where(_ours(scope), col(BankPayment.open_cents) != 0, col(BankPayment.set_aside) == "")
        .limit(most)
        .subquery()
    )
    found: int = session.execute(sa.select(sa.func.count()).select_from(some)).scalar_one()
    return found


def waiting_by_company(session: Session, company_ids: Collection[int]) -> dict[int, int]:
    """How many are in the queue of each company: those that are its for certain."""
    alone = (
        sa.select(
            col(CompanyAccount.iban).label("iban"),
            sa.func.min(col(CompanyAccount.company_id)).label("company_id"),
        )
        .group_by(col(CompanyAccount.iban))
        .having(sa.func.count() == 1)
        .subquery()
    )
    owner = sa.func.coalesce(col(BankPayment.company_id), alone.c.company_id)
    rows = session.execute(
        sa.select(owner, sa.func.count())
        .select_from(BankPayment)
        .join(alone, alone.c.iban == col(BankPayment.account), isouter=True)
        .where(
            col(BankPayment.open_cents) != 0,
            col(BankPayment.set_aside) == "",
            owner.in_(sorted(company_ids)),
        )
        .group_by(owner)
    )
    return {row[0]: int(row[1]) for row in rows}


def seen(session: Session, scope: Scope, payment_id: int) -> BankPayment | None:
    """The transaction; None if there is none of this id that may be seen."""
    query = sa.select(BankPayment).where(_ours(scope), col(BankPayment.id) == payment_id)
    return session.execute(query).scalars().first()


def seen_invoices(session: Session, scope: Scope, invoice_ids: Collection[int]) -> set[int]:
    """Those of the invoices that may be seen."""
    query = sa.select(col(Invoice.id)).where(scope.invoices(), col(Invoice.id).in_(invoice_ids))
    return set(session.execute(query).scalars())


def _ours(scope: Scope) -> ColumnElement[bool]:
    """That a transaction is on one of the company's invoices, or came to an account that is its
    alone: anybody may write another's account on an invoice of his."""
    other = aliased(CompanyAccount)
    shared = (
        sa.select(col(other.id))
        .where(
            col(other.iban) == col(CompanyAccount.iban), sa.not_(scope.companies(other.company_id))
        )
        .exists()
    )
    alone = sa.select(col(CompanyAccount.iban)).where(
        scope.companies(CompanyAccount.company_id), ~shared
    )
    return sa.or_(
        scope.companies(BankPayment.company_id),
        sa.and_(col(BankPayment.company_id).is_(None), col(BankPayment.account).in_(alone)),
    )
