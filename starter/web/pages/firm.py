"""An accounting firm's first page: all its companies, and what needs somebody where."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.roles import Action
from starter import people as service
from starter.web.entry import in_firm
from starter.web.forms import BusinessId, Form, FormModel, Line, MaybeLine
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.words import mark
from store import people, standings
from store.parties import NewCompany

router = APIRouter(prefix="/firms/{business_id}")

ROWS = 200
"""Companies on a page: a firm's morning is one page."""


class AddedCompany(FormModel):
    """A company to be added."""

    company: BusinessId
    name: Line
    street: MaybeLine = ""
    postcode: MaybeLine = ""
    city: MaybeLine = ""


@router.get("")
def all_companies(page: Annotated[Page, in_firm(Action.READ_FIRM)]) -> Response:
    """Those that need somebody stand first."""
    listing = Listing(page, "firm", rows=ROWS)
    assert page.here.firm_id is not None  # noqa: S101 - `in_firm` has seen to it
    with page.transaction() as session:
        companies = people.companies(
            session,
            company_ids=(),
            firm_ids=[page.here.firm_id],
            after=listing.after_id() or 0,
            limit=listing.fetched,
        )
        shown = listing.page(companies, lambda row: (row.id,))
        rows = standings.of(session, shown.rows, page.now())
    rows.sort(key=lambda row: (not row.needs, row.name.casefold()))
    return page.render(
        "firm/all.html",
        rows=rows,
        paging=shown,
        needing=sum(1 for row in rows if row.needs),
    )


@router.get("/companies/new")
def new_company(page: Annotated[Page, in_firm(Action.ADD_COMPANY)]) -> Response:
    """Which company to add."""
    form: Form[AddedCompany] = Form.blank(page)
    return page.render("firm/new.html", form=form)


@router.post("/companies")
def add_company(page: Annotated[Page, in_firm(Action.ADD_COMPANY)]) -> Response:
    """Add a company to the firm, with its two general rules."""
    form = Form.read(page, AddedCompany)
    if form.value is not None:
        new = form.value
        try:
            with page.transaction() as session:
                service.add_company(
                    session,
                    page.here,
                    NewCompany(
                        new.company,
                        new.name,
                        street=new.street,
                        postcode=new.postcode,
                        city=new.city,
                    ),
                    actor=page.who.name,
                    now=page.parts.real_now(),
                    business_now=page.now(),
                )
            return page.redirect(page.url(), page.say(mark("%(name)s was added."), name=new.name))
        except service.NotDone:
            form.refuse(
                page.say(mark("This company is here already: ask whoever runs Karhu to link it.")),
                "company",
            )
    return page.render("firm/new.html", form=form, status=422)
