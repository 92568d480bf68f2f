"""Rows against the workflows that run: what does not fit, as lists to be looked at again.

The running workflows come in by COPY into a temporary table; each kind of misfit is one statement
into another. Both live as long as the connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    Index,
    MetaData,
    Select,
    Table,
    Text,
    cast,
    exists,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlmodel import col

from domain.agency import IN_LINE, MessageKind
from domain.misfits import Kind
from domain.states import FINAL_STATES
from store.database import Database
from store.tables import (
    AgencyCase,
    AgencyMessage,
    BulkAction,
    Company,
    Event,
    FileImport,
    Invoice,
    LedgerEntry,
    Notice,
    Replanning,
)

_OF_THIS_CONNECTION = MetaData()

_RUNNING = Table(
    "running_workflow",
    _OF_THIS_CONNECTION,
    Column("workflow_id", Text, nullable=False),
    Column("started", DateTime(timezone=True), nullable=False),
    Index("ix_running_workflow", "workflow_id"),
    prefixes=["TEMPORARY"],
)

_MISFIT = Table(
    "misfit",
    _OF_THIS_CONNECTION,
    Column("serial", BigInteger, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("invoice_id", BigInteger),
    Column("workflow_id", Text, nullable=False),
    Column("words", Text, nullable=False),
    prefixes=["TEMPORARY"],
)

_COLUMNS = ("invoice_id", "workflow_id", "words")

_IMPORTS = "import/"
_REPLANNINGS = "replan/"
_BULK = "bulk/"


@dataclass(frozen=True, slots=True)
class Misfit:
    """Something that did not fit when it was looked at. `serial`: its place in the list."""

    serial: int
    kind: Kind
    invoice_id: int | None
    workflow_id: str
    words: str


@dataclass(frozen=True, slots=True)
class Before:
    """How long something must have been so, as instants that it was so before.

    `quiet`, `errand` and `step` are business time, for what the rows say; `started` is real time,
    for when a workflow was started.
    """

    quiet: datetime
    errand: datetime
    step: datetime
    started: datetime


class Roll:
    """The running workflows, and the misfits that were found with them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def call(self, running: Iterable[tuple[str, datetime]]) -> None:
        """Add running workflows: id, and when it was started."""
        driver: Any = self._connection.connection.driver_connection
        with driver.cursor().copy(
            "COPY running_workflow (workflow_id, started) FROM STDIN"
        ) as copy:
            for row in running:
                copy.write_row(row)

    def compare(self, before: Before) -> None:
        """List every misfit between the rows and the running workflows."""
        self._connection.exec_driver_sql("ANALYZE running_workflow")
        for kind, listed in _statements(before):
            found = listed.subquery()
            self._connection.execute(
                _MISFIT.insert().from_select(
                    ["kind", *_COLUMNS], select(literal(kind.value), *found.c)
                )
            )

    def again(self, kind: Kind, misfits: Sequence[Misfit], before: Before) -> set[str]:
        """The workflow ids of those misfits of one kind that the rows still say."""
        ids = [misfit.invoice_id for misfit in misfits if misfit.invoice_id is not None]
        still: set[str] = set()
        for name, listed in _statements(before):
            if name is not kind:
                continue
            found = listed.subquery()
            narrowed = (
                found.c.invoice_id.in_(ids)
                if ids
                else found.c.workflow_id.in_([misfit.workflow_id for misfit in misfits])
            )
            rows = self._connection.execute(select(found.c.workflow_id).where(narrowed))
            still.update(rows.scalars())
        return still

    def add(self, kind: Kind, invoice_id: int, workflow_id: str, words: str) -> None:
        """List a misfit that was found otherwise."""
        self._connection.execute(
            insert(_MISFIT).values(
                kind=kind.value, invoice_id=invoice_id, workflow_id=workflow_id, words=words
            )
        )

    def count(self) -> int:
        return self._connection.execute(select(func.count()).select_from(_MISFIT)).scalar_one()

    def page(self, after: int, limit: int) -> list[Misfit]:
        """The misfits after a place in the list; at most `limit`."""
        rows = self._connection.execute(
            select(_MISFIT).where(_MISFIT.c.serial > after).order_by(_MISFIT.c.serial).limit(limit)
        )
        return [Misfit(row[0], Kind(row[1]), *row[2:]) for row in rows]


