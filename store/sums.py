"""Sums of invoices by state and due date, exact at any time and read in milliseconds.

Counting a million invoices takes a second. So triggers note, in the transaction of each change,
by how much a sum changes (`InvoiceSumChange`, only added to: nobody waits for anybody), and `fold`
adds the changes up now and then (`InvoiceSum`). The two are read together in one statement; what is
not folded yet makes that slower, and nothing wrong. `compare` counts the invoices themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Select, text
from sqlmodel import Session, col

from domain.sections import Section
from domain.states import InvoiceState
from store.scope import Scope
from store.tables import InvoiceSum, InvoiceSumChange

_TURN = 0x6B6172687A
"""Any number will do, if it is ours alone."""

MOST_CHANGES = 200_000
"""Folded in one transaction."""


@dataclass(frozen=True, slots=True)
class StateSum:
    """Invoices in a state, and what is open of them (cents) as far as their procedures have looked.
    `attention`, `approval`: those that wait for a person."""

    state: InvoiceState
    invoices: int
    open_cents: int
    attention: int
    approval: int


@dataclass(frozen=True, slots=True)
class SectionSum:
    """The same of a section of the open invoices."""

    section: Section
    invoices: int
    open_cents: int
    attention: int
    approval: int


@dataclass(frozen=True, slots=True)
class DueSum:
    """Invoices that are not at an end and fall due on one day. Cents."""

    due: date
    invoices: int
    open_cents: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Of a company, by its business id: how many sums were not what its invoices say."""

    business_id: str
    sums: int


def by_state(session: Session, scope: Scope) -> list[StateSum]:
    """Counts and sums by state, in the order of the procedure; states without invoices left out."""
    sums = _by(session, scope, "state")
    return [
        StateSum(state, *sums[key]) for state in InvoiceState if (key := (state.value,)) in sums
    ]


def by_section(session: Session, scope: Scope) -> list[SectionSum]:
    """Counts and sums of the open invoices by section: all sections, in their order."""
    sums = _by(session, scope, "state", "agency_service")
    found = {section: [0, 0, 0, 0] for section in Section}
    for (state, service), numbers in sums.items():
        section = Section.of(InvoiceState(state), service)
        if section is not None:
            found[section] = [one + more for one, more in zip(found[section], numbers, strict=True)]
    return [SectionSum(section, *numbers) for section, numbers in found.items()]


def by_company(session: Session, scope: Scope) -> dict[int, list[StateSum]]:
    """The same as `by_state` of each company, by its row."""
    found: dict[int, list[StateSum]] = {}
    for (company_id, state), numbers in _by(session, scope, "company_id", "state").items():
        found.setdefault(int(company_id), []).append(StateSum(InvoiceState(state), *numbers))
    return found


def by_due(session: Session, scope: Scope) -> list[DueSum]:
    """The open invoices' counts and sums by due date, the earliest first."""
    both = _both(scope).subquery()
    invoices, cents = (sa.func.sum(both.c[name]) for name in ("invoices", "open_cents"))
    rows = session.execute(
        sa.select(both.c.due, invoices, cents)
        .where(both.c.due > date.min)
        .group_by(both.c.due)
        .having(invoices != 0)
        .order_by(both.c.due)
    )
    return [DueSum(due, int(count), int(total)) for due, count, total in rows]


def fold(session: Session, most: int = MOST_CHANGES) -> int:
    """Add up the changes so far; how many. None if somebody else is at it."""
    if not _alone(session):
        return 0
    folded: int = session.execute(_FOLD, {"most": most}).scalar_one()
    if folded:
        session.execute(_CLEAR)
    return folded


def compare(session: Session) -> list[Difference]:
    """The companies whose sums are not what their invoices say. Counts all invoices."""
    return [Difference(*row) for row in session.execute(_COMPARE)]


def heal(session: Session) -> list[Difference]:
    """Put right what `compare` finds, while work goes on; what was found.

    What is missing is counted in one statement, so as of one instant, and added as one more change
    to each sum: those that are made meanwhile count as well.
    """
    if not _alone(session):
        return []
    rows = session.execute(_HEAL)
    return [Difference(*row) for row in rows]


def _alone(session: Session) -> bool:
    taken: bool = session.execute(sa.select(sa.func.pg_try_advisory_xact_lock(_TURN))).scalar_one()
    return taken


