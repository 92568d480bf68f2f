"""Mass actions: the same asked of many invoices, shown before it is done, and followed."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, BackgroundTasks, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictInt, model_validator

from activities.desk import House
from domain import bulk as domain
from domain.asking import Asking
from domain.requests import Request
from domain.roles import Action, asking
from domain.sections import Section
from domain.states import FINAL_STATES, HoldKind, InvoiceState
from starter import access
from starter import bulk as service
from starter.api.v1 import callers, problems
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import MOST_ROWS, Body, Day, MaybeLine, PathId
from starter.api.v1.idempotency import TheOnce
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import Kind, documented
from store import bulk
from store.invoice_list import Sought
from store.scope import Scope
from store.tables import BulkAction

router = APIRouter(prefix="/companies/{business_id}/bulk-actions", tags=["Invoices"])

MOST = 10_000
"""Invoices that are chosen by their ids."""

_RUNNING = tuple(state for state in InvoiceState if state not in FINAL_STATES)


class Chosen(Body):
    """Invoices by what they are like: all that fit when it is asked. None of it: all open ones."""

    section: Section | None = None
    search: MaybeLine = Field(
        default="",
        description="What a number begins with, a customer's name, a reference or an amount.",
    )
    due_from: Day | None = None
    due_to: Day | None = None

    def sought(self) -> Sought:
        section = self.section
        return Sought(
            states=(section.state,) if section else _RUNNING,
            service=section.service.value if section and section.service else "",
            words=self.search,
            due_from=self.due_from,
            due_to=self.due_to,
        )


class BulkIn(Body):
    """What is asked, and of which invoices."""

    model_config = ConfigDict(
        title="NewBulkAction",
        json_schema_extra={
            "examples": [
                {"action": "hand_over", "matching": {"section": "notified"}},
                {
                    "action": "hold",
                    "invoices": [4711, 4712],
                    "hold": "promise",
                    "until": "2026-12-18",
                    "reason": "Pays on Friday.",
                },
            ]
        },
    )

    action: Asking
    invoices: (
        Annotated[
            list[Annotated[StrictInt, Field(ge=1, le=MOST_ROWS)]],
            Field(min_length=1, max_length=MOST),
        ]
        | None
    ) = Field(default=None, description="Their ids.")
    matching: Chosen | None = None
    hold: HoldKind | None = Field(
        default=None, description="Of `hold`, its kind; of `release`, this hold alone."
    )
    until: Day | None = Field(default=None, description="Of `hold`, its last day.")
    to: InvoiceState | None = Field(default=None, description="Of `set_state`, the state.")
    reason: MaybeLine = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.invoices is None) is (self.matching is None):
            raise ValueError("give the invoices' ids, or what they are like, and not both")
        if self.action is Asking.SET_STATE and self.to is None:
            raise ValueError("give the state to set the invoices to (`to`)")
        return self

    def sought(self) -> Sought:
        if self.matching is not None:
            return self.matching.sought()
        return Sought(ids=tuple(self.invoices or ()))

    def request(self, actor: str) -> Request:
        return domain.request_for(
            self.action,
            actor=actor,
            reason=self.reason,
            hold=self.hold,
            until=self.until,
            to=self.to,
        )


class BulkOut(BaseModel):
    """A mass action, as far as it has got."""

    model_config = ConfigDict(title="BulkAction")

    id: int
    action: Asking
    reason: str
    status: Literal["waiting", "running", "done", "cancelled"]
    asked_at: AwareDatetime
    asked_by: str
    total: int = Field(description="Invoices that were chosen when it was asked.")
    done: int
    refused: int
    cancel_asked: bool
    ended_at: AwareDatetime | None

    @classmethod
    def of(cls, row: BulkAction) -> Self:
        request = bulk.request_of(row)
        said = row.model_dump(include=set(cls.model_fields))
        return cls(**said, action=domain.asking_of(request), reason=request.reason)


class RefusalReason(BaseModel):
    """Why it would be refused, of how many; `number`: of one of them."""

    reason: str
    invoices: int
    number: str


class PreviewedLetters(BaseModel):
    """Letters that would leave."""

    letter: str = Field(examples=["reminder"])
    channel: str = Field(examples=["email"])
    invoices: int


class BulkPreview(BaseModel):
    """What a mass action would do now. Nothing of it has been done."""

    total: int
    goes: int = Field(description="Of them, those that it would be done for.")
    refused: list[RefusalReason]
    unknown: int = Field(description="Of them, those that were not looked at.")
    letters: list[PreviewedLetters]
    handed_over: dict[str, int] = Field(description="By the agency's service.")
    fee_cents: int = Field(description="What debtors are charged for letters; interest on top.")
    service_cents: int = Field(description="What the company pays for letters, without VAT.")


class RefusedOne(BaseModel):
    """An invoice that it was refused for, and why."""

    invoice_id: int
    number: str
    customer: str
    reason: str


def _scope(here: Here, request: Request) -> Scope:
    """What the caller may ask this of. Raises `NotAllowed`."""
    return access.enter(here.caller, here.place, asking(request))


@router.post("", response_model=BulkOut, status_code=201, responses=documented(Kind.CONFLICT))
def start_bulk_action(
    body: BulkIn,
    here: Annotated[Here, callers.in_company(Action.ACT_ON_MANY)],
    once: TheOnce,
    background: BackgroundTasks,
) -> Response:
    """Ask the same of many invoices. Each one's own procedure grants or refuses it."""
    request = body.request(here.caller.name)
    scope = _scope(here, request)
    with once.transaction() as session:
        row = service.ask(
            session,
            scope,
            here.place,
            body.sought(),
            request,
            by=here.caller.name,
            now=once.parts.business_now(),
            real=once.parts.real_now(),
        )
        answer = once.keep(session, BulkOut.of(row))
    background.add_task(service.start, once.parts.client, row)
    answer.background = background
    return answer


