"""A company's rules: their versions, whether one is lawful, what it would do, and saving it."""

from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, BackgroundTasks, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StrictBool, StrictInt
from pydantic import model_validator as whole
from sqlmodel import Session

from domain.calendar import FINLAND
from domain.law import FINNISH_LAW, DebtorClass
from domain.roles import Action
from domain.rule import HandOver, Residual, Rule
from domain.rule_check import Breach, UnlawfulRule, all_breaches
from domain.states import Channel, Running
from starter import access
from starter import rules as service
from starter.api.parts import Parts
from starter.api.v1 import callers, etags, problems
from starter.api.v1.automation import start
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.etags import IfMatch
from starter.api.v1.fields import Body, Line, PathId
from starter.api.v1.idempotency import TheOnce
from starter.api.v1.outlooks import ReplanningOut, WhatIfOut
from starter.api.v1.pages import Page, ThePaging
from starter.api.v1.problems import FieldError, Kind, Problem, documented
from store import rule_list
from store.tables import Company, RuleVersion
from store.tables import Rule as RuleRow

router = APIRouter(prefix="/companies/{business_id}/rules", tags=["Rules"])

_Days = Annotated[StrictInt, Field(ge=0, le=365)]
_Cents = Annotated[StrictInt, Field(ge=0, le=100_000_000)]

_EXAMPLE: dict[str, Any] = {
    "debtors": ["business"],
    "reminder": {"after_days": 14, "fee_cents": 0},
    "notice": {"after_days": 21, "fee_cents": 0},
    "channels": ["email", "paper"],
}


class LetterIn(Body):
    """One letter: full days after the due date, or after the letter before; and its fee."""

    model_config = ConfigDict(title="LetterTerms")

    after_days: _Days
    fee_cents: _Cents = 0


class CourtesyIn(Body):
    """A friendly, free reminder: days after the due date, or before it if negative."""

    model_config = ConfigDict(title="CourtesyTerms")

    days: Annotated[StrictInt, Field(ge=-30, le=30)] = Field(description="Not 0.")


class ReminderServiceIn(Body):
    """The agency's reminder service, in place of own letters: full days after the due date."""

    model_config = ConfigDict(title="ReminderServiceTerms")

    after_days: _Days
    on_approval: StrictBool = False


class TermsIn(Body):
    """What a rule says. A letter that is null is not sent."""

    model_config = ConfigDict(title="RuleTerms", json_schema_extra={"examples": [_EXAMPLE]})

    debtors: list[DebtorClass] = Field(
        default=list(DebtorClass),
        min_length=1,
        description="Whom it is for: it must be lawful for each of them.",
    )
    courtesy: CourtesyIn | None = None
    reminder: LetterIn | None
    notice: LetterIn | None
    interest: StrictBool = True
    minimum_cents: _Cents = 0
    channels: list[Channel] = Field(default=list(Channel))
    sending: Literal["automatic", "on_approval"] = "automatic"
    hand_over: HandOver = HandOver.NEVER
    hand_over_after_days: _Days = 15
    reminder_service: ReminderServiceIn | None = None
    residual: Residual = Residual.FORGIVE

    @whole(mode="after")
    def _not_the_due_date(self) -> Self:
        if self.courtesy is not None and self.courtesy.days == 0:
            raise ValueError("a friendly reminder goes out before the due date or after it")
        return self

    def named(self, name: str) -> Rule:
        """As the rule of this name."""
        terms = self.model_dump(include=set(TermsIn.model_fields))
        return Rule.model_validate({**terms, "name": name})


class NamedTerms(TermsIn):
    """A rule by its name, with what it is to say."""

    model_config = ConfigDict(
        title="NamedRuleTerms", json_schema_extra={"examples": [{"name": "VIP", **_EXAMPLE}]}
    )

    name: Annotated[Line, Field(max_length=100)]


class RuleOut(BaseModel):
    """A version of a rule. `general_for`: whose general rule it is; empty: the company's own."""

    model_config = ConfigDict(title="Rule")

    id: int
    general_for: str
    terms: Rule
    saved_at: AwareDatetime
    saved_by: str


class BreachOut(BaseModel):
    """What the law does not allow, and what it does."""

    model_config = ConfigDict(title="RuleBreach")

    term: str = Field(examples=["reminder.fee_cents"])
    debtor_class: DebtorClass
    says: str
    limit: str
    sentence: str
    section: str


class Checked(BaseModel):
    """Whether the terms are lawful today."""

    lawful: bool
    breaches: list[BreachOut]


class ChangeOut(BaseModel):
    """What saving the terms would do, if running invoices moved to them."""

    model_config = ConfigDict(title="RuleChange")

    version: int
    changes: bool = Field(description="False: the newest version says the same already.")
    running: WhatIfOut


class SavedOut(RuleOut):
    """The version that was saved. `replanning`: running invoices that move to it."""

    model_config = ConfigDict(title="SavedRule")

    fresh: bool = Field(description="False: the newest version said the same already.")
    replanning: ReplanningOut | None


@router.get("")
def list_rules(
    here: Annotated[Here, callers.in_company(Action.READ_RULES)],
    parts: TheParts,
    paging: ThePaging,
) -> Page[RuleOut]:
    """The newest version of each rule."""
    with parts.database.transaction() as session:
        rows = rule_list.page(
            session, here.scope, after=paging.after_id("rules") or 0, limit=paging.fetched
        )
    return paging.page("rules", rows, lambda row: (row[0].id,), lambda row: _rule(*row))


@router.get("/{rule_id}", responses={200: {"headers": {"ETag": {"schema": {"type": "string"}}}}})
def show_rule(
    rule_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_RULES)],
    parts: TheParts,
    response: Response,
) -> RuleOut:
    """The newest version of one rule. Its ETag is what a change sends as If-Match."""
    with parts.database.transaction() as session:
        rule, version = _newest(session, here, rule_id)
    response.headers["ETag"] = etags.etag(version.version)
    return _rule(rule, version)


