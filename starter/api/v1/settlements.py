"""The agency's money: its settlements, and whose a payment is."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from sqlmodel import Session

from activities.starting import News, drain
from domain.roles import Action
from starter.api.parts import Parts
from starter.api.v1 import callers, problems
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import Body, Flag, Line, PathId
from starter.api.v1.idempotency import TheOnce
from starter.api.v1.invoices import the_invoice
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.payments import PaymentOut, payment_shown, seen_payment
from starter.api.v1.problems import Kind, Problem, documented
from store import releasing, settlements, ticking
from store.releasing import CannotSettle
from store.settlements import Shown
from store.tables import AgencySettlement
from store.ticking import NotTickable, Ticked

router = APIRouter(prefix="/companies/{business_id}", tags=["Agency"])

_REFUSABLE = documented(Kind.CONFLICT)


class SettlementOut(BaseModel):
    """A settlement (tilitys), in cents: one transfer of the agency's, case by case."""

    model_config = ConfigDict(title="Settlement")

    id: int
    agency: str
    name: str = Field(description="The agency's own name for it.")
    settled_on: date
    reference: str
    commission_cents: int = Field(description="What the agency keeps back: the company's cost.")
    transferred_cents: int
    status: str = Field(
        description="awaiting (its money has not come), settled, waiting (for a person) or"
        " set_aside",
        examples=["settled"],
    )
    problem: str = Field(description="Why it waits, or what of it is in no books.")
    payment_id: int | None = Field(description="Its transfer.")
    source: str
    read_at: AwareDatetime
    settled_at: AwareDatetime | None

    @classmethod
    def of(cls, row: AgencySettlement) -> "SettlementOut":
        said = row.model_dump() | {"payment_id": row.bank_payment_id}
        return cls.model_validate(said, extra="ignore")


class SettlementLineOut(BaseModel):
    """What a settlement remits of one case, in cents."""

    model_config = ConfigDict(title="SettlementLine")

    serial: int
    case_reference: str
    invoice_id: int | None = Field(description="Null: the case is not known here.")
    number: str
    principal_cents: int
    interest_cents: int
    fees_cents: int
    withheld_cents: int = Field(description="Its part of what the agency keeps back.")
    paid_on: date
    entry: str | None = Field(description="The ledger entry that it is booked as; null: not yet.")
    problem: str


class SettlementWithLines(SettlementOut):
    """A settlement with its lines."""

    lines: list[SettlementLineOut]

    @classmethod
    def shown(cls, found: Shown) -> "SettlementWithLines":
        lines = [
            SettlementLineOut(
                serial=line.serial,
                case_reference=line.case_reference,
                invoice_id=line.invoice_id,
                number=found.numbers.get(line.invoice_id or 0, ""),
                principal_cents=line.principal_cents,
                interest_cents=line.interest_cents,
                fees_cents=line.fees_cents,
                withheld_cents=line.withheld_cents,
                paid_on=line.paid_on,
                entry=line.entry_key,
                problem=line.problem,
            )
            for line in found.lines
        ]
        return cls(**SettlementOut.of(found.settlement).model_dump(), lines=lines)


class SettingSettlementAside(Body):
    """Where its money is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Booked by hand."}]})

    reason: Line


class TickIn(Body):
    """Whether a payment is the agency's settlement ("Suoritus on tilitys perintäyhtiöltä")."""

    model_config = ConfigDict(title="Tick", json_schema_extra={"examples": [{"settlement": False}]})

    settlement: Flag


class EntryTickIn(TickIn):
    """The same, of a payment that was entered by hand."""

    model_config = ConfigDict(
        title="EntryTick",
        json_schema_extra={"examples": [{"entry": "payment/api/4711", "settlement": False}]},
    )

    entry: Line = Field(description="The ledger entry's name, `payment/...`.")


class Ticking(BaseModel):
    """What came of it."""

    model_config = ConfigDict(title="Ticked")

    changed: bool = Field(description="False: it counted as that already.")
    agency_told: bool


# ── settlements ──────────────────────────────────────────────────────────────────────────────


@router.get("/agency/settlements")
def list_settlements(
    here: Annotated[Here, callers.in_company(Action.READ_PAYMENTS)],
    parts: TheParts,
    paging: ThePaging,
    unsettled: Annotated[
        Flag, Query(description="Those alone that await their money or a person.")
    ] = False,
) -> Page[SettlementOut]:
    """The agency's settlements, the newest first."""
    listing = f"settlements {unsettled}"
    with parts.database.transaction() as session:
        rows = settlements.page(
            session,
            scope=here.scope,
            unsettled=unsettled,
            before=paging.after_id(listing),
            limit=paging.fetched,
        )
    return paging.page(listing, rows, lambda row: (row.id,), SettlementOut.of)


@router.get("/agency/settlements/{settlement_id}")
def show_settlement(
    settlement_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_PAYMENTS)],
    parts: TheParts,
) -> SettlementWithLines:
    """One settlement, with its lines and where their money is."""
    with parts.database.transaction() as session:
        return _shown(session, here, settlement_id)


