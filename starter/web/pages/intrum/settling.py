"""What a person does about a settlement: taken off its invoices, tried again, set aside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks
from sqlmodel import Session
from starlette.responses import Response

from activities.starting import News, drain
from domain.roles import Action
from starter.api.parts import Parts
from starter.api.v1.fields import PathId
from starter.web.entry import NotHere, in_company
from starter.web.forms import Form, FormModel, MaybeLine
from starter.web.page import Page
from starter.web.words import mark
from store import releasing, settlements
from store.agency_money import AWAITING, SET_ASIDE, SETTLED, WAITING
from store.releasing import CannotSettle
from store.settlements import Shown, Taken
from store.tables import AgencySettlement

router = APIRouter(prefix="/companies/{business_id}/intrum/settlements/{settlement_id}")

Booking = Annotated[Page, in_company(Action.BOOK_PAYMENTS)]


class Reason(FormModel):
    """Where its money is; of setting aside alone."""

    reason: MaybeLine = ""


@dataclass(frozen=True, slots=True)
class Doing:
    """One thing. `path`: after the settlement's address; `of`: the standings that it is offered in;
    `means`: what it will do; `done` and `cannot`: what is said afterwards."""

    path: str
    does: str
    of: frozenset[str]
    means: str
    done: str
    cannot: str
    do: Callable[[Session, int, str, str, datetime], Taken]
    danger: bool = False
    asks_why: bool = False


RELEASE = Doing(
    "release",
    mark("Take off its invoices"),
    frozenset({SETTLED}),
    mark(
        "All that it was booked as is taken back: payments, what the agency kept back, interest and"
        " fees. Its transfer waits among the payments, to be assigned by hand, and the procedures"
        " of its invoices look anew."
    ),
    mark("It was taken off its invoices. Assign its transfer by hand."),
    mark("It is not on any invoice: there is nothing to take off."),
    lambda session, id_, _, by, now: releasing.release(session, id_, by=by, now=now),
    danger=True,
)
RETRY = Doing(
    "retry",
    mark("Try again"),
    frozenset({WAITING, AWAITING, SET_ASIDE}),
    mark(
        "If its money is there and its lines add up, it is booked on its invoices now: such as"
        " after a case has come, or a payment entered twice was taken back."
    ),
    mark("It was tried again; its standing says what came of it."),
    mark("It is settled already, or its lines do not add up: assign its transfer by hand."),
    lambda session, id_, _, __, now: releasing.again(session, id_, now=now),
)
SET_IT_ASIDE = Doing(
    "set-aside",
    mark("Set the settlement aside"),
    frozenset({WAITING, AWAITING}),
    mark(
        "Nothing is booked by it, and nobody is reminded of it any more. What it says of its cases"
        " stays to be read."
    ),
    mark("It was set aside."),
    mark("It is settled: take it off its invoices first."),
    lambda session, id_, why, by, _: releasing.set_aside(session, id_, why, by=by),
    asks_why=True,
)
ALL = (RELEASE, RETRY, SET_IT_ASIDE)


def offered(page: Page, row: AgencySettlement) -> list[Doing]:
    """What the reader may do about it as it stands."""
    if not page.may(Action.BOOK_PAYMENTS):
        return []
    return [one for one in ALL if row.status in one.of]


def _offer(what: Doing) -> None:
    """A page that shows the consequences, and the form on it."""

    @router.get(f"/{what.path}", name=f"prepare to {what.path} a settlement")
    def prepare(settlement_id: PathId, page: Booking) -> Response:
        return _prepared(page, settlement_id, what, Form.blank(page))

    @router.post(f"/{what.path}", name=f"{what.path} a settlement")
    def do(settlement_id: PathId, page: Booking, background: BackgroundTasks) -> Response:
        form = Form.read(page, Reason)
        said = form.value
        if said is not None and what.asks_why and not said.reason:
            form.refuse(page.say(mark("Fill this in.")), "reason")
        if said is None or form.errors:
            return _prepared(page, settlement_id, what, form, 422)
        there = page.url(f"/intrum/settlements/{settlement_id}")
        try:
            with page.transaction() as session:
                _seen(page, session, settlement_id)
                taken = what.do(session, settlement_id, said.reason, page.who.name, page.now())
        except CannotSettle:
            return page.redirect(there, wrong=page.say(what.cannot))
        background.add_task(_tell, page.parts, list(taken.invoice_ids))
        return page.redirect(there, page.say(what.done))


for _one in ALL:
    _offer(_one)


def _prepared(
    page: Page, settlement_id: int, what: Doing, form: Form[Reason], status: int = 200
) -> Response:
    with page.transaction() as session:
        found = _seen(page, session, settlement_id)
    return page.render(
        "intrum/settling.html",
        status=status,
        row=found.settlement,
        numbers=sorted(set(found.numbers.values())),
        what=what,
        form=form,
        fits=found.settlement.status in what.of,
    )


def _seen(page: Page, session: Session, settlement_id: int) -> Shown:
    found = settlements.show(session, settlement_id, scope=page.scope)
    if found is None:
        raise NotHere
    return found


async def _tell(parts: Parts, invoice_ids: list[int]) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    if invoice_ids:
        await drain(parts.client, parts.database, parts.clock, only=invoice_ids, news=News.PAYMENT)
