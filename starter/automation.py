"""A company's automation: what switching it on would do and cost, and the switch itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlmodel import Session

from domain.calendar import FINLAND
from domain.clock import Clock
from domain.law import FINNISH_LAW, DebtorClass
from domain.placement import HOME, place
from domain.rule import Rule
from domain.states import Channel
from domain.steps import StepKind
from domain.tariff import prices
from domain.what_if import WhatIf, what_if
from starter.people import NotDone
from store import audit, automation, placing, rules
from store.people import Place
from store.placing import Choice, Line
from store.tables import Company, Replanning
from store.what_if import shapes

SHOWN = 50
"""Customers shown by name under "automation prevented"; the others are counted."""


class NotConfirmed(NotDone):
    """The cost of the automation has not been confirmed."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the company pays for a letter, in cents without VAT: the service charge, and the
    channel's own price on top. `expected_cents`: for all letters that the outlook has."""

    service_cents: int
    transaction_cents: Mapping[Channel, int]
    expected_cents: int


@dataclass(frozen=True, slots=True)
class InRule:
    """A rule and who is in it. `why` of those that the automation has put there; `by_hand`: how
    many a person has."""

    rule: Rule
    general_for: str
    customers: int
    by_hand: int
    why: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What switching on would do. `prevented`: how many customers are under no rule (automaatio
    estetty), the first of them in `first_prevented`, each with the reason.

    `outlook`: with the automation off (`before`) and on (`after`), by day and kind of step.
    """

    on: bool
    set_at: datetime | None
    set_by: str
    today: date
    rules: tuple[InRule, ...]
    prevented: int
    first_prevented: tuple[Line, ...]
    outlook: WhatIf
    cost: Cost


def preview(session: Session, company: Company, clock: Clock) -> Preview:
    """What the company's automation would do from now on, and what it would cost."""
    now = clock.now(datetime.now(UTC))
    terms = rules.versions_of_company(session, company.id)
    seen = shapes(
        session,
        company.id,
        minimums=[rule.minimum_cents for rule in terms.values()],
        brackets=FINNISH_LAW.principal_limits_cents(),
    )

    def on(version_id: int | None) -> Rule | None:
        return None if version_id is None else terms[version_id]

    def off(version_id: int | None) -> Rule | None:
        rule = on(version_id)
        return rule and rule.switched_off

    answer = what_if(seen, off, on, FINNISH_LAW, FINLAND, now)
    today = FINLAND.local_date(now)
    tariff = prices(today)
    shares = placing.shares(session, company.id)
    return Preview(
        on=company.automation,
        set_at=company.automation_set_at,
        set_by=company.automation_set_by,
        today=today,
        rules=tuple(_in_rules(session, company, shares)),
        prevented=sum(share.customers for share in shares if share.rule_id is None),
        first_prevented=tuple(
            placing.listed(session, company.id, Choice(prevented=True), limit=SHOWN)
        ),
        outlook=answer,
        cost=Cost(
            service_cents=tariff.service_cents,
            transaction_cents=tariff.transaction_cents,
            expected_cents=sum(answer.after.of(kind).service_cents for kind in StepKind),
        ),
    )


def switch_on(
    session: Session, company: Company, *, by: str, clock: Clock, confirmed_cost: bool
) -> Replanning | None:
    """Switch the automation on; the replanning that tells the running invoices, to be started once
    this is committed. None: it is on already.

    Raises `NotConfirmed`.
    """
    if not confirmed_cost:
        tariff = prices(FINLAND.local_date(clock.now(datetime.now(UTC))))
        raise NotConfirmed(
            f"company {company.business_id}: the automation costs {tariff.service_cents} cents a"
            " letter and the channel's own price on top, and nobody has confirmed that",
            "look at the preview, then confirm the cost (`confirmed_cost: true`; --confirm-cost)",
        )
    return _switch(session, company, on=True, by=by, clock=clock)


def switch_off(session: Session, company: Company, *, by: str, clock: Clock) -> Replanning | None:
    """Switch the automation off, at once: none of its letters leaves after this is committed.

    Else as `switch_on`.
    """
    return _switch(session, company, on=False, by=by, clock=clock)


def _switch(
    session: Session, company: Company, *, on: bool, by: str, clock: Clock
) -> Replanning | None:
    real = datetime.now(UTC)
    replanning = automation.switch(session, company, on=on, by=by, now=clock.now(real))
    if replanning is not None:
        place_of_it = Place(company.business_id, company.name, company.id, company.firm_id)
        audit.note(session, real, by, f"automation.{'on' if on else 'off'}", place=place_of_it)
    return replanning


def _in_rules(session: Session, company: Company, shares: list[placing.Share]) -> list[InRule]:
    found = []
    for saved in rules.newest_of_company(session, company.id):
        mine = [share for share in shares if share.rule_id == saved.rule_id]
        by_itself = [share for share in mine if not share.by_hand]
        reasons = {place(share.debtor_class, share.country).why for share in by_itself}
        if saved.general_for and not reasons:
            reasons = {place(DebtorClass(saved.general_for), HOME).why}
        found.append(
            InRule(
                rule=saved.terms,
                general_for=saved.general_for,
                customers=sum(share.customers for share in mine),
                by_hand=sum(share.customers for share in mine if share.by_hand),
                why="; ".join(sorted(reasons)),
            )
        )
    return found
