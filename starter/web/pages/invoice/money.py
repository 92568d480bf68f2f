"""Money by hand: a payment, a credit note, and whose a payment is that is booked already."""

import asyncio
import uuid
from typing import Annotated

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from domain.agency_money import Received
from domain.ledger import UnbalancedEntry
from domain.roles import Action
from starter import payments
from starter.api.v1.fields import PathId
from starter.settlements import AgencyMoney
from starter.web.agency_sayings import whose
from starter.web.entry import NotHere, in_company
from starter.web.forms import Day, Euros, Flag, Form, FormModel, Line, MaybeLine
from starter.web.page import Page
from starter.web.pages.invoice.known import PATH, Known, know
from starter.web.words import mark
from store.tables import BankPayment, PaymentVerdict
from store.ticking import NotTickable

router = APIRouter(prefix=PATH)

MOST_CENTS = 100_000_000_000

_NOTHING = mark("Write an amount above zero.")
_TO_COME = mark("This day has not come yet.")

Booking = Annotated[Page, in_company(Action.BOOK_PAYMENTS)]
Crediting = Annotated[Page, in_company(Action.CREDIT)]


class Paid(FormModel):
    """A payment, or with `back` one that is taken back. `settlement`: it is the agency's own."""

    amount: Euros
    on: Day
    back: Flag = False
    settlement: Flag = False
    payer: MaybeLine = ""
    message: MaybeLine = ""


class Credited(FormModel):
    """A credit note, known by its own number."""

    number: Line
    amount: Euros
    on: Day


class Ticked(FormModel):
    """Whose money an entry is. `entry`: its name in the ledger."""

    entry: Line
    settlement: Flag = False


# ── a payment ────────────────────────────────────────────────────────────────────────────────


@router.get("/pay")
def prepare_payment(page: Booking, invoice_id: PathId) -> Response:
    """What is open, and what booking a payment brings about."""
    known = _known(page, invoice_id)
    start = {"amount": _euros(known.money.balance.open_cents), "on": page.today()}
    return _paying(page, known, Form.blank(page, start))


@router.post("/pay")
async def pay(page: Booking, invoice_id: PathId) -> Response:
    """Book it, and tell the procedure."""
    known = await run_in_threadpool(_known, page, invoice_id)
    form = Form.read(page, Paid)
    _look_at(page, form)
    if form.value is not None:
        said = form.value
        try:
            async with asyncio.timeout(10):
                entered = await payments.pay(
                    invoice_id,
                    -said.amount if said.back else said.amount,
                    on=said.on,
                    key=f"web/{page.form_key or uuid.uuid4().hex}",
                    settlement=said.settlement if known.with_agency else None,
                    received=Received(said.amount, payer=said.payer, message=said.message),
                    actor=page.who.name,
                    database=page.parts.database,
                    client=page.parts.client,
                    clock=page.parts.clock,
                )
        except UnbalancedEntry:
            message = mark("So much was not paid: take back no more than the ledger says.")
            form.refuse(page.say(message), "amount")
        else:
            done = mark("The payment is booked. %(open)s is open.")
            if entered.booked.told_agency:
                done = mark("The payment is booked, and Intrum is told of it. %(open)s is open.")
            return _booked(page, invoice_id, done, entered)
    return await run_in_threadpool(_paying, page, known, form, 422)


def _paying(page: Page, known: Known, form: Form[Paid], status: int = 200) -> Response:
    return page.render(
        "invoice/pay.html", status=status, form=form, known=known, back=_back(page, known)
    )


# ── a credit note ────────────────────────────────────────────────────────────────────────────


@router.get("/credit")
def prepare_credit(page: Crediting, invoice_id: PathId) -> Response:
    """What is open, and what a credit note brings about."""
    known = _known(page, invoice_id)
    start = {"amount": _euros(known.money.balance.principal_cents), "on": page.today()}
    return _crediting(page, known, Form.blank(page, start))


