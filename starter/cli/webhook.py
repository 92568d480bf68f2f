# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu webhook`: how a company's webhooks do, and sending events again."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from starter.cli.by_hand import Actor
from starter.cli.console import fail, listing, local, say, several
from starter.cli.place import in_words, the_place

group = typer.Typer(help="Webhooks of companies (made by the API).", no_args_is_help=True)

AtCompany = Annotated[str, typer.Option("--company", help="A company's business id.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="webhook")


@group.command("list")
def list_(company: AtCompany) -> None:
    """A company's webhooks, and how they do."""
    from starter import webhooks
    from starter.cli.session import books

    with books() as (_, database), database.transaction() as session:
        rows = webhooks.all_of(session, the_place(session, company, None))
    listing(
        ("webhook", "address", "kinds", "state", "since", "why"),
        (
            (
                *(str(row.id), row.url, "all" if row.kinds is None else ", ".join(row.kinds)),
                "failing" if row.state == "active" and row.failing_since else row.state,
                *(local(row.paused_at or row.failing_since), row.pause_reason),
            )
            for row in rows
        ),
    )


@group.command()
def resend(
    webhook: Annotated[int, typer.Argument(help="Its number; `karhu webhook list` shows it.")],
    company: AtCompany,
    actor: Actor,
    event: Annotated[int | None, typer.Option(help="This event alone.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M"], help="All since then, Finnish time."),
    ] = None,
) -> None:
    """Send events again, under the same ids: one, or all since a time."""
    from datetime import UTC

    from domain.calendar import HELSINKI
    from starter import webhooks
    from starter.cli.session import books

    if (event is None) == (since is None):
        fail("say what to send again: --event NUMBER, or --since DAY")
    with books() as (_, database), in_words(), database.transaction() as session:
        place = the_place(session, company, None)
        count = webhooks.send_again(
            session,
            place,
            webhooks.find(session, place, webhook),
            event_id=event,
            since=since and since.replace(tzinfo=HELSINKI),
            actor=f"console:{actor}",
            now=datetime.now(UTC),
        )
    say(f"{several(count, 'event')} will be sent again")
