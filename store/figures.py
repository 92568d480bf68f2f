"""Figures of companies that are computed now and then, and kept with the time they are of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from store.tables import KeptFigure

ASKED_WITHIN = timedelta(days=1)
"""Figures that nobody has looked at for longer are not computed any more (real time)."""


def kept(session: Session, company_id: int, name: str) -> KeptFigure | None:
    """The figure as it was last computed, if it was ever asked for."""
    return session.get(KeptFigure, (company_id, name))


def ask(session: Session, company_id: int, name: str, now: datetime) -> None:
    """Note that somebody looks at it: it is computed, and computed anew as it becomes old."""
    row = {"company_id": company_id, "name": name, "asked_at": now, "took_ms": 0}
    asked = insert(KeptFigure).values(**row)
    session.execute(
        asked.on_conflict_do_update(
            index_elements=["company_id", "name"],
            set_={"asked_at": now},
            # One look in a minute says enough, and a row that is not written is not fought for.
            where=col(KeptFigure.asked_at) < now - timedelta(minutes=1),
        )
    )


def keep(
    session: Session,
    company_id: int,
    name: str,
    said: dict[str, Any],
    *,
    took_ms: int,
    computed_at: datetime,
    as_of: datetime,
) -> None:
    """Keep it. `computed_at`: real time; `as_of`: business time."""
    values = {
        "said": said,
        "took_ms": took_ms,
        "computed_at": computed_at,
        "as_of": as_of,
    }
    row = {"company_id": company_id, "name": name, "asked_at": computed_at, **values}
    session.execute(
        insert(KeptFigure)
        .values(**row)
        .on_conflict_do_update(index_elements=["company_id", "name"], set_=values)
    )


def old(session: Session, now: datetime, *, least: timedelta, times: int) -> Sequence[KeptFigure]:
    """Those that somebody looks at and that have become old: after the time `least`, or so many
    `times` what computing took, whichever is longer; those never computed first."""
    age = sa.literal(now) - col(KeptFigure.computed_at)
    enough = sa.func.greatest(
        sa.literal(least),
        sa.func.make_interval(0, 0, 0, 0, 0, 0, col(KeptFigure.took_ms) * times / 1000.0),
    )
    query = (
        select(KeptFigure)
        .where(
            col(KeptFigure.asked_at) > now - ASKED_WITHIN,
            sa.or_(col(KeptFigure.computed_at).is_(None), age > enough),
        )
        .order_by(col(KeptFigure.computed_at).nulls_first())
    )
    return list(session.exec(query))
