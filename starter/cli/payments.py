# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu payments`: what the bank's files brought, and the queue of what belongs to nobody yet."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.by_hand import Actor, Settlement, in_cents
from starter.cli.console import errors, eur, fail, local, out, say
from starter.cli.invoice import Company, Json, Number, plain, table

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starter.cli.session import House
    from starter.payments import Moved
    from store.queue import Overpaid, Shown
    from store.tables import BankPayment

group = typer.Typer(
    help="Look at payments, and say where those belong that wait.", no_args_is_help=True
)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="payments")


Id = Annotated[int, typer.Argument(help="The payment's id, which `karhu payments list` shows.")]


@group.command("list")
def list_(
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only those that wait for somebody.")
    ] = False,
    overpaid: Annotated[
        bool, typer.Option("--overpaid", help="Instead, the invoices that were paid too much.")
    ] = False,
    company: Annotated[str | None, typer.Option(help="Only this creditor's (business id).")] = None,
    after: Annotated[int, typer.Option(help="Go on after this id, which the last page said.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Rows.")] = 50,
    as_json: Json = False,
) -> None:
    """Payments as the bank's files brought them, the oldest first."""
    from starter.cli.session import books
    from store import queue

    with books() as (_, database), database.transaction() as session:
        if overpaid:
            invoices = queue.overpaid(session, company=company, after=after, limit=limit + 1)
            ids = [one.invoice_id for one in invoices]
        else:
            rows = queue.page(
                session, waiting=waiting, company=company, after=after, limit=limit + 1
            )
            ids = [row.id for row in rows]
    following = ids[limit - 1] if len(ids) > limit else None
    if as_json:
        if overpaid:
            _json({"invoices": [asdict(one) for one in invoices[:limit]], "next_after": following})
        else:
            shown = [row.model_dump(mode="json") for row in rows[:limit]]
            _json({"payments": shown, "next_after": following})
        return
    if overpaid:
        _overpaid(invoices[:limit])
    else:
        _payments(rows[:limit])
    if following is not None:
        say(f"and more: --after {following}")


def _payments(rows: list[BankPayment]) -> None:
    columns = ("id", "paid", "EUR", "open", "payer", "reference", "state")
    shown = table("Payments", columns, one_line=True)
    for row in rows:
        state = f"set aside: {row.set_aside}" if row.set_aside else row.problem
        shown.add_row(
            str(row.id),
            str(row.paid_on),
            plain(row.amount_cents),
            plain(row.open_cents or None),
            row.payer,
            row.reference,
            state or ("waits" if row.open_cents else "booked"),
        )
    out.print(shown)


def _overpaid(invoices: list[Overpaid]) -> None:
    shown = table("Overpaid", ("number", "creditor", "state", "EUR", "last paid"), one_line=True)
    for one in invoices:
        shown.add_row(
            one.number, one.company_name, one.state, plain(one.overpaid_cents), str(one.paid_on)
        )
    out.print(shown)


@group.command()
def show(payment: Id, as_json: Json = False) -> None:
    """One payment: where it was booked, and where it may belong."""
    from starter.cli.session import books
    from store import queue

    with books() as (_, database), database.transaction() as session:
        found = queue.show(session, payment)
    if found is None:
        fail(f"there is no payment {payment}: `karhu payments list` shows them")
    if as_json:
        content = {
            "payment": found.payment.model_dump(mode="json"),
            "company": found.company,
            "shares": [asdict(share) for share in found.shares],
            "reversed_by": found.reversed_by,
            "suggestions": [asdict(one) for one in found.suggestions],
        }
        _json(content)
        return
    _show(found)


