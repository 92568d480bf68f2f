# ruff: noqa: PLC0415 - imported when the command is called
"""What a change would do, on the terminal: before it and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from starter.cli.console import eur, out, say, several

if TYPE_CHECKING:
    from domain.steps import StepKind
    from domain.what_if import Outlook, WhatIf

_DAYS_SHOWN = 14


def show(answer: WhatIf, *, automation: bool) -> None:
    """By kind of step: how many before and after, whose day changes, fees and what Karhu takes."""
    from rich.table import Table

    from domain.what_if import DAYS

    if not automation:
        say("the automation is switched off: nothing leaves by itself, before or after")
    say(f"{several(answer.moved, 'running invoice')} would move")
    kinds = _kinds(answer)
    if not kinds:
        return
    table = Table(box=None, pad_edge=False, title=f"The next {DAYS} days", title_justify="left")
    for column in ("what", "before", "after", "another day", "fees before", "fees after"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for kind in kinds:
        old, new = answer.before.of(kind), answer.after.of(kind)
        table.add_row(
            kind.words,
            *(str(old.invoices), str(new.invoices), str(answer.changed[kind])),
            *(eur(old.fee_cents), eur(new.fee_cents)),
        )
    out.print(table)
    leaving = ", ".join(
        f"{several(part.invoices, kind.words)} ({eur(part.open_cents)} open)"
        for kind, part in answer.after.on(answer.tomorrow).items()
    )
    say(f"on the next banking day, {answer.tomorrow}: {leaving or 'nothing'}")


def by_day(outlook: Outlook) -> None:
    """The first days on which something leaves."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, title="What would leave", title_justify="left")
    for column in ("day", "what", "invoices", "open", "fees", "costs you"):
        table.add_column(column, justify="left" if column in {"day", "what"} else "right")
    days = sorted({day for day, _ in outlook.days})
    for day in days[:_DAYS_SHOWN]:
        for kind, part in sorted(outlook.on(day).items()):
            table.add_row(
                *(str(day), kind.words, str(part.invoices), eur(part.open_cents)),
                *(eur(part.fee_cents), eur(part.service_cents)),
            )
    out.print(table)
    if len(days) > _DAYS_SHOWN:
        say(f"and more on {several(len(days) - _DAYS_SHOWN, 'day')} after these")


def shown(answer: WhatIf) -> dict[str, Any]:
    """The same for programs."""
    return {
        "moved": answer.moved,
        "tomorrow": answer.tomorrow.isoformat(),
        "changed": {kind.value: count for kind, count in sorted(answer.changed.items())},
        "before": _days(answer.before),
        "after": _days(answer.after),
    }


def as_json(answer: WhatIf, **more: Any) -> None:
    import json

    typer.echo(json.dumps(more | shown(answer), indent=2, ensure_ascii=False))


def _days(outlook: Outlook) -> list[dict[str, Any]]:
    from dataclasses import asdict

    return [
        {"day": day.isoformat(), "kind": kind.value} | asdict(part)
        for (day, kind), part in sorted(outlook.days.items())
    ]


def _kinds(answer: WhatIf) -> list[StepKind]:
    """Those that there are, in the procedure's order."""
    from domain.steps import StepKind

    there = {kind for _, kind in (*answer.before.days, *answer.after.days)}
    return [kind for kind in StepKind if kind in there]