def _both(scope: Scope) -> Any:
    return sa.union_all(*(_of(table, scope) for table in (InvoiceSum, InvoiceSumChange)))


def _of(table: type[InvoiceSum | InvoiceSumChange], scope: Scope) -> Select[Any]:
    columns = (col(getattr(table, name)) for name in _READ)
    query = sa.select(*columns).where(scope.companies(table.company_id))
    return query if scope.owner is None else query.where(col(table.owner) == scope.owner)


_SUMMED = ("invoices", "open_cents", "attention", "approval")
_READ = ("company_id", "state", "agency_service", "due", *_SUMMED)


def _by(session: Session, scope: Scope, *key: str) -> dict[tuple[str, ...], list[int]]:
    both = _both(scope).subquery()
    columns = [both.c[name] for name in key]
    sums = [sa.func.sum(both.c[name]) for name in _SUMMED]
    rows = session.execute(
        sa.select(*columns, *sums).group_by(*columns).having(sa.func.sum(both.c.invoices) != 0)
    )
    return {tuple(row[: len(key)]): [int(one) for one in row[len(key) :]] for row in rows}


_KEY = "company_id, owner, state, agency_service, due"
_SUMS = "invoices, open_cents, attention, approval"

_FOLD = text(
    f"""
    WITH gone AS (
        DELETE FROM invoice_sum_change WHERE id IN
            (SELECT id FROM invoice_sum_change ORDER BY id LIMIT :most) RETURNING *
    ), added AS (
        SELECT {_KEY}, sum(invoices) AS invoices, sum(open_cents) AS open_cents,
            sum(attention) AS attention, sum(approval) AS approval
        FROM gone GROUP BY {_KEY}
    ), folded AS (
        INSERT INTO invoice_sum AS kept ({_KEY}, {_SUMS}) SELECT {_KEY}, {_SUMS} FROM added
        ON CONFLICT ({_KEY}) DO UPDATE SET
            invoices = kept.invoices + excluded.invoices,
            open_cents = kept.open_cents + excluded.open_cents,
            attention = kept.attention + excluded.attention,
            approval = kept.approval + excluded.approval
    )
    SELECT count(*) FROM gone
    """  # noqa: S608 - constants of this file
)

_CLEAR = text(
    "DELETE FROM invoice_sum WHERE invoices = 0 AND open_cents = 0 AND attention = 0"
    " AND approval = 0"
)

_WRONG = f"""
    truth AS (
        SELECT company_id, owner, state, agency_service,
            CASE WHEN state IN ('paid', 'credited', 'written_off', 'cancelled')
                THEN DATE '0001-01-01' ELSE due END AS due,
            count(*) AS invoices, sum(open_cents) AS open_cents,
            count(*) FILTER (WHERE attention <> '') AS attention,
            count(*) FILTER (WHERE next_step = 'approve') AS approval
        FROM invoice GROUP BY 1, 2, 3, 4, 5
    ), kept AS (
        SELECT {_KEY}, {_SUMS} FROM invoice_sum
        UNION ALL SELECT {_KEY}, {_SUMS} FROM invoice_sum_change
    ), wrong AS (
        SELECT {_KEY}, sum(invoices) AS invoices, sum(open_cents) AS open_cents,
            sum(attention) AS attention, sum(approval) AS approval
        FROM (
            SELECT * FROM truth UNION ALL
            SELECT {_KEY}, -invoices, -open_cents, -attention, -approval FROM kept
        ) AS missing
        GROUP BY {_KEY}
        HAVING (sum(invoices), sum(open_cents), sum(attention), sum(approval)) <> (0, 0, 0, 0)
    )
"""  # noqa: S608 - constants of this file

_COUNT_WRONG = (
    "SELECT company.business_id, count(*) FROM {} AS sums"
    " JOIN company ON company.id = sums.company_id GROUP BY company.id ORDER BY company.id"
)

_COMPARE = text(f"WITH {_WRONG} {_COUNT_WRONG.format('wrong')}")

_HEAL = text(
    f"WITH {_WRONG}, healed AS ("  # noqa: S608 - constants of this file
    f"INSERT INTO invoice_sum_change ({_KEY}, {_SUMS}) SELECT {_KEY}, {_SUMS} FROM wrong"
    f" RETURNING company_id) {_COUNT_WRONG.format('healed')}"
)
