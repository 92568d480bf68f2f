"""Rules changed and customers moved to them: what if, and then for running invoices too or not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session

from domain.calendar import FINLAND
from domain.clock import Clock
from domain.law import FINNISH_LAW
from domain.rule import Rule
from domain.rule_check import UnlawfulRule, all_breaches
from domain.states import Running
from domain.what_if import Shape, WhatIf, what_if
from starter.people import NotDone, Unknown
from store import audit, placing, replanning, rules
from store.people import Place
from store.placing import Choice
from store.rules import Saved
from store.tables import Company, Replanning, RuleVersion
from store.what_if import shapes

_Terms = Callable[[int | None], Rule | None]


@dataclass(frozen=True, slots=True)
class Under:
    """Where customers are moved: under the rule of this name; None: under none, by hand."""

    rule: str | None


@dataclass(frozen=True, slots=True)
class ByItself:
    """Where customers are moved back: where their details say, now and when these change."""


Target = Under | ByItself


@dataclass(frozen=True, slots=True)
class Change:
    """What a rule saved now would mean. `version`: the one that it would be; `fresh` False: the
    newest version says the same already."""

    rule: Rule
    fresh: bool
    running: WhatIf


@dataclass(frozen=True, slots=True)
class SavedRule:
    """`fresh` False: the newest version said the same already. `replanning`: to be started once
    this is committed; None: nothing moves."""

    version: RuleVersion
    fresh: bool
    replanning: Replanning | None


@dataclass(frozen=True, slots=True)
class Move:
    """What moving would mean. `running`: for their invoices, if these move too."""

    customers: int
    running: WhatIf


@dataclass(frozen=True, slots=True)
class Moved:
    """`replanning`: to be started once this is committed; None: running invoices keep theirs."""

    customers: int
    replanning: Replanning | None


def what_if_saved(session: Session, company: Company, terms: Rule, clock: Clock) -> Change:
    """What saving these terms would do to the invoices that run under the rule of this name, if
    they move to it.

    Raises `UnlawfulRule`, `NoLawInForce`, and pydantic's ValidationError for absurd figures.
    """
    terms = Rule.model_validate(terms.model_dump(mode="json"))
    now = clock.now(datetime.now(UTC))
    if found := all_breaches(terms, FINNISH_LAW, FINLAND.local_date(now)):
        raise UnlawfulRule(terms.name, found)
    there = _find(session, company, terms.name)
    number = there.terms.version if there else 0
    fresh = there is None or terms.model_copy(update={"version": number}) != there.terms
    new = terms.model_copy(update={"version": number + 1 if fresh else number})
    known = rules.versions_of_company(session, company.id)
    if there is None:
        return Change(new, fresh, _ask(company, [], _by(known), lambda _: new, now))
    seen = _shapes(session, company, [*known.values(), new], rule_id=there.rule_id)
    return Change(new, fresh, _ask(company, seen, _by(known), lambda _: new, now))


def save(
    session: Session,
    company: Company,
    terms: Rule,
    *,
    by: str,
    clock: Clock,
    running: Running = Running.KEEP,
) -> SavedRule:
    """Save the rule as its next version, and have its running invoices moved to it or not.

    Raises `UnlawfulRule`, `NoLawInForce`, and pydantic's ValidationError for absurd figures.
    """
    real = datetime.now(UTC)
    now = clock.now(real)
    before = _find(session, company, terms.name)
    version = rules.save_rule(session, company.id, terms, now, by)
    fresh = before is None or version.id != before.version_id
    asked = None
    if running is Running.MOVE and before is not None:
        asked = replanning.ask(
            session,
            company.id,
            replanning.RULE,
            by=by,
            now=now,
            rule_id=version.rule_id,
            reason=terms.name,
        )
    _audit(session, company, real, by, "rule.saved", terms.name, version=version.version)
    return SavedRule(version, fresh, asked)


def what_if_moved(
    session: Session, company: Company, choice: Choice, target: Target, clock: Clock
) -> Move:
    """What moving the chosen customers would do to their running invoices, if these move too.

    Raises `Unknown`: a customer, or the rule, is not there.
    """
    ids = _chosen(session, company, choice)
    now = clock.now(datetime.now(UTC))
    newest = {one.rule_id: one.terms for one in rules.newest_of_company(session, company.id)}
    known = rules.versions_of_company(session, company.id)
    total = _ask(company, [], _by(known), _by(known), now)
    for rule_id, some in _destinations(session, company, ids, target).items():
        goes_to = newest[rule_id] if rule_id is not None else None
        seen = _shapes(session, company, [*known.values()], customers=some)
        total.add(_ask(company, seen, _by(known), _always(goes_to), now))
    return Move(len(ids), total)


def move(
    session: Session,
    company: Company,
    choice: Choice,
    target: Target,
    *,
    by: str,
    clock: Clock,
    running: Running = Running.KEEP,
) -> Moved:
    """Move the chosen customers, and have their running invoices moved with them or not.

    Raises `Unknown`: a customer, or the rule, is not there.
    """
    real = datetime.now(UTC)
    ids = _chosen(session, company, choice, to_move=True)
    rule_id = _rule_id(session, company, target)
    name = "the automation's own" if isinstance(target, ByItself) else target.rule or ""
    asked = None
    if running is Running.MOVE and ids:
        asked = replanning.ask(
            session,
            company.id,
            replanning.CUSTOMERS,
            by=by,
            now=clock.now(real),
            rule_id=rule_id,
            reason=name,
        )
    moved_in = asked.id if asked else None
    if isinstance(target, ByItself):
        placing.put_back(session, company.id, ids, moved_in=moved_in)
    else:
        placing.put(session, ids, rule_id, by=by, moved_in=moved_in)
    _audit(session, company, real, by, "customers.moved", name or "no rule", customers=len(ids))
    return Moved(len(ids), asked)


# ── small parts ──────────────────────────────────────────────────────────────────────────────


def _chosen(
    session: Session, company: Company, choice: Choice, *, to_move: bool = False
) -> list[int]:
    if choice.rule is not None and _find(session, company, choice.rule) is None:
        raise _no_rule(company, choice.rule)
    if choice.keys is not None and (
        missing := placing.unknown_keys(session, company.id, choice.keys)
    ):
        raise Unknown(
            f"company {company.business_id} has no customer {', '.join(missing[:10])}",
            "look for a mistyped key in the list of the company's customers",
        )
    return placing.chosen_ids(session, company.id, choice, to_move=to_move)


def _destinations(
    session: Session, company: Company, ids: Sequence[int], target: Target
) -> dict[int | None, Sequence[int]]:
    """The customers by the rule that they would go under."""
    if isinstance(target, Under):
        return {_rule_id(session, company, target): ids}
    goes_to = placing.by_itself(session, company.id, ids)
    return {rule_id: placing.of_kinds(session, ids, kinds) for rule_id, kinds in goes_to.items()}


def _rule_id(session: Session, company: Company, target: Target) -> int | None:
    if isinstance(target, ByItself) or target.rule is None:
        return None
    found = _find(session, company, target.rule)
    if found is None:
        raise _no_rule(company, target.rule)
    return found.rule_id


def _find(session: Session, company: Company, name: str) -> Saved | None:
    there = rules.newest_of_company(session, company.id)
    return next((one for one in there if one.terms.name == name), None)


def _no_rule(company: Company, name: str) -> NotDone:
    return Unknown(
        f"company {company.business_id} has no rule {name}",
        "look for a mistyped name in the list of the company's rules",
    )


def _shapes(
    session: Session,
    company: Company,
    known: Sequence[Rule],
    *,
    customers: Sequence[int] | None = None,
    rule_id: int | None = None,
) -> list[Shape]:
    return shapes(
        session,
        company.id,
        minimums=[rule.minimum_cents for rule in known],
        brackets=FINNISH_LAW.principal_limits_cents(),
        customers=customers,
        rule_id=rule_id,
    )


def _ask(
    company: Company, seen: Sequence[Shape], before: _Terms, after: _Terms, now: datetime
) -> WhatIf:
    """Held against each other as they would work: nothing by itself if the automation is off."""

    def works(terms: _Terms) -> _Terms:
        def working(version_id: int | None) -> Rule | None:
            rule = terms(version_id)
            return rule if rule is None or company.automation else rule.switched_off

        return working

    return what_if(seen, works(before), works(after), FINNISH_LAW, FINLAND, now)


def _by(known: dict[int, Rule]) -> _Terms:
    return lambda version_id: None if version_id is None else known[version_id]


def _always(rule: Rule | None) -> _Terms:
    return lambda _: rule


def _audit(
    session: Session,
    company: Company,
    real: datetime,
    by: str,
    action: str,
    target: str,
    **detail: int,
) -> None:
    place = Place(company.business_id, company.name, company.id, company.firm_id)
    audit.note(session, real, by, action, target, place, **detail)
