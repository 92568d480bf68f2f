# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu bank-feed`: how fresh the bank's word is, and what waits for a fresher one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.by_hand import Actor
from starter.cli.console import errors, fail, local, out, say, several
from starter.cli.invoice import Company, Json

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from starter.bank_feed import Gone
    from starter.cli.session import House

group = typer.Typer(
    help="How fresh the bank's word must be for letters to leave.", no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="bank-feed")


@group.command()
def show(company: Company = None, as_json: Json = False) -> None:
    """Each account: what is demanded, when the bank made its newest file, what waits for one."""
    from datetime import UTC, datetime

    from starter.cli.session import books
    from store import bank_feed

    with books() as (settings, database), database.transaction() as session:
        now = settings.clock().now(datetime.now(UTC))
        watched = bank_feed.watched(session, company)
    if company is not None and not watched:
        fail(f"there is no company {company}")
    rows = [
        {
            "company": one.company,
            "company_name": one.company_name,
            "account": one.feed.account,
            "demand": str(one.feed.demand),
            "newest_file": local(one.feed.read_as_of),
            "confirmed_by": one.feed.read_by,
            "stale": one.feed.stale(now),
            "waiting": one.waiting,
        }
        for one in watched
    ]
    if as_json:
        import json

        typer.echo(json.dumps({"accounts": rows}, indent=2, ensure_ascii=False))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("company", "account", "demand", "newest file", "", "waiting"):
        table.add_column(column, justify="right" if column == "waiting" else "left")
    for row in rows:
        by = f" (confirmed by {row['confirmed_by']})" if row["confirmed_by"] else ""
        table.add_row(
            f"{row['company']} {row['company_name']}",
            str(row["account"]),
            str(row["demand"]),
            f"{row['newest_file'] or 'none'}{by}",
            "stale" if row["stale"] else "fresh",
            str(row["waiting"]),
        )
    out.print(table)


@group.command("set")
def set_(
    demand: Annotated[
        str,
        typer.Argument(help="banking_day, hours:24 (1 to 168), or off.", metavar="DEMAND"),
    ],
    company: Company = None,
) -> None:
    """How fresh the bank's newest file must be for a company's letters. Loosened, what waited and
    need not any more goes on by itself."""
    from domain.bank_feed import Demand, UnknownDemand
    from starter.bank_feed import demand as set_demand

    try:
        demanded = Demand.parse(demand)
    except UnknownDemand as error:
        fail(str(error))
    gone = _run(
        lambda house: set_demand(
            company, demanded, database=house.database, client=house.client, clock=house.clock
        )
    )
    _tell(gone, f"company {gone.company} demands of the bank's freshness: {demanded}")


@group.command()
def confirm(
    actor: Actor,
    company: Company = None,
    account: Annotated[
        str | None, typer.Option(help="An IBAN; without it, all accounts of the company.")
    ] = None,
) -> None:
    """Say that you have looked at the bank's own pages and no payment is unread: it counts as if a
    file had been read now."""
    from domain.references import IdentifierError, iban
    from starter.bank_feed import confirm as confirm_

    try:
        wanted = iban(account) if account else None
    except IdentifierError as error:
        fail(str(error))
    gone = _run(
        lambda house: confirm_(
            company,
            wanted,
            actor,
            database=house.database,
            client=house.client,
            clock=house.clock,
        )
    )
    which = f"account {wanted}" if wanted else "all accounts"
    _tell(gone, f"{which} of company {gone.company} count as read now, as {actor} says")


def _run(do: Callable[[House], Coroutine[None, None, Gone]]) -> Gone:
    import asyncio

    from starter.bank_feed import NoSuchCompany
    from starter.cli.session import karhu
    from store.bank_feed import NoSuchAccount

    async def run() -> Gone:
        async with karhu() as house:
            return await do(house)

    try:
        return asyncio.run(run())
    except NoSuchCompany as error:
        fail(str(error))
    except NoSuchAccount as error:
        fail(f"{error}: see `karhu bank-feed show`")


def _tell(gone: Gone, what: str) -> None:
    waited = f"; {several(gone.waited, 'invoice')} waited for it" if gone.waited else ""
    say(f"{what}{waited}")
    if gone.drained.waiting:
        errors.print(
            f"{several(gone.drained.waiting, 'invoice')} wait in the outbox, because Temporal does"
            f" not take them now ({gone.drained.problem}); `karhu reconcile` brings them on",
            style="yellow",
            markup=False,
        )
