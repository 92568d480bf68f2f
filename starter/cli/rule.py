# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu rule`: a company's dunning rules, looked at, checked against the law, and saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from domain.states import Running
from starter.cli.by_hand import Actor
from starter.cli.console import errors, eur, fail, local, out, say
from starter.cli.invoice import Json

if TYPE_CHECKING:
    from domain.clock import Clock
    from domain.rule import LetterTerms, Rule
    from domain.rule_check import Breach

group = typer.Typer(help="Rules: what is sent when, and what it costs.", no_args_is_help=True)

File = Annotated[Path, typer.Argument(help="A rule as JSON; `karhu rule show` writes one.")]
Company = Annotated[
    str | None, typer.Option(help="The creditor's business id, if there are several.")
]
For = Annotated[
    list[str] | None,
    typer.Option(
        "--for",
        help="Whom the rule is for: consumer, business or other; may be said more than once."
        " Not given, what the file says, and else everybody.",
    ),
]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="rule")


@group.command("list")
def list_(company: Company = None, as_json: Json = False) -> None:
    """The newest version of each rule, and what the law of today has against it."""
    from starter.cli.session import books
    from store import rules

    with books() as (settings, database), database.transaction() as session:
        listed = rules.all_rules(session, company)
        found = [_breaches(one.terms, settings.clock()) for one in listed]
    if as_json:
        import json

        content = [
            {
                "company": one.company,
                "rule": one.terms.model_dump(mode="json"),
                "saved_at": one.saved_at.isoformat(),
                "saved_by": one.saved_by,
                "customers": one.customers,
                "breaches": [str(breach) for breach in against],
            }
            for one, against in zip(listed, found, strict=True)
        ]
        typer.echo(json.dumps(content, indent=2, ensure_ascii=False))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in (
        *("creditor", "rule", "for", "friendly", "reminder", "notice"),
        *("letters", "agency", "customers"),
    ):
        table.add_column(column, overflow="fold")
    for one in listed:
        rule = one.terms
        table.add_row(
            one.company_name,
            f"{rule.name} v{rule.version}",
            ", ".join(rule.debtors),
            f"{rule.courtesy.days:+} d" if rule.courtesy else "none",
            _letter(rule.reminder),
            _letter(rule.notice),
            rule.sending.value.replace("_", " "),
            _hand_over(rule),
            str(one.customers),
        )
    out.print(table)
    for one, against in zip(listed, found, strict=True):
        for breach in against:
            errors.print(
                f"{one.company_name}, {one.terms.name} v{one.terms.version}: {breach}"
                " Letters are charged and timed by the law all the same; save a new version.",
                style="yellow",
                markup=False,
            )


@group.command()
def show(
    name: Annotated[str, typer.Argument(help="The rule's name.")],
    company: Company = None,
    version: Annotated[int | None, typer.Option(help="Not given, the newest.")] = None,
) -> None:
    """One rule as JSON, as `karhu rule save` takes it; older versions are listed beside it."""
    from starter.cli.finding import the_company
    from starter.cli.session import books
    from store import rules

    with books() as (_, database), database.transaction() as session:
        business_id = the_company(session, company).business_id
        rows = rules.versions(session, business_id, name)
    chosen = [row for row in rows if version in {None, row.version}]
    if not chosen:
        what = f"no version {version} of rule {name}" if rows else f"no rule {name}"
        fail(f"company {business_id} has {what}: `karhu rule list` shows those there are")
    import json

    typer.echo(json.dumps(chosen[0].terms, indent=2, ensure_ascii=False))
    for row in rows:
        errors.print(
            f"version {row.version}, saved {local(row.saved_at)} by {row.saved_by}",
            style="dim",
            markup=False,
        )


@group.command()
def check(file: File, for_: For = None) -> None:
    """Whether the law lets a rule be saved; if not, every breach with figure and section."""
    from starter.settings import load

    rule = _read(file, for_)
    if found := _breaches(rule, load().clock()):
        for breach in found:
            errors.print(str(breach), style="red", markup=False)
        raise typer.Exit(1)
    say(f"rule {rule.name!r} is lawful for {', '.join(rule.debtors)}")


