"""The story's chapters: what the company's main user does on the pages, and what comes of it."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Page

from domain.agency import CollectionStatus
from tests.browser import story_books as books
from tests.browser.camera import Camera
from tests.browser.looking import assert_accessible
from tests.browser.reading import (
    at_rest,
    comes,
    counted,
    dialog,
    drawn,
    hand_in,
    invoice,
    letter_to,
    send,
)
from tests.browser.story_books import Files

RULE = "Avainasiakkaat"

DO = "main .heading details.menu"
PAST = "ol.timeline[aria-labelledby=past] > li"
KNOWN = "main [aria-labelledby=agency] tbody .badge.good"
"""What was said to the agency and is acknowledged, or by it and taken note of."""


async def activates(page: Page, base: str, files: Files, camera: Camera) -> None:
    """The books come in; what the automation would do is seen, its cost confirmed, and it is on."""
    await page.goto(base)
    await page.locator(f"main a[href='{base}/automation']").wait_for()
    await hand_in(page, base, files.invoices)
    read = await counted(page)
    assert read["booked"] == read["read"] > 0
    await hand_in(page, base, files.old_payments)
    assert (await counted(page))["bad"] == 0

    await page.goto(f"{base}/automation")
    rows = page.locator("#goes-out table tbody tr")
    assert await rows.count() > 1
    await camera.take(page, "automation-preview")
    confirm = page.locator("main form button.primary")
    await confirm.click()
    # The cost was not confirmed: nothing is on.
    await page.locator("[role=alert]").wait_for()
    await assert_accessible(page)
    await page.check("input[name=confirmed]")
    await send(page, confirm)
    await page.locator(f"main a[href='{base}/automation/off']").wait_for()


async def corrects_a_record(page: Page, base: str, files: Files, camera: Camera) -> None:
    """More invoices come, one of them mistyped; it is corrected where it was rejected."""
    await hand_in(page, base, files.table)
    read = await counted(page)
    assert read["bad"] == 1
    assert read["booked"] == read["read"] - 1
    there = page.url
    await camera.take(page, "import")
    await page.locator("main tbody a.button").click()
    text = page.locator("textarea[name=text]")
    assert books.WRONG_AMOUNT in await text.input_value()
    await assert_accessible(page)
    await text.fill((await text.input_value()).replace(books.WRONG_AMOUNT, books.RIGHT_AMOUNT))
    await page.click("main form.card button.primary")
    await page.wait_for_url(lambda url: "/records/" not in url)
    await at_rest(page)
    assert (await counted(page))["booked"] == 1
    await page.goto(f"{there}?status=corrected")
    assert await page.locator("main tbody tr").count() == 1
    await invoice(page, base, books.MISTYPED)


async def sees_a_letter_leave(
    page: Page, base: str, files: Files, camera: Camera, mail: Path
) -> None:
    """Letters wait for the bank; its file is handed in, and they leave: so the page says, and so
    the mailbox."""
    there = await invoice(page, base, books.REMINDED)
    papers = page.locator("#papers li")
    assert await papers.count() == 0
    await page.goto(f"{base}/payments/bank-feed")
    waiting = page.locator("main tbody th a", has_text=re.compile(rf"^{books.REMINDED}$"))
    await comes(page, waiting)
    await assert_accessible(page)
    await hand_in(page, base, files.payments)
    await page.goto(there)
    await comes(page, papers.locator(".badge.good"))
    assert await page.locator(PAST).locator("a[href*='letter=']").count()
    message = await letter_to(mail, books.mail_of(books.REMINDED_CUSTOMER), books.REMINDED)
    assert [part.get_content_type() for part in message.iter_attachments()] == ["application/pdf"]
    letter = await papers.locator("a").first.get_attribute("href")
    await page.goto(letter or "")
    await drawn(page.locator("#papers iframe"))
    await camera.take(page, "invoice")


async def edits_a_rule(page: Page, base: str, camera: Camera) -> str:
    """What if businesses were reminded later? Their invoices move to the new version. The address
    of their rule."""
    await page.goto(f"{base}/automation")
    rules: list[str] = await page.locator("main th a[href*='/rules/']").evaluate_all(
        "found => found.map(one => one.getAttribute('href'))"
    )
    for rule in rules:
        await page.goto(rule)
        if await page.is_checked("input[name=debtors][value=business]"):
            break
    days = page.locator("input[name=reminder_days]")
    was = await days.input_value()
    await days.fill("12")
    outlook = page.locator("#outlook")
    await outlook.locator("table tbody tr").first.wait_for()
    await camera.take(page, "automation-rule")
    await outlook.scroll_into_view_if_needed()
    await camera.take(page, "automation-what-if", whole=False)
    # Nothing is saved by asking.
    await page.reload()
    assert await days.input_value() == was
    await days.fill("12")
    await outlook.locator("table tbody tr").first.wait_for()
    await page.click("form.rule .buttons .primary")
    await page.check("input[name=running][value=move]")
    await assert_accessible(page)
    await send(page, page.locator("main form.card .primary"))
    assert await days.input_value() == "12"
    await comes(page, page.locator(".moving progress"), gone=True)
    await invoice(page, base, books.WITH_AGENCY[0])
    await comes(page, page.locator("main dl.facts dd", has_text=re.compile(r"\bv2\b")))
    return rule


async def moves_customers(page: Page, base: str, rule: str, camera: Camera) -> None:
    """A rule of the company's own, and several customers under it at once."""
    await page.goto(f"{base}/automation/rules/new")
    await page.fill("input[name=name]", RULE)
    await page.fill("input[name=reminder_days]", "30")
    await assert_accessible(page)
    await send(page, page.locator("form.rule .primary"))
    own = page.url.removesuffix("/customers").rpartition("/")[2]
    await page.goto(f"{base}/customers?kind=business")
    chosen = page.locator("main tbody tr").filter(has_not_text=books.SLOW)
    names = [await chosen.nth(place).locator("th").inner_text() for place in range(3)]
    for place in range(3):
        await chosen.nth(place).locator("input[name=pick]").check()
    await page.click("#picks button.primary")
    await page.select_option("main form.filters select[name=to]", own)
    await page.click("main form.filters button")
    await page.check("input[name=running][value=move]")
    await assert_accessible(page)
    await send(page, page.locator("main form.card .primary"))
    await page.goto(f"{base}/automation/rules/{own}/customers")
    moved = await page.locator("main .panel tbody th a").all_inner_texts()
    assert sorted(moved) == sorted(names)
    await comes(page, page.locator(".moving progress"), gone=True)
    await page.goto(f"{rule}/customers")
    await page.locator("main .panel tbody tr").first.wait_for()
    await camera.take(page, "automation-customers")


