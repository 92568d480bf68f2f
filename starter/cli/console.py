# ruff: noqa: PLC0415 - imported when there is something to show
"""Where the command line writes, and how it writes amounts and instants."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NoReturn

import typer
from rich.console import Console

from domain.calendar import HELSINKI
from domain.money import NO_BREAK_SPACE, format_eur

out = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

if not out.is_terminal and "COLUMNS" not in os.environ:
    # Into a file or a pipe: as wide as a line may well be, not as a terminal of 1978.
    out.width = 160


def say(words: str = "", style: str = "") -> None:
    """A line for the person, as it is."""
    out.print(words, style=style, markup=False)


def fail(words: str) -> NoReturn:
    """Say why not, and end with exit code 1."""
    errors.print(words, style="red", markup=False)
    raise typer.Exit(1)


def eur(cents: int) -> str:
    """An amount, with spaces that can be typed: "1,088.36 EUR"."""
    return format_eur(cents, "en").replace(NO_BREAK_SPACE, " ")


def local(instant: datetime | None) -> str:
    """An instant as Finnish clocks show it, to the minute: "2026-12-03 09:14"; "" for none."""
    return instant.astimezone(HELSINKI).strftime("%Y-%m-%d %H:%M") if instant else ""


def listing(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table without walls; what does not fit is folded."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    out.print(table)


def login() -> str:
    """Who sits at the terminal, by name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return "operator"


def several(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 invoice", "2 invoices"."""
    return f"{count} {one if count == 1 else many or one + 's'}"
