# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu import`, `karhu pay`, `karhu reconcile`: files in, and the outbox drained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.console import errors, eur, out, say, several

if TYPE_CHECKING:
    from collections.abc import Callable

    from starter.intake import Intake
    from starter.payments import Booking

_LINE_EVERY = 1_000
"""Records between two lines of progress where there is no terminal."""

_SHOWN = 200
"""Problems listed; the rest are counted."""


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_)
    app.command()(pay)
    app.command()(reconcile)


def import_(
    files: Annotated[list[Path], typer.Argument(help="Finvoice XML or CSV files.")],
) -> None:
    """Take invoices and credit notes in, and start their procedures. The same file again changes
    nothing; a bad record is named and left out. Exit code 1 if there was one."""
    import asyncio

    from starter.cli.session import karhu
    from starter.intake import take_in

    async def run() -> Intake:
        async with karhu() as house:
            with _progress("invoices read") as tick:
                return await take_in(
                    files,
                    database=house.database,
                    client=house.client,
                    clock=house.clock,
                    agency_contract=house.settings.intrum_contract,
                    report=lambda intake: tick(intake.read),
                )

    intake = asyncio.run(run())
    say(
        f"{intake.registered} registered, {intake.known} already there,"
        f" {intake.credited} credited, {len(intake.bad)} bad"
    )
    _list("bad", [str(record) for record in intake.bad])
    _waiting(intake.waiting, intake.problem)
    if intake.bad:
        raise typer.Exit(1)


def pay(
    files: Annotated[list[Path], typer.Option("--file", help="Incoming reference payments (KTL).")],
) -> None:
    """Book a bank's payments by their reference numbers. The same file again changes nothing."""
    import asyncio

    from starter.cli.session import karhu
    from starter.payments import book_files

    async def run() -> Booking:
        async with karhu() as house:
            with _progress("payments read") as tick:
                return await book_files(
                    files,
                    database=house.database,
                    client=house.client,
                    clock=house.clock,
                    report=lambda booking: tick(booking.read),
                )

    booking = asyncio.run(run())
    say(
        f"{booking.booked} booked ({eur(booking.booked_cents)}), {booking.known} already there,"
        f" {len(booking.unmatched)} unmatched, {several(len(booking.failed), 'direct debit')}"
        f" failed, {len(booking.bad)} bad"
    )
    if booking.told_agency:
        say(f"Intrum is told of {several(booking.told_agency, 'direct payment')}")
    _list("unmatched", booking.unmatched)
    _list("failed direct debit", booking.failed)
    _list("bad", [str(record) for record in booking.bad])
    _waiting(booking.waiting, booking.problem)
    if booking.bad:
        raise typer.Exit(1)


def reconcile() -> None:
    """Start and tell the workflows that a crash left out. The API does so by itself as well."""
    import asyncio

    from activities.starting import Drained, drain
    from starter.cli.session import karhu

    async def run() -> Drained:
        async with karhu() as house:
            return await drain(house.client, house.database, house.clock)

    drained = asyncio.run(run())
    if not (drained.started or drained.told or drained.finished or drained.waiting):
        say("nothing to do: every invoice has its workflow, and every workflow its news")
        return
    say(
        f"{several(drained.started, 'workflow')} started, {drained.told} told of news,"
        f" {drained.finished} over already (their news is kept)"
    )
    _waiting(drained.waiting, drained.problem)
    if drained.waiting:
        raise typer.Exit(1)


def _waiting(count: int, problem: str) -> None:
    if count:
        errors.print(
            f"{several(count, 'invoice')} wait in the outbox, because Temporal does not take them"
            f" now ({problem}); the API brings them on by itself, and so does `karhu reconcile`",
            style="yellow",
            markup=False,
        )


def _list(what: str, lines: Sequence[str]) -> None:
    for line in lines[:_SHOWN]:
        errors.print(f"{what}: {line}", style="yellow", markup=False)
    if len(lines) > _SHOWN:
        errors.print(f"{what}: and {len(lines) - _SHOWN} more", style="yellow", markup=False)


@contextmanager
def _progress(what: str) -> Iterator[Callable[[int], None]]:
    """Shows how far it has got: a moving line on a terminal, else a line now and then."""
    if not out.is_terminal:
        said = 0

        def line(count: int) -> None:
            nonlocal said
            if count - said >= _LINE_EVERY:
                said = count
                say(f"{count} {what}")

        yield line
        return

    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TextColumn("{task.completed:.0f} {task.description}"))
    with Progress(*columns, TimeElapsedColumn(), console=out, transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda count: progress.update(task, completed=count)