@group.command("what-if")
def what_if(file: File, company: Company = None, for_: For = None, as_json: Json = False) -> None:
    """What saving a rule would do to the invoices that run under it, if they moved to it: before
    and after, over the next 60 days. Nothing is saved."""
    from domain.law import LawError
    from starter import rules as service
    from starter.cli import outlook
    from starter.cli.finding import the_company
    from starter.cli.session import books

    rule = _read(file, for_)
    with books() as (settings, database):
        try:
            with database.transaction() as session:
                owner = the_company(session, company)
                change = service.what_if_saved(session, owner, rule, settings.clock())
        except LawError as refused:
            fail(str(refused))
    if as_json:
        outlook.as_json(change.running, rule=change.rule.name, version=change.rule.version)
        return
    said = f"rule {change.rule.name!r} v{change.rule.version}"
    say(said if change.fresh else f"{said} says this already")
    outlook.show(change.running, automation=owner.automation)


@group.command()
def save(
    file: File,
    actor: Actor,
    company: Company = None,
    for_: For = None,
    running: Annotated[
        Running, typer.Option(help="Running invoices: move to the new version, or keep theirs.")
    ] = Running.KEEP,
) -> None:
    """Save a rule as its next version. One that breaks the law is refused.

    Invoices registered from now on run under it; those before only with --running move.
    `karhu rule what-if` says beforehand what that does.
    """
    import asyncio

    from domain.law import LawError
    from starter import rules as service
    from starter.cli import replan
    from starter.cli.finding import the_company
    from starter.cli.session import karhu

    rule = _read(file, for_)

    async def run() -> bool:
        async with karhu() as house:
            with house.database.transaction() as session:
                owner = the_company(session, company)
                saved = service.save(
                    session, owner, rule, by=actor, clock=house.clock, running=running
                )
                what = f"rule {rule.name!r}", f"v{saved.version.version}"
            if saved.fresh:
                say(f"{what[0]} saved as {what[1]}: new invoices run under it")
            else:
                say(f"nothing changed: this is {what[0]} {what[1]} already")
            return await replan.begin(house, saved.replanning)

    try:
        well = asyncio.run(run())
    except LawError as refused:
        fail(str(refused))
    if not well:
        raise typer.Exit(1)


def _read(file: Path, debtors: list[str] | None) -> Rule:
    """The rule in a file; fails in words for what is no rule."""
    import json

    from pydantic import ValidationError

    from domain.rule import CourtesyTerms, LetterTerms, ReminderServiceTerms, Rule

    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fail(f"{file}: {error}")
    if not isinstance(said, dict):
        fail(f"{file}: a rule is a JSON object; `karhu rule show` writes one")
    if debtors:
        said["debtors"] = debtors
    unknown = set(said) - set(Rule.model_fields)
    for name, terms in (
        *(("reminder", LetterTerms), ("notice", LetterTerms)),
        *(("courtesy", CourtesyTerms), ("reminder_service", ReminderServiceTerms)),
    ):
        if isinstance(letter := said.get(name), dict):
            unknown |= {f"{name}.{key}" for key in set(letter) - set(terms.model_fields)}
    # A mistyped name would else be left out in silence, and a default charged by.
    if unknown:
        fail(f"{file}: a rule has no {', '.join(sorted(unknown))}; look for a mistyped name")
    try:
        return Rule.model_validate(said)
    except ValidationError as invalid:
        lines = (
            f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
            for error in invalid.errors(include_url=False)
        )
        fail(f"{file}: " + "; ".join(lines))


def _breaches(rule: Rule, clock: Clock) -> list[Breach]:
    from datetime import UTC, datetime

    from domain.calendar import FINLAND
    from domain.law import FINNISH_LAW
    from domain.rule_check import all_breaches

    today = FINLAND.local_date(clock.now(datetime.now(UTC)))
    return all_breaches(rule, FINNISH_LAW, today)


def _letter(terms: LetterTerms | None) -> str:
    return f"+{terms.after_days} d, {eur(terms.fee_cents)}" if terms else "none"


def _hand_over(rule: Rule) -> str:
    from domain.rule import HandOver

    said = "never"
    if rule.hand_over is not HandOver.NEVER:
        said = f"+{rule.hand_over_after_days} d, {rule.hand_over.value.replace('_', ' ')}"
    if terms := rule.reminder_service:
        how = "on approval" if terms.on_approval else "automatic"
        said = f"reminder service +{terms.after_days} d, {how}; {said}"
    return said
