# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu invoice hold|release|cancel|...`: acting by hand."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from domain.states import HoldKind, InvoiceState
from starter.cli.console import errors, eur, fail, local, login, say
from starter.cli.invoice import Company, Number

if TYPE_CHECKING:
    from domain.requests import Request
    from starter.payments import Entered
    from workflows.contract import Answer


def _without_codes(words: str) -> str:
    from domain import personal_code

    return personal_code.left_out(words)


def _no_code(words: str | None) -> str | None:
    """A number of somebody's own is kept for years: it may be anything but a person's."""
    from domain import personal_code

    if words is not None and personal_code.looks_like_one(words):
        raise typer.BadParameter("a personal identity code is kept nowhere: give another one")
    return words


Actor = Annotated[
    str,
    typer.Option(
        default_factory=login,
        callback=_without_codes,
        help="Who asks; not given, the login name.",
    ),
]
Reason = Annotated[str, typer.Option(help="Why: it stays in the invoice's log.")]
Key = Annotated[
    str | None,
    typer.Option(callback=_no_code, help="Asking again with the same key does nothing twice."),
]
On = Annotated[
    datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Its date; not given, today by the business clock."),
]
Settlement = Annotated[
    bool | None,
    typer.Option(
        "--settlement/--direct",
        help="The agency's settlement, or the debtor's own payment, which the agency is told; not"
        " given, Karhu judges by payer, reference, message and amount.",
    ),
]
Until = Annotated[
    datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it holds.")
]


def add_to(group: typer.Typer) -> None:
    for command in (hold, release, cancel, withdraw, pay, credit):
        group.command()(command)
    group.command("set-state")(set_state)
    group.command("send-now")(send_now)


def hold(
    number: Number,
    actor: Actor,
    kind: Annotated[HoldKind, typer.Option(help="Why it waits.")] = HoldKind.MANUAL,
    until: Until = None,
    company: Company = None,
    reason: Reason = "",
    key: Key = None,
) -> None:
    """Wait, until released or through a date."""
    from domain import requests

    last = until.date() if until else None
    ask(
        number,
        company,
        requests.Hold(hold=kind, until=last, actor=actor, reason=reason, key=_key(key)),
        f"held ({kind.value}{f' until {last}' if last else ''})",
    )


def release(
    number: Number,
    actor: Actor,
    kind: Annotated[
        HoldKind | None, typer.Option(help="Only this hold; not given, all, and attention.")
    ] = None,
    company: Company = None,
    reason: Reason = "",
    key: Key = None,
) -> None:
    """Go on: release holds, and what needed attention."""
    from domain import requests

    request = requests.Release(hold=kind, actor=actor, reason=reason, key=_key(key))
    ask(number, company, request, f"released ({kind.value if kind else 'everything'})")


def cancel(
    number: Number, actor: Actor, company: Company = None, reason: Reason = "", key: Key = None
) -> None:
    """End the procedure: the invoice was a mistake."""
    from domain import requests

    request = requests.Cancel(actor=actor, reason=reason, key=_key(key))
    ask(number, company, request, "cancelled")


def set_state(
    number: Number,
    to: Annotated[InvoiceState, typer.Argument(help="The state.")],
    actor: Actor,
    company: Company = None,
    reason: Reason = "",
    key: Key = None,
) -> None:
    """Move the invoice to another state; its procedure goes on from there."""
    from domain import requests

    request = requests.SetState(to=to, actor=actor, reason=reason, key=_key(key))
    ask(number, company, request, f"set to {to.value}")


def send_now(
    number: Number, actor: Actor, company: Company = None, reason: Reason = "", key: Key = None
) -> None:
    """Send the next letter now, if the law lets it."""
    from domain import requests

    request = requests.SendNow(actor=actor, reason=reason, key=_key(key))
    ask(number, company, request, "the letter was released")


def withdraw(
    number: Number, actor: Actor, company: Company = None, reason: Reason = "", key: Key = None
) -> None:
    """Take the invoice back from the agency. It is held then."""
    from domain import requests

    request = requests.Withdraw(actor=actor, reason=reason, key=_key(key))
    ask(number, company, request, "taken back from the agency, and held")


