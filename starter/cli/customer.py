# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu customer`: who falls under which rule, and what is particular about one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from domain.law import DebtorClass
from domain.states import Channel, Running
from starter.cli.by_hand import Actor
from starter.cli.console import fail, out, say, several
from starter.cli.invoice import Company, Json
from starter.cli.place import in_words

if TYPE_CHECKING:
    from sqlmodel import Session

    from store.placing import Choice
    from store.tables import Company as CompanyRow
    from store.tables import Customer

group = typer.Typer(help="The customers of a company.", no_args_is_help=True)


Keys = Annotated[
    list[str] | None,
    typer.Option("--key", help="What the company's books know one by; as often as needed."),
]
Search = Annotated[str, typer.Option(help="A part of the key, the name or the business id.")]
UnderRule = Annotated[str | None, typer.Option("--rule", help="Those under this rule.")]
Prevented = Annotated[
    bool, typer.Option("--prevented", help="Those under no rule (automation prevented).")
]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="customer")


@group.command()
def channels(
    customer: Annotated[str, typer.Argument(help="What the company's books know it by.")],
    actor: Actor,
    order: Annotated[
        list[Channel] | None, typer.Argument(help="In order of preference; no others are used.")
    ] = None,
    company: Company = None,
    as_the_rule: Annotated[
        bool, typer.Option("--as-the-rule", help="No order of its own any more.")
    ] = False,
) -> None:
    """Show or set how a customer's letters go, from the next letter on."""
    from starter.cli.session import books

    if order and as_the_rule:
        fail("give channels or --as-the-rule, not both")
    if order and len(set(order)) < len(order):
        fail("a channel stands in the order twice")
    with books() as (_, database), database.transaction() as session:
        row, owner = _the_customer(session, customer, company)
        if order or as_the_rule:
            wanted = [channel.value for channel in order] if order else None
            _change(session, row, owner, {"channels": wanted}, actor)
        own = row.channels
    say(f"customer {customer}: {'as its rule says' if own is None else ', '.join(own)}")


@group.command()
def contact(
    customer: Annotated[str, typer.Argument(help="What the company's books know it by.")],
    actor: Actor,
    name: Annotated[str | None, typer.Option(help="Whose phone and e-mail they are.")] = None,
    phone: Annotated[str | None, typer.Option(help="A phone number; '' takes it away.")] = None,
    email: Annotated[str | None, typer.Option(help="An e-mail address; '' takes it away.")] = None,
    company: Company = None,
) -> None:
    """Show or set a customer's default contact: whom the collection agency is told of, if the
    company's settings for it say so."""
    from domain import personal_code
    from starter.cli.session import books

    given = {"contact_name": name, "contact_phone": phone, "contact_email": email}
    with books() as (_, database), database.transaction() as session:
        row, owner = _the_customer(session, customer, company)
        said = {
            column: personal_code.left_out(text.strip())
            for column, text in given.items()
            if text is not None
        }
        _change(session, row, owner, said, actor)
        there = [text for column in given if (text := getattr(row, column))]
    say(f"customer {customer}: {', '.join(there) or 'no default contact'}")


@group.command()
def change(
    customer: Annotated[str, typer.Argument(help="What the company's books know it by.")],
    actor: Actor,
    name: Annotated[str | None, typer.Option(help="As it stands on its letters.")] = None,
    debtor_class: Annotated[
        DebtorClass | None,
        typer.Option("--class", help="consumer: a private person (henkilöasiakas)."),
    ] = None,
    country: Annotated[str | None, typer.Option(help="Two letters, as FI.")] = None,
    street: Annotated[str | None, typer.Option(help="Where letters go.")] = None,
    postcode: Annotated[str | None, typer.Option(help="Where letters go.")] = None,
    city: Annotated[str | None, typer.Option(help="Where letters go.")] = None,
    email: Annotated[str | None, typer.Option(help="Where letters go by e-mail.")] = None,
    company: Company = None,
) -> None:
    """Change a customer. One that the automation has placed is placed anew if its class or its
    country changes; running invoices keep their rule, and the class that they came with."""
    from domain import personal_code
    from starter.cli.session import books
    from store import placing

    texts = {"street": street, "postcode": postcode, "city": city, "email": email}
    given = {column: text for column, text in texts.items() if text is not None}
    if name is not None:
        if not name.strip():
            fail(f"customer {customer}: a name cannot be empty")
        given["name"] = name
    said = {column: personal_code.left_out(text.strip()) for column, text in given.items()}
    if debtor_class is not None:
        said["debtor_class"] = debtor_class.value
    if country is not None:
        said["country"] = land = country.strip().upper()
        if len(land) != 2 or not (land.isascii() and land.isalpha()):
            fail(f"customer {customer}: {country} is no country; write two letters, as FI or SE")
    with books() as (_, database), database.transaction() as session:
        row, owner = _the_customer(session, customer, company)
        changed = _change(session, row, owner, said, actor)
        (line,) = placing.listed(session, owner.id, _choice([row.key]), limit=1)
    say(f"customer {customer}: {', '.join(changed) or 'nothing'} changed")
    say(f"rule: {line.rule or 'none (by hand)'}: {line.why}")


