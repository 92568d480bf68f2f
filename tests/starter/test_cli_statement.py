"""`karhu statement`: a month, for people and for programs."""

import json

from tests.starter.office import Office
from tests.starter.test_cli import Karhu, karhu

__all__ = ["karhu"]


async def test_a_month_without_letters(karhu: Karhu, office: Office) -> None:
    await office.take_in(office.record())
    mine = ("--company", office.business_id)
    shown = await karhu("statement", "--month", "2026-03", *mine)
    assert (shown.exit_code, "VAT 0 %" in shown.stdout) == (0, True)
    (plain,) = json.loads((await karhu("statement", "--month", "2026-03", *mine, "--json")).stdout)
    assert (plain["company"], plain["letters"], plain["sum_cents"]) == (office.business_id, 0, 0)
    wrong = await karhu("statement", "--month", "March", *mine)
    assert (wrong.exit_code, "2026-10" in wrong.stderr) == (2, True)
    nobody = await karhu("statement", "--month", "2026-03", "--company", "1234567-1")
    assert nobody.exit_code == 1
