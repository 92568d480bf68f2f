"""What happens to an invoice next, as the procedure says it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from domain.states import InvoiceState, LetterKind


class StepKind(StrEnum):
    BECOME_OVERDUE = "become_overdue"
    COURTESY = "courtesy"
    REMIND = "remind"
    NOTIFY = "notify"
    HAND_OVER = "hand_over"
    CLOSE = "close"
    PROPOSE = "propose"
    """Put a letter before somebody, whose approval it needs."""
    APPROVE = "approve"
    """Wait for that approval."""
    WAIT = "wait"

    @property
    def letter(self) -> LetterKind | None:
        return _LETTERS.get(self)

    @property
    def words(self) -> str:
        """What it is: "reminder", "hand-over to the agency"."""
        return _WORDS[self]

    @property
    def waits(self) -> bool:
        """Whether nothing is done by itself."""
        return self in {StepKind.WAIT, StepKind.APPROVE}


_WORDS = {
    StepKind.BECOME_OVERDUE: "becomes overdue",
    StepKind.COURTESY: "friendly reminder",
    StepKind.REMIND: "reminder",
    StepKind.NOTIFY: "notice",
    StepKind.HAND_OVER: "hand-over to the agency",
    StepKind.CLOSE: "closes",
    StepKind.PROPOSE: "letter for approval",
    StepKind.APPROVE: "waits for approval",
    StepKind.WAIT: "waits",
}

_LETTERS = {
    StepKind.COURTESY: LetterKind.COURTESY,
    StepKind.REMIND: LetterKind.REMINDER,
    StepKind.NOTIFY: LetterKind.NOTICE,
}


class Step(BaseModel):
    """What happens next.

    `when`: the business instant; of a wait, when to think again, None: when something happens.
    `letter`: what is proposed, or waits for approval.
    `fee_cents`: what the letter will cost the debtor. `taken_off`: what the law takes off the
    rule's fee, and why; `why` says it too. `close_as`: the state a CLOSE ends in.
    """

    model_config = ConfigDict(frozen=True)

    kind: StepKind
    when: AwareDatetime | None
    why: str
    fee_cents: int = 0
    taken_off: str = ""
    letter: LetterKind | None = None
    close_as: InvoiceState | None = None

    def due(self, now: datetime) -> bool:
        return not self.kind.waits and self.when is not None and self.when <= now
