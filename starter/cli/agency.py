# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu agency`: a company's contract with its collection agency, and how it is used."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.by_hand import Actor
from starter.cli.console import errors, local, say, several
from starter.cli.invoice import Company, Json
from starter.cli.place import in_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlmodel import Session

    from domain.clock import Clock
    from starter.agency import Shown
    from store.agency_contracts import Changed
    from store.tables import AgencyContract
    from store.tables import Company as CompanyRow

group = typer.Typer(
    help="The collection agency: its contract, its settings, its cases.", no_args_is_help=True
)


class Bought(StrEnum):
    """The services of a contract."""

    BOTH = "both"
    COLLECTION = "collection"


class FromState(StrEnum):
    """From which state on invoices may go."""

    OVERDUE = "overdue"
    NOTIFIED = "notified"


Agency = Annotated[str, typer.Option(help="The agency: intrum or ropo.")]
Number = Annotated[str | None, typer.Option("--contract", help="The contract's number.")]
Services = Annotated[
    Bought | None, typer.Option(help="Reminder service and collection, or collection alone.")
]
From = Annotated[
    FromState | None,
    typer.Option("--from", help="Invoices may go from this state on: overdue or notified."),
]
Automatic = Annotated[
    bool | None, typer.Option("--automatic/--by-hand", help="By the rules alone, or by hand.")
]
Contact = Annotated[
    bool | None,
    typer.Option(
        "--default-contact/--no-default-contact",
        help="Whether the customer's default contact goes along.",
    ),
]
Since = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="In force from this day; not given, from today."),
]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="agency")


@group.command()
def show(company: Company = None, as_json: Json = False) -> None:
    """The contracts with agencies, their settings, and how many invoices wait for them."""
    import json

    from starter import agency as service
    from starter.cli.finding import the_company
    from starter.cli.session import books

    with books() as (settings, database), database.transaction() as session:
        owner = the_company(session, company)
        found = service.shown(session, owner.id, settings.clock())
        content = _content(owner.business_id, found)
    if as_json:
        typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    if not found.contracts:
        say(f"company {owner.business_id} has no contract with a collection agency")
    for row in found.contracts:
        _say(row, in_effect=row.agency == found.in_effect)
    if found.waiting:
        say(f"{several(found.waiting, 'invoice')} wait for a contract or for other settings")


@group.command()
def on(
    actor: Actor,
    contract: Annotated[str, typer.Option("--contract", help="The contract's number.")],
    services: Annotated[
        Bought, typer.Option(help="Reminder service and collection, or collection alone.")
    ] = Bought.COLLECTION,
    since: Since = None,
    agency: Agency = "intrum",
    from_: From = None,
    automatic: Automatic = None,
    contact: Contact = None,
    company: Company = None,
) -> None:
    """Switch the agency's service on, as when the agency says that the company has signed."""
    new = _given(contract, services, from_, automatic, contact)
    day = since.date() if since else None
    _change(agency, company, actor, {**new, "in_force_from": day, "ended_on": None}, new=True)


@group.command("set")
def set_(
    actor: Actor,
    contract: Number = None,
    services: Services = None,
    agency: Agency = "intrum",
    from_: From = None,
    automatic: Automatic = None,
    contact: Contact = None,
    company: Company = None,
) -> None:
    """Change the contract's settings: what is given, and nothing else."""
    _change(agency, company, actor, _given(contract, services, from_, automatic, contact))


@group.command()
def off(actor: Actor, agency: Agency = "intrum", company: Company = None) -> None:
    """Switch the agency's service off: nothing more goes there. What is there stays."""
    from starter import agency as service

    def do(session: Session, owner: CompanyRow, clock: Clock) -> Changed:
        return service.switch_off(session, owner, agency, by=actor, clock=clock)

    _run(company, do)


def _given(
    contract: str | None,
    services: Bought | None,
    from_: FromState | None,
    automatic: bool | None,
    contact: bool | None,
) -> dict[str, Any]:
    from domain.agency import AgencyService
    from domain.states import InvoiceState

    both = tuple(AgencyService)
    said: dict[str, Any] = {
        "number": contract,
        "services": services and (both if services is Bought.BOTH else both[1:]),
        "from_state": from_ and InvoiceState(from_),
        "automatic": automatic,
        "default_contact": contact,
    }
    return {name: value for name, value in said.items() if value is not None}


def _change(
    agency: str, company: str | None, actor: str, given: dict[str, Any], *, new: bool = False
) -> None:
    from domain.agency import AgencyService
    from domain.states import InvoiceState
    from starter import agency as service
    from store import agency_contracts

    def do(session: Session, owner: CompanyRow, clock: Clock) -> Changed:
        row = agency_contracts.of_agency(session, owner.id, agency)
        if row is None and not new:
            row = service.there(session, owner, agency)
        kept: dict[str, Any] = {}
        if row is not None:
            kept = {
                "number": row.number,
                "services": [AgencyService(one) for one in row.services],
                "in_force_from": row.in_force_from,
                "ended_on": row.ended_on,
                "from_state": InvoiceState(row.from_state),
                "automatic": row.automatic,
                "default_contact": row.default_contact,
            }
        terms = service.Terms(**{**kept, **given, "agency": agency})
        return service.put(session, owner, terms, by=actor, clock=clock)

    _run(company, do)


def _run(company: str | None, do: Callable[[Session, CompanyRow, Clock], Changed]) -> None:
    import asyncio

    from activities.starting import Drained, News, drain
    from starter.cli.finding import the_company
    from starter.cli.session import karhu

    async def run() -> tuple[Changed, Drained]:
        async with karhu() as house:
            with house.database.transaction() as session:
                changed = do(session, the_company(session, company), house.clock)
            drained = await drain(
                *(house.client, house.database, house.clock),
                only=changed.waited,
                news=News.AGENCY_CONTRACT,
            )
            return changed, drained

    with in_words():
        changed, drained = asyncio.run(run())
    _say(changed.row)
    if changed.waited:
        say(f"{several(len(changed.waited), 'invoice')} waited for it")
    if drained.waiting:
        errors.print(
            f"{several(drained.waiting, 'invoice')} wait in the outbox, because Temporal does not"
            f" take them now ({drained.problem}); `karhu reconcile` brings them on",
            style="yellow",
            markup=False,
        )


def _say(row: AgencyContract, *, in_effect: bool = False) -> None:
    from domain.agency.contract import title

    end = f", ended on {row.ended_on}" if row.ended_on else ""
    bought = " and ".join(row.services) or "nothing"
    say(
        f"{title(row.agency)}: contract {row.number}, {bought}, in force from"
        f" {row.in_force_from}{end}{' (invoices go there)' if in_effect else ''}"
    )
    say(
        f"  invoices may go from {row.from_state} on,"
        f" {'by their rules' if row.automatic else 'by hand alone'}; the default contact"
        f" {'goes' if row.default_contact else 'does not go'} along"
    )
    say(f"  switched by {row.switched_by} on {local(row.switched_at)}")


def _content(business_id: str, found: Shown) -> dict[str, Any]:
    return {
        "company": business_id,
        "in_effect": found.in_effect or None,
        "waiting": found.waiting,
        "contracts": [row.model_dump(mode="json", exclude={"id"}) for row in found.contracts],
    }
