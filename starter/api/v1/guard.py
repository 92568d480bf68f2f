"""The last line of defence: whatever breaks, nothing of its inside is answered or logged."""

from __future__ import annotations

import logging
import traceback

from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from temporalio.service import RPCError, RPCStatusCode

from starter.api.v1 import problems
from starter.api.v1.problems import MEDIA_TYPE, Kind, Problem

log = logging.getLogger("karhu.api")

_AWAY = {RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED}


class Guard:
    """Turns what nobody caught into a problem, and keeps answers out of caches."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = replaced = False

        async def watched(message: Message) -> None:
            nonlocal begun, replaced
            if message["type"] == "http.response.start":
                begun = True
                if _plain_refusal(message):
                    replaced = True
                    await problems.too_large().response()(scope, receive, send)
                    return
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
            if not replaced:
                await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            problem = _explained(error)
            if problem.kind is Kind.INTERNAL:
                # Neither its words nor a traceback's lines of data: they may repeat a row.
                where = _place(error)
                log.exception("%s %s: %s", scope["method"], _route(scope), where, exc_info=False)
            if not begun:
                await problem.response()(scope, receive, watched)


def _plain_refusal(message: Message) -> bool:
    """Whether it is the framework's own refusal of a body that is too large."""
    return bool(message["status"] == Kind.TOO_LARGE.status) and not Headers(
        raw=message["headers"]
    ).get("Content-Type", "").startswith(MEDIA_TYPE)


def _explained(error: Exception) -> Problem:
    if isinstance(error, OperationalError | NoConnection):
        return problems.unavailable("the database")
    if isinstance(error, RPCError) and error.status in _AWAY:
        return problems.unavailable("Temporal")
    # The SDK's own way to say that it could not connect.
    if isinstance(error, RuntimeError) and "client connect" in str(error):
        return problems.unavailable("Temporal")
    return problems.internal()


def _route(scope: Scope) -> str:
    """The address with names in place of what was asked for."""
    return str(getattr(scope.get("route"), "path", "an unknown address"))


def _place(error: Exception) -> str:
    """The error's type and where it happened, innermost last."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    lines = (f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames)
    return f"{type(error).__name__} at {', '.join(lines)}"
