"""Looking at a page: whether everybody can use it, and what the browser complains of."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from playwright.async_api import ConsoleMessage, Error, Page

_AXE = files("axe_playwright_python").joinpath("axe.min.js")
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass
class Watched:
    """A page and what its browser has complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def say(self, message: ConsoleMessage) -> None:
        # A page that answers 422 or 403 is told of by the browser too, and is none.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def broken(self, error: Error) -> None:
        self.complaints.append(f"{self.page.url}: {error}")


def watch(page: Page) -> Watched:
    """Listen to what the browser says of a page."""
    watched = Watched(page)
    page.on("console", watched.say)
    page.on("pageerror", watched.broken)
    return watched


async def assert_accessible(page: Page) -> None:
    """Raises with what axe-core finds, by rule and element (WCAG 2.2 A and AA, best practice)."""
    # Evaluated by the debugger: the page's own policy lets no foreign script in.
    await page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = await page.evaluate(
        "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", _TAGS
    )
    said = [
        f"{one['id']}: {one['help']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    assert not said, f"{page.url}:\n" + "\n".join(said)


async def assert_no_sideways(page: Page) -> None:
    """Raises if the page is wider than its window."""
    wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 1, f"{page.url} is {wide} px wider than the window"
