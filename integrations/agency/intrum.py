"""Intrum Oy as an agency: Karhu's documented JSON-over-HTTPS protocol (docs/agency-protocol.md).

Intrum's own wire format in Finland is given to contract partners and is not public, so the protocol
is ours. What a deployment must change for the contract's endpoint is this module alone.
"""

from collections.abc import Mapping
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
from integrations.agency.errors import (
    AgencyError,
    AgencyRefused,
    AgencyUnavailable,
    AgencyUnsure,
    CallbackRefused,
)
from integrations.agency.port import BalancePage, Receipt, SettlementPage, StatusPage
from integrations.agency.signatures import SIGNATURE_HEADER, TIMESTAMP_HEADER, verify

CALLBACK_LIMIT_BYTES = 64 * 1024
IDEMPOTENCY_HEADER = "Idempotency-Key"

# Before these the request was not sent, or not whole: the agency cannot have taken it.
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
# With these the agency says that it took nothing. 401 and 403: our key, see AgencyUnavailable.
_NOT_TAKEN = frozenset({401, 403, 429, 503})


class _Receipt(BaseModel):
    case_id: str
    status: str
    repeated: bool = False


class _Statuses(BaseModel):
    messages: tuple[StatusMessage, ...]
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
    ) -> StatusMessage | ContractMessage:
        """The message in a signed callback. `now` is the real instant of receiving."""
        if len(body) > CALLBACK_LIMIT_BYTES:
            raise CallbackRefused("too_large", f"more than {CALLBACK_LIMIT_BYTES} bytes")
        named = httpx.Headers(dict(headers))
        verify(
            self._secret,
            named.get(TIMESTAMP_HEADER, ""),
            named.get(SIGNATURE_HEADER, ""),
            body,
            now=now,
        )
        try:
            return _CALLBACK.validate_json(body)
        except ValidationError as error:
            raise CallbackRefused("malformed", _fields(error)) from error

    def _read(self, path: str, cursor: str, shape: type[_Page]) -> _Page:
        """A page of a list. Reading changes nothing, so nothing is ever unsure."""
        subject = f"{path.rpartition('/')[2]} after {cursor or 'the beginning'}"
        try:
            answer = self._http.get(path, params={"after": cursor or "0"})
        except httpx.HTTPError as error:
            raise AgencyUnavailable(subject, _named(error)) from error
        if not answer.is_success:
            failure = _failure(subject, answer)
            if isinstance(failure, AgencyUnsure):
                raise AgencyUnavailable(subject, failure.reason)
            raise failure
        try:
            return shape.model_validate_json(answer.content)
        except ValidationError as error:
            raise AgencyUnavailable(subject, _unreadable(answer, error)) from error

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
        except _NOT_SENT as error:
            raise AgencyUnavailable(subject, _named(error)) from error
        except httpx.HTTPError as error:
            raise AgencyUnsure(subject, _named(error)) from error
        if not answer.is_success:
            raise _failure(subject, answer)
        try:
            receipt = _Receipt.model_validate_json(answer.content)
        except ValidationError as error:
            raise AgencyUnsure(subject, _unreadable(answer, error)) from error
        return Receipt(receipt.case_id, receipt.status, receipt.repeated)


def _case(agency_case_id: str, what: str) -> str:
    return f"/v1/cases/{quote(agency_case_id, safe='')}/{what}"


def _failure(subject: str, answer: httpx.Response) -> AgencyError:
    if answer.status_code in _NOT_TAKEN:
        return AgencyUnavailable(
            subject, f"HTTP {answer.status_code}", _seconds(answer.headers.get("Retry-After"))
        )
    if answer.is_client_error:
        try:
            refusal = _Refusal.model_validate_json(answer.content)
        except ValidationError:
            # Not the agency's words but something's on the way: a proxy, a wrong address.
            return AgencyUnavailable(subject, f"HTTP {answer.status_code} without a reason")
        return AgencyRefused(subject, refusal.code, refusal.reason)
    return AgencyUnsure(subject, f"HTTP {answer.status_code}")


def _seconds(retry_after: str | None) -> float | None:
    # The header may also be a date (RFC 9110, 10.2.3); then our own backoff serves.
    return float(retry_after) if retry_after and retry_after.isdecimal() else None


def _named(error: httpx.HTTPError) -> str:
    return f"{type(error).__name__}: {error}"


def _unreadable(answer: httpx.Response, error: ValidationError) -> str:
    return f"HTTP {answer.status_code} with an answer that cannot be read: {_fields(error)}"


def _fields(error: ValidationError) -> str:
    # Names of fields and rules only: the values may hold a person's name.
    return "; ".join(
        f"{'.'.join(str(part) for part in detail['loc']) or 'body'}: {detail['type']}"
        for detail in error.errors(include_input=False, include_url=False)
    )
