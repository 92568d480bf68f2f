# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu agency messages|resend|proposals|unheard-of`: what is said to and by the agencies."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.agency_line import LineStatus
from starter.cli.by_hand import Actor
from starter.cli.console import eur, listing, local, say
from starter.cli.place import in_words

Company = Annotated[
    str | None, typer.Option(help="The company's business id, if there are several.")
]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="Rows.")]


def add_to(group: typer.Typer) -> None:
    for command in (messages, resend, proposals):
        group.command()(command)
    group.command("unheard-of")(unheard_of)


def messages(
    status: Annotated[LineStatus | None, typer.Option(help="Those alone.")] = None,
    company: Company = None,
    limit: Limit = 50,
) -> None:
    """Messages to the agencies, the newest first, and what has become of each."""
    from starter.cli.finding import the_company
    from starter.cli.session import books
    from store import agency_line
    from store.scope import Scope

    with books() as (_, database), database.transaction() as session:
        scope = Scope(frozenset({the_company(session, company).id}))
        rows = agency_line.messages(
            session, scope, status=None if status is None else status.value, limit=limit
        )
    listing(
        ("message", "invoice", "agency", "what", "since", "status", "tries", "why"),
        (
            (
                *(str(said.message.id), said.number, said.agency),
                *(said.message.kind.replace("_", " "), local(said.message.at)),
                *(said.message.status, str(said.message.attempts), said.message.error),
            )
            for said in rows
        ),
    )


def resend(
    message: Annotated[int, typer.Argument(help="Its number; `karhu agency messages` shows it.")],
    actor: Actor,
    company: Company = None,
) -> None:
    """Send a message that was refused or given up again, under its own key."""
    import asyncio
    from datetime import UTC, datetime

    from activities.desk import House as Office
    from activities.starting import News, drain
    from starter import agency_messages as service
    from starter.cli.finding import the_company
    from starter.cli.place import the_place
    from starter.cli.session import karhu
    from store.scope import Scope

    async def run() -> None:
        async with karhu() as house:
            with house.database.transaction() as session:
                owner = the_company(session, company)
                said = service.resend(
                    session,
                    Scope(frozenset({owner.id})),
                    the_place(session, owner.business_id, None),
                    message,
                    house=Office(house.clock, day_count=house.settings.day_count),
                    actor=actor,
                    business_now=house.now(),
                    real_now=datetime.now(UTC),
                )
            say(
                f"message {message} ({said.message.kind}) of invoice {said.number} is in line again"
            )
            only, news = [said.invoice_id], News.AGENCY_STATUS
            await drain(house.client, house.database, house.clock, only=only, news=news)

    with in_words():
        asyncio.run(run())


def proposals(company: Company = None, limit: Limit = 50) -> None:
    """Invoices that the agency has given up: credit losses proposed. Accept one with
    `karhu invoice set-state NUMBER written_off`, or take it back with `karhu invoice withdraw`."""
    from domain.agency import CollectionStatus
    from starter.cli.finding import the_company
    from starter.cli.session import books
    from store import agency_line
    from store.scope import Scope

    with books() as (_, database), database.transaction() as session:
        scope = Scope(frozenset({the_company(session, company).id}))
        rows = agency_line.proposals(session, scope, limit=limit)
    listing(
        ("invoice", "customer", "open", "the agency's words", "since"),
        (
            (
                *(row.number, row.customer_name, eur(row.open_cents)),
                *(CollectionStatus(row.collection_status).finnish, local(row.reported_at)),
            )
            for row in rows
        ),
    )


def unheard_of(limit: Limit = 50) -> None:
    """What agencies have reported about cases that are not ours, the newest first."""
    from starter.cli.session import books
    from store import hearing

    with books() as (_, database), database.transaction() as session:
        rows = hearing.unheard_of(session, limit=limit)
    listing(
        ("agency", "message", "case", "status", "read"),
        (
            (
                *(row.agency, row.key, row.case_reference),
                *(str(row.body.get("status", "")), local(row.at)),
            )
            for row in rows
        ),
    )
