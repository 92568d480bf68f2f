"""Running invoices moved to another rule or version: asked for, done batch by batch, looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlmodel import Session, col

from domain.states import FINAL_STATES
from store.scope import Scope
from store.tables import Company, Replanning

RULE = "rule"
CUSTOMERS = "customers"
AUTOMATION = "automation"

WAITING = "waiting"
RUNNING = "running"
DONE = "done"
CANCELLED = "cancelled"

# Of each kind: which invoices it is about, and the version that each comes under.
_ABOUT = {
    RULE: (
        "invoice.rule_version_id IN (SELECT id FROM rule_version WHERE rule_id = :rule)"
        " AND invoice.rule_version_id <> (SELECT id FROM newest WHERE rule_id = :rule)",
        "(SELECT id FROM newest WHERE rule_id = :rule)",
    ),
    CUSTOMERS: (
        "customer.moved_in = :replanning AND invoice.rule_version_id IS DISTINCT FROM"
        " (SELECT id FROM newest WHERE rule_id = customer.rule_id)",
        "(SELECT id FROM newest WHERE rule_id = customer.rule_id)",
    ),
    AUTOMATION: ("TRUE", "invoice.rule_version_id"),
}

_NEWEST = (
    "WITH newest AS (SELECT DISTINCT ON (v.rule_id) v.rule_id, v.id FROM rule_version v"
    " JOIN rule ON rule.id = v.rule_id WHERE rule.company_id = :company"
    " ORDER BY v.rule_id, v.version DESC)"
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction moved: the invoices' ids, all marked as to be told."""

    ids: list[int]
    replanning: Replanning

    @property
    def over(self) -> bool:
        return self.replanning.status in {DONE, CANCELLED}


def ask(
    session: Session,
    company_id: int,
    kind: str,
    *,
    by: str,
    now: datetime,
    rule_id: int | None = None,
    reason: str = "",
) -> Replanning:
    """Note that running invoices are to be moved; a workflow does it (`status` waiting)."""
    replanning = Replanning(
        company_id=company_id,
        kind=kind,
        rule_id=rule_id,
        status=WAITING,
        asked_at=now,
        asked_by=by,
        reason=reason,
    )
    session.add(replanning)
    session.flush()
    return replanning


def move_batch(session: Session, replanning_id: int, size: int, now: datetime) -> Batch:
    """Move the next invoices and mark them as to be told; ends the replanning after the last."""
    row = session.execute(
        select(Replanning).where(col(Replanning.id) == replanning_id).with_for_update()
    ).scalar_one()
    if row.status in {DONE, CANCELLED}:
        return Batch([], row)
    about, version = _ABOUT[row.kind]
    given = {
        "company": row.company_id,
        "replanning": row.id,
        "rule": row.rule_id,
        "after": row.reached,
        "ended": [state.value for state in FINAL_STATES],
        "size": size,
    }
    source = (
        "FROM invoice JOIN customer ON customer.id = invoice.customer_id"
        " WHERE invoice.company_id = :company AND invoice.id > :after"
        f" AND invoice.state <> ALL(:ended) AND {about}"
    )
    if row.status == WAITING:
        row.total = session.execute(text(f"{_NEWEST} SELECT count(*) {source}"), given).scalar_one()
        row.status = RUNNING
    ids: list[int] = []
    if row.cancel_asked:
        row.status = CANCELLED
    else:
        ids = _move(session, source, version, given)
        row.told += len(ids)
        row.reached = max(ids, default=row.reached)
        if not ids:
            row.status = DONE
    if row.status in {DONE, CANCELLED}:
        row.ended_at = now
    session.add(row)
    session.flush()
    return Batch(ids, row)


def _move(session: Session, source: str, version: str, given: dict[str, object]) -> list[int]:
    moved = session.execute(
        text(
            f"{_NEWEST}, batch AS (SELECT invoice.id, {version} AS version_id {source}"  # noqa: S608
            " ORDER BY invoice.id LIMIT :size FOR UPDATE OF invoice)"
            " UPDATE invoice SET rule_version_id = batch.version_id, signal_pending = TRUE"
            " FROM batch WHERE invoice.id = batch.id RETURNING invoice.id"
        ),
        given,
    )
    return sorted(moved.scalars())


def cancel(session: Session, replanning_id: int) -> bool:
    """Stop between two batches; False if it is over. What is moved stays moved."""
    row = session.execute(
        select(Replanning).where(col(Replanning.id) == replanning_id).with_for_update()
    ).scalar_one()
    if row.status in {DONE, CANCELLED}:
        return False
    row.cancel_asked = True
    session.add(row)
    return True


def waiting(session: Session) -> list[Replanning]:
    """Those that no workflow has begun, the oldest first."""
    query = select(Replanning).where(col(Replanning.status) == WAITING)
    return list(session.execute(query.order_by(col(Replanning.id))).scalars())


def listed(session: Session, company: str, limit: int = 50) -> list[Replanning]:
    """A company's, by its business id, the newest first."""
    return list(
        session.execute(
            select(Replanning)
            .join(Company, col(Company.id) == col(Replanning.company_id))
            .where(col(Company.business_id) == company)
            .order_by(col(Replanning.id).desc())
            .limit(limit)
        ).scalars()
    )


def page(
    session: Session, scope: Scope, *, before: int | None = None, limit: int = 50
) -> list[Replanning]:
    """Those of the companies seen into, the newest first; those before an id."""
    query = select(Replanning).where(scope.companies(Replanning.company_id))
    if before is not None:
        query = query.where(col(Replanning.id) < before)
    return list(session.execute(query.order_by(col(Replanning.id).desc()).limit(limit)).scalars())


def seen(session: Session, scope: Scope, replanning_id: int) -> Replanning | None:
    """The replanning; None if there is none of this id that may be seen."""
    query = select(Replanning).where(
        scope.companies(Replanning.company_id), col(Replanning.id) == replanning_id
    )
    return session.execute(query).scalars().first()
