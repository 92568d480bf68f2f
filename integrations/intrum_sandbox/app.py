"""The sandbox as an HTTP service; docs/agency-protocol.md says what it speaks."""

import asyncio
import hmac
import itertools
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import unquote

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from starlette.middleware.base import RequestResponseEndpoint

from domain.agency import (
    Assignment,
    CaseMessage,
    CreditNotice,
    DirectPayment,
    PaymentReversal,
    Withdrawal,
)
from integrations.intrum_sandbox.checks import Refusal, read, read_assignment
from integrations.intrum_sandbox.courier import Courier, wait
from integrations.intrum_sandbox.desk import Desk
from integrations.intrum_sandbox.page import render
from integrations.intrum_sandbox.paths import strikes
from integrations.intrum_sandbox.records import Case, Taken, case_id
from integrations.intrum_sandbox.settings import SandboxSettings
from integrations.intrum_sandbox.storage import Storage

logger = logging.getLogger(__name__)

Limit = Annotated[int, Query(ge=1, le=1000)]
After = Annotated[int, Query(ge=0, lt=2**63)]
_PAGE_CASES = 200


def real_time() -> datetime:
    """The real instant, aware UTC."""
    return datetime.now(UTC)


class Sandbox:
    """The parts of one running sandbox, and the two tasks that keep it going."""

    def __init__(self, settings: SandboxSettings, real_now: Callable[[], datetime]) -> None:
        self.settings = settings
        self.real_now = real_now
        self.storage = Storage(settings.database)
        self.desk = Desk(settings, self.storage)
        self.requests = itertools.count()
        self._changed = asyncio.Event()
        self._courier: Courier | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open the database and go on where it was left."""
        self.storage.open()
        if self.settings.callback_url:
            self._courier = Courier(
                self.settings, self.storage, self.settings.callback_url, self.real_now
            )
            self._keep_going(self._courier.run())
        self._keep_going(self._walk())

    async def stop(self) -> None:
        """Stop the tasks and close the database."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.storage.close()

    def wake(self) -> None:
        """Something has been taken: there may be a status to tell and a step to wait for."""
        self._changed.set()
        if self._courier:
            self._courier.wake()

    @property
    def healthy(self) -> bool:
        """Whether cases are being walked and callbacks delivered."""
        return bool(self._tasks) and not any(task.done() for task in self._tasks)

    def _keep_going(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        task.add_done_callback(_report)
        self._tasks.append(task)

    async def _walk(self) -> None:
        while True:
            self._changed.clear()
            if self.desk.advance(self.real_now()) and self._courier:
                self._courier.wake()
            await wait(self._changed, self.desk.next_due(), self.real_now())


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        logger.critical("the sandbox has stopped working; restart it", exc_info=error)


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

    app = FastAPI(title="Intrum sandbox", lifespan=lifespan, docs_url=None, redoc_url=None)

    @app.exception_handler(Refusal)
    async def refused(_request: Request, refusal: Refusal) -> JSONResponse:
        return JSONResponse(
            {"code": refusal.code, "reason": refusal.reason}, status_code=refusal.http_status
        )

    if settings.faults.latency_ms:

        @app.middleware("http")
        async def dawdle(request: Request, call_next: RequestResponseEndpoint) -> Response:
            answer = await call_next(request)
            if request.url.path.startswith("/v1/"):
                await asyncio.sleep(settings.faults.latency_ms / 1000)
            return answer

    app.include_router(_open_routes(sandbox))
    app.include_router(_message_routes(sandbox))
    app.include_router(_reading_routes(sandbox))
    return app


def run(settings: SandboxSettings) -> None:
    """Serve until SIGINT or SIGTERM."""
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=5,
    )


def _open_routes(sandbox: Sandbox) -> APIRouter:
    routes = APIRouter()

    @routes.get("/health")
    async def health() -> JSONResponse:
        healthy = sandbox.healthy
        return JSONResponse({"healthy": healthy}, status_code=200 if healthy else 503)

    @routes.get("/")
    async def index() -> HTMLResponse:
        storage = sandbox.storage
        now = sandbox.settings.clock.now(sandbox.real_now())
        newest = storage.newest_cases(_PAGE_CASES)
        return HTMLResponse(render(newest, storage.count_cases(), storage.waiting_callbacks(), now))

    return routes


