"""Letters on approval: which are drafted, to do and sent, a draft to be read, and approving."""

from datetime import date
from typing import Annotated, Self

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from activities.desk import House
from domain.roles import Action
from domain.stage import Stage
from domain.states import LetterKind
from starter import approvals as service
from starter.api.v1 import callers, problems
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import MOST_ROWS, Body, MaybeLine, PathId
from starter.api.v1.idempotency import Once, TheOnce
from starter.api.v1.invoices import the_invoice
from starter.api.v1.letters import PDF
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import Kind, documented
from starter.drafting import draft
from store import approvals
from store.approvals import Found

router = APIRouter(prefix="/companies/{business_id}", tags=["Letters"])


class ForApproval(BaseModel):
    """A letter on approval."""

    invoice_id: int
    number: str
    customer_id: int
    customer_key: str
    customer_name: str
    due: date = Field(description="Of the invoice.")
    open_cents: int = Field(description="Of the invoice, when its procedure last looked.")
    stage: Stage
    letter: LetterKind | None = Field(description="Null: it cannot be known now; `why` says why.")
    fee_cents: int = Field(description="What the debtor is charged for it.")
    at: AwareDatetime | None = Field(
        description="When a draft's time comes, or when the letter was approved."
    )
    why: str
    letter_id: int | None = Field(description="Of one that was approved.")
    approved_by: str
    status: str = Field(description="Of one that was approved: released, sending or sent.")

    @classmethod
    def of(cls, letter: service.Letter) -> Self:
        about = letter.about
        return cls(
            invoice_id=about.invoice_id,
            number=about.number,
            customer_id=about.customer_id,
            customer_key=about.customer_key,
            customer_name=about.customer_name,
            due=about.due,
            open_cents=about.open_cents,
            stage=letter.stage,
            letter=letter.letter,
            fee_cents=letter.fee_cents,
            at=letter.at,
            why=letter.why,
            letter_id=letter.letter_id,
            approved_by=letter.approved_by,
            status=letter.status,
        )


class Stages(BaseModel):
    """How many letters are at which stage."""

    model_config = ConfigDict(title="ApprovalStages")

    drafted: int = Field(description="Their time has not come.")
    to_do: int = Field(description="They wait for somebody.")
    sent: int = Field(description="Approved, and on their way or gone.")


class ApproveIn(Body):
    """Which letters are approved: those of these invoices, or all that wait for somebody."""

    model_config = ConfigDict(
        title="Approval", json_schema_extra={"examples": [{"invoices": [4711, 4712]}]}
    )

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
    reason: MaybeLine = ""


class NotApproved(BaseModel):
    """A letter that does not leave, and why."""

    invoice_id: int
    number: str
    why: str


class ApprovedOut(BaseModel):
    """What became of it. `left`: letters that wait still."""

    model_config = ConfigDict(title="Approvals")

    approved: int
    refused: list[NotApproved]
    left: int


@router.get("/approvals")
def list_letters_on_approval(
    here: Annotated[Here, callers.in_company(Action.READ_LETTERS)],
    parts: TheParts,
    paging: ThePaging,
    stage: Annotated[Stage, Query()] = Stage.TO_DO,
) -> Page[ForApproval]:
    """Letters on approval at one stage: drafts and those to do by due date, then those sent, the
    newest first."""
    listing = f"approvals {stage.value}"
    with parts.database.transaction() as session:
        if stage is Stage.SENT:
            gone = service.sent(
                session, here.scope, before=paging.after_id(listing), limit=paging.fetched
            )
            return paging.page(listing, gone, lambda row: (row.letter_id or 0,), ForApproval.of)
        rows = service.planned(
            session,
            here.scope,
            stage,
            parts.business_now(),
            after=paging.after_day(listing),
            limit=paging.fetched,
        )
    return paging.page(
        listing, rows, lambda row: (row.about.due.toordinal(), row.about.invoice_id), ForApproval.of
    )


@router.get("/approvals/summary")
def count_letters_on_approval(
    here: Annotated[Here, callers.in_company(Action.READ_LETTERS)], parts: TheParts
) -> Stages:
    """How many letters on approval there are at each stage."""
    with parts.database.transaction() as session:
        found = approvals.stages_seen(session, here.scope)
    return Stages.model_validate(found, from_attributes=True)


@router.post("/approvals", response_model=ApprovedOut)
async def approve_letters(
    body: ApproveIn,
    here: Annotated[Here, callers.in_company(Action.APPROVE_LETTERS)],
    once: TheOnce,
) -> Response:
    """Approve letters, many at once: each leaves now, if the law lets it."""
    if (body.invoices is None) is not body.everything:
        raise problems.invalid(
            "say which letters, or that it is everything, and not both",
            "body.invoices",
            "give the invoices' ids, or `everything: true` alone",
        )
    found, others = await run_in_threadpool(_found, here, body, once)
    async with once.reaching_out():
        asked = await service.approve(
            once.parts.client,
            here.place.business_id,
            found,
            actor=here.caller.name,
            reason=body.reason,
            key=once.key,
        )
    refused = [
        NotApproved(invoice_id=one.invoice_id, number=one.number, why=one.refused)
        for one in asked
        if one.refused
    ]
    left = await run_in_threadpool(_left, here, once)
    return await once.settle(
        ApprovedOut(approved=len(asked) - len(refused), refused=[*others, *refused], left=left)
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


def _found(here: Here, body: ApproveIn, once: Once) -> tuple[list[Found], list[NotApproved]]:
    """The letters, and of the invoices that were named those that have none to approve.

    Raises the problem 404 for an invoice that is not there.
    """
    with once.parts.database.transaction() as session:
        found = approvals.to_do_of(session, here.scope, ids=body.invoices, limit=service.MOST)
        there = {one.invoice_id for one in found}
        others = [
            _nothing(session, here, invoice_id)
            for invoice_id in dict.fromkeys(body.invoices or ())
            if invoice_id not in there
        ]
    return found, others


def _nothing(session: Session, here: Here, invoice_id: int) -> NotApproved:
    row = the_invoice(session, here, invoice_id)
    return NotApproved(
        invoice_id=row.id, number=row.number, why="none of its letters waits for approval"
    )


def _left(here: Here, once: Once) -> int:
    with once.parts.database.transaction() as session:
        return approvals.stages_seen(session, here.scope).to_do
