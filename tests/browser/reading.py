"""What the story does again and again on a page: wait, press, look something up."""

from __future__ import annotations

import asyncio
import email
import email.policy
from email.message import EmailMessage
from pathlib import Path

from playwright.async_api import Locator, Page, expect

PATIENCE = 240.0
"""Seconds that whatever the stack does may take: it may be a slow machine, and busy."""

_EMPTY = 20_000
"""More bytes than the picture of an empty frame has."""

_FORGED = """async ([path, fields]) => {
    const sent = new URLSearchParams(fields);
    sent.set("csrf", document.querySelector("input[name=csrf]").value);
    sent.set("form_key", crypto.randomUUID());
    return (await fetch(path, {method: "POST", body: sent, redirect: "manual"})).status;
}"""


async def comes(page: Page, what: Locator, *, gone: bool = False) -> None:
    """Load the page anew until it shows that, or shows it no more (`gone`)."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while bool(await what.count()) is gone:
        late = asyncio.get_running_loop().time() > deadline
        assert not late, f"{page.url} {'still shows' if gone else 'never showed'} {what}"
        await asyncio.sleep(0.3)
        await page.reload()


async def at_rest(page: Page) -> None:
    """Wait until the page's own progress is over and it has loaded itself anew."""
    moving = page.locator("main [data-stream]:not([data-over=stay])")
    await page.wait_for_load_state()
    await expect(moving).to_have_count(0, timeout=PATIENCE * 1000)
    await page.wait_for_load_state()


async def dialog(page: Page, link: Locator) -> Locator:
    """Press a link that opens a dialog; the dialog."""
    await link.click()
    found = page.locator("dialog[open]")
    await found.wait_for()
    return found


async def drawn(frame: Locator) -> None:
    """Wait until a document's frame shows more than an empty one does. A browser without a reader
    of its own for documents shows none: it is not waited for long."""
    deadline = asyncio.get_running_loop().time() + 20
    while len(await frame.screenshot()) < _EMPTY and asyncio.get_running_loop().time() < deadline:
        await asyncio.sleep(0.2)


async def send(page: Page, button: Locator) -> None:
    """Press a form's button, and wait for the page that says what was done."""
    async with page.expect_navigation(wait_until="load", timeout=PATIENCE * 1000):
        await button.click()
    said = page.locator("main > .flash")
    await said.wait_for()
    assert "done" in (await said.get_attribute("class") or ""), await said.inner_text()


async def hand_in(page: Page, base: str, file: Path) -> None:
    """Hand a file in on the imports' page, and wait until its import is over."""
    await page.goto(f"{base}/imports")
    await page.set_input_files("#f-files", file)
    await page.click("form[data-drop] button.primary")
    await expect(page.locator("main h1")).to_have_text(file.name)
    await at_rest(page)


async def counted(page: Page) -> dict[str, int]:
    """What an import's page says became of its records."""
    numbers = await page.locator("main dl.facts dd").all_inner_texts()
    names = ("read", "booked", "known", "set_aside", "bad")
    return {
        name: int(text.replace("\xa0", "")) for name, text in zip(names, numbers[1:6], strict=True)
    }


async def invoice(page: Page, base: str, number: str) -> str:
    """Find an invoice in the list by its number and open it; its address."""
    await page.goto(f"{base}/invoices?search={number}")
    await page.locator("main tbody th a", has_text=number).first.click()
    await page.wait_for_url("**/invoices/*")
    return page.url


async def forged(page: Page, path: str, **fields: str) -> int:
    """The status of a request that no page offers, sent as one of ours would be."""
    status: int = await page.evaluate(_FORGED, [path, fields])
    return status


async def letter_to(folder: Path, address: str, about: str) -> EmailMessage:
    """Wait for a message to an address, of an invoice, in the SMTP catcher's folder."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while True:
        for path in sorted(folder.glob("*.eml")):
            found = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            assert isinstance(found, EmailMessage)
            if address in str(found["To"]) and about in str(found["Subject"]):
                return found
        assert asyncio.get_running_loop().time() < deadline, f"no letter of {about} to {address}"
        await asyncio.sleep(0.2)
