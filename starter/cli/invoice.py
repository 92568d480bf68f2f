# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu invoice show` and `list`: looking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.states import InvoiceState
from starter.cli.console import eur, local, out, say, several

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from starter.timeline import Story
    from store.queries import Line

group = typer.Typer(help="Look at invoices, and act by hand.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="invoice")


Number = Annotated[str, typer.Argument(help="The invoice's number.")]
Company = Annotated[
    str | None, typer.Option(help="The creditor's business id, if several have this number.")
]
Json = Annotated[bool, typer.Option("--json", help="The same for programs.")]


@group.command()
def show(number: Number, company: Company = None, as_json: Json = False) -> None:
    """One invoice: where it is, what has happened, and what will unless it is paid."""
    from datetime import UTC, datetime

    from domain.calendar import FINLAND
    from domain.law import FINNISH_LAW
    from starter import timeline
    from starter.cli.finding import the_invoice
    from starter.cli.session import books
    from store.queries import dossier

    with books() as (settings, database):
        found = the_invoice(database, number, company)
        now = settings.clock().now(datetime.now(UTC))
        with database.transaction() as session:
            story = timeline.tell(
                dossier(session, found.invoice_id), law=FINNISH_LAW, calendar=FINLAND, now=now
            )
    if as_json:
        typer.echo(story.model_dump_json(indent=2))
        return
    _show(story)


def _show(story: Story) -> None:
    from rich.text import Text

    invoice = story.invoice
    status = f", {invoice.agency}: {invoice.collection_status}" if invoice.collection_status else ""
    out.print(
        Text.assemble(
            (f"Invoice {invoice.number}", "bold"),
            f"  {invoice.creditor} ({invoice.creditor_business_id})",
            f" → {invoice.debtor} ({invoice.debtor_class})",
        )
    )
    out.print(
        Text.assemble(
            (f"{invoice.state}{status}", "bold cyan"),
            f"  {eur(invoice.open_cents)} open of {eur(invoice.principal_cents)},"
            f" due {invoice.due}, reference {invoice.reference or 'none'},"
            f" rule {invoice.rule or 'none (by hand)'}",
        )
    )
    parts = {
        "principal": invoice.open_principal_cents,
        "interest": invoice.open_interest_cents,
        "fees": invoice.open_fees_cents,
        "paid": invoice.paid_cents,
        "overpaid": invoice.overpaid_cents,
        "Karhu's charges": invoice.service_cents,
    }
    if said := ", ".join(f"{name} {eur(cents)}" for name, cents in parts.items() if cents):
        say(said)
    if invoice.principal_covered and invoice.open_cents:
        say("what was paid comes to the principal: what is open is its interest and fees")
    if invoice.held and story.future:
        say(f"held: {', '.join(invoice.held)}", style="yellow")
    if invoice.attention:
        say(f"needs attention: {invoice.attention}", style="red")
    say()
    past = table("Past", ("when", "EUR", "what"))
    for one in story.past:
        past.add_row(local(one.at), plain(one.cents), _told(one.what, one.actor, one.why))
    out.print(past)
    say()
    if not story.future:
        say(f"Nothing more will happen: the invoice is {invoice.state}.")
        return
    if not invoice.automation:
        say("the company's automation is off: nothing leaves by itself", style="yellow")
    future = table("Future, unless it is paid", ("when", "fee", "what"))
    for step in story.future:
        fee = plain(step.fee_cents or None)
        future.add_row(local(step.at) or "–", fee, _told(step.what, "", step.why))
    out.print(future)


def plain(cents: int | None) -> str:
    """An amount without its currency, for a column; "" for none."""
    return "" if cents is None else eur(cents).removesuffix(" EUR")


def _told(what: str, who: str, why: str) -> Text:
    """What, and more quietly who and why."""
    from rich.text import Text

    more = ": ".join(part for part in (who, why) if part)
    return Text.assemble((what, "bold"), (f"  {more}" if more else "", "dim"))


def table(title: str, columns: tuple[str, ...], *, one_line: bool = False) -> Table:
    """A table without walls; `one_line`: what does not fit is cut off."""
    from rich.table import Table

    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        # The last column takes what the others, shown whole, leave.
        expand=True,
    )
    for column in columns:
        made.add_column(
            column,
            justify="right" if column in {"EUR", "fee", "open", "invoices"} else "left",
            no_wrap=one_line or column not in {"what", "need attention"},
            max_width=24 if column == "creditor" else None,
            ratio=1 if column == columns[-1] else None,
            overflow="ellipsis" if one_line else "fold",
        )
    return made


