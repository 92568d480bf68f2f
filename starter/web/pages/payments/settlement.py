"""The settlement tick (suoritus on tilitys perintäyhtiöltä) of a transaction."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks
from starlette.responses import Response

from activities.starting import News, drain
from domain.roles import Action
from starter.api.parts import Parts
from starter.api.v1.fields import PathId
from starter.web.entry import NotHere, in_company
from starter.web.forms import Form, FormModel
from starter.web.page import Page
from starter.web.pages.payments import waiting
from starter.web.pages.payments.reasons import cannot
from starter.web.words import mark
from store import ticking
from store.ticking import NotTickable

router = APIRouter(prefix="/companies/{business_id}/payments/{payment_id}/settlement")


class Tick(FormModel):
    """Whether it is the agency's settlement, or the debtor's own payment."""

    settlement: bool


@router.get("")
def ask_to_tick(
    payment_id: PathId, page: Annotated[Page, in_company(Action.BOOK_PAYMENTS)]
) -> Response:
    """What turning the tick will do."""
    with page.transaction() as session:
        found, values = waiting.looked_at(page, session, payment_id)
    mine = [one for one in found.shares if one.invoice_id in values["visible"]]
    verdicts = {one.settlement for one in mine if one.settlement is not None}
    return page.render(
        "payments/settlement.html",
        payment=found.payment,
        shares=[one for one in mine if one.settlement is not None],
        settlement=verdicts == {True},
        tickable=bool(verdicts),
    )


@router.post("")
def tick(
    payment_id: PathId,
    page: Annotated[Page, in_company(Action.BOOK_PAYMENTS)],
    background: BackgroundTasks,
) -> Response:
    """Say whose money it is."""
    form = Form.read(page, Tick)
    if form.value is None:
        raise NotHere
    there = page.url(f"/payments/{payment_id}")
    try:
        with page.transaction() as session:
            waiting.seen(page, session, payment_id)
            done = ticking.of_payment(
                session,
                payment_id,
                settlement=form.value.settlement,
                by=page.who.name,
                now=page.now(),
            )
    except NotTickable as error:
        why = cannot(page.words, str(error))
        wrong = page.say(mark("It cannot be done so: %(why)s"), why=why)
        return page.redirect(there, wrong=wrong)
    if done.changed:
        background.add_task(_tell, page.parts, list(done.changed))
    said = mark("Noted. The agency is told of it.") if done.told else mark("Noted.")
    return page.redirect(there, page.say(said))


async def _tell(parts: Parts, invoice_ids: list[int]) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    await drain(parts.client, parts.database, parts.clock, only=invoice_ids, news=News.PAYMENT)
