"""The sandbox as an HTTP service; docs/agency-protocol.md says what it speaks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.middleware.base import RequestResponseEndpoint
from starlette.types import Lifespan

from integrations.intrum_sandbox import admin, page, reading, taking
from integrations.intrum_sandbox.checks import Refusal
from integrations.intrum_sandbox.paths import strikes
from integrations.intrum_sandbox.records import Refused
from integrations.intrum_sandbox.sandbox import Sandbox
from integrations.intrum_sandbox.settings import SandboxSettings

_API = "/v1/"


def real_time() -> datetime:
    """The real instant, aware UTC."""
    return datetime.now(UTC)


def create_app(settings: SandboxSettings, real_now: Callable[[], datetime] = real_time) -> FastAPI:
    """The service. The database is opened when it starts and closed when it stops."""
    sandbox = Sandbox(settings, real_now)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await sandbox.start()
        try:
            yield
        finally:
            await sandbox.stop()

    return app_of(sandbox, lifespan)


def app_of(sandbox: Sandbox, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The service of a sandbox that somebody starts and stops."""
    app = FastAPI(title="Intrum sandbox", lifespan=lifespan, docs_url=None, redoc_url=None)

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> JSONResponse:
        _note(sandbox, request, refusal)
        return _answer(refusal.http_status, refusal.code, refusal.reason)

    @app.middleware("http")
    async def misbehave(request: Request, call_next: RequestResponseEndpoint) -> Response:
        if not request.url.path.startswith(_API):
            return await call_next(request)
        now = sandbox.real_now()
        number = sandbox.board.count_request(now)
        faults = sandbox.board.now(now)
        failing = strikes(faults.failure_rate, sandbox.settings.seed, number, "failure")
        if faults.down or faults.refuse or failing:
            return _answer(503, "unavailable", "out of order for a moment; try again")
        await asyncio.sleep(faults.latency_before_ms / 1000)
        answer = await call_next(request)
        await asyncio.sleep(faults.latency_ms / 1000)
        return answer

    app.include_router(page.routes(sandbox))
    app.include_router(taking.routes(sandbox))
    app.include_router(reading.routes(sandbox))
    app.include_router(admin.routes(sandbox))
    return app


def _answer(status: int, code: str, reason: str) -> JSONResponse:
    return JSONResponse({"code": code, "reason": reason}, status_code=status)


def _note(sandbox: Sandbox, request: Request, refusal: Refusal) -> None:
    """Keep why a message was refused; what a fault or a wrong key kept out was not looked at."""
    message = request.method == "POST" and request.url.path.startswith(_API)
    if not message or refusal.http_status in {401, 500}:
        return
    kind = request.url.path.rpartition("/")[2]
    what = " ".join(filter(None, (request.path_params.get("case_id"), kind)))
    at = sandbox.settings.clock.now(sandbox.real_now())
    sandbox.storage.inbox.refuse(Refused(at, what, refusal.code, refusal.reason))
