"""Each thing that is asked of an invoice: what it will do and cost, then doing it."""

import asyncio
import uuid
from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from domain.requests import Refused
from domain.states import HoldKind
from starter import by_hand
from starter.api.v1.fields import PathId
from starter.web.entry import in_company
from starter.web.forms import Form
from starter.web.page import Page
from starter.web.pages.invoice import asked, whys
from starter.web.pages.invoice.asked import Asked, Terms
from starter.web.pages.invoice.known import PATH, know, the_row
from starter.web.words import mark
from store.tables import Invoice

router = APIRouter(prefix=PATH)

PATIENCE_SECONDS = 10


def _offer(what: Asked) -> None:
    """A page that shows the consequences, and the form on it."""
    Here = Annotated[Page, in_company(what.action)]  # noqa: N806 - a type

    @router.get(f"/{what.path}", name=f"prepare {what.path}")
    def prepare(page: Here, invoice_id: PathId) -> Response:
        start = {"hold": HoldKind.MANUAL.value, "to": page.request.query_params.get("to", "")}
        return _prepared(page, invoice_id, what, Form.blank(page, start))

    @router.post(f"/{what.path}", name=f"do {what.path}")
    async def do(page: Here, invoice_id: PathId) -> Response:
        return await _do(page, invoice_id, what)


for _one in asked.ALL:
    _offer(_one)


async def _do(page: Page, invoice_id: int, what: Asked) -> Response:
    row = await run_in_threadpool(_row, page, invoice_id)
    form = Form.read(page, Terms)
    if form.value is not None:
        _look_at(page, form, what)
    if form.value is not None:
        request = what.request(form.value)
        key = f"web/{page.form_key or uuid.uuid4().hex}"
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await by_hand.ask(
                    page.parts.client,
                    page.here.business_id,
                    row.number,
                    request.model_copy(update={"actor": page.who.name, "key": key}),
                    attempt=f"{key}/{uuid.uuid4()}",
                )
        except Refused as no:
            form.refuse(whys.say(page.words, str(no)).text)
        except by_hand.FinishedError:
            form.refuse(page.say(_over(row)))
        else:
            return page.redirect(page.url(f"/invoices/{invoice_id}"), page.say(what.done))
    return await run_in_threadpool(_prepared, page, invoice_id, what, form, 422)


def _look_at(page: Page, form: Form[Terms], what: Asked) -> None:
    terms = form.value
    if terms is None:
        return
    if what is asked.SET_STATE and terms.to not in asked.SET_TO:
        form.refuse(page.say(mark("Choose the state.")), "to")
    if what is asked.HOLD:
        if terms.until is not None and terms.until < page.today():
            form.refuse(page.say(mark("This day has passed already.")), "until")
        if terms.until is None and terms.hold in {HoldKind.PROMISE, HoldKind.EXTENSION}:
            message = mark("A promise or more time to pay needs its last day.")
            form.refuse(page.say(message), "until")


def _over(row: Invoice) -> str:
    if row.start_pending:
        return mark("Its procedure has not begun yet. Try again in some seconds.")
    return mark("Its procedure is over: nothing more can be done to it.")


def _row(page: Page, invoice_id: int) -> Invoice:
    with page.transaction() as session:
        return the_row(page, session, invoice_id)


def _prepared(
    page: Page, invoice_id: int, what: Asked, form: Form[Terms], status: int = 200
) -> Response:
    with page.transaction() as session:
        known = know(page, session, invoice_id)
    request = what.request(Terms(letter=known.case.proposed if what is asked.APPROVE else None))
    tried = None
    if what is not asked.SET_STATE:
        tried = asked.rehearsed(page, invoice_id, request)
    then = asked.then(known, request, page) if what is not asked.SET_STATE else None
    return page.render(
        "invoice/ask.html",
        status=status,
        what=what,
        title=page.say(what.does),
        means=page.say(what.means),
        known=known,
        form=form,
        tried=tried,
        refused=whys.say(page.words, tried.refused) if tried and tried.refused else None,
        then=then,
        then_why=whys.say(page.words, then.why) if then else None,
        states=[
            (to, step, whys.say(page.words, step.why) if step else None)
            for to, step in (asked.states(known, page) if what is asked.SET_STATE else [])
        ],
        holds=list(HoldKind),
        held=known.case.holds,
        back=page.url(f"/invoices/{invoice_id}"),
    )
