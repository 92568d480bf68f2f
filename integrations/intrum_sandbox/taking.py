"""Taking messages over HTTP."""

from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Request

from domain.agency import (
    Assignment,
    CaseMessage,
    ContactChange,
    CreditNotice,
    DirectPayment,
    DisputeNotice,
    PaymentReversal,
    Withdrawal,
)
from integrations.intrum_sandbox.checks import (
    BODY_LIMIT_BYTES,
    Refusal,
    read,
    read_assignment,
    too_large,
)
from integrations.intrum_sandbox.keys import Guard
from integrations.intrum_sandbox.paths import strikes
from integrations.intrum_sandbox.records import Taken, case_id
from integrations.intrum_sandbox.sandbox import Sandbox

_KINDS: dict[str, type[CaseMessage]] = {
    "withdrawal": Withdrawal,
    "direct-payments": DirectPayment,
    "payment-reversals": PaymentReversal,
    "credits": CreditNotice,
    "disputes": DisputeNotice,
    "contacts": ContactChange,
}


def routes(sandbox: Sandbox) -> APIRouter:
    """POST /v1/assignments and POST /v1/cases/{case_id}/..."""
    routes = APIRouter(prefix="/v1", dependencies=[Depends(Guard(sandbox))])

    @routes.post("/assignments")
    async def assign(request: Request) -> dict[str, Any]:
        message = read_assignment(await _body(request))
        _check_key(request, message)
        try:
            taken, repeated = sandbox.desk.assign(message, sandbox.real_now())
        finally:
            # Refused or not, the desk has let the cases catch up with the clock.
            sandbox.wake()
        return _receipt(sandbox, taken, repeated)

    @routes.post("/cases/{case_id}/{what}")
    async def hear(case_id: str, what: str, request: Request) -> dict[str, Any]:
        kind = _KINDS.get(what)
        if kind is None:
            raise Refusal(404, "unknown_message", f"a message is one of {', '.join(_KINDS)}")
        message = read(kind, await _body(request))
        _check_key(request, message)
        try:
            taken, repeated = sandbox.desk.hear(case_id, message, sandbox.real_now())
        finally:
            sandbox.wake()
        return _receipt(sandbox, taken, repeated)

    return routes


async def _body(request: Request) -> bytes:
    """The body; of one that is too long no more than shows it."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT_BYTES:
            raise too_large()
    return bytes(body)


def _check_key(request: Request, message: Assignment | CaseMessage) -> None:
    key = unquote(request.headers.get("Idempotency-Key", ""))
    if key != message.idempotency_key:
        raise Refusal(
            400, "key_mismatch", "the Idempotency-Key header must be the body's idempotency_key"
        )


def _receipt(sandbox: Sandbox, taken: Taken, repeated: bool) -> dict[str, Any]:
    faults = sandbox.board.now(sandbox.real_now())
    about = (sandbox.settings.seed, taken.idempotency_key, "fail after taking")
    if not repeated and strikes(faults.fail_after_taking, *about):
        raise Refusal(500, "internal_error", "something went wrong; nobody knows how far it got")
    return {"case_id": case_id(taken.case_number), "status": taken.status, "repeated": repeated}
