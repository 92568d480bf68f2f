"""Healing what was found wrong, as far as it is safe.

Nearly all of it is healed by a mark in the outbox, set under the invoice's lock if it is still
needed then, and by draining the outbox: a workflow that is missing is started with the case from
the row, and one that runs is told to look. Doing either once too often changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from datetime import UTC, datetime

from temporalio.client import Client

from activities import starting
from activities.desk import Desk, House
from activities.survey import Confirmed, Survey, Tally
from domain.misfits import Kind
from store import outbox, projection, sums
from store.database import Database
from store.tables import BulkAction, FileImport, Invoice, Replanning
from workflows.reconcile_contract import Look, Report


async def heal(
    survey: Survey, look: Look, client: Client, database: Database, house: House
) -> Report:
    """Heal what is wrong; the report counts what was found, and what something was done about."""
    tally = Tally()
    async with aclosing(survey.confirmed(look)) as pages:
        async for page in pages:
            for item in page:
                tally.add(item.finding)
            told = await asyncio.to_thread(_mark, database, house, page)
            tally.healed.update(told.values())
            await starting.drain(client, database, house.clock, only=sorted(told))
            for row in await asyncio.to_thread(_imports, database, page):
                await starting.start_import(client, row)
                tally.healed[Kind.IMPORT] += 1
            for moving in await asyncio.to_thread(_replannings, database, page):
                await starting.start_replanning(client, moving)
                tally.healed[Kind.REPLANNING] += 1
            for action in await asyncio.to_thread(_mass_actions, database, page):
                await starting.start_bulk(client, action)
                tally.healed[Kind.BULK] += 1
            if any(item.finding.kind is Kind.SUMS for item in page):
                tally.healed[Kind.SUMS] += await asyncio.to_thread(_sums, database)
    return survey.report(tally)


def _mark(database: Database, house: House, page: Sequence[Confirmed]) -> dict[int, Kind]:
    """Put what is needed into the outbox; the invoices to be drained, and why."""
    ids: dict[Kind, list[int]] = {}
    for item in page:
        invoice_id = item.finding.invoice_id
        if invoice_id is not None and item.finding.kind.healed and item.reachable:
            ids.setdefault(item.finding.kind, []).append(invoice_id)
    done: dict[int, Kind] = {}
    with database.transaction() as session:
        outbox.take_turn(session)
        for kind, of_kind in ids.items():
            match kind:
                case Kind.NOT_STARTED | Kind.UNSENT:
                    marked = of_kind
                case Kind.MISSING:
                    marked = outbox.start_anew(session, of_kind)
                case Kind.REOPENED:
                    marked = outbox.start_anew(session, of_kind, closed=True)
                case Kind.LAGGING:
                    marked = []
                case _:
                    marked = outbox.look_again(session, of_kind)
            done.update(dict.fromkeys(marked, kind))
    for invoice_id in ids.get(Kind.LAGGING, ()):
        if rebuild(database, house, invoice_id):
            done[invoice_id] = Kind.LAGGING
    return done


def _imports(database: Database, page: Sequence[Confirmed]) -> list[FileImport]:
    """The imports that stand still."""
    found = [item.finding for item in page if item.finding.kind is Kind.IMPORT]
    ids = [int(finding.workflow_id.removeprefix("import/")) for finding in found]
    with database.transaction() as session:
        return [session.get_one(FileImport, import_id) for import_id in ids]


def _replannings(database: Database, page: Sequence[Confirmed]) -> list[Replanning]:
    """The replannings that stand still."""
    found = [item.finding for item in page if item.finding.kind is Kind.REPLANNING]
    ids = [int(finding.workflow_id.removeprefix("replan/")) for finding in found]
    with database.transaction() as session:
        return [session.get_one(Replanning, replanning_id) for replanning_id in ids]


def _mass_actions(database: Database, page: Sequence[Confirmed]) -> list[BulkAction]:
    """The mass actions that stand still."""
    found = [item.finding for item in page if item.finding.kind is Kind.BULK]
    ids = [int(finding.workflow_id.removeprefix("bulk/")) for finding in found]
    with database.transaction() as session:
        return [session.get_one(BulkAction, action_id) for action_id in ids]


def _sums(database: Database) -> int:
    """Put right the sums kept of invoices; of how many companies."""
    with database.transaction() as session:
        return len(sums.heal(session))


def rebuild(database: Database, house: House, invoice_id: int) -> bool:
    """Make an invoice's row what its log says, and have its workflow look; False if it is so.

    A log with a gap is left to a person.
    """
    with database.transaction() as session:
        books = projection.read_locked(session, invoice_id)
        if books is None or books.gap() or not books.lag():
            return False
        case, row = books.case(), session.get_one(Invoice, invoice_id)
        row.case_json = case.model_dump(mode="json")
        row.last_event = case.seen
        row.signal_pending = True
        session.flush()
        Desk(session, house, row, house.clock.now(datetime.now(UTC))).project()
        return True
