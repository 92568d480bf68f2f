"""What people do to an invoice by hand, each asked of its own procedure, which answers."""

import uuid
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictInt
from starlette.concurrency import run_in_threadpool

from domain import requests
from domain.agency_money import Received
from domain.calendar import FINLAND
from domain.ledger import UnbalancedEntry
from domain.requests import Refused, Request
from domain.roles import Action
from domain.states import HoldKind, InvoiceState
from starter import by_hand, payments
from starter.api.v1 import callers, problems
from starter.api.v1.callers import Here
from starter.api.v1.fields import Body, Cents, Day, Flag, Line, MaybeLine, PathId
from starter.api.v1.idempotency import Once, TheOnce
from starter.api.v1.invoices import the_invoice
from starter.api.v1.problems import Kind, Problem, documented
from store.tables import Invoice

router = APIRouter(prefix="/companies/{business_id}/invoices/{invoice_id}", tags=["Invoices"])

_REFUSABLE = documented(Kind.CONFLICT)


class Why(Body):
    """Why it is asked: it stays in the invoice's log."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The customer called."}]})

    reason: MaybeLine = ""


class HoldIn(Why):
    """Wait, until released or through a date."""

    model_config = ConfigDict(
        title="NewHold",
        json_schema_extra={
            "examples": [{"kind": "promise", "until": "2026-12-18", "reason": "Pays on Friday."}]
        },
    )

    kind: HoldKind = HoldKind.MANUAL
    until: Day | None = Field(default=None, description="Its last day; null: until released.")


class ReleaseIn(Why):
    """Go on."""

    model_config = ConfigDict(title="Release", json_schema_extra={"examples": [{}]})

    kind: HoldKind | None = Field(
        default=None, description="This hold alone; null: every hold, and what needed attention."
    )


class StateIn(Why):
    """The state that an invoice is to be in."""

    model_config = ConfigDict(
        title="NewState", json_schema_extra={"examples": [{"to": "reminded", "reason": "By post."}]}
    )

    to: InvoiceState


class PaymentIn(Body):
    """A payment to be booked by hand."""

    model_config = ConfigDict(
        title="NewPayment",
        json_schema_extra={"examples": [{"amount_cents": 108_836, "on": "2026-12-03"}]},
    )

    amount_cents: Annotated[StrictInt, Field(ge=-100_000_000_000, le=100_000_000_000)] = Field(
        description="Negative: a payment is taken back."
    )
    on: Day | None = Field(default=None, description="When it was paid; null: today.")
    settlement: Flag | None = Field(
        default=None,
        description="Whether it is the agency's own settlement (tilitys). Any other payment of an"
        " invoice that the agency has is the debtor's, and the agency is told. Null: Karhu judges"
        " by payer, reference, message and amount.",
    )
    payer: MaybeLine = Field(default="", description="Who paid, as the bank says.")
    reference: MaybeLine = Field(default="", description="The transfer's reference.")
    message: MaybeLine = Field(default="", description="The transfer's message.")


class CreditIn(Body):
    """A credit note to be booked by hand."""

    model_config = ConfigDict(
        title="NewCreditNote",
        json_schema_extra={"examples": [{"number": "H-17", "amount_cents": 20_000}]},
    )

    number: Line = Field(description="The credit note's own: booked once for each.")
    amount_cents: Cents
    on: Day | None = Field(default=None, description="Its date; null: today.")


class Acted(BaseModel):
    """What came of it: where the invoice is now, and what comes next."""

    state: InvoiceState
    next_step: str = Field(examples=["remind"])
    next_step_at: AwareDatetime | None = Field(description="Null: when something happens.")
    why: str


class Entered(BaseModel):
    """What the ledger says after a booking. `booked` false: it was booked before."""

    booked: bool
    open_cents: int
    overpaid_cents: int
    agency_told: bool = Field(description="Whether the collection agency is told of it.")
    why: str = Field(
        description="Of a payment on an invoice that an agency has or had: why it counts as the"
        " agency's settlement or as the debtor's own."
    )


async def _ask(here: Here, invoice_id: int, once: Once, request: Request) -> Response:
    """Ask the invoice's workflow. Raises the problems 404, 409 and 503."""
    row = await run_in_threadpool(_row, here, invoice_id, once)
    record = f"invoice {row.number}"
    async with once.reaching_out():
        try:
            answer = await by_hand.ask(
                once.parts.client,
                here.place.business_id,
                row.number,
                request.model_copy(update={"actor": here.caller.name, "key": once.key}),
                attempt=f"{once.key}/{uuid.uuid4()}",
            )
        except Refused as refused:
            raise Problem(
                Kind.CONFLICT,
                f"{record}: {refused}",
                record=record,
                remedy="GET the invoice: its state, holds and future say what can be done",
            ) from None
        except by_hand.FinishedError:
            raise _nobody(row, record) from None
        except by_hand.NoAnswerError:
            raise problems.unavailable(f"the procedure of {record}") from None
    return await once.settle(Acted.model_validate(answer, from_attributes=True))


def _nobody(row: Invoice, record: str) -> Problem:
    if InvoiceState(row.state).final:
        return Problem(
            Kind.CONFLICT,
            f"{record} is {row.state}: its procedure is over",
            record=record,
            remedy="nothing more is done about it; book a payment or a credit note if there is one",
        )
    return Problem(
        Kind.CONFLICT,
        f"{record}: its procedure has not begun yet",
        record=record,
        remedy="ask again in some seconds with the same Idempotency-Key",
    )


def _row(here: Here, invoice_id: int, once: Once) -> Invoice:
    with once.parts.database.transaction() as session:
        return the_invoice(session, here, invoice_id)


