"""The agencies' cases (toimeksiannot), as people look at them: by status, page by page, and one
with what was said of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from store.scope import Scope
from store.tables import AgencyCase, AgencyMessage, Customer, Invoice


@dataclass(frozen=True, slots=True)
class Counted:
    """The cases in one status, and what is open of their invoices. `status`: the
    `domain.agency.CollectionStatus`'s value; "": the agency has said nothing yet."""

    status: str
    cases: int
    open_cents: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A case with its invoice and the customer's name."""

    case: AgencyCase
    invoice: Invoice
    customer: str


def counted(session: Session, scope: Scope) -> list[Counted]:
    """How many cases are in which status: of each invoice the newest."""
    status = col(Invoice.collection_status)
    rows = session.execute(
        sa.select(status, sa.func.count(), sa.func.sum(col(Invoice.open_cents)))
        .select_from(AgencyCase)
        .join(Invoice, col(Invoice.id) == col(AgencyCase.invoice_id))
        .where(scope.invoices(), _newest())
        .group_by(status)
        .order_by(status)
    )
    return [Counted(row[0], int(row[1]), int(row[2])) for row in rows]


def page(
    session: Session,
    scope: Scope,
    *,
    status: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Listed]:
    """Of each invoice the newest case, the newest first: those before a row; at most `limit`.
    `status`: those in it alone, as `Counted` has it."""
    query = _cases(scope).where(_newest()).order_by(col(AgencyCase.id).desc()).limit(limit)
    if status is not None:
        query = query.where(col(Invoice.collection_status) == status)
    if before is not None:
        query = query.where(col(AgencyCase.id) < before)
    return [Listed(*row) for row in session.execute(query)]


def show(session: Session, scope: Scope, case_id: int) -> Listed | None:
    """One case; None if there is none of this id that may be seen."""
    row = session.execute(_cases(scope).where(col(AgencyCase.id) == case_id)).first()
    return None if row is None else Listed(*row)


def messages_of(session: Session, case_id: int, *, limit: int = 200) -> Sequence[AgencyMessage]:
    """What was said of a case, either way, the newest first."""
    return (
        session.execute(
            sa.select(AgencyMessage)
            .where(col(AgencyMessage.agency_case_id) == case_id)
            .order_by(col(AgencyMessage.id).desc())
            .limit(limit)
        )
        .scalars()
        .all()
    )


def _cases(scope: Scope) -> sa.Select[AgencyCase, Invoice, str]:
    return (
        sa.select(AgencyCase, Invoice, col(Customer.name))
        .join(Invoice, col(Invoice.id) == col(AgencyCase.invoice_id))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(scope.invoices())
    )


def _newest() -> Any:
    """That no later case of its invoice is there: the status that is kept is that one's."""
    later = aliased(AgencyCase)
    return ~(
        sa.select(col(later.id))
        .where(
            col(later.invoice_id) == col(AgencyCase.invoice_id),
            col(later.round) > col(AgencyCase.round),
        )
        .exists()
    )
