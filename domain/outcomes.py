"""What can become of an invoice, and the fold that carries its case forward.

Every outcome is one row of the invoice's event log, numbered from 1 without gaps, and
`case.seen` is the number of the last one folded; so the case can always be rebuilt from the log,
and an outcome whose report was lost with a crashed worker is found there again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Literal, assert_never

from pydantic import AwareDatetime, Field

from domain.agency import AgencyService, CollectionStatus
from domain.case import AgencyFile, Case, Frozen, Hold, Letter
from domain.ledger import Entry, last_payment_on, settlement
from domain.states import Channel, HoldKind, InvoiceState, LetterKind


class BecameOverdue(Frozen):
    kind: Literal["became_overdue"] = "became_overdue"


class LetterReleased(Frozen):
    kind: Literal["letter_released"] = "letter_released"
    letter: Letter
    interest_cents: int
    service_cents: int


class LetterProposed(Frozen):
    """A letter's time has come, and its rule has it wait for somebody's approval."""

    kind: Literal["letter_proposed"] = "letter_proposed"
    letter: LetterKind


class LetterSent(Frozen):
    """The channel took the letter; `on` and `due` are those of the day it really left."""

    kind: Literal["letter_sent"] = "letter_sent"
    notice_id: int
    on: date
    due: date


class LetterRerouted(Frozen):
    """One channel would not have the letter, or gave it back; it leaves by another.

    It is the same letter, its fee charged once; `on` and `due` are those of the new sending.
    """

    kind: Literal["letter_rerouted"] = "letter_rerouted"
    notice_id: int
    channel: Channel
    on: date
    due: date
    transaction_cents: int
    """What the new channel costs the company, in place of the price of the one before."""
    reason: str


class LetterWithdrawn(Frozen):
    """A released letter that did not leave, or came back; its fee and charges were reversed."""

    kind: Literal["letter_withdrawn"] = "letter_withdrawn"
    notice_id: int
    reason: str
    failed: bool = False


class HandedOver(Frozen):
    kind: Literal["handed_over"] = "handed_over"
    file: AgencyFile


class HandOverRefused(Frozen):
    kind: Literal["hand_over_refused"] = "hand_over_refused"
    case_id: int
    reason: str


class AgencyMessageRefused(Frozen):
    """The agency would not take a later message (a withdrawal, a direct payment)."""

    kind: Literal["agency_message_refused"] = "agency_message_refused"
    reason: str


class AgencyStatusChanged(Frozen):
    kind: Literal["agency_status_changed"] = "agency_status_changed"
    status: CollectionStatus | None
    status_text: str
    occurred_at: AwareDatetime
    current: bool
    """False for a status that came late: history, but not where the case is now."""


class WithdrawnFromAgency(Frozen):
    kind: Literal["withdrawn_from_agency"] = "withdrawn_from_agency"
    reason: str


class HoldPlaced(Frozen):
    kind: Literal["hold_placed"] = "hold_placed"
    hold: Hold


class HoldReleased(Frozen):
    """`attention`: everything was released, and with it what needed attention."""

    kind: Literal["hold_released"] = "hold_released"
    holds: tuple[HoldKind, ...]
    reason: str
    attention: bool = True


class StateSet(Frozen):
    """A person moved the invoice; `letters` are those sent outside Karhu, so stated."""

    kind: Literal["state_set"] = "state_set"
    to: InvoiceState
    letters: tuple[Letter, ...] = ()
    reason: str


class HandOverApproved(Frozen):
    kind: Literal["hand_over_approved"] = "hand_over_approved"


class BalanceSeen(Frozen):
    kind: Literal["balance_seen"] = "balance_seen"
    principal_cents: int
    open_cents: int
    paid_cents: int
    paid_on: date | None = None
    """The day of the latest payment that stands; None: nothing was paid, or it is not known."""

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> BalanceSeen:
        """What a procedure sees of a ledger. Raises `UnbalancedEntry`."""
        now = settlement(entries)
        return cls(
            principal_cents=now.uncovered_principal_cents,
            open_cents=now.balance.open_cents,
            paid_cents=now.paid_cents,
            paid_on=last_payment_on(entries),
        )

    def known_to(self, case: Case) -> bool:
        """Whether the case says the same already."""
        return (self.principal_cents, self.open_cents, self.paid_cents) == (
            case.principal_cents,
            case.open_cents,
            case.paid_cents,
        ) and _payment_days(case, self.paid_on) == case.paid_on


class AttentionNeeded(Frozen):
    kind: Literal["attention_needed"] = "attention_needed"
    reason: str


class RateAwaited(Frozen):
    """A letter's interest cannot be computed before the half-year's reference rate is known."""

    kind: Literal["rate_awaited"] = "rate_awaited"
    half_year: str


class RatePublished(Frozen):
    """The reference rate that was waited for has been added."""

    kind: Literal["rate_published"] = "rate_published"
    half_year: str


class FeedAwaited(Frozen):
    """A letter or hand-over is due, and the bank's word is too old to be sure of no payment."""

    kind: Literal["feed_awaited"] = "feed_awaited"
    reason: str


