# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu reconcile`: rows compared with workflows, and what does not fit healed or listed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.console import errors, out, say, several

if TYPE_CHECKING:
    from activities.starting import Drained
    from activities.survey import Survey, Tick
    from starter.cli.session import House
    from workflows.reconcile_contract import Report

_PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds between looks at whether healing has helped: workflows need a moment."""


def add_to(app: typer.Typer) -> None:
    app.command()(reconcile)


def reconcile(
    check: Annotated[
        bool, typer.Option("--check", help="List only; exit code 1 if something is found.")
    ] = False,
) -> None:
    """Compare rows with workflows, heal what is safe, and list the rest. A schedule does so by
    itself as well. Exit code 1 if something is left."""
    import asyncio

    from starter.cli.session import karhu

    async def run() -> bool:
        async with karhu() as house:
            with _progress() as tick:
                return await (_check(house, tick) if check else _heal(house, tick))

    if not asyncio.run(run()):
        raise typer.Exit(1)


async def _check(house: House, tick: Tick) -> bool:
    from workflows.reconcile_contract import Look

    report = await _survey(house, tick).compare(Look())
    _table(report)
    return report.total == 0


async def _heal(house: House, tick: Tick) -> bool:
    """What waits in the outbox first, as it is there; then what was found."""
    import asyncio

    from activities import healing
    from activities.desk import House as Office
    from activities.starting import drain
    from starter.imports import start_received
    from starter.replanning import Replannings
    from workflows.reconcile_contract import Look

    begun = await start_received(house.client, house.database)
    moving = await Replannings(house.database, house.client).start_waiting()
    drained = await drain(house.client, house.database, house.clock)
    _said(begun, moving, drained)
    if drained.waiting:
        return False
    office = Office(house.clock, day_count=house.settings.day_count)
    found = await healing.heal(_survey(house, tick), Look(), house.client, house.database, office)
    if found.total == 0:
        _table(found)
        return True
    for pause in _PAUSES:
        await asyncio.sleep(pause)
        left = await _survey(house, tick).compare(Look())
        if not any(kind.healed for kind in left.counts):
            break
    _table(found, left)
    return left.total == 0


def _survey(house: House, tick: Tick) -> Survey:
    from datetime import UTC, datetime

    from activities.survey import Survey

    return Survey(house.client, house.database, house.clock, datetime.now(UTC), tick=tick)


def _said(begun: int, moving: int, drained: Drained) -> None:
    if begun:
        say(f"{several(begun, 'import')} started")
    if moving:
        say(f"{several(moving, 'replanning')} started")
    if drained.started or drained.told or drained.finished:
        say(
            f"{several(drained.started, 'workflow')} started, {drained.told} told of news,"
            f" {drained.finished} over already (their news is kept)"
        )
    if drained.waiting:
        errors.print(
            f"{several(drained.waiting, 'invoice')} wait in the outbox, because Temporal does not"
            f" take them now ({drained.problem}); the API brings them on by itself",
            style="yellow",
            markup=False,
        )


def _table(found: Report, left: Report | None = None) -> None:
    from rich.table import Table

    from domain.misfits import Kind

    if found.total == 0:
        say(
            f"nothing to do: {several(found.invoices, 'invoice')} compared,"
            " every row has its workflow, and every workflow its news"
        )
        return
    table = Table("found", "what", "count", *(() if left is None else ("healing", "left")))
    for kind in Kind:
        if kind not in found.counts and (left is None or kind not in left.counts):
            continue
        cells = [kind.value, kind.meaning, str(found.counts.get(kind, 0))]
        if left is not None:
            healed = str(found.healed.get(kind, 0)) if kind.healed else "a person's"
            cells += [healed, str(left.counts.get(kind, 0))]
        table.add_row(*cells)
    out.print(table)
    for item in (left or found).first:
        say(f"{item.kind.value}: {item.workflow_id}: {item.words}")


@contextmanager
def _progress() -> Iterator[Tick]:
    """A bar on a terminal; nothing elsewhere, where only what is found counts."""
    if not out.is_terminal:
        yield lambda _what, _done, _of: None
        return

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("workflows listed", total=None)
        yield lambda what, done, of: progress.update(
            task, description=what, completed=done, total=of
        )
