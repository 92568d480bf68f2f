"""Files over HTTP: handed in, looked at, stopped, and their bad records handed in again.

    curl -T invoices.xml -X POST -H "Authorization: Bearer $KARHU_API_TOKEN" \\
        "http://127.0.0.1:8480/api/v1/imports?name=invoices.xml"

The body is the file as it is, and is taken in as it comes: nothing is kept in memory or on disk
outside the database, where it is sealed.
"""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from integrations.invoice_csv import BadMap, parse_map
from starter.api.parts import Parts
from starter.import_words import shown, shown_record
from starter.imports import CannotTakeError, Handing, Imports
from store.imports import NoSuchImport, RecordStatus

LONGEST_CORRECTION = 1 << 20
"""Bytes of one corrected record."""

_PIECE = 1 << 20


def _imports(request: Request) -> Imports:
    """The imports, for whoever shows the token."""
    parts: Parts = request.app.state.parts
    if not parts.api_token or parts.imports is None:
        raise HTTPException(503, "KARHU_API_TOKEN and KARHU_FILE_KEY are not both set here")
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(token.strip().encode(), parts.api_token.encode())
    if scheme.lower() != "bearer" or not right:
        raise HTTPException(
            401, "show the API's token: Authorization: Bearer ...", {"WWW-Authenticate": "Bearer"}
        )
    return parts.imports


Allowed = Annotated[Imports, Depends(_imports)]

router = APIRouter(prefix="/api/v1/imports")


@router.post("", status_code=201)
async def hand_in(
    request: Request,
    imports: Allowed,
    name: Annotated[str, Query(min_length=1, max_length=250)],
    company: str | None = None,
    columns: Annotated[list[str] | None, Query(alias="map")] = None,
) -> JSONResponse:
    """Take a file; 201 with its import once every byte is kept. `company`: a business id, `map`:
    OURS=THEIRS for a CSV file's own columns, as often as needed."""
    try:
        handing = Handing(name, "API", company, parse_map(columns or []))
        import_id = await imports.receive(_body(request), handing)
    except (CannotTakeError, BadMap) as refused:
        raise HTTPException(422, str(refused)) from None
    except ClientDisconnect:
        raise HTTPException(400, "the file broke off, and none of it was taken") from None
    return JSONResponse(shown(await imports.look(import_id)), 201)


@router.get("/{import_id}")
async def look(import_id: int, imports: Allowed) -> JSONResponse:
    """How far an import has got."""
    try:
        return JSONResponse(shown(await imports.look(import_id)))
    except NoSuchImport as missing:
        raise HTTPException(404, str(missing)) from None


@router.get("/{import_id}/records")
async def records(
    import_id: int,
    imports: Allowed,
    status: RecordStatus = RecordStatus.BAD,
    after: int = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
) -> JSONResponse:
    """Its records of one status, in the file's order; `after`: the serial of the last one seen."""
    try:
        found = await imports.records(import_id, [status], after=after, limit=limit)
    except NoSuchImport as missing:
        raise HTTPException(404, str(missing)) from None
    more = found[-1].serial if len(found) == limit else None
    return JSONResponse({"records": [shown_record(one) for one in found], "next_after": more})


@router.post("/{import_id}/cancel")
async def cancel(import_id: int, imports: Allowed) -> JSONResponse:
    """Stop it between two chunks."""
    try:
        return JSONResponse(shown(await imports.cancel(import_id)))
    except NoSuchImport as missing:
        raise HTTPException(404, str(missing)) from None


@router.post("/{import_id}/records/{serial}", status_code=201)
async def correct(request: Request, import_id: int, serial: int, imports: Allowed) -> JSONResponse:
    """Hand a bad record in again, corrected (the body), as an import of its own."""
    content = b""
    async for piece in request.stream():
        content += piece
        if len(content) > LONGEST_CORRECTION:
            raise HTTPException(413, "one record is not as long as that")
    try:
        name = f"correction of {import_id}-{serial}"
        made = await imports.correct(import_id, serial, BytesIO(content), name, "API")
    except NoSuchImport as missing:
        raise HTTPException(404, str(missing)) from None
    except CannotTakeError as refused:
        raise HTTPException(422, str(refused)) from None
    return JSONResponse(shown(await imports.look(made)), 201)


async def _body(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces that are worth a call to the database."""
    gathered = bytearray()
    async for piece in request.stream():
        gathered += piece
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
