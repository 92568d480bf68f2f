"""The outbox columns of invoices: whose workflow is to be started, and whose is to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Update, func, select, update
from sqlmodel import Session, col, or_

from domain.case import Case
from domain.procedure import Step, StepKind
from domain.states import FINAL_STATES
from store.tables import AgencyCase, AgencyMessage, Company, Invoice, RuleVersion

_TURN = 0x6B61726874
"""Any number will do, if it is ours alone and not that of the migrations."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An invoice with something in its outbox, and all that its workflow begins with."""

    invoice_id: int
    number: str
    company: str
    """The creditor's business id."""
    company_name: str
    amount_cents: int
    due: date
    case: Case
    step: Step
    rule: str
    start: bool
    signal: bool

    @property
    def again(self) -> bool:
        """Whether its workflow is to be started although one may have been: there is news for it,
        as of a payment that was taken back after it had closed."""
        return self.start and (self.signal or self.case.closed)


def pending(
    session: Session,
    *,
    only: Sequence[int] | None = None,
    after: int = 0,
    limit: int = 500,
) -> list[Pending]:
    """Invoices with something in the outbox, by id, those after `after`; at most `limit`.

    `only` narrows it to these ids.
    """
    query = (
        select(
            col(Invoice.id),
            col(Invoice.number),
            col(Company.business_id),
            col(Company.name),
            col(Invoice.principal_cents),
            col(Invoice.due),
            col(Invoice.case_json),
            col(Invoice.next_step),
            col(Invoice.next_step_at),
            col(Invoice.next_step_why),
            col(RuleVersion.terms),
            col(Invoice.start_pending),
            col(Invoice.signal_pending),
        )
        .join(Company, col(Company.id) == col(Invoice.company_id))
        .join(RuleVersion, col(RuleVersion.id) == col(Invoice.rule_version_id), isouter=True)
        .where(
            or_(col(Invoice.start_pending).is_(True), col(Invoice.signal_pending).is_(True)),
            col(Invoice.id) > after,
        )
        .order_by(col(Invoice.id))
        .limit(limit)
    )
    if only is not None:
        query = query.where(col(Invoice.id).in_(only))
    return [_read(tuple(row)) for row in session.execute(query)]


def pending_ids(session: Session, *, limit: int) -> list[int]:
    """The ids of the first invoices with something in the outbox; at most `limit`."""
    query = (
        select(col(Invoice.id))
        .where(or_(col(Invoice.start_pending).is_(True), col(Invoice.signal_pending).is_(True)))
        .order_by(col(Invoice.id))
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def _read(row: tuple[Any, ...]) -> Pending:
    terms = row[10]
    return Pending(
        invoice_id=row[0],
        number=row[1],
        company=row[2],
        company_name=row[3],
        amount_cents=row[4],
        due=row[5],
        case=Case.model_validate(row[6]),
        step=Step(kind=StepKind(row[7]), when=row[8], why=row[9]),
        rule=f"{terms['name']} v{terms['version']}" if terms else "",
        start=row[11],
        signal=row[12],
    )


def started(session: Session, invoice_ids: Sequence[int]) -> None:
    """These have their workflow."""
    session.execute(
        update(Invoice).where(col(Invoice.id).in_(invoice_ids)).values(start_pending=False)
    )


def nobody_listens(session: Session, invoice_ids: Sequence[int]) -> None:
    """The workflow of these is over: what came in since is history, kept and looked at by nobody.

    Agency messages that were received count as heard.
    """
    session.execute(
        update(Invoice).where(col(Invoice.id).in_(invoice_ids)).values(signal_pending=False)
    )
    files = select(col(AgencyCase.id)).where(col(AgencyCase.invoice_id).in_(invoice_ids))
    session.execute(
        update(AgencyMessage)
        .where(
            col(AgencyMessage.agency_case_id).in_(files),
            col(AgencyMessage.direction) == "in",
            col(AgencyMessage.status) == "received",
        )
        .values(status="folded")
    )


def take_turn(session: Session) -> None:
    """Wait until no other transaction that books a file is under way.

    Such a transaction locks many rows in the file's order; two at once could wait for each other.
    """
    session.execute(select(func.pg_advisory_xact_lock(_TURN)))


def start_anew(session: Session, invoice_ids: Sequence[int], *, closed: bool = False) -> list[int]:
    """Mark open invoices (or closed ones) for a start, and for a look at what their last workflow
    left undone; those that were marked."""
    final = col(Invoice.state).in_(FINAL_STATES)
    return _marked(
        session,
        update(Invoice)
        .where(col(Invoice.id).in_(invoice_ids), final if closed else ~final)
        .values(start_pending=True, signal_pending=True),
    )


def look_again(session: Session, invoice_ids: Sequence[int]) -> list[int]:
    """Mark invoices whose workflow is to be told to look; those that were marked."""
    return _marked(
        session,
        update(Invoice).where(col(Invoice.id).in_(invoice_ids)).values(signal_pending=True),
    )


def _marked(session: Session, statement: Update) -> list[int]:
    return list(session.execute(statement.returning(col(Invoice.id))).scalars())
