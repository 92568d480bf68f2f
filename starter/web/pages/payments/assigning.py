"""What a person does about a transaction: assigned, taken back, set aside."""

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks
from sqlmodel import Session
from starlette.responses import Response

from activities.starting import drain
from domain.ledger import UnbalancedEntry
from domain.roles import Action
from starter.api.parts import Parts
from starter.api.v1.fields import PathId
from starter.web.entry import NotHere, in_company
from starter.web.forms import Form, FormModel, Line
from starter.web.page import Page
from starter.web.pages.payments import waiting
from starter.web.pages.payments.reasons import cannot
from starter.web.pages.payments.waiting import Assigning
from starter.web.words import mark
from store import assigning, invoice_list, outbox, payment_list
from store.assigning import NotAssignable
from store.chunks import Result
from store.tables import BankPayment

router = APIRouter(prefix="/companies/{business_id}/payments/{payment_id}")


class SettingAside(FormModel):
    """Why it is nobody's."""

    reason: Line


@router.post("/assign")
def assign(
    payment_id: PathId,
    page: Annotated[Page, in_company(Action.BOOK_PAYMENTS)],
    background: BackgroundTasks,
) -> Response:
    """Book all that is open of it, or a part, on the invoice of this number."""
    form = Form.read(page, Assigning)
    result: Result | None = None
    with page.transaction() as session:
        # Before the row is read: a button pressed twice books once.
        outbox.take_turn(session)
        row = waiting.seen(page, session, payment_id)
        if form.value is not None:
            result = _assign(page, session, row, form)
    if result is None or form.value is None:
        return waiting.shown(page, payment_id, form, status=422)
    _tell_later(page, background, result)
    done = page.say(mark("Assigned to invoice %(number)s."), number=form.value.number)
    if result.overpaid_cents:
        more = page.say(
            mark("%(amount)s more than is open: the invoice is overpaid."),
            amount=page.words.money(result.overpaid_cents),
        )
        done = f"{done} {more}"
    # On to the next in the queue, unless a part of this one still waits.
    left = form.value.amount is not None and abs(form.value.open_cents) != form.value.amount
    return page.redirect(page.url(f"/payments/{payment_id}" if left else "/payments"), done)


def _assign(page: Page, session: Session, row: BankPayment, form: Form[Assigning]) -> Result | None:
    """Book it; None: the form now says what is wrong."""
    said = form.value
    assert said is not None  # noqa: S101 - the caller has looked
    invoice_id = invoice_list.by_number(session, page.scope, [said.number]).get(said.number)
    if row.open_cents != said.open_cents:
        form.refuse(
            page.say(mark("Something was done with this payment meanwhile. Look at it anew."))
        )
    elif row.open_cents == 0:
        form.refuse(page.say(mark("Nothing of it is open: take some of it back first.")))
    elif invoice_id is None:
        form.refuse(page.say(mark("There is no invoice of this number.")), "number")
    elif said.amount is not None and not 0 < said.amount <= abs(row.open_cents):
        form.refuse(
            page.say(
                mark("At most %(amount)s of it is open."),
                amount=page.words.money(abs(row.open_cents)),
            ),
            "amount",
        )
    else:
        try:
            with session.begin_nested():
                return assigning.assign(
                    session,
                    row.id,
                    invoice_id,
                    said.amount,
                    by=page.who.name,
                    now=page.now(),
                    settlement=True if said.settlement else None,
                )
        except (NotAssignable, UnbalancedEntry) as error:
            form.refuse(_cannot(page, error))
    return None


@router.get("/unassign/{invoice_id}")
def ask_to_unassign(
    payment_id: PathId,
    invoice_id: PathId,
    page: Annotated[Page, in_company(Action.BOOK_PAYMENTS)],
) -> Response:
    """What taking it off an invoice will do."""
    with page.transaction() as session:
        found, values = waiting.looked_at(page, session, payment_id)
    shares = [one for one in found.shares if one.invoice_id == invoice_id]
    if not shares or invoice_id not in values["visible"]:
        raise NotHere
    return page.render(
        "payments/unassign.html",
        payment=found.payment,
        invoice_id=invoice_id,
        number=shares[0].number,
        cents=sum(one.amount_cents for one in shares),
    )


@router.post("/unassign/{invoice_id}")
def unassign(
    payment_id: PathId,
    invoice_id: PathId,
    page: Annotated[Page, in_company(Action.BOOK_PAYMENTS)],
    background: BackgroundTasks,
) -> Response:
    """Take it off the invoice: it waits in the queue again."""
    there = page.url(f"/payments/{payment_id}")
    try:
        with page.transaction() as session:
            waiting.seen(page, session, payment_id)
            if not payment_list.seen_invoices(session, page.scope, [invoice_id]):
                raise NotHere
            result = assigning.unassign(
                session, payment_id, invoice_id, by=page.who.name, now=page.now()
            )
    except (NotAssignable, UnbalancedEntry) as error:
        return page.redirect(there, wrong=_cannot(page, error))
    _tell_later(page, background, result)
    return page.redirect(there, page.say(mark("Taken back: it waits in the queue again.")))


@router.get("/set-aside")
def ask_to_set_aside(
    payment_id: PathId, page: Annotated[Page, in_company(Action.BOOK_PAYMENTS)]
) -> Response:
    """What setting it aside means."""
    with page.transaction() as session:
        row = waiting.seen(page, session, payment_id)
    return page.render("payments/set_aside.html", payment=row, form=Form.blank(page))


@router.post("/set-aside")
def set_aside(
    payment_id: PathId, page: Annotated[Page, in_company(Action.BOOK_PAYMENTS)]
) -> Response:
    """Take it out of the queue, with a reason."""
    form = Form.read(page, SettingAside)
    with page.transaction() as session:
        row = waiting.seen(page, session, payment_id)
        if form.value is not None:
            try:
                assigning.set_aside(session, row.id, form.value.reason, by=page.who.name)
            except NotAssignable as error:
                form.refuse(_cannot(page, error))
    if form.value is None:
        return page.render("payments/set_aside.html", payment=row, form=form, status=422)
    return page.redirect(page.url("/payments"), page.say(mark("Set aside.")))


def _cannot(page: Page, error: Exception) -> str:
    return page.say(mark("It cannot be done so: %(why)s"), why=cannot(page.words, str(error)))


def _tell_later(page: Page, background: BackgroundTasks, result: Result) -> None:
    background.add_task(_tell, page.parts, [invoice_id for invoice_id, _ in result.booked])


async def _tell(parts: Parts, invoice_ids: list[int]) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    await drain(parts.client, parts.database, parts.clock, only=invoice_ids)
