"""When something is wrong: a plain page that says what, and what still works.

Nothing of the inside is shown or logged: an error's words may repeat a row.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from temporalio.service import RPCError, RPCStatusCode

from starter.access import NotAllowed
from starter.by_hand import NoAnswerError
from starter.web import security
from starter.web.entry import Forged, NotHere, NotSignedIn, bare_page
from starter.web.page import Page
from starter.web.words import mark

log = logging.getLogger("karhu.web")

PATIENCE_SECONDS = 25.0
"""After so long without the beginning of an answer, a reader is told so."""

LARGE_BYTES = 1_000_000
"""A request that brings more may take its time."""

_AWAY = {RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED}


@dataclass(frozen=True, slots=True)
class Failure:
    """What a reader is told. `still`: what works all the same."""

    status: int
    title: str
    what: str
    still: str = ""


NOT_FOUND = Failure(
    404,
    mark("This page is not there"),
    mark("Look for a mistyped address; or what it was about is in another company."),
)
FORBIDDEN = Failure(
    403,
    mark("You may not do this"),
    mark("None of your roles here allows it. Ask somebody who may, or for another role."),
)
FORGED = Failure(
    403,
    mark("Nothing was done"),
    mark("The form was not sent from a page of this session. Open the page anew, and try again."),
)
NOT_UNDERSTOOD = Failure(
    400,
    mark("The address or the form was not understood"),
    mark("Nothing was done. Go back, and try again from the page."),
)
TOO_LARGE = Failure(
    413,
    mark("What was sent is too large"),
    mark("Nothing was done. Hand in large files on the page of imports."),
)
DATABASE = Failure(
    503,
    mark("The database does not answer"),
    mark("Nothing of what you sent was done. Try again in a moment."),
    mark("Letters and hand-overs wait and go out when it is back: none is lost, none goes twice."),
)
TEMPORAL = Failure(
    503,
    mark("The workflow server does not answer"),
    mark("It is not known whether what you sent was done. It is safe to press the button again."),
    mark(
        "Everything can be looked at, files can be handed in and payments booked. What the"
        " workflows do waits until the server is back; nothing is lost."
    ),
)
SLOW = Failure(
    503,
    mark("This takes too long"),
    mark("The answer did not come in time. Choose less at once, or try again in a moment."),
    mark("All other pages work as usual."),
)
SLOW_FORM = Failure(
    503,
    mark("This takes too long"),
    TEMPORAL.what,
    mark("All other pages work as usual."),
)
BROKEN = Failure(
    500,
    mark("Something went wrong here"),
    mark("The fault is ours and has been noted. Whatever was not finished was not done at all."),
)


def add_to(app: FastAPI) -> None:
    """Have the app answer its errors so."""
    for kind, answer in (
        (NotSignedIn, _sign_in),
        (NotHere, _of(NOT_FOUND)),
        (NotAllowed, _of(FORBIDDEN)),
        (Forged, _of(FORGED)),
        (RequestValidationError, _invalid),
        (HTTPException, _http),
    ):
        app.add_exception_handler(kind, answer)  # type: ignore[arg-type] # each has its own kind
    app.add_middleware(Guard)


class Guard:
    """The last line of defence: turns what nobody caught, and what takes too long, into a page."""

    def __init__(self, app: ASGIApp, patience: float = PATIENCE_SECONDS) -> None:
        self._app = app
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = given_up = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            if not given_up:
                await send(message)

        async def tell(failure: Failure) -> None:
            # In this thread: others may all be waiting for what does not answer.
            await answer(Request(scope, receive), failure)(scope, receive, send)

        request = Request(scope)
        working = asyncio.create_task(self._run(scope, receive, watched))
        try:
            await asyncio.wait([working], timeout=self._patience)
            if begun or working.done() or _large(request):
                await working
                return
            given_up = True
            log.warning("%s: no answer within %.0f s", scope["method"], self._patience)
            # Its thread cannot be stopped; what it still says is not heard.
            _left.add(working)
            working.add_done_callback(_let_go)
            await tell(SLOW if request.method in {"GET", "HEAD"} else SLOW_FORM)
        except asyncio.CancelledError:
            working.cancel()
            raise
        except Exception as error:
            failure = _explained(error)
            if failure is BROKEN:
                # Neither its words nor a traceback's lines of data: they may repeat a row.
                where = _place(error)
                log.exception("%s: %s", scope["method"], where, exc_info=False)
            if not begun:
                await tell(failure)

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


_left: set[asyncio.Task[None]] = set()
"""What was not waited for any longer."""


def _let_go(task: asyncio.Task[None]) -> None:
    _left.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("it came to its end with %s", type(error).__name__)


def _large(request: Request) -> bool:
    """Whether it brings a file, which takes as long as the line to here is slow."""
    said = request.headers.get("Content-Length", "")
    if said.isdecimal():
        return int(said) > LARGE_BYTES
    return "Transfer-Encoding" in request.headers


def answer(request: Request, failure: Failure) -> Response:
    """The page that says so; for a program's request a line of text."""
    page: Page = getattr(request.state, "page", None) or bare_page(request)
    if "text/event-stream" in request.headers.get("Accept", ""):
        return PlainTextResponse(page.say(failure.title), status_code=failure.status)
    response = page.render("failure.html", status=failure.status, failure=failure)
    if failure.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "5"
    return response


