# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu netvisor-key`: what programs that speak Netvisor's interface sign with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.by_hand import Actor
from starter.cli.console import errors, fail, listing, local, say
from starter.cli.place import AtCompany, AtFirm, in_words, the_place

if TYPE_CHECKING:
    from starter.settings import Settings
    from store.sealing import Sealer

group = typer.Typer(
    help="Keys of the Netvisor-compatible interface (docs/netvisor-api.md).", no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="netvisor-key")


@group.command()
def create(
    name: Annotated[str, typer.Argument(help="What it is for, to be known again by.")],
    actor: Actor,
    company: AtCompany = None,
    firm: AtFirm = None,
) -> None:
    """Make a key. Its four values are written to the standard output, this once."""
    from datetime import UTC, datetime

    from starter.cli.session import books
    from starter.netvisor import keys

    with books() as (settings, database):
        sealer = _sealer(settings)
        with in_words(), database.transaction() as session:
            made = keys.create(
                session,
                sealer,
                the_place(session, company, firm),
                name=name,
                actor=f"console:{actor}",
                now=datetime.now(UTC),
            )
    for what, value in (
        ("CustomerId", made.customer_id),
        ("CustomerKey", made.customer_key),
        ("PartnerId", made.partner_id),
        ("PartnerKey", made.partner_key),
    ):
        say(f"{what}={value}")
    errors.print(f"key {made.key_id}; it is shown this once", style="dim", markup=False)


@group.command("list")
def list_(company: AtCompany = None, firm: AtFirm = None) -> None:
    """The keys of a company or of an accounting firm."""
    from starter.cli.session import books
    from store import netvisor_keys

    with books() as (_, database), database.transaction() as session:
        rows = netvisor_keys.keys(session, the_place(session, company, firm))
    listing(
        ("key", "customer id", "partner id", "name", "last used", "revoked"),
        (
            (
                *(str(row.id), row.customer_id, row.partner_id, row.name),
                *(local(row.last_used_at), local(row.revoked_at)),
            )
            for row in rows
        ),
    )


@group.command()
def revoke(
    key: Annotated[int, typer.Argument(help="Its number; `karhu netvisor-key list` shows it.")],
    actor: Actor,
    company: AtCompany = None,
    firm: AtFirm = None,
) -> None:
    """End a key at once."""
    from datetime import UTC, datetime

    from starter.cli.session import books
    from starter.netvisor import keys

    with books() as (_, database), in_words(), database.transaction() as session:
        place = the_place(session, company, firm)
        keys.revoke(session, place, key, actor=f"console:{actor}", now=datetime.now(UTC))
    say(f"key {key} is revoked")


def _sealer(settings: Settings) -> Sealer:
    from starter.netvisor.keys import sealer_of

    sealer = sealer_of(settings)
    if sealer is None:
        fail(
            "KARHU_FILE_KEY is not set: keys are sealed with it. Give every process of this Karhu"
            " the same, at least 16 characters long"
        )
    return sealer
