"""Customers, imports and payments in a browser: for everybody, and files as they are dropped."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from domain.roles import Role
from store.tables import Customer
from tests.browser.conftest import Visit
from tests.browser.karhu import Karhu
from tests.browser.looking import assert_accessible, assert_no_sideways

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}


def a_customer(karhu: Karhu, key: str) -> int:
    """One more of the company's, barred from the agency; its row."""
    assert karhu.company.company_id is not None
    with karhu.database.transaction() as session:
        row = Customer(
            company_id=karhu.company.company_id,
            key=key,
            name="Kuviteltu Asiakas Oy",
            debtor_class="business",
            collection_ban=True,
        )
        session.add(row)
        session.flush()
        return row.id


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_they_are_for_everybody(visit: Visit, karhu: Karhu, scheme: str) -> None:
    card = f"{karhu.base}/customers/{a_customer(karhu, scheme)}"
    page = await visit(Role.MAIN, color_scheme=scheme)
    paths = [
        f"{karhu.base}/customers",
        f"{karhu.base}/customers/move?all=1&to=none",
        f"{karhu.base}/customers/ban?all=1",
        card,
        f"{card}/edit",
        f"{karhu.base}/imports",
        f"{karhu.base}/payments",
        f"{karhu.base}/payments/bank-feed",
        f"{karhu.base}/payments/bank-feed/confirm",
    ]
    for path in paths:
        await page.goto(path)
        await assert_accessible(page)
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type] # a dict of the same shape
    for path in paths:
        await page.goto(path)
        await assert_no_sideways(page)


async def test_a_file_is_handed_in_and_what_is_wrong_with_it_stands_there(
    visit: Visit, karhu: Karhu, tmp_path: Path
) -> None:
    file = tmp_path / "laskut.csv"
    file.write_text("invoice_number;amount;due_date\nnothing;of;this\n")
    page = await visit(Role.MAIN)
    await page.goto(f"{karhu.base}/imports")
    # As the browser does when a file is dropped on the form.
    await page.evaluate(
        """() => {
            const dropped = new DataTransfer();
            dropped.items.add(new File(["invoice_number;amount\\n1;2\\n"], "pudotettu.csv"));
            document.querySelector("[data-drop]").dispatchEvent(
                new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: dropped }));
        }"""
    )
    names = "field => Array.from(field.files).map(file => file.name)"
    assert await page.locator("#f-files").evaluate(names) == ["pudotettu.csv"]
    await page.set_input_files("#f-files", file)
    await page.click("form[data-drop] button.primary")
    await expect(page.locator("main h1")).to_have_text("laskut.csv")
    # The page loads itself anew when its import is over: what is looked at then stays.
    await page.wait_for_load_state()
    await expect(page.locator("main [data-stream]")).to_have_count(0)
    await page.wait_for_load_state()
    await assert_accessible(page)
