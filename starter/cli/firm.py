# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu firm`: accounting firms, and the companies whose books they keep."""

from __future__ import annotations

from typing import Annotated

import typer

from starter.cli.by_hand import Actor
from starter.cli.console import fail, say
from starter.cli.place import in_words, the_place

group = typer.Typer(
    help="Accounting firms and the companies whose books they keep.", no_args_is_help=True
)

FirmId = Annotated[str, typer.Argument(help="The accounting firm's business id.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="firm")


@group.command()
def add(firm: FirmId, name: Annotated[str, typer.Argument(help="Its name.")], actor: Actor) -> None:
    """Add an accounting firm."""
    from datetime import UTC, datetime

    from domain.references import IdentifierError, business_id
    from starter import people as service
    from starter.cli.session import books

    try:
        checked = business_id(firm)
    except IdentifierError as error:
        fail(str(error))
    with books() as (_, database), in_words(), database.transaction() as session:
        service.add_firm(session, checked, name, f"console:{actor}", datetime.now(UTC))
    say(f"accounting firm {checked} is added; its first user: karhu user add --firm {checked}")


@group.command()
def link(
    firm: FirmId,
    company: Annotated[str, typer.Argument(help="The company's business id.")],
    actor: Actor,
) -> None:
    """Give a company's books to an accounting firm; the firm before it has them no more."""
    from datetime import UTC, datetime

    from starter import people as service
    from starter.cli.session import books

    with books() as (_, database), in_words(), database.transaction() as session:
        keeper = the_place(session, None, firm)
        kept = the_place(session, company, None)
        service.link(session, keeper, kept, f"console:{actor}", datetime.now(UTC))
    say(f"the books of company {company} are kept by accounting firm {firm} now")
