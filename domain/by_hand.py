"""What a person may do by hand, and exactly why not when they may not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from domain import requests
from domain.agency import Consequence
from domain.calendar import BankingCalendar
from domain.case import Case, Hold, Letter
from domain.gates import hand_over_gate, nothing_to_collect
from domain.law import Law
from domain.outcomes import (
    Closed,
    HandOverApproved,
    HoldPlaced,
    HoldReleased,
    Outcome,
    StateSet,
    WithdrawnFromAgency,
)
from domain.procedure import letter_now
from domain.requests import Refused
from domain.rule import Rule
from domain.states import HoldKind, InvoiceState, LetterKind
from domain.steps import Step, StepKind


def decide(
    case: Case,
    request: requests.Request,
    rule: Rule | None,
    law: Law,
    calendar: BankingCalendar,
    now: datetime,
) -> tuple[Outcome | Step, ...]:
    """What granting the request means: outcomes to record, and steps to take at once.

    Raises `Refused` with the reason.
    """
    if case.closed:
        raise Refused(f"the invoice is closed ({case.state.value}); nothing more can be done to it")
    if not isinstance(request, requests.Hold | requests.Release):
        _not_the_agencys(case, request)
    match request:
        case requests.Hold():
            return _hold(request, calendar, now)
        case requests.Release():
            return _release(case, request)
        case requests.Cancel():
            reason = request.reason or "cancelled by hand"
            return (Closed(state=InvoiceState.CANCELLED, reason=reason),)
        case requests.SetState():
            return _set_state(case, request, calendar, now)
        case requests.SendNow():
            step = letter_now(case, rule, law, calendar, now)
            if isinstance(step, str):
                raise Refused(step)
            if request.letter not in {None, step.kind.letter}:
                raise Refused(f"the next letter is not the {request.letter}: look at it again")
            return (step,)
        case requests.HandOver():
            return _hand_over(case, law, calendar, now)
        case requests.Withdraw():
            return _withdraw(case, request)
        case _:
            assert_never(request)


def _not_the_agencys(case: Case, request: requests.Request) -> None:
    """Raises `Refused` if only the agency may act now."""
    file = case.agency
    if file is None or not file.open:
        return
    if file.status is not None and file.consequence is Consequence.LOCKED:
        raise Refused(
            f"the agency has locked the case for billing ({file.status.finnish}): nobody acts on"
            " the invoice before it says how the case ended"
        )
    ending = request.kind in {"cancel", "withdraw", "set_state"}
    if ending and file.merged_into and not file.let_go:
        raise Refused(
            f"the agency has merged the claim into case {file.merged_into}: take that one back;"
            " this one is let go with it"
        )


def _hold(
    request: requests.Hold, calendar: BankingCalendar, now: datetime
) -> tuple[Outcome | Step, ...]:
    today = calendar.local_date(now)
    if request.until is not None and request.until < today:
        raise Refused(f"a hold until {request.until} would already be over: today is {today}")
    if request.hold in {HoldKind.PROMISE, HoldKind.EXTENSION} and request.until is None:
        raise Refused(f"a hold of kind {request.hold.value} needs its last day (until)")
    hold = Hold(kind=request.hold, reason=request.reason, author=request.actor, until=request.until)
    return (HoldPlaced(hold=hold),)


def _release(case: Case, request: requests.Release) -> tuple[Outcome | Step, ...]:
    there = tuple(hold.kind for hold in case.holds)
    kinds = there if request.hold is None else tuple(k for k in there if k is request.hold)
    if not kinds and not (request.hold is None and case.attention):
        what = "nothing holds it" if request.hold is None else f"no hold of kind {request.hold}"
        raise Refused(f"there is nothing to release: {what}")
    everything = request.hold is None
    return (HoldReleased(holds=kinds, reason=request.reason, attention=everything),)


_INSTEAD = {
    InvoiceState.PAID: "an invoice is paid by a payment: book it (pay)",
    InvoiceState.CREDITED: "an invoice is credited by a credit note: book it (credit)",
    InvoiceState.CANCELLED: "to end the procedure use cancel",
    InvoiceState.IN_COLLECTION: "to give it to the agency use hand-over",
}


def _set_state(
    case: Case, request: requests.SetState, calendar: BankingCalendar, now: datetime
) -> tuple[Outcome | Step, ...]:
    to = request.to
    if instead := _INSTEAD.get(to):
        raise Refused(f"cannot be set to {to.value} by hand: {instead}")
    if to is case.state:
        raise Refused(f"the invoice is {to.value} already")
    if to is InvoiceState.WRITTEN_OFF:
        return (Closed(state=to, reason=request.reason or "written off by hand"),)
    if case.at_agency:
        raise Refused("the invoice is at the agency: take it back first (withdraw)")
    today = calendar.local_date(now)
    due = calendar.shifted_due(case.due)
    if to is InvoiceState.OPEN and today > due:
        raise Refused(f"the invoice fell due on {due}: it cannot be open again")
    if to is not InvoiceState.OPEN and today <= due:
        raise Refused(f"the invoice is not overdue before {due + timedelta(days=1)}")
    return (StateSet(to=to, letters=_stated(case, to, calendar, now), reason=request.reason),)


def _stated(
    case: Case, to: InvoiceState, calendar: BankingCalendar, now: datetime
) -> tuple[Letter, ...]:
    """The letters that the new state says were sent, and Karhu did not send.

    They count as sent today: nothing that follows can then come too early.
    """
    wanted = {
        InvoiceState.REMINDED: (LetterKind.REMINDER,),
        InvoiceState.NOTIFIED: (LetterKind.REMINDER, LetterKind.NOTICE),
    }.get(to, ())
    today = calendar.local_date(now)
    return tuple(
        Letter(
            kind=kind,
            round=case.rounds + place,
            on=today,
            due=calendar.shifted_due(today + timedelta(days=_STATED_PAYMENT_DAYS)),
            fee_cents=0,
            channel=None,
            notice_id=None,
            sent=True,
        )
        for place, kind in enumerate((k for k in wanted if not case.sent(k)), start=1)
    )


_STATED_PAYMENT_DAYS = 14
"""Payment time supposed for a letter sent outside Karhu: longer than any channel's."""


def _hand_over(
    case: Case, law: Law, calendar: BankingCalendar, now: datetime
) -> tuple[Outcome | Step, ...]:
    if case.at_agency:
        raise Refused("the invoice is at the agency already")
    today = calendar.local_date(now)
    if holds := case.active_holds(today):
        raise Refused(f"held: {', '.join(hold.kind.value for hold in holds)}; release it first")
    if why_not := nothing_to_collect(case, law, today):
        raise Refused(why_not)
    lawful, reason = hand_over_gate(case, law, calendar, today)
    if lawful is None:
        raise Refused(reason)
    if lawful > today:
        # Approved, it goes by itself on the first lawful day.
        return (HandOverApproved(),)
    return (
        HandOverApproved(),
        Step(kind=StepKind.HAND_OVER, when=now, why="handed over by hand"),
    )


def _withdraw(case: Case, request: requests.Withdraw) -> tuple[Outcome | Step, ...]:
    if not case.at_agency:
        raise Refused("the invoice is not at the agency")
    reason = request.reason or "withdrawn by the creditor"
    hold = Hold(kind=HoldKind.MANUAL, reason=f"taken back: {reason}", author=request.actor)
    # Held, or the rule would hand it over again at once.
    return (WithdrawnFromAgency(reason=reason), HoldPlaced(hold=hold))
