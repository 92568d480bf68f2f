"""What is known of one invoice's procedure: the workflow's whole state.

It changes in one way alone, by folding recorded outcomes into it (`domain.outcomes`).
"""

from __future__ import annotations

from datetime import date

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.agency import AgencyService, CollectionPhase, CollectionStatus, Consequence, consequence
from domain.agency.contract import INTRUM, name
from domain.law import DebtorClass
from domain.states import Channel, HoldKind, InvoiceState, LetterKind


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Letter(Frozen):
    """A letter released to the debtor.

    `on`: the local date it left. `due`: its new due date. `fee_cents`: what it cost the debtor.
    `notice_id` is None for a letter that was sent outside Karhu and stated by a person.
    """

    kind: LetterKind
    round: int
    on: date
    due: date
    fee_cents: int
    channel: Channel | None
    notice_id: int | None
    sent: bool = False


class Hold(Frozen):
    """A reason to wait. `until`: the last local date on which it holds; None: until released."""

    kind: HoldKind
    reason: str
    author: str
    until: date | None = None


class AgencyFile(Frozen):
    """The invoice's file at the agency. `status` is None before its first known status.

    `status_text` is the agency's own wording, kept also when the status is one we don't know.
    `sequence` is the agency's number of that status: what has a greater one is later (0: unknown).
    `merged_into`: our reference of the case that the claim goes on in, whose statuses count here.
    """

    case_id: int
    service: AgencyService
    since: date
    status: CollectionStatus | None = None
    status_text: str = ""
    status_at: AwareDatetime | None = None
    sequence: int = 0
    merged_into: str = ""
    open: bool = True
    agency: str = INTRUM

    @property
    def name(self) -> str:
        """The agency's, in short."""
        return name(self.agency)

    @property
    def let_go(self) -> bool:
        """Whether the agency itself has ended the case, and the claim goes on in no other."""
        if self.merged_into and self.consequence is Consequence.FOLLOWED:
            return False
        return self.status is not None and self.status.phase is CollectionPhase.ENDED

    @property
    def consequence(self) -> Consequence:
        """What the status brings about for the invoice."""
        return consequence(self.status)


class Case(Frozen):
    """Everything the procedure knows of an invoice. Money in cents, days as local dates.

    `due` is the due date as invoiced; the procedure shifts it to a banking day.
    `invoice_sent_on` is when the invoice itself was sent (for the notice condition of 10 b §).
    `principal_cents` (what payments and credits leave of it if they count for it first),
    `open_cents` (with fees and interest) and `paid_cents` are what the ledger last said.
    `awaits_rate` is the half-year ("2027H1") whose reference rate the next letter waits for.
    `awaits_feed`: the next letter waits for a fresher file of the bank's, and why, in words.
    `awaits_agency`: a hand-over waits for the contract with the agency or its settings, and why;
    `awaits_agency_until`: the local date on which that ends by itself, if it does.
    `letters` are those of the ladder; `courtesy` is the free word beside it, of which there is one.
    `proposed`: a letter whose time has come and that waits for somebody's approval.
    `paid_on`: the days of payments, in order: each begins the limitation period anew.
    `rounds` counts every letter ever released, also those that did not leave.
    """

    invoice_id: int
    company: str
    number: str
    debtor: DebtorClass
    due: date
    invoice_sent_on: date
    original_cents: int
    principal_cents: int
    open_cents: int
    paid_cents: int = 0
    paid_on: tuple[date, ...] = ()
    rounds: int = 0
    state: InvoiceState = InvoiceState.OPEN
    letters: tuple[Letter, ...] = ()
    courtesy: Letter | None = None
    proposed: LetterKind | None = None
    holds: tuple[Hold, ...] = ()
    agency: AgencyFile | None = None
    approved: bool = False
    attention: str | None = None
    awaits_rate: str | None = None
    awaits_feed: str | None = None
    awaits_agency: str | None = None
    awaits_agency_until: date | None = None
    last_refusal: str | None = None
    seen: int = 0

    @property
    def closed(self) -> bool:
        return self.state.final

    @property
    def last_letter(self) -> Letter | None:
        return self.letters[-1] if self.letters else None

    @property
    def all_letters(self) -> tuple[Letter, ...]:
        """The ladder's and the friendly one, in the order of their release."""
        if self.courtesy is None:
            return self.letters
        return tuple(sorted((*self.letters, self.courtesy), key=lambda letter: letter.round))

    @property
    def at_agency(self) -> bool:
        return self.agency is not None and self.agency.open

    def active_holds(self, on: date) -> tuple[Hold, ...]:
        return tuple(hold for hold in self.holds if hold.until is None or hold.until >= on)

    def sent(self, kind: LetterKind) -> bool:
        return any(letter.kind is kind for letter in self.letters)
