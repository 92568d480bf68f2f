"""A company's dunning rule (muistutussääntö): one version of it, as the procedure reads it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from domain.law import DebtorClass
from domain.states import Channel, LetterKind

Days = Annotated[int, Field(ge=0, le=365)]
Cents = Annotated[int, Field(ge=0)]


class HandOver(StrEnum):
    """Whether an invoice goes on to the agency after the notice."""

    NEVER = "never"
    AUTOMATIC = "automatic"
    ON_APPROVAL = "on_approval"


class Sending(StrEnum):
    """Whether letters leave by themselves."""

    AUTOMATIC = "automatic"
    ON_APPROVAL = "on_approval"  # hyväksynnän jälkeen
    OFF = "off"
    """The company's automation is switched off. No rule says so itself (`domain.rule_check`)."""


class Residual(StrEnum):
    """What happens to fees and interest when the principal alone has been paid."""

    FORGIVE = "forgive"
    PURSUE = "pursue"


class LetterTerms(BaseModel):
    """One letter of the ladder.

    `after_days`: full days after the due date (reminder), or after the reminder left (notice).
    `fee_cents`: what the debtor is charged; capped by law when it is charged.
    """

    model_config = ConfigDict(frozen=True)

    after_days: Days
    fee_cents: Cents = 0


class CourtesyTerms(BaseModel):
    """A friendly, free reminder (ystävällinen muistutus).

    `days`: after the due date, or before it if negative. A free reminder has no minimum time in the
    Debt Collection Act 513/1999.
    """

    model_config = ConfigDict(frozen=True)

    days: Annotated[int, Field(ge=-30, le=30)]

    @field_validator("days")
    @classmethod
    def _not_the_due_date(cls, days: int) -> int:
        if days == 0:
            raise ValueError("a friendly reminder goes out before the due date or after it")
        return days


class ReminderServiceTerms(BaseModel):
    """The agency's reminder service (huomautuspalvelu), which reminds in place of own letters.

    `after_days`: full days after the due date. `on_approval`: somebody approves each hand-over.
    An invoice goes there once; from there it comes back to the rule's own letters.
    """

    model_config = ConfigDict(frozen=True)

    after_days: Days
    on_approval: bool = False


class Rule(BaseModel):
    """One version of a rule. A letter that is None is not sent.

    `debtors`: whom the rule is for; it is saved only if it is lawful for each of them
    (`domain.rule_check`). Not said, it must be lawful for everybody.
    `minimum_cents`: with less than this of its principal open, an invoice is neither reminded nor
    handed over.
    `channels`: in order of preference; the first that the customer can be reached by is used, and
    the next one if that one refuses the letter for good. A customer's own order goes before it.
    `hand_over_after_days`: full days after the notice left.
    `reminder_service`: overdue invoices go to the agency's reminder service; None: they don't.
    `sending`: whether letters leave by themselves, or wait for somebody's approval when their time
    has come.
    """

    model_config = ConfigDict(frozen=True)

    name: str = Field(min_length=1, max_length=100)
    version: int = Field(default=1, ge=1)
    debtors: tuple[DebtorClass, ...] = Field(default=tuple(DebtorClass), min_length=1)
    courtesy: CourtesyTerms | None = None
    reminder: LetterTerms | None
    notice: LetterTerms | None
    interest: bool = True
    minimum_cents: Cents = 0
    channels: tuple[Channel, ...] = tuple(Channel)
    sending: Sending = Sending.AUTOMATIC
    hand_over: HandOver = HandOver.NEVER
    hand_over_after_days: Days = 15
    reminder_service: ReminderServiceTerms | None = None
    residual: Residual = Residual.FORGIVE

    @property
    def switched_off(self) -> Rule:
        """The same rule while the company's automation is off."""
        return self.model_copy(update={"sending": Sending.OFF})

    def letter(self, kind: LetterKind) -> LetterTerms | None:
        """What the ladder's letters cost and when they go; a courtesy has terms of its own."""
        return {LetterKind.REMINDER: self.reminder, LetterKind.NOTICE: self.notice}.get(kind)


CONSUMERS = Rule(
    name="Consumers",  # henkilöasiakkaat
    version=1,
    debtors=(DebtorClass.CONSUMER,),
    reminder=LetterTerms(after_days=15, fee_cents=500),
    notice=LetterTerms(after_days=15, fee_cents=500),
    minimum_cents=1_000,
    hand_over=HandOver.AUTOMATIC,
    hand_over_after_days=18,
)

BUSINESSES = Rule(
    name="Businesses",  # yritysasiakkaat
    version=1,
    debtors=(DebtorClass.BUSINESS, DebtorClass.OTHER),
    reminder=LetterTerms(after_days=7, fee_cents=1_000),
    notice=LetterTerms(after_days=14, fee_cents=1_000),
    minimum_cents=1_000,
    hand_over=HandOver.AUTOMATIC,
    hand_over_after_days=14,
)


def general_rule(debtor: DebtorClass) -> Rule:
    """The general rule (yleinen sääntö) that a new customer of this class falls under."""
    return CONSUMERS if debtor is DebtorClass.CONSUMER else BUSINESSES
