"""Mass actions: what is asked of many invoices, fixed when it is asked, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from domain.requests import Request
from domain.states import InvoiceState
from store.invoice_list import Sought, chosen, resolved
from store.scope import Scope
from store.tables import BulkAction, BulkItem, Company, Customer, Invoice

WAITING = "waiting"
RUNNING = "running"
DONE = "done"
CANCELLED = "cancelled"
REFUSED = "refused"

_REQUEST: TypeAdapter[Request] = TypeAdapter(Request)


@dataclass(frozen=True, slots=True)
class Asked:
    """An invoice whose turn it is. `state`: as its row has it."""

    invoice_id: int
    number: str
    state: InvoiceState
    attempts: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What is asked next, of whom, and of which invoices; none: nothing is left to do."""

    action: BulkAction
    company: str
    request: Request
    asked: Sequence[Asked]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of it for one invoice. `refused`: why not; "" if it was done; None: nobody
    answered, and it is asked again."""

    invoice_id: int
    refused: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An invoice that it was refused for, and why."""

    invoice_id: int
    number: str
    customer: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason, and how many invoices it was given for."""

    reason: str
    invoices: int


def request_of(action: BulkAction) -> Request:
    """What is asked."""
    return _REQUEST.validate_python(action.request)


def ask(
    session: Session,
    scope: Scope,
    company_id: int,
    sought: Sought,
    request: Request,
    *,
    by: str,
    now: datetime,
) -> BulkAction:
    """Note that something is asked of all invoices that are sought now; a workflow does it.

    Whatever comes under the same description later is not among them.
    """
    action = BulkAction(
        company_id=company_id,
        request=request.model_dump(mode="json"),
        owner=scope.owner or "",
        status=WAITING,
        asked_at=now,
        asked_by=by,
    )
    session.add(action)
    session.flush()
    ids = chosen(scope, resolved(session, scope, sought)).subquery()
    items = sa.select(sa.literal(action.id), ids.c.id, *map(sa.literal, (WAITING, "", 0)))
    columns = ["bulk_action_id", "invoice_id", "status", "reason", "attempts"]
    session.execute(insert(BulkItem).from_select(columns, items))
    put = sa.select(sa.func.count()).where(col(BulkItem.bulk_action_id) == action.id)
    action.total = session.execute(put).scalar_one()
    session.add(action)
    session.flush()
    return action


def next_batch(session: Session, action_id: int, size: int, now: datetime) -> Batch:
    """The invoices whose turn it is. With the last one done, or once somebody has asked to stop,
    there are none, and the action has ended."""
    action = _locked(session, action_id)
    company = session.get_one(Company, action.company_id).business_id
    asked: list[Asked] = []
    if not action.ended and not action.cancel_asked:
        action.status = RUNNING
        rows = session.execute(
            sa.select(
                *(col(Invoice.id), col(Invoice.number), col(Invoice.state), col(BulkItem.attempts))
            )
            .join(BulkItem, col(BulkItem.invoice_id) == col(Invoice.id))
            .where(
                col(BulkItem.bulk_action_id) == action_id,
                col(BulkItem.status) == sa.literal_column(f"'{WAITING}'"),
            )
            .order_by(col(BulkItem.invoice_id))
            .limit(size)
        )
        asked = [Asked(one, number, InvoiceState(state), n) for one, number, state, n in rows]
    if not asked and not action.ended:
        action.status = CANCELLED if action.cancel_asked else DONE
        action.ended_at = now
    session.add(action)
    return Batch(action, company, request_of(action), asked)


def note(session: Session, action_id: int, answers: Sequence[Answered]) -> BulkAction:
    """Write down what came of it for some invoices."""
    action = _locked(session, action_id)
    rows = [
        {
            "b_invoice": one.invoice_id,
            "b_status": WAITING if one.refused is None else REFUSED if one.refused else DONE,
            "b_reason": one.refused or "",
            "b_more": int(one.refused is None),
        }
        for one in answers
    ]
    if rows:
        session.connection().execute(_NOTE, [{"b_action": action_id, **row} for row in rows])
    action.done += sum(one.refused == "" for one in answers)
    action.refused += sum(bool(one.refused) for one in answers)
    session.add(action)
    session.flush()
    return action


_NOTE = sa.text(
    "UPDATE bulk_item SET status = :b_status, reason = :b_reason, attempts = attempts + :b_more"
    " WHERE bulk_action_id = :b_action AND invoice_id = :b_invoice"
)


def cancel(session: Session, action_id: int) -> bool:
    """Stop between two batches; False if it is over. What is done stays done."""
    action = _locked(session, action_id)
    if action.ended:
        return False
    action.cancel_asked = True
    session.add(action)
    return True


def waiting(session: Session) -> list[BulkAction]:
    """Those that no workflow has begun, the oldest first."""
    query = select(BulkAction).where(col(BulkAction.status) == WAITING)
    return list(session.exec(query.order_by(col(BulkAction.id))))


def page(
    session: Session, scope: Scope, *, before: int | None = None, limit: int = 50
) -> list[BulkAction]:
    """Those of the companies seen into, the newest first; those before an id."""
    query = select(BulkAction).where(*_visible(scope))
    if before is not None:
        query = query.where(col(BulkAction.id) < before)
    return list(session.exec(query.order_by(col(BulkAction.id).desc()).limit(limit)))


def seen(session: Session, scope: Scope, action_id: int) -> BulkAction | None:
    """The action; None if there is none of this id that may be seen."""
    query = select(BulkAction).where(*_visible(scope), col(BulkAction.id) == action_id)
    return session.exec(query).first()


def refusals(session: Session, action_id: int, *, after: int = 0, limit: int = 50) -> list[Refusal]:
    """The invoices that it was refused for, by id, those after one."""
    rows = session.execute(
        sa.select(
            *(col(Invoice.id), col(Invoice.number), col(Customer.name), col(BulkItem.reason)),
        )
        .join(BulkItem, col(BulkItem.invoice_id) == col(Invoice.id))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(
            col(BulkItem.bulk_action_id) == action_id,
            col(BulkItem.status) == sa.literal_column(f"'{REFUSED}'"),
            col(BulkItem.invoice_id) > after,
        )
        .order_by(col(BulkItem.invoice_id))
        .limit(limit)
    )
    return [Refusal(*row) for row in rows]


def reasons(session: Session, action_id: int, limit: int = 20) -> list[Reason]:
    """Why it was refused, the most frequent first."""
    count = sa.func.count()
    rows = session.execute(
        sa.select(col(BulkItem.reason), count)
        .where(
            col(BulkItem.bulk_action_id) == action_id,
            col(BulkItem.status) == sa.literal_column(f"'{REFUSED}'"),
        )
        .group_by(col(BulkItem.reason))
        .order_by(count.desc(), col(BulkItem.reason))
        .limit(limit)
    )
    return [Reason(*row) for row in rows]


def _visible(scope: Scope) -> list[sa.ColumnElement[bool]]:
    conditions = [scope.companies(BulkAction.company_id)]
    if scope.owner is not None:
        conditions.append(col(BulkAction.asked_by) == scope.owner)
    return conditions


def _locked(session: Session, action_id: int) -> BulkAction:
    query = select(BulkAction).where(col(BulkAction.id) == action_id).with_for_update()
    return session.exec(query).one()
