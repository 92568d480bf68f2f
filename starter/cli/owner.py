# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu invoice give`: whose own an invoice is."""

from __future__ import annotations

from typing import Annotated

import typer

from starter.cli.by_hand import Actor
from starter.cli.console import fail, say
from starter.cli.invoice import Company, Number


def add_to(group: typer.Typer) -> None:
    group.command()(give)


def give(
    number: Number,
    actor: Actor,
    to: Annotated[
        str | None, typer.Argument(help="A person's e-mail address; not given, nobody's own.")
    ] = None,
    company: Company = None,
) -> None:
    """Say whose own an invoice is: those who see their own invoices alone see it then."""
    from datetime import UTC, datetime

    from starter import invoices
    from starter.cli.finding import the_invoice
    from starter.cli.place import in_words, the_place
    from starter.cli.session import books
    from store import people

    with books() as (_, database):
        found = the_invoice(database, number, company)
        with in_words(), database.transaction() as session:
            user = None if to is None else people.by_email(session, to)
            if to is not None and user is None:
                fail(f"there is nobody with the address {to}: `karhu user list` shows who there is")
            invoices.give(
                session,
                the_place(session, found.company, None),
                found.invoice_id,
                user.id if user else None,
                actor=f"console:{actor}",
                now=datetime.now(UTC),
            )
    whose = "the company's" if user is None else f"user {user.id}'s own"
    say(f"invoice {number}: {whose}")