def _of(failure: Failure):  # type: ignore[no-untyped-def] # see `add_to`
    async def said(request: Request, _error: Exception) -> Response:
        return await run_in_threadpool(answer, request, failure)

    return said


async def _sign_in(request: Request, _error: NotSignedIn) -> Response:
    """To the sign-in page, and back afterwards. What was posted was not done, which is said."""
    page: Page = request.state.page
    if "text/event-stream" in request.headers.get("Accept", ""):
        return PlainTextResponse("", status_code=401)
    if request.method in {"GET", "HEAD"} and "HX-Request" not in request.headers:
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        response = page.redirect(_sign_in_path(back))
    else:
        said = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
        _, _, after = said.partition("://")
        back = "/" + after.partition("/")[2]
        wrong = page.say(mark("Your session was over, so nothing was done. Sign in again."))
        response = page.redirect(_sign_in_path(back), wrong=wrong)
    if security.cookie(request, page.parts, security.SESSION):
        security.set_cookie(request, page.parts, response, security.SESSION, "")
    return response


def _sign_in_path(back: str) -> str:
    local = security.local_path(back)
    return "/sign-in" + (f"?{urlencode({'next': local})}" if local and local != "/" else "")


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    in_path = any(one["loc"][:1] == ("path",) for one in error.errors())
    return await run_in_threadpool(answer, request, NOT_FOUND if in_path else NOT_UNDERSTOOD)


async def _http(request: Request, error: HTTPException) -> Response:
    match error.status_code:
        case 404 | 405:
            failure = NOT_FOUND
        case 413:
            failure = TOO_LARGE
        case 403:
            failure = FORBIDDEN
        case _:
            failure = NOT_UNDERSTOOD
    return await run_in_threadpool(answer, request, failure)


def _explained(error: Exception) -> Failure:
    if isinstance(error, OperationalError) and "statement timeout" in str(error.orig):
        return SLOW
    if isinstance(error, OperationalError | NoConnection):
        return DATABASE
    if isinstance(error, NoAnswerError | TimeoutError):
        return TEMPORAL
    if isinstance(error, RPCError) and error.status in _AWAY:
        return TEMPORAL
    # The SDK's own way to say that it could not connect.
    if isinstance(error, RuntimeError) and "client connect" in str(error):
        return TEMPORAL
    return BROKEN


def _place(error: Exception) -> str:
    """The error's type and where it happened, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    lines = (f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__} at {', '.join(lines)}"
