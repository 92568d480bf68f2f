"""What the collection agency reports: kept first, acknowledged then, told to the workflow last."""

from __future__ import annotations

import logging

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from activities.starting import News, drain
from domain.agency import ContractMessage, StatusMessage
from integrations.agency import CallbackRefused
from starter.api.parts import Parts
from store import agency_contracts, hearing

log = logging.getLogger("karhu.api")

router = APIRouter()

_STATUS = {
    "bad_signature": 401,
    "stale": 401,
    "too_large": 413,
    "malformed": 422,
    "no_secret": 503,
}


@router.post("/agency/{name}/callbacks")
async def callback(name: str, request: Request, background: BackgroundTasks) -> JSONResponse:
    """Take what an agency reports (docs/agency-protocol.md, docs/agency-ropo.md).

    2xx once it is kept, also for what was kept before; 401 for what is not provably the agency's,
    404 for a case that is not ours. After any other answer the agency tries again. Of several
    messages at once, those that are ours are kept.
    """
    parts: Parts = request.app.state.parts
    if (agency := parts.agencies.get(name)) is None:
        return _answer(404, "unknown_agency", "this Karhu is not set up for that agency")
    try:
        body = await _body(request, agency.callback_limit_bytes)
        messages = agency.read_callback(request.headers, body, now=parts.real_now())
    except CallbackRefused as refused:
        log.warning("callback of %s refused: %s", name, refused.code)
        return _answer(_STATUS.get(refused.code, 400), refused.code, refused.reason)
    unknown: list[JSONResponse] = []
    new: set[bool] = set()
    for message in messages:
        taken = await _take(parts, name, message, background)
        if isinstance(taken, bool):
            new.add(taken)
        else:
            unknown.append(taken)
    if unknown and not new:
        return unknown[0]
    return JSONResponse({"taken": True, "repeated": new == {False}})


async def _take(
    parts: Parts,
    agency: str,
    message: StatusMessage | ContractMessage,
    background: BackgroundTasks,
) -> bool | JSONResponse:
    """Whether the message is new; or what is answered to one that is not for us."""
    if isinstance(message, ContractMessage):
        return await _switch(parts, agency, message, background)
    heard = await run_in_threadpool(
        hearing.keep, parts.database, message, parts.business_now(), agency=agency
    )
    if heard is None:
        log.warning("%s reports on an unknown case: %s", agency, message.case_reference)
        return _answer(404, "unknown_case", f"there is no case {message.case_reference} here")
    if heard.new:
        background.add_task(_tell, parts, [heard.invoice_id], News.AGENCY_STATUS)
    return heard.new


async def _switch(
    parts: Parts, agency: str, message: ContractMessage, background: BackgroundTasks
) -> bool | JSONResponse:
    """Switch the agency's service on or off for a company, as the agency says."""
    heard = await run_in_threadpool(_hear, parts, agency, message)
    if heard is None:
        log.warning("%s speaks of an unknown company: %s", agency, message.business_id)
        return _answer(404, "unknown_company", f"there is no company {message.business_id} here")
    what = ", ".join(message.services) or "ended"
    log.info(
        "%s of company %s: contract %s%s",
        *(agency, message.business_id, what, "" if heard.new else " (known, nothing changed)"),
    )
    background.add_task(_tell, parts, list(heard.waited), News.AGENCY_CONTRACT)
    return heard.new


def _hear(parts: Parts, agency: str, message: ContractMessage) -> agency_contracts.Heard | None:
    with parts.database.transaction() as session:
        return agency_contracts.hear(
            session, agency, message, now=parts.business_now(), real_now=parts.real_now()
        )


async def _body(request: Request, limit: int) -> bytes:
    """The body; of one that is too long only as much as shows it."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > limit:
            break
    return body


async def _tell(parts: Parts, invoice_ids: list[int], news: News) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    await drain(parts.client, parts.database, parts.clock, only=invoice_ids, news=news)


def _answer(status: int, code: str, reason: str) -> JSONResponse:
    return JSONResponse({"code": code, "reason": reason}, status_code=status)
