"""The one timer of a workflow that sleeps until a moment which may change while it sleeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow

# A timer for an instant must not fire a rounding error before it.
_JUST_AFTER = timedelta(milliseconds=10)


class Alarm:
    """A timer that is set anew only when its moment or its words have changed: what happens
    meanwhile and changes neither costs the history nothing.

    `ring` is called at the moment.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._at: tuple[datetime, str] | None = None
        self._sleeping: asyncio.Task[None] | None = None

    def set(self, at: datetime | None, words: str) -> bool:
        """Ring at this moment, or with None at no moment; True if it is past, and nothing rings."""
        if (at, words) == self._at:
            return False
        self.stop()
        if at is None:
            return False
        timeout = at - workflow.now() + _JUST_AFTER
        if timeout <= timedelta(0):
            return True
        self._at = at, words
        self._sleeping = asyncio.create_task(self._sleep(timeout, words))
        return False

    def stop(self) -> None:
        """Do not ring any more."""
        if self._sleeping is not None:
            self._sleeping.cancel()
        self._at = self._sleeping = None

    async def _sleep(self, timeout: timedelta, words: str) -> None:
        await workflow.sleep(timeout, summary=words)
        self._at = self._sleeping = None
        self._ring()
