"""The port: what Karhu asks of any collection agency, whatever its wire looks like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.agency import (
    Assignment,
    CaseBalance,
    CaseMessage,
    ContactChange,
    ContractMessage,
    CreditNotice,
    DirectPayment,
    DisputeNotice,
    PaymentReversal,
    Settlement,
    StatusMessage,
    Withdrawal,
)


@dataclass(frozen=True)
class Receipt:
    """The agency has the message. `agency_case_id` is its name for the case."""

    agency_case_id: str
    status: str
    """The case's status in the agency's own text, after the message was taken."""
    repeated: bool
    """The agency had this idempotency key already and has done nothing new."""


@dataclass(frozen=True)
class StatusPage:
    """Some of the agency's status messages in its order, and where to go on reading."""

    messages: tuple[StatusMessage, ...]
    cursor: str
    """Hand it to the next `statuses_since`. Opaque; the agency's own."""


@dataclass(frozen=True)
class ContractPage:
    """Some of the agency's announcements of contracts in its order, and where to go on reading."""

    messages: tuple[ContractMessage, ...]
    cursor: str
    """Hand it to the next `contracts_since`."""


@dataclass(frozen=True)
class SettlementPage:
    """Some of the agency's settlements in its order, and where to go on reading."""

    settlements: tuple[Settlement, ...]
    cursor: str
    """Hand it to the next `settlements_since`."""


@dataclass(frozen=True)
class BalancePage:
    """Some of the agency's cases as its books have them, and where to go on reading."""

    cases: tuple[CaseBalance, ...]
    cursor: str
    """Hand it to the next `balances_since`."""


class AgencyClient(Protocol):
    """One agency, spoken to synchronously.

    Every sending method may raise AgencyUnavailable, AgencyUnsure or AgencyRefused. A message whose
    first saying may have been heard (AgencyUnsure, or the process died) is said again only after
    `said_before`; then it does nothing twice. What an agency's wire has no words for is refused
    with the code `not_supported`, and a list that it does not give is empty.
    """

    @property
    def callback_limit_bytes(self) -> int:
        """The longest body that its callbacks may have."""
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...

    def said_before(self, agency_case_id: str, message: Assignment | CaseMessage) -> Receipt | None:
        """The receipt of a message that may have been said: None if it is to be said (again).

        An agency that knows idempotency keys needs no asking. Raises AgencyRefused with the code
        `unsure` where neither the agency nor we can tell, and AgencyUnavailable.
        """
        ...

    def assign(self, message: Assignment) -> Receipt:
        """Hand a claim over."""
        ...

    def withdraw(self, agency_case_id: str, message: Withdrawal) -> Receipt:
        """Take the claim back."""
        ...

    def direct_payment(self, agency_case_id: str, message: DirectPayment) -> Receipt:
        """Tell that the debtor paid us."""
        ...

    def payment_reversal(self, agency_case_id: str, message: PaymentReversal) -> Receipt:
        """Tell that a payment to us was taken back."""
        ...

    def credit(self, agency_case_id: str, message: CreditNotice) -> Receipt:
        """Tell that we credited the debtor."""
        ...

    def dispute(self, agency_case_id: str, message: DisputeNotice) -> Receipt:
        """Tell that the debtor disputes the claim, or does so no more."""
        ...

    def change_contact(self, agency_case_id: str, message: ContactChange) -> Receipt:
        """Tell how the debtor is reached now."""
        ...

    def statuses_since(self, cursor: str) -> StatusPage:
        """Status messages after `cursor`; "" is the beginning. An empty page means no more now."""
        ...

    def contracts_since(self, cursor: str) -> ContractPage:
        """Announcements after `cursor`; "" is the beginning. An empty page means no more now."""
        ...

    def settlements_since(self, cursor: str) -> SettlementPage:
        """Settlements after `cursor`; "" is the beginning. An empty page means no more now."""
        ...

    def balances_since(self, cursor: str) -> BalancePage:
        """The cases as the agency's books have them; an empty page means that all were given."""
        ...

    def read_callback(
        self, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> Sequence[StatusMessage | ContractMessage]:
        """The messages in a callback, once it is proved to be the agency's.

        `now` is the real instant of receiving. Raises CallbackRefused.
        """
        ...
