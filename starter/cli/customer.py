# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu customer`: what is particular about one customer."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.states import Channel
from starter.cli.console import fail, say
from starter.cli.invoice import Company

group = typer.Typer(help="One customer of a company.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="customer")


@group.command()
def channels(
    customer: Annotated[str, typer.Argument(help="What the company's books know it by.")],
    order: Annotated[
        list[Channel] | None, typer.Argument(help="In order of preference; no others are used.")
    ] = None,
    company: Company = None,
    as_the_rule: Annotated[
        bool, typer.Option("--as-the-rule", help="No order of its own any more.")
    ] = False,
) -> None:
    """Show or set how a customer's letters go, from the next letter on."""
    from starter.cli.session import books
    from store import customers

    if order and as_the_rule:
        fail("give channels or --as-the-rule, not both")
    if order and len(set(order)) < len(order):
        fail("a channel stands in the order twice")
    with books() as (_, database), database.transaction() as session:
        found = customers.find(session, customer, company)
        if not found:
            fail(f"there is no customer {customer}{f' of company {company}' if company else ''}")
        if len(found) > 1:
            whose = "; ".join(f"--company {one.business_id} ({one.name})" for _, one in found)
            fail(f"several companies have a customer {customer}; say which: {whose}")
        row = found[0][0]
        if order or as_the_rule:
            customers.set_channels(session, row, order or None)
        own = row.channels
    say(f"customer {customer}: {'as its rule says' if own is None else ', '.join(own)}")
