"""A tour of all kinds of page as the story has left them: everybody can use them, and pictures."""

from __future__ import annotations

from playwright.async_api import Page

from tests.browser import story_books as books
from tests.browser.camera import Camera
from tests.browser.karhu import Karhu
from tests.browser.looking import assert_no_sideways
from tests.browser.reading import drawn, invoice

_PLAIN = {
    "invoices": "/invoices",
    "automation": "/automation",
    "customers": "/customers",
    "imports": "/imports",
    "payments": "/payments",
    "bank-feed": "/payments/bank-feed",
    "intrum": "/intrum",
    "intrum-cases": "/intrum/cases",
    "company": "/settings",
    "audit-log": "/settings/log",
    "users": "/users",
    "statement": "/statement",
}


async def looks_around(page: Page, base: str, camera: Camera) -> None:
    """Every page that has something to show by now."""
    await page.goto(base)
    await camera.take(page, "today", most=1_320)
    for name, path in _PLAIN.items():
        await page.goto(base + path)
        await camera.take(page, name)
    await page.goto(f"{base}/intrum/messages")
    await page.locator("main nav.tabs").last.locator("a").nth(-2).click()
    await page.locator("main tbody tr").first.wait_for()
    await camera.take(page, "intrum-messages")
    await page.goto(f"{base}/automation")
    rule = await page.locator("main th a[href*='/rules/']").first.get_attribute("href")
    await page.goto(f"{rule}/events")
    await page.locator("main .panel tbody tr").first.wait_for()
    await camera.take(page, "automation-events")
    await page.goto(f"{base}/customers?search={books.SLOW.split(maxsplit=1)[0]}")
    await page.locator("main tbody th a").first.click()
    await page.locator("main dl.facts").first.wait_for()
    await camera.take(page, "customer")
    await invoice(page, base, books.WITH_AGENCY[0])
    await camera.take(page, "invoice-at-agency")
    await page.goto(f"{base}/tokens/new")
    await page.fill("input[name=name]", "Kirjanpito-ohjelma")
    await page.locator("input[name=scopes]").first.check()
    await page.click("main form button.primary")
    await page.locator("main code").wait_for()
    await page.goto(f"{base}/tokens")
    await camera.take(page, "tokens")


async def phone(page: Page, base: str, camera: Camera) -> None:
    """The same on a phone: nothing is wider than its window."""
    for path in ("", "/invoices", "/customers", "/automation", "/payments", "/intrum/cases"):
        await page.goto(base + path)
        await assert_no_sideways(page)
    await invoice(page, base, books.REMINDED)
    await assert_no_sideways(page)
    await camera.take(page, "phone", whole=False)


async def dark(page: Page, base: str, camera: Camera) -> None:
    """And in the dark."""
    await page.goto(base)
    await camera.take(page, "dark")
    await invoice(page, base, books.REMINDED)
    await drawn(page.locator("#papers iframe"))
    await camera.take(page, "dark-invoice")


async def firm(page: Page, karhu: Karhu, camera: Camera) -> None:
    """What needs attention where, of all the firm's companies."""
    await page.goto(f"/firms/{karhu.firm.business_id}")
    await page.locator(f"main a[href='{karhu.base}']").wait_for()
    await camera.take(page, "firm")
