# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu imports`: what was handed in, how far it has got, and what to do about bad records."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from starter.cli.console import fail, local, login, out, say, several
from starter.cli.files import follow

if TYPE_CHECKING:
    from starter.imports import Imports
    from store.tables import ImportRecord

group = typer.Typer(help="Files that were handed in.", no_args_is_help=True)

ImportId = Annotated[int, typer.Argument(metavar="ID", help="The import's number.")]

_T = TypeVar("_T")
_PAGE = 500


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="imports")


@group.command("list")
def list_(
    before: Annotated[
        int | None, typer.Option(help="Those before this one: the next page.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000)] = 20,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """The imports, the newest first."""
    import json

    from rich.table import Table

    from starter.cli.session import books
    from starter.import_words import shown
    from store import imports

    with books() as (_, database), database.transaction() as session:
        rows = imports.newest(session, before=before, limit=limit)
    if as_json:
        say(json.dumps([shown(row) for row in rows], indent=2))
        return
    table = Table()
    for head in ("id", "received", "kind", "name", "status"):
        table.add_column(head)
    for head in ("read", "booked", "known", "aside", "bad"):
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(
            *(str(row.id), local(row.received_at), row.kind, row.name, row.status),
            *(str(n) for n in (row.read, row.booked, row.known, row.set_aside, row.bad)),
        )
    out.print(table, markup=False)


@group.command()
def show(import_id: ImportId, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """How far an import has got; with one under way, until its end."""
    import json

    from starter.import_words import shown

    async def look(imports: Imports) -> bool:
        if as_json:
            say(json.dumps(shown(await imports.look(import_id)), indent=2))
            return True
        return await follow(imports, import_id)

    _with(look)


@group.command()
def rejected(
    import_id: ImportId,
    to: Annotated[
        Path | None, typer.Option("--out", help="Write their own text here, to be corrected.")
    ] = None,
) -> None:
    """The bad records, with line, element and reason; or, with --out, as files to be corrected."""
    from starter import import_words

    async def read(imports: Imports) -> None:
        row = await imports.look(import_id)
        records = await _bad(imports, import_id)
        if to is None:
            for record in records:
                say(f"{import_id}/{record.serial}  {import_words.of_record(row, record)}")
            return
        texts = {
            to: import_words.own_text(records),
            # Those that were read, and then refused, are written as a table of Karhu's own.
            to.with_name(f"{to.name}.csv"): import_words.as_table(records),
        }
        if not texts[to] and to.suffix.lower() == ".csv":
            texts = {to: texts[to.with_name(f"{to.name}.csv")]}
        for file, text in texts.items():
            if text:
                file.write_text(text, encoding="utf-8")
                say(f"written to {file}")
        if not any(texts.values()):
            say(f"import {import_id} has no bad record that could be written out")

    _with(read)


@group.command()
def correct(
    record: Annotated[str, typer.Argument(help="Import and record, as rejected shows: 12/37.")],
    file: Annotated[Path, typer.Option("--file", help="The record, corrected.")],
) -> None:
    """Hand a bad record in again, corrected, as an import of its own."""
    import_id, _, serial = record.partition("/")
    if not (import_id.isdecimal() and serial.isdecimal()):
        raise typer.BadParameter(f"{record} does not read import/record, as 12/37")
    if not file.is_file():
        fail(f"{file} is no file")

    async def hand_in(imports: Imports) -> bool:
        with file.open("rb") as stream:
            made = await imports.correct(int(import_id), int(serial), stream, file.name, login())
        return await follow(imports, made)

    if not _with(hand_in):
        raise typer.Exit(1)


@group.command()
def retry(import_id: ImportId) -> None:
    """Try those again that could be read but not booked: a credit note before its invoice."""

    async def again(imports: Imports) -> bool:
        staged = await imports.retry(import_id)
        if not staged:
            say(f"import {import_id} has nothing to try again")
            return True
        say(f"{several(staged, 'record')} of import {import_id} tried again")
        return await follow(imports, import_id)

    if not _with(again):
        raise typer.Exit(1)


@group.command()
def cancel(import_id: ImportId) -> None:
    """Stop an import between two chunks. What is booked stays booked."""

    async def stop(imports: Imports) -> None:
        row = await imports.cancel(import_id)
        if row.cancel_asked:
            say(f"import {import_id} stops between two chunks; what is booked stays booked")
        else:
            say(f"import {import_id} has ended already: {row.status}")

    _with(stop)


async def _bad(imports: Imports, import_id: int) -> list[ImportRecord]:
    from store.imports import RecordStatus

    found: list[ImportRecord] = []
    after = 0
    while page := await imports.records(import_id, [RecordStatus.BAD], after=after, limit=_PAGE):
        found += page
        after = page[-1].serial
    return found


def _with(do: Callable[[Imports], Coroutine[Any, Any, _T]]) -> _T:
    import asyncio

    from starter.cli.session import imports_of, karhu

    async def run() -> _T:
        async with karhu() as house:
            return await do(imports_of(house))

    return asyncio.run(run())