@group.command("list")
def list_(
    state: Annotated[InvoiceState | None, typer.Option(help="Only those in this state.")] = None,
    company: Annotated[str | None, typer.Option(help="Only this creditor's (business id).")] = None,
    attention: Annotated[
        bool, typer.Option("--attention", help="Only those that need attention.")
    ] = False,
    after: Annotated[int, typer.Option(help="Go on after this id, which the last page said.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Rows.")] = 50,
    as_json: Json = False,
) -> None:
    """Invoices: counts and sums by state, then row by row."""
    from starter.cli.session import books
    from store import approvals, queries
    from store import sums as kept

    with books() as (_, database), database.transaction() as session:
        stages = approvals.stages(session, company)
        sums = kept.by_state(session, queries.everywhere(session, company))
        lines = queries.page(
            session,
            state=state,
            company=company,
            attention=attention,
            after=after,
            limit=limit + 1,
        )
    lines, more = lines[:limit], len(lines) > limit
    following = lines[-1].invoice_id if more else None
    if as_json:
        import json
        from dataclasses import asdict

        content = {
            "by_state": [asdict(one) for one in sums],
            "approvals": asdict(stages),
            "invoices": [asdict(line) for line in lines],
            "next_after": following,
        }
        typer.echo(json.dumps(content, indent=2, default=str, ensure_ascii=False))
        return
    by_state = table("By state", ("state", "invoices", "open", "need attention"))
    for one in sums:
        name = f"{one.state.value} ({one.state.finnish})"
        by_state.add_row(name, str(one.invoices), eur(one.open_cents), str(one.attention or ""))
    total = eur(sum(one.open_cents for one in sums))
    by_state.add_row("all", str(sum(one.invoices for one in sums)), total, "")
    out.print(by_state)
    if stages.to_do:
        count = several(stages.to_do, "letter or hand-over waits", "letters and hand-overs wait")
        say(f"{count} for approval: see `karhu approvals list`")
    say()
    columns = ("number", "creditor", "state", "open", "due", "next")
    rows = table("Invoices", columns, one_line=True)
    for line in lines:
        rows.add_row(
            line.number,
            line.company_name,
            _where(line),
            eur(line.open_cents),
            str(line.due),
            _next(line),
        )
    out.print(rows)
    if following is not None:
        say(f"and more: --after {following}")
    elif not lines:
        say(f"{several(0, 'invoice')} to show")


@group.command()
def draft(
    number: Number,
    to: Annotated[Path, typer.Option("--out", help="Where the PDF is written.")],
    company: Company = None,
) -> None:
    """The invoice's next letter as it would be, as PDF. Nothing is sent."""
    from datetime import UTC, datetime

    from activities.desk import House
    from starter.cli.finding import the_invoice
    from starter.cli.place import in_words
    from starter.cli.session import books
    from starter.drafting import draft as drafted

    with in_words(), books() as (settings, database):
        clock = settings.clock()
        found = the_invoice(database, number, company)
        house = House(clock, day_count=settings.day_count)
        letter = drafted(database, house, found.invoice_id, clock.now(datetime.now(UTC)))
        to.write_bytes(letter.pdf())
    say(f"{to}: the {letter.kind.value} of invoice {number}, as it would leave {local(letter.on)}")


def _where(line: Line) -> str:
    """The state, with the agency's status and a mark of a hold."""
    status = f": {line.collection_status}" if line.state == InvoiceState.IN_COLLECTION else ""
    held = ", held" if line.held and not InvoiceState(line.state).final else ""
    return f"{line.state}{status.removesuffix(': ')}{held}"


def _next(line: Line) -> str:
    """What an invoice waits for, in one line."""
    if line.attention:
        return f"needs attention: {line.attention}"
    if InvoiceState(line.state).final:
        return ""
    from domain.steps import StepKind

    when = f" {local(line.next_step_at)}" if line.next_step_at else ""
    return f"{StepKind(line.next_step).words}{when}: {line.next_step_why}"
