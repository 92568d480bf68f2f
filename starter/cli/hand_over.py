# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu invoice hand-over`: to the agency, one invoice or many."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer

from starter.cli.by_hand import Actor, Key, Reason, ask
from starter.cli.console import fail, say
from starter.cli.invoice import Company


def add_to(group: typer.Typer) -> None:
    group.command("hand-over")(hand_over)


def hand_over(
    number: Annotated[list[str], typer.Argument(help="The invoices' numbers.")],
    actor: Actor,
    company: Company = None,
    reason: Reason = "",
    key: Key = None,
) -> None:
    """Hand over to the agency, or approve a hand-over that waits: to its reminder service what is
    overdue, to collection what is notified."""
    from domain import requests

    key = key or str(uuid.uuid4())
    if len(number) == 1:
        request = requests.HandOver(actor=actor, reason=reason, key=key)
        ask(number[0], company, request, "the hand-over was approved")
        return
    _many(number, company, actor=actor, reason=reason, key=key)


def _many(numbers: list[str], company: str | None, *, actor: str, reason: str, key: str) -> None:
    import asyncio

    from starter import handing_over
    from starter.cli.finding import the_company
    from starter.cli.session import karhu
    from store import hand_overs
    from store.scope import Scope

    async def run() -> list[handing_over.Asked]:
        async with karhu() as house:
            with house.database.transaction() as session:
                scope = Scope(frozenset({the_company(session, company).id}))
                found = hand_overs.found(session, scope, numbers=numbers)
            if missing := set(numbers) - {one.number for one in found}:
                fail(f"there is no invoice {', '.join(sorted(missing))}")
            return await handing_over.hand_over(
                house.client, found, actor=actor, reason=reason, key=key
            )

    refused = 0
    for one in asyncio.run(run()):
        if one.refused:
            refused += 1
            say(f"invoice {one.number}: not done: {one.refused}")
        else:
            say(f"invoice {one.number}: {one.state}: {one.why}")
    if refused:
        raise typer.Exit(1)
