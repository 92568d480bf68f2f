# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu rule`: a company's dunning rules, looked at, checked against the law, and saved."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from starter.cli.by_hand import Actor
from starter.cli.console import errors, eur, fail, local, out, say
from starter.cli.invoice import Json

if TYPE_CHECKING:
    from sqlmodel import Session

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
    for column in ("creditor", "rule", "for", "reminder", "notice", "Intrum", "customers"):
        table.add_column(column, overflow="fold")
    for one in listed:
        rule = one.terms
        table.add_row(
            one.company_name,
            f"{rule.name} v{rule.version}",
            ", ".join(rule.debtors),
            _letter(rule.reminder),
            _letter(rule.notice),
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
    from starter.cli.session import books
    from store import rules

    with books() as (_, database), database.transaction() as session:
        _, business_id = _the_company(session, company)
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


@group.command()
def save(file: File, actor: Actor, company: Company = None, for_: For = None) -> None:
    """Save a rule as its next version. One that breaks the law is refused.

    Invoices registered from now on run under it; those before stay under theirs.
    """
    from datetime import UTC, datetime

    from domain.law import LawError
    from starter.cli.session import books
    from store import rules

    rule = _read(file, for_)
    with books() as (settings, database):
        now = settings.clock().now(datetime.now(UTC))
        try:
            with database.transaction() as session:
                company_id, business_id = _the_company(session, company)
                before = rules.versions(session, business_id, rule.name)
                saved = rules.save_rule(session, company_id, rule, now, actor)
        except LawError as refused:
            fail(str(refused))
    if before and before[0].version == saved.version:
        say(f"nothing changed: this is rule {rule.name!r} v{saved.version} already")
        return
    say(f"rule {rule.name!r} saved as v{saved.version}: new invoices run under it")


def _the_company(session: Session, company: str | None) -> tuple[int, str]:
    """Id and business id of the creditor that is meant."""
    from store import rules

    there = rules.companies(session)
    found = [one for one in there if company in {None, one[1]}]
    if not found:
        fail(f"there is no company {company or ''}: the first import of its invoices makes it")
    if len(found) > 1:
        whose = "; ".join(f"--company {one[1]} ({one[2]})" for one in found)
        fail(f"there are several companies; say which: {whose}")
    return found[0][:2]


def _read(file: Path, debtors: list[str] | None) -> Rule:
    """The rule in a file; fails in words for what is no rule."""
    import json

    from pydantic import ValidationError

    from domain.rule import LetterTerms, Rule

    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        fail(f"{file}: {error}")
    if not isinstance(said, dict):
        fail(f"{file}: a rule is a JSON object; `karhu rule show` writes one")
    if debtors:
        said["debtors"] = debtors
    unknown = set(said) - set(Rule.model_fields)
    for name in ("reminder", "notice"):
        if isinstance(letter := said.get(name), dict):
            unknown |= {f"{name}.{key}" for key in set(letter) - set(LetterTerms.model_fields)}
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

    if rule.hand_over is HandOver.NEVER:
        return "never"
    return f"+{rule.hand_over_after_days} d, {rule.hand_over.value.replace('_', ' ')}"
