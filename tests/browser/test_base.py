"""The frame of all pages in a browser: signing in, languages, by keyboard, light and dark."""

import pytest

from domain.roles import Role
from tests.browser.conftest import Visit
from tests.browser.karhu import Karhu
from tests.browser.looking import assert_accessible, assert_no_sideways

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 740}
SCHEMES = ("light", "dark")


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_signing_in_is_for_everybody(visit: Visit, scheme: str) -> None:
    page = await visit(None, color_scheme=scheme, viewport=PHONE)
    await assert_accessible(page)
    await assert_no_sideways(page)
    await page.fill("input[name=email]", "nobody@esimerkki.example")
    await page.fill("input[name=password]", "not the right one at all")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[role=alert]")
    # What is wrong is read out at once.
    assert await page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert await page.input_value("input[name=email]") == "nobody@esimerkki.example"
    await assert_accessible(page)


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_the_frame_is_for_everybody(visit: Visit, karhu: Karhu, scheme: str) -> None:
    page = await visit(Role.MAIN, color_scheme=scheme)
    here = ("", "/customers")
    for path in ("/companies", "/password", "/nowhere", *(karhu.base + one for one in here)):
        await page.goto(path)
        await assert_accessible(page)
    await page.set_viewport_size(PHONE)  # type: ignore[arg-type] # a dict of the same shape
    for path in here:
        await page.goto(karhu.base + path)
        await assert_accessible(page)
        await assert_no_sideways(page)


async def test_by_keyboard_alone(visit: Visit, karhu: Karhu) -> None:
    page = await visit(Role.MAIN)
    await page.goto(f"{karhu.base}/customers")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"
    menu = page.locator(".top details.menu")
    await menu.locator("summary").focus()
    await page.keyboard.press("Enter")
    assert await menu.get_attribute("open") is not None
    await page.keyboard.press("Escape")
    assert await menu.get_attribute("open") is None


async def test_the_language_is_chosen_in_the_frame(visit: Visit, karhu: Karhu) -> None:
    page = await visit(Role.CLERK)
    await page.goto(f"{karhu.base}/customers")
    assert await page.inner_text("h1") == "Asiakkaat"
    await page.click("button[value=sv]")
    await page.wait_for_selector("h1:text('Kunder')")
    await page.click("button[value=fi]")
    await page.wait_for_selector("h1:text('Asiakkaat')")
    await page.click(".top details.menu summary")
    await page.click("text=Kirjaudu ulos")
    await page.wait_for_url("**/sign-in")


async def test_a_dialog_is_a_page_over_the_page(visit: Visit, karhu: Karhu) -> None:
    page = await visit(Role.MAIN)
    await page.goto(f"{karhu.base}/users")
    await page.click("main .heading a.button")
    dialog = page.locator("dialog[open]")
    await dialog.wait_for()
    await assert_accessible(page)
    title = await dialog.locator("h1").inner_text()
    assert (
        await page.evaluate(
            "document.getElementById(document.querySelector('dialog').getAttribute('aria-labelledby'))"
            ".innerText"
        )
        == title
    )
    await page.keyboard.press("Escape")
    assert await page.locator("dialog[open]").count() == 0
    assert page.url.endswith("/users")
    await page.click("main .heading a.button")
    await dialog.wait_for()
    await dialog.locator("[data-close]").click()
    assert await page.locator("dialog[open]").count() == 0


async def test_a_list_is_searched_as_one_types(visit: Visit, karhu: Karhu) -> None:
    page = await visit(Role.MAIN)
    await page.goto(f"{karhu.base}/customers")
    await page.evaluate("window.stillHere = true")
    await page.locator("input[name=search]").press_sequentially("nobody")
    await page.wait_for_url("**search=nobody**")
    assert await page.evaluate("window.stillHere")
    # Without JavaScript it is a form like any other.
    await page.press("input[name=search]", "Enter")
    assert await page.input_value("input[name=search]") == "nobody"
