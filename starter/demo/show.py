"""What the demonstration shows: bars while it lives, a table at the end."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from domain.money import format_eur
from domain.states import InvoiceState
from domain.steps import StepKind
from starter.automation import Preview

MUST_BE_ZERO = (
    "sent_twice",
    "sent_after_payment",
    "workflows_failed",
    "ledgers_unbalanced",
    "letters_unaccounted",
)
"""Figures of the summary; any other number is a failure."""


def bars(console: Console) -> Progress:
    """Progress bars, on a terminal or not."""
    return Progress(
        TextColumn("{task.description:>14}"),
        BarColumn(bar_width=60),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
    )


class Bars:
    """One bar for the days, and one for each state."""

    def __init__(self, progress: Progress, days: int, invoices: int) -> None:
        self._progress = progress
        self._days = progress.add_task("days", total=days)
        self._states = {
            state: progress.add_task(f"{state.value}", total=invoices) for state in InvoiceState
        }
        self._plain = not progress.console.is_terminal

    def show(self, day: int, states: Counter[str]) -> None:
        self._progress.update(self._days, completed=day)
        for state, task in self._states.items():
            self._progress.update(task, completed=states[state.value])
        if self._plain and day % 10 == 0:
            words = ", ".join(f"{count} {state}" for state, count in states.most_common())
            self._progress.console.print(f"day {day}: {words}", highlight=False)


def preview(console: Console, company: str, seen: Preview) -> None:
    """What a company sees before it switches its automation on, in a few lines."""
    under = ", ".join(f"{one.rule.name} {one.customers}" for one in seen.rules)
    letters = ", ".join(
        f"{kind.words} {total.invoices}"
        for kind in StepKind
        if (total := seen.outlook.after.of(kind)).invoices
    )
    costs = format_eur(seen.cost.expected_cents, "en")
    for line in (
        f"company {company} switches its automation on, and has seen:",
        f"  customers: {under}, automation prevented {seen.prevented}",
        f"  the next 60 days, if nobody pays: {letters}; costs {costs}",
    ):
        console.print(line, style="dim", highlight=False)


def tell(summary: dict[str, Any], console: Console) -> None:
    table = Table(title=f"{summary['invoices']} invoices, {summary['days']} days")
    table.add_column("what")
    table.add_column("how many", justify="right")
    for state in InvoiceState:
        if count := summary["final_states"].get(state.value):
            table.add_row(f"{state.value} ({state.finnish})", str(count))
    for status, count in sorted(summary["collection_statuses"].items()):
        table.add_row(f"  at Intrum, of all: {status}", str(count), style="dim")
    table.add_section()
    for kind, count in sorted(summary["letters"]["by_kind"].items()):
        table.add_row(f"{kind} letters", str(count))
    for channel, count in sorted(summary["letters"]["by_channel"].items()):
        table.add_row(f"  by {channel}", str(count), style="dim")
    rerouted = summary["letters"]["rerouted"]
    table.add_row("  of these after another channel had failed", str(rerouted), style="dim")
    waited = str(summary["letters_waited_for_bank"])
    table.add_row("  of these after waiting for a fresh bank file", waited, style="dim")
    approved = str(summary["letters_approved"])
    table.add_row("  of these after somebody had approved them", approved, style="dim")
    table.add_section()
    table.add_row("fees charged to debtors", format_eur(summary["fees_cents"], "en"))
    table.add_row("late interest", format_eur(summary["interest_cents"], "en"))
    table.add_row(
        "service charges to companies", format_eur(summary["service_charges_cents"], "en")
    )
    payments = summary["payments"]
    table.add_row(f"{payments['count']} bank payments", format_eur(payments["cents"], "en"))
    table.add_row("needs attention", str(summary["needs_attention"]))
    table.add_section()
    for name in MUST_BE_ZERO:
        table.add_row(name.replace("_", " "), str(summary[name]), style="bold")
    table.add_row("seconds", str(summary["seconds"]))
    console.print(table)
