"""The audit log: who did what, where. Rows are added and read; nothing else is possible."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from store.people import Place
from store.tables import AuditEntry

Detail = str | int | bool | list[str] | None


def note(
    session: Session,
    now: datetime,
    actor: str,
    action: str,
    target: str = "",
    place: Place | None = None,
    **detail: Detail,
) -> None:
    """Write a row. `detail` must hold no secret and no person's name or address."""
    company_id = place.company_id if place else None
    session.add(
        AuditEntry(
            at=now,
            actor=actor,
            company_id=company_id,
            firm_id=place.firm_id if place and company_id is None else None,
            action=action,
            target=target,
            detail=detail,
        )
    )


def page(session: Session, place: Place, *, before: int | None, limit: int) -> Sequence[AuditEntry]:
    """What was done in a company or in a firm itself: the newest first, those before a row."""
    query = select(AuditEntry).order_by(col(AuditEntry.id).desc()).limit(limit)
    if place.company_id is not None:
        query = query.where(AuditEntry.company_id == place.company_id)
    else:
        query = query.where(AuditEntry.firm_id == place.firm_id)
    if before is not None:
        query = query.where(col(AuditEntry.id) < before)
    return session.exec(query).all()


def of_person(session: Session, user_id: int, *, limit: int) -> Sequence[AuditEntry]:
    """What a person did, and what was done about him or her: the newest first."""
    name = f"user:{user_id}"
    query = (
        select(AuditEntry)
        .where((col(AuditEntry.actor) == name) | (col(AuditEntry.target) == name))
        .order_by(col(AuditEntry.id).desc())
        .limit(limit)
    )
    return session.exec(query).all()
