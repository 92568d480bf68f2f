"""What the sandbox keeps: cases, messages taken, and messages that wait to be told."""

from dataclasses import dataclass
from datetime import datetime

from domain.agency import AgencyService, CollectionStatus, StatusMessage


@dataclass
class Case:
    """One claim at the agency. Amounts are what is open, in cents; instants are business time."""

    number: int
    reference: str
    service: AgencyService
    creditor: str
    path: str
    step: int
    """How many statuses of its path the case has behind it."""
    status: CollectionStatus
    changed_at: datetime
    next_at: datetime | None
    """When the next status of the path is due; None when none is."""
    principal_cents: int
    interest_cents: int
    fees_cents: int
    paid_directly_cents: int

    @property
    def id(self) -> str:
        """The agency's name for the case."""
        return case_id(self.number)

    @property
    def open_cents(self) -> int:
        """Principal, interest and fees together."""
        return self.principal_cents + self.interest_cents + self.fees_cents


@dataclass(frozen=True)
class Taken:
    """A message that was taken: what it said and the case's status in the answer."""

    idempotency_key: str
    case_number: int
    kind: str
    body: str
    status: str
    taken_at: datetime


@dataclass(frozen=True)
class Callback:
    """A status message that waits to be delivered."""

    message: StatusMessage
    tries: int


def case_id(number: int) -> str:
    """INT-000042 for case 42."""
    return f"INT-{number:06d}"
