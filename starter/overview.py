"""A company at a glance: its open invoices by section and age, and what moves.

Sections and ages are exact and read in milliseconds (`store.sums`). The other figures are counted
when somebody looks, as long as that takes no more than a moment; of a company so large that it
takes longer they are computed by the API's rounds and kept with the time that they are of.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from psycopg.errors import QueryCanceled
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from domain import overview
from domain.calendar import FINLAND
from domain.case import Frozen
from domain.overview import Age, Funnel, Outgoing, Sales
from store import figures, sums
from store import overview as rows
from store.database import Database
from store.scope import Scope
from store.sums import SectionSum

log = logging.getLogger("karhu.overview")

FUNNEL_DAYS = 30
OUTGOING_DAYS = 7
"""As far as they look, if nobody says otherwise."""

MOMENT_MS = 150
"""What takes longer than this is not counted anew for each who looks."""

FRESH = timedelta(minutes=2)
"""What is kept is computed anew when it is as old as this (real time), or..."""

TIMES = 50
"""... so many times as old as computing it took."""

F = TypeVar("F", bound=Frozen)


@dataclass(frozen=True, slots=True)
class Figure(Generic[F]):
    """A figure and the business instant that it is of. `said` None: it is being computed."""

    said: F | None
    as_of: datetime


def sections(session: Session, scope: Scope) -> list[SectionSum]:
    """The sections of the open invoices, each with its count and open sum; exact."""
    return sums.by_section(session, scope)


def ages(session: Session, scope: Scope, today: date) -> tuple[Age, ...]:
    """Open money by days overdue; exact."""
    due = sums.by_due(session, scope)
    return overview.ages(((one.due, one.invoices, one.open_cents) for one in due), today)


def funnel(
    session: Session, scope: Scope, *, real: datetime, now: datetime, days: int = FUNNEL_DAYS
) -> Figure[Funnel]:
    """How many invoices came to each rung of the ladder in the last days."""
    return _figure(session, scope, f"funnel/{days}", Funnel, real, now)


def dso(session: Session, scope: Scope, *, real: datetime, now: datetime) -> Figure[Sales]:
    """Days sales outstanding at the end of each of the last twelve months
    (`domain.overview.days_sales_outstanding` has the formula)."""
    return _figure(session, scope, "dso/0", Sales, real, now)


def outgoing(
    session: Session, scope: Scope, *, real: datetime, now: datetime, days: int = OUTGOING_DAYS
) -> Figure[Outgoing]:
    """What went out in the last days, and what goes out in the next ones."""
    return _figure(session, scope, f"outgoing/{days}", Outgoing, real, now)


def refresh(database: Database, real: datetime, now: datetime) -> int:
    """Compute anew what somebody looks at and has become old; how many figures."""
    with database.transaction() as session:
        old = figures.old(session, real, least=FRESH, times=TIMES)
    for row in old:
        began = time.monotonic()
        with database.transaction() as session:
            said = _compute(session, Scope(frozenset({row.company_id})), row.name, now)
            took = round((time.monotonic() - began) * 1000)
            figures.keep(
                session,
                row.company_id,
                row.name,
                said.model_dump(mode="json"),
                took_ms=took,
                computed_at=real,
                as_of=now,
            )
    return len(old)


# ── each figure ──────────────────────────────────────────────────────────────────────────────


def _funnel(session: Session, scope: Scope, now: datetime, days: int) -> Frozen:
    since = now - timedelta(days=days)
    return Funnel(since=since, invoices=rows.came_to(session, scope, since))


def _dso(session: Session, scope: Scope, now: datetime, _: int) -> Frozen:
    invoiced, owed = rows.sales(session, scope)
    today = FINLAND.local_date(now)
    return Sales(months=overview.days_sales_outstanding(invoiced, owed, today))


def _outgoing(session: Session, scope: Scope, now: datetime, days: int) -> Frozen:
    far = timedelta(days=days)
    return Outgoing(
        gone=rows.gone(session, scope, now - far),
        next=rows.to_come(session, scope, now, now + far),
    )


_FIGURES: dict[str, Callable[[Session, Scope, datetime, int], Frozen]] = {
    "funnel": _funnel,
    "dso": _dso,
    "outgoing": _outgoing,
}


def _compute(session: Session, scope: Scope, name: str, now: datetime) -> Frozen:
    which, _, days = name.partition("/")
    return _FIGURES[which](session, scope, now, int(days))


# ── counted now, or kept ─────────────────────────────────────────────────────────────────────


def _figure(
    session: Session, scope: Scope, name: str, kind: type[F], real: datetime, now: datetime
) -> Figure[F]:
    # What one person may see of a company's, or several companies', is nobody else's to keep.
    if scope.owner is not None or len(scope.company_ids) != 1:
        return Figure(_read(kind, _compute(session, scope, name, now)), now)
    (company_id,) = scope.company_ids
    kept = figures.kept(session, company_id, name)
    if kept is None or (kept.said is not None and kept.took_ms <= MOMENT_MS):
        said = _in_a_moment(session, scope, name, now)
        if said is not None:
            return Figure(_read(kind, said), now)
    figures.ask(session, company_id, name, real)
    if kept is None or kept.said is None or kept.as_of is None:
        return Figure(None, now)
    return Figure(kind.model_validate(kept.said), kept.as_of)


def _read(kind: type[F], said: Frozen) -> F:
    assert isinstance(said, kind)  # noqa: S101 - each name has its own kind
    return said


def _in_a_moment(session: Session, scope: Scope, name: str, now: datetime) -> Frozen | None:
    """The figure, if it can be counted at once; None if that takes longer."""
    try:
        with session.begin_nested():
            before = session.execute(text("SHOW statement_timeout")).scalar_one()
            _give_up_after(session, f"{2 * MOMENT_MS}ms")
            said = _compute(session, scope, name, now)
            _give_up_after(session, before)
    except OperationalError as error:
        if not isinstance(error.orig, QueryCanceled):
            raise
        log.info("%s takes longer than a moment: the rounds compute it", name)
        return None
    return said


def _give_up_after(session: Session, time_out: str) -> None:
    session.execute(
        text("SELECT set_config('statement_timeout', :after, true)"), {"after": time_out}
    )
