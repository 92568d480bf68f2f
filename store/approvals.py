"""What waits for somebody's approval: letters drafted, to do and sent, and hand-overs to do."""

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
from domain.stage import Awaiting, Stage
from domain.states import InvoiceState, LetterKind
from domain.steps import StepKind
from store.scope import Scope
from store.tables import Company, Customer, Invoice, Notice, RuleVersion

_LEAVING = ("released", "sending", "sent")


@dataclass(frozen=True, slots=True)
class Stages:
    """How much is at which stage. `hand_overs`: of those to do, the ones that are no letters."""

    drafted: int
    to_do: int
    hand_overs: int
    sent: int


@dataclass(frozen=True, slots=True)
class About:
    """The invoice that it is about. `open_cents`: as its procedure last saw it."""

    invoice_id: int
    number: str
    customer_id: int
    customer_key: str
    customer_name: str
    due: date
    open_cents: int


@dataclass(frozen=True, slots=True)
class Found:
    """An invoice, and its letter that waits for somebody; None: its hand-over does.

    `state`: the invoice's.
    """

    invoice_id: int
    number: str
    state: InvoiceState
    letter: LetterKind | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invoice whose next letter is drafted or to do, with what says which letter that is, or
    whose hand-over is to do.

    `at`: when a draft's time comes; None: it has come. `why`: the rule's or the statute's words.
    """

    about: About
    kind: Awaiting
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

# As `domain.handing_over` has it: what is notified waits for collection, and what is overdue for
# the agency's reminder service, if its rule has one and it has not been there.
_REMINDER_SERVICE = (
    sa.select(sa.literal(1))
    .where(
        col(RuleVersion.id) == col(Invoice.rule_version_id),
        sa.func.jsonb_typeof(col(RuleVersion.terms)["reminder_service"]) == "object",
    )
    # Also where the rule's version is read beside it.
    .correlate(Invoice)
    .exists()
)
_HAND_OVER = sa.or_(
    col(Invoice.state) == InvoiceState.NOTIFIED.value,
    sa.and_(
        col(Invoice.state) == InvoiceState.OVERDUE.value,
        col(Invoice.case_json)["agency"].as_string().is_(None),
        _REMINDER_SERVICE,
    ),
)

_PLANNED: Mapping[Stage, ColumnElement[bool]] = {Stage.DRAFTED: _DRAFTED, Stage.TO_DO: _TO_DO}
_ABOUT: tuple[Any, ...] = (
    *(col(Invoice.id), col(Invoice.number), col(Invoice.customer_id), col(Customer.key)),
    *(col(Customer.name), col(Invoice.due), col(Invoice.open_cents)),
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
    kind: Awaiting | None = None,
    after: tuple[date, int] | None = None,
    limit: int,
) -> list[Waiting]:
    """Invoices whose letters are drafted or to do, or whose hand-overs are to do, by due date and
    invoice; of one kind alone, if given."""
    keys = col(Invoice.due), col(Invoice.id)
    columns: tuple[Any, ...] = (
        *(_is_hand_over(stage), Invoice.case_json, RuleVersion.terms),
        *(Invoice.next_step_at, Invoice.next_step_why),
    )
    query = (
        sa.select(*_ABOUT, *columns)
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .join(RuleVersion, col(RuleVersion.id) == col(Invoice.rule_version_id), isouter=True)
        .where(scope.invoices(), _PLANNED[stage], *_of_kind(stage, kind))
        .order_by(*keys)
        .limit(limit)
    )
    if after is not None:
        query = query.where(sa.tuple_(*keys) > sa.tuple_(*after))
    return [
        Waiting(
            About(*about),
            Awaiting.HAND_OVER if hand_over else Awaiting.LETTER,
            Case.model_validate(case),
            None if terms is None else Rule.model_validate(terms),
            at,
            why,
        )
        for *about, hand_over, case, terms, at, why in session.execute(query)
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
    kind: Awaiting | None = None,
    limit: int | None = None,
) -> list[Found]:
    """What waits for somebody, by due date; of the invoices of these ids or these numbers, and of
    one kind, alone, if given."""
    query = (
        sa.select(
            *(
                col(Invoice.id),
                col(Invoice.number),
                col(Invoice.state),
                _is_hand_over(Stage.TO_DO),
                _PROPOSED,
            )
        )
        .where(scope.invoices(), _TO_DO, *_of_kind(Stage.TO_DO, kind))
        .order_by(col(Invoice.due), col(Invoice.id))
        .limit(limit)
    )
    if ids is not None:
        query = query.where(col(Invoice.id).in_(ids))
    if numbers:
        query = query.where(col(Invoice.number).in_(numbers))
    return [
        Found(invoice_id, number, InvoiceState(state), None if hand_over else LetterKind(letter))
        for invoice_id, number, state, hand_over, letter in session.execute(query)
    ]


def _is_hand_over(stage: Stage) -> ColumnElement[bool]:
    return sa.false() if stage is Stage.DRAFTED else _HAND_OVER


def _of_kind(stage: Stage, kind: Awaiting | None) -> tuple[ColumnElement[bool], ...]:
    if kind is None:
        return ()
    hand_over = _is_hand_over(stage)
    return (hand_over if kind is Awaiting.HAND_OVER else sa.not_(hand_over),)


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
        drafted=count(planned.where(_DRAFTED)),
        to_do=count(planned.where(_TO_DO)),
        hand_overs=count(planned.where(_TO_DO, _HAND_OVER)),
        sent=count(approved),
    )
