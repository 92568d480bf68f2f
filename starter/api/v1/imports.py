"""Files handed in for a company, looked at, stopped, and their bad records handed in again.

The body is the file as it is, and is taken in as it comes: nothing of it is kept in memory or on
disk outside the database, where it is sealed.
"""

import hashlib
import json
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from domain.roles import Action
from integrations.invoice_csv import BadMap, parse_map
from starter.api.v1 import callers, problems
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import PathId
from starter.api.v1.idempotency import Once, Replayed, StreamedOnce, TheOnce, key_reused
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import Kind, Problem, documented
from starter.import_words import shown, shown_record
from starter.imports import CannotTakeError, Handing, Imports
from store import imports as rows
from store.imports import ENDED, RecordStatus
from store.tables import FileImport

router = APIRouter(prefix="/companies/{business_id}/imports", tags=["Imports"])

LONGEST_FILE = 4 << 30
"""Bytes of a file."""

LONGEST_CORRECTION = 1 << 20
"""Bytes of one corrected record."""

_PIECE = 1 << 20

_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file as it is. What it is, is known by its content.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class ImportOut(BaseModel):
    """A file handed in, and how far it has got: its records by what became of them."""

    model_config = ConfigDict(title="Import")

    id: int
    kind: str = Field(description="invoices, payments or settlements", examples=["invoices"])
    name: str
    status: str = Field(
        description="received, reading, booking, done, cancelled or failed", examples=["done"]
    )
    size_bytes: int
    sha256: str
    received_at: AwareDatetime
    received_by: str
    ended_at: AwareDatetime | None
    cancel_asked: bool
    read: int
    booked: int
    known: int = Field(description="Were there already.")
    set_aside: int
    bad: int
    left: int = Field(description="Read and not booked yet.")
    problem: str
    corrects: int | None = Field(description="The id of the record that it is to replace.")

    @classmethod
    def of(cls, row: FileImport) -> "ImportOut":
        said = shown(row)
        # After the name comes what tells one request from another.
        return cls(**said | {"received_by": str(said["received_by"]).partition("/")[0]})


class RecordOut(BaseModel):
    """A record of a file, and what became of it."""

    model_config = ConfigDict(title="ImportRecord")

    serial: int = Field(description="Its place in the file, from 1.")
    kind: str = Field(examples=["invoice"])
    status: RecordStatus
    line: int | None
    number: str
    element: str
    reason: str
    fault: str
    invoice_id: int | None
    raw: str = Field(description="Of a bad record, its own text.")


class Retried(BaseModel):
    """How many records are tried again."""

    staged: int


def the_imports(parts: TheParts) -> Imports:
    """The imports. Raises the problem 503 if there is no key to seal files with."""
    if parts.imports is None:
        raise problems.unavailable("taking files in (KARHU_FILE_KEY is not set)")
    return parts.imports


TheImports = Annotated[Imports, Depends(the_imports)]


def _columns(given: list[str] | None) -> dict[str, str]:
    try:
        return dict(parse_map(given or []))
    except BadMap as refused:
        raise problems.invalid(str(refused), "query.map", "write OURS=THEIRS") from None


@router.post(
    "",
    status_code=201,
    response_model=ImportOut,
    max_body_size=LONGEST_FILE,
    openapi_extra=_FILE,
)
async def hand_in_file(
    request: Request,
    here: Annotated[Here, callers.in_company(Action.IMPORT)],
    imports: TheImports,
    once: StreamedOnce,
    name: Annotated[str, Query(min_length=1, max_length=250, pattern=r"^[^\x00-\x1f\x7f]*$")],
    columns: Annotated[
        list[str] | None,
        Query(alias="map", description="OURS=THEIRS, for a CSV file's own column."),
    ] = None,
) -> Response:
    """Hand a file of invoices, of a bank's payments or of an agency's settlements in; the answer is
    given once every byte is kept. The file puts nothing into the books of another company."""
    handing = Handing(
        name,
        f"{here.caller.name}/{once.asked.key[:32]}",
        here.place.business_id,
        _columns(columns),
        confined=True,
    )
    try:
        async with once.reaching_out():
            kept = await run_in_threadpool(_kept, here, once, handing.by)
            if kept is None:
                kept = await imports.look(await imports.receive(_body(request), handing))
            else:
                await _same(request, kept.sha256)
    except Replayed as replayed:
        await _same(request, json.loads(replayed.body)["sha256"])
        raise
    except CannotTakeError as refused:
        raise _not_taken(refused) from None
    except ClientDisconnect:
        raise problems.invalid(
            "the file broke off, and none of it was taken", "body", "send it again"
        ) from None
    return await once.settle(ImportOut.of(kept), status=201)


def _kept(here: Here, once: Once, mark: str) -> FileImport | None:
    """What an earlier request of this key had kept before it was cut off."""
    with once.parts.database.transaction() as session:
        found = rows.by_mark(session, mark)
    return found if found is not None and found.company_id == here.company_id else None


