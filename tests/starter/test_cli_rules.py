"""`karhu rule`: looking, checking, saving."""

import json
from pathlib import Path
from typing import Any

from domain.rule import CONSUMERS
from tests.starter.office import Office
from tests.starter.test_cli import Karhu, karhu

__all__ = ["karhu"]


def rule_file(folder: Path, **changes: Any) -> Path:
    said = CONSUMERS.model_dump(mode="json", exclude={"version", "debtors"})
    file = folder / "rule.json"
    file.write_text(json.dumps(said | {"name": "Slow payers"} | changes))
    return file


async def test_a_rule_is_checked_saved_and_shown(
    karhu: Karhu, office: Office, tmp_path: Path
) -> None:
    await office.take_in(office.record())
    mine = ("--company", office.business_id)
    file = rule_file(tmp_path)
    assert (await karhu("rule", "check", file)).exit_code == 0
    saved = await karhu("rule", "save", file, *mine, "--for", "consumer")
    assert (saved.exit_code, "v1" in saved.stdout) == (0, True)
    again = await karhu("rule", "save", file, *mine, "--for", "consumer")
    assert "nothing changed" in again.stdout
    second = rule_file(tmp_path, minimum_cents=2_000)
    assert "v2" in (await karhu("rule", "save", second, *mine, "--for", "consumer")).stdout
    shown = json.loads((await karhu("rule", "show", "Slow payers", *mine)).stdout)
    assert (shown["version"], shown["debtors"]) == (2, ["consumer"])
    first = await karhu("rule", "show", "Slow payers", *mine, "--version", "1")
    assert json.loads(first.stdout)["minimum_cents"] == 1_000
    listed = json.loads((await karhu("rule", "list", *mine, "--json")).stdout)
    assert [one["rule"]["name"] for one in listed] == ["Businesses", "Consumers", "Slow payers"]
    assert [one["breaches"] for one in listed] == [[], [], []]
    assert "Slow payers v2" in (await karhu("rule", "list", *mine)).stdout


async def test_an_unlawful_rule_is_refused_with_every_breach(
    karhu: Karhu, office: Office, tmp_path: Path
) -> None:
    await office.take_in(office.record())
    file = rule_file(
        tmp_path,
        reminder={"after_days": 7, "fee_cents": 800},
        hand_over_after_days=3,
    )
    for command in (
        ("rule", "check", file, "--for", "consumer"),
        ("rule", "save", file, "--company", office.business_id, "--for", "consumer"),
    ):
        refused = await karhu(*command)
        assert refused.exit_code == 1
        said = refused.stderr.replace("\u00a0", " ")
        for word in ("8.00 EUR", "5.00 EUR", "10 a §", "15 days", "10 b §", "5 §"):
            assert word in said
    # A business may be asked at once, and for more; the agency's wait is for all.
    for business in (rule_file(tmp_path, reminder={"after_days": 7, "fee_cents": 800}),):
        assert (await karhu("rule", "check", business, "--for", "business")).exit_code == 0
        assert (await karhu("rule", "check", business)).exit_code == 1


async def test_what_is_no_rule(karhu: Karhu, tmp_path: Path) -> None:
    for wrong, word in (
        ({"reminder": {"after_days": -1}}, "after_days"),
        ({"remainder": None}, "remainder"),
        ({"reminder": {"after_days": 15, "fees": 500}}, "reminder.fees"),
        ({"debtors": []}, "debtors"),
        ({"name": ""}, "name"),
    ):
        refused = await karhu("rule", "check", rule_file(tmp_path, **wrong))
        assert (refused.exit_code, word in refused.stderr) == (1, True)
    assert (await karhu("rule", "check", tmp_path / "none.json")).exit_code == 1
