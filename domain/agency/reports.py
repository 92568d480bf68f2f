"""What an agency says: how a case stands, that a company has signed, what it has settled."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.agency.statuses import AgencyService, CollectionStatus, parse_status
from domain.agency.types import Cents, Collected, Heard, Instant, Key, MessageKind, Text


class StatusMessage(Heard):
    """The agency says that a case has moved.

    The same message may come several times (`message_id` is then the same) and late. `sequence`
    grows in the order in which things happened at the agency: of two messages on one case the one
    with the greater number is the later.
    """

    kind: Literal[MessageKind.STATUS] = MessageKind.STATUS
    message_id: Key
    case_reference: Key
    agency_case_id: Key
    status: Text
    """The agency's own text, kept as it came; `known_status` is what it means."""
    meaning: CollectionStatus | None = None
    """Which of the twenty that is, where the agency's texts are not Intrum's and have been read by
    its client."""
    occurred_at: Instant
    sequence: Annotated[int, Field(ge=1)]
    principal_cents: Cents | None = None
    """What the agency holds to be open of the principal, if it says."""
    collected: Collected | None = None
    """Said with a settled status."""
    merged_into: Key | None = None
    """Our reference of the case that this one was merged into; said with that status."""

    @property
    def known_status(self) -> CollectionStatus | None:
        """The status meant, or None for one that is not among the twenty."""
        return self.meaning or parse_status(self.status)


class ContractMessage(Heard):
    """The agency says that a company has signed (sopimus), has bought another service, or has given
    notice: the service switches itself on and off for it."""

    kind: Literal[MessageKind.CONTRACT] = MessageKind.CONTRACT
    message_id: Key
    business_id: Key
    """Y-tunnus of the creditor."""
    contract_number: Key
    services: tuple[AgencyService, ...]
    """What was bought: reminder and collection, or collection alone; none: the contract ended."""
    in_force_from: date
    sequence: Annotated[int, Field(ge=1)]
    """Of two messages on one contract the one with the greater number is the later."""


class SettlementLine(Heard):
    """What a settlement remits of one case, in cents. Negative: an earlier line is taken back."""

    case_reference: Key
    agency_case_id: Key
    principal_cents: Annotated[int, Field(strict=True)]
    interest_cents: Annotated[int, Field(strict=True)]
    fees_cents: Annotated[int, Field(strict=True)]
    paid_on: date
    """When the debtor paid the agency."""

    @property
    def total_cents(self) -> int:
        """The sum of the three."""
        return self.principal_cents + self.interest_cents + self.fees_cents


class Settlement(Heard):
    """Tilitys: one transfer of the agency's to the creditor's bank account, case by case.

    `reference` is what the transfer carries at the bank (a Finnish or RF reference), and
    `transferred_cents` its amount: the lines' sum less what the agency keeps back for itself.
    """

    settlement_id: Key
    business_id: Key
    """Y-tunnus of the creditor."""
    contract_number: Key
    settled_on: date
    reference: Text = ""
    iban: Text = ""
    """The creditor's account that the transfer went to, if the agency says."""
    lines: tuple[SettlementLine, ...]
    commission_cents: Cents = 0
    """What the agency keeps back: its commission and costs, VAT included."""
    transferred_cents: Cents

    @property
    def lines_cents(self) -> int:
        """The lines' sum."""
        return sum(line.total_cents for line in self.lines)


class CaseBalance(Heard):
    """How the agency's books have a case, in cents: for comparing with ours."""

    case_reference: Key
    agency_case_id: Key
    status: Text
    principal_cents: Cents
    interest_cents: Cents
    fees_cents: Cents
    paid_directly_cents: Cents = 0
    """Direct payments that the agency has been told of, less those taken back."""
    collected_cents: Cents = 0
    """What the agency itself has collected."""
    settled_cents: int = 0
    """What of that it has remitted."""
