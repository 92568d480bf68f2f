"""The bank's transactions: what waits for a person, and where each of them went."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session

from activities.starting import drain
from domain.ledger import UnbalancedEntry
from domain.roles import Action
from starter.api.parts import Parts
from starter.api.v1 import callers, problems
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import MOST_ROWS, Body, Cents, Flag, Line, PathId
from starter.api.v1.idempotency import Once, TheOnce
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import Kind, Problem, documented
from store import assigning, payment_list, queue
from store.assigning import NotAssignable
from store.chunks import Result
from store.tables import BankPayment

router = APIRouter(prefix="/companies/{business_id}/payments", tags=["Payments"])

_REFUSABLE = documented(Kind.CONFLICT)


class PaymentLine(BaseModel):
    """A transaction of the bank's, in cents."""

    id: int
    amount_cents: int = Field(description="Negative: the bank took an earlier payment back.")
    open_cents: int = Field(description="What of it is on no invoice yet.")
    paid_on: date
    booked_on: date
    payer: str
    reference: str
    message: str
    account: str
    problem: str = Field(description="Why it waits; empty: it does not.")
    set_aside: str = Field(description="Why it was taken out of the queue; empty: it was not.")
    reverses: int | None = Field(description="The transaction that it takes back.")

    @classmethod
    def of(cls, row: BankPayment) -> "PaymentLine":
        return cls.model_validate(row, from_attributes=True)


class ShareOut(BaseModel):
    """What of a transaction was booked on an invoice."""

    model_config = ConfigDict(title="PaymentShare")

    invoice_id: int
    number: str
    amount_cents: int
    how: str = Field(examples=["reference"])
    assigned_by: str
    assigned_at: AwareDatetime
    settlement: bool | None = Field(
        description="Whether it counts as the collection agency's settlement; null: no agency has"
        " or had the invoice."
    )
    why: str = Field(description="Why it counts as that.")


class SuggestionOut(BaseModel):
    """An invoice that the rest may belong to, and why."""

    model_config = ConfigDict(title="PaymentSuggestion")

    invoice_id: int
    number: str
    reason: str


class PaymentOut(BaseModel):
    """A transaction with where it went, and where the rest may belong: the likeliest first."""

    model_config = ConfigDict(title="Payment")

    payment: PaymentLine
    shares: list[ShareOut]
    reversed_by: list[int]
    suggestions: list[SuggestionOut]


class Assignment(Body):
    """Where it belongs."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"invoice_id": 4711}]})

    invoice_id: int = Field(ge=1, le=MOST_ROWS, strict=True)
    amount_cents: Cents | None = Field(default=None, description="Null: all that is open of it.")
    settlement: Flag | None = Field(
        default=None,
        description="Whether it is the collection agency's own settlement; null: Karhu judges.",
    )


class Unassignment(Body):
    """Where it does not belong."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"invoice_id": 4711}]})

    invoice_id: int = Field(ge=1, le=MOST_ROWS, strict=True)


class SettingAside(Body):
    """Why it is nobody's."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "Returned to the payer."}]}
    )

    reason: Line


@router.get("")
def list_payments(
    here: Annotated[Here, callers.in_company(Action.READ_PAYMENTS)],
    parts: TheParts,
    paging: ThePaging,
    waiting: Annotated[Flag, Query(description="Those alone that wait for a person.")] = False,
) -> Page[PaymentLine]:
    """The bank's transactions, as they were read."""
    listing = f"payments {waiting}"
    with parts.database.transaction() as session:
        rows = payment_list.page(
            session,
            here.scope,
            waiting=waiting,
            after=paging.after_id(listing) or 0,
            limit=paging.fetched,
        )
    return paging.page(listing, rows, lambda row: (row.id,), PaymentLine.of)


@router.get("/{payment_id}")
def show_payment(
    payment_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_PAYMENTS)],
    parts: TheParts,
) -> PaymentOut:
    """One transaction, with the invoices that it is on and those that it may belong to."""
    with parts.database.transaction() as session:
        return payment_shown(session, here, payment_id)


