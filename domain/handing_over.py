"""When an invoice goes to the collection agency, and what keeps it from going."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from domain.calendar import BankingCalendar
from domain.case import Case
from domain.gates import hand_over_gate
from domain.law import Law
from domain.rule import HandOver, Rule, Sending
from domain.states import InvoiceState
from domain.steps import Step, StepKind
from domain.waits import MIDNIGHT, OFF, WINDOW, held, spread, too_small, wait


def hand_over(
    case: Case, rule: Rule | None, law: Law, calendar: BankingCalendar, now: datetime
) -> Step:
    """When the invoice goes to the agency, by its rule or approved by hand, or what it waits for.

    An overdue one goes to the reminder service, a notified one to collection.
    """
    if not case.approved and (stop := _stops_hand_over(case, rule)):
        return stop
    today = calendar.local_date(now)
    if bans := [hold for hold in case.active_holds(today) if not hold.kind.stops_letters]:
        return held(bans, calendar)
    lawful, reason = hand_over_gate(case, law, calendar, today)
    if lawful is None:
        return wait(f"may not go to the agency: {reason}")
    ruled, why = today, "approved by hand"
    if rule is not None and not case.approved:
        ruled, why = _ruled_hand_over(case, rule, calendar)
    if lawful > ruled:
        why = f"{why}, moved on by law: {reason}"
    moment = WINDOW.next_moment(now, max(ruled, lawful), spread(case), calendar)
    return Step(kind=StepKind.HAND_OVER, when=moment, why=why)


def to_reminder_service(case: Case, rule: Rule | None) -> bool:
    """Whether the rule has the agency remind of the invoice: once, if it comes back."""
    return rule is not None and rule.reminder_service is not None and case.agency is None


def _stops_hand_over(case: Case, rule: Rule | None) -> Step | None:
    """What keeps the rule from handing the invoice over by itself, if something does."""
    if rule is None:
        return wait("no rule: handled by hand")
    reminds = case.state is InvoiceState.OVERDUE and rule.reminder_service is not None
    if not reminds and rule.hand_over is HandOver.NEVER:
        return wait(f"rule {rule.name} v{rule.version} does not hand over to the agency")
    if rule.sending is Sending.OFF:
        return wait(OFF)
    on_approval = rule.hand_over is HandOver.ON_APPROVAL
    if reminds and rule.reminder_service is not None:
        on_approval = rule.reminder_service.on_approval
    if on_approval:
        to = "the agency's reminder service" if reminds else "the agency"
        why = f"waits for somebody to approve the hand-over to {to}"
        return Step(kind=StepKind.APPROVE, when=None, why=why)
    return too_small(case, rule)


def _ruled_hand_over(case: Case, rule: Rule, calendar: BankingCalendar) -> tuple[date, str]:
    """The day on which the rule hands the invoice over, and why."""
    last = case.last_letter
    days = rule.hand_over_after_days
    if case.state is InvoiceState.OVERDUE and rule.reminder_service is not None:
        last, days = None, rule.reminder_service.after_days
    counted_from = last.on if last else calendar.shifted_due(case.due)
    after = "last letter" if last else "due date"
    why = f"{days} days after the {after} (rule {rule.name} v{rule.version})"
    return counted_from + timedelta(days=days), why


def awaits_agency(case: Case, calendar: BankingCalendar, today: date) -> Step | None:
    """Wait for the contract with the agency, or for its settings, if the hand-over does."""
    until = case.awaits_agency_until
    if case.awaits_agency is None or (until is not None and until <= today):
        return None
    when = calendar.at(until, MIDNIGHT) if until else None
    return wait(f"not handed over: {case.awaits_agency}", when)
