"""`karhu rates`: the reference rates that are known, and the next one."""

import json

from tests.starter.office import Office
from tests.starter.test_cli import Karhu, karhu

__all__ = ["karhu"]


async def test_the_rates_are_listed(karhu: Karhu, office: Office) -> None:
    listed = json.loads((await karhu("rates", "list", "--json")).stdout)
    rates = {row["half_year"]: row for row in listed["rates"]}
    first = rates["2026H1"]
    assert (first["percent"], first["consumer"], first["business"]) == ("2.5", "9.5", "10.5")
    assert (first["confirmed"], rates["2026H2"]["confirmed"]) == (True, False)
    assert listed["waiting"] == {}
    assert "built in" in (await karhu("rates", "list")).stdout


async def test_a_rate_is_added_once_and_contradicted_never(karhu: Karhu, office: Office) -> None:
    # The office's business clock stands in March 2026.
    source = ("--source", "notice 9999/2018", "--actor", "Essi")
    added = await karhu("rates", "add", "2018H2", "0,0", *source)
    assert (added.exit_code, "is added" in added.stdout) == (0, True)
    again = await karhu("rates", "add", "2018h2", "0.0", *source)
    assert (again.exit_code, "known already" in again.stdout) == (0, True)
    listed = json.loads((await karhu("rates", "list", "--json")).stdout)
    assert (listed["rates"][0]["half_year"], listed["rates"][0]["added_by"]) == ("2018H2", "Essi")
    for half_year, percent, word in (
        ("2018H2", "0.5", "contradicts"),
        ("2026H1", "3.0", "1407/2025"),
        ("2027H1", "2.5", "not published yet"),
        ("2018H1", "2.3", "half percentage"),
        ("2018H1", "much", "2.5"),
        ("spring", "2.5", "2027H1"),
    ):
        refused = await karhu("rates", "add", half_year, percent, *source)
        assert (refused.exit_code, word in refused.stderr) == (1, True)
