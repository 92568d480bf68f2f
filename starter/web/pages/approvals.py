"""Refusing what waits for approval: letters and hand-overs, of one invoice or of many at once."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter
from sqlmodel import Session, col
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from domain.roles import Action
from starter import approvals as service
from starter.approvals import Asked
from starter.web.entry import in_company
from starter.web.forms import Day, Form, FormModel, MaybeLine
from starter.web.lists import picked
from starter.web.page import Page
from starter.web.pages.invoice import whys
from starter.web.pages.open_invoices import Filters
from starter.web.words import mark
from store import approvals, invoice_list
from store.approvals import Found
from store.invoice_list import Sought
from store.invoice_order import Line
from store.tables import Invoice

router = APIRouter(prefix="/companies/{business_id}/approvals")

Approving = Annotated[Page, in_company(Action.APPROVE_LETTERS)]

PATIENCE_SECONDS = 20

_TOLD = 3
"""Invoices that could not be refused, each told of with its reason; of more, how many."""


class Terms(FormModel):
    """How it is refused. `until`: the last day on which nothing leaves; None: until released."""

    until: Day | None = None
    reason: MaybeLine = ""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is refused. `others`: how many more were chosen, which wait for nobody, or which are
    too many for one go."""

    found: Sequence[Found]
    lines: Sequence[Line]
    others: int


@router.get("/refuse")
def prepare(page: Approving) -> Response:
    """What waits of those that were chosen, and what refusing it does; nothing has been done."""
    return _prepared(page, Form.blank(page))


@router.post("/refuse")
async def refuse(page: Approving) -> Response:
    """Hold each of them, as not approved."""
    form = Form.read(page, Terms)
    if form.value is not None and form.value.until and form.value.until < page.today():
        form.refuse(page.say(mark("This day has passed already.")), "until")
    chosen = await run_in_threadpool(_chosen, page)
    if form.value is None or not chosen.found:
        return await run_in_threadpool(_prepared, page, form, 422)
    async with asyncio.timeout(PATIENCE_SECONDS):
        asked = await service.refuse(
            page.parts.client,
            page.here.business_id,
            chosen.found,
            actor=page.who.name,
            reason=form.value.reason,
            until=form.value.until,
            key=f"web/{page.form_key or uuid.uuid4().hex}",
        )
    not_done = [one for one in asked if one.refused]
    done = len(asked) - len(not_done)
    said = [_held(page, done)] if done else []
    if not not_done:
        return page.redirect(_back(page), " ".join(said))
    return page.redirect(_back(page), wrong=" ".join([*said, *_not_done(page, not_done)]))


def _held(page: Page, done: int) -> str:
    return page.say_n(
        "Refused: nothing leaves, and the invoice is held.",
        "Refused: nothing leaves, and %(n)s invoices are held.",
        done,
    )


def _not_done(page: Page, not_done: Sequence[Asked]) -> list[str]:
    said = [
        page.say(
            mark("Invoice %(number)s was not refused: %(why)s."),
            number=one.number,
            why=whys.say(page.words, one.refused).text.rstrip("."),
        )
        for one in not_done[:_TOLD]
    ]
    more = len(not_done) - _TOLD
    if more > 0:
        more_said = page.say_n(
            "%(n)s more was not refused.",
            "%(n)s more were not refused.",
            more,
        )
        said.append(more_said)
    return said


def _prepared(page: Page, form: Form[Terms], status: int = 200) -> Response:
    chosen = _chosen(page)
    return page.render(
        "approvals/refuse.html",
        status=status,
        form=form,
        title=page.say(_title(chosen.found)),
        waits=[
            (line, next(one.letter for one in chosen.found if one.invoice_id == line.id))
            for line in chosen.lines
        ],
        others=chosen.others,
        picked=picked(page),
        filters=_filters(page),
        back=_back(page),
        alone=_alone(page),
    )


def _title(found: Sequence[Found]) -> str:
    if len(found) != 1:
        return mark("Refuse what waits for approval")
    return mark("Refuse the hand-over") if found[0].letter is None else mark("Refuse the letter")


def _chosen(page: Page) -> Chosen:
    """What waits for somebody of the invoices that were ticked, or of all that match."""
    said = picked(page)
    with page.transaction() as session:
        if said.all:
            sought = replace(_filters(page).sought(), approval=True)
            ids, count = _matching(page, session, sought)
        else:
            ids = list(dict.fromkeys(said.ids))
            count = len(ids)
        found = approvals.to_do_of(session, page.scope, ids=ids, limit=service.MOST)
        lines = invoice_list.page(
            session,
            page.scope,
            Sought(ids=tuple(one.invoice_id for one in found)),
            limit=service.MOST,
        )
    return Chosen(found, lines, count - len(found))


def _matching(page: Page, session: Session, sought: Sought) -> tuple[list[int], int]:
    """The first of those that match, by due date, and how many there are."""
    sought = invoice_list.resolved(session, page.scope, sought)
    first = invoice_list.chosen(page.scope, sought).order_by(col(Invoice.due), col(Invoice.id))
    ids = list(session.execute(first.limit(service.MOST)).scalars())
    return ids, invoice_list.count(session, page.scope, sought, most=10_000_000)


def _filters(page: Page) -> Filters:
    return Filters.read(page.form if page.form else page.request.query_params)


def _alone(page: Page) -> bool:
    """Whether it was asked on an invoice's page, and not in the list."""
    said = picked(page)
    return not said.all and len(said.ids) == 1 and not _filters(page).kept


def _back(page: Page) -> str:
    """Where it was asked."""
    if _alone(page):
        return page.url(f"/invoices/{picked(page).ids[0]}")
    return page.url("/invoices", **{"approval": "1", **_filters(page).kept})
