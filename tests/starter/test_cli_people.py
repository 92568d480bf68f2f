"""`karhu user`, `karhu token`, `karhu firm`."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from domain.roles import Action
from starter import sign_in
from starter.access import enter, identify
from starter.cli import app
from store import audit, people
from tests.starter.office import Office, new_business_id
from tests.starter.test_cli import Karhu, karhu

__all__ = ["karhu"]

PASSWORD = "a long enough pass phrase"

Typed = Callable[..., Coroutine[Any, Any, Result]]


@pytest.fixture
def typed(office: Office) -> Typed:
    """Runs a command line with a line on its standard input."""

    async def run(line: str, *arguments: str) -> Result:
        return await asyncio.to_thread(
            CliRunner().invoke, app, list(arguments), input=f"{line}\n", env=office.environment
        )

    return run


async def test_a_firm_its_company_and_their_people(
    karhu: Karhu, typed: Typed, office: Office
) -> None:
    await office.take_in(office.record())
    firm, company = new_business_id(), office.business_id
    email = f"tpk@{firm}.example"
    added = await karhu("firm", "add", firm, "Kuviteltu Tilitoimisto Oy", "--actor", "Essi")
    assert (added.exit_code, firm in added.stdout) == (0, True)
    assert (await karhu("firm", "add", firm, "Kuviteltu")).exit_code == 1
    assert (await karhu("firm", "link", firm, company)).exit_code == 0

    person = ("user", "add", email, "--name", "Maija Malliasiakas", "--role", "tpk")
    short = await typed("short", *person, "--firm", firm)
    assert (short.exit_code, "12 characters" in short.stderr) == (1, True)
    assert PASSWORD not in (done := await typed(PASSWORD, *person, "--firm", firm)).output
    assert done.exit_code == 0
    twice = await karhu(*person, "--firm", firm)
    assert (twice.exit_code, "already" in twice.stderr) == (1, True)
    wrong = await karhu("user", "add", email, "--role", "tpk", "--company", company)
    assert (wrong.exit_code, "no role tpk" in wrong.stderr) == (1, True)
    clerk = f"clerk@{firm}.example"
    nameless = await karhu("user", "add", clerk, "--role", "clerk", "--company", company)
    assert (nameless.exit_code, "--name" in nameless.stderr) == (1, True)
    entered = await typed(
        PASSWORD,
        *("user", "add", clerk, "--name", "Liisa", "--role", "clerk", "--company", company),
    )
    assert entered.exit_code == 0
    assert clerk in (await karhu("user", "list", "--company", company)).stdout
    moved = await karhu("user", "role", clerk, "read_only", "--company", company)
    assert (moved.exit_code, "read_only" in moved.stdout) == (0, True)

    now = office.clock.anchor
    opened = sign_in.sign_in(
        office.database,
        email=email,
        password=PASSWORD,
        address="192.0.2.7",
        request_key="one request",
        now=now,
    )
    with office.database.transaction() as session:
        caller = identify(session, opened.secret, now)
        place = people.company_place(session, company)
        assert caller is not None
        assert place is not None
        assert enter(caller, place, Action.ACTIVATE).company_ids == {place.company_id}
        noted = [row.action for row in audit.page(session, place, before=None, limit=50)]
    # The newest first; before them, the company's own beginnings.
    assert noted[:4] == ["member.role", "member.added", "user.added", "firm.linked"]


async def test_a_person_is_shut_out_and_let_in(karhu: Karhu, typed: Typed, office: Office) -> None:
    await office.take_in(office.record())
    email = f"main@{office.business_id}.example"
    where = ("--company", office.business_id)
    await typed(PASSWORD, *("user", "add", email, "--name", "Maija", "--role", "main", *where))
    now = office.clock.anchor

    def sign(password: str) -> str:
        return sign_in.sign_in(
            office.database,
            email=email,
            password=password,
            address="192.0.2.8",
            request_key=password,
            now=now,
        ).secret

    sign(PASSWORD)
    assert "session.opened" in (await karhu("user", "sessions", email)).stdout
    disabled = await karhu("user", "disable", email)
    assert "1 session ended" in disabled.stdout
    with pytest.raises(sign_in.WrongPassword):
        sign(PASSWORD)
    assert (await karhu("user", "disable", email, "--enable")).exit_code == 0
    changed = await typed("an entirely new phrase", "user", "password", email)
    assert changed.exit_code == 0
    with pytest.raises(sign_in.WrongPassword):
        sign(PASSWORD)
    sign("an entirely new phrase")
    assert "1 session ended" in (await karhu("user", "sessions", email, "--end")).stdout
    unknown = await karhu("user", "sessions", "nobody@esimerkki.example")
    assert (unknown.exit_code, "no user" in unknown.stderr) == (1, True)


async def test_a_token_is_shown_once(karhu: Karhu, office: Office) -> None:
    await office.take_in(office.record())
    where = ("--company", office.business_id)
    scopes = ("--scope", "invoices:read", "--scope", "payments:write")
    created = await karhu("token", "create", "Kirjanpito", *scopes, *where)
    secret = created.stdout.strip()
    now = office.clock.anchor
    with office.database.transaction() as session:
        caller = identify(session, secret, now)
    assert caller is not None
    assert {str(one) for one in caller.scopes} == {"invoices:read", "payments:write"}
    listed = (await karhu("token", "list", *where)).stdout
    assert "Kirjanpito" in listed
    assert secret not in listed
    number = caller.name.removeprefix("token:")
    assert (await karhu("token", "revoke", number, *where)).exit_code == 0
    with office.database.transaction() as session:
        assert identify(session, secret, now) is None
    assert (await karhu("token", "revoke", "999999", *where)).exit_code == 1
    nowhere = await karhu("token", "list")
    assert (nowhere.exit_code, "--company" in nowhere.stderr) == (1, True)
