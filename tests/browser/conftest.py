"""Chromium on a whole Karhu: `karhu` (the stack), `browser`, `visit` (a page, signed in or not).

Without Chromium these tests are left out, and the summary says so; KARHU_BROWSER=required makes
that a failure.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from domain.roles import Role
from tests.browser.karhu import Karhu, opened
from tests.browser.looking import Watched, watch

_FLAGS = (
    *("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
)
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_REQUIRED = "KARHU_BROWSER"

Visit = Callable[..., Awaitable[Page]]

left_out = pytest.StashKey[int]()


def chromium() -> str | None:
    """The browser on this machine."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if item.get_closest_marker("browser")]
    if not ours or chromium() is not None:
        return
    if os.environ.get(_REQUIRED) == "required":
        raise pytest.UsageError("KARHU_BROWSER=required, and there is no Chromium on the PATH")
    config.stash[left_out] = len(ours)
    config.hook.pytest_deselected(items=ours)
    items[:] = [item for item in items if item not in ours]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    count = config.stash.get(left_out, 0)
    if count:
        terminalreporter.write_line(
            f"{count} browser tests were left out: there is no Chromium on the PATH"
            " (Debian: apt-get install chromium); KARHU_BROWSER=required makes this a failure"
        )


@pytest.fixture(scope="session")
def karhu() -> Iterator[Karhu]:
    """A whole Karhu in processes of its own, with an accounting firm, a company and people."""
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "karhu") as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests, on a profile of its own."""
    flags = [*_FLAGS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visit(karhu: Karhu, browser: Browser) -> AsyncIterator[Visit]:
    """`await visit(Role.MAIN)` is the first page after signing in by the form; `visit(None)` the
    sign-in page. More arguments are those of a new browser context (`color_scheme="dark"`,
    `viewport=...`). What the browser complains of (its policy, a script) fails the test."""
    watched: list[Watched] = []

    async def go(role: Role | None, *, language: str = "fi-FI", **more: object) -> Page:
        context = await browser.new_context(
            base_url=karhu.url,
            locale=language,
            **more,  # type: ignore[arg-type] # playwright's own
        )
        page = await context.new_page()
        watched.append(watch(page))
        await page.goto("/sign-in")
        if role is not None:
            person = karhu.people[role]
            await page.fill("input[name=email]", person.email)
            await page.fill("input[name=password]", person.password)
            await page.click("main button")
            await page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    yield go
    for one in watched:
        await one.page.context.close()
    complaints = [line for one in watched for line in one.complaints]
    assert not complaints, complaints
