"""The one door: every `*.nv` address. Who asks is checked first, then what is asked for."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.concurrency import run_in_threadpool
from temporalio.service import RPCError

from integrations.fields import BadField, from_validation
from starter.api.parts import Parts
from starter.by_hand import NoAnswerError
from starter.netvisor import customers, invoice_reading, invoices, payments, signature
from starter.netvisor.call import Call
from starter.netvisor.document import Query
from starter.netvisor.envelope import Code, Failure, failed, invalid
from starter.netvisor.words import Language, Text, say

log = logging.getLogger("karhu.api")

MAX_BODY_BYTES = 16 * 1024 * 1024
"""As of a document in a file: an invoice may bring its attachments."""

Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Resource:
    """`actions`: by the query's method, where there are several."""

    method: str
    handler: Handler | None = None
    actions: dict[str, Handler] | None = None


_RESOURCES: dict[str, _Resource] = {
    "customer": _Resource("POST", actions={"add": customers.add, "edit": customers.edit}),
    "getcustomer": _Resource("GET", customers.get),
    "customerlist": _Resource("GET", customers.list_),
    "salesinvoice": _Resource("POST", actions={"add": invoices.add, "edit": invoices.edit}),
    "getsalesinvoice": _Resource("GET", invoice_reading.get),
    "salesinvoicelist": _Resource("GET", invoice_reading.list_),
    "updatesalesinvoicestatus": _Resource("POST", invoices.update_status),
    "matchcreditnote": _Resource("POST", invoices.match_credit_note),
    "salespayment": _Resource("POST", payments.add),
    "salespaymentlist": _Resource("GET", payments.list_),
}

router = APIRouter()


@router.api_route("/{resource}.nv", methods=["GET", "POST"], include_in_schema=False)
async def serve(resource: str, request: Request) -> Response:
    """Netvisor's interface."""
    parts: Parts = request.app.state.parts
    language = signature.language_of(request.headers)
    try:
        return await _answer(resource.lower(), request, parts, language)
    except Exception as error:
        failure = _explained(error, language)
        if failure.code is Code.TECHNICAL_ERROR:
            # Neither its words nor a traceback's lines of data: they may repeat a row.
            frames = traceback.extract_tb(error.__traceback__)[-6:]
            where = ", ".join(f"{one.filename.rpartition('/')[2]}:{one.lineno}" for one in frames)
            name = type(error).__name__
            what = f"{request.method} {resource.lower()[:40]!r}.nv: {name}"
            log.exception("%s at %s", what, where, exc_info=False)
        statuses = signature.wants_statuses(request.headers)
        return failed(failure, parts.real_now(), statuses=statuses)


async def _answer(name: str, request: Request, parts: Parts, language: Language) -> Response:
    if parts.sealer is None:
        raise Failure(Code.SYSTEM_MAINTENANCE, say(Text.NOT_SET_UP, language))
    sealer, now = parts.sealer, parts.real_now()
    addresses = _addresses(request, parts)
    targets = _targets(request)
    caller = await run_in_threadpool(
        lambda: signature.authenticate(
            parts.database,
            sealer,
            request.headers,
            urls=[address + target for address in addresses for target in targets],
            address=request.client.host if request.client else "",
            now=now,
        )
    )
    resource = _RESOURCES.get(name)
    if resource is None:
        what = f"{name[:40]}.nv"
        raise Failure(Code.SERVICE_ACCESS_ERROR, say(Text.NOT_SERVED, language, what))
    if request.method != resource.method:
        raise invalid(f"{name}.nv takes {resource.method} and not {request.method}")
    query = Query(request.query_params.multi_items())
    handler = _handler(name, resource, query)
    body = await _body(request)
    return await handler(Call(parts, caller, language, query, body, addresses[0], now))


def _handler(name: str, resource: _Resource, query: Query) -> Handler:
    if resource.handler is not None:
        return resource.handler
    actions = resource.actions or {}
    handler = actions.get(query.text("method").lower())
    if handler is None:
        raise invalid(f"{name}.nv needs its method: {' or '.join(f'?method={a}' for a in actions)}")
    return handler


def _addresses(request: Request, parts: Parts) -> list[str]:
    """The API's address as the client may have it: as set, or as the request says."""
    if parts.public_url:
        return [parts.public_url.rstrip("/")]
    host = request.headers.get("host", "")
    # Which of the two cannot be seen behind a proxy that ends TLS; both are signed for.
    schemes = (request.url.scheme, "https" if request.url.scheme == "http" else "http")
    return [f"{scheme}://{host}" for scheme in schemes]


def _targets(request: Request) -> list[str]:
    """Path and query as they were sent; a "?" with nothing behind it cannot be seen here."""
    path: bytes = request.scope.get("raw_path") or request.scope["path"].encode()
    query: bytes = request.scope["query_string"]
    sent = [path + b"?" + query] if query else [path, path + b"?"]
    return [target.decode("latin-1") for target in sent]


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            most = MAX_BODY_BYTES // 2**20
            raise Failure(Code.INVALID_DATA_SIZE, f"the request has more than {most} MiB")
    return bytes(body)


def _explained(error: Exception, language: Language) -> Failure:
    match error:
        case Failure():
            return error
        case BadField():
            return invalid(str(error))
        case ValidationError():
            return invalid(str(from_validation(error)))
        case OperationalError() | NoConnection():
            return Failure(Code.SYSTEM_MAINTENANCE, say(Text.AWAY, language, "PostgreSQL"))
        case DataError():
            return invalid("the database does not take a value of this request; look at its fields")
        case IntegrityError():
            words = "another request was quicker with the same number; look, and send this again"
            return Failure(Code.DUPLICATE_DATA, words)
        case NoAnswerError() | RPCError():
            return Failure(Code.SYSTEM_MAINTENANCE, say(Text.AWAY, language, "Temporal"))
        case RuntimeError() if "client connect" in str(error):
            # The SDK's own way to say that it could not connect.
            return Failure(Code.SYSTEM_MAINTENANCE, say(Text.AWAY, language, "Temporal"))
    return Failure(Code.TECHNICAL_ERROR, say(Text.BROKEN, language))
