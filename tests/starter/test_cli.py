"""The command line, as a person uses it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner, Result

from starter.cli import app
from tests.starter.office import Office, csv_file, ktl_file

Karhu = Callable[..., Coroutine[Any, Any, Result]]


@pytest_asyncio.fixture(loop_scope="session")
async def karhu(office: Office) -> Karhu:
    """Runs a command line against the office."""

    async def run(*arguments: str | Path) -> Result:
        return await asyncio.to_thread(
            CliRunner().invoke,
            app,
            [str(argument) for argument in arguments],
            env=office.environment,
            catch_exceptions=False,
        )

    return run


async def test_invoices_go_in_and_are_shown(karhu: Karhu, office: Office, tmp_path: Path) -> None:
    one, two = office.record(), office.record()
    file = csv_file(tmp_path, [one, two], "this is no invoice")
    first = await karhu("import", file)
    assert first.exit_code == 1
    assert "2 booked, 0 already there" in first.stdout
    assert "invoices.csv, line 4" in first.stderr
    again = await karhu("import", csv_file(tmp_path, [one, two]))
    assert (again.exit_code, again.stderr) == (0, "")
    assert "0 booked, 2 already there" in again.stdout

    mine = ("--company", office.business_id)
    listed = json.loads((await karhu("invoice", "list", *mine, "--json", "--limit", "1")).stdout)
    assert listed["by_state"] == [
        {"state": "open", "invoices": 2, "open_cents": 20_000, "attention": 0, "approval": 0}
    ]
    assert [line["number"] for line in listed["invoices"]] == [one.number]
    following = await karhu(
        "invoice", "list", *mine, "--json", "--after", str(listed["next_after"])
    )
    assert [line["number"] for line in json.loads(following.stdout)["invoices"]] == [two.number]
    assert one.number in (await karhu("invoice", "list", *mine, "--state", "open")).stdout

    shown = await karhu("invoice", "show", one.number)
    assert shown.exit_code == 0
    for word in ("100.00 EUR", "invoiced", "becomes overdue", "reminder", "notice", "Intrum"):
        assert word in shown.stdout
    story = json.loads((await karhu("invoice", "show", one.number, "--json")).stdout)
    assert [step["step"] for step in story["future"]][:4] == [
        *("become_overdue", "remind", "notify", "hand_over")
    ]


async def test_by_hand_it_says_what_was_done_or_why_not(karhu: Karhu, office: Office) -> None:
    one = office.record()
    await office.take_in(one)
    held = await karhu(
        "invoice", "hold", one.number, "--kind", "disputed", "--actor", "Essi", "--reason", "broken"
    )
    assert held.exit_code == 0
    assert "disputed" in held.stdout
    refused = await karhu("invoice", "withdraw", one.number)
    assert refused.exit_code == 1
    assert "not at the agency" in refused.stderr
    assert (await karhu("invoice", "release", one.number, "--kind", "disputed")).exit_code == 0
    paid = await karhu("invoice", "pay", one.number, "100,00", "--on", "2026-03-02", "--key", "p1")
    assert "open now: 0.00 EUR" in paid.stdout
    await office.until(one.number, lambda row: row.state == "paid")
    repeated = await karhu("invoice", "pay", one.number, "100,00", "--key", "p1")
    assert "nothing changed" in repeated.stdout
    late = await karhu("invoice", "hold", one.number)
    assert (late.exit_code, "paid" in late.stderr) == (1, True)
    shown = await karhu("invoice", "show", one.number)
    for word in ("Essi", "broken", "closed: paid", "Nothing more will happen"):
        assert word in shown.stdout


async def test_a_credit_note_by_hand(karhu: Karhu, office: Office) -> None:
    one = office.record()
    await office.take_in(one)
    for _ in range(2):
        credited = await karhu("invoice", "credit", one.number, "25.00", "--note", "h-1")
        assert "open now: 75.00 EUR" in credited.stdout


async def test_a_file_of_payments(karhu: Karhu, office: Office, tmp_path: Path) -> None:
    one = office.record()
    await office.take_in(one)
    file = ktl_file(tmp_path, [(one.reference or "", one.amount_cents), ("10430", 100)])
    booked = await karhu("import", file)
    assert booked.exit_code == 0
    assert "1 booked (100.00 EUR)" in booked.stdout
    assert "10430" in booked.stderr
    assert "0 booked" in (await karhu("import", file)).stdout


async def test_a_number_that_is_not_there_or_is_there_twice(karhu: Karhu, office: Office) -> None:
    one = office.record()
    other = one.seller.model_copy(update={"business_id": "7654321-2", "name": "Esimerkki Oy"})
    await office.take_in(one, one.model_copy(update={"seller": other}))
    twice = await karhu("invoice", "show", one.number)
    assert twice.exit_code == 1
    assert "--company 7654321-2" in twice.stderr
    chosen = await karhu("invoice", "show", one.number, "--company", "7654321-2")
    assert "Esimerkki Oy" in chosen.stdout
    missing = await karhu("invoice", "show", "none-such")
    assert (missing.exit_code, "none-such" in missing.stderr) == (1, True)


def test_without_a_stack_it_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("KARHU_DATABASE_URL", "TEMPORAL_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KARHU_DATA_DIR", str(tmp_path))
    alone = CliRunner().invoke(app, ["invoice", "list"])
    assert alone.exit_code == 1
    assert "karhu up" in alone.stderr
    assert CliRunner().invoke(app, ["import"]).exit_code == 2


def test_the_start_is_light() -> None:
    heavy = "{'temporalio', 'sqlalchemy', 'fastapi', 'pydantic', 'typst'}"
    program = f"import sys, starter.cli; sys.exit(len({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
