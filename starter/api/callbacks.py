"""What the collection agency reports: kept first, acknowledged then, told to the workflow last."""

from __future__ import annotations

import logging

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from activities.starting import News, drain
from integrations.agency import CallbackRefused
from integrations.agency.intrum import CALLBACK_LIMIT_BYTES
from starter.api.parts import Parts
from store import hearing

log = logging.getLogger("karhu.api")

router = APIRouter()

_STATUS = {"bad_signature": 401, "stale": 401, "too_large": 413, "malformed": 422}


@router.post("/agency/intrum/callbacks")
async def intrum(request: Request, background: BackgroundTasks) -> JSONResponse:
    """Take a status message from Intrum (docs/agency-protocol.md).

    2xx once it is kept, also for one that was kept before; 401 for one that is not provably the
    agency's, 404 for a case that is not ours. After any other answer the agency tries again.
    """
    parts: Parts = request.app.state.parts
    if not parts.signed:
        return _answer(503, "no_secret", "KARHU_CALLBACK_SECRET is not set here")
    try:
        body = await _body(request)
        message = parts.agency.read_callback(request.headers, body, now=parts.real_now())
    except CallbackRefused as refused:
        log.warning("callback refused: %s", refused.code)
        return _answer(_STATUS.get(refused.code, 400), refused.code, refused.reason)
    heard = await run_in_threadpool(hearing.keep, parts.database, message, parts.business_now())
    if heard is None:
        return _answer(404, "unknown_case", f"there is no case {message.case_reference} here")
    if heard.new:
        background.add_task(_tell, parts, heard.invoice_id)
    return JSONResponse({"taken": True, "repeated": not heard.new})


async def _body(request: Request) -> bytes:
    """The body; of one that is too long only as much as shows it."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > CALLBACK_LIMIT_BYTES:
            break
    return body


async def _tell(parts: Parts, invoice_id: int) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    await drain(
        parts.client, parts.database, parts.clock, only=[invoice_id], news=News.AGENCY_STATUS
    )


def _answer(status: int, code: str, reason: str) -> JSONResponse:
    return JSONResponse({"code": code, "reason": reason}, status_code=status)