@contextmanager
def roll(database: Database) -> Iterator[Roll]:
    """An empty roll on a connection of its own, which is closed at the end."""
    with database.engine.connect() as connection:
        # No transaction that stays open: the list of workflows takes its time to come in.
        connection.execution_options(isolation_level="AUTOCOMMIT")
        try:
            _OF_THIS_CONNECTION.create_all(connection, checkfirst=False)
            yield Roll(connection)
        finally:
            # The tables end with the connection, which therefore does not go back to the pool.
            connection.invalidate()


# ── the kinds of misfit, one statement each ──────────────────────────────────────────────────


_WORKFLOW_ID = literal("invoice/") + col(Company.business_id) + "/" + col(Invoice.number)

_HAS_WORKFLOW = exists().where(_RUNNING.c.workflow_id == _WORKFLOW_ID)

_FINAL = col(Invoice.state).in_([state.value for state in FINAL_STATES])

_AT_AGENCY = col(Invoice.case_json)["agency"].as_string().is_not(None)

_LETTER_OUTSTANDING = col(Notice.status).in_(["released", "sending"])

_OURS_WAITING = (col(AgencyMessage.direction) == "out") & (
    col(AgencyMessage.status).in_(IN_LINE)
    # Of a case that the agency does not have yet, nothing but its assignment can be said.
    & (
        (col(AgencyMessage.kind) == MessageKind.ASSIGNMENT.value)
        | (col(AgencyCase.agency_case_id) != "")
    )
)

_THEIRS_WAITING = (col(AgencyMessage.direction) == "in") & (col(AgencyMessage.status) == "received")

_IN_OUTBOX = col(Invoice.start_pending) | col(Invoice.signal_pending)


def _statements(before: Before) -> list[tuple[Kind, Select[Any]]]:
    """Kind and statement of each; a kind may have several."""
    quiet = _quiet(before.quiet)
    watched = _FINAL | _HAS_WORKFLOW
    return [
        (
            Kind.MISSING,
            _invoices(literal("state ") + col(Invoice.state)).where(
                ~_FINAL, ~_HAS_WORKFLOW, ~col(Invoice.start_pending), *quiet
            ),
        ),
        (
            Kind.NOT_STARTED,
            _invoices(literal("waits in the outbox")).where(col(Invoice.start_pending), *quiet),
        ),
        (
            Kind.UNSENT,
            _invoices(literal("waits in the outbox")).where(
                col(Invoice.signal_pending), ~col(Invoice.start_pending), *quiet
            ),
        ),
        (
            Kind.UNHEARD,
            _messages(literal("the agency's report of ") + _day(AgencyMessage.at)).where(
                *(~_FINAL, ~_IN_OUTBOX, _AT_AGENCY, _THEIRS_WAITING, _HAS_WORKFLOW), *quiet
            ),
        ),
        (
            Kind.UNHEARD,
            # A held invoice's letter waits for the release; the automation's, for that.
            _letters(literal("a letter came back")).where(
                *(~_FINAL, ~_IN_OUTBOX, ~col(Invoice.held), col(Company.automation)),
                _HAS_WORKFLOW,
                *(col(Notice.status) == "bounced", *quiet),
            ),
        ),
        (
            Kind.UNDEAD,
            _invoices(literal("state ") + col(Invoice.state))
            .join(_RUNNING, _RUNNING.c.workflow_id == _WORKFLOW_ID)
            .where(_FINAL, ~_IN_OUTBOX, _RUNNING.c.started < before.started, *quiet),
        ),
        (
            Kind.STUCK,
            _invoices(col(Invoice.next_step) + " was due " + _day(Invoice.next_step_at)).where(
                *(~_FINAL, ~_IN_OUTBOX, _HAS_WORKFLOW),
                *(col(Invoice.next_step_at) < before.step, *quiet),
                ~exists().where(col(Notice.invoice_id) == col(Invoice.id), _LETTER_OUTSTANDING),
                ~exists().where(
                    col(AgencyCase.invoice_id) == col(Invoice.id),
                    col(AgencyMessage.agency_case_id) == col(AgencyCase.id),
                    _OURS_WAITING,
                ),
            ),
        ),
        (
            Kind.LETTER,
            _letters(
                col(Notice.kind) + " " + col(Notice.status) + " " + _day(Notice.released_at),
            ).where(_LETTER_OUTSTANDING, col(Notice.released_at) < before.errand, watched),
        ),
        (
            Kind.MESSAGE,
            _messages(col(AgencyMessage.kind) + " of " + _day(AgencyMessage.at)).where(
                *(_AT_AGENCY, _OURS_WAITING, col(AgencyMessage.at) < before.errand, watched)
            ),
        ),
        (Kind.IMPORT, _imports(before)),
        (Kind.REPLANNING, _stand_still(_REPLANNINGS, Replanning, before)),
        (Kind.BULK, _stand_still(_BULK, BulkAction, before)),
        (Kind.ORPHANED, _orphans(before)),
    ]


