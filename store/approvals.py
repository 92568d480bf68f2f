"""Letters that wait for somebody's approval: drafted, to do, sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from domain.case import Case
from domain.rule import Rule
from domain.stage import Stage
from domain.states import LetterKind
from domain.steps import StepKind
from store.scope import Scope
from store.tables import Company, Customer, Invoice, Notice, RuleVersion

_LEAVING = ("released", "sending", "sent")


@dataclass(frozen=True, slots=True)
class Stages:
    """How many letters are at which stage."""

    drafted: int
    to_do: int
    sent: int


@dataclass(frozen=True, slots=True)
class About:
    """The invoice that a letter is about. `open_cents`: as its procedure last saw it."""

    invoice_id: int
    number: str
    customer_id: int
    customer_key: str
    customer_name: str
    due: date
    open_cents: int


@dataclass(frozen=True, slots=True)
class Found:
    """An invoice, and its letter that waits for somebody."""

    invoice_id: int
    number: str
    letter: LetterKind


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invoice whose next letter is drafted or to do, with what says which letter that is.

    `at`: when a draft's time comes; None: it has come. `why`: the rule's or the statute's words.
    """

    about: About
    case: Case
    rule: Rule | None
    at: datetime | None
    why: str


@dataclass(frozen=True, slots=True)
class Approved:
    """A letter that somebody approved. `status`: released, sending, sent."""

    about: About
    letter_id: int
    letter: LetterKind
    fee_cents: int
    approved_at: datetime
    approved_by: str
    status: str


# Constants of the statements, as in the partial indexes that are for them.
_DRAFTED = col(Invoice.next_step) == sa.literal_column(f"'{StepKind.PROPOSE.value}'")
_TO_DO = col(Invoice.next_step) == sa.literal_column(f"'{StepKind.APPROVE.value}'")
_APPROVED = col(Notice.approved_by) != sa.literal_column("''")

_PROPOSED = col(Invoice.case_json)["proposed"].as_string()
_PLANNED: Mapping[Stage, tuple[ColumnElement[bool], ...]] = {
    Stage.DRAFTED: (_DRAFTED,),
    # A hand-over that waits for approval has no letter before it.
    Stage.TO_DO: (_TO_DO, _PROPOSED.is_not(None)),
}
_OPEN_CENTS = sa.cast(col(Invoice.case_json)["open_cents"].as_string(), sa.BigInteger)
_ABOUT: tuple[Any, ...] = (
    *(col(Invoice.id), col(Invoice.number), col(Invoice.customer_id), col(Customer.key)),
    *(col(Customer.name), col(Invoice.due), _OPEN_CENTS),
)


def stages(session: Session, company: str | None = None) -> Stages:
    """How many there are; of one company alone, by its business id, if given."""
    ours: tuple[ColumnElement[bool], ...] = ()
    if company is not None:
        owners = select(Company.id).where(Company.business_id == company)
        ours = (col(Invoice.company_id).in_(owners),)
    return _counted(session, *ours)


def stages_seen(session: Session, scope: Scope) -> Stages:
    """How many of those that may be seen."""
    return _counted(session, scope.invoices())


def waiting(
    session: Session,
    scope: Scope,
    stage: Stage,
    *,
    after: tuple[date, int] | None = None,
    limit: int,
) -> list[Waiting]:
    """Invoices whose letters are drafted or to do, by due date and invoice."""
    keys = col(Invoice.due), col(Invoice.id)
    columns: tuple[Any, ...] = (
        *(Invoice.case_json, RuleVersion.terms, Invoice.next_step_at, Invoice.next_step_why),
    )
    query = (
        sa.select(*_ABOUT, *columns)
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .join(RuleVersion, col(RuleVersion.id) == col(Invoice.rule_version_id), isouter=True)
        .where(scope.invoices(), *_PLANNED[stage])
        .order_by(*keys)
        .limit(limit)
    )
    if after is not None:
        query = query.where(sa.tuple_(*keys) > sa.tuple_(*after))
    return [
        Waiting(
            About(*about),
            Case.model_validate(case),
            None if terms is None else Rule.model_validate(terms),
            at,
            why,
        )
        for *about, case, terms, at, why in session.execute(query)
    ]


def approved(
    session: Session, scope: Scope, *, before: int | None = None, limit: int
) -> list[Approved]:
    """Letters that somebody approved, the newest first, those before the letter `before`."""
    columns: tuple[Any, ...] = (
        *(Notice.id, Notice.kind, Notice.fee_cents, Notice.released_at, Notice.approved_by),
        Notice.status,
    )
    query = (
        sa.select(*_ABOUT, *columns)
        .join(Invoice, col(Invoice.id) == col(Notice.invoice_id))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(_APPROVED, col(Notice.status).in_(_LEAVING), scope.invoices())
        .order_by(col(Notice.id).desc())
        .limit(limit)
    )
    if before is not None:
        query = query.where(col(Notice.id) < before)
    return [
        Approved(About(*about), letter_id, LetterKind(kind), fee, at, by, status)
        for *about, letter_id, kind, fee, at, by, status in session.execute(query)
    ]


def to_do_of(
    session: Session,
    scope: Scope,
    *,
    ids: Sequence[int] | None = None,
    numbers: Sequence[str] | None = None,
    limit: int | None = None,
) -> list[Found]:
    """Letters that wait for somebody, by due date; of the invoices of these ids, or of these
    numbers, alone, if given."""
    query = (
        sa.select(col(Invoice.id), col(Invoice.number), _PROPOSED)
        .where(scope.invoices(), *_PLANNED[Stage.TO_DO])
        .order_by(col(Invoice.due), col(Invoice.id))
        .limit(limit)
    )
    if ids is not None:
        query = query.where(col(Invoice.id).in_(ids))
    if numbers:
        query = query.where(col(Invoice.number).in_(numbers))
    return [
        Found(invoice_id, number, LetterKind(letter))
        for invoice_id, number, letter in session.execute(query)
    ]


def _counted(session: Session, *conditions: ColumnElement[bool]) -> Stages:
    def count(query: Any) -> int:
        return int(session.execute(query.where(*conditions)).scalar_one())

    planned = sa.select(sa.func.count()).select_from(Invoice)
    approved = (
        sa.select(sa.func.count())
        .select_from(Notice)
        .join(Invoice, col(Invoice.id) == col(Notice.invoice_id))
        .where(_APPROVED, col(Notice.status).in_(_LEAVING))
    )
    return Stages(
        drafted=count(planned.where(*_PLANNED[Stage.DRAFTED])),
        to_do=count(planned.where(*_PLANNED[Stage.TO_DO])),
        sent=count(approved),
    )
