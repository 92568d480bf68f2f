# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu up`: everything on one machine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.console import out

if TYPE_CHECKING:
    from starter.stack.addresses import Addresses


def add_to(app: typer.Typer) -> None:
    app.command()(up)


def up(
    data_dir: Annotated[
        Path | None, typer.Option(help="Folder that keeps everything (KARHU_DATA_DIR).")
    ] = None,
    days_per_second: Annotated[
        float | None,
        typer.Option(min=0.0001, help="Run the business clock at this many days a second."),
    ] = None,
    clock_from: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="Start the business clock at this instant (UTC); it never runs backwards.",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes.")] = 1,
    sandbox_option: Annotated[
        list[str] | None,
        typer.Option(help="An option of intrum-sandbox, e.g. --sandbox-option=--path=paid."),
    ] = None,
    other_ports: Annotated[
        bool, typer.Option("--other-ports", help="Leave the usual ports alone.")
    ] = False,
) -> None:
    """Start, supervise and stop as one: PostgreSQL, Temporal with its Web UI, an SMTP catcher, the
    Intrum sandbox, the API with the web pages, and the workers. Ctrl-C stops; started again, it
    carries on.

    First steps: karhu import FILE, karhu automation preview, karhu automation on --confirm-cost;
    until then a company's letters leave only by hand."""
    from starter import first_user
    from starter.settings import load
    from starter.up import full_stack

    settings = load()
    stack = full_stack(
        data_dir or settings.data_dir,
        settings,
        days_per_second=days_per_second,
        clock_origin=clock_from and clock_from.replace(tzinfo=UTC),
        workers=workers,
        sandbox_options=sandbox_option or (),
        usual_ports=not other_ports,
        report=lambda line: out.print(line, markup=False, style="dim"),
    )
    out.print(
        "letters leave by themselves once a company's automation is switched on:"
        " karhu automation preview, then karhu automation on --confirm-cost",
        markup=False,
        style="dim",
    )

    def welcome(placed: Addresses) -> str:
        if settings.database_url is not None:
            return f"the pages: {placed.api_url} (people are added by karhu user add)"
        return first_user.welcome(placed.database_url, placed.api_url)

    raise typer.Exit(stack.run(out, welcome=welcome))
