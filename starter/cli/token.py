# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu token`: what programs show to the API."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.roles import TokenScope
from starter.cli.by_hand import Actor
from starter.cli.console import errors, listing, local, say
from starter.cli.place import AtCompany, AtFirm, in_words, the_place

group = typer.Typer(help="API tokens of companies and accounting firms.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="token")


@group.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for, to be known again by.")],
    scope: Annotated[
        list[TokenScope], typer.Option(help="What it reaches; may be said more than once.")
    ],
    actor: Actor,
    company: AtCompany = None,
    firm: AtFirm = None,
    days: Annotated[int, typer.Option(min=1, max=730, help="How long it lives.")] = 365,
) -> None:
    """Make a token. It is written to the standard output, this once."""
    from datetime import UTC, datetime, timedelta

    from starter import tokens
    from starter.cli.session import books

    now = datetime.now(UTC)
    with books() as (_, database), in_words(), database.transaction() as session:
        row, secret = tokens.create(
            session,
            the_place(session, company, firm),
            name=name,
            scopes=set(scope),
            grants=frozenset(TokenScope),
            expires_at=now + timedelta(days=days),
            actor=f"console:{actor}",
            now=now,
        )
    say(secret)
    errors.print(
        f"token {row.id}, until {local(row.expires_at)}; it is shown this once",
        style="dim",
        markup=False,
    )


@group.command("list")
def list_(company: AtCompany = None, firm: AtFirm = None) -> None:
    """The tokens of a company or of an accounting firm."""
    from starter.cli.session import books
    from store import credentials

    with books() as (_, database), database.transaction() as session:
        rows = credentials.tokens(session, the_place(session, company, firm))
    listing(
        ("token", "begins", "name", "scopes", "last used", "ends"),
        (
            (
                *(str(row.id), row.prefix, row.name, ", ".join(row.scopes)),
                local(row.last_used_at),
                f"revoked {local(row.revoked_at)}" if row.revoked_at else local(row.expires_at),
            )
            for row in rows
        ),
    )


@group.command()
def revoke(
    token: Annotated[int, typer.Argument(help="Its number; `karhu token list` shows it.")],
    actor: Actor,
    company: AtCompany = None,
    firm: AtFirm = None,
) -> None:
    """End a token at once."""
    from datetime import UTC, datetime

    from starter import tokens
    from starter.cli.session import books

    with books() as (_, database), in_words(), database.transaction() as session:
        place = the_place(session, company, firm)
        tokens.revoke(session, place, token, actor=f"console:{actor}", now=datetime.now(UTC))
    say(f"token {token} is revoked")
