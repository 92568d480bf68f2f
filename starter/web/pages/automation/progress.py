"""Running invoices that are being moved: how far it is, and stopping it."""

from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from domain.roles import Action
from starter import replanning as service
from starter.api.v1.fields import PathId
from starter.people import NotDone
from starter.web.entry import NotHere, in_company
from starter.web.page import Page
from starter.web.pages.automation.frame import PREFIX
from starter.web.streams import Look, stream
from starter.web.words import mark
from store import replanning
from store.tables import Replanning

router = APIRouter(prefix=f"{PREFIX}/movements/{{replanning_id}}")


@router.get("/progress")
async def progress(
    replanning_id: PathId, page: Annotated[Page, in_company(Action.READ_RULES)]
) -> Response:
    """How far it is, as it goes on."""

    def look() -> Look:
        row = _row(page, replanning_id)
        html = page.html("automation/progress.html", part="progress", row=row)
        return Look(html, over=row.ended)

    await run_in_threadpool(look)
    return stream(page, look)


@router.get("/cancel")
def ask_to_cancel(
    replanning_id: PathId, page: Annotated[Page, in_company(Action.MOVE_INVOICES)]
) -> Response:
    """What stopping it means."""
    return page.render("automation/cancel.html", row=_row(page, replanning_id))


@router.post("/cancel")
def cancel(
    replanning_id: PathId, page: Annotated[Page, in_company(Action.MOVE_INVOICES)]
) -> Response:
    """Stop between two batches."""
    _row(page, replanning_id)
    try:
        with page.transaction() as session:
            service.cancel(session, replanning_id, page.company_id)
    except NotDone:
        said = mark("It is over already, or tells of the automation's switch: it was not stopped.")
        return page.redirect(page.url("/automation"), wrong=page.say(said))
    said = mark("It is being stopped. Invoices that have moved stay moved, the others keep theirs.")
    return page.redirect(page.url("/automation"), page.say(said))


def _row(page: Page, replanning_id: int) -> Replanning:
    with page.transaction() as session:
        row = replanning.seen(session, page.scope, replanning_id)
    if row is None:
        raise NotHere
    return row
