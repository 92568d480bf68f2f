"""Live progress: server-sent events (HTML Standard, 9.2) with a piece of a page in each.

    @router.get("/companies/{business_id}/imports/{import_id}/progress")
    async def progress(page: Annotated[Page, in_company(Action.READ_IMPORTS)], import_id: PathId):
        def look() -> Look: ...          # asks the database; in a thread of its own
        return stream(page, look)

In the template: `<div data-stream="{{ page.url('/imports/7/progress') }}" aria-live="polite">`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from starter.web.page import Page

LONGEST_SECONDS = 600.0
"""A stream ends then, and the browser asks again: by then a session may be over."""

MOST = 200
"""Streams at a time in one process; who comes later is asked to try again."""

_QUIET_SECONDS = 15.0
_STEP_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Look:
    """What there is to see now, as HTML. `over`: nothing will change any more; the browser then
    opens the page anew, or `then`."""

    html: str
    over: bool = False
    then: str = ""


class Streams:
    """The streams of a process: how many there are, and that it is about to end."""

    def __init__(self) -> None:
        self.open = 0
        self.closing = False

    def close(self) -> None:
        """Let all of them end, so that the server can stop."""
        self.closing = True


def stream(page: Page, look: Callable[[], Look], *, every: float = 1.0) -> Response:
    """An answer that tells what `look` sees, each time that it changes, until it is over."""
    streams: Streams = page.request.app.state.streams
    if streams.open >= MOST or streams.closing:
        return Response(status_code=503, headers={"Retry-After": "5"})
    return StreamingResponse(
        _told(streams, look, every),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _told(streams: Streams, look: Callable[[], Look], every: float) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    begun = spoke = loop.time()
    last = ""
    streams.open += 1
    try:
        yield "retry: 3000\n\n"
        while not streams.closing and loop.time() - begun < LONGEST_SECONDS:
            seen = await run_in_threadpool(look)
            if seen.html != last:
                last, spoke = seen.html, loop.time()
                yield _event("message", seen.html)
            elif loop.time() - spoke > _QUIET_SECONDS:
                spoke = loop.time()
                yield ": still here\n\n"
            if seen.over:
                yield _event("over", seen.then)
                return
            waited = 0.0
            while waited < every and not streams.closing:
                await asyncio.sleep(_STEP_SECONDS)
                waited += _STEP_SECONDS
    finally:
        streams.open -= 1


def _event(name: str, text: str) -> str:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {name}\n{lines}\n"
