"""A rejected record: corrected in the page, and handed in again alone."""

from io import BytesIO
from typing import Annotated

from fastapi import APIRouter
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from domain.roles import Action
from starter.api.v1.fields import PathId
from starter.api.v1.imports import LONGEST_CORRECTION
from starter.import_words import as_table
from starter.imports import CannotTakeError
from starter.web.entry import NotHere, in_company
from starter.web.forms import Form, FormModel
from starter.web.page import Page
from starter.web.pages.imports.one import seen
from starter.web.pages.imports.reasons import reason
from starter.web.pages.imports.terms import FAULTS
from starter.web.words import mark
from store import imports
from store.imports import NoSuchImport, RecordStatus
from store.tables import FileImport, ImportRecord

router = APIRouter(prefix="/companies/{business_id}/imports/{import_id}/records/{serial}")


class Corrected(FormModel):
    """The record as it should have been."""

    text: str


@router.get("")
def show_record(
    import_id: PathId, serial: PathId, page: Annotated[Page, in_company(Action.READ_IMPORTS)]
) -> Response:
    """What is wrong with it, and its own text to be corrected."""
    with page.transaction() as session:
        row, record = _record(page, session, import_id, serial)
    return _shown(page, row, record, Form.blank(page, {"text": _text(record)}))


@router.post("", max_body_size=3 * LONGEST_CORRECTION)
async def correct(
    import_id: PathId, serial: PathId, page: Annotated[Page, in_company(Action.IMPORT)]
) -> Response:
    """Hand it in again, corrected, as an import of its own."""

    def look() -> tuple[FileImport, ImportRecord]:
        with page.transaction() as session:
            return _record(page, session, import_id, serial)

    row, record = await run_in_threadpool(look)
    form = Form.read(page, Corrected)
    if form.value is not None:
        made = await _correct(page, form, import_id, serial)
        if made is not None:
            done = page.say(mark("Handed in again. If it goes in, it is taken off the rejected."))
            return page.redirect(page.url(f"/imports/{made}"), done)
    return await run_in_threadpool(_shown, page, row, record, form, 422)


async def _correct(page: Page, form: Form[Corrected], import_id: int, serial: int) -> int | None:
    said = form.value
    assert said is not None  # noqa: S101 - the caller has looked
    # A browser ends a field's lines with CR LF, whatever the file had.
    content = said.text.replace("\r\n", "\n").encode()
    if len(content) > LONGEST_CORRECTION:
        form.refuse(page.say(mark("This is more than one record: hand it in as a file.")), "text")
    elif page.parts.imports is None:
        form.refuse(page.say(mark("Files cannot be taken at the moment.")))
    else:
        name = page.say(mark("correction of %(record)s"), record=f"{import_id}-{serial}")
        try:
            return await page.parts.imports.correct(
                import_id, serial, BytesIO(content), name, page.who.name
            )
        except CannotTakeError:
            wrong = mark(
                "This cannot be taken: it must look like a file of its kind, with its first line;"
                " or it was corrected already."
            )
            form.refuse(page.say(wrong), "text")
    return None


def _record(
    page: Page, session: Session, import_id: int, serial: int
) -> tuple[FileImport, ImportRecord]:
    row = seen(page, session, import_id)
    try:
        return row, imports.record(session, import_id, serial)
    except NoSuchImport:
        raise NotHere from None


def _text(record: ImportRecord) -> str:
    """As it is to be corrected: what could be read, as a table of ours; or else the file's own."""
    return as_table([record]) or record.raw


def _shown(
    page: Page, row: FileImport, record: ImportRecord, form: Form[Corrected], status: int = 200
) -> Response:
    text = form.text("text") or _text(record)
    return page.render(
        "imports/record.html",
        status=status,
        row=row,
        record=record,
        form=form,
        bad=record.status == RecordStatus.BAD,
        has_text=bool(text),
        lines=min(24, text.count("\n") + 3),
        reason=reason(page.words, record.reason),
        fault=page.say(FAULTS.get(record.fault, record.fault)),
    )
