"""The port: what Karhu asks of any collection agency, whatever its wire looks like."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.agency import (
    Assignment,
    CreditNotice,
    DirectPayment,
    PaymentReversal,
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


class AgencyClient(Protocol):
    """One agency, spoken to synchronously.

    Every sending method may raise AgencyUnavailable, AgencyUnsure or AgencyRefused; repeating a
    message with its idempotency key does nothing twice and gives the first answer again.
    """

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

    def statuses_since(self, cursor: str) -> StatusPage:
        """Status messages after `cursor`; "" is the beginning. An empty page means no more now."""
        ...

    def read_callback(
        self, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> StatusMessage:
        """The message in a callback, once it is proved to be the agency's.

        `now` is the real instant of receiving. Raises CallbackRefused.
        """
        ...