async def sets_states(page: Page, base: str) -> None:
    """Some were sent a notice before there was Karhu: that is said of all of them at once."""
    await page.goto(f"{base}/invoices?section=reminded&sort=due")
    boxes = page.locator("main tbody input[name=pick]")
    await comes(page, boxes.nth(5))
    for place in range(5):
        await boxes.nth(place).check()
    await page.click("#picks details.menu summary")
    await page.click("#picks button[value=set_state]")
    await page.check("input[name=to][value=notified]")
    await page.click("main form .primary")
    await page.fill("input[name=reason]", "Huomautettu ennen Karhua")
    await assert_accessible(page)
    await page.click("main form .primary")
    await page.wait_for_url(re.compile(r"/mass-actions/\d+$"))
    await at_rest(page)
    await page.goto(f"{base}/invoices?section=notified")
    await comes(page, boxes.nth(4))


async def holds_and_releases(page: Page, base: str) -> None:
    """The customer promises; later it is thought better of."""
    there = await invoice(page, base, books.NOT_DUE)
    events = await page.locator(PAST).count()
    await page.click(f"{DO} summary")
    opened = await dialog(page, page.locator(f"{DO} a[href$='/hold']"))
    await assert_accessible(page)
    await opened.locator("select[name=hold]").select_option("manual")
    await opened.locator("input[name=reason]").fill("Asiakas soitti, palataan asiaan")
    await send(page, opened.locator("button.primary"))
    held = page.locator("main .badge.mid")
    await comes(page, held)
    await page.click(f"{DO} summary")
    assert await page.locator(f"{DO} a[href$='/release']").count() == 1
    opened = await dialog(page, page.locator(f"{DO} a[href$='/release']"))
    await send(page, opened.locator("button.primary"))
    await page.goto(there)
    await comes(page, held, gone=True)
    assert await page.locator(PAST).count() >= events + 2


