"""The list of imports, and handing files in."""

import hashlib
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from domain.roles import Action
from integrations.invoice_csv import COLUMNS, BadMap, parse_map
from starter.api.v1.imports import LONGEST_FILE
from starter.imports import CannotTakeError, Handing, Imports
from starter.web.entry import in_company
from starter.web.forms import Form, FormModel
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.imports.terms import KINDS, STATUSES
from starter.web.streams import Look, stream
from starter.web.words import mark
from store import imports
from store.imports import ENDED
from store.tables import FileImport

router = APIRouter(prefix="/companies/{business_id}/imports")

MOST_FILES = 20
"""At a time."""

_NEWEST = 20
"""Imports among which those under way are looked for."""

_PIECE = 1 << 20


class Files(FormModel):
    """What is said beside the files. `columns`: a CSV file's own names, OURS=THEIRS on a line."""

    columns: str = ""


@router.get("")
def list_imports(page: Annotated[Page, in_company(Action.READ_IMPORTS)]) -> Response:
    """The files handed in, the newest first, with their figures; a form to hand in more."""
    return _list(page)


@router.post("", max_body_size=LONGEST_FILE)
async def hand_in(page: Annotated[Page, in_company(Action.IMPORT)]) -> Response:
    """Take files, several at once; each becomes an import."""
    form = Form.read(page, Files)
    files = [
        one
        for one in page.form.getlist("files")
        if isinstance(one, UploadFile) and (one.filename or one.size)
    ]
    try:
        taken = await _take(page, form, files)
    finally:
        for file in files:
            await file.close()
    if form.value is None:
        return await run_in_threadpool(_list, page, form, taken, 422)
    if len(taken) == 1:
        return page.redirect(page.url(f"/imports/{taken[0][1]}"))
    done = page.say_n(mark("%(n)s file was taken."), mark("%(n)s files were taken."), len(taken))
    return page.redirect(page.url("/imports"), done)


@router.get("/progress")
async def progress(page: Annotated[Page, in_company(Action.READ_IMPORTS)]) -> Response:
    """Those under way, live."""

    def look() -> Look:
        with page.transaction() as session:
            running = _running(imports.of_company(session, page.scope, limit=_NEWEST))
        values = {"running": running, **words(page)}
        return Look(page.html("imports/list.html", part="under_way", **values), over=not running)

    await run_in_threadpool(look)
    return stream(page, look)


def words(page: Page) -> dict[str, Any]:
    """Kinds and statuses in the reader's language."""
    return {
        "kinds": {name: page.say(label) for name, label in KINDS.items()},
        "statuses": {name: page.say(label) for name, label in STATUSES.items()},
    }


async def _take(page: Page, form: Form[Files], files: list[UploadFile]) -> list[tuple[str, int]]:
    """Each file's name and import; what could not be taken is said by the form."""
    taker = page.parts.imports
    columns: dict[str, str] = {}
    if taker is None:
        form.refuse(_no_key(page))
    elif not files:
        form.refuse(page.say(mark("Choose a file first.")), "files")
    elif len(files) > MOST_FILES:
        most = page.say(mark("At most %(n)s files at a time."), n=MOST_FILES)
        form.refuse(most, "files")
    elif form.value is not None:
        try:
            columns = parse_map(_lines(form.value.columns))
        except BadMap as error:
            wrong = mark("The columns are not written as they should be: %(why)s")
            form.refuse(page.say(wrong, why=str(error)), "columns")
    if taker is None or form.value is None:
        return []
    taken, refused = [], []
    for file in files:
        name = _clean(file.filename or page.say(mark("file")))
        try:
            taken.append((name, await _one(page, taker, file.file, name, columns)))
        except CannotTakeError:
            refused.append(name)
    if refused:
        wrong = mark(
            "Of no kind that is read, or empty: %(names)s. Hand in invoices (Finvoice, Netvisor,"
            " CSV), the bank's payments (KTL, camt) or an agency's settlements (JSON)."
        )
        form.refuse(page.say(wrong, names=", ".join(refused)), "files")
    return taken


async def _one(
    page: Page, taker: Imports, file: BinaryIO, name: str, columns: dict[str, str]
) -> int:
    """Hand one file in, once, however often the form is sent; its import."""
    digest = await run_in_threadpool(_digest, file)
    by = f"{page.who.name}/{page.form_key[:32]}{digest[:16]}"

    def kept() -> FileImport | None:
        with page.transaction() as session:
            return imports.by_mark(session, by)

    before = await run_in_threadpool(kept) if page.form_key else None
    if before is not None and before.company_id == page.company_id:
        return before.id
    handing = Handing(name, by, page.here.business_id, columns, confined=True)
    return await taker.hand_in(file, handing)


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := file.read(_PIECE):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _list(
    page: Page,
    form: Form[Files] | None = None,
    taken: list[tuple[str, int]] | None = None,
    status: int = 200,
) -> Response:
    listing = Listing(page, "imports")
    with page.transaction() as session:
        found = imports.of_company(
            session, page.scope, before=listing.after_id(), limit=listing.fetched
        )
    if form is None:
        # The same program writes its columns the same way each time.
        used = next((one.options.get("columns") for one in found if _mapped(one)), None) or {}
        columns = "\n".join(f"{ours}={theirs}" for ours, theirs in used.items())
        form = Form.blank(page, {"columns": columns})
    return page.render(
        "imports/list.html",
        status=status,
        rows=listing.page(found, lambda row: (row.id,)),
        running=_running(found) if listing.after_id() is None else [],
        form=form,
        taken=taken or [],
        takes=page.parts.imports is not None and page.may(Action.IMPORT),
        no_key=_no_key(page) if page.parts.imports is None else "",
        columns=COLUMNS,
        **words(page),
    )


def _mapped(row: FileImport) -> bool:
    return row.kind == "invoices" and bool(row.options.get("columns"))


def _running(rows: list[FileImport]) -> list[FileImport]:
    return [row for row in rows if row.status not in ENDED]


def _no_key(page: Page) -> str:
    return page.say(
        mark("Files cannot be taken: whoever runs Karhu has not set KARHU_FILE_KEY yet.")
    )


def _lines(said: str) -> list[str]:
    return [line for line in (one.strip() for one in said.splitlines()) if line]


def _clean(name: str) -> str:
    """A file's name without a path and without what no name has."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(sign for sign in last if sign.isprintable())[:250] or "file"
