"""The contract with the agency (sopimus): seen by everybody, set and ended by who administers."""

from typing import Annotated, Literal

from fastapi import APIRouter
from sqlmodel import Session
from starlette.background import BackgroundTask
from starlette.responses import Response

from activities.starting import News, drain
from domain.agency import AgencyService
from domain.agency.contract import AGENCIES, INTRUM, title
from domain.roles import Action
from domain.states import InvoiceState
from starter import agency as service
from starter.api.parts import Parts
from starter.people import NotDone
from starter.web.entry import NotHere, in_company
from starter.web.forms import Day, Flag, Form, FormModel, Line
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.automation.frame import names
from starter.web.pages.invoice import story
from starter.web.words import mark
from store import agency_contracts, hearing
from store.agency_contracts import Changed
from store.tables import Company, UnheardOf

router = APIRouter(prefix="/companies/{business_id}/intrum")

Setting = Annotated[Page, in_company(Action.SET_AGENCY)]
Agency = Literal["intrum", "ropo"]

BOUGHT = {
    "both": (AgencyService.REMINDER, AgencyService.COLLECTION),
    "collection": (AgencyService.COLLECTION,),
}
"""What may be bought: the reminder service is not sold without collection."""


class Which(FormModel):
    """With whom. `version`: what the reader has seen, so that nobody's change is lost."""

    agency: Agency = "intrum"
    version: int = 0


class Terms(Which):
    """The contract as somebody writes it down."""

    number: Line
    services: Literal["both", "collection"]
    in_force_from: Day | None = None
    ended_on: Day | None = None
    from_state: Literal["overdue", "notified"]
    automatic: Flag = False
    default_contact: Flag = False

    def said(self) -> service.Terms:
        """As the service has it."""
        return service.Terms(
            number=self.number,
            services=BOUGHT[self.services],
            agency=self.agency,
            in_force_from=self.in_force_from,
            ended_on=self.ended_on,
            from_state=InvoiceState(self.from_state),
            automatic=self.automatic,
            default_contact=self.default_contact,
        )


@router.get("")
def show_contracts(page: Annotated[Page, in_company(Action.READ_AGENCY)]) -> Response:
    """Where invoices go, and how; and what is reported of cases that are not known here."""
    listing = Listing(page, "reports on unknown cases")
    with page.transaction() as session:
        found = service.shown(session, page.company_id, page.parts.clock)
        who = names(page, session, [one.switched_by for one in found.contracts])
        reports = hearing.unheard_of(
            session, scope=page.scope, before=listing.after_id(), limit=listing.fetched
        )
    rows = listing.page(reports, lambda row: (row.id,))
    return page.render(
        "intrum/contracts.html",
        found=found,
        agencies=AGENCIES,
        who=who,
        rows=rows,
        reports=[_report(page, row) for row in rows.rows],
    )


@router.get("/contract")
def prepare_contract(page: Setting, agency: str = INTRUM) -> Response:
    """The contract to be written down, or changed."""
    if agency not in AGENCIES:
        raise NotHere
    with page.transaction() as session:
        row = agency_contracts.of_agency(session, page.company_id, agency)
        version = service.shown(session, page.company_id, page.parts.clock).version
    start: dict[str, object] = {"services": "both", "from_state": "notified", "automatic": True}
    if row is not None:
        start = row.model_dump() | {
            "services": "both" if AgencyService.REMINDER in row.services else "collection"
        }
    form: Form[Terms] = Form.blank(page, start | {"agency": agency, "version": version})
    return _shown(page, form, agency)


@router.post("/contract")
def set_contract(page: Setting) -> Response:
    """Set it; what waited for it goes on by itself."""
    form = Form.read(page, Terms)
    terms = form.value
    if terms is not None:
        try:
            with page.transaction() as session:
                company = _company(page, session, terms)
                changed = service.put(
                    session, company, terms.said(), by=page.who.name, clock=page.parts.clock
                )
        except ChangedMeanwhile:
            form.refuse(_meanwhile(page))
        except NotDone:
            message = mark("The contract would end before it is in force.")
            form.refuse(page.say(message), "ended_on")
        else:
            return _done(page, changed, page.say(mark("The contract was saved.")))
    return _shown(page, form, form.text("agency"), status=422)


@router.get("/end")
def prepare_end(page: Setting, agency: str = INTRUM) -> Response:
    """What switching it off will do."""
    if agency not in AGENCIES:
        raise NotHere
    with page.transaction() as session:
        row = agency_contracts.of_agency(session, page.company_id, agency)
        version = service.shown(session, page.company_id, page.parts.clock).version
    return page.render("intrum/end.html", row=row, version=version, agency=AGENCIES[agency])


@router.post("/end")
def end_contract(page: Setting) -> Response:
    """Nothing more goes there from today on."""
    form = Form.read(page, Which)
    which = form.value
    if which is None:
        raise NotHere
    there = page.url("/intrum")
    try:
        with page.transaction() as session:
            company = _company(page, session, which)
            changed = service.switch_off(
                session, company, which.agency, by=page.who.name, clock=page.parts.clock
            )
    except ChangedMeanwhile:
        return page.redirect(there, wrong=_meanwhile(page))
    except NotDone:
        return page.redirect(there, wrong=page.say(mark("There is no contract to end.")))
    return _done(page, changed, page.say(mark("Nothing more goes to the agency from today on.")))


class ChangedMeanwhile(Exception):  # noqa: N818 - reads as what happened
    """Somebody has changed a contract since the reader opened it."""


def _report(page: Page, row: UnheardOf) -> tuple[UnheardOf, str, str, str]:
    """One with the agency's name, its name for the case, and the status."""
    said = story.status_said(page.words, str(row.body.get("status", "")))
    return row, title(row.agency), str(row.body.get("agency_case_id", "")), said


def _company(page: Page, session: Session, which: Which) -> Company:
    """The company's row, locked. Raises `ChangedMeanwhile`."""
    company = session.get_one(Company, page.company_id, with_for_update=True)
    if service.shown(session, company.id, page.parts.clock).version != which.version:
        raise ChangedMeanwhile
    return company


def _meanwhile(page: Page) -> str:
    return page.say(mark("Somebody has changed the contract meanwhile. Open it anew."))


def _done(page: Page, changed: Changed, said: str) -> Response:
    answer = page.redirect(page.url("/intrum"), said)
    if changed.waited:
        answer.background = BackgroundTask(_tell, page.parts, list(changed.waited))
    return answer


async def _tell(parts: Parts, waited: list[int]) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    await drain(parts.client, parts.database, parts.clock, only=waited, news=News.AGENCY_CONTRACT)


def _shown(page: Page, form: Form[Terms], agency: str, status: int = 200) -> Response:
    return page.render(
        "intrum/contract.html",
        form=form,
        agency=AGENCIES.get(agency, agency),
        bought=[
            ("both", page.say(mark("Reminder service and collection"))),
            ("collection", page.say(mark("Collection alone"))),
        ],
        states=[
            ("overdue", page.say(mark("From overdue on: the agency sends the reminders"))),
            ("notified", page.say(mark("From a sent notice on: the agency collects"))),
        ],
        status=status,
    )
