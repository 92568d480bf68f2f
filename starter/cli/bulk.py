# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu bulk`: the same asked of many invoices, shown before it is done, followed and stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from domain.asking import Asking
from domain.sections import Section
from domain.states import HoldKind, InvoiceState
from starter.cli.by_hand import Actor, Reason, Until
from starter.cli.console import eur, local, out, say, several
from starter.cli.invoice import Json
from starter.cli.place import in_words

if TYPE_CHECKING:
    from domain.requests import Request
    from starter.bulk import Preview
    from store.invoice_list import Sought
    from store.tables import BulkAction

group = typer.Typer(help="The same asked of many invoices at once.", no_args_is_help=True)

Company = Annotated[
    str | None, typer.Option(help="The company's business id, if there are several.")
]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="bulk")


@group.command()
def start(
    action: Annotated[Asking, typer.Argument(help="What is asked.")],
    actor: Actor,
    number: Annotated[
        list[str] | None, typer.Option(help="An invoice's number; may be given again.")
    ] = None,
    section: Annotated[Section | None, typer.Option(help="All in this section.")] = None,
    search: Annotated[str, typer.Option(help="All that fit these words.")] = "",
    kind: Annotated[
        HoldKind | None, typer.Option(help="The hold's kind; of release, that hold alone.")
    ] = None,
    until: Until = None,
    to: Annotated[InvoiceState | None, typer.Option(help="The state to set them to.")] = None,
    reason: Reason = "",
    company: Company = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only say what it would do and cost.")
    ] = False,
) -> None:
    """Ask the same of many invoices: each one's own procedure grants or refuses it. Exit code 1 if
    it was refused for some."""
    import asyncio

    from domain.bulk import request_for

    if not number and section is None and not search:
        raise typer.BadParameter("say which: --number, --section or --search")
    try:
        request = request_for(
            action,
            actor=actor,
            reason=reason,
            hold=kind,
            until=until.date() if until else None,
            to=to,
        )
    except ValueError as error:
        raise typer.BadParameter(f"{error} (--to)") from None
    refused = asyncio.run(_run(request, number or [], section, search, company, preview=preview))
    if refused:
        raise typer.Exit(1)


async def _run(
    request: Request,
    numbers: list[str],
    section: Section | None,
    search: str,
    company: str | None,
    *,
    preview: bool,
) -> int:
    """Show it, or do it and wait for its end; of how many it was refused."""
    from datetime import UTC
    from datetime import datetime as instant

    from activities.desk import House
    from starter import bulk as service
    from starter.cli.finding import the_company
    from starter.cli.session import karhu
    from store import bulk, people, queries

    async with karhu() as house:
        with house.database.transaction() as session:
            business_id = the_company(session, company).business_id
            place = people.company_place(session, business_id)
            scope = queries.everywhere(session, business_id)
        assert place is not None  # noqa: S101 - it has just been found
        sought = _sought(numbers, section, search)
        if preview:
            office = House(house.clock, day_count=house.settings.day_count)
            found = service.preview(house.database, office, scope, sought, request, house.now())
            _show(found)
            return found.refusals
        with in_words(), house.database.transaction() as session:
            action = service.ask(
                session,
                scope,
                place,
                sought,
                request,
                by=request.actor,
                now=house.now(),
                real=instant.now(UTC),
            )
        await service.start(house.client, action)
        say(f"mass action {action.id}: {several(action.total, 'invoice')}")
        async for seen in service.follow(house.database, scope, action.id):
            action = seen
        say(f"{action.status}: {action.done} done, {action.refused} refused of {action.total}")
        with house.database.transaction() as session:
            for one in bulk.reasons(session, action.id):
                say(f"  {several(one.invoices, 'invoice')} refused: {one.reason}")
        return action.refused


def _sought(numbers: list[str], section: Section | None, search: str) -> Sought:
    from domain.states import FINAL_STATES
    from store.invoice_list import Sought

    running = tuple(state for state in InvoiceState if state not in FINAL_STATES)
    return Sought(
        states=(section.state,) if section else () if numbers else running,
        service=section.service.value if section and section.service else "",
        words=search,
        numbers=tuple(numbers),
    )


def _show(found: Preview) -> None:
    say(f"{found.goes} of {several(found.total, 'invoice')} would go")
    for (letter, channel), count in sorted(found.letters.items()):
        say(f"  {count} {letter} by {channel}")
    for service, count in sorted(found.handed_over.items()):
        say(f"  {count} to the agency ({service})")
    if found.letters:
        say(f"  debtors are charged {eur(found.fee_cents)}, and interest")
        say(f"  the letters cost the company {eur(found.service_cents)} (VAT 0 %)")
    for one in found.refused:
        say(f"  {several(one.invoices, 'invoice')} refused (such as {one.number}): {one.reason}")
    if found.unknown:
        say(f"  {found.unknown} were not looked at")


@group.command("list")
def list_(company: Company = None, as_json: Json = False) -> None:
    """A company's mass actions and how far they have got, the newest first."""
    from starter.cli.session import books
    from store import bulk, queries

    with books() as (_, database), database.transaction() as session:
        rows = bulk.page(session, queries.everywhere(session, company))
    if as_json:
        import json

        content = [row.model_dump(mode="json", exclude={"company_id"}) for row in rows]
        typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    _table(rows)


def _table(rows: list[BulkAction]) -> None:
    from rich.table import Table

    from workflows.words import bulk as words

    table = Table(box=None, pad_edge=False)
    numbers = {"id", "done", "refused", "of"}
    for column in ("id", "asked", "by", "what", "status", "done", "refused", "of"):
        table.add_column(column, justify="right" if column in numbers else "left")
    for row in rows:
        table.add_row(
            *(str(row.id), local(row.asked_at), row.asked_by, words(row.request), row.status),
            *(str(row.done), str(row.refused), str(row.total)),
        )
    out.print(table)


@group.command()
def refusals(
    action_id: Annotated[int, typer.Argument(metavar="ID", help="As list shows.")],
) -> None:
    """The invoices that it was refused for, and why."""
    from starter.cli.session import books
    from store import bulk

    with books() as (_, database), database.transaction() as session:
        after = 0
        while rows := bulk.refusals(session, action_id, after=after, limit=500):
            after = rows[-1].invoice_id
            for row in rows:
                say(f"invoice {row.number}: {row.reason}")


@group.command()
def cancel(
    action_id: Annotated[int, typer.Argument(metavar="ID", help="As list shows.")],
) -> None:
    """Stop between two batches: what is done stays done, nothing is asked of the others."""
    from starter.bulk import cancel as cancel_
    from starter.cli.session import books
    from store import queries

    with in_words(), books() as (_, database), database.transaction() as session:
        row = cancel_(session, queries.everywhere(session), action_id)
        say(f"mass action {row.id} stops between two batches; {row.looked_at} of {row.total} asked")
