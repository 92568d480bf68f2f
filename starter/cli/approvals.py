# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu approvals`: letters and hand-overs on approval, approving and refusing many at once."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from domain.stage import Awaiting, Stage
from starter.cli.by_hand import Actor, Key, Reason, Until
from starter.cli.console import eur, fail, listing, local, say, several
from starter.cli.invoice import Json

if TYPE_CHECKING:
    from temporalio.client import Client

    from starter.approvals import Asked, OnApproval
    from store.approvals import Found

group = typer.Typer(
    help="Letters and hand-overs that wait for somebody's approval.", no_args_is_help=True
)

Company = Annotated[
    str | None, typer.Option(help="The company's business id, if there are several.")
]
Kind = Annotated[Awaiting | None, typer.Option(help="Letters, or hand-overs, alone.")]
Numbers = Annotated[list[str] | None, typer.Argument(help="The invoices' numbers.")]
Everything = Annotated[bool, typer.Option("--all", help="All that wait, however many.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="approvals")


@group.command("list")
def list_(
    stage: Annotated[
        Stage, typer.Option(help="Drafted (their time has not come), to do, or sent.")
    ] = Stage.TO_DO,
    kind: Kind = None,
    company: Company = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Rows.")] = 50,
    as_json: Json = False,
) -> None:
    """What is at one stage, and how much there is at each."""
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
        if stage is not Stage.SENT:
            found = service.planned(session, scope, stage, now, kind=kind, limit=limit)
        elif kind is Awaiting.HAND_OVER:
            fail("a hand-over that was approved is at the agency: karhu agency messages")
        else:
            found = service.sent(session, scope, limit=limit)
    if as_json:
        content = {"stages": asdict(counts), "approvals": [asdict(one) for one in found]}
        typer.echo(json.dumps(content, indent=2, default=str, ensure_ascii=False))
        return
    over = several(counts.hand_overs, "hand-over")
    say(f"{counts.drafted} drafted, {counts.to_do} to do ({over}), {counts.sent} sent")
    rows = (
        (
            *(one.about.number, one.about.customer_key, _what(one), eur(one.about.open_cents)),
            *(eur(one.fee_cents), local(one.at), one.approved_by, one.status or one.why),
        )
        for one in found
    )
    columns = ("invoice", "customer", "what", "open", "fee", "when", "approved by", "how")
    listing(columns, rows)
    if stage is Stage.TO_DO and found:
        say("`karhu invoice draft NUMBER` shows a letter; `karhu approvals approve` or `refuse`")


@group.command()
def approve(
    actor: Actor,
    number: Numbers = None,
    everything: Everything = False,
    kind: Kind = None,
    company: Company = None,
    reason: Reason = "",
    key: Key = None,
) -> None:
    """Approve letters and hand-overs: each leaves now, if the law lets it."""
    from starter import approvals as service

    named = key or str(uuid.uuid4())

    async def ask(client: Client, owner: str, found: Sequence[Found]) -> list[Asked]:
        return await service.approve(client, owner, found, actor=actor, reason=reason, key=named)

    _ask(number, ask, everything=everything, kind=kind, company=company, done="approved")


@group.command()
def refuse(
    actor: Actor,
    reason: Annotated[str, typer.Option(help="Why: it stays in the invoice's log.")],
    number: Numbers = None,
    everything: Everything = False,
    kind: Kind = None,
    until: Until = None,
    company: Company = None,
    key: Key = None,
) -> None:
    """Refuse letters and hand-overs: each invoice is held until it is released, or through a
    date; then it waits for approval again."""
    from starter import approvals as service

    named = key or str(uuid.uuid4())
    last = until.date() if until else None

    async def ask(client: Client, owner: str, found: Sequence[Found]) -> list[Asked]:
        return await service.refuse(
            client, owner, found, actor=actor, reason=reason, until=last, key=named
        )

    _ask(number, ask, everything=everything, kind=kind, company=company, done="refused, and held")


def _ask(
    numbers: list[str] | None,
    ask: Callable[[Client, str, Sequence[Found]], Awaitable[list[Asked]]],
    *,
    everything: bool,
    kind: Awaiting | None,
    company: str | None,
    done: str,
) -> None:
    """Ask for all that is meant, and say what came of it. One that was not done fails."""
    import asyncio

    from starter.cli.finding import the_company
    from starter.cli.session import karhu
    from store import approvals
    from store.scope import Scope

    if bool(numbers) is everything:
        fail("say which: the invoices' numbers, or --all")

    async def run() -> list[Asked]:
        async with karhu() as house:
            with house.database.transaction() as session:
                owner = the_company(session, company)
                scope = Scope(frozenset({owner.id}))
                found = approvals.to_do_of(session, scope, numbers=numbers, kind=kind)
                name = owner.business_id
            if missing := set(numbers or ()) - {one.number for one in found}:
                what = kind.value.replace("_", "-") if kind else "letter or hand-over"
                fail(
                    f"no {what} waits for approval of: {', '.join(sorted(missing))}"
                    " (`karhu approvals list` shows what does)"
                )
            return await ask(house.client, name, found)

    asked = asyncio.run(run())
    not_done = [one for one in asked if one.refused]
    for one in not_done:
        say(f"invoice {one.number}: {_plain(one.kind)} not {done}: {one.refused}", style="red")
    for one_kind in Awaiting:
        count = sum(one.kind is one_kind and not one.refused for one in asked)
        if count or (one_kind is Awaiting.LETTER and not asked):
            say(f"{several(count, _plain(one_kind))} {done}")
    if not_done:
        raise typer.Exit(1)


def _what(one: OnApproval) -> str:
    if one.kind is Awaiting.HAND_OVER:
        return f"hand-over ({one.service.value if one.service else 'agency'})"
    return one.letter.value if one.letter else ""


def _plain(kind: Awaiting) -> str:
    return kind.value.replace("_", "-")
