"""A company's collection agency: its contracts and settings, and handing many invoices over."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, BackgroundTasks, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from activities.starting import News, drain
from domain.agency import AgencyService
from domain.agency.contract import AGENCIES
from domain.roles import Action
from domain.states import InvoiceState
from starter import agency as service
from starter import handing_over
from starter.api.parts import Parts
from starter.api.v1 import callers, etags, problems
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.etags import IfMatch
from starter.api.v1.fields import MOST_ROWS, Body, Day, Line, MaybeLine
from starter.api.v1.idempotency import Once, TheOnce
from starter.api.v1.problems import Kind, documented
from store import hand_overs
from store.hand_overs import Found
from store.tables import AgencyContract, Company

router = APIRouter(prefix="/companies/{business_id}", tags=["Agency"])

_ETAG: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"schema": {"type": "string"}}}}
}


class ContractOut(BaseModel):
    """A contract with an agency (sopimus), and how it is used."""

    model_config = ConfigDict(title="AgencyContract")

    agency: str
    agency_name: str
    contract_number: str
    services: list[AgencyService]
    in_force_from: date
    ended_on: date | None
    from_state: InvoiceState
    automatic: bool
    default_contact: bool
    switched_at: AwareDatetime
    switched_by: str = Field(description="`agency:intrum`: the agency itself.")

    @classmethod
    def of(cls, row: AgencyContract) -> Self:
        return cls(
            agency=row.agency,
            agency_name=AGENCIES.get(row.agency, row.agency),
            contract_number=row.number,
            services=[AgencyService(one) for one in row.services],
            in_force_from=row.in_force_from,
            ended_on=row.ended_on,
            from_state=InvoiceState(row.from_state),
            automatic=row.automatic,
            default_contact=row.default_contact,
            switched_at=row.switched_at,
            switched_by=row.switched_by,
        )


class AgencyOut(BaseModel):
    """The agency that invoices go to, and the company's contracts."""

    model_config = ConfigDict(title="Agency")

    in_effect: str | None = Field(description="Where invoices go today; null: nowhere.")
    waiting: int = Field(description="Invoices that wait for a contract or for other settings.")
    contracts: list[ContractOut]


class ContractIn(Body):
    """A contract and its settings, in place of what there was with the same agency."""

    model_config = ConfigDict(
        title="AgencyContractTerms",
        json_schema_extra={
            "examples": [
                {
                    "agency": "intrum",
                    "contract_number": "S-100",
                    "services": ["reminder", "collection"],
                    "from_state": "overdue",
                }
            ]
        },
    )

    agency: Literal["intrum", "ropo"] = "intrum"
    contract_number: Line
    services: list[AgencyService] = Field(
        min_length=1, max_length=2, description="Reminder and collection, or collection alone."
    )
    in_force_from: Day | None = Field(default=None, description="Null: as it was, or today.")
    ended_on: Day | None = Field(
        default=None, description="From that day on nothing more goes there; null: no end."
    )
    from_state: Literal["overdue", "notified"] = Field(
        default="notified",
        description="From `overdue` on (the reminder service), or from `notified` on (collection).",
    )
    automatic: StrictBool = Field(
        default=True, description="Rules hand over by themselves; false: somebody does, by hand."
    )
    default_contact: StrictBool = Field(
        default=False, description="The customer's default contact goes along."
    )

    def terms(self) -> service.Terms:
        """As the service has it."""
        return service.Terms(
            number=self.contract_number,
            services=self.services,
            agency=self.agency,
            in_force_from=self.in_force_from,
            ended_on=self.ended_on,
            from_state=InvoiceState(self.from_state),
            automatic=self.automatic,
            default_contact=self.default_contact,
        )


class HandOversIn(Body):
    """Which invoices go to the agency: these, or all in a state."""

    model_config = ConfigDict(
        title="HandOvers", json_schema_extra={"examples": [{"invoices": [4711, 4712]}]}
    )

    invoices: (
        Annotated[
            list[Annotated[StrictInt, Field(ge=1, le=MOST_ROWS)]],
            Field(min_length=1, max_length=handing_over.MOST),
        ]
        | None
    ) = Field(default=None, description="Their ids.")
    state: Literal["overdue", "notified"] | None = Field(
        default=None,
        description="All that are `overdue` (to the reminder service) or `notified` (to"
        f" collection), {handing_over.MOST} at a time.",
    )
    after: Annotated[StrictInt, Field(ge=0, le=MOST_ROWS)] = Field(
        default=0, description="Of all in a state: go on after this id, `next_after` of the last."
    )
    reason: MaybeLine = ""


