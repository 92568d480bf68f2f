"""Lists by pages: an opaque cursor says after which row the next page begins.

Rows come in the order of a key that does not change, so that a page is found by an index however
long the list is, and a row that is added meanwhile moves no other one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from starter.api.v1 import problems
from starter.api.v1.fields import MOST_ROWS

USUAL, MOST = 50, 200

Row = TypeVar("Row")
Item = TypeVar("Item")
Key = int | str


class Page(BaseModel, Generic[Item]):
    """A page of a list."""

    items: list[Item]
    next: str | None = Field(
        default=None, description="The cursor of the next page; null: this is the last one."
    )


@dataclass(frozen=True, slots=True)
class Paging:
    """What part of a list is asked for."""

    cursor: str | None
    limit: int

    def after(self, listing: str, *kinds: type[Key]) -> tuple[Key, ...] | None:
        """The key of the row that the page comes after; None: the list begins.

        `listing` names the list and everything that it is filtered by; `kinds`: the types of the
        key's parts. Raises the problem 422 for another list's cursor.
        """
        if self.cursor is None:
            return None
        try:
            padded = self.cursor + "=" * (-len(self.cursor) % 4)
            said = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        except (binascii.Error, ValueError, RecursionError):
            said = None
        if not isinstance(said, list) or len(said) != len(kinds) + 1 or said[0] != listing:
            raise _no_cursor()
        key = said[1:]
        for part, kind in zip(key, kinds, strict=True):
            if type(part) is not kind or (isinstance(part, int) and not 0 <= part <= MOST_ROWS):
                raise _no_cursor()
            if isinstance(part, str) and "\0" in part:
                raise _no_cursor()
        return tuple(key)

    def after_id(self, listing: str) -> int | None:
        """The same for a list by the rows' ids."""
        key = self.after(listing, int)
        return int(key[0]) if key else None

    def after_day(self, listing: str) -> tuple[date, int] | None:
        """The same for a list by a date (its ordinal, in the key) and the rows' ids."""
        key = self.after(listing, int, int)
        if key is None:
            return None
        try:
            return date.fromordinal(int(key[0])), int(key[1])
        except (ValueError, OverflowError):
            raise _no_cursor() from None

    @property
    def fetched(self) -> int:
        """How many rows to ask the database for: one more than are shown."""
        return self.limit + 1

    def page(
        self,
        listing: str,
        rows: Sequence[Row],
        key: Callable[[Row], tuple[Key, ...]],
        shape: Callable[[Row], Item],
    ) -> Page[Item]:
        """The page of these rows, of which `fetched` were asked for."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return Page(
            items=[shape(row) for row in shown],
            next=cursor(listing, *key(shown[-1])) if more else None,
        )


def listing_of(name: str, filters: object) -> str:
    """The name of a list that is filtered, however long what it is filtered by."""
    return f"{name} {hashlib.sha256(repr(filters).encode()).hexdigest()[:16]}"


def cursor(listing: str, *key: Key) -> str:
    """The cursor of the page after the row with this key."""
    said = json.dumps([listing, *key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(said).rstrip(b"=").decode()


def paging(
    cursor: Annotated[
        str | None, Query(max_length=1000, description="`next` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = USUAL,
) -> Paging:
    """The dependency."""
    return Paging(cursor, limit)


ThePaging = Annotated[Paging, Depends(paging)]


def _no_cursor() -> problems.Problem:
    return problems.invalid(
        "this is no cursor of this list",
        "query.cursor",
        "send `next` of a page of the same list with the same filters, or begin without a cursor",
    )
