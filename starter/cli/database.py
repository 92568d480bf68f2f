# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu db`: the schema."""

from __future__ import annotations

from typing import Annotated

import typer

from starter.cli.console import fail, out, say

group = typer.Typer(help="The database's schema.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="db")


@group.command()
def upgrade() -> None:
    """Bring the database to the newest schema; does nothing if it is there."""
    from store import migrations

    migrations.upgrade(_url())
    say("the database is at the newest schema")


@group.command()
def check() -> None:
    """Whether the migrations make what the models say; on a throw-away database by default."""
    from store import migrations

    url = _given()
    if url is not None:
        found = migrations.differences(url)
    else:
        from starter.throwaway import postgres

        with postgres() as fresh:
            migrations.upgrade(fresh)
            found = migrations.differences(fresh)
    if found:
        out.print("\n".join(found), markup=False)
        fail("models and migrations differ: write a migration with `karhu db revise MESSAGE`")
    say("models and migrations agree")


@group.command()
def revise(
    message: Annotated[str, typer.Argument(help="What the migration does, in a few words.")],
) -> None:
    """Write a new migration from what the models have and the newest schema has not."""
    from store import migrations

    url = _given()
    if url is not None:
        migrations.revise(url, message)
    else:
        from starter.throwaway import postgres

        with postgres() as fresh:
            migrations.upgrade(fresh)
            migrations.revise(fresh, message)
    say("written to store/migrations/versions: read it before you keep it")


def _given() -> str | None:
    from starter.settings import load

    url = load().database_url
    return url.get_secret_value() if url else None


def _url() -> str:
    """The database of the settings, else of the running stack."""
    from starter.finding import find_database

    return find_database()
