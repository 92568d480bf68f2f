# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu approvals`: letters on approval, and approving many at once."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from domain.stage import Stage
from starter.cli.by_hand import Actor, Key, Reason
from starter.cli.console import eur, fail, listing, local, say, several
from starter.cli.invoice import Json

if TYPE_CHECKING:
    from starter.approvals import Asked

group = typer.Typer(help="Letters that wait for somebody's approval.", no_args_is_help=True)

Company = Annotated[
    str | None, typer.Option(help="The company's business id, if there are several.")
]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="approvals")


@group.command("list")
def list_(
    stage: Annotated[
        Stage, typer.Option(help="Drafted (their time has not come), to do, or sent.")
    ] = Stage.TO_DO,
    company: Company = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Rows.")] = 50,
    as_json: Json = False,
) -> None:
    """Letters at one stage, and how many there are at each."""
    import json
    from dataclasses import asdict
    from datetime import UTC, datetime

    from starter import approvals as service
    from starter.cli.finding import the_company
    from starter.cli.session import books
    from store import approvals
    from store.scope import Scope

    with books() as (settings, database), database.transaction() as session:
        scope = Scope(frozenset({the_company(session, company).id}))
        now = settings.clock().now(datetime.now(UTC))
        counts = approvals.stages_seen(session, scope)
        letters = (
            service.sent(session, scope, limit=limit)
            if stage is Stage.SENT
            else service.planned(session, scope, stage, now, limit=limit)
        )
    if as_json:
        content = {"stages": asdict(counts), "letters": [asdict(one) for one in letters]}
        typer.echo(json.dumps(content, indent=2, default=str, ensure_ascii=False))
        return
    say(f"{counts.drafted} drafted, {counts.to_do} to do, {counts.sent} sent")
    rows = (
        (
            *(one.about.number, one.about.customer_key, one.letter or "", eur(one.fee_cents)),
            *(local(one.at), one.approved_by, one.status or one.why),
        )
        for one in letters
    )
    columns = ("invoice", "customer", "letter", "fee", "when", "approved by", "how")
    listing(columns, rows)
    if stage is Stage.TO_DO and letters:
        say("`karhu invoice draft NUMBER` shows one, `karhu approvals approve` sends them")


@group.command()
def approve(
    actor: Actor,
    number: Annotated[list[str] | None, typer.Argument(help="The invoices' numbers.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait, however many.")] = False,
    company: Company = None,
    reason: Reason = "",
    key: Key = None,
) -> None:
    """Approve letters: each leaves now, if the law lets it."""
    import asyncio

    from starter import approvals as service
    from starter.cli.finding import the_company
    from starter.cli.session import karhu
    from store import approvals
    from store.scope import Scope

    if bool(number) is everything:
        fail("say which letters: the invoices' numbers, or --all")
    named = key or str(uuid.uuid4())

    async def run() -> list[Asked]:
        async with karhu() as house:
            with house.database.transaction() as session:
                owner = the_company(session, company)
                scope = Scope(frozenset({owner.id}))
                found = approvals.to_do_of(session, scope, numbers=number)
            if missing := set(number or ()) - {one.number for one in found}:
                fail(f"no letter waits for approval of: {', '.join(sorted(missing))}")
            return await service.approve(
                house.client, owner.business_id, found, actor=actor, reason=reason, key=named
            )

    asked = asyncio.run(run())
    refused = [one for one in asked if one.refused]
    for one in refused:
        say(f"invoice {one.number}: not sent: {one.refused}", style="red")
    say(f"{several(len(asked) - len(refused), 'letter')} approved")
    if refused:
        raise typer.Exit(1)
