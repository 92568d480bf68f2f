"""Automatic reminders in a browser: switched on, a rule changed with what-if as one types."""

import re

import pytest
from playwright.async_api import Page, expect

from domain.roles import Role
from tests.browser.conftest import Visit
from tests.browser.karhu import Karhu
from tests.browser.looking import assert_accessible, assert_no_sideways

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}


async def look(page: Page, paths: list[str]) -> None:
    for path in paths:
        await page.goto(path)
        await assert_accessible(page)


async def test_it_is_seen_switched_on_and_off(visit: Visit, karhu: Karhu) -> None:
    page = await visit(Role.MAIN)
    here = f"{karhu.base}/automation"
    await page.goto(here)
    await assert_accessible(page)
    await page.check("input[name=confirmed]")
    await page.click("main form button.primary")
    await page.wait_for_selector("[role=status]")
    await assert_accessible(page)
    await page.click("main .heading a[href$='/off']")
    dialog = page.locator("dialog[open]")
    await dialog.wait_for()
    await assert_accessible(page)
    await dialog.locator("button.danger").click()
    await page.wait_for_selector("input[name=confirmed]")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_is_for_everybody(visit: Visit, karhu: Karhu, scheme: str) -> None:
    page = await visit(Role.MAIN, color_scheme=scheme)
    here = f"{karhu.base}/automation"
    await page.goto(here)
    rule = await page.locator("main a[href*='/rules/']").first.get_attribute("href")
    assert rule is not None
    paths = [
        f"{here}/rules/new",
        rule,
        f"{rule}/customers",
        f"{rule}/events",
        f"{here}/prevented",
    ]
    await look(page, paths)
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type] # a dict of the same shape
    for path in [here, *paths]:
        await page.goto(path)
        await assert_accessible(page)
        await assert_no_sideways(page)


async def test_what_if_and_the_law_answer_as_one_types(visit: Visit, karhu: Karhu) -> None:
    page = await visit(Role.MAIN)
    await page.goto(f"{karhu.base}/automation")
    await page.click("main th a[href*='/rules/']")
    days = page.locator("input[name=reminder_days]")
    await days.fill("0")
    outlook = page.locator("#outlook")
    await expect(outlook.locator(".notice")).to_contain_text("§")
    # What one types in stays where it is, and so does the focus.
    assert await page.evaluate("document.activeElement.name") == "reminder_days"
    await days.fill("30")
    await expect(outlook).to_contain_text("muutos koskee uusia")
    await page.click("form.rule .buttons .primary")
    await page.wait_for_selector("[role=status]")
    assert re.search(r"/rules/\d+$", page.url)
    assert await days.input_value() == "30"
