"""Moving customers under a rule, out of all, or where their details say."""

from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks
from sqlmodel import Session
from starlette.responses import Response

from domain.roles import Action
from domain.states import Running
from starter import access
from starter import rules as service
from starter.people import Unknown
from starter.rules import ByItself, Target, Under
from starter.web.entry import NotHere, in_company
from starter.web.forms import Form, FormModel
from starter.web.page import Page
from starter.web.pages.automation import frame, outlook
from starter.web.pages.customers.filters import (
    NO_RULE,
    PREFIX,
    chosen,
    rule_names,
    shown_names,
)
from starter.web.words import mark
from store import placing
from store.tables import Company

router = APIRouter(prefix=f"{PREFIX}/move")

ITSELF = "itself"


class Moving(FormModel):
    """What becomes of the running invoices of customers that move."""

    running: Literal["move", "keep"]


@router.get("")
def ask_to_move(
    page: Annotated[Page, in_company(Action.PLACE_CUSTOMERS)], to: str = ""
) -> Response:
    """What moving the chosen customers would do."""
    return _ask(page, Form.blank(page, {"running": "keep"}), to)


@router.post("")
def move(
    page: Annotated[Page, in_company(Action.PLACE_CUSTOMERS)], background: BackgroundTasks
) -> Response:
    """Move them, and their running invoices or not."""
    form = Form.read(page, Moving)
    to = form.text("to")
    if form.value is None or not to:
        return _ask(page, form, to, status=422)
    running = Running(form.value.running)
    if running is Running.MOVE:
        access.enter(page.who, page.here, Action.MOVE_INVOICES)
    try:
        with page.transaction() as session:
            some = chosen(page, session)
            if some is None:
                return _nobody(page)
            moved = service.move(
                session,
                session.get_one(Company, page.company_id),
                some.choice,
                _target(page, session, to),
                by=page.who.name,
                clock=page.parts.clock,
                running=running,
            )
    except Unknown:
        return _gone(page)
    frame.begin(page, background, moved.replanning)
    done = page.say_n(
        mark("%(n)s customer was moved."), mark("%(n)s customers were moved."), moved.customers
    )
    return page.redirect(some.back, done)


def _ask(page: Page, form: Form[Moving], to: str, status: int = 200) -> Response:
    answer = None
    try:
        with page.transaction() as session:
            some = chosen(page, session)
            if some is None:
                return _nobody(page)
            targets = _targets(page, session)
            count = placing.counted(session, page.company_id, some.choice)
            if to:
                company = session.get_one(Company, page.company_id)
                target = _target(page, session, to)
                answer = service.what_if_moved(
                    session, company, some.choice, target, page.parts.clock
                ).running
    except Unknown:
        return _gone(page)
    return page.render(
        "customers/move.html",
        status=status,
        form=form,
        count=count,
        targets=targets,
        target=dict(targets).get(to, ""),
        to=to,
        outlook=outlook.shown(answer, page.today()) if answer else None,
        kept=some.kept,
        back=some.back,
    )


def _target(page: Page, session: Session, to: str) -> Target:
    if to == ITSELF:
        return ByItself()
    if to == NO_RULE:
        return Under(None)
    name = rule_names(page, session).get(to)
    if name is None:
        raise NotHere
    return Under(name)


def _targets(page: Page, session: Session) -> list[tuple[str, str]]:
    """Where customers may go, and its name."""
    return [
        *shown_names(page, rule_names(page, session)),
        (NO_RULE, page.say(mark("Out of all rules"))),
        (ITSELF, page.say(mark("Where their details say"))),
    ]


def _nobody(page: Page) -> Response:
    wrong = page.say(mark("Choose customers first."))
    return page.redirect(page.url("/customers"), wrong=wrong)


def _gone(page: Page) -> Response:
    said = mark("Some of the customers are not there any more: choose anew.")
    return page.redirect(page.url("/customers"), wrong=page.say(said))