@router.get("/{rule_id}/versions")
def list_rule_versions(
    rule_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_RULES)],
    parts: TheParts,
    paging: ThePaging,
) -> Page[RuleOut]:
    """All versions of a rule, the newest first."""
    listing = f"versions {rule_id}"
    with parts.database.transaction() as session:
        rule, _ = _newest(session, here, rule_id)
        rows = rule_list.versions(
            session, rule_id, before=paging.after_id(listing), limit=paging.fetched
        )
    return paging.page(listing, rows, lambda row: (row.version,), lambda row: _rule(rule, row))


@router.post("/check", response_model=Checked)
def check_rule(
    body: NamedTerms, here: Annotated[Here, callers.in_company(Action.WHAT_IF)], once: TheOnce
) -> Response:
    """Whether the terms are lawful, with every breach. Nothing is saved."""
    today = FINLAND.local_date(once.parts.business_now())
    found = all_breaches(body.named(body.name), FINNISH_LAW, today)
    with once.transaction() as session:
        said = Checked(lawful=not found, breaches=[_breach(one) for one in found])
        return once.keep(session, said, status=200)


@router.post("/what-if", response_model=ChangeOut)
def what_if_rule(
    body: NamedTerms, here: Annotated[Here, callers.in_company(Action.WHAT_IF)], once: TheOnce
) -> Response:
    """What saving the terms would do in the next 60 days, if running invoices moved to them."""
    with once.transaction() as session:
        company = session.get_one(Company, here.company_id)
        try:
            change = service.what_if_saved(
                session, company, body.named(body.name), once.parts.clock
            )
        except UnlawfulRule as unlawful:
            raise _unlawful(unlawful) from None
        said = ChangeOut(
            version=change.rule.version,
            changes=change.fresh,
            running=WhatIfOut.of(change.running, automation=company.automation),
        )
        return once.keep(session, said, status=200)


@router.post("", status_code=201, response_model=RuleOut, responses=documented(Kind.CONFLICT))
def add_rule(
    body: NamedTerms, here: Annotated[Here, callers.in_company(Action.EDIT_RULES)], once: TheOnce
) -> Response:
    """Make a rule of the company's own."""
    with once.transaction() as session:
        rule_list.hold_still(session, here.company_id)
        if rule_list.named(session, here.scope, body.name) is not None:
            raise Problem(
                Kind.CONFLICT,
                f"company {here.place.business_id} has a rule {body.name} already",
                record=f"rule {body.name}",
                remedy="choose another name, or change that rule by PUT",
            )
        saved = _save(session, here, body.named(body.name), once.parts, Running.KEEP)
        rule, version = _newest(session, here, saved.version.rule_id)
        return once.keep(session, _rule(rule, version))


@router.put("/{rule_id}", responses=documented(Kind.CONFLICT, Kind.CHANGED, Kind.UNCONDITIONAL))
def save_rule(
    rule_id: PathId,
    body: TermsIn,
    here: Annotated[Here, callers.in_company(Action.EDIT_RULES)],
    parts: TheParts,
    response: Response,
    background: BackgroundTasks,
    if_match: IfMatch = None,
    running: Annotated[
        Running, Query(description="Running invoices: move to the new version, or keep theirs.")
    ] = Running.KEEP,
) -> SavedOut:
    """Save a rule as its next version."""
    if running is Running.MOVE:
        access.enter(here.caller, here.place, Action.MOVE_INVOICES)
    with parts.database.transaction() as session:
        rule_list.hold_still(session, here.company_id)
        rule, newest = _newest(session, here, rule_id)
        etags.demand(if_match, etags.etag(newest.version), f"rule {rule.name}")
        saved = _save(session, here, body.named(rule.name), parts, running)
        answer = SavedOut(
            **_rule(rule, saved.version).model_dump(),
            fresh=saved.fresh,
            replanning=ReplanningOut.of(saved.replanning) if saved.replanning else None,
        )
    background.add_task(start, parts, saved.replanning)
    response.headers["ETag"] = etags.etag(saved.version.version)
    return answer


def _save(
    session: Session, here: Here, terms: Rule, parts: Parts, running: Running
) -> service.SavedRule:
    company = session.get_one(Company, here.company_id)
    try:
        return service.save(
            session, company, terms, by=here.caller.name, clock=parts.clock, running=running
        )
    except UnlawfulRule as unlawful:
        raise _unlawful(unlawful) from None


def _newest(session: Session, here: Here, rule_id: int) -> tuple[RuleRow, RuleVersion]:
    found = rule_list.seen(session, here.scope, rule_id)
    if found is None:
        raise problems.not_found(f"rule {rule_id}")
    return found


def _rule(rule: RuleRow, version: RuleVersion) -> RuleOut:
    return RuleOut(
        id=rule.id,
        general_for=rule.general_for,
        terms=Rule.model_validate(version.terms),
        saved_at=version.saved_at,
        saved_by=version.saved_by,
    )


def _breach(one: Breach) -> BreachOut:
    return BreachOut(
        term=one.term,
        debtor_class=one.debtor_class,
        says=one.says_words,
        limit=one.limit_words,
        sentence=one.sentence,
        section=one.section,
    )


def _unlawful(unlawful: UnlawfulRule) -> Problem:
    return Problem(
        Kind.INVALID,
        f"rule {unlawful.name} breaks the law, and is not saved",
        record=f"rule {unlawful.name}",
        remedy="write the terms as `errors` says",
        errors=[FieldError(where=f"body.{one.term}", what=str(one)) for one in unlawful.breaches],
    )