def _imports(before: Before) -> Select[Any]:
    workflow_id = literal(_IMPORTS) + cast(col(FileImport.id), Text)
    return _columns(
        null().cast(BigInteger), workflow_id, literal("status ") + col(FileImport.status)
    ).where(
        col(FileImport.status).in_(["received", "reading", "booking"]),
        col(FileImport.received_at) < before.quiet,
        ~exists().where(_RUNNING.c.workflow_id == workflow_id),
    )


def _stand_still(prefix: str, table: type[Replanning | BulkAction], before: Before) -> Select[Any]:
    workflow_id = literal(prefix) + cast(col(table.id), Text)
    return _columns(
        null().cast(BigInteger), workflow_id, literal("status ") + col(table.status)
    ).where(
        col(table.status).in_(["waiting", "running"]),
        col(table.asked_at) < before.quiet,
        ~exists().where(_RUNNING.c.workflow_id == workflow_id),
    )


def _orphans(before: Before) -> Select[Any]:
    return _columns(
        null().cast(BigInteger),
        _RUNNING.c.workflow_id,
        literal("it runs, and no invoice has its number"),
    ).where(
        *(_RUNNING.c.workflow_id.not_like(f"{name}%") for name in (_IMPORTS, _REPLANNINGS, _BULK)),
        _RUNNING.c.started < before.started,
        ~exists().where(
            _RUNNING.c.workflow_id == _WORKFLOW_ID, col(Company.id) == col(Invoice.company_id)
        ),
    )


def _columns(invoice_id: Any, workflow_id: Any, words: Any) -> Select[Any]:
    values = (invoice_id, workflow_id, words)
    named = (value.label(name) for name, value in zip(_COLUMNS, values, strict=True))
    return select(*named).distinct()


def _invoices(words: Any) -> Select[Any]:
    return (
        _columns(col(Invoice.id), _WORKFLOW_ID, words)
        .select_from(Invoice)
        .join(Company, col(Company.id) == col(Invoice.company_id))
    )


def _letters(words: Any) -> Select[Any]:
    return _invoices(words).join(Notice, col(Notice.invoice_id) == col(Invoice.id))


def _messages(words: Any) -> Select[Any]:
    return (
        _invoices(words)
        .join(AgencyCase, col(AgencyCase.invoice_id) == col(Invoice.id))
        .join(AgencyMessage, col(AgencyMessage.agency_case_id) == col(AgencyCase.id))
    )


def _quiet(before: datetime) -> tuple[ColumnElement[bool], ...]:
    """Nothing has happened to the invoice since: whoever is at work on it is left alone."""
    file, message = aliased(AgencyCase), aliased(AgencyMessage)
    return (
        col(Invoice.registered_at) < before,
        ~exists().where(
            col(LedgerEntry.invoice_id) == col(Invoice.id), col(LedgerEntry.booked_at) >= before
        ),
        ~exists().where(col(Event.invoice_id) == col(Invoice.id), col(Event.at) >= before),
        ~exists().where(
            col(file.invoice_id) == col(Invoice.id),
            col(message.agency_case_id) == col(file.id),
            col(message.at) >= before,
        ),
    )


def _day(instant: Any) -> ColumnElement[Any]:
    return func.to_char(func.timezone("UTC", col(instant)), "YYYY-MM-DD")
