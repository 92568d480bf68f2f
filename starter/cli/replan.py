# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu replan`: running invoices that are moved to another rule, or told of the automation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.console import errors, local, out, say, several
from starter.cli.invoice import Json
from starter.cli.place import in_words

if TYPE_CHECKING:
    from starter.cli.session import House
    from store.tables import Replanning

group = typer.Typer(
    help="Running invoices that are moved to another rule or version.", no_args_is_help=True
)

Company = Annotated[
    str | None, typer.Option(help="The creditor's business id, if there are several.")
]

_STILL_SECONDS = 20.0


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="replan")


@group.command("list")
def list_(company: Company = None, as_json: Json = False) -> None:
    """A company's replannings and how far they have got, the newest first."""
    from rich.table import Table

    from starter.cli.finding import the_company
    from starter.cli.session import books
    from store import replanning

    with books() as (_, database), database.transaction() as session:
        rows = replanning.listed(session, the_company(session, company).business_id)
    if as_json:
        import json

        content = [row.model_dump(mode="json", exclude={"company_id", "reached"}) for row in rows]
        typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False)
    for column in ("id", "asked", "by", "what", "status", "told", "of"):
        table.add_column(column, justify="right" if column in {"id", "told", "of"} else "left")
    for row in rows:
        table.add_row(
            *(str(row.id), local(row.asked_at), row.asked_by, _words(row), row.status),
            *(str(row.told), str(row.total)),
        )
    out.print(table)


@group.command()
def cancel(
    replanning_id: Annotated[int, typer.Argument(metavar="ID", help="As list shows.")],
) -> None:
    """Stop between two batches: what is moved stays moved, the other invoices keep their rule."""
    from starter.cli.session import books
    from starter.replanning import cancel as cancel_

    with in_words(), books() as (_, database), database.transaction() as session:
        row = cancel_(session, replanning_id)
        say(
            f"replanning {row.id} stops between two batches; {several(row.told, 'invoice')}"
            f" of {row.total} told so far"
        )


async def begin(house: House, row: Replanning | None) -> bool:
    """Start a replanning that was asked for, and show it to its end; False if it was cancelled."""
    from starter.replanning import Replannings

    if row is None:
        return True
    service = Replannings(house.database, house.client)
    await service.start(row)
    with _progress(row.id) as tick:
        async for seen in service.follow(row.id):
            tick(last := seen)
    if last.status == "cancelled":
        say(
            f"cancelled: {several(last.told, 'invoice')} of {last.total} told, the others as before"
        )
        return False
    say(f"{several(last.told, 'running invoice')} told")
    return True


def _words(row: Replanning) -> str:
    from workflows.words import replanning

    return replanning(row.kind, row.reason)


@contextmanager
def _progress(replanning_id: int) -> Iterator[Callable[[Replanning], None]]:
    """A bar on a terminal, nothing elsewhere; says, once, that nothing moves."""
    import time

    last, since, said = (-1, ""), time.monotonic(), False

    def look(row: Replanning) -> None:
        nonlocal last, since, said
        if (row.told, row.status) != last:
            last, since = (row.told, row.status), time.monotonic()
        elif not said and time.monotonic() - since > _STILL_SECONDS:
            said = True
            errors.print(
                f"replanning {replanning_id} is {row.status} and does not move: does Temporal"
                " answer, and does a worker run (karhu worker)? It goes on by itself when they do;"
                " Ctrl-C leaves it waiting",
                style="yellow",
                markup=False,
            )

    if not out.is_terminal:
        yield look
        return

    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("waiting", total=None)

        def move(row: Replanning) -> None:
            look(row)
            total = row.total or None
            progress.update(task, description=row.status, completed=row.told, total=total)

        yield move
