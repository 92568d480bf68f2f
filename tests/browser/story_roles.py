"""The story's other side: who may not do what is done in it."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.async_api import Page

from tests.browser.looking import assert_accessible
from tests.browser.reading import forged

PAST = "ol.timeline[aria-labelledby=past]"

_ACTIONS = "main a[href$='/%s']"
_FORMS = "main form[method=post], main input[name=pick]"
_ASKED = ("send-now", "hand-over", "withdraw", "hold", "release", "state", "cancel", "pay")


async def only_looks(page: Page, base: str, overdue: str, other: str) -> None:
    """Somebody who looks alone sees it all, is offered nothing of it, and is refused."""
    overdue, other = urlsplit(overdue).path, urlsplit(other).path
    sees = {
        base: "main table",
        f"{base}/invoices": "main tbody th a",
        f"{base}/customers": "main tbody th a",
        f"{base}/automation": "main tbody th a",
        f"{base}/imports": "main tbody th a",
        f"{base}/payments": "main tbody th a",
        f"{base}/payments/bank-feed": "main tbody th",
        f"{base}/intrum": "main section.card",
        f"{base}/intrum/cases": "main tbody th a",
        overdue: PAST,
    }
    for path, shown in sees.items():
        await page.goto(path)
        assert await page.locator(shown).count(), path
        assert await page.locator(_FORMS).count() == 0, path
        offered = [one for one in _ASKED if await page.locator(_ACTIONS % one).count()]
        assert not offered, path
        await assert_accessible(page)
    await page.goto(f"{base}/automation")
    assert await page.locator("main a[href$='/automation/off'], main a[href$='/new']").count() == 0
    rule = await page.locator("main th a[href*='/rules/']").first.get_attribute("href")
    assert rule is not None
    for path in ("users", "tokens"):
        assert await page.locator(f"nav a[href='{base}/{path}']").count() == 0
        answer = await page.goto(f"{base}/{path}")
        assert answer is not None
        assert answer.status == 403

    before = await _seen(page, base, overdue, other, rule)
    wanted: list[tuple[str, dict[str, str]]] = [
        (f"{other}/hold", {"hold": "manual"}),
        (f"{overdue}/send-now", {}),
        (f"{overdue}/state", {"to": "notified"}),
        (f"{overdue}/hand-over", {}),
        (f"{overdue}/cancel", {}),
        (f"{overdue}/pay", {"amount": "1,00", "on": "2026-03-01"}),
        (f"{base}/automation/off", {}),
        (rule, {"version": "1"}),
        (f"{base}/customers/move", {"all": "1", "to": "none", "running": "move"}),
        (f"{base}/mass-actions", {"all": "1", "action": "cancel"}),
        (f"{base}/imports", {"columns": ""}),
        (f"{base}/intrum/end", {"agency": "intrum"}),
        (f"{base}/payments/bank-feed/confirm", {}),
    ]
    for path, fields in wanted:
        assert await forged(page, path, **fields) == 403, path
    assert await _seen(page, base, overdue, other, rule) == before


async def only_its_own(page: Page, base: str, other: str) -> None:
    """Somebody who sees her own invoices alone has none yet: others' are not there."""
    other = urlsplit(other).path
    await page.goto(f"{base}/invoices")
    assert await page.locator("main tbody th a").count() == 0
    await assert_accessible(page)
    answer = await page.goto(other)
    assert answer is not None
    assert answer.status == 404
    await page.goto(f"{base}/invoices")
    for path, status in (
        (f"{other}/hold", 404),
        (f"{other}/cancel", 403),
        (f"{base}/customers/ban", 403),
        (f"{base}/automation/off", 403),
    ):
        assert await forged(page, path, hold="manual", all="1", how="on") == status, path


async def _seen(page: Page, base: str, *paths: str) -> list[str]:
    """What the reader sees that the forged requests would change."""
    found = []
    for path in paths:
        await page.goto(path)
        what = page.locator(PAST) if "/invoices/" in path else page.locator("form.rule")
        found.append(await what.inner_text())
    for path in ("automation", "customers?rule=none", "imports", "intrum", "payments/bank-feed"):
        await page.goto(f"{base}/{path}")
        found.append(await page.locator("main").inner_text())
    return found