def _message_routes(sandbox: Sandbox) -> APIRouter:
    routes = _guarded_routes(sandbox)

    def heard(request: Request, case_id: str, message: CaseMessage) -> dict[str, Any]:
        _check_key(request, message)
        try:
            taken, repeated = sandbox.desk.hear(case_id, message, sandbox.real_now())
        finally:
            # Refused or not, the desk has let the case catch up with the clock.
            sandbox.wake()
        return _receipt(taken, repeated)

    @routes.post("/assignments")
    async def assign(request: Request) -> dict[str, Any]:
        message = read_assignment(await request.body())
        _check_key(request, message)
        taken, repeated = sandbox.desk.assign(message, sandbox.real_now())
        sandbox.wake()
        return _receipt(taken, repeated)

    @routes.post("/cases/{case_id}/withdrawal")
    async def withdraw(case_id: str, request: Request) -> dict[str, Any]:
        return heard(request, case_id, read(Withdrawal, await request.body()))

    @routes.post("/cases/{case_id}/direct-payments")
    async def pay_directly(case_id: str, request: Request) -> dict[str, Any]:
        return heard(request, case_id, read(DirectPayment, await request.body()))

    @routes.post("/cases/{case_id}/payment-reversals")
    async def take_payment_back(case_id: str, request: Request) -> dict[str, Any]:
        return heard(request, case_id, read(PaymentReversal, await request.body()))

    @routes.post("/cases/{case_id}/credits")
    async def credit(case_id: str, request: Request) -> dict[str, Any]:
        return heard(request, case_id, read(CreditNotice, await request.body()))

    return routes


def _reading_routes(sandbox: Sandbox) -> APIRouter:
    routes = _guarded_routes(sandbox)
    storage = sandbox.storage

    @routes.get("/cases")
    async def cases(after: After = 0, limit: Limit = 200) -> dict[str, Any]:
        found = storage.cases(after, limit)
        return {
            "cases": [_case(case) for case in found],
            "next": found[-1].number if found else after,
        }

    @routes.get("/cases/{case_id}")
    async def case(case_id: str) -> dict[str, Any]:
        found = storage.case(case_id)
        if found is None:
            raise Refusal(404, "unknown_case", f"there is no case {case_id}")
        return _case(found) | {
            "statuses": [told.model_dump(mode="json") for told in storage.told_of(found)],
            "messages": [
                {
                    "kind": taken.kind,
                    "idempotency_key": taken.idempotency_key,
                    "taken_at": taken.taken_at.isoformat(),
                }
                for taken in storage.taken_of(found)
            ],
        }

    @routes.get("/statuses")
    async def statuses(after: After = 0, limit: Limit = 200) -> dict[str, Any]:
        told = storage.told_after(after, limit)
        return {
            "messages": [message.model_dump(mode="json") for message in told],
            "next": told[-1].sequence if told else after,
        }

    return routes


def _guarded_routes(sandbox: Sandbox) -> APIRouter:
    """Routes of the API proper: behind the key, and subject to the faults that are set."""
    expected = f"Bearer {sandbox.settings.api_key.get_secret_value()}".encode()

    async def misbehave() -> None:
        faults, seed = sandbox.settings.faults, sandbox.settings.seed
        if strikes(faults.failure_rate, seed, next(sandbox.requests), "failure"):
            raise Refusal(503, "unavailable", "out of order for a moment; try again")

    async def authenticate(request: Request) -> None:
        shown = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(shown, expected):
            raise Refusal(401, "unauthorized", "the bearer token is missing or wrong")

    return APIRouter(prefix="/v1", dependencies=[Depends(misbehave), Depends(authenticate)])


def _check_key(request: Request, message: Assignment | CaseMessage) -> None:
    key = unquote(request.headers.get("Idempotency-Key", ""))
    if key != message.idempotency_key:
        raise Refusal(
            400, "key_mismatch", "the Idempotency-Key header must be the body's idempotency_key"
        )


def _receipt(taken: Taken, repeated: bool) -> dict[str, Any]:
    return {"case_id": case_id(taken.case_number), "status": taken.status, "repeated": repeated}


def _case(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "case_reference": case.reference,
        "service": case.service.value,
        "status": case.status.finnish,
        "phase": case.status.phase.value,
        "changed_at": case.changed_at.isoformat(),
        "principal_cents": case.principal_cents,
        "interest_cents": case.interest_cents,
        "fees_cents": case.fees_cents,
    }
