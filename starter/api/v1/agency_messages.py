"""What is said to and by the collection agencies; messages sent again; credit losses proposed."""

from typing import Annotated, Literal, Self

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.background import BackgroundTask

from activities.desk import House
from activities.starting import News, drain
from domain.agency import CollectionStatus
from domain.roles import Action
from starter import agency_messages as service
from starter.api.parts import Parts
from starter.api.v1 import callers
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import PathId
from starter.api.v1.idempotency import TheOnce
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import Kind, documented
from store import agency_line, hearing
from store.agency_line import Proposal, Said
from store.tables import UnheardOf

router = APIRouter(
    prefix="/companies/{business_id}/agency",
    tags=["Agency"],
    responses=documented(Kind.NOT_FOUND),
)

Status = Literal[
    "waiting", "sent", "acknowledged", "refused", "given_up", "void", "received", "folded"
]


class Message(BaseModel):
    """A message to an agency, or from it."""

    model_config = ConfigDict(title="AgencyLineMessage")

    id: int
    at: AwareDatetime
    agency: str = Field(examples=["intrum"])
    invoice_id: int
    number: str = Field(description="The invoice's.")
    case_reference: str
    direction: Literal["out", "in"]
    kind: str = Field(examples=["direct_payment"])
    status: Status = Field(
        description="Of one to the agency: `waiting` in line; `sent`, and without an answer yet;"
        " `acknowledged`; `refused`; `given_up` after days of trying; `void`: there is nobody to"
        " tell. Of one from it: `received`, and `folded` once the procedure has looked at it."
    )
    attempts: int
    error: str = Field(description="Why it was refused or not taken, in the agency's words.")
    said: str = Field(description="Of a status message, the agency's own word.")

    @classmethod
    def of(cls, said: Said) -> Self:
        row = said.message
        return cls.model_validate(
            {
                **row.model_dump(include=set(cls.model_fields)),
                "agency": said.agency,
                "invoice_id": said.invoice_id,
                "number": said.number,
                "case_reference": said.case_reference,
                "said": str(row.body.get("status", "")) if row.direction == "in" else "",
            }
        )


class CreditLossProposal(BaseModel):
    """An invoice that the agency has given up. Accept it with the state `written_off`, or decline
    it with `withdraw`."""

    invoice_id: int
    number: str
    customer_key: str
    customer_name: str
    collection_status: CollectionStatus
    agencys_words: str = Field(examples=["LOPETETTU - ASIAKAS VARATON"])
    open_cents: int
    reported_at: AwareDatetime | None

    @classmethod
    def of(cls, row: Proposal) -> Self:
        status = CollectionStatus(row.collection_status)
        return cls(
            invoice_id=row.invoice_id,
            number=row.number,
            customer_key=row.customer_key,
            customer_name=row.customer_name,
            collection_status=status,
            agencys_words=status.finnish,
            open_cents=row.open_cents,
            reported_at=row.reported_at,
        )


class UnknownCase(BaseModel):
    """What an agency reports of a case that is not ours, although its reference names the company:
    ask the agency whose it is."""

    id: int
    at: AwareDatetime = Field(description="When it was read.")
    agency: str = Field(examples=["intrum"])
    message_id: str = Field(description="The agency's own.")
    case_reference: str = Field(examples=["1234567-1/1042"])
    agency_case_id: str = Field(examples=["INT-000042"])
    said: str = Field(description="The agency's own word.", examples=["ULOSOTTO"])

    @classmethod
    def of(cls, row: UnheardOf) -> Self:
        return cls(
            id=row.id,
            at=row.at,
            agency=row.agency,
            message_id=row.key,
            case_reference=row.case_reference,
            agency_case_id=str(row.body.get("agency_case_id", "")),
            said=str(row.body.get("status", "")),
        )


@router.get("/messages")
def list_agency_messages(
    here: Annotated[Here, callers.in_company(Action.READ_AGENCY)],
    parts: TheParts,
    paging: ThePaging,
    status: Annotated[Status | None, Query()] = None,
    direction: Annotated[Literal["out", "in"] | None, Query()] = None,
) -> Page[Message]:
    """What was said to the agencies and by them: the newest first."""
    listing = f"agency messages {status} {direction}"
    with parts.database.transaction() as session:
        rows = agency_line.messages(
            session,
            here.scope,
            status=status,
            direction=direction,
            before=paging.after_id(listing),
            limit=paging.fetched,
        )
    return paging.page(listing, rows, lambda one: (one.message.id,), Message.of)


@router.post(
    "/messages/{message_id}/resend",
    response_model=Message,
    responses=documented(Kind.CONFLICT, Kind.UNDER_WAY),
)
def resend_agency_message(
    message_id: PathId,
    here: Annotated[Here, callers.in_company(Action.TELL_AGENCY)],
    once: TheOnce,
) -> Response:
    """Send a message that was refused or given up again, under its own key."""
    parts = once.parts
    with once.transaction() as session:
        said = service.resend(
            session,
            here.scope,
            here.place,
            message_id,
            house=House(parts.clock, day_count=parts.day_count),
            actor=here.caller.name,
            business_now=parts.business_now(),
            real_now=parts.real_now(),
        )
        answer = once.keep(session, Message.of(said), status=200)
    answer.background = BackgroundTask(_tell, parts, said.invoice_id)
    return answer


@router.get("/proposals")
def list_credit_loss_proposals(
    here: Annotated[Here, callers.in_company(Action.READ_AGENCY)],
    parts: TheParts,
    paging: ThePaging,
) -> Page[CreditLossProposal]:
    """Credit losses proposed (luottotappioehdotukset): the agency has ended these cases without
    payment."""
    with parts.database.transaction() as session:
        rows = agency_line.proposals(
            session,
            here.scope,
            after=paging.after_id("credit loss proposals") or 0,
            limit=paging.fetched,
        )
    return paging.page(
        "credit loss proposals", rows, lambda row: (row.invoice_id,), CreditLossProposal.of
    )


@router.get("/unheard-of")
def list_reports_on_unknown_cases(
    here: Annotated[Here, callers.in_company(Action.READ_AGENCY)],
    parts: TheParts,
    paging: ThePaging,
) -> Page[UnknownCase]:
    """What the agencies have reported of cases that are not ours: the newest first."""
    with parts.database.transaction() as session:
        rows = hearing.unheard_of(
            session,
            scope=here.scope,
            before=paging.after_id("reports on unknown cases"),
            limit=paging.fetched,
        )
    return paging.page("reports on unknown cases", rows, lambda row: (row.id,), UnknownCase.of)


async def _tell(parts: Parts, invoice_id: int) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    news = News.AGENCY_STATUS
    await drain(parts.client, parts.database, parts.clock, only=[invoice_id], news=news)