def pay(
    number: Number,
    amount: Annotated[str, typer.Argument(help="Euros; negative to take a payment back.")],
    actor: Actor,
    on: On = None,
    settlement: Settlement = None,
    payer: Annotated[str, typer.Option(help="Who paid, as the bank says.")] = "",
    reference: Annotated[str, typer.Option(help="The transfer's reference.")] = "",
    message: Annotated[str, typer.Option(help="The transfer's message.")] = "",
    company: Company = None,
    key: Key = None,
) -> None:
    """Book a payment."""
    import asyncio

    from domain.agency_money import Received
    from domain.calendar import FINLAND
    from domain.ledger import UnbalancedEntry
    from starter import payments
    from starter.cli.finding import the_invoice
    from starter.cli.session import karhu

    cents = in_cents(amount)

    async def run() -> Entered:
        async with karhu() as house:
            found = the_invoice(house.database, number, company)
            return await payments.pay(
                found.invoice_id,
                cents,
                on=on.date() if on else FINLAND.local_date(house.now()),
                key=_key(key),
                settlement=settlement,
                received=Received(abs(cents), payer=payer, reference=reference, message=message),
                actor=actor,
                database=house.database,
                client=house.client,
                clock=house.clock,
            )

    try:
        entered = asyncio.run(run())
    except UnbalancedEntry as error:
        fail(f"invoice {number}: {error}")
    _entered(number, entered, f"{eur(abs(cents))} {'paid' if cents > 0 else 'taken back'}")


def credit(
    number: Number,
    amount: Annotated[str, typer.Argument(help="Euros.")],
    note: Annotated[str, typer.Option(callback=_no_code, help="The credit note's number.")],
    on: On = None,
    company: Company = None,
) -> None:
    """Book a credit note."""
    import asyncio

    from domain.calendar import FINLAND
    from starter import payments
    from starter.cli.finding import the_invoice
    from starter.cli.session import karhu

    cents = in_cents(amount)
    if cents < 0:
        raise typer.BadParameter("a credit note takes a positive amount off the invoice")

    async def run() -> Entered:
        async with karhu() as house:
            found = the_invoice(house.database, number, company)
            return await payments.credit(
                found.invoice_id,
                cents,
                on=on.date() if on else FINLAND.local_date(house.now()),
                number=note,
                database=house.database,
                client=house.client,
                clock=house.clock,
            )

    _entered(number, asyncio.run(run()), f"{eur(cents)} credited by {note}")


def in_cents(amount: str) -> int:
    from domain.money import NotAnAmount, parse_eur

    try:
        cents = parse_eur(amount)
    except NotAnAmount as error:
        raise typer.BadParameter(str(error)) from None
    if cents == 0:
        raise typer.BadParameter("nothing is not an amount to book")
    return cents


def _entered(number: str, entered: Entered, what: str) -> None:
    booked = entered.booked
    balance = booked.balance
    if not booked.new:
        say(f"invoice {number}: it was booked before; nothing changed")
    else:
        say(f"invoice {number}: {what}")
        if booked.told_agency or booked.why:
            told = "will be told" if booked.told_agency else "is not told"
            say(f"the agency {told}{f': {booked.why}' if booked.why else ''}")
    over = f", {eur(balance.overpaid_cents)} overpaid" if balance.overpaid_cents else ""
    say(f"open now: {eur(balance.open_cents)}{over}")
    if entered.waiting:
        errors.print(
            f"its procedure hears of it later: Temporal does not take it now ({entered.waiting})",
            style="yellow",
            markup=False,
        )


def _key(key: str | None) -> str:
    return key or str(uuid.uuid4())


def ask(number: str, company: str | None, request: Request, done: str) -> None:
    import asyncio

    from domain.requests import Refused
    from starter import by_hand
    from starter.cli.finding import the_invoice
    from starter.cli.session import karhu

    state = ""

    async def run() -> Answer:
        nonlocal state
        async with karhu() as house:
            found = the_invoice(house.database, number, company)
            state = found.state
            return await by_hand.ask(house.client, found.company, found.number, request)

    try:
        answer = asyncio.run(run())
    except Refused as refused:
        fail(f"invoice {number}: not done: {refused}")
    except by_hand.FinishedError:
        fail(f"invoice {number}: not done: its procedure is over, the invoice is {state}")
    except by_hand.NoAnswerError as error:
        fail(str(error))
    say(f"invoice {number}: {done}; it is {answer.state} now")
    when = f" on {local(answer.next_step_at)}" if answer.next_step_at else ""
    say(f"next: {_step(answer.next_step)}{when}: {answer.why}")


def _step(kind: str) -> str:
    from domain.steps import StepKind

    return StepKind(kind).words