class FeedRead(Frozen):
    """A fresh enough file of the bank's has been read, or none is demanded any more."""

    kind: Literal["feed_read"] = "feed_read"


class RuleChanged(Frozen):
    """The invoice runs under another version or another rule from here on; None: under none."""

    kind: Literal["rule_changed"] = "rule_changed"
    rule_version_id: int | None
    rule: str


class Reopened(Frozen):
    """A payment that had closed the invoice was taken back; `state`: where it goes on from."""

    kind: Literal["reopened"] = "reopened"
    state: InvoiceState
    reason: str


class RequestRefused(Frozen):
    """A request that came as a signal, and so could not be answered, was refused."""

    kind: Literal["request_refused"] = "request_refused"
    request: str
    reason: str


class Closed(Frozen):
    kind: Literal["closed"] = "closed"
    state: InvoiceState
    reason: str


Outcome = Annotated[
    BecameOverdue
    | LetterReleased
    | LetterProposed
    | LetterSent
    | LetterRerouted
    | LetterWithdrawn
    | HandedOver
    | HandOverRefused
    | AgencyMessageRefused
    | AgencyStatusChanged
    | WithdrawnFromAgency
    | HoldPlaced
    | HoldReleased
    | StateSet
    | HandOverApproved
    | BalanceSeen
    | AttentionNeeded
    | RateAwaited
    | RatePublished
    | FeedAwaited
    | FeedRead
    | RuleChanged
    | Reopened
    | RequestRefused
    | Closed,
    Field(discriminator="kind"),
]


class Recorded(Frozen):
    """An outcome as the invoice's event log has it: numbered from 1 without gaps."""

    seq: int
    outcome: Outcome


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
                added = {"letters": (*case.letters, letter), "state": letter.kind.leads_to}
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
            }
        case HandOverRefused():
            if not _open_file(case, outcome.case_id):
                # Closed or taken back before the answer came: nothing comes back to us.
                return {}
            return {
                "state": _before_agency(case),
                "agency": None,
                "attention": f"Intrum did not take the assignment: {outcome.reason}",
            }
        case AgencyMessageRefused():
            return {"attention": f"Intrum did not take a message: {outcome.reason}"}
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
            }
        case HandOverApproved():
            return {"approved": True, "attention": None}
        case BalanceSeen():
            return {
                "principal_cents": outcome.principal_cents,
                "open_cents": outcome.open_cents,
                "paid_cents": outcome.paid_cents,
                "paid_on": _payment_days(case, outcome.paid_on),
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
        case RuleChanged():
            # What the old rule waited for, the new one may not need.
            return {"awaits_rate": None}
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


def _payment_days(case: Case, latest: date | None) -> tuple[date, ...]:
    """The days of payments that stand, as far as they were seen; later ones were taken back."""
    if latest is None:
        return ()
    return (*(day for day in case.paid_on if day < latest), latest)


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
        }
    )
    return {"agency": file}