@router.post("/{payment_id}/assign", response_model=PaymentOut, responses=_REFUSABLE)
def assign_payment(
    payment_id: PathId,
    body: Assignment,
    here: Annotated[Here, callers.in_company(Action.BOOK_PAYMENTS)],
    once: TheOnce,
    background: BackgroundTasks,
) -> Response:
    """Book what is open of a transaction, or part of it, on an invoice."""
    return _move(
        payment_id,
        body.invoice_id,
        body.amount_cents,
        here,
        once,
        background,
        settlement=body.settlement,
    )


@router.post("/{payment_id}/unassign", response_model=PaymentOut, responses=_REFUSABLE)
def unassign_payment(
    payment_id: PathId,
    body: Unassignment,
    here: Annotated[Here, callers.in_company(Action.BOOK_PAYMENTS)],
    once: TheOnce,
    background: BackgroundTasks,
) -> Response:
    """Take what was booked of a transaction off an invoice: it waits in the queue again."""
    return _move(payment_id, body.invoice_id, None, here, once, background, back=True)


@router.post("/{payment_id}/set-aside", response_model=PaymentOut, responses=_REFUSABLE)
def set_payment_aside(
    payment_id: PathId,
    body: SettingAside,
    here: Annotated[Here, callers.in_company(Action.BOOK_PAYMENTS)],
    once: TheOnce,
) -> Response:
    """Take a transaction out of the queue; assigning it takes it up again."""
    with once.transaction() as session:
        seen_payment(session, here, payment_id)
        try:
            assigning.set_aside(session, payment_id, body.reason, by=here.caller.name)
        except NotAssignable as error:
            raise _refused(payment_id, error) from None
        session.flush()
        return once.keep(session, payment_shown(session, here, payment_id), status=200)


def _move(
    payment_id: int,
    invoice_id: int,
    cents: int | None,
    here: Here,
    once: Once,
    background: BackgroundTasks,
    *,
    back: bool = False,
    settlement: bool | None = None,
) -> Response:
    """Assign or take back. The invoice's workflow is told afterwards, from the outbox."""
    by, now = here.caller.name, once.parts.business_now()
    with once.transaction() as session:
        seen_payment(session, here, payment_id)
        if not payment_list.seen_invoices(session, here.scope, [invoice_id]):
            raise problems.not_found(f"invoice {invoice_id}")
        try:
            if back:
                result = assigning.unassign(session, payment_id, invoice_id, by=by, now=now)
            else:
                result = assigning.assign(
                    session, payment_id, invoice_id, cents, by=by, now=now, settlement=settlement
                )
        except (NotAssignable, UnbalancedEntry) as error:
            raise _refused(payment_id, error) from None
        session.flush()
        answer = once.keep(session, payment_shown(session, here, payment_id), status=200)
    background.add_task(_tell, once.parts, result)
    answer.background = background
    return answer


async def _tell(parts: Parts, result: Result) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    only = [invoice_id for invoice_id, _ in result.booked]
    await drain(parts.client, parts.database, parts.clock, only=only)


def seen_payment(session: Session, here: Here, payment_id: int) -> BankPayment:
    """The transaction. Raises the problem 404 if it is none that may be seen."""
    found = payment_list.seen(session, here.scope, payment_id)
    if found is None:
        raise problems.not_found(f"payment {payment_id}")
    return found


def payment_shown(session: Session, here: Here, payment_id: int) -> PaymentOut:
    """The transaction with where it went, as far as the caller sees."""
    seen_payment(session, here, payment_id)
    shown = queue.show(session, payment_id)
    assert shown is not None  # noqa: S101 - it has just been seen
    named = {one.invoice_id for one in shown.shares} | {one.invoice_id for one in shown.suggestions}
    visible = payment_list.seen_invoices(session, here.scope, named)
    return PaymentOut(
        payment=PaymentLine.of(shown.payment),
        shares=[
            ShareOut.model_validate(one, from_attributes=True)
            for one in shown.shares
            if one.invoice_id in visible
        ],
        reversed_by=list(shown.reversed_by),
        suggestions=[
            SuggestionOut.model_validate(one, from_attributes=True)
            for one in shown.suggestions
            if one.invoice_id in visible
        ],
    )


def _refused(payment_id: int, error: Exception) -> Problem:
    return Problem(
        Kind.CONFLICT,
        str(error),
        record=f"payment {payment_id}",
        remedy="GET the payment: what of it is open, and which invoices it is on",
    )
