"""The event log: of a company, of a rule, of an invoice; and as a file."""

import hashlib
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from domain.actor_kinds import ActorKind
from domain.event_facts import KINDS
from domain.roles import Action
from domain.states import InvoiceState
from starter import events as service
from starter.api.v1 import callers
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import MOST_ROWS, PathId
from starter.api.v1.invoices import the_invoice
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import Kind, documented
from store import event_feed, event_log
from store.event_log import LoggedEvent, Wanted

router = APIRouter(
    prefix="/companies/{business_id}", tags=["Events"], responses=documented(Kind.NOT_FOUND)
)

EventKind = Annotated[
    Literal[KINDS],  # type: ignore[valid-type] # made of the outcomes, which are many
    WithJsonSchema({"type": "string", "enum": list(KINDS), "examples": ["letter_released"]}),
]
"""A kind of event."""

Named = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Letter(BaseModel):
    """The letter that an event is about. `status`: how it is now."""

    id: int
    kind: str = Field(examples=["reminder"])
    round: int
    channel: str
    status: str


class RuleVersion(BaseModel):
    """The version of a rule that the invoice ran under."""

    id: int
    name: str
    version: int


class EventOut(BaseModel):
    """Something that happened to an invoice."""

    model_config = ConfigDict(title="Event")

    id: int
    serial: int = Field(description="1, 2, ... within the invoice's own history.")
    at: AwareDatetime
    kind: str = Field(examples=["letter_released"])
    what: str = Field(description="In words.")
    actor: str
    actor_kind: ActorKind
    reason: str
    invoice: str
    customer: str = Field(description="What your books know the customer by.")
    state: InvoiceState | None = Field(description="That it put the invoice in, if it did.")
    rule: RuleVersion | None
    letter: Letter | None
    facts: dict[str, Any] = Field(description="Amounts (`..._cents`), states, kinds, days, ids.")


class CsvFile(StreamingResponse):
    """A file of lines."""

    media_type = "text/csv; charset=utf-8"


def the_wanted(
    rule: Annotated[int | None, Query(ge=1, le=MOST_ROWS, description="A rule's id.")] = None,
    invoice: Annotated[Named | None, Query(description="An invoice's number.")] = None,
    customer: Annotated[
        Named | None, Query(description="What your books know the customer by.")
    ] = None,
    kind: Annotated[
        list[EventKind] | None, Query(max_length=len(KINDS), description="More than one: any.")
    ] = None,
    actor: Annotated[ActorKind | None, Query()] = None,
    since: Annotated[AwareDatetime | None, Query(description="Not before that.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before that.")] = None,
) -> Wanted:
    """The filters, as a dependency."""
    return Wanted(rule, invoice, customer, tuple(kind or ()), actor, since, until)


TheWanted = Annotated[Wanted, Depends(the_wanted)]

Order = Annotated[
    Literal["newest", "oldest"],
    Query(
        description="What comes first. `oldest` leaves nothing out for a reader who goes on from"
        " the last page later: events that were written at the same time come all at once."
    ),
]


@router.get("/events")
def list_events(
    here: Annotated[Here, callers.in_company(Action.READ_EVENTS)],
    parts: TheParts,
    paging: ThePaging,
    wanted: TheWanted,
    order: Order = "newest",
) -> Page[EventOut]:
    """What happened to the company's invoices, and who did it."""
    listing = f"events {order} {hashlib.sha256(repr(wanted).encode()).hexdigest()[:16]}"
    oldest = order == "oldest"
    start = paging.after_id(listing)
    through = event_feed.advance(parts.database) if oldest else None
    with parts.database.transaction() as session:
        rows = event_log.page(
            session,
            here.scope,
            wanted,
            oldest_first=oldest,
            start=start,
            through=through,
            limit=paging.fetched,
        )
    return paging.page(listing, rows, lambda row: (row.id,), event_out)


@router.get(
    "/events.csv",
    response_class=CsvFile,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def export_events(
    here: Annotated[Here, callers.in_company(Action.READ_EVENTS)],
    parts: TheParts,
    wanted: TheWanted,
) -> CsvFile:
    """The same as a file, the oldest first, of any length."""
    return CsvFile(
        service.as_csv(parts.database, here.scope, wanted),
        headers={"Content-Disposition": 'attachment; filename="events.csv"'},
    )


@router.get("/invoices/{invoice_id}/events")
def list_invoice_events(
    invoice_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_EVENTS)],
    parts: TheParts,
    paging: ThePaging,
) -> Page[EventOut]:
    """An invoice's handling history (käsittelyhistoria), from its beginning."""
    listing = f"invoice events {invoice_id}"
    with parts.database.transaction() as session:
        number = the_invoice(session, here, invoice_id).number
        rows = event_log.page(
            session,
            here.scope,
            Wanted(invoice=number),
            oldest_first=True,
            start=paging.after_id(listing),
            limit=paging.fetched,
        )
    return paging.page(listing, rows, lambda row: (row.id,), event_out)


def event_out(row: LoggedEvent) -> EventOut:
    """An event as it is answered."""
    one = service.shown(row)
    rule, letter = None, None
    if row.rule_id is not None and row.rule is not None and row.rule_version is not None:
        rule = RuleVersion(id=row.rule_id, name=row.rule, version=row.rule_version)
    if row.letter is not None:
        letter = Letter.model_validate(row.letter, from_attributes=True)
    return EventOut(
        id=row.id,
        serial=row.serial,
        at=row.at,
        kind=row.kind,
        what=one.what,
        actor=row.actor,
        actor_kind=one.actor_kind,
        reason=row.reason,
        invoice=row.invoice,
        customer=row.customer,
        state=one.state,
        rule=rule,
        letter=letter,
        facts=one.facts,
    )
