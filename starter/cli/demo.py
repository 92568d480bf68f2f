# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu demo`: two hundred invoices live ninety days in about two minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from starter.cli.console import out


def add_to(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    folder: Annotated[
        Path, typer.Option("--dir", help="Made anew: files in, mail, outbox, summary.json.")
    ] = Path("var/demo"),
    invoices: Annotated[int, typer.Option(min=10)] = 200,
    days: Annotated[int, typer.Option(min=30)] = 90,
    days_per_second: Annotated[float, typer.Option(min=0.05, max=5)] = 0.8,
    seed: Annotated[int, typer.Option(help="Another number, another world.")] = 1,
) -> None:
    """Live through a made-up spring and summer: invoices in, letters out, Intrum, paid."""
    from starter.demo.run import Plan, run
    from starter.settings import Settings

    plan = Plan(folder.resolve(), invoices, days, days_per_second, seed)
    raise typer.Exit(run(plan, Settings(), out))
