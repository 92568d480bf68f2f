# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu company`: the creditors, where no file has brought them yet."""

from __future__ import annotations

from typing import Annotated

import typer

from starter.cli.console import fail, say

group = typer.Typer(help="The companies whose invoices these are.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="company")


@group.command("list")
def list_() -> None:
    """The companies, with the account that their invoices are paid to."""
    from sqlmodel import col, select

    from starter.cli.session import books
    from store.tables import Company

    with books() as (_, database), database.transaction() as session:
        rows = session.exec(select(Company).order_by(col(Company.business_id))).all()
    for row in rows:
        say(f"{row.business_id}  {row.name}  {row.iban or '(no account)'}")


@group.command()
def add(
    business_id: str,
    name: Annotated[str, typer.Option(help="As it stands on its letters.")],
    iban: Annotated[str, typer.Option(help="The account that its invoices are paid to.")],
    bic: str = "",
    street: str = "",
    postcode: str = "",
    city: str = "",
    email: str = "",
    phone: str = "",
) -> None:
    """Make a company, or add what it lacks: for files that do not say whose invoices they are."""
    from datetime import UTC, datetime

    from domain import references
    from starter.cli.session import books
    from store import accounts
    from store.parties import NewCompany, ensure_companies

    try:
        new = NewCompany(
            business_id=references.business_id(business_id),
            name=name,
            iban=references.iban(iban),
            bic=bic,
            street=street,
            postcode=postcode,
            city=city,
            email=email,
            phone=phone,
        )
    except references.IdentifierError as wrong:
        fail(str(wrong))
    with books() as (settings, database), database.transaction() as session:
        now = settings.clock().now(datetime.now(UTC))
        company = ensure_companies(session, [new], now)[new]
        accounts.ensure_accounts(session, company.id, [company.iban])
        say(f"{company.business_id}  {company.name}  {company.iban}")
