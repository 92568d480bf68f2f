"""Reference rates that people have added, and the invoices that wait for one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, func, select, update
from sqlmodel import Session, col

from domain.calendar import FINLAND
from domain.interest import REFERENCE_RATES, HalfYear, check_new_rate
from domain.interest import ReferenceRate as Rate
from domain.states import FINAL_STATES
from store.tables import Invoice, ReferenceRate

_TURN = 0x6B61726876
"""Any number will do, if it is ours alone and not that of the outbox or the migrations."""

_AWAITS = col(Invoice.case_json)["awaits_rate"].as_string()


@dataclass(frozen=True, slots=True)
class Added:
    """A rate that stands in the database. `added_by`: who says so."""

    rate: Rate
    added_at: datetime
    added_by: str


def added(session: Session) -> list[Rate]:
    """The rates that people have added, by half-year."""
    return [one.rate for one in listed(session)]


def listed(session: Session) -> list[Added]:
    """The added rates with who added them and when, by half-year."""
    rows = session.execute(select(ReferenceRate).order_by(col(ReferenceRate.half_year))).scalars()
    return [
        Added(
            Rate(HalfYear.parse(row.half_year), row.percent, row.source), row.added_at, row.added_by
        )
        for row in rows
    ]


def add(session: Session, rate: Rate, now: datetime, by: str) -> bool:
    """Add a published rate; False if it is known already.

    Waits until no decision that lacks it is under way. Raises `RateContradiction` if another figure
    is known for its half-year, and `UnlikelyRate`.
    """
    session.execute(select(func.pg_advisory_xact_lock(_TURN)))
    check_new_rate(rate, FINLAND.local_date(now))
    known = REFERENCE_RATES.with_added(added(session))
    if len(known.with_added([rate]).rows) == len(known.rows):
        return False
    session.add(
        ReferenceRate(
            half_year=str(rate.half_year),
            percent=rate.percent,
            source=rate.source,
            added_at=now,
            added_by=by,
        )
    )
    return True


def keep_as_they_are(session: Session) -> None:
    """From here to the transaction's end nobody adds a rate.

    So whoever notes that an invoice waits for one is seen by whoever adds it.
    """
    session.execute(select(func.pg_advisory_xact_lock_shared(_TURN)))


def waiting(session: Session) -> dict[str, int]:
    """How many invoices wait, by the half-year whose rate they wait for."""
    query = (
        select(_AWAITS, func.count().cast(Integer))
        .where(_AWAITS.is_not(None), col(Invoice.state).not_in(FINAL_STATES))
        .group_by(_AWAITS)
        .order_by(_AWAITS)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def tell_waiting(session: Session, half_year: HalfYear) -> list[int]:
    """Put those that wait for a half-year's rate into the outbox; their ids."""
    query = (
        update(Invoice)
        .where(str(half_year) == _AWAITS, col(Invoice.state).not_in(FINAL_STATES))
        .values(signal_pending=True)
        .returning(col(Invoice.id))
    )
    return sorted(session.execute(query).scalars())
