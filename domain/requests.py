"""What a person may ask of an invoice's procedure.

Each request is one model, the same on the command line, in the API, as a Temporal update and,
for the main four, as a signal that the Temporal Web UI can send.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from domain import personal_code
from domain.states import HoldKind, InvoiceState, LetterKind

# What people write is kept in the log for years; a personal identity code in it is not.
Words = Annotated[str, AfterValidator(personal_code.left_out)]


class _Request(BaseModel):
    """`actor`: who asks. `key`: idempotency key; asking again with the same key changes nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    actor: Words = "operator"
    reason: Words = ""
    key: str | None = None


class Hold(_Request):
    """Wait, until released or through the local date `until`."""

    kind: Literal["hold"] = "hold"
    hold: HoldKind = HoldKind.MANUAL
    until: date | None = None


class Release(_Request):
    """Go on. `hold` None releases every hold, and clears *needs attention*."""

    kind: Literal["release"] = "release"
    hold: HoldKind | None = None


class Cancel(_Request):
    """End the procedure: the invoice was a mistake."""

    kind: Literal["cancel"] = "cancel"


class SetState(_Request):
    """Move the invoice to a state by hand; the procedure goes on from there."""

    kind: Literal["set_state"] = "set_state"
    to: InvoiceState


class SendNow(_Request):
    """Send the next letter now rather than at the rule's time. The law's time still holds.

    `letter`: no other one than this, should somebody have sent it meanwhile; None: whichever is
    next.
    """

    kind: Literal["send_now"] = "send_now"
    letter: LetterKind | None = None


class HandOver(_Request):
    """Hand over to the agency now, or approve a hand-over that waits for approval."""

    kind: Literal["hand_over"] = "hand_over"


class Withdraw(_Request):
    """Take the invoice back from the agency."""

    kind: Literal["withdraw"] = "withdraw"


Request = Annotated[
    Hold | Release | Cancel | SetState | SendNow | HandOver | Withdraw,
    Field(discriminator="kind"),
]


class Refused(Exception):  # noqa: N818 - reads as what happened
    """A request that cannot be done, and exactly why not."""
