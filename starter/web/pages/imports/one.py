"""One import: how far it is, what came of its records, stopping it, trying it again."""

from typing import Annotated, Any

from fastapi import APIRouter
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from domain.roles import Action
from starter.api.v1.fields import PathId
from starter.imports import CannotTakeError
from starter.web.entry import NotHere, in_company
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.automation.frame import names
from starter.web.pages.imports.handing_in import words
from starter.web.pages.imports.reasons import reason
from starter.web.pages.imports.terms import FAULTS
from starter.web.streams import Look, stream
from starter.web.words import mark
from store import imports
from store.imports import ENDED, RecordStatus
from store.tables import FileImport

router = APIRouter(prefix="/companies/{business_id}/imports/{import_id}")

SHOWN = (RecordStatus.BAD, RecordStatus.SET_ASIDE, RecordStatus.CORRECTED)
"""Records that are listed; those that went in are found as invoices and payments."""


@router.get("")
def show_import(
    import_id: PathId,
    page: Annotated[Page, in_company(Action.READ_IMPORTS)],
    status: str = RecordStatus.BAD.value,
) -> Response:
    """Its figures, and its records of one kind of end, in the file's order."""
    chosen = next((one for one in SHOWN if one.value == status), RecordStatus.BAD)
    listing = Listing(page, f"records {import_id} {chosen.value}")
    with page.transaction() as session:
        row = seen(page, session, import_id)
        found = imports.records(
            session, import_id, [chosen], after=listing.after_id() or 0, limit=listing.fetched
        )
        by = row.received_by.partition("/")[0]
        who = names(page, session, [by])[by]
    return page.render(
        "imports/one.html",
        row=row,
        rows=listing.page(found, lambda record: (record.serial,)),
        reasons={one.id: reason(page.words, one.reason) for one in found},
        chosen=chosen.value,
        who=who,
        again=row.status in ENDED and any(record.body is not None for record in found),
        faults={name: page.say(label) for name, label in FAULTS.items()},
        **so_far(page, row),
    )


@router.get("/progress")
async def progress(
    import_id: PathId, page: Annotated[Page, in_company(Action.READ_IMPORTS)]
) -> Response:
    """How far it is, live."""

    def look() -> Look:
        with page.transaction() as session:
            row = seen(page, session, import_id)
        html = page.html("imports/one.html", part="so_far", row=row, **so_far(page, row))
        return Look(html, over=row.status in ENDED)

    await run_in_threadpool(look)
    return stream(page, look)


@router.get("/cancel")
def ask_to_cancel(import_id: PathId, page: Annotated[Page, in_company(Action.IMPORT)]) -> Response:
    """What stopping it means."""
    with page.transaction() as session:
        row = seen(page, session, import_id)
    return page.render("imports/cancel.html", row=row, ended=row.status in ENDED)


@router.post("/cancel")
def cancel(import_id: PathId, page: Annotated[Page, in_company(Action.IMPORT)]) -> Response:
    """Stop it between two chunks; what is booked stays booked."""
    there = page.url(f"/imports/{import_id}")
    with page.transaction() as session:
        seen(page, session, import_id)
        row = imports.ask_to_cancel(session, import_id)
    if row.status in ENDED:
        return page.redirect(there, wrong=page.say(mark("It has come to its end already.")))
    return page.redirect(there, page.say(mark("It stops in a moment. What is booked stays so.")))


@router.post("/retry")
async def retry(import_id: PathId, page: Annotated[Page, in_company(Action.IMPORT)]) -> Response:
    """Try those again that could be read and not booked: that came too early, say."""

    def look() -> None:
        with page.transaction() as session:
            seen(page, session, import_id)

    await run_in_threadpool(look)
    there = page.url(f"/imports/{import_id}")
    if page.parts.imports is None:
        return page.redirect(there, wrong=page.say(mark("Files cannot be taken at the moment.")))
    try:
        staged = await page.parts.imports.retry(import_id)
    except CannotTakeError:
        return page.redirect(there, wrong=page.say(mark("It is still under way: wait for it.")))
    if not staged:
        wrong = mark("There is no record that trying again could help. Correct them one by one.")
        return page.redirect(there, wrong=page.say(wrong))
    return page.redirect(
        there,
        page.say_n(
            mark("%(n)s record is tried again."), mark("%(n)s records are tried again."), staged
        ),
    )


def seen(page: Page, session: Session, import_id: int) -> FileImport:
    """The import. Raises `NotHere`."""
    row = imports.seen(session, page.scope, import_id)
    if row is None:
        raise NotHere
    return row


def so_far(page: Page, row: FileImport) -> dict[str, Any]:
    """What the live part shows."""
    done = row.booked + row.known + row.set_aside + row.bad
    return {
        "done": done,
        "left": max(0, row.read - done),
        "over": row.status in ENDED,
        **words(page),
    }