async def _same(request: Request, sha256: str) -> None:
    """See that the file is the one that the key was used for. Raises the problem 422."""
    digest = hashlib.sha256()
    async for piece in request.stream():
        digest.update(piece)
    if digest.hexdigest() != sha256:
        raise key_reused()


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


@router.get("")
def list_imports(
    here: Annotated[Here, callers.in_company(Action.READ_IMPORTS)],
    parts: TheParts,
    paging: ThePaging,
) -> Page[ImportOut]:
    """Files handed in for the company, the newest first."""
    with parts.database.transaction() as session:
        found = rows.of_company(
            session, here.scope, before=paging.after_id("imports"), limit=paging.fetched
        )
    return paging.page("imports", found, lambda row: (row.id,), ImportOut.of)


@router.get("/{import_id}")
def show_import(
    import_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_IMPORTS)],
    parts: TheParts,
) -> ImportOut:
    """How far an import has got."""
    return ImportOut.of(_seen(here, parts, import_id))


@router.get("/{import_id}/records")
def list_import_records(
    import_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_IMPORTS)],
    parts: TheParts,
    paging: ThePaging,
    status: RecordStatus = RecordStatus.BAD,
) -> Page[RecordOut]:
    """An import's records of one status, in the file's order."""
    _seen(here, parts, import_id)
    listing = f"records {import_id} {status.value}"
    with parts.database.transaction() as session:
        found = rows.records(
            session,
            import_id,
            [status],
            after=paging.after_id(listing) or 0,
            limit=paging.fetched,
        )
    return paging.page(
        listing, found, lambda row: (row.serial,), lambda row: RecordOut(**shown_record(row))
    )


@router.post("/{import_id}/cancel", response_model=ImportOut)
def cancel_import(
    import_id: PathId, here: Annotated[Here, callers.in_company(Action.IMPORT)], once: TheOnce
) -> Response:
    """Stop an import between two chunks; what is booked stays booked."""
    with once.transaction() as session:
        if rows.seen(session, here.scope, import_id) is None:
            raise problems.not_found(f"import {import_id}")
        row = rows.ask_to_cancel(session, import_id)
        return once.keep(session, ImportOut.of(row), status=200)


@router.post("/{import_id}/retry", response_model=Retried, responses=documented(Kind.CONFLICT))
async def retry_import(
    import_id: PathId,
    here: Annotated[Here, callers.in_company(Action.IMPORT)],
    imports: TheImports,
    once: TheOnce,
) -> Response:
    """Try those records again that could be read and not booked: that came too early, say."""
    row = await run_in_threadpool(_seen, here, once.parts, import_id)
    if row.status not in ENDED:
        raise Problem(
            Kind.CONFLICT,
            f"import {import_id} is still {row.status}",
            record=f"import {import_id}",
            remedy="wait until it is done",
        )
    async with once.reaching_out():
        staged = await imports.retry(import_id)
    return await once.settle(Retried(staged=staged))


@router.post(
    "/{import_id}/records/{serial}",
    status_code=201,
    response_model=ImportOut,
    max_body_size=LONGEST_CORRECTION,
    openapi_extra=_FILE,
    responses=documented(Kind.CONFLICT),
)
async def correct_import_record(
    request: Request,
    import_id: PathId,
    serial: PathId,
    here: Annotated[Here, callers.in_company(Action.IMPORT)],
    imports: TheImports,
    once: TheOnce,
) -> Response:
    """Hand a bad record in again, corrected (the body), as an import of its own."""
    await run_in_threadpool(_bad_one, here, once, import_id, serial)
    content = BytesIO(await request.body())
    async with once.reaching_out():
        try:
            made = await imports.correct(
                import_id, serial, content, f"correction of {import_id}-{serial}", here.caller.name
            )
        except CannotTakeError as refused:
            raise _not_taken(refused) from None
    return await once.settle(ImportOut.of(await imports.look(made)), status=201)


def _bad_one(here: Here, once: Once, import_id: int, serial: int) -> None:
    """See that the record is there and bad. Raises the problems 404 and 409."""
    what = f"record {import_id}/{serial}"
    with once.parts.database.transaction() as session:
        if rows.seen(session, here.scope, import_id) is None:
            raise problems.not_found(what)
        try:
            found = rows.record(session, import_id, serial)
        except rows.NoSuchImport:
            raise problems.not_found(what) from None
    if found.status != RecordStatus.BAD:
        raise Problem(
            Kind.CONFLICT,
            f"{what} is {found.status}, not bad",
            record=what,
            remedy="correct one that is",
        )


def _seen(here: Here, parts: TheParts, import_id: int) -> FileImport:
    with parts.database.transaction() as session:
        found = rows.seen(session, here.scope, import_id)
    if found is None:
        raise problems.not_found(f"import {import_id}")
    return found


def _not_taken(refused: CannotTakeError) -> Problem:
    return problems.invalid(
        str(refused), "body", "send a file of invoices (Finvoice, Netvisor, CSV) or payments"
    )