@router.post("/preview", response_model=BulkPreview)
def preview_bulk_action(
    body: BulkIn,
    here: Annotated[Here, callers.in_company(Action.ACT_ON_MANY)],
    once: TheOnce,
) -> Response:
    """What a mass action would do and cost, and why it would be refused. Nothing is done."""
    request = body.request(here.caller.name)
    parts = once.parts
    found = service.preview(
        parts.database,
        House(parts.clock, day_count=parts.day_count),
        _scope(here, request),
        body.sought(),
        request,
        parts.business_now(),
    )
    said = BulkPreview(
        total=found.total,
        goes=found.goes,
        refused=[RefusalReason.model_validate(one, from_attributes=True) for one in found.refused],
        unknown=found.unknown,
        letters=[
            PreviewedLetters(letter=letter, channel=channel, invoices=count)
            for (letter, channel), count in sorted(found.letters.items())
        ],
        handed_over=dict(found.handed_over),
        fee_cents=found.fee_cents,
        service_cents=found.service_cents,
    )
    with once.transaction() as session:
        return once.keep(session, said, status=200)


@router.get("")
def list_bulk_actions(
    here: Annotated[Here, callers.in_company(Action.READ_INVOICES)],
    parts: TheParts,
    paging: ThePaging,
) -> Page[BulkOut]:
    """Mass actions, the newest first; of somebody who sees his or her own invoices alone, those
    that he or she asked for."""
    with parts.database.transaction() as session:
        rows = bulk.page(
            session, here.scope, before=paging.after_id("bulk-actions"), limit=paging.fetched
        )
    return paging.page("bulk-actions", rows, lambda row: (row.id,), BulkOut.of)


@router.get("/{action_id}")
def show_bulk_action(
    action_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_INVOICES)],
    parts: TheParts,
) -> BulkOut:
    """How far a mass action has got."""
    with parts.database.transaction() as session:
        row = bulk.seen(session, here.scope, action_id)
    if row is None:
        raise problems.not_found(f"mass action {action_id}")
    return BulkOut.of(row)


@router.get("/{action_id}/refusals")
def list_refusals(
    action_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_INVOICES)],
    parts: TheParts,
    paging: ThePaging,
) -> Page[RefusedOne]:
    """The invoices that it was refused for, and why."""
    listing = f"refusals {action_id}"
    with parts.database.transaction() as session:
        if bulk.seen(session, here.scope, action_id) is None:
            raise problems.not_found(f"mass action {action_id}")
        rows = bulk.refusals(
            session, action_id, after=paging.after_id(listing) or 0, limit=paging.fetched
        )
    return paging.page(
        listing,
        rows,
        lambda row: (row.invoice_id,),
        lambda row: RefusedOne.model_validate(row, from_attributes=True),
    )


@router.post("/{action_id}/cancel", response_model=BulkOut, responses=documented(Kind.CONFLICT))
def cancel_bulk_action(
    action_id: PathId,
    here: Annotated[Here, callers.in_company(Action.ACT_ON_MANY)],
    once: TheOnce,
) -> Response:
    """Stop between two batches: what is done stays done, nothing is asked of the others."""
    with once.transaction() as session:
        if bulk.seen(session, here.scope, action_id) is None:
            raise problems.not_found(f"mass action {action_id}")
        row = service.cancel(session, here.scope, action_id)
        return once.keep(session, BulkOut.of(row), status=200)