async def hands_over(page: Page, base: str) -> None:
    """The agency's service is taken into use, one invoice handed over, then two; each says where
    it is."""
    await page.goto(f"{base}/intrum")
    opened = await dialog(page, page.locator("main a[href*='/intrum/contract?agency=intrum']"))
    await opened.locator("input[name=number]").fill("S-20001")
    await opened.locator("input[name=services][value=both]").check()
    await opened.locator("input[name=from_state][value=overdue]").check()
    await assert_accessible(page)
    await send(page, opened.locator("button.primary"))

    first, *others = books.WITH_AGENCY
    there = await invoice(page, base, first)
    await page.click(f"{DO} summary")
    opened = await dialog(page, page.locator(f"{DO} a[href$='/hand-over']"))
    await send(page, opened.locator("button.primary"))
    await page.goto(f"{base}/invoices?section=overdue&search={books.SLOW.split(maxsplit=1)[0]}")
    boxes = page.locator("main tbody input[name=pick]")
    await comes(page, page.locator("main tbody th", has_text=first), gone=True)
    assert await boxes.count() == len(others)
    for place in range(len(others)):
        await boxes.nth(place).check()
    await page.click("#picks details.menu summary")
    await page.click("#picks button[value=hand_over]")
    await assert_accessible(page)
    await page.click("main form .primary")
    await page.wait_for_url(re.compile(r"/mass-actions/\d+$"))
    await at_rest(page)

    # The agency says by itself where the cases are.
    await page.goto(f"{base}/intrum/cases")
    status = CollectionStatus.LETTER_COLLECTION.value
    line = page.locator("main tr", has=page.locator(f"a[href$='status={status}']"))
    await comes(page, line.locator("td.num", has_text=re.compile(rf"^{len(books.WITH_AGENCY)}$")))
    said = await line.locator("a").inner_text()
    await page.goto(there)
    await page.locator("main dl.facts dd", has_text=said).wait_for()


async def records_money(page: Page, base: str, files: Files, camera: Camera) -> None:
    """A payment past the agency by hand; then the bank's file, of which Karhu decides whose money
    it is. The tick is shown, and can be turned."""
    first, _, last = books.WITH_AGENCY
    there = await invoice(page, base, first)
    opened = await dialog(page, page.locator(f"main .heading a[href='{_path(there)}/pay']"))
    known = await page.locator(KNOWN).count()
    assert not await opened.locator("input[name=settlement]").is_checked()
    await opened.locator("input[name=amount]").fill("40,00")
    await assert_accessible(page)
    await send(page, opened.locator("button.primary"))
    assert await _ticked(page) == [False]
    await comes(page, page.locator(KNOWN).nth(known))

    await hand_in(page, base, files.later_payments)
    await page.goto(there)
    assert await _ticked(page) == [False, True]
    there = await invoice(page, base, last)
    assert await _ticked(page) == [False]
    await page.locator("main th a[href*='/payments/']").first.click()
    await page.locator("main .facts").wait_for()
    await camera.take(page, "payment")


async def _ticked(page: Page) -> list[bool]:
    """Whether each payment of the ledger counts as the agency's settlement, as its tick says."""
    found = []
    for place in range(await page.locator("main a[href*='/tick?entry=']").count()):
        opened = await dialog(page, page.locator("main a[href*='/tick?entry=']").nth(place))
        found.append(await opened.locator("input[name=settlement]").is_checked())
        await opened.locator("[data-close]").click()
    return found


async def withdraws(page: Page, base: str) -> None:
    """Another is taken back from the agency, which is told; it is held until it is released."""
    await invoice(page, base, books.WITH_AGENCY[1])
    await page.click(f"{DO} summary")
    known = await page.locator(KNOWN).count()
    opened = await dialog(page, page.locator(f"{DO} a[href$='/withdraw']"))
    await assert_accessible(page)
    await send(page, opened.locator("button.danger"))
    await comes(page, page.locator(f"{DO} a[href$='/release']"))
    assert await page.locator(f"{DO} a[href$='/withdraw']").count() == 0
    await comes(page, page.locator(KNOWN).nth(known))


def _path(url: str) -> str:
    return re.sub(r"^https?://[^/]+", "", url)
