"""What a letter says, free of language and looks: the facts behind the words and the page."""

import re
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from domain.interest import InterestPeriod
from domain.law import DebtorClass
from domain.money import Language
from domain.references import group, iban
from domain.states import LetterKind

_NOT_PRINTABLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def _one_line(value: object) -> object:
    # Line breaks and control characters would break the page, and the header of an e-mail.
    return _NOT_PRINTABLE.sub(" ", value).strip() if isinstance(value, str) else value


Line = Annotated[str, BeforeValidator(_one_line), Field(min_length=1)]
"""One line of text: white space is collapsed, control characters are dropped, not empty."""

Cents = Annotated[int, Field(ge=0, strict=True)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LetterDebtor(_Frozen):
    """Whom the letter is addressed to (velallinen)."""

    name: Line
    address_lines: tuple[Line, ...] = ()


class LetterCreditor(_Frozen):
    """Whose claim it is (velkoja), and whom to write or call about it."""

    name: Line
    business_id: Line
    """Y-tunnus."""
    address_lines: tuple[Line, ...] = Field(min_length=1)
    """The law wants the creditor's address in the letter (513/1999 5 a §)."""
    email: Line | None = None
    phone: Line | None = None


class LetterContent(_Frozen):
    """One reminder (maksumuistutus) or notice (maksukehotus), ready to be typeset.

    Holds what the Debt Collection Act 513/1999 5 a § lists for a payment demand, for both kinds of
    letter: the list is good practice for a creditor's own reminder. All amounts are in cents.
    Raises pydantic's ValidationError (a ValueError) when a part is missing, an identifier breaks
    its rule or the parts do not add up to the total.
    """

    kind: LetterKind
    language: Language
    letter_id: Line
    """Names this letter in correspondence and to the bookkeeping (kirjeen tunnus)."""
    debtor_class: DebtorClass
    """Consumers are told of their right under 513/1999 4 c §."""

    creditor: LetterCreditor
    debtor: LetterDebtor

    invoice_number: Line
    invoice_date: date
    original_due_date: date
    letter_date: date
    due_date: date
    """The last day both to pay and to object."""

    principal_cents: Cents
    """The invoice's sum (pääoma)."""
    paid_cents: Cents = 0
    """Paid or credited before this letter."""
    interest_cents: Cents = 0
    """Late interest (viivästyskorko) up to the letter."""
    interest_periods: tuple[InterestPeriod, ...] = ()
    """What the interest is computed from: asked for whenever there is any."""
    earlier_fees_cents: Cents = 0
    """Fees of earlier letters."""
    fee_cents: Cents = 0
    """The fee of this letter (muistutuskulu)."""
    total_cents: Annotated[int, Field(gt=0, strict=True)]

    iban: Line
    bic: Line | None = None
    reference: Line
    """Finnish reference number (viitenumero) or RF creditor reference (ISO 11649)."""

    agency_name: Line | None = None
    """Named in a notice as the collection agency that the claim may go to, where that is so."""

    @field_validator("iban")
    @classmethod
    def _valid_account(cls, value: str) -> str:
        return iban(value)

    @field_validator("reference")
    @classmethod
    def _valid_reference(cls, value: str) -> str:
        # Kept as the invoice had it, RF or not: that is the number the payer looks for.
        return group(value).replace(" ", "")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        parts = (
            self.principal_cents
            - self.paid_cents
            + self.interest_cents
            + self.earlier_fees_cents
            + self.fee_cents
        )
        if parts != self.total_cents:
            raise ValueError(
                f"letter {self.letter_id}: its parts make {parts} cents and its total says "
                f"{self.total_cents}; take both from the same state of the ledger"
            )
        if self.interest_cents and not self.interest_periods:
            raise ValueError(
                f"letter {self.letter_id} claims {self.interest_cents} cents of interest without "
                "a basis; give interest_periods (513/1999 5 a §)"
            )
        courtesy = self.kind is LetterKind.COURTESY and self.letter_date <= self.due_date
        if not courtesy and not self.original_due_date < self.letter_date < self.due_date:
            raise ValueError(
                f"letter {self.letter_id} of {self.letter_date} must come after the invoice's due "
                f"date {self.original_due_date} and before its own {self.due_date}"
            )
        return self
