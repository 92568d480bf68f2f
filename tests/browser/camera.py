"""Pictures of the pages, each looked at by axe-core first."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Page

from tests.browser.looking import assert_accessible
from tests.browser.png import without_filters

PICTURES = "KARHU_PICTURES"
"""The variable that names the folder in which the pictures are kept."""

WIDTH, HEIGHT = 1280, 860
MOST_HEIGHT = 1_000
MOST_BYTES = 200_000
"""A picture that has more is made less high."""
_LEAST_HEIGHT = 500


@dataclass(frozen=True)
class Camera:
    folder: Path

    @classmethod
    def of(cls, tmp_path: Path) -> Camera:
        """For the folder that the surroundings name, or for one that is thrown away."""
        folder = Path(os.environ.get(PICTURES) or tmp_path)
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    async def take(
        self, page: Page, name: str, *, whole: bool = True, most: int = MOST_HEIGHT
    ) -> None:
        """A picture of the page as it is, and whether everybody can use it. `whole`: also of what
        is below the window, `most` pixels in all; else of the window."""
        await assert_accessible(page)
        size = page.viewport_size
        assert size is not None
        height = size["height"]
        if whole:
            long = int(await page.evaluate("document.documentElement.scrollHeight"))
            height = max(height, min(long, most))
        content = await _shot(page, size["width"], height, whole=whole)
        while len(content) > MOST_BYTES and height > _LEAST_HEIGHT:
            height -= 100
            content = await _shot(page, size["width"], height, whole=whole)
        (self.folder / f"{name}.png").write_bytes(content)


async def _shot(page: Page, width: int, height: int, *, whole: bool) -> bytes:
    content = await page.screenshot(
        full_page=whole,
        clip={"x": 0, "y": 0, "width": width, "height": height},
        animations="disabled",
    )
    return content if len(content) <= MOST_BYTES else without_filters(content)
