# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu events`: what happened to a company's invoices, and who did it."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.actor_kinds import ActorKind
from starter.cli.console import fail, local, out, say

if TYPE_CHECKING:
    from store.event_log import LoggedEvent

_DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]


def add_to(app: typer.Typer) -> None:
    app.command("events")(events)


def events(
    company: Annotated[str, typer.Option(help="The company's business id.")],
    rule: Annotated[str | None, typer.Option(help="Only under this rule (its name).")] = None,
    invoice: Annotated[str | None, typer.Option(help="Only this invoice's.")] = None,
    customer: Annotated[
        str | None, typer.Option(help="Only this customer's (the number in the books).")
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only of this kind; may be said more than once.")
    ] = None,
    actor: Annotated[ActorKind | None, typer.Option(help="Only what these did.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Not before that, Finnish time.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="Before that, Finnish time.")
    ] = None,
    oldest: Annotated[bool, typer.Option("--oldest", help="The oldest first.")] = False,
    after: Annotated[int | None, typer.Option(help="Go on after this event.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Rows.")] = 50,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="All of them as CSV, the oldest first.")
    ] = False,
) -> None:
    """What happened to a company's invoices, and who did it: the newest first."""
    from domain.calendar import HELSINKI
    from domain.event_facts import KINDS
    from starter import events as service
    from starter.cli.place import the_place
    from starter.cli.session import books
    from store import event_log
    from store.event_log import Wanted
    from store.scope import Scope

    if unknown := sorted(set(kind or ()) - set(KINDS)):
        fail(f"there is no kind {', '.join(unknown)}; there are {', '.join(KINDS)}")
    with books() as (_, database):
        with database.transaction() as session:
            place = the_place(session, company, None)
            assert place.company_id is not None  # noqa: S101 - a company's place
            rule_id = None
            if rule is not None:
                rule_id = event_log.rule_named(session, place.company_id, rule)
                if rule_id is None:
                    fail(f"{place} has no rule {rule}: `karhu rule list` shows those there are")
        scope = Scope(frozenset({place.company_id}))
        wanted = Wanted(
            rule_id=rule_id,
            invoice=invoice,
            customer=customer,
            kinds=tuple(kind or ()),
            actor=actor,
            since=since and since.replace(tzinfo=HELSINKI),
            until=until and until.replace(tzinfo=HELSINKI),
        )
        if as_csv:
            for piece in service.as_csv(database, scope, wanted):
                sys.stdout.write(piece)
            return
        with database.transaction() as session:
            rows = event_log.page(
                session, scope, wanted, oldest_first=oldest, start=after, limit=limit + 1
            )
    _show(rows[:limit])
    if len(rows) > limit:
        say(f"and more: --after {rows[limit - 1].id}")


def _show(rows: list[LoggedEvent]) -> None:
    from rich.table import Table
    from rich.text import Text

    from starter import events as service

    table = Table(box=None, pad_edge=False)
    for column in ("event", "when", "invoice", "rule", "what"):
        table.add_column(column, overflow="fold")
    for row in rows:
        rule = f"{row.rule} v{row.rule_version}" if row.rule else ""
        more = ": ".join(part for part in (row.actor, row.reason) if part)
        what = Text.assemble((service.shown(row).what, "bold"), (f"  {more}", "dim"))
        cells = (str(row.id), local(row.at), row.invoice, rule)
        table.add_row(*(Text(cell) for cell in cells), what)
    out.print(table)
