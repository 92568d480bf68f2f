"""The outbox columns of invoices: whose workflow is to be started, and whose is to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Update, func, select, update
from sqlmodel import Session, col, or_

from domain.case import Case
from domain.states import FINAL_STATES
from domain.steps import Step, StepKind
from store.sets import among
from store.tables import AgencyCase, AgencyMessage, Company, Invoice, RuleVersion

_TURN = 0x6B61726874
"""Any number will do, if it is ours alone and not that of the migrations."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """All that an invoice's workflow begins with."""

    company_name: str
    amount_cents: int
    due: date
    case: Case
    step: Step
    rule: str


@dataclass(frozen=True, slots=True)
class Pending:
    """An invoice with something in its outbox. `begin`: its workflow is to be started, with this;
    `signal`: it is to be told. What is only told is read without its case and its rule."""

    invoice_id: int
    number: str
    company: str
    """The creditor's business id."""
    begin: Beginning | None
    signal: bool

    @property
    def again(self) -> bool:
        """Whether its workflow is to be started although one may have been: there is news for it,
        as of a payment that was taken back after it had closed."""
        return self.begin is not None and (self.signal or self.begin.case.closed)


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
            col(Invoice.start_pending),
            col(Invoice.signal_pending),
        )
        .join(Company, col(Company.id) == col(Invoice.company_id))
        .where(
            or_(col(Invoice.start_pending).is_(True), col(Invoice.signal_pending).is_(True)),
            col(Invoice.id) > after,
        )
        .order_by(col(Invoice.id))
        .limit(limit)
    )
    if only is not None:
        query = query.where(among(col(Invoice.id), list(only)))
    rows = session.execute(query).all()
    begin = _beginnings(session, [row[0] for row in rows if row[3]])
    return [Pending(row[0], row[1], row[2], begin.get(row[0]), row[4]) for row in rows]


def _beginnings(session: Session, ids: Sequence[int]) -> dict[int, Beginning]:
    if not ids:
        return {}
    query = (
        select(
            col(Invoice.id),
            col(Company.name),
            col(Invoice.principal_cents),
            col(Invoice.due),
            col(Invoice.case_json),
            col(Invoice.next_step),
            col(Invoice.next_step_at),
            col(Invoice.next_step_why),
            col(RuleVersion.terms),
        )
        .join(Company, col(Company.id) == col(Invoice.company_id))
        .join(RuleVersion, col(RuleVersion.id) == col(Invoice.rule_version_id), isouter=True)
        .where(among(col(Invoice.id), list(ids)))
    )
    return {row[0]: _begin(tuple(row)) for row in session.execute(query)}


def pending_ids(session: Session, *, limit: int) -> list[int]:
    """The ids of the first invoices with something in the outbox; at most `limit`."""
    query = (
        select(col(Invoice.id))
        .where(or_(col(Invoice.start_pending).is_(True), col(Invoice.signal_pending).is_(True)))
        .order_by(col(Invoice.id))
        .limit(limit)
    )
    return list(session.execute(query).scalars())


def _begin(row: tuple[Any, ...]) -> Beginning:
    terms = row[8]
    return Beginning(
        company_name=row[1],
        amount_cents=row[2],
        due=row[3],
        case=Case.model_validate(row[4]),
        step=Step(kind=StepKind(row[5]), when=row[6], why=row[7]),
        rule=f"{terms['name']} v{terms['version']}" if terms else "",
    )


def started(session: Session, invoice_ids: Sequence[int]) -> None:
    """These have their workflow."""
    session.execute(
        update(Invoice).where(col(Invoice.id).in_(invoice_ids)).values(start_pending=False)
    )


def nobody_listens(session: Session, invoice_ids: Sequence[int]) -> list[int]:
    """The workflow of these is over: money that came in since is history, looked at by nobody.

    One that the agency has reported on is marked for a start instead, so that its case says what
    the agency says; those that were marked.
    """
    # Locked first, so that what is read of messages next is all that was kept before.
    session.execute(
        select(col(Invoice.id))
        .where(among(Invoice.id, invoice_ids))
        .order_by(col(Invoice.id))
        .with_for_update()
    )
    unheard = (
        select(col(AgencyCase.invoice_id))
        .join(AgencyMessage, col(AgencyMessage.agency_case_id) == col(AgencyCase.id))
        .where(
            among(AgencyCase.invoice_id, invoice_ids),
            col(AgencyMessage.direction) == "in",
            col(AgencyMessage.status) == "received",
        )
    )
    anew = list(session.execute(unheard.distinct()).scalars())
    session.execute(
        update(Invoice)
        .where(among(Invoice.id, invoice_ids), col(Invoice.start_pending).is_(False))
        .values(signal_pending=False)
    )
    return _marked(
        session,
        update(Invoice)
        .where(among(Invoice.id, anew))
        .values(start_pending=True, signal_pending=True),
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