class HandOverAnswer(BaseModel):
    """What became of one invoice."""

    invoice_id: int
    number: str
    accepted: bool
    state: InvoiceState | None = Field(description="Where it is now; null: it was refused.")
    why: str = Field(description="What comes next, or why it was refused.")


class HandOversOut(BaseModel):
    """An answer for each invoice."""

    model_config = ConfigDict(title="HandOverAnswers")

    accepted: int
    answers: list[HandOverAnswer]
    next_after: int | None = Field(description="There are more in the state; null: that was all.")


@router.get("/agency", responses=_ETAG)
def show_agency(
    here: Annotated[Here, callers.in_company(Action.READ_AGENCY)],
    parts: TheParts,
    response: Response,
) -> AgencyOut:
    """The company's contracts with collection agencies. The ETag is what a change sends."""
    with parts.database.transaction() as session:
        return _shown(session, here, parts, response)


@router.put(
    "/agency", responses={**_ETAG, **documented(Kind.CONFLICT, Kind.CHANGED, Kind.UNCONDITIONAL)}
)
def set_agency(
    body: ContractIn,
    here: Annotated[Here, callers.in_company(Action.SET_AGENCY)],
    parts: TheParts,
    response: Response,
    background: BackgroundTasks,
    if_match: IfMatch = None,
) -> AgencyOut:
    """Set the company's contract with an agency. What waited for it goes on by itself."""
    with parts.database.transaction() as session:
        company = session.get_one(Company, here.company_id, with_for_update=True)
        now = service.shown(session, here.company_id, parts.clock)
        etags.demand(if_match, etags.etag(now.version), f"company {here.place.business_id}")
        changed = service.put(
            session, company, body.terms(), by=here.caller.name, clock=parts.clock
        )
        answer = _shown(session, here, parts, response)
    background.add_task(_tell, parts, list(changed.waited))
    return answer


@router.post("/hand-overs", response_model=HandOversOut)
async def hand_invoices_over(
    body: HandOversIn,
    here: Annotated[Here, callers.in_company(Action.HAND_OVER)],
    once: TheOnce,
) -> Response:
    """Hand invoices over to the agency, many at once, with an answer for each."""
    if (body.invoices is None) is (body.state is None):
        raise problems.invalid(
            "say which invoices, or the state of all that are meant, and not both",
            "body.invoices",
            "give the invoices' ids, or `state` alone",
        )
    found = await run_in_threadpool(_found, here, body, once)
    more = len(found) > handing_over.MOST
    found = found[: handing_over.MOST]
    async with once.reaching_out():
        asked = await handing_over.hand_over(
            once.parts.client, found, actor=here.caller.name, reason=body.reason, key=once.key
        )
    answers = [
        HandOverAnswer(
            invoice_id=one.invoice_id,
            number=one.number,
            accepted=not one.refused,
            state=InvoiceState(one.state) if one.state else None,
            why=one.refused or one.why,
        )
        for one in asked
    ]
    return await once.settle(
        HandOversOut(
            accepted=sum(one.accepted for one in answers),
            answers=answers,
            next_after=found[-1].invoice_id if more else None,
        )
    )


def _found(here: Here, body: HandOversIn, once: Once) -> list[Found]:
    """The invoices, one more than are handed over at once if there are more in the state.

    Raises the problem 404 for an invoice that is not there.
    """
    with once.parts.database.transaction() as session:
        found = hand_overs.found(
            session,
            here.scope,
            ids=body.invoices,
            state=InvoiceState(body.state) if body.state else None,
            after=body.after,
            limit=handing_over.MOST + 1,
        )
    there = {one.invoice_id for one in found}
    for invoice_id in body.invoices or ():
        if invoice_id not in there:
            raise problems.not_found(f"invoice {invoice_id}")
    return found


def _shown(session: Session, here: Here, parts: Parts, response: Response) -> AgencyOut:
    found = service.shown(session, here.company_id, parts.clock)
    response.headers["ETag"] = etags.etag(found.version)
    return AgencyOut(
        in_effect=found.in_effect or None,
        waiting=found.waiting,
        contracts=[ContractOut.of(row) for row in found.contracts],
    )


async def _tell(parts: Parts, waited: list[int]) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    await drain(parts.client, parts.database, parts.clock, only=waited, news=News.AGENCY_CONTRACT)
