"""Who is under a rule (kohdistetut asiakkaat), who is under none (automaatio estetty), and moving
them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, BackgroundTasks
from sqlmodel import Session
from starlette.responses import Response

from domain.roles import Action
from domain.states import Running
from starter import access
from starter import rules as service
from starter.api.v1.fields import PathId
from starter.people import Unknown
from starter.rules import ByItself, Target, Under
from starter.web.entry import NotHere, in_company
from starter.web.forms import Form, FormModel
from starter.web.lists import Listing, Rows, picked
from starter.web.page import Page
from starter.web.pages.automation import frame, outlook
from starter.web.pages.automation.frame import PREFIX, clean
from starter.web.pages.automation.switch import why
from starter.web.terms import RULES
from starter.web.words import mark
from store import placing, rules
from store.placing import Choice
from store.tables import Company

router = APIRouter(prefix=PREFIX)

PREVENTED = "prevented"
NONE = "none"
ITSELF = "itself"


class Moving(FormModel):
    """What becomes of the running invoices of customers that move."""

    running: Literal["move", "keep"]


@router.get("/rules/{rule_id}/customers")
def list_customers(
    rule_id: PathId, page: Annotated[Page, in_company(Action.READ_RULES)], search: str = ""
) -> Response:
    """The customers under a rule."""
    with page.transaction() as session:
        row, newest = frame.the_rule(page, session, rule_id)
    choice = Choice(search=clean(search), rule=row.name)
    return _list(page, choice, "automation/customers.html", str(rule_id), row=row, newest=newest)


@router.get("/prevented")
def list_prevented(
    page: Annotated[Page, in_company(Action.READ_RULES)], search: str = ""
) -> Response:
    """The customers under no rule."""
    choice = Choice(search=clean(search), prevented=True)
    return _list(page, choice, "automation/prevented.html", PREVENTED)


@router.get("/move")
def ask_to_move(
    page: Annotated[Page, in_company(Action.PLACE_CUSTOMERS)],
    source: str = "",
    search: str = "",
    to: str = "",
) -> Response:
    """What moving the chosen customers would do."""
    form: Form[Moving] = Form.blank(page, {"running": "move"})
    return _ask(page, form, source, search, to)


@router.post("/move")
def move(
    page: Annotated[Page, in_company(Action.PLACE_CUSTOMERS)], background: BackgroundTasks
) -> Response:
    """Move the chosen customers."""
    form = Form.read(page, Moving)
    source, search, to = (form.text(name) for name in ("source", "search", "to"))
    if form.value is None:
        return _ask(page, form, source, search, to, status=422)
    running = Running(form.value.running)
    if running is Running.MOVE:
        access.enter(page.who, page.here, Action.MOVE_INVOICES)
    try:
        with page.transaction() as session:
            moved = service.move(
                session,
                session.get_one(Company, page.company_id),
                _choice(page, session, source, search),
                _target(page, session, to),
                by=page.who.name,
                clock=page.parts.clock,
                running=running,
            )
    except Unknown:
        return _gone(page, source)
    frame.begin(page, background, moved.replanning)
    done = page.say_n("%(n)s customer was moved.", "%(n)s customers were moved.", moved.customers)
    return page.redirect(_back(page, source), done)


def _list(page: Page, choice: Choice, template: str, source: str, **more: Any) -> Response:
    listing = Listing(page, "customers", choice)
    after = listing.after_id() or 0
    with page.transaction() as session:
        company_id = page.company_id
        lines = placing.listed(session, company_id, choice, after=after, limit=listing.fetched)
        count = placing.counted(session, company_id, choice)
        names = frame.names(page, session, [one.placed_by for one in lines if one.placed_by])
        values = {} if page.partial == "list" else frame.frame(page, session)
        targets = _targets(page, session, source)
    rows: Rows[placing.Line] = listing.page(lines, lambda row: (row.customer_id,))
    return page.render(
        template,
        part="list",
        rows=rows,
        whys={one.customer_id: why(page, one, names) for one in lines},
        count=count,
        search=choice.search,
        source=source,
        targets=targets,
        **values,
        **more,
    )


def _ask(
    page: Page, form: Form[Moving], source: str, search: str, to: str, status: int = 200
) -> Response:
    chosen = picked(page)
    if not chosen:
        return page.redirect(_back(page, source), wrong=page.say(mark("Choose customers first.")))
    answer = None
    try:
        with page.transaction() as session:
            choice = _choice(page, session, source, search)
            targets = _targets(page, session, source)
            customers = placing.counted(session, page.company_id, choice)
            if to:
                company = session.get_one(Company, page.company_id)
                target = _target(page, session, to)
                answer = service.what_if_moved(
                    session, company, choice, target, page.parts.clock
                ).running
    except Unknown:
        return _gone(page, source)
    return page.render(
        "automation/move.html",
        form=form,
        customers=customers,
        targets=targets,
        target=dict(targets).get(to, ""),
        outlook=outlook.shown(answer, page.today()) if answer else None,
        kept=[
            ("source", source),
            ("search", choice.search),
            ("all", "1" if chosen.all else ""),
            *(("pick", key) for key in (() if chosen.all else chosen.keys)),
        ],
        to=to,
        back=_back(page, source),
        status=status,
    )


def _choice(page: Page, session: Session, source: str, search: str) -> Choice:
    chosen = picked(page)
    if not chosen.all:
        return Choice(keys=chosen.keys)
    if source == PREVENTED:
        return Choice(search=clean(search), prevented=True)
    return Choice(search=clean(search), rule=_name(page, session, source))


def _target(page: Page, session: Session, to: str) -> Target:
    if to == ITSELF:
        return ByItself()
    return Under(None if to == NONE else _name(page, session, to))


def _targets(page: Page, session: Session, source: str) -> list[tuple[str, str]]:
    """Where customers may be moved from there, and its name."""
    saved = rules.newest_of_company(session, page.company_id)
    found = [
        (str(one.rule_id), page.say(RULES[one.terms.name]))
        if one.terms.name in RULES
        else (str(one.rule_id), one.terms.name)
        for one in saved
        if str(one.rule_id) != source
    ]
    if source != PREVENTED:
        found.append((NONE, page.say(mark("Out of all rules"))))
    return [*found, (ITSELF, page.say(mark("Where their details say")))]


def _name(page: Page, session: Session, rule_id: str) -> str:
    if not rule_id.isdecimal() or len(rule_id) > 18:
        raise NotHere
    return frame.the_rule(page, session, int(rule_id))[0].name


def _back(page: Page, source: str) -> str:
    if source.isdecimal():
        return page.url(f"/automation/rules/{source}/customers")
    return page.url(f"/automation/{PREVENTED}" if source == PREVENTED else "/automation")


def _gone(page: Page, source: str) -> Response:
    said = mark("Some of the customers are not there any more: choose anew.")
    return page.redirect(_back(page, source), wrong=page.say(said))
