"""What is on approval: letters drafted, to do and sent, hand-overs to do; approving, refusing."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from activities.desk import House
from domain.agency import AgencyService
from domain.roles import Action
from domain.stage import Awaiting, Stage
from domain.states import LetterKind
from starter import access
from starter import approvals as service
from starter.api.v1 import callers, problems
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import MOST_ROWS, Body, Day, Line, MaybeLine, PathId
from starter.api.v1.idempotency import Once, TheOnce
from starter.api.v1.invoices import the_invoice
from starter.api.v1.letters import PDF
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import Kind, documented
from starter.approvals import OnApproval
from starter.drafting import draft
from store import approvals
from store.approvals import Found

router = APIRouter(prefix="/companies/{business_id}", tags=["Letters"])


class ForApproval(BaseModel):
    """A letter or a hand-over on approval."""

    invoice_id: int
    number: str
    customer_id: int
    customer_key: str
    customer_name: str
    due: date = Field(description="Of the invoice.")
    open_cents: int = Field(description="Of the invoice, when its procedure last looked.")
    kind: Awaiting
    stage: Stage
    service: AgencyService | None = Field(description="Of a hand-over: where it goes.")
    letter: LetterKind | None = Field(
        description="Of a letter; null: it cannot be known now, and `why` says why."
    )
    fee_cents: int = Field(description="What the debtor is charged for it.")
    at: AwareDatetime | None = Field(
        description="When a draft's time comes, or when the letter was approved."
    )
    why: str
    letter_id: int | None = Field(description="Of one that was approved.")
    approved_by: str
    status: str = Field(description="Of one that was approved: released, sending or sent.")

    @classmethod
    def of(cls, one: OnApproval) -> Self:
        about = one.about
        return cls(
            invoice_id=about.invoice_id,
            number=about.number,
            customer_id=about.customer_id,
            customer_key=about.customer_key,
            customer_name=about.customer_name,
            due=about.due,
            open_cents=about.open_cents,
            kind=one.kind,
            stage=one.stage,
            service=one.service,
            letter=one.letter,
            fee_cents=one.fee_cents,
            at=one.at,
            why=one.why,
            letter_id=one.letter_id,
            approved_by=one.approved_by,
            status=one.status,
        )


class Stages(BaseModel):
    """How much is at which stage."""

    model_config = ConfigDict(title="ApprovalStages")

    drafted: int = Field(description="Letters whose time has not come.")
    to_do: int = Field(description="Letters and hand-overs that wait for somebody.")
    hand_overs: int = Field(description="Of those to do, the hand-overs.")
    sent: int = Field(description="Letters approved, and on their way or gone.")


class Which(Body):
    """What is meant: what waits of these invoices, or all that waits for somebody."""

    invoices: (
        Annotated[
            list[Annotated[StrictInt, Field(ge=1, le=MOST_ROWS)]],
            Field(min_length=1, max_length=service.MOST),
        ]
        | None
    ) = Field(default=None, description="Their ids.")
    everything: StrictBool = Field(
        default=False, description=f"All of them, {service.MOST} at a time."
    )
    kind: Awaiting | None = Field(default=None, description="Letters, or hand-overs, alone.")


class ApproveIn(Which):
    """What is approved."""

    model_config = ConfigDict(
        title="Approval", json_schema_extra={"examples": [{"invoices": [4711, 4712]}]}
    )

    reason: MaybeLine = ""


class RefuseIn(Which):
    """What is refused. Each invoice is held until it is released, or through `until`."""

    model_config = ConfigDict(
        title="ApprovalRefusal",
        json_schema_extra={
            "examples": [{"invoices": [4711], "reason": "We have agreed on it by phone."}]
        },
    )

    reason: Line
    until: Day | None = Field(default=None, description="Then it waits for approval again.")


class NotDone(BaseModel):
    """Of one that was not approved, or not refused: why."""

    model_config = ConfigDict(title="ApprovalNotDone")

    invoice_id: int
    number: str
    kind: Awaiting | None = Field(description="Null: nothing of the invoice's waits.")
    why: str


class ApprovedOut(BaseModel):
    """What became of it. `left`: what waits still."""

    model_config = ConfigDict(title="Approvals")

    approved: int
    refused: list[NotDone]
    left: int


class RefusedOut(BaseModel):
    """What became of it. `held`: invoices. `left`: what waits still."""

    model_config = ConfigDict(title="ApprovalRefusals")

    held: int
    not_done: list[NotDone]
    left: int


@router.get("/approvals")
def list_on_approval(
    here: Annotated[Here, callers.in_company(Action.READ_LETTERS)],
    parts: TheParts,
    paging: ThePaging,
    stage: Annotated[Stage, Query()] = Stage.TO_DO,
    kind: Annotated[
        Awaiting | None, Query(description="Letters, or hand-overs (which are to do), alone.")
    ] = None,
) -> Page[ForApproval]:
    """What is on approval at one stage: letters drafted, and letters and hand-overs to do, by due
    date; letters sent, the newest first."""
    listing = f"approvals {stage.value} {kind.value if kind else ''}"
    with parts.database.transaction() as session:
        if stage is Stage.SENT:
            before = paging.after_id(listing)
            gone = (
                []
                if kind is Awaiting.HAND_OVER
                else service.sent(session, here.scope, before=before, limit=paging.fetched)
            )
            return paging.page(listing, gone, lambda row: (row.letter_id or 0,), ForApproval.of)
        rows = service.planned(
            session,
            here.scope,
            stage,
            parts.business_now(),
            kind=kind,
            after=paging.after_day(listing),
            limit=paging.fetched,
        )
    return paging.page(
        listing, rows, lambda row: (row.about.due.toordinal(), row.about.invoice_id), ForApproval.of
    )


@router.get("/approvals/summary")
def count_on_approval(
    here: Annotated[Here, callers.in_company(Action.READ_LETTERS)], parts: TheParts
) -> Stages:
    """How much is on approval at each stage."""
    with parts.database.transaction() as session:
        found = approvals.stages_seen(session, here.scope)
    return Stages.model_validate(found, from_attributes=True)


@router.post("/approvals", response_model=ApprovedOut)
async def approve(
    body: ApproveIn,
    here: Annotated[Here, callers.in_company(Action.APPROVE_LETTERS)],
    once: TheOnce,
) -> Response:
    """Approve letters and hand-overs, many at once: each leaves now, if the law lets it. Handing
    over takes somebody who may."""
    found, others = await run_in_threadpool(_found, here, body, once)
    if any(one.letter is None for one in found):
        access.enter(here.caller, here.place, Action.HAND_OVER)
    async with once.reaching_out():
        asked = await service.approve(
            once.parts.client,
            here.place.business_id,
            found,
            actor=here.caller.name,
            reason=body.reason,
            key=once.key,
        )
    refused = _not_done(asked)
    left = await run_in_threadpool(_left, here, once)
    return await once.settle(
        ApprovedOut(approved=len(asked) - len(refused), refused=[*others, *refused], left=left)
    )


@router.post("/approvals/refuse", response_model=RefusedOut)
async def refuse(
    body: RefuseIn,
    here: Annotated[Here, callers.in_company(Action.APPROVE_LETTERS)],
    once: TheOnce,
) -> Response:
    """Refuse letters and hand-overs, many at once: each invoice is held, with the reason."""
    found, others = await run_in_threadpool(_found, here, body, once)
    async with once.reaching_out():
        asked = await service.refuse(
            once.parts.client,
            here.place.business_id,
            found,
            actor=here.caller.name,
            reason=body.reason,
            until=body.until,
            key=once.key,
        )
    refused = _not_done(asked)
    left = await run_in_threadpool(_left, here, once)
    return await once.settle(
        RefusedOut(held=len(asked) - len(refused), not_done=[*others, *refused], left=left)
    )


@router.get(
    "/invoices/{invoice_id}/draft",
    response_class=Response,
    responses={
        200: {
            "description": "The letter.",
            "content": {PDF: {"schema": {"type": "string", "format": "binary"}}},
        },
        **documented(Kind.CONFLICT),
    },
)
def read_draft(
    invoice_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_LETTERS)],
    parts: TheParts,
) -> Response:
    """The invoice's next letter as it would be, as a PDF. Nothing is sent."""
    with parts.database.transaction() as session:
        the_invoice(session, here, invoice_id)
    house = House(parts.clock, day_count=parts.day_count)
    letter = draft(parts.database, house, invoice_id, parts.business_now())
    return Response(
        letter.pdf(),
        media_type=PDF,
        headers={"Content-Disposition": f'inline; filename="draft-{letter.kind.value}.pdf"'},
    )


