# ruff: noqa: PLC0415 - imported when the command is called
"""`karhu user`: people who sign in, and what they may do where."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from domain.roles import Role
from starter.cli.by_hand import Actor
from starter.cli.console import fail, local, out, say, several
from starter.cli.place import AtCompany, AtFirm, in_words, the_place

group = typer.Typer(help="People who sign in, and their roles.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]


def add_to(app: typer.Typer) -> None:
    app.add_typer(group, name="user")


@group.command()
def add(
    email: Email,
    role: Annotated[Role, typer.Option(help="What he or she may do there.")],
    actor: Actor,
    name: Annotated[str, typer.Option(help="The person's name; of a new person.")] = "",
    language: Annotated[str, typer.Option(help="fi, sv or en; of a new person.")] = "fi",
    company: AtCompany = None,
    firm: AtFirm = None,
) -> None:
    """Give a person a role in a company or an accounting firm.

    A new person's password is asked for, or read from the standard input if that is no terminal.
    """
    from datetime import UTC, datetime

    from starter import people as service
    from starter.cli.session import books
    from store import people

    if language not in {"fi", "sv", "en"}:
        fail(f"{language} is not a language of the pages: say fi, sv or en")
    if "@" not in email.strip("@"):
        fail(f"{email} is no e-mail address")
    with books() as (_, database):
        with database.transaction() as session:
            place = the_place(session, company, firm)
            known = people.by_email(session, email) is not None
        if not known and not name.strip():
            fail(f"{email} is new here: say the person's name with --name")
        password = None if known else _password()
        with in_words(), database.transaction() as session:
            added = service.add_user(
                session,
                place,
                service.NewUser(email, name.strip(), role, language),
                gives=frozenset(Role),
                actor=f"console:{actor}",
                now=datetime.now(UTC),
                password=password,
            )
            user_id = added.user.id
    say(f"user {user_id} is {role.value} in {place}")


@group.command("list")
def list_(company: AtCompany = None, firm: AtFirm = None) -> None:
    """The people of a company or of an accounting firm."""
    from rich.table import Table

    from starter.cli.session import books
    from store import people

    with books() as (_, database), database.transaction() as session:
        rows = people.members(session, the_place(session, company, firm))
        table = Table(box=None, pad_edge=False)
        for column in ("user", "e-mail", "name", "role", "disabled"):
            table.add_column(column, overflow="fold")
        for row, user in rows:
            since = row.disabled_at or user.disabled_at
            table.add_row(str(user.id), user.email, user.name, row.role, local(since))
    out.print(table)


@group.command("role")
def role_(
    email: Email,
    role: Annotated[Role, typer.Argument(help="The role from now on.")],
    actor: Actor,
    company: AtCompany = None,
    firm: AtFirm = None,
) -> None:
    """Give a person another role."""
    from datetime import UTC, datetime

    from starter import people as service
    from starter.cli.session import books

    with books() as (_, database), in_words(), database.transaction() as session:
        place = the_place(session, company, firm)
        user = service.the_user(session, email)
        service.change_member(
            session,
            place,
            user.id,
            gives=frozenset(Role),
            actor=f"console:{actor}",
            now=datetime.now(UTC),
            role=role,
        )
    say(f"user {user.id} is {role.value} in {place} now")


@group.command()
def disable(
    email: Email,
    actor: Actor,
    enable: Annotated[bool, typer.Option("--enable", help="Let the person in again.")] = False,
) -> None:
    """Let a person sign in nowhere any more; the sessions end at once."""
    from datetime import UTC, datetime

    from starter import people as service
    from starter.cli.session import books

    with books() as (_, database), in_words(), database.transaction() as session:
        ended = service.disable(
            session, email, f"console:{actor}", datetime.now(UTC), enable=enable
        )
    say("enabled" if enable else f"disabled; {several(ended, 'session')} ended")


@group.command()
def password(email: Email, actor: Actor) -> None:
    """Set a person's password; all sessions end.

    It is asked for, or read from the standard input if that is no terminal.
    """
    from datetime import UTC, datetime

    from starter import people as service
    from starter.cli.session import books

    with books() as (_, database):
        with in_words(), database.transaction() as session:
            service.the_user(session, email)
        given = _password()
        with in_words(), database.transaction() as session:
            ended = service.set_password(
                session, email, given, f"console:{actor}", datetime.now(UTC)
            )
    say(f"the password is set; {several(ended, 'session')} ended")


@group.command()
def sessions(
    email: Email,
    actor: Actor,
    end: Annotated[bool, typer.Option("--end", help="End them all.")] = False,
) -> None:
    """Where a person is signed in, and the newest of what is kept in the audit log."""
    from datetime import UTC, datetime

    from rich.table import Table

    from starter import people as service
    from starter.cli.session import books
    from store import audit, credentials

    now = datetime.now(UTC)
    with books() as (_, database), in_words(), database.transaction() as session:
        user = service.the_user(session, email)
        rows = credentials.sessions(session, user.id, now)
        if end:
            service.end_sessions(session, user, f"console:{actor}", now)
        done = audit.of_person(session, user.id, limit=20)
    if end:
        say(f"{several(len(rows), 'session')} ended")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("session", "since", "last seen", "ends"):
        table.add_column(column)
    for row in rows:
        table.add_row(
            str(row.id), local(row.created_at), local(row.last_seen_at), local(row.expires_at)
        )
    out.print(table)
    for entry in done:
        say(f"{local(entry.at)}  {entry.action}  {entry.target}  by {entry.actor}", style="dim")


def _password() -> str:
    """Never an argument: those stand in the shell's history and in the list of processes."""
    if sys.stdin.isatty():
        given: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        return given
    return sys.stdin.readline().rstrip("\r\n")
