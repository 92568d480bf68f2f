"""The event log as it is read: of a company, of a rule, of an invoice; page by page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, not_
from sqlmodel import Session, col, or_, select

from domain.actor_kinds import ActorKind
from domain.actors import AGENCIES, AUTOMATION
from domain.outcomes import Outcome
from store.scope import Scope
from store.tables import Customer, Event, Invoice, Notice, Rule, RuleVersion

_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the log is asked for; nothing given: all of it. Instants are business time.

    `rule_id`: what happened to invoices while they ran under any version of it. `since` counts
    itself in, `until` does not.
    """

    rule_id: int | None = None
    invoice: str | None = None
    customer: str | None = None
    kinds: tuple[str, ...] = ()
    actor: ActorKind | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event with what it is about. `customer`: what the company's books know the debtor by."""

    id: int
    serial: int
    """1, 2, ... within the invoice's own history."""
    at: datetime
    kind: str
    actor: str
    reason: str
    outcome: Outcome
    invoice: str
    customer: str
    rule_id: int | None
    rule: str | None
    rule_version: int | None
    letter: Notice | None
    """The letter that it is about."""


def page(
    session: Session,
    scope: Scope,
    wanted: Wanted,
    *,
    oldest_first: bool,
    start: int | None,
    through: int | None = None,
    limit: int,
) -> list[LoggedEvent]:
    """Events by id, those beyond `start`. `through`: none with a higher id."""
    order = col(Event.id).asc() if oldest_first else col(Event.id).desc()
    conditions = _conditions(session, scope, wanted)
    if start is not None:
        conditions.append(col(Event.id) > start if oldest_first else col(Event.id) < start)
    if through is not None:
        conditions.append(col(Event.id) <= through)
    query = (
        select(Event, Invoice.number, Customer.key)
        .join(Invoice, col(Invoice.id) == col(Event.invoice_id))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(*conditions)
        .order_by(order)
        .limit(limit)
    )
    return _told(session, session.exec(query).all())


def _conditions(session: Session, scope: Scope, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = [scope.companies(Event.company_id)]
    if scope.owner is not None:
        conditions.append(scope.invoices())
    if wanted.rule_id is not None:
        versions = (
            select(RuleVersion.id)
            .join(Rule, col(Rule.id) == col(RuleVersion.rule_id))
            .where(Rule.id == wanted.rule_id, scope.companies(Rule.company_id))
        )
        conditions.append(col(Event.rule_version_id).in_(session.exec(versions).all()))
    if wanted.invoice is not None:
        ours = select(Invoice.id).where(scope.invoices(), Invoice.number == wanted.invoice)
        conditions.append(col(Event.invoice_id).in_(session.exec(ours).all()))
    if wanted.customer is not None:
        conditions.append(col(Customer.key) == wanted.customer)
    if wanted.kinds:
        conditions.append(col(Event.kind).in_(wanted.kinds))
    if wanted.actor is not None:
        conditions.append(_by(wanted.actor))
    if wanted.since is not None:
        conditions.append(col(Event.at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(col(Event.at) < wanted.until)
    return conditions


def _by(actor: ActorKind) -> ColumnElement[bool]:
    automatic, agency = col(Event.actor) == AUTOMATION, col(Event.actor).in_(sorted(AGENCIES))
    match actor:
        case ActorKind.AUTOMATION:
            return automatic
        case ActorKind.AGENCY:
            return agency
        case ActorKind.PERSON:
            return not_(or_(automatic, agency))


def _told(session: Session, rows: Sequence[tuple[Event, str, str]]) -> list[LoggedEvent]:
    outcomes = [_OUTCOME.validate_python(event.outcome) for event, _, _ in rows]
    letters = _letters(session, outcomes)
    versions = {event.rule_version_id for event, _, _ in rows} - {None}
    rules = {
        row.id: (row.rule_id, name, row.version)
        for row, name in session.exec(
            select(RuleVersion, Rule.name)
            .join(Rule, col(Rule.id) == col(RuleVersion.rule_id))
            .where(col(RuleVersion.id).in_(versions))
        )
    }
    told = []
    for (event, number, customer), outcome in zip(rows, outcomes, strict=True):
        rule_id, name, version = rules.get(event.rule_version_id or 0, (None, None, None))
        told.append(
            LoggedEvent(
                id=event.id,
                serial=event.seq,
                at=event.at,
                kind=event.kind,
                actor=event.actor,
                reason=event.reason,
                outcome=outcome,
                invoice=number,
                customer=customer,
                rule_id=rule_id,
                rule=name,
                rule_version=version,
                letter=letters.get(notice_of(outcome) or 0),
            )
        )
    return told


def notice_of(outcome: Outcome) -> int | None:
    """The row of the letter that an outcome is about."""
    letter = getattr(outcome, "letter", None)
    return getattr(letter if letter is not None else outcome, "notice_id", None)


def _letters(session: Session, outcomes: Sequence[Outcome]) -> dict[int, Notice]:
    wanted = {row for one in outcomes if (row := notice_of(one)) is not None}
    if not wanted:
        return {}
    rows = session.exec(select(Notice).where(col(Notice.id).in_(wanted)))
    return {row.id: row for row in rows}


def rule_named(session: Session, company_id: int, name: str) -> int | None:
    """The row of a company's rule."""
    found = select(Rule.id).where(Rule.company_id == company_id, Rule.name == name)
    return session.exec(found).first()
