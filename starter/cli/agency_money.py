# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu agency settlements`, `karhu agency drift` and their like; `karhu payments settlement`."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from starter.cli.by_hand import Actor
from starter.cli.console import errors, eur, fail, listing, local, say, several
from starter.cli.invoice import Json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from activities.drift import Compared
    from starter.cli.session import House
    from starter.settlements import AgencyMoney
    from store.drift import Kept
    from store.settlements import Shown, Taken
    from store.tables import AgencySettlement

Company = Annotated[
    str | None, typer.Option(help="The company's business id, if there are several.")
]
Id = Annotated[
    int, typer.Argument(help="The settlement's number, which `karhu agency settlements` shows.")
]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="Rows.")]


class YesNo(StrEnum):
    """Whether it is the agency's settlement."""

    YES = "yes"
    NO = "no"


def add_to(group: typer.Typer, payments: typer.Typer) -> None:
    """The agency's commands, and the tick among those for payments."""
    for command in (settlements, settlement, release, drift):
        group.command()(command)
    group.command("read-settlements")(read_settlements)
    group.command("retry-settlement")(retry_settlement)
    group.command("set-aside")(set_aside)
    payments.command("settlement")(tick)


# ── settlements ──────────────────────────────────────────────────────────────────────────────


def settlements(
    unsettled: Annotated[
        bool, typer.Option("--unsettled", help="Those alone that await their money or a person.")
    ] = False,
    company: Annotated[str | None, typer.Option(help="Only this creditor's (business id).")] = None,
    before: Annotated[int | None, typer.Option(help="Go on before this number.")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """The agencies' settlements, the newest first."""
    from starter.cli.session import books
    from store import settlements as rows

    with books() as (_, database), database.transaction() as session:
        found = rows.page(session, company=company, unsettled=unsettled, before=before, limit=limit)
        content = [row.model_dump(mode="json") for row in found]
    if as_json:
        _json({"settlements": content})
        return
    listing(
        ("no", "agency", "name", "creditor", "of", "transferred", "kept back", "status", "why"),
        (
            (
                *(str(row.id), row.agency, row.name, row.business_id, str(row.settled_on)),
                *(eur(row.transferred_cents), eur(row.commission_cents), row.status, row.problem),
            )
            for row in found
        ),
    )


def settlement(number: Id, as_json: Json = False) -> None:
    """One settlement: its lines, and where their money is."""
    from starter.cli.session import books
    from store import settlements as rows

    with books() as (_, database), database.transaction() as session:
        found = rows.show(session, number)
    if found is None:
        fail(f"there is no settlement {number}: karhu agency settlements lists them")
    if as_json:
        _json(
            {
                "settlement": found.settlement.model_dump(mode="json"),
                "lines": [line.model_dump(mode="json") for line in found.lines],
            }
        )
        return
    _show(found)


def _show(found: Shown) -> None:
    row = found.settlement
    say(f"Settlement {row.name} of {row.settled_on} ({row.agency})", style="bold")
    say(f"{eur(row.transferred_cents)} transferred, {eur(row.commission_cents)} kept back")
    say(f"reference {row.reference or '(none)'}; read {local(row.read_at)} from {row.source}")
    say(_standing(row))
    listing(
        ("line", "case", "invoice", "EUR", "principal", "interest", "fees", "kept back", "booked"),
        (
            (
                *(str(line.serial), line.case_reference),
                found.numbers.get(line.invoice_id or 0, "(not known)"),
                *(eur(line.total_cents), eur(line.principal_cents), eur(line.interest_cents)),
                *(eur(line.fees_cents), eur(line.withheld_cents)),
                line.entry_key or line.problem or "not yet",
            )
            for line in found.lines
        ),
    )


def _standing(row: AgencySettlement) -> str:
    how = {
        "awaiting": "awaits its money",
        "settled": f"settled by payment {row.bank_payment_id}"
        if row.bank_payment_id
        else "settled without a transfer of its own",
        "waiting": "waits for a person",
        "set_aside": "set aside",
    }[row.status]
    return f"{how}: {row.problem}" if row.problem else how


def release(number: Id, actor: Actor) -> None:
    """Take a settlement off its invoices: its transfer waits again, to be assigned by hand."""
    _say(_settled(lambda money: money.release(number, by=actor)))


def retry_settlement(number: Id) -> None:
    """Try a settlement again that waits for a person."""
    _say(_settled(lambda money: money.again(number)))


def set_aside(
    number: Id,
    actor: Actor,
    reason: Annotated[str, typer.Option(help="Where its money is: it is kept.")],
) -> None:
    """A settlement's money was seen to by hand."""
    _say(_settled(lambda money: money.set_aside(number, reason, by=actor)))


def _settled(do: Callable[[AgencyMoney], Awaitable[Taken]]) -> Taken:
    from store.releasing import CannotSettle

    taken: Taken
    try:
        taken = _run(lambda house: do(_money(house)))
    except CannotSettle as error:
        fail(str(error))
    return taken


def _say(taken: Taken) -> None:
    say(f"settlement {taken.name}: {taken.status}{f': {taken.problem}' if taken.problem else ''}")


def read_settlements() -> None:
    """Read the agencies' settlements now; they are read on a schedule too."""
    from starter.agencies import open_agencies

    async def read(house: House) -> Any:
        with open_agencies(house.settings, lambda: datetime.now(UTC)) as agencies:
            return await _money(house).read(agencies)

    done = _run(read)
    for one in done.agencies:
        say(
            f"{one.agency}: {several(one.read, 'settlement')} read, {one.new} new, {one.settled} of"
            f" them settled, {one.waiting} for a person"
        )
        if one.problem:
            errors.print(one.problem, style="red", markup=False)
    if done.problems:
        raise typer.Exit(1)


# ── whose a payment is ───────────────────────────────────────────────────────────────────────


def tick(
    payment: Annotated[
        str,
        typer.Argument(
            help="The payment's id; of one that was entered by hand, with --invoice, the name that"
            " the invoice's history gives it (payment/...)."
        ),
    ],
    answer: Annotated[YesNo, typer.Argument(help="Whether it is the agency's settlement.")],
    actor: Actor,
    invoice: Annotated[str | None, typer.Option(help="The invoice that it is on.")] = None,
    company: Company = None,
) -> None:
    """Say that a payment is the agency's settlement, or that it is not; the agency is told what
    follows."""
    from starter.cli.finding import the_invoice
    from store.ticking import NotTickable

    if invoice is None and not payment.isdecimal():
        raise typer.BadParameter("say --invoice with the name of a payment entered by hand")

    async def do(house: House) -> Any:
        money, yes = _money(house), answer is YesNo.YES
        if invoice is None:
            return await money.tick_payment(int(payment), settlement=yes, by=actor)
        found = the_invoice(house.database, invoice, company)
        return await money.tick_entry(found.invoice_id, payment, settlement=yes, by=actor)

    try:
        done = _run(do)
    except NotTickable as error:
        fail(str(error))
    what = "the agency's settlement" if answer is YesNo.YES else "the debtor's own payment"
    if not done.ticked.changed:
        say(f"payment {payment}: it counts as {what} already")
        return
    say(f"payment {payment}: it counts as {what} now")
    said = "a payment reversal" if answer is YesNo.YES else "a direct payment"
    say(f"the agency will be told of {said}" if done.ticked.told else "the agency need not be told")
    if done.waiting:
        errors.print(
            f"its procedure hears of it later: Temporal does not take it now ({done.waiting})",
            style="yellow",
            markup=False,
        )


# ── drift ────────────────────────────────────────────────────────────────────────────────────


def drift(
    company: Company = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="What was found on that day, instead of now."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also the cases that agree.")] = False,
    as_json: Json = False,
) -> None:
    """Set our books beside the agencies', case by case. Exit code 1 if anything differs."""
    if on is not None:
        _of_day(company, on, as_json=as_json)
        return
    from integrations.agency import AgencyError
    from starter.cli.finding import the_company

    def compared(house: House) -> Sequence[Compared]:
        from starter.agencies import open_agencies

        only = None
        if company is not None:
            with house.database.transaction() as session:
                only = the_company(session, company).business_id
        with open_agencies(house.settings, lambda: datetime.now(UTC)) as agencies:
            return _money(house).compare(agencies, only=only)

    async def run(house: House) -> Sequence[Compared]:
        import asyncio

        return await asyncio.to_thread(compared, house)

    try:
        found = _run(run)
    except AgencyError as error:
        fail(str(error))
    differing = sum(len(one.differing) for one in found)
    if as_json:
        _json({"compared": [_compared(one, every=every) for one in found]})
    else:
        for one in found:
            say(
                f"{one.company} at {one.agency}: {several(len(one.cases), 'case')},"
                f" {len(one.differing)} differ"
            )
            shown = one.cases if every else one.differing
            _differences(
                (case.number or case.reference, [one.said() for one in case.differences])
                for case in shown
            )
    if differing:
        raise typer.Exit(1)


def _compared(one: Compared, *, every: bool) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "company": one.company,
        "agency": one.agency,
        "cases": len(one.cases),
        "differing": len(one.differing),
        "found": [asdict(case) for case in (one.cases if every else one.differing)],
    }


def _of_day(company: str | None, on: datetime, *, as_json: bool) -> None:
    from starter.cli.finding import the_company
    from starter.cli.session import books
    from store import drift as rows
    from store.scope import Scope

    with books() as (_, database), database.transaction() as session:
        owner = the_company(session, company)
        kept = rows.report(session, Scope(frozenset({owner.id})), on=on.date())
    if kept is None:
        fail(f"nothing was compared on {on.date()}")
    if as_json:
        _json(
            {
                "report": kept.report.model_dump(mode="json"),
                "cases": [case.model_dump(mode="json") for case in kept.cases],
            }
        )
        return
    _kept(kept)


def _kept(kept: Kept) -> None:
    row = kept.report
    say(f"{row.on} at {row.agency}: {several(row.cases, 'case')}, {row.differing} differ")
    _differences(
        (kept.numbers.get(case.invoice_id or 0, case.case_reference), case.differences)
        for case in kept.cases
    )


def _differences(cases: Any) -> None:
    rows = [
        (case, *(one[name] for name in ("what", "ours", "theirs", "reason", "remedy")))
        for case, differences in cases
        for one in differences or [dict.fromkeys(_COLUMNS, "") | {"what": "agrees"}]
    ]
    if rows:
        listing(("case", "what", "ours", "theirs", "probably", "to do"), rows)


_COLUMNS = ("what", "ours", "theirs", "reason", "remedy")


def _money(house: House) -> AgencyMoney:
    from starter.settlements import AgencyMoney

    return AgencyMoney(house.database, house.client, house.clock)


def _run(do: Callable[[House], Awaitable[Any]]) -> Any:
    import asyncio

    from starter.cli.session import karhu

    async def run() -> Any:
        async with karhu() as house:
            return await do(house)

    return asyncio.run(run())


def _json(content: Any) -> None:
    import json

    typer.echo(json.dumps(content, indent=2, default=str, ensure_ascii=False))
