"""What is said to and by the agencies, as people look at it; and whose case has news for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from domain.agency import CREDIT_LOSSES
from domain.states import InvoiceState
from store import outbox
from store.scope import Scope
from store.sets import among
from store.tables import AgencyCase, AgencyMessage, Customer, Invoice


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and what it is about."""

    message: AgencyMessage
    agency: str
    case_reference: str
    invoice_id: int
    number: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """An invoice whose case the agency has ended without payment: a person writes it off (a credit
    loss), or takes it back. Amounts in cents, as the invoice's procedure last saw them."""

    invoice_id: int
    number: str
    customer_key: str
    customer_name: str
    collection_status: str
    open_cents: int
    reported_at: datetime | None


def messages(
    session: Session,
    scope: Scope,
    *,
    status: str | None = None,
    direction: str | None = "out",
    before: int | None = None,
    limit: int = 50,
) -> list[Said]:
    """Messages of the invoices that are seen, the newest first: those before a row; at most
    `limit`. `direction`: "out", "in", or None for both."""
    query = _said(scope).order_by(col(AgencyMessage.id).desc()).limit(limit)
    if status is not None:
        query = query.where(col(AgencyMessage.status) == status)
    if direction is not None:
        query = query.where(col(AgencyMessage.direction) == direction)
    if before is not None:
        query = query.where(col(AgencyMessage.id) < before)
    return [Said(*row) for row in session.execute(query)]


def message(session: Session, scope: Scope, message_id: int) -> Said | None:
    """The message; None if there is none of this id that may be seen."""
    row = session.execute(_said(scope).where(col(AgencyMessage.id) == message_id)).first()
    return None if row is None else Said(*row)


def proposals(session: Session, scope: Scope, *, after: int = 0, limit: int = 50) -> list[Proposal]:
    """The credit losses proposed, by the invoices' ids: those after `after`; at most `limit`."""
    file = col(Invoice.case_json)["agency"]
    rows = session.exec(
        select(Invoice, Customer.key, Customer.name)
        .join(Customer, col(Customer.id) == Invoice.customer_id)
        .where(
            scope.invoices(),
            Invoice.state == InvoiceState.IN_COLLECTION.value,
            col(Invoice.collection_status).in_(sorted(one.value for one in CREDIT_LOSSES)),
            file["open"].as_boolean(),
            col(Invoice.id) > after,
        )
        .order_by(col(Invoice.id))
        .limit(limit)
    )
    found = []
    for row, key, name in rows:
        at = (row.case_json["agency"] or {}).get("status_at")
        found.append(
            Proposal(
                invoice_id=row.id,
                number=row.number,
                customer_key=key,
                customer_name=name,
                collection_status=row.collection_status,
                open_cents=row.case_json["open_cents"],
                reported_at=datetime.fromisoformat(at) if at else None,
            )
        )
    return found


def customers_changed(session: Session, customer_ids: Collection[int]) -> Sequence[int]:
    """Note that the agency is to be told of these customers' newer details, wherever it has a case
    of theirs; the invoices, which wait in the outbox. What is really new, their procedures see."""
    if not customer_ids:
        return []
    open_files = select(AgencyCase.invoice_id).where(col(AgencyCase.ended_at).is_(None))
    ids = session.exec(
        select(Invoice.id)
        .where(among(Invoice.customer_id, customer_ids), col(Invoice.id).in_(open_files))
        .order_by(col(Invoice.id))
        .with_for_update()
    ).all()
    return outbox.look_again(session, ids) if ids else []


def _said(scope: Scope) -> sa.Select[AgencyMessage, str, str, int, str]:
    return (
        sa.select(
            AgencyMessage,
            col(AgencyCase.agency),
            col(AgencyCase.reference),
            col(Invoice.id),
            col(Invoice.number),
        )
        .join(AgencyCase, col(AgencyCase.id) == col(AgencyMessage.agency_case_id))
        .join(Invoice, col(Invoice.id) == col(AgencyCase.invoice_id))
        .where(scope.invoices())
    )
