# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu statement`: what a month's letters cost the company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.console import errors, eur, fail, out, say
from starter.cli.invoice import Json

if TYPE_CHECKING:
    from domain.statement import Statement


def add_to(app: typer.Typer) -> None:
    app.command()(statement)


def statement(
    month: Annotated[str, typer.Option(help="For example 2026-10, by Finnish clocks.")],
    company: Annotated[str | None, typer.Option(help="Only this creditor's (business id).")] = None,
    as_json: Json = False,
) -> None:
    """Letters by channel, what they cost, what was taken back; checked against the events."""
    from domain.statement import Month
    from starter.cli.session import books
    from store.statement import statements

    try:
        wanted = Month.parse(month)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    with books() as (_, database), database.transaction() as session:
        found = statements(session, wanted, company)
    if not found:
        fail(f"there is no company {company or 'yet'}")
    if as_json:
        import json

        typer.echo(json.dumps([_plain(one) for one in found], indent=2, ensure_ascii=False))
    else:
        for one in found:
            _show(one)
    wrong = [one for one in found if not one.adds_up]
    for one in wrong:
        errors.print(
            f"{one.company_name}: the charges come to {eur(one.sum_cents)}, the event logs to"
            f" {eur(one.events_cents)}; do not send it before somebody has found out why",
            style="red",
            markup=False,
        )
    if wrong:
        raise typer.Exit(1)


def _show(one: Statement) -> None:
    from rich.table import Table

    from domain.tariff import VAT_PERCENT

    table = Table(box=None, pad_edge=False)
    for column in ("channel", "letters", "service", "transactions", "taken back", "sum"):
        table.add_column(column, justify="left" if column == "channel" else "right")
    for line in one.lines:
        table.add_row(
            line.channel.value,
            str(line.letters),
            eur(line.service_cents),
            eur(line.transaction_cents),
            eur(line.reversed_cents),
            eur(line.sum_cents),
        )
    lines = one.lines
    table.add_row(
        "all",
        str(one.letters),
        eur(sum(line.service_cents for line in lines)),
        eur(sum(line.transaction_cents for line in lines)),
        eur(sum(line.reversed_cents for line in lines)),
        eur(one.sum_cents),
        style="bold",
    )
    say(f"{one.company_name} ({one.company}), {one.month}, VAT {VAT_PERCENT} %", style="bold")
    out.print(table)
    say()


def _plain(one: Statement) -> dict[str, object]:
    from domain.tariff import VAT_PERCENT

    return {
        "company": one.company,
        "company_name": one.company_name,
        "month": str(one.month),
        "vat_percent": VAT_PERCENT,
        "channels": [
            {
                "channel": line.channel.value,
                "letters": line.letters,
                "service_cents": line.service_cents,
                "transaction_cents": line.transaction_cents,
                "reversed_cents": line.reversed_cents,
                "sum_cents": line.sum_cents,
            }
            for line in one.lines
        ],
        "letters": one.letters,
        "sum_cents": one.sum_cents,
        "events_cents": one.events_cents,
    }
