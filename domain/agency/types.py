"""What every message of an agency's is made of."""

from datetime import UTC
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

# The agency's names for a case and a message are opaque and short; they become keys on both sides.
Key = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]
Cents = Annotated[int, Field(ge=0, strict=True)]
PositiveCents = Annotated[int, Field(gt=0, strict=True)]
Instant = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class MessageKind(StrEnum):
    """What a message to or from the agency is about."""

    ASSIGNMENT = "assignment"
    WITHDRAWAL = "withdrawal"
    DIRECT_PAYMENT = "direct_payment"
    PAYMENT_REVERSAL = "payment_reversal"
    CREDIT_NOTICE = "credit_notice"
    DISPUTE = "dispute"
    CONTACT_CHANGE = "contact_change"
    STATUS = "status"
    CONTRACT = "contract"


class Said(BaseModel):
    """A message to the agency changes nothing once it is made: a repeat must be the same to the
    byte."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Heard(BaseModel):
    """What an agency says. Fields that we don't know are let be, since an agency adds to its
    messages without asking."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Collected(Said):
    """What the agency itself has collected of a settled case, in cents, as it will remit it."""

    principal_cents: Cents
    interest_cents: Cents
    fees_cents: Cents

    @property
    def total_cents(self) -> int:
        """The sum of the three."""
        return self.principal_cents + self.interest_cents + self.fees_cents
