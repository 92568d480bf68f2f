"""Intrum Oy as an agency: Karhu's documented JSON-over-HTTPS protocol (docs/agency-protocol.md).

Intrum's own wire format in Finland is given to contract partners and is not public, so the protocol
is ours. What a deployment must change for the contract's endpoint is this module alone.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Annotated, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

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
from integrations.agency.answers import NOT_SENT, failure, fields, header, named, unreadable
from integrations.agency.errors import AgencyUnavailable, AgencyUnsure, CallbackRefused
from integrations.agency.port import (
    BalancePage,
    ContractPage,
    Receipt,
    SettlementPage,
    StatusPage,
)
from integrations.agency.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, verify

CALLBACK_LIMIT_BYTES = 64 * 1024
IDEMPOTENCY_HEADER = "Idempotency-Key"


class _Receipt(BaseModel):
    case_id: str
    status: str
    repeated: bool = False


class _Statuses(BaseModel):
    messages: tuple[StatusMessage, ...]
    next: int


class _Contracts(BaseModel):
    messages: tuple[ContractMessage, ...]
    next: int


class _Settlements(BaseModel):
    settlements: tuple[Settlement, ...]
    next: int


class _Balances(BaseModel):
    cases: tuple[CaseBalance, ...]
    next: int


_Page = TypeVar("_Page", bound=BaseModel)
_CALLBACK: TypeAdapter[StatusMessage | ContractMessage] = TypeAdapter(
    Annotated[StatusMessage | ContractMessage, Field(discriminator="kind")]
)


class _Refusal(BaseModel):
    code: str
    reason: str


class IntrumClient:
    """An AgencyClient for Intrum, over a pooled connection; safe to share between threads.

    `secret` is the shared callback secret, `timeout` real seconds for each of connecting, sending
    and waiting for the answer.
    """

    def __init__(self, base_url: str, api_key: str, secret: str, timeout: float = 30.0) -> None:
        self._secret = secret
        self._http = httpx.Client(
            base_url=base_url,
            timeout=timeout,
            headers={"Authorization": f"Bearer {api_key}", "Accept": "application/json"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    @property
    def callback_limit_bytes(self) -> int:
        """The longest body that a callback may have."""
        return CALLBACK_LIMIT_BYTES

    def said_before(self, agency_case_id: str, message: Assignment | CaseMessage) -> Receipt | None:
        """None: a message with the key of another is answered as that one was."""
        return None

    def assign(self, message: Assignment) -> Receipt:
        """POST /v1/assignments."""
        return self._send("/v1/assignments", message)

    def withdraw(self, agency_case_id: str, message: Withdrawal) -> Receipt:
        """POST /v1/cases/{id}/withdrawal."""
        return self._send(_case(agency_case_id, "withdrawal"), message)

    def direct_payment(self, agency_case_id: str, message: DirectPayment) -> Receipt:
        """POST /v1/cases/{id}/direct-payments."""
        return self._send(_case(agency_case_id, "direct-payments"), message)

    def payment_reversal(self, agency_case_id: str, message: PaymentReversal) -> Receipt:
        """POST /v1/cases/{id}/payment-reversals."""
        return self._send(_case(agency_case_id, "payment-reversals"), message)

    def credit(self, agency_case_id: str, message: CreditNotice) -> Receipt:
        """POST /v1/cases/{id}/credits."""
        return self._send(_case(agency_case_id, "credits"), message)

    def dispute(self, agency_case_id: str, message: DisputeNotice) -> Receipt:
        """POST /v1/cases/{id}/disputes."""
        return self._send(_case(agency_case_id, "disputes"), message)

    def change_contact(self, agency_case_id: str, message: ContactChange) -> Receipt:
        """POST /v1/cases/{id}/contacts."""
        return self._send(_case(agency_case_id, "contacts"), message)

    def statuses_since(self, cursor: str) -> StatusPage:
        """GET /v1/statuses?after=N."""
        page = self._read("/v1/statuses", cursor, _Statuses)
        return StatusPage(page.messages, str(page.next))

    def contracts_since(self, cursor: str) -> ContractPage:
        """GET /v1/contracts?after=N."""
        page = self._read("/v1/contracts", cursor, _Contracts)
        return ContractPage(page.messages, str(page.next))

    def settlements_since(self, cursor: str) -> SettlementPage:
        """GET /v1/settlements?after=N."""
        page = self._read("/v1/settlements", cursor, _Settlements)
        return SettlementPage(page.settlements, str(page.next))

    def balances_since(self, cursor: str) -> BalancePage:
        """GET /v1/balances?after=N."""
        page = self._read("/v1/balances", cursor, _Balances)
        return BalancePage(page.cases, str(page.next))

    def read_callback(
        self, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> Sequence[StatusMessage | ContractMessage]:
        """The one message in a signed callback. `now` is the real instant of receiving."""
        if not self._secret:
            raise CallbackRefused("no_secret", "KARHU_CALLBACK_SECRET is not set here")
        if len(body) > CALLBACK_LIMIT_BYTES:
            raise CallbackRefused("too_large", f"more than {CALLBACK_LIMIT_BYTES} bytes")
        verify(
            self._secret,
            header(headers, TIMESTAMP_HEADER),
            header(headers, SIGNATURE_HEADER),
            body,
            now=now,
        )
        try:
            return (_CALLBACK.validate_json(body),)
        except ValidationError as error:
            raise CallbackRefused("malformed", fields(error)) from error

    def _read(self, path: str, cursor: str, shape: type[_Page]) -> _Page:
        """A page of a list. Reading changes nothing, so nothing is ever unsure."""
        subject = f"{path.rpartition('/')[2]} after {cursor or 'the beginning'}"
        try:
            answer = self._http.get(path, params={"after": cursor or "0"})
        except httpx.HTTPError as error:
            raise AgencyUnavailable(subject, named(error)) from error
        if not answer.is_success:
            failed = failure(subject, answer, _refusal)
            if isinstance(failed, AgencyUnsure):
                raise AgencyUnavailable(subject, failed.reason)
            raise failed
        try:
            return shape.model_validate_json(answer.content)
        except ValidationError as error:
            raise AgencyUnavailable(subject, unreadable(answer, error)) from error

    def _send(self, path: str, message: Assignment | CaseMessage) -> Receipt:
        subject = f"{message.kind} of case {message.case_reference}"
        try:
            answer = self._http.post(
                path,
                content=message.model_dump_json(),
                headers={
                    "Content-Type": "application/json",
                    # A header is ASCII; a key made of an invoice number need not be.
                    IDEMPOTENCY_HEADER: quote(message.idempotency_key, safe="/:"),
                },
            )
        except NOT_SENT as error:
            raise AgencyUnavailable(subject, named(error)) from error
        except httpx.HTTPError as error:
            raise AgencyUnsure(subject, named(error)) from error
        if not answer.is_success:
            raise failure(subject, answer, _refusal)
        try:
            receipt = _Receipt.model_validate_json(answer.content)
        except ValidationError as error:
            raise AgencyUnsure(subject, unreadable(answer, error)) from error
        return Receipt(receipt.case_id, receipt.status, receipt.repeated)


def _case(agency_case_id: str, what: str) -> str:
    return f"/v1/cases/{quote(agency_case_id, safe='')}/{what}"


def _refusal(body: bytes) -> tuple[str, str] | None:
    try:
        refusal = _Refusal.model_validate_json(body)
    except ValidationError:
        return None
    return refusal.code, refusal.reason