def _show(found: Shown) -> None:
    row = found.payment
    say(f"Payment {row.id}  {eur(row.amount_cents)} of {row.paid_on}", style="bold")
    parts = {
        "payer": " ".join(part for part in (row.payer, row.payer_account) if part),
        "reference": row.reference,
        "message": row.message,
        "archive id": row.archive_id,
        "account": f"{row.account} ({found.company or 'whose is not known'})",
        "read": f"{local(row.read_at)} from {row.source}",
        "takes back": f"payment {row.reverses}" if row.reverses else "",
        "taken back by": ", ".join(f"payment {one}" for one in found.reversed_by),
    }
    for name, value in parts.items():
        if value:
            say(f"{name}: {value}")
    for share in found.shares:
        say(
            f"{eur(share.amount_cents)} on invoice {share.number} ({share.company}),"
            f" {local(share.assigned_at)} by {share.assigned_by}: {share.how}"
        )
        if share.settlement is not None:
            whose = "the agency's settlement" if share.settlement else "a direct payment"
            say(f"  {whose}: {share.why}")
    if row.set_aside:
        say(f"set aside: {row.set_aside}", style="yellow")
    elif row.open_cents:
        say(f"{eur(row.open_cents)} waits: {row.problem}", style="yellow")
    for one in found.suggestions:
        say(f"perhaps invoice {one.number}: {one.reason}")


@group.command()
def assign(
    payment: Id,
    number: Number,
    actor: Actor,
    amount: Annotated[
        str | None, typer.Option(help="Euros; not given, all that is open of the payment.")
    ] = None,
    company: Company = None,
    settlement: Settlement = None,
) -> None:
    """Book a payment that waits, or a part of it, on an invoice."""
    from starter import payments
    from starter.cli.finding import the_invoice

    cents = in_cents(amount) if amount is not None else None
    if cents is not None and cents < 0:
        raise typer.BadParameter("a part is counted from zero up, also of a reversal")

    async def move(house: House) -> Moved:
        found = the_invoice(house.database, number, company)
        return await payments.assign(
            payment,
            found.invoice_id,
            cents,
            actor=actor,
            database=house.database,
            client=house.client,
            clock=house.clock,
            settlement=settlement,
        )

    moved = _moved(move)
    booked = sum(part for _, part in moved.result.booked)
    what = "booked on" if booked > 0 else "taken off"
    say(f"payment {payment}: {eur(abs(booked))} {what} invoice {number}")
    _after(moved)


@group.command()
def unassign(payment: Id, number: Number, actor: Actor, company: Company = None) -> None:
    """Take a payment off an invoice where it does not belong: it waits again."""
    from starter import payments
    from starter.cli.finding import the_invoice

    async def move(house: House) -> Moved:
        found = the_invoice(house.database, number, company)
        return await payments.unassign(
            payment,
            found.invoice_id,
            actor=actor,
            database=house.database,
            client=house.client,
            clock=house.clock,
        )

    moved = _moved(move)
    booked = sum(part for _, part in moved.result.booked)
    say(f"payment {payment}: {eur(abs(booked))} of it is not on invoice {number} any more")
    _after(moved)


@group.command("set-aside")
def set_aside(
    payment: Id,
    actor: Actor,
    reason: Annotated[str, typer.Option(help="Why it belongs to no invoice: it is kept.")],
) -> None:
    """Take a payment that belongs to no invoice out of the queue."""
    import asyncio

    from starter import payments
    from starter.cli.session import books
    from store.assigning import NotAssignable

    with books() as (_, database):
        try:
            asyncio.run(payments.set_aside(payment, reason, actor=actor, database=database))
        except NotAssignable as error:
            fail(str(error))
    say(f"payment {payment}: set aside")


def _moved(move: Callable[[House], Awaitable[Moved]]) -> Moved:
    import asyncio

    from domain.ledger import UnbalancedEntry
    from starter.cli.session import karhu
    from store.assigning import NotAssignable

    async def run() -> Moved:
        async with karhu() as house:
            return await move(house)

    try:
        return asyncio.run(run())
    except (NotAssignable, UnbalancedEntry) as error:
        fail(str(error))


def _after(moved: Moved) -> None:
    result = moved.result
    if result.overpaid_cents:
        say(f"{eur(result.overpaid_cents)} of it is more than is asked for: overpaid")
    if result.told_agency:
        say("the agency will be told")
    if moved.waiting:
        errors.print(
            f"its procedure hears of it later: Temporal does not take it now ({moved.waiting})",
            style="yellow",
            markup=False,
        )


def _json(content: Any) -> None:
    import json

    typer.echo(json.dumps(content, indent=2, default=str, ensure_ascii=False))
