# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu rates`: the reference rates that late interest is computed by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.by_hand import Actor
from starter.cli.console import errors, fail, local, out, say, several
from starter.cli.invoice import Json

if TYPE_CHECKING:
    from decimal import Decimal

    from starter.rates import Published

group = typer.Typer(help="Reference rates (viitekorko) for late interest.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="rates")


@group.command("list")
def list_(as_json: Json = False) -> None:
    """The rate of each half-year, the late interest that follows, and where it was published."""
    from domain.interest import REFERENCE_RATES
    from domain.law import FINNISH_LAW, DebtorClass
    from starter.cli.session import books
    from store import rates

    with books() as (_, database), database.transaction() as session:
        added = {one.rate.half_year: one for one in rates.listed(session)}
        waiting = rates.waiting(session)
    known = REFERENCE_RATES.with_added(one.rate for one in added.values())
    rows = []
    for row in sorted(known.rows, key=lambda row: row.half_year):
        on = row.half_year.first_day
        points = [FINNISH_LAW.late_interest_points(debtor, on) for debtor in DebtorClass]
        by = added.get(row.half_year)
        rows.append(
            {
                "half_year": str(row.half_year),
                "percent": _percent(row.percent),
                **{
                    debtor.value: _percent(row.percent + more)
                    for debtor, more in zip(DebtorClass, points, strict=True)
                },
                "source": row.source,
                "confirmed": row.confirmed,
                "added_by": by.added_by if by else None,
                "added_at": local(by.added_at) if by else None,
            }
        )
    if as_json:
        import json

        typer.echo(json.dumps({"rates": rows, "waiting": waiting}, indent=2, ensure_ascii=False))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("half-year", "%", "consumer", "business", "other", "notice", "added"):
        table.add_column(column, justify="right" if column in {"%", *DebtorClass} else "left")
    for one in rows:
        source = one["source"] if one["confirmed"] else f"{one['source']} (figure inferred)"
        by_whom = f"{one['added_at']} by {one['added_by']}" if one["added_by"] else "built in"
        keys = ("half_year", "percent", "consumer", "business", "other")
        table.add_row(*(str(one[key]) for key in keys), str(source), by_whom)
    out.print(table)
    for half_year, count in waiting.items():
        errors.print(
            f"{several(count, 'invoice')} wait for the rate of {half_year}:"
            f' karhu rates add {half_year} PERCENT --source "notice NUMBER/YEAR"',
            style="yellow",
            markup=False,
        )


@group.command()
def add(
    half_year: Annotated[str, typer.Argument(help="For example 2027H1.")],
    percent: Annotated[str, typer.Argument(help="The reference rate itself, % a year: 2.5.")],
    source: Annotated[str, typer.Option(help="The Bank of Finland's notice it stands in.")],
    actor: Actor,
) -> None:
    """Add the next published rate. Invoices that wait for it go on by themselves."""
    import asyncio
    from decimal import Decimal, InvalidOperation

    from domain.interest import HalfYear, RateError, ReferenceRate
    from starter.cli.session import karhu
    from starter.rates import add

    try:
        rate = ReferenceRate(
            HalfYear.parse(half_year), Decimal(percent.replace(",", ".")), " ".join(source.split())
        )
    except InvalidOperation:
        fail(f"{percent!r} is not a percentage: write it as 2.5")
    except ValueError as error:
        fail(str(error))

    async def run() -> Published:
        async with karhu() as house:
            return await add(
                rate, actor, database=house.database, client=house.client, clock=house.clock
            )

    try:
        done = asyncio.run(run())
    except RateError as refused:
        fail(str(refused))
    what = "is added" if done.new else "was known already"
    told = f"; {several(done.waited, 'invoice')} waited for it" if done.waited else ""
    say(f"the reference rate of {rate.half_year}, {_percent(rate.percent)} %, {what}{told}")
    if done.drained.waiting:
        errors.print(
            f"{several(done.drained.waiting, 'invoice')} wait in the outbox, because Temporal does"
            f" not take them now ({done.drained.problem}); `karhu reconcile` brings them on",
            style="yellow",
            markup=False,
        )


def _percent(percent: Decimal) -> str:
    return f"{percent:.1f}"
