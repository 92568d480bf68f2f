# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu import`, `karhu watch`: files in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.console import errors, fail, login, out, say, several

if TYPE_CHECKING:
    from starter.imports import Imports
    from store.tables import FileImport

_LINE_EVERY = 1_000
"""Records between two lines of progress where there is no terminal."""

_STILL_SECONDS = 8.0
"""For so long nothing moves before it is said that perhaps nobody works."""

_SHOWN = 200
"""Problems listed; the rest are counted."""

INTERRUPTED = 130

For = Annotated[
    str | None,
    typer.Option(
        "--company", help="Business id of the company whose file it is, if the file does not say."
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--map", help="OURS=THEIRS: what a CSV file calls one of our columns."),
]


def add_to(app: typer.Typer) -> None:
    app.command("import")(import_)
    app.command()(watch)


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Invoices (Finvoice, Netvisor, CSV), a bank's payments (KTL, camt), or an agency's"
            " settlements (JSON)."
        ),
    ],
    company: For = None,
    columns: Columns = None,
) -> None:
    """Hand files in and follow their import to its end. The same file again changes nothing; a bad
    record is named and left out. Exit code 1 if there was one. Ctrl-C leaves the import running."""
    import asyncio

    from starter.cli.session import imports_of, karhu

    mapped = _mapped(columns)
    going: list[int] = []

    async def run() -> bool:
        async with karhu() as house:
            imports = imports_of(house)
            for file in files:
                import_id = await _hand_in(imports, file, company, mapped)
                if import_id is not None:
                    going.append(import_id)
            well = [await follow(imports, import_id) for import_id in going]
            return all(well) and len(going) == len(files)

    try:
        well = asyncio.run(run())
    except KeyboardInterrupt:
        for import_id in going:
            errors.print(
                f"import {import_id} goes on without you: karhu imports show {import_id} says how"
                f" far it is, karhu imports cancel {import_id} stops it",
                markup=False,
            )
        raise typer.Exit(INTERRUPTED) from None
    if not well:
        raise typer.Exit(1)


def watch(
    folder: Annotated[Path, typer.Argument(help="Files put here are handed in.")],
    company: For = None,
    columns: Columns = None,
    once: Annotated[
        bool, typer.Option("--once", help="End when every file that is there has been imported.")
    ] = False,
) -> None:
    """Import what is put into a folder: from there it goes to taken/, then to done/ or failed/,
    with a report beside it if records were bad. Several may watch the same folder."""
    import asyncio

    from starter.cli.session import imports_of, karhu
    from starter.watching import Watch

    mapped = _mapped(columns)

    async def run() -> None:
        async with karhu() as house:
            watched = Watch(folder, imports_of(house), company, mapped, report=say)
            await watched.run(once=once)

    if not folder.is_dir():
        fail(f"{folder} is no folder")
    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def _mapped(columns: list[str] | None) -> dict[str, str]:
    from integrations.invoice_csv import BadMap, parse_map

    try:
        return parse_map(columns or [])
    except BadMap as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--map") from None


async def _hand_in(
    imports: Imports, file: Path, company: str | None, columns: dict[str, str]
) -> int | None:
    """The file's import; None, after saying why, if it cannot be taken: the others go in."""
    from starter.imports import CannotTakeError, Handing

    try:
        with file.open("rb") as stream:
            return await imports.hand_in(stream, Handing(file.name, login(), company, columns))
    except CannotTakeError as error:
        why = str(error)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or "that is not a file's name"
        why = f"{file}: cannot be read: {reason}; check the path and the rights"
    errors.print(why, style="red", markup=False)
    return None


async def follow(imports: Imports, import_id: int) -> bool:
    """Show an import to its end, and what came of it; False if anything was bad."""
    from starter import import_words
    from store.imports import ImportStatus, RecordStatus

    with _progress(import_id) as tick:
        async for row in imports.follow(import_id):
            tick(row)
    summed = await imports.summed(import_id)
    say(f"import {import_id}, {row.name}: {import_words.counts(row, summed)}")
    for status, what in ((RecordStatus.SET_ASIDE, "set aside"), (RecordStatus.BAD, "bad")):
        found = await imports.records(import_id, [status], limit=_SHOWN + 1)
        left_out = [record for record in found if record.kind != "feed"]
        _list(what, [import_words.of_record(row, record) for record in left_out])
    if row.bad:
        errors.print(
            f"karhu imports rejected {import_id} --out FILE writes the bad ones out, to be"
            " corrected and handed in again",
            style="yellow",
            markup=False,
        )
    if summed.untold:
        errors.print(
            f"{several(summed.untold, 'invoice')} wait in the outbox, because Temporal does not"
            " take them now; the API brings them on by itself, and so does karhu reconcile",
            style="yellow",
            markup=False,
        )
    if row.problem:
        errors.print(row.problem, style="red", markup=False)
    return row.status == ImportStatus.DONE and not row.bad


def _list(what: str, lines: Sequence[str]) -> None:
    for line in lines[:_SHOWN]:
        errors.print(f"{what}: {line}", style="yellow", markup=False)
    if len(lines) > _SHOWN:
        errors.print(f"{what}: and more; karhu imports rejected has them all", style="yellow")


@contextmanager
def _progress(import_id: int) -> Iterator[Callable[[FileImport], None]]:
    """Shows how far it has got: a bar on a terminal, else a line now and then; and says it when
    nothing moves."""
    still = _Still(import_id)
    if not out.is_terminal:
        said = 0

        def line(row: FileImport) -> None:
            nonlocal said
            still.look(row)
            done = row.booked + row.known + row.set_aside + row.bad
            if done - said >= _LINE_EVERY:
                said = done
                say(f"{done} of {several(row.read, 'record')}")

        yield line
        return

    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
    )
    with Progress(*columns, TimeElapsedColumn(), console=out, transient=True) as progress:
        task = progress.add_task("waiting", total=0)

        def move(row: FileImport) -> None:
            still.look(row)
            done = row.booked + row.known + row.set_aside + row.bad
            progress.update(task, description=row.status, completed=done, total=row.read)

        yield move


class _Still:
    """Says, once, that nothing moves."""

    def __init__(self, import_id: int) -> None:
        self._import_id = import_id
        self._last: tuple[object, ...] = ()
        self._since = time.monotonic()
        self._said = False

    def look(self, row: FileImport) -> None:
        there = (row.status, row.read, row.booked, row.known, row.set_aside, row.bad)
        if there != self._last:
            self._last, self._since = there, time.monotonic()
        elif not self._said and time.monotonic() - self._since > _STILL_SECONDS:
            self._said = True
            errors.print(
                f"import {self._import_id} is {row.status} and does not move: does Temporal"
                " answer, and does a worker run (karhu worker)? It goes on by itself when they do;"
                " Ctrl-C leaves it waiting",
                style="yellow",
                markup=False,
            )
