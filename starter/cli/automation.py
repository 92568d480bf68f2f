# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu automation`: what it would do and cost, and its switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli import outlook
from starter.cli.by_hand import Actor
from starter.cli.console import eur, local, out, say
from starter.cli.invoice import Json
from starter.cli.place import in_words
from starter.cli.replan import Company, begin

if TYPE_CHECKING:
    from starter.automation import Preview

group = typer.Typer(
    help="A company's automation: off until somebody switches it on.", no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="automation")


@group.command()
def preview(company: Company = None, as_json: Json = False) -> None:
    """Who is under which rule and why, what would leave in the next days, and what it costs."""
    from starter.automation import preview as preview_
    from starter.cli.finding import the_company
    from starter.cli.session import books

    with books() as (settings, database), database.transaction() as session:
        owner = the_company(session, company)
        seen = preview_(session, owner, settings.clock())
        name = f"{owner.name} ({owner.business_id})"
    if as_json:
        import json

        typer.echo(json.dumps(_shown(seen), indent=2, ensure_ascii=False))
        return
    say(f"{name}: the automation is {'on' if seen.on else 'off'}{_since(seen)}")
    show(seen)


def show(seen: Preview) -> None:
    """The preview as tables."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("rule", "customers", "by hand", "why the others are there"):
        table.add_column(column, justify="right" if column in {"customers", "by hand"} else "left")
    for one in seen.rules:
        rule = f"{one.rule.name} v{one.rule.version}"
        table.add_row(rule, str(one.customers), str(one.by_hand or ""), one.why)
    table.add_row("automation prevented", str(seen.prevented), "", "see below")
    out.print(table)
    for line in seen.first_prevented:
        say(f"automation prevented: {line.key}  {line.name}: {line.why}")
    if seen.prevented > len(seen.first_prevented):
        say("and more: karhu customer list --prevented")
    outlook.by_day(seen.outlook.after)
    channels = ", ".join(
        f"{channel.value} {eur(cents)}" for channel, cents in seen.cost.transaction_cents.items()
    )
    say(f"costs {eur(seen.cost.service_cents)} a letter, and the channel: {channels} (VAT 0 %)")
    say(f"for all letters of the next 60 days: {eur(seen.cost.expected_cents)}")


@group.command()
def on(
    actor: Actor,
    company: Company = None,
    confirm_cost: Annotated[
        bool, typer.Option("--confirm-cost", help="I have seen what a letter costs: see preview.")
    ] = False,
) -> None:
    """Switch a company's automation on: its letters and hand-overs leave by themselves."""
    _switch(actor, company, on=True, confirmed=confirm_cost)


@group.command()
def off(actor: Actor, company: Company = None) -> None:
    """Switch a company's automation off, at once. Invoices still become overdue, and everything
    can be done by hand."""
    _switch(actor, company, on=False)


def _switch(actor: str, company: str | None, *, on: bool, confirmed: bool = False) -> None:
    import asyncio

    from starter import automation
    from starter.cli.finding import the_company
    from starter.cli.session import karhu

    async def run() -> None:
        async with karhu() as house:
            with house.database.transaction() as session:
                owner = the_company(session, company)
                if on:
                    asked = automation.switch_on(
                        session, owner, by=actor, clock=house.clock, confirmed_cost=confirmed
                    )
                else:
                    asked = automation.switch_off(session, owner, by=actor, clock=house.clock)
                what = f"{owner.name} ({owner.business_id}): the automation is"
            word = "on" if on else "off"
            say(f"{what} {word}" if asked else f"{what} {word} already")
            await begin(house, asked)

    with in_words():
        asyncio.run(run())


def _since(seen: Preview) -> str:
    by = f" by {seen.set_by}" if seen.set_by else ""
    return f", switched {local(seen.set_at)}{by}" if seen.set_at else ""


def _shown(seen: Preview) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "on": seen.on,
        "set_at": seen.set_at and seen.set_at.isoformat(),
        "set_by": seen.set_by,
        "rules": [
            {
                "name": one.rule.name,
                "version": one.rule.version,
                "general_for": one.general_for,
                "customers": one.customers,
                "by_hand": one.by_hand,
                "why": one.why,
            }
            for one in seen.rules
        ],
        "prevented": seen.prevented,
        "first_prevented": [asdict(line) for line in seen.first_prevented],
        "outlook": outlook.shown(seen.outlook),
        "cost": {
            "service_cents": seen.cost.service_cents,
            "transaction_cents": {
                channel.value: cents for channel, cents in seen.cost.transaction_cents.items()
            },
            "expected_cents": seen.cost.expected_cents,
        },
    }
