"""Invoices that a person wants to hand over to the agency, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from domain.states import InvoiceState
from store.scope import Scope
from store.sets import among
from store.tables import Company, Invoice


@dataclass(frozen=True, slots=True)
class Found:
    """An invoice. `company`: the creditor's business id."""

    invoice_id: int
    number: str
    company: str


def found(
    session: Session,
    scope: Scope,
    *,
    ids: Sequence[int] | None = None,
    numbers: Sequence[str] | None = None,
    state: InvoiceState | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[Found]:
    """The invoices that may be seen of these ids or numbers, or in this state; by id, those after
    `after`."""
    query = (
        select(Invoice.id, Invoice.number, Company.business_id)
        .join(Company, col(Company.id) == col(Invoice.company_id))
        .where(scope.companies(Invoice.company_id), col(Invoice.id) > after)
        .order_by(col(Invoice.id))
        .limit(limit)
    )
    if ids is not None:
        query = query.where(among(col(Invoice.id), list(ids)))
    if numbers is not None:
        query = query.where(col(Invoice.number).in_(numbers))
    if state is not None:
        query = query.where(Invoice.state == state.value)
    return [Found(*row) for row in session.exec(query)]
