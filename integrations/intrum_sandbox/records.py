"""What the sandbox keeps: contracts, cases, messages taken, and messages that wait to be told."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, field_validator

from domain import references
from domain.agency import AgencyService, CollectionStatus, ContractMessage, Debtor, StatusMessage
from domain.agency.types import Key


class Contract(BaseModel):
    """A creditor's contract (sopimus) with the agency."""

    model_config = ConfigDict(frozen=True)

    business_id: str
    """Y-tunnus."""
    number: Key
    services: tuple[AgencyService, ...]
    """None: the contract has ended."""
    in_force_from: date | None = None
    """Business day; None: from the day on which it is signed."""
    iban: str = ""
    """The creditor's account that settlements go to; "": they don't say."""

    @field_validator("business_id")
    @classmethod
    def _checked(cls, text: str) -> str:
        return references.business_id(text)

    @field_validator("iban")
    @classmethod
    def _account(cls, text: str) -> str:
        return references.iban(text) if text else ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """The contract in `1234567-1=S-100:reminder,collection`. Raises ValueError."""
        business_id, equals, rest = text.partition("=")
        number, colon, services = rest.rpartition(":")
        if not equals or not colon:
            raise ValueError(f"{text!r}: a contract reads 1234567-1=S-100:reminder,collection")
        return cls.model_validate(
            {
                "business_id": business_id,
                "number": number,
                "services": tuple(name.strip() for name in services.split(",") if name.strip()),
            }
        )


@dataclass
class Case:
    """One claim at the agency. Amounts are cents, instants business time.

    A claim that was merged into another case keeps its own amounts and reference; what happens to
    it from then on is what happens to that case.
    """

    number: int
    reference: str
    service: AgencyService
    creditor: str
    business_id: str
    contract_number: str
    invoice_number: str
    debtor: Debtor
    debtor_key: str
    """The same for the same debtor, and says nothing of who it is."""
    path: str
    step: int
    """How many statuses of its path the case has behind it."""
    status: CollectionStatus
    changed_at: datetime
    next_at: datetime | None
    """When the next status of the path is due; None when none is."""
    rest: timedelta | None
    """Of a disputed case: what was left until the next status when it stopped."""
    disputes: int
    """How many disputes it stands still for: several, once claims were merged into it."""
    merged_into: int | None
    """The number of the case that this claim goes on under."""
    assigned_principal_cents: int
    assigned_interest_cents: int
    assigned_fees_cents: int
    principal_cents: int
    interest_cents: int
    fees_cents: int
    credited_cents: int
    paid_directly_cents: int
    """Direct payments told, less reversals; below zero after one of an earlier payment."""
    collected_cents: int
    settled_cents: int

    @property
    def id(self) -> str:
        """The agency's name for the case."""
        return case_id(self.number)

    @property
    def disputed(self) -> bool:
        """Whether it stands still."""
        return self.disputes > 0

    @property
    def open_cents(self) -> int:
        """Principal, interest and fees together."""
        return self.principal_cents + self.interest_cents + self.fees_cents


@dataclass(frozen=True)
class Amounts:
    """Money that went to the parts of a claim, in cents; below zero: it was taken back."""

    principal_cents: int = 0
    interest_cents: int = 0
    fees_cents: int = 0

    @property
    def total_cents(self) -> int:
        """The sum of the three."""
        return self.principal_cents + self.interest_cents + self.fees_cents

    def __neg__(self) -> "Amounts":
        return Amounts(-self.principal_cents, -self.interest_cents, -self.fees_cents)

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(
            self.principal_cents + other.principal_cents,
            self.interest_cents + other.interest_cents,
            self.fees_cents + other.fees_cents,
        )


@dataclass(frozen=True)
class Taken:
    """A message that was taken, and the case's status in the answer."""

    idempotency_key: str
    case_number: int
    kind: str
    digest: str
    """SHA-256 of what it said."""
    status: str
    taken_at: datetime


@dataclass(frozen=True)
class Refused:
    """A message that was not taken. `at` is business time."""

    at: datetime
    what: str
    code: str
    reason: str


@dataclass(frozen=True)
class Delivery:
    """What goes wrong with a callback on its way."""

    copies: int = 1
    """How often it is delivered; 0: it is lost, and only polling has it."""
    kept_back: bool = False
    """It waits until a later one of its case has gone out."""
    spoiled: str = ""
    """`damaged` or `garbage`: what is sent first in its place."""


@dataclass(frozen=True)
class Callback:
    """A message that waits to be delivered."""

    message: StatusMessage | ContractMessage
    tries: int
    spoiled: str


def case_id(number: int) -> str:
    """INT-000042 for case 42."""
    return f"INT-{number:06d}"
