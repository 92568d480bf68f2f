"""The automation: what it would do and cost, its switch, and the invoices that are told."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool

from domain.roles import Action
from domain.states import Channel
from starter import automation as service
from starter import replanning as moving
from starter.api.parts import Parts
from starter.api.v1 import callers, problems
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import Body, PathId
from starter.api.v1.idempotency import Once, TheOnce
from starter.api.v1.outlooks import ReplanningOut, WhatIfOut
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import Kind, documented
from starter.replanning import Replannings
from store import replanning
from store.tables import Company, Replanning

router = APIRouter(prefix="/companies/{business_id}", tags=["Automation"])


class RulePreview(BaseModel):
    """A rule and who is in it."""

    name: str
    version: int
    general_for: str
    customers: int
    by_hand: int = Field(description="Of them, those that a person has put there.")
    why: str = Field(description="Why the others are there.")


class Prevented(BaseModel):
    """A customer under no rule (automaatio estetty)."""

    customer_id: int
    key: str
    name: str
    why: str


class CostOut(BaseModel):
    """What the company pays for a letter, in cents without VAT."""

    model_config = ConfigDict(title="Cost")

    service_cents: int
    transaction_cents: dict[Channel, int] = Field(description="On top: the channel's own price.")
    expected_cents: int = Field(description="For all letters of the next 60 days.")


class PreviewOut(BaseModel):
    """What the automation does or would do: who falls where, what leaves, and what it costs."""

    model_config = ConfigDict(title="AutomationPreview")

    on: bool
    set_at: AwareDatetime | None
    set_by: str
    today: date
    rules: list[RulePreview]
    prevented: int
    first_prevented: list[Prevented]
    outlook: WhatIfOut = Field(description="With the automation off (before) and on (after).")
    cost: CostOut


class SwitchOn(Body):
    """The confirmation of what it costs."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"confirmed_cost": True}]})

    confirmed_cost: StrictBool = Field(description="The preview's cost has been seen.")


class Switched(BaseModel):
    """Where the switch is. `replanning`: the invoices that are told; null: it was so already."""

    on: bool
    replanning: ReplanningOut | None


@router.get("/automation")
def preview_automation(
    here: Annotated[Here, callers.in_company(Action.PREVIEW)], parts: TheParts
) -> PreviewOut:
    """What the automation would do from now on, and what it would cost."""
    with parts.database.transaction() as session:
        seen = service.preview(session, session.get_one(Company, here.company_id), parts.clock)
    return PreviewOut(
        on=seen.on,
        set_at=seen.set_at,
        set_by=seen.set_by,
        today=seen.today,
        rules=[
            RulePreview(
                name=one.rule.name,
                version=one.rule.version,
                general_for=one.general_for,
                customers=one.customers,
                by_hand=one.by_hand,
                why=one.why,
            )
            for one in seen.rules
        ],
        prevented=seen.prevented,
        first_prevented=[
            Prevented.model_validate(one, from_attributes=True) for one in seen.first_prevented
        ],
        outlook=WhatIfOut.of(seen.outlook, automation=seen.on),
        cost=CostOut(
            service_cents=seen.cost.service_cents,
            transaction_cents=dict(seen.cost.transaction_cents),
            expected_cents=seen.cost.expected_cents,
        ),
    )


@router.post("/automation/on", response_model=Switched, responses=documented(Kind.CONFLICT))
def switch_automation_on(
    body: SwitchOn,
    here: Annotated[Here, callers.in_company(Action.ACTIVATE)],
    once: TheOnce,
    background: BackgroundTasks,
) -> Response:
    """Switch the automation on: letters and hand-overs leave by themselves."""
    return _switch(here, once, background, on=True, confirmed_cost=body.confirmed_cost)


@router.post("/automation/off", response_model=Switched)
def switch_automation_off(
    here: Annotated[Here, callers.in_company(Action.ACTIVATE)],
    once: TheOnce,
    background: BackgroundTasks,
) -> Response:
    """Switch the automation off, at once. Everything can still be done by hand."""
    return _switch(here, once, background, on=False)


def _switch(
    here: Here, once: Once, background: BackgroundTasks, *, on: bool, confirmed_cost: bool = False
) -> Response:
    by, clock = here.caller.name, once.parts.clock
    with once.transaction() as session:
        company = session.get_one(Company, here.company_id)
        if on:
            row = service.switch_on(
                session, company, by=by, clock=clock, confirmed_cost=confirmed_cost
            )
        else:
            row = service.switch_off(session, company, by=by, clock=clock)
        said = Switched(on=on, replanning=ReplanningOut.of(row) if row else None)
        answer = once.keep(session, said, status=200)
    background.add_task(start, once.parts, row)
    answer.background = background
    return answer


async def start(parts: Parts, row: Replanning | None) -> None:
    """Start one that is committed; what Temporal does not take now, the rounds bring on."""
    await Replannings(parts.database, parts.client).start(row)


@router.get("/replannings")
def list_replannings(
    here: Annotated[Here, callers.in_company(Action.READ_RULES)],
    parts: TheParts,
    paging: ThePaging,
) -> Page[ReplanningOut]:
    """Changes that running invoices were told of, the newest first."""
    with parts.database.transaction() as session:
        rows = replanning.page(
            session, here.scope, before=paging.after_id("replannings"), limit=paging.fetched
        )
    return paging.page("replannings", rows, lambda row: (row.id,), ReplanningOut.of)


@router.get("/replannings/{replanning_id}")
def show_replanning(
    replanning_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_RULES)],
    parts: TheParts,
) -> ReplanningOut:
    """How far a change has got."""
    with parts.database.transaction() as session:
        row = replanning.seen(session, here.scope, replanning_id)
    if row is None:
        raise problems.not_found(f"replanning {replanning_id}")
    return ReplanningOut.of(row)


@router.post(
    "/replannings/{replanning_id}/cancel",
    response_model=ReplanningOut,
    responses=documented(Kind.CONFLICT),
)
def cancel_replanning(
    replanning_id: PathId,
    here: Annotated[Here, callers.in_company(Action.MOVE_INVOICES)],
    once: TheOnce,
) -> Response:
    """Stop between two batches: what is moved stays moved, the others keep their rule."""
    with once.transaction() as session:
        if replanning.seen(session, here.scope, replanning_id) is None:
            raise problems.not_found(f"replanning {replanning_id}")
        row = moving.cancel(session, replanning_id, here.company_id)
        session.flush()
        return once.keep(session, ReplanningOut.of(row), status=200)
