"""The fold that carries an invoice's case forward, outcome by outcome."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from domain.agency import AgencyService
from domain.case import Case
from domain.outcomes import (
    AgencyAwaited,
    AgencyMessageRefused,
    AgencyReady,
    AgencyStatusChanged,
    AttentionNeeded,
    BalanceSeen,
    BecameOverdue,
    Closed,
    FeedAwaited,
    FeedRead,
    HandedOver,
    HandOverApproved,
    HandOverRefused,
    HoldPlaced,
    HoldReleased,
    LetterProposed,
    LetterReleased,
    LetterRerouted,
    LetterSent,
    LetterWithdrawn,
    Outcome,
    RateAwaited,
    RatePublished,
    Recorded,
    Reopened,
    RequestRefused,
    RuleChanged,
    StateSet,
    WithdrawnFromAgency,
    payment_days,
)
from domain.states import InvoiceState, LetterKind

_NO_AGENCY_AWAITED: dict[str, object] = {"awaits_agency": None, "awaits_agency_until": None}


def apply(case: Case, outcome: Outcome) -> Case:
    """Fold one outcome into the case. Total: every outcome is meaningful in every case."""
    change = _change(case, outcome)
    if not isinstance(outcome, RequestRefused):
        change["last_refusal"] = None
    return case.model_copy(update=change)


def _change(case: Case, outcome: Outcome) -> dict[str, object]:
    match outcome:
        case BecameOverdue():
            return {"state": InvoiceState.OVERDUE}
        case LetterReleased():
            letter = outcome.letter
            added: dict[str, object] = {"courtesy": letter}
            if letter.kind.leads_to is not None:
                added = {
                    "letters": (*case.letters, letter),
                    "state": letter.kind.leads_to,
                    # It was given for another state, and another service of the agency's.
                    "approved": False,
                    **_NO_AGENCY_AWAITED,
                }
            return added | {
                "rounds": max(case.rounds, letter.round),
                "proposed": None,
                "attention": None,
                "awaits_rate": None,
                "awaits_feed": None,
            }
        case LetterProposed():
            return {"proposed": outcome.letter}
        case LetterSent():
            return _with_letter(case, outcome, sent=True)
        case LetterRerouted():
            return _with_letter(case, outcome, sent=False, channel=outcome.channel)
        case LetterWithdrawn():
            return _without_letter(case, outcome)
        case HandedOver():
            return {
                "state": InvoiceState.IN_COLLECTION,
                "agency": outcome.file,
                "approved": False,
                "attention": None,
                "awaits_feed": None,
                **_NO_AGENCY_AWAITED,
            }
        case HandOverRefused():
            if not _open_file(case, outcome.case_id):
                # Closed or taken back before the answer came: nothing comes back to us.
                return {}
            return {
                "state": _before_agency(case),
                "agency": case.agency and case.agency.model_copy(update={"open": False}),
                "attention": f"the agency did not take the assignment: {outcome.reason}",
            }
        case AgencyMessageRefused():
            return {"attention": f"the agency did not take a message: {outcome.reason}"}
        case AgencyStatusChanged():
            return _agency_status(case, outcome)
        case WithdrawnFromAgency():
            return {
                "state": _before_agency(case),
                "agency": case.agency and case.agency.model_copy(update={"open": False}),
                "attention": None,
            }
        case HoldPlaced():
            others = tuple(hold for hold in case.holds if hold.kind is not outcome.hold.kind)
            return {"holds": (*others, outcome.hold)}
        case HoldReleased():
            return {
                "holds": tuple(hold for hold in case.holds if hold.kind not in outcome.holds),
                "attention": None if outcome.attention else case.attention,
            }
        case StateSet():
            return {
                "state": outcome.to,
                "letters": (*case.letters, *outcome.letters),
                "rounds": max(case.rounds, *(letter.round for letter in outcome.letters), 0),
                "approved": False,
                "proposed": None,
                "attention": None,
                "awaits_rate": None,
                "awaits_feed": None,
                **_NO_AGENCY_AWAITED,
            }
        case HandOverApproved():
            return {"approved": True, "attention": None, **_NO_AGENCY_AWAITED}
        case BalanceSeen():
            return {
                "principal_cents": outcome.principal_cents,
                "open_cents": outcome.open_cents,
                "paid_cents": outcome.paid_cents,
                "paid_on": payment_days(case, outcome.paid_on),
            }
        case AttentionNeeded():
            return {"attention": outcome.reason}
        case RateAwaited():
            return {"awaits_rate": outcome.half_year}
        case RatePublished():
            return {"awaits_rate": None}
        case FeedAwaited():
            return {"awaits_feed": outcome.reason}
        case FeedRead():
            return {"awaits_feed": None}
        case AgencyAwaited():
            return {"awaits_agency": outcome.reason, "awaits_agency_until": outcome.until}
        case AgencyReady():
            return dict(_NO_AGENCY_AWAITED)
        case RuleChanged():
            # What the old rule waited for, the new one may not need.
            return {"awaits_rate": None, **_NO_AGENCY_AWAITED}
        case Reopened():
            # Its file at the agency ended when it closed; a new one may follow.
            return {"state": outcome.state, "approved": False}
        case RequestRefused():
            return {"last_refusal": f"{outcome.request}: {outcome.reason}"}
        case Closed():
            return {
                "state": outcome.state,
                "attention": None,
                "awaits_feed": None,
                "agency": case.agency and case.agency.model_copy(update={"open": False}),
            }
        case _:
            assert_never(outcome)


def fold(case: Case, recorded: Iterable[Recorded]) -> Case:
    """Fold the log's next entries in order; those already seen are passed over.

    Stops at a gap (an entry that another report carries): what is missing comes with that report
    or is read from the log, and `case.seen` says how far the case has come.
    """
    for entry in recorded:
        if entry.seq == case.seen + 1:
            case = apply(case, entry.outcome).model_copy(update={"seen": entry.seq})
    return case


def _open_file(case: Case, case_id: int) -> bool:
    return case.agency is not None and case.agency.open and case.agency.case_id == case_id


def _before_agency(case: Case) -> InvoiceState:
    """The state that an invoice comes back to from the agency: the one its service takes."""
    if not case.at_agency or case.agency is None:
        return case.state
    if case.agency.service is AgencyService.REMINDER:
        return InvoiceState.OVERDUE
    return InvoiceState.NOTIFIED


def _with_letter(
    case: Case, outcome: LetterSent | LetterRerouted, **change: object
) -> dict[str, object]:
    """The case's letters, one of them with the outcome's days and other changes."""
    change |= {"on": outcome.on, "due": outcome.due}
    if case.courtesy is not None and case.courtesy.notice_id == outcome.notice_id:
        return {"courtesy": case.courtesy.model_copy(update=change)}
    return {
        "letters": tuple(
            letter.model_copy(update=change) if letter.notice_id == outcome.notice_id else letter
            for letter in case.letters
        )
    }


def _without_letter(case: Case, outcome: LetterWithdrawn) -> dict[str, object]:
    if case.courtesy is not None and case.courtesy.notice_id == outcome.notice_id:
        return {"courtesy": None} | ({"attention": outcome.reason} if outcome.failed else {})
    change: dict[str, object] = {
        "letters": tuple(item for item in case.letters if item.notice_id != outcome.notice_id)
    }
    gone = [item for item in case.letters if item.notice_id == outcome.notice_id]
    # Back to where the letter was released from, unless somebody has moved the invoice since.
    if gone and case.state is gone[0].kind.leads_to:
        reminder = gone[0].kind is LetterKind.REMINDER
        change["state"] = InvoiceState.OVERDUE if reminder else InvoiceState.REMINDED
    if outcome.failed:
        change["attention"] = outcome.reason
    return change


def _agency_status(case: Case, outcome: AgencyStatusChanged) -> dict[str, object]:
    if case.agency is None or not outcome.current:
        return {}
    file = case.agency.model_copy(
        update={
            "status": outcome.status,
            "status_text": outcome.status_text,
            "status_at": outcome.occurred_at,
            "sequence": outcome.sequence,
        }
    )
    if outcome.merged_into:
        # Of two cases the numbers are not compared: whatever the other one's status is, counts.
        file = file.model_copy(
            update={"merged_into": outcome.merged_into, "sequence": 0, "status_at": None}
        )
    return {"agency": file}
