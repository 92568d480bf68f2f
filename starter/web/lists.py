"""Lists: a page after the row that a cursor names, and which rows were chosen.

A page of a list is found by the key of the row before it (`store.invoice_list` has the manner), so
the last one costs what the first does. The cursor is as in the API (`starter.api.v1.pages`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from starter.api.v1.pages import Paging, listing_of
from starter.api.v1.problems import Problem
from starter.web.page import Page

ROWS = 50
MOST_PICKED = 1_000

Row = TypeVar("Row")
Key = int | str


@dataclass(frozen=True, slots=True)
class Rows(Generic[Row]):
    """A page of a list. `next`: the cursor after it; None: it is the last. `first`: whether the
    list begins here."""

    rows: Sequence[Row]
    next: str | None
    first: bool


class Listing:
    """A list with its filters, of which one page is asked for (`?cursor=`)."""

    def __init__(self, page: Page, name: str, filters: object = None, rows: int = ROWS) -> None:
        self._name = listing_of(name, filters)
        self._paging = Paging(page.request.query_params.get("cursor"), rows)

    @property
    def fetched(self) -> int:
        """How many rows to ask the database for: one more than are shown."""
        return self._paging.fetched

    def after(self, *kinds: type[Key]) -> tuple[Key, ...] | None:
        """The key that the page comes after; None: the list begins. Also for a cursor of another
        list: somebody has changed the filters."""
        try:
            return self._paging.after(self._name, *kinds)
        except Problem:
            return None

    def after_id(self) -> int | None:
        """The same for a list by the rows' ids."""
        key = self.after(int)
        return int(key[0]) if key else None

    def after_day(self) -> tuple[date, int] | None:
        """The same for a list by a date and the rows' ids."""
        try:
            return self._paging.after_day(self._name)
        except Problem:
            return None

    def page(self, rows: Sequence[Row], key: Callable[[Row], tuple[Key, ...]]) -> Rows[Row]:
        """The page of these rows, of which `fetched` were asked for. A date's key is its
        `toordinal()`."""
        made = self._paging.page(self._name, rows, key, lambda row: row)
        return Rows(made.items, made.next, first=self._paging.cursor is None)


@dataclass(frozen=True, slots=True)
class Picked:
    """Which rows a form is about: these, or all that match its filters."""

    keys: tuple[str, ...]
    all: bool

    @property
    def ids(self) -> tuple[int, ...]:
        """The same as rows' ids; what is no number is passed over."""
        return tuple(int(key) for key in self.keys if key.isdecimal() and len(key) < 19)

    def __bool__(self) -> bool:
        return self.all or bool(self.keys)


def picked(page: Page) -> Picked:
    """What was ticked, in what was posted or in the address (`?pick=1&pick=2`, `?all=1`)."""
    source = page.form if page.form else page.request.query_params
    keys = [one for one in source.getlist("pick") if isinstance(one, str) and one]
    return Picked(tuple(keys[:MOST_PICKED]), source.get("all") == "1")
