"""Companies, and the accounting firms that keep their books."""

from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from domain.roles import Action
from starter import companies
from starter import people as service
from starter.access import Caller
from starter.api.v1 import callers, etags
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.etags import IfMatch
from starter.api.v1.fields import Body, BusinessId, Line, MaybeLine
from starter.api.v1.idempotency import TheOnce
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import Kind, documented
from store import people
from store.parties import NewCompany
from store.tables import Company

router = APIRouter(tags=["Companies"])

_ETAG: dict[int | str, dict[str, Any]] = {
    200: {"headers": {"ETag": {"schema": {"type": "string"}}}}
}


class CompanyOut(BaseModel):
    """A company: a creditor (velkoja)."""

    model_config = ConfigDict(title="Company")

    business_id: str
    name: str
    street: str
    postcode: str
    city: str
    country: str
    email: str
    phone: str
    einvoice_address: str
    einvoice_operator: str
    iban: str
    bic: str


class CompanyIn(Body):
    """A company to be added, with its two general rules."""

    model_config = ConfigDict(
        title="NewCompany",
        json_schema_extra={
            "examples": [{"business_id": "2000001-6", "name": "Esimerkki Oy", "city": "Helsinki"}]
        },
    )

    business_id: BusinessId
    name: Line
    street: MaybeLine = ""
    postcode: MaybeLine = ""
    city: MaybeLine = ""
    email: MaybeLine = ""
    phone: MaybeLine = ""


class CompanyChange(Body):
    """How the company is reached. What is given is changed, in letters written from then on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"street": "Esimerkkitie 2", "phone": "010 000 0000"}]}
    )

    street: MaybeLine | None = None
    postcode: MaybeLine | None = None
    city: MaybeLine | None = None
    email: MaybeLine | None = None
    phone: MaybeLine | None = None


class Firm(BaseModel):
    """An accounting firm (tilitoimisto)."""

    business_id: str
    name: str


@router.get("/companies")
def list_companies(
    caller: Annotated[Caller, callers.anywhere(Action.LIST_COMPANIES)],
    parts: TheParts,
    paging: ThePaging,
) -> Page[CompanyOut]:
    """The companies that you belong to, yourself or by your accounting firm."""
    with parts.database.transaction() as session:
        rows = people.companies(
            session,
            company_ids=caller.company_ids,
            firm_ids=caller.firm_ids,
            after=paging.after_id("companies") or 0,
            limit=paging.fetched,
        )
    return paging.page("companies", rows, lambda row: (row.id,), company_out)


@router.get("/companies/{business_id}", responses=_ETAG)
def show_company(
    here: Annotated[Here, callers.in_company(Action.READ_COMPANY)],
    parts: TheParts,
    response: Response,
) -> CompanyOut:
    """One company. Its ETag is what a change sends as If-Match."""
    with parts.database.transaction() as session:
        shown = company_out(session.get_one(Company, here.company_id))
    response.headers["ETag"] = etags.etag_of(shown)
    return shown


@router.patch(
    "/companies/{business_id}",
    responses={**_ETAG, **documented(Kind.CHANGED, Kind.UNCONDITIONAL)},
)
def change_company(
    body: CompanyChange,
    here: Annotated[Here, callers.in_company(Action.EDIT_COMPANY)],
    parts: TheParts,
    response: Response,
    if_match: IfMatch = None,
) -> CompanyOut:
    """Change how a company is reached. Its name, business id and accounts come with its
    invoices."""
    with parts.database.transaction() as session:
        row = session.get_one(Company, here.company_id, with_for_update={"key_share": True})
        etags.demand(if_match, etags.etag_of(company_out(row)), f"company {row.business_id}")
        companies.change(
            session,
            here.place,
            body.model_dump(exclude_none=True),
            actor=here.caller.name,
            now=parts.real_now(),
        )
        shown = company_out(row)
    response.headers["ETag"] = etags.etag_of(shown)
    return shown


@router.get("/firms/{business_id}")
def show_firm(here: Annotated[Here, callers.in_firm(Action.READ_FIRM)]) -> Firm:
    """One accounting firm."""
    return Firm(business_id=here.place.business_id, name=here.place.name)


@router.get("/firms/{business_id}/companies")
def list_companies_of_firm(
    here: Annotated[Here, callers.in_firm(Action.READ_FIRM)], parts: TheParts, paging: ThePaging
) -> Page[CompanyOut]:
    """The companies whose books the firm keeps."""
    assert here.place.firm_id is not None  # noqa: S101 - `in_firm` has seen to it
    with parts.database.transaction() as session:
        rows = people.companies(
            session,
            company_ids=(),
            firm_ids=[here.place.firm_id],
            after=paging.after_id("firm companies") or 0,
            limit=paging.fetched,
        )
    return paging.page("firm companies", rows, lambda row: (row.id,), company_out)


@router.post(
    "/firms/{business_id}/companies",
    status_code=201,
    response_model=CompanyOut,
    responses=documented(Kind.CONFLICT),
)
def add_company(
    body: CompanyIn, here: Annotated[Here, callers.in_firm(Action.ADD_COMPANY)], once: TheOnce
) -> Response:
    """Add a company to the firm."""
    with once.transaction() as session:
        company = service.add_company(
            session,
            here.place,
            NewCompany(**body.model_dump()),
            actor=here.caller.name,
            now=once.parts.real_now(),
            business_now=once.parts.business_now(),
        )
        return once.keep(session, company_out(company))


def company_out(row: Company) -> CompanyOut:
    """A company as it is answered."""
    return CompanyOut.model_validate(row, from_attributes=True)
