"""What can become of an invoice; `domain.folding` carries its case forward by it.

Every outcome is one row of the invoice's event log, numbered from 1 without gaps, and
`case.seen` is the number of the last one folded; so the case can always be rebuilt from the log,
and an outcome whose report was lost with a crashed worker is found there again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from domain.agency import CollectionStatus
from domain.agency.contract import INTRUM
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
    sequence: int = 0
    """The agency's own number: of two the greater is the later; 0: it was not kept."""
    merged_into: str = ""
    """Our reference of the case that the claim goes on in from here on."""
    agency: str = INTRUM
    """Which agency says so."""


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
        ) and payment_days(case, self.paid_on) == case.paid_on


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


class AgencyAwaited(Frozen):
    """A hand-over is due, and the company's contract with the agency or its settings bar it.

    `until`: the local date on which they do no more, if it is known.
    """

    kind: Literal["agency_awaited"] = "agency_awaited"
    reason: str
    until: date | None = None


class AgencyReady(Frozen):
    """The contract or the settings that a hand-over waited for let it go now."""

    kind: Literal["agency_ready"] = "agency_ready"


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
    | AgencyAwaited
    | AgencyReady
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


def payment_days(case: Case, latest: date | None) -> tuple[date, ...]:
    """The days of payments that stand, as far as they were seen; later ones were taken back."""
    if latest is None:
        return ()
    return (*(day for day in case.paid_on if day < latest), latest)