@router.post("/credit")
async def credit(page: Crediting, invoice_id: PathId) -> Response:
    """Book it, once for its number, and tell the procedure."""
    known = await run_in_threadpool(_known, page, invoice_id)
    form = Form.read(page, Credited)
    _look_at(page, form)
    if form.value is not None:
        async with asyncio.timeout(10):
            entered = await payments.credit(
                invoice_id,
                form.value.amount,
                on=form.value.on,
                number=form.value.number,
                database=page.parts.database,
                client=page.parts.client,
                clock=page.parts.clock,
            )
        if entered.booked.new:
            done = mark("The credit note is booked. %(open)s is open.")
            return _booked(page, invoice_id, done, entered)
        form.refuse(page.say(mark("A credit note of this number is booked already.")), "number")
    return await run_in_threadpool(_crediting, page, known, form, 422)


def _crediting(page: Page, known: Known, form: Form[Credited], status: int = 200) -> Response:
    return page.render(
        "invoice/credit.html", status=status, form=form, known=known, back=_back(page, known)
    )


# ── whose a booked payment is ────────────────────────────────────────────────────────────────


@router.get("/tick")
def prepare_tick(page: Booking, invoice_id: PathId, entry: str = "") -> Response:
    """What it counts as, and what ticking or unticking does."""
    known = _known(page, invoice_id)
    verdict = _verdict(known, entry)
    start = {"entry": entry, "settlement": verdict.settlement}
    return _ticking(page, known, verdict, Form.blank(page, start))


@router.post("/tick")
async def tick(page: Booking, invoice_id: PathId) -> Response:
    """Say whose it is; the agency is told, if it must be."""
    known = await run_in_threadpool(_known, page, invoice_id)
    form = Form.read(page, Ticked)
    verdict = _verdict(known, form.text("entry"))
    if form.value is not None:
        turning = AgencyMoney(page.parts.database, page.parts.client, page.parts.clock)
        settlement, by = form.value.settlement, page.who.name
        bank = bank_payment(known, verdict.entry_key)
        try:
            async with asyncio.timeout(10):
                if bank is None:
                    turned = await turning.tick_entry(
                        invoice_id, verdict.entry_key, settlement=settlement, by=by
                    )
                else:
                    turned = await turning.tick_payment(bank.id, settlement=settlement, by=by)
        except NotTickable:
            message = mark(
                "This cannot be changed: the payment was taken back, or a settlement of the"
                " agency's says whose it is. Release that settlement first."
            )
            form.refuse(page.say(message))
        else:
            done = mark("It is noted whose the payment is.")
            if turned.ticked.told:
                done = mark("It is noted whose the payment is, and Intrum is told.")
            return page.redirect(_back(page, known), page.say(done))
    return await run_in_threadpool(_ticking, page, known, verdict, form, 422)


def bank_payment(known: Known, key: str) -> BankPayment | None:
    """The bank's transaction that a ledger entry comes from; None: it was entered by hand."""
    return next((one for one in known.dossier.payments if key.startswith(f"bank/{one.key}/")), None)


def _ticking(
    page: Page, known: Known, verdict: PaymentVerdict, form: Form[Ticked], status: int = 200
) -> Response:
    return page.render(
        "invoice/tick.html",
        status=status,
        form=form,
        known=known,
        verdict=verdict,
        why=whose(page.words, verdict.why),
        back=_back(page, known),
    )


def _verdict(known: Known, key: str) -> PaymentVerdict:
    found = [one for one in known.dossier.verdicts if one.entry_key == key]
    if not found:
        raise NotHere
    return max(found, key=lambda one: one.serial)


# ── small parts ──────────────────────────────────────────────────────────────────────────────


def _known(page: Page, invoice_id: int) -> Known:
    with page.transaction() as session:
        return know(page, session, invoice_id)


def _look_at(page: Page, form: Form[Paid] | Form[Credited]) -> None:
    said = form.value
    if said is None:
        return
    if not 0 < said.amount <= MOST_CENTS:
        form.refuse(page.say(_NOTHING), "amount")
    if said.on > page.today():
        form.refuse(page.say(_TO_COME), "on")


def _booked(page: Page, invoice_id: int, done: str, entered: payments.Entered) -> Response:
    left = page.words.money(entered.booked.balance.open_cents)
    return page.redirect(page.url(f"/invoices/{invoice_id}"), page.say(done, open=left))


def _back(page: Page, known: Known) -> str:
    return page.url(f"/invoices/{known.row.id}")


def _euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d}" if cents else ""