@router.post("/hold", response_model=Acted, responses=_REFUSABLE)
async def hold_invoice(
    invoice_id: PathId,
    body: HoldIn,
    here: Annotated[Here, callers.in_company(Action.HOLD)],
    once: TheOnce,
) -> Response:
    """Have an invoice wait: disputed, promised, extended, banned from collection, or by hand."""
    asked = requests.Hold(hold=body.kind, until=body.until, reason=body.reason)
    return await _ask(here, invoice_id, once, asked)


@router.post("/release", response_model=Acted, responses=_REFUSABLE)
async def release_invoice(
    invoice_id: PathId,
    body: ReleaseIn,
    here: Annotated[Here, callers.in_company(Action.RELEASE)],
    once: TheOnce,
) -> Response:
    """Release an invoice's holds, and what needed attention."""
    return await _ask(here, invoice_id, once, requests.Release(hold=body.kind, reason=body.reason))


@router.post("/cancel", response_model=Acted, responses=_REFUSABLE)
async def cancel_invoice(
    invoice_id: PathId,
    body: Why,
    here: Annotated[Here, callers.in_company(Action.CANCEL)],
    once: TheOnce,
) -> Response:
    """End an invoice's procedure: it was a mistake."""
    return await _ask(here, invoice_id, once, requests.Cancel(reason=body.reason))


@router.post("/state", response_model=Acted, responses=_REFUSABLE)
async def set_invoice_state(
    invoice_id: PathId,
    body: StateIn,
    here: Annotated[Here, callers.in_company(Action.SET_STATE)],
    once: TheOnce,
) -> Response:
    """Move an invoice to another state; its procedure goes on from there."""
    return await _ask(here, invoice_id, once, requests.SetState(to=body.to, reason=body.reason))


@router.post("/send-now", response_model=Acted, responses=_REFUSABLE)
async def send_letter_now(
    invoice_id: PathId,
    body: Why,
    here: Annotated[Here, callers.in_company(Action.SEND_NOW)],
    once: TheOnce,
) -> Response:
    """Send the next letter now, if the law lets it; one that waits for approval is approved."""
    return await _ask(here, invoice_id, once, requests.SendNow(reason=body.reason))


@router.post("/hand-over", response_model=Acted, responses=_REFUSABLE)
async def hand_invoice_over(
    invoice_id: PathId,
    body: Why,
    here: Annotated[Here, callers.in_company(Action.HAND_OVER)],
    once: TheOnce,
) -> Response:
    """Hand an invoice over to the agency, or approve a hand-over that waits."""
    return await _ask(here, invoice_id, once, requests.HandOver(reason=body.reason))


@router.post("/withdraw", response_model=Acted, responses=_REFUSABLE)
async def withdraw_invoice(
    invoice_id: PathId,
    body: Why,
    here: Annotated[Here, callers.in_company(Action.WITHDRAW)],
    once: TheOnce,
) -> Response:
    """Take an invoice back from the agency. It is held then."""
    return await _ask(here, invoice_id, once, requests.Withdraw(reason=body.reason))


@router.post("/payments", response_model=Entered, responses=_REFUSABLE)
async def pay_invoice(
    invoice_id: PathId,
    body: PaymentIn,
    here: Annotated[Here, callers.in_company(Action.BOOK_PAYMENTS)],
    once: TheOnce,
) -> Response:
    """Book a payment by hand, or take one back."""
    if body.amount_cents == 0:
        raise problems.invalid(
            "nothing is not an amount to book", "body.amount_cents", "say how much was paid"
        )
    row = await run_in_threadpool(_row, here, invoice_id, once)
    on = _day(body.on, once)
    async with once.reaching_out():
        try:
            entered = await payments.pay(
                row.id,
                body.amount_cents,
                on=on,
                key=f"api/{once.key}",
                settlement=body.settlement,
                received=Received(
                    abs(body.amount_cents),
                    payer=body.payer,
                    reference=body.reference,
                    message=body.message,
                ),
                actor=here.caller.name,
                database=once.parts.database,
                client=once.parts.client,
                clock=once.parts.clock,
            )
        except UnbalancedEntry as error:
            record = f"invoice {row.number}"
            raise Problem(
                Kind.CONFLICT,
                f"{record}: {error}",
                record=record,
                remedy="take back no more than was paid; the invoice's ledger says how much it was",
            ) from None
    return await once.settle(_entered(entered))


@router.post("/credit-notes", response_model=Entered)
async def credit_invoice(
    invoice_id: PathId,
    body: CreditIn,
    here: Annotated[Here, callers.in_company(Action.CREDIT)],
    once: TheOnce,
) -> Response:
    """Book a credit note by hand."""
    row = await run_in_threadpool(_row, here, invoice_id, once)
    on = _day(body.on, once)
    async with once.reaching_out():
        entered = await payments.credit(
            row.id,
            body.amount_cents,
            on=on,
            number=body.number,
            database=once.parts.database,
            client=once.parts.client,
            clock=once.parts.clock,
        )
    return await once.settle(_entered(entered))


def _day(on: date | None, once: Once) -> date:
    today = FINLAND.local_date(once.parts.business_now())
    if on is not None and on > today:
        raise problems.invalid(
            f"{on} has not come yet", "body.on", f"give a date that has: today is {today}"
        )
    return on or today


def _entered(entered: payments.Entered) -> Entered:
    booked = entered.booked
    return Entered(
        booked=booked.new,
        open_cents=booked.balance.open_cents,
        overpaid_cents=booked.balance.overpaid_cents,
        agency_told=booked.told_agency,
        why=booked.why,
    )