def _found(here: Here, body: Which, once: Once) -> tuple[list[Found], list[NotDone]]:
    """What waits, and of the invoices that were named those of which nothing does.

    Raises the problem 422 if it is not said which, and 404 for an invoice that is not there.
    """
    if (body.invoices is None) is not body.everything:
        raise problems.invalid(
            "say which invoices, or that it is everything, and not both",
            "body.invoices",
            "give the invoices' ids, or `everything: true` alone",
        )
    with once.parts.database.transaction() as session:
        found = approvals.to_do_of(
            session, here.scope, ids=body.invoices, kind=body.kind, limit=service.MOST
        )
        there = {one.invoice_id for one in found}
        others = [
            _nothing(session, here, invoice_id, body.kind)
            for invoice_id in dict.fromkeys(body.invoices or ())
            if invoice_id not in there
        ]
    return found, others


def _nothing(session: Session, here: Here, invoice_id: int, kind: Awaiting | None) -> NotDone:
    row = the_invoice(session, here, invoice_id)
    what = {Awaiting.LETTER: "no letter", Awaiting.HAND_OVER: "no hand-over"}
    return NotDone(
        invoice_id=row.id,
        number=row.number,
        kind=None,
        why=f"{what[kind] if kind else 'nothing'} of it waits for approval; it is {row.state},"
        f" and what comes next: {row.next_step_why or 'nothing'}",
    )


def _not_done(asked: Sequence[service.Asked]) -> list[NotDone]:
    return [
        NotDone(invoice_id=one.invoice_id, number=one.number, kind=one.kind, why=one.refused)
        for one in asked
        if one.refused
    ]


def _left(here: Here, once: Once) -> int:
    with once.parts.database.transaction() as session:
        return approvals.stages_seen(session, here.scope).to_do