@router.post(
    "/agency/settlements/{settlement_id}/release",
    response_model=SettlementWithLines,
    responses=_REFUSABLE,
)
def release_settlement(
    settlement_id: PathId,
    here: Annotated[Here, callers.in_company(Action.BOOK_PAYMENTS)],
    once: TheOnce,
    background: BackgroundTasks,
) -> Response:
    """Take a settlement off its invoices: its transfer waits again, to be assigned by hand."""
    now = once.parts.business_now()
    with once.transaction() as session:
        _shown(session, here, settlement_id)
        try:
            done = releasing.release(session, settlement_id, by=here.caller.name, now=now)
        except CannotSettle as error:
            raise _not_settled(settlement_id, error) from None
        answer = once.keep(session, _shown(session, here, settlement_id), status=200)
    return _telling(answer, background, once.parts, done.invoice_ids)


@router.post(
    "/agency/settlements/{settlement_id}/retry",
    response_model=SettlementWithLines,
    responses=_REFUSABLE,
)
def retry_settlement(
    settlement_id: PathId,
    here: Annotated[Here, callers.in_company(Action.BOOK_PAYMENTS)],
    once: TheOnce,
    background: BackgroundTasks,
) -> Response:
    """Try a settlement again that waits for a person."""
    with once.transaction() as session:
        _shown(session, here, settlement_id)
        try:
            done = releasing.again(session, settlement_id, now=once.parts.business_now())
        except CannotSettle as error:
            raise _not_settled(settlement_id, error) from None
        answer = once.keep(session, _shown(session, here, settlement_id), status=200)
    return _telling(answer, background, once.parts, done.invoice_ids)


@router.post(
    "/agency/settlements/{settlement_id}/set-aside",
    response_model=SettlementWithLines,
    responses=_REFUSABLE,
)
def set_settlement_aside(
    settlement_id: PathId,
    body: SettingSettlementAside,
    here: Annotated[Here, callers.in_company(Action.BOOK_PAYMENTS)],
    once: TheOnce,
) -> Response:
    """A settlement's money was seen to by hand."""
    with once.transaction() as session:
        _shown(session, here, settlement_id)
        try:
            releasing.set_aside(session, settlement_id, body.reason, by=here.caller.name)
        except CannotSettle as error:
            raise _not_settled(settlement_id, error) from None
        return once.keep(session, _shown(session, here, settlement_id), status=200)


def _shown(session: Session, here: Here, settlement_id: int) -> SettlementWithLines:
    found = settlements.show(session, settlement_id, scope=here.scope)
    if found is None:
        raise problems.not_found(f"settlement {settlement_id}")
    return SettlementWithLines.shown(found)


def _not_settled(settlement_id: int, error: Exception) -> Problem:
    return Problem(
        Kind.CONFLICT,
        str(error),
        record=f"settlement {settlement_id}",
        remedy="GET the settlement: its status and its lines say what can be done",
    )


# ── whose a payment is ───────────────────────────────────────────────────────────────────────


@router.post("/payments/{payment_id}/settlement", response_model=PaymentOut, responses=_REFUSABLE)
def tick_payment(
    payment_id: PathId,
    body: TickIn,
    here: Annotated[Here, callers.in_company(Action.BOOK_PAYMENTS)],
    once: TheOnce,
    background: BackgroundTasks,
) -> Response:
    """Say that a bank's transaction is the agency's settlement, or that it is not. The agency is
    told of a direct payment, or that one was none."""
    now = once.parts.business_now()
    with once.transaction() as session:
        seen_payment(session, here, payment_id)
        try:
            done = ticking.of_payment(
                session, payment_id, settlement=body.settlement, by=here.caller.name, now=now
            )
        except NotTickable as error:
            raise _not_ticked(f"payment {payment_id}", error) from None
        session.flush()
        answer = once.keep(session, payment_shown(session, here, payment_id), status=200)
    return _telling(answer, background, once.parts, done.changed)


@router.post(
    "/invoices/{invoice_id}/payments/settlement", response_model=Ticking, responses=_REFUSABLE
)
def tick_entry(
    invoice_id: PathId,
    body: EntryTickIn,
    here: Annotated[Here, callers.in_company(Action.BOOK_PAYMENTS)],
    once: TheOnce,
    background: BackgroundTasks,
) -> Response:
    """The same of a payment that was entered by hand."""
    now = once.parts.business_now()
    with once.transaction() as session:
        row = the_invoice(session, here, invoice_id)
        try:
            done: Ticked = ticking.of_entry(
                session,
                row.id,
                body.entry,
                settlement=body.settlement,
                by=here.caller.name,
                now=now,
            )
        except NotTickable as error:
            raise _not_ticked(f"invoice {row.number}", error) from None
        said = Ticking(changed=bool(done.changed), agency_told=bool(done.told))
        answer = once.keep(session, said, status=200)
    return _telling(answer, background, once.parts, done.changed)


def _not_ticked(record: str, error: Exception) -> Problem:
    return Problem(
        Kind.CONFLICT,
        str(error),
        record=record,
        remedy="GET the payment or the invoice: its shares and its past say whose money it is",
    )


def _telling(
    answer: Response, background: BackgroundTasks, parts: Parts, invoice_ids: tuple[int, ...]
) -> Response:
    background.add_task(_tell, parts, invoice_ids)
    answer.background = background
    return answer


async def _tell(parts: Parts, invoice_ids: tuple[int, ...]) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    if invoice_ids:
        only = list(invoice_ids)
        await drain(parts.client, parts.database, parts.clock, only=only, news=News.PAYMENT)
