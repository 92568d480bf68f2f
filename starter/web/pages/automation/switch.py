"""The automation's own page: what it would do and cost, its switch; the rules once it is on."""

from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks
from starlette.responses import Response

from domain.law import DebtorClass
from domain.placement import HOME
from domain.roles import Action
from starter import automation as service
from starter.web.entry import in_company
from starter.web.forms import Flag, Form, FormModel
from starter.web.page import Page
from starter.web.pages.automation import frame, outlook
from starter.web.pages.automation.frame import PREFIX
from starter.web.words import mark
from store.placing import Line
from store.tables import Company

router = APIRouter(prefix=PREFIX)


class Confirmation(FormModel):
    """That the cost has been seen."""

    confirmed: Flag = False


@router.get("")
def show_automation(page: Annotated[Page, in_company(Action.READ_RULES)]) -> Response:
    """The rules; while the automation is off, what switching it on would do and cost."""
    with page.transaction() as session:
        company = session.get_one(Company, page.company_id)
        values = frame.frame(page, session) if company.automation else {}
        names = frame.names(page, session, [company.automation_set_by])
    if values:
        return page.render("automation/rules.html", names=names, **values)
    form: Form[Confirmation] = Form.blank(page)
    return _preview(page, form)


@router.post("")
def switch_on(
    page: Annotated[Page, in_company(Action.ACTIVATE)], background: BackgroundTasks
) -> Response:
    """Letters and hand-overs leave by themselves from now on."""
    form = Form.read(page, Confirmation)
    if form.value is None or not form.value.confirmed:
        form.refuse(page.say(mark("Confirm the costs first.")), "confirmed")
        return _preview(page, form, status=422)
    with page.transaction() as session:
        company = session.get_one(Company, page.company_id)
        row = service.switch_on(
            session, company, by=page.who.name, clock=page.parts.clock, confirmed_cost=True
        )
    frame.begin(page, background, row)
    return page.redirect(page.url("/automation"), page.say(mark("The automation is on.")))


@router.get("/off")
def ask_to_switch_off(page: Annotated[Page, in_company(Action.ACTIVATE)]) -> Response:
    """What switching it off means."""
    return page.render("automation/off.html")


@router.post("/off")
def switch_off(
    page: Annotated[Page, in_company(Action.ACTIVATE)], background: BackgroundTasks
) -> Response:
    """Nothing leaves by itself any more, at once."""
    with page.transaction() as session:
        company = session.get_one(Company, page.company_id)
        row = service.switch_off(session, company, by=page.who.name, clock=page.parts.clock)
    frame.begin(page, background, row)
    said = page.say(mark("The automation is off. Nothing leaves by itself any more."))
    return page.redirect(page.url("/automation"), said)


def _preview(page: Page, form: Form[Confirmation], status: int = 200) -> Response:
    with page.transaction() as session:
        company = session.get_one(Company, page.company_id)
        seen = service.preview(session, company, page.parts.clock)
        values: dict[str, Any] = frame.frame(page, session)
        actors = [one.placed_by for one in seen.first_prevented if one.placed_by]
        names = frame.names(page, session, [*actors, company.automation_set_by])
    return page.render(
        "automation/preview.html",
        form=form,
        seen=seen,
        outlook=outlook.shown(seen.outlook, seen.today),
        whys=[(one, why(page, one, names)) for one in seen.first_prevented],
        names=names,
        status=status,
        **values,
    )


def why(page: Page, line: Line, names: dict[str, str]) -> str:
    """Why a customer is where it is."""
    if line.placed_by:
        return page.say(mark("put there by %(name)s"), name=names.get(line.placed_by, ""))
    if line.country != HOME:
        said = mark("abroad (%(country)s): you decide whether the automation may remind it")
        return page.say(said, country=line.country)
    if line.debtor_class == DebtorClass.CONSUMER:
        return page.say(mark("marked as a private person"))
    return page.say(mark("not marked as a private person"))