def _change(
    session: Session, row: Customer, owner: CompanyRow, said: dict[str, Any], actor: str
) -> list[str]:
    from datetime import UTC, datetime

    from starter import customers
    from store import outbox
    from store.people import Place

    # Before any row is locked, as whoever books a file does.
    outbox.take_turn(session)
    place = Place(owner.business_id, owner.name, owner.id, owner.firm_id)
    return customers.change(session, place, row, said, actor=actor, now=datetime.now(UTC))


def _the_customer(session: Session, key: str, company: str | None) -> tuple[Customer, CompanyRow]:
    """The one customer of this key; fails in words if there is none, or more than one."""
    from store import customers

    found = customers.find(session, key, company)
    if not found:
        fail(f"there is no customer {key}{f' of company {company}' if company else ''}")
    if len(found) > 1:
        whose = "; ".join(f"--company {one.business_id} ({one.name})" for _, one in found)
        fail(f"several companies have a customer {key}; say which: {whose}")
    return found[0]


@group.command("list")
def list_(
    key: Keys = None,
    search: Search = "",
    rule: UnderRule = None,
    prevented: Prevented = False,
    company: Company = None,
    after: Annotated[int, typer.Option(help="Go on after this id, which the last page said.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Rows.")] = 50,
    as_json: Json = False,
) -> None:
    """Customers, the rule that each is under, and why."""
    from starter.cli.finding import the_company
    from starter.cli.session import books
    from store import placing

    choice = _choice(key, search, rule, prevented)
    with books() as (_, database), database.transaction() as session:
        owner = the_company(session, company)
        lines = placing.listed(session, owner.id, choice, after=after, limit=limit + 1)
    lines, more = lines[:limit], len(lines) > limit
    following = lines[-1].customer_id if more else None
    if as_json:
        import json
        from dataclasses import asdict

        content = {"customers": [asdict(line) for line in lines], "next_after": following}
        typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in ("customer", "name", "class", "country", "rule", "why"):
        table.add_column(column)
    for line in lines:
        table.add_row(
            *(line.key, line.name, line.debtor_class, line.country),
            *(line.rule or "none (by hand)", line.why),
        )
    out.print(table)
    if following is not None:
        say(f"and more: --after {following}")


@group.command()
def move(
    to: Annotated[
        str, typer.Option(help="A rule's name; none: by hand; auto: where the details say.")
    ],
    actor: Actor,
    key: Keys = None,
    search: Search = "",
    rule: UnderRule = None,
    prevented: Prevented = False,
    everybody: Annotated[bool, typer.Option("--all", help="All customers.")] = False,
    running: Annotated[
        Running, typer.Option(help="Their running invoices: move too, or keep their rule.")
    ] = Running.KEEP,
    what_if: Annotated[
        bool, typer.Option("--what-if", help="Only say what it would do to running invoices.")
    ] = False,
    company: Company = None,
) -> None:
    """Move customers to a rule, to none, or back to the automation's own placement. Somebody whom
    a person has placed stays there whatever changes, until moved again."""
    import asyncio

    from starter import rules as service
    from starter.cli import outlook, replan
    from starter.cli.finding import the_company
    from starter.cli.session import karhu

    choice = _choice(key, search, rule, prevented)
    if choice.everybody and not everybody:
        fail("say which customers: --key, --search, --rule, --prevented, or --all")
    target: service.Target = service.ByItself()
    if to != "auto":
        target = service.Under(None if to == "none" else to)

    async def run() -> bool:
        async with karhu() as house:
            with house.database.transaction() as session:
                owner = the_company(session, company)
                if what_if:
                    answer = service.what_if_moved(session, owner, choice, target, house.clock)
                    say(f"{several(answer.customers, 'customer')} would move")
                    outlook.show(answer.running, automation=owner.automation)
                    return True
                moved = service.move(
                    session, owner, choice, target, by=actor, clock=house.clock, running=running
                )
            say(f"{several(moved.customers, 'customer')} moved to {to}")
            return await replan.begin(house, moved.replanning)

    with in_words():
        if not asyncio.run(run()):
            raise typer.Exit(1)


def _choice(
    key: list[str] | None, search: str = "", rule: str | None = None, prevented: bool = False
) -> Choice:
    from store.placing import Choice

    return Choice(tuple(key) if key else None, search, rule, prevented)
