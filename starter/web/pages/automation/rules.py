"""Rules: a new one, and the settings of one with the law beside each field and what they do."""

from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks
from sqlmodel import Session
from starlette.responses import Response

from domain.law import DebtorClass, NoLawInForce
from domain.roles import Action
from domain.rule import Rule, general_rule
from domain.rule_check import UnlawfulRule
from domain.states import Running
from starter import access
from starter import rules as service
from starter.api.v1.fields import PathId
from starter.rules import Change
from starter.web import security
from starter.web.entry import in_company
from starter.web.forms import Form
from starter.web.page import Page
from starter.web.pages.automation import frame, limits, outlook, terms
from starter.web.pages.automation.frame import CLASSES, PREFIX
from starter.web.pages.automation.terms import LABELS, Edited, NewTerms
from starter.web.terms import CHANNELS, RULES
from starter.web.words import mark
from store import rule_list
from store.tables import Company, RuleVersion

router = APIRouter(prefix=f"{PREFIX}/rules")

CONFLICT = 409


@router.get("/new")
def new_rule(page: Annotated[Page, in_company(Action.EDIT_RULES)]) -> Response:
    """A form that begins with the businesses' general rule."""
    usual = general_rule(DebtorClass.BUSINESS)
    form: Form[NewTerms] = Form.blank(page, terms.start(page, usual))
    return page.render("automation/new.html", form=form, **_choices(page))


@router.post("/new")
def add_rule(page: Annotated[Page, in_company(Action.EDIT_RULES)]) -> Response:
    """Make a rule of the company's own."""
    form = Form.read(page, NewTerms)
    rule = terms.rule_of(page, form, form.value.name) if form.value else None
    made = _made(page, form, rule) if rule else None
    if rule is None or made is None:
        return page.render("automation/new.html", form=form, status=422, **_choices(page))
    said = page.say(mark("The rule %(name)s was made. Choose its customers next."), name=rule.name)
    return page.redirect(page.url(f"/automation/rules/{made}/customers"), said)


@router.get("/{rule_id}")
def show_rule(rule_id: PathId, page: Annotated[Page, in_company(Action.READ_RULES)]) -> Response:
    """The rule's settings, as a form."""
    with page.transaction() as session:
        row, newest = frame.the_rule(page, session, rule_id)
    rule = Rule.model_validate(newest.terms)
    form: Form[Edited] = Form.blank(page, terms.start(page, rule, version=newest.version))
    return _settings(page, row.id, form)


@router.get("/{rule_id}/what-if")
def back_to_rule(rule_id: PathId, page: Annotated[Page, in_company(Action.READ_RULES)]) -> Response:
    """The address of an answer, opened by itself."""
    with page.transaction() as session:
        row, _ = frame.the_rule(page, session, rule_id)
    return page.redirect(page.url(f"/automation/rules/{row.id}"))


@router.post("/{rule_id}/what-if")
def what_if(rule_id: PathId, page: Annotated[Page, in_company(Action.WHAT_IF)]) -> Response:
    """What saving that would do to the running invoices. Nothing is saved."""
    form = Form.read(page, Edited)
    with page.transaction() as session:
        row, _ = frame.the_rule(page, session, rule_id)
        change = _change(page, session, form, row.name)
    return _settings(page, rule_id, form, change=change, asked=True)


@router.post("/{rule_id}")
def save_rule(
    rule_id: PathId,
    page: Annotated[Page, in_company(Action.EDIT_RULES)],
    background: BackgroundTasks,
) -> Response:
    """Save the rule as its next version, once it is said what becomes of its running invoices."""
    form = Form.read(page, Edited)
    with page.transaction() as session:
        row, newest = frame.the_rule(page, session, rule_id)
        change = _change(page, session, form, row.name)
        theirs = _theirs(page, session, form, newest)
    if theirs:
        form.refuse(theirs)
        return _settings(page, rule_id, form, status=CONFLICT, version=newest.version)
    said = form.value
    if change is None or said is None:
        return _settings(page, rule_id, form, status=422)
    here = page.url(f"/automation/rules/{rule_id}")
    if not change.fresh:
        return page.redirect(here, page.say(mark("The rule says that already: nothing was saved.")))
    if said.running is None and change.running.moved:
        return page.render(
            "automation/save.html",
            rule_id=rule_id,
            rule=change.rule,
            outlook=outlook.shown(change.running, page.today()),
            kept=_kept(page),
        )
    return _saved(page, background, rule_id, form, change.rule)


def _saved(
    page: Page, background: BackgroundTasks, rule_id: int, form: Form[Edited], rule: Rule
) -> Response:
    said = form.value
    running = (said.running if said else None) or Running.KEEP
    if running is Running.MOVE:
        access.enter(page.who, page.here, Action.MOVE_INVOICES)
    with page.transaction() as session:
        rule_list.hold_still(session, page.company_id)
        _, newest = frame.the_rule(page, session, rule_id)
        theirs = _theirs(page, session, form, newest)
        if not theirs:
            saved = service.save(
                session,
                session.get_one(Company, page.company_id),
                rule,
                by=page.who.name,
                clock=page.parts.clock,
                running=running,
            )
    if theirs:
        form.refuse(theirs)
        return _settings(page, rule_id, form, status=CONFLICT, version=newest.version)
    frame.begin(page, background, saved.replanning)
    done = mark("The rule was saved as version %(version)s.")
    return page.redirect(
        page.url(f"/automation/rules/{rule_id}"), page.say(done, version=saved.version.version)
    )


def _change(page: Page, session: Session, form: Form[Edited], name: str) -> Change | None:
    rule = terms.rule_of(page, form, name)
    if rule is None:
        return None
    company = session.get_one(Company, page.company_id)
    try:
        return service.what_if_saved(session, company, rule, page.parts.clock)
    except UnlawfulRule as unlawful:
        terms.refuse(page, form, unlawful.breaches)
    except NoLawInForce:
        form.refuse(page.say(mark("Karhu knows no law for today: no rule can be saved.")))
    return None


def _made(page: Page, form: Form[NewTerms], rule: Rule) -> int | None:
    with page.transaction() as session:
        rule_list.hold_still(session, page.company_id)
        known = {one.casefold() for one in RULES} | {
            page.say(shown).casefold() for shown in RULES.values()
        }
        if rule_list.named(session, page.scope, rule.name) or rule.name.casefold() in known:
            form.refuse(page.say(mark("There is a rule of this name already.")), "name")
            return None
        company = session.get_one(Company, page.company_id)
        try:
            saved = service.save(session, company, rule, by=page.who.name, clock=page.parts.clock)
        except UnlawfulRule as unlawful:
            terms.refuse(page, form, unlawful.breaches)
            return None
        return saved.version.rule_id


def _theirs(page: Page, session: Session, form: Form[Edited], newest: RuleVersion) -> str:
    """What somebody else has saved since the form was opened; "": nothing."""
    typed = form.text("version")
    if typed == str(newest.version):
        return ""
    who = frame.names(page, session, [newest.saved_by])[newest.saved_by]
    now = Rule.model_validate(newest.terms)
    seen = rule_list.versions(session, newest.rule_id, limit=200)
    looked_at = next((one for one in seen if str(one.version) == typed), None)
    changed = terms.differing(page, Rule.model_validate(looked_at.terms), now) if looked_at else []
    return page.say(
        mark(
            "%(name)s has saved version %(version)s meanwhile. Changed there: %(changed)s. What you"
            " typed is here still: save again to put it over that version."
        ),
        name=who,
        version=newest.version,
        changed=", ".join(changed) or "–",
    )


def _settings(
    page: Page,
    rule_id: int,
    form: Form[Edited],
    *,
    change: Change | None = None,
    asked: bool = False,
    status: int = 200,
    version: int | None = None,
) -> Response:
    with page.transaction() as session:
        row, newest = frame.the_rule(page, session, rule_id)
        alone = page.partial == "outlook"
        values: dict[str, Any] = {} if alone else frame.frame(page, session)
        saved_by = frame.names(page, session, [newest.saved_by])[newest.saved_by]
    return page.render(
        "automation/settings.html",
        part="outlook",
        form=form,
        row=row,
        newest=newest,
        saved_by=saved_by,
        version=version or form.text("version") or newest.version,
        asked=asked,
        outlook=outlook.shown(change.running, page.today()) if change else None,
        fresh=change is not None and change.fresh,
        mistakes=[(page.say(LABELS.get(name, "")), said) for name, said in form.errors.items()],
        status=422 if asked and form.errors else status,
        **values,
        **_choices(page),
    )


def _kept(page: Page) -> list[tuple[str, str]]:
    """What was typed, to be asked about and sent once more."""
    own = {security.TOKEN_FIELD, "form_key", "running"}
    return [
        (name, value)
        for name, value in page.form.multi_items()
        if isinstance(value, str) and name not in own
    ]


def _choices(page: Page) -> dict[str, Any]:
    """What is to be chosen from, and what stands beside the fields."""
    say = page.say
    later = mark("After somebody's approval")
    return {
        "labels": {name: say(label) for name, label in LABELS.items()},
        "limits": limits.beside(page.words, page.today()),
        "classes": [(one.value, say(label)) for one, label in CLASSES.items()],
        "courtesies": [
            ("never", say(mark("Not sent"))),
            ("before", say(mark("Before the due date"))),
            ("after", say(mark("After the due date"))),
        ],
        "channels": [("", say(mark("None"))), *((k, say(v)) for k, v in CHANNELS.items())],
        "sendings": [("automatic", say(mark("By themselves"))), ("on_approval", say(later))],
        "hand_overs": [
            ("never", say(mark("Never"))),
            ("automatic", say(mark("By itself"))),
            ("on_approval", say(later)),
        ],
        "residuals": [
            ("forgive", say(mark("Fees and interest are forgiven"))),
            ("pursue", say(mark("Fees and interest are asked for"))),
        ],
    }
