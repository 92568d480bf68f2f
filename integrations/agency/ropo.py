"""Ropo One as an agency: its public REST API (dev.ropo.com), as far as it goes.

Public: `POST /rest/token` (`cid`, `apicode`; the token lasts two hours); `POST /rest/jobs` (type 1
a reminder, 2 a debt collection; answered with how many were accepted); `POST /rest/jobs/payment`
(direct payments, credit notes); `GET /rest/jobs/statusupdates` (what has not been told yet, at most
a thousand at once, until 204; or of one day, or of one invoice); webhooks with at most 500
messages, each with an id.

Nothing there has an idempotency key, and each task is to be sent once. So an assignment is sent
only after asking whether the job is there, and a payment whose answer was lost is not sent again by
itself, because nothing public tells whether it was registered. Withdrawals, reversals, disputes and
contact data can't be told at all, settlements and balances not be read.

Assumed: that a job is seen by its invoice number as soon as it was accepted; that an expired token
is answered with 401; the names of the fields in status updates and webhooks. docs/agency-ropo.md
has it all.
"""

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import quote

from pydantic import BaseModel, ValidationError

from domain.agency import (
    Assignment,
    CaseMessage,
    ContactChange,
    ContractMessage,
    CreditNotice,
    DirectPayment,
    DisputeNotice,
    PaymentReversal,
    StatusMessage,
    Withdrawal,
)
from integrations.agency import ropo_words as words
from integrations.agency.answers import fields, header, unreadable
from integrations.agency.errors import AgencyRefused, AgencyUnsure, CallbackRefused
from integrations.agency.port import (
    BalancePage,
    ContractPage,
    Receipt,
    SettlementPage,
    StatusPage,
)
from integrations.agency.ropo_http import (
    ASKING_SECONDS,
    LISTING_SECONDS,
    SETTLING_SECONDS,
    RopoHttp,
)

CALLBACK_LIMIT_BYTES = 1024 * 1024
BATCH_LIMIT = 500
"""Messages in one webhook call."""

_DAY = timedelta(days=1)


class _Accepted(BaseModel):
    accepted: int


class _Paid(BaseModel):
    jobid: int | None = None


class _Batch(BaseModel):
    messages: list[Any]


class RopoClient:
    """An AgencyClient for Ropo One, over a pooled connection; safe to share between threads.

    `base_url` is the host, without `/rest`. `cid` and `apicode` are the customer number and the API
    code that Ropo gave; a company's contract number with Ropo is that customer number. `webhook` is
    the name and password that Ropo's webhooks show (Basic authentication), None if there are none.
    `today` is the Finnish date now, `timeout` real seconds for each of connecting, sending and
    waiting for the answer of what is sent.
    """

    def __init__(
        self,
        base_url: str,
        cid: str,
        apicode: str,
        *,
        today: Callable[[], date],
        webhook: tuple[str, str] | None = None,
        timeout: float = 15.0,
    ) -> None:
        self._cid = cid
        self._today = today
        self._webhook = webhook
        self._http = RopoHttp(base_url, cid, apicode, timeout)

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
        """The longest body that a webhook's batch may have."""
        return CALLBACK_LIMIT_BYTES

    def said_before(self, agency_case_id: str, message: Assignment | CaseMessage) -> Receipt | None:
        """An assignment's job, if it is there. Of a payment nobody can say: `unsure`."""
        match message:
            case Assignment():
                return self._found(message)
            case DirectPayment() | CreditNotice():
                raise AgencyRefused(
                    _subject(message),
                    "unsure",
                    "the answer was lost, and Ropo One's API can't be asked whether it has"
                    f" registered this: look at invoice {message.case_reference} in Ropo One for"
                    f" {words.euros(message.amount_cents)} euros marked {message.identifier!r}, and"
                    " send it again only if it is not there",
                )
            case _:
                return None

    def assign(self, message: Assignment) -> Receipt:
        """POST /jobs, unless the job is there already."""
        subject = _subject(message)
        if message.creditor.contract_number != self._cid:
            raise AgencyRefused(
                subject,
                "other_contract",
                f"the company's contract number {message.creditor.contract_number!r} is not the"
                " Ropo customer number that this Karhu speaks for: correct the contract, or set"
                " KARHU_ROPO_CID and KARHU_ROPO_APICODE",
            )
        body = {"datastream": {"dataset": [words.job(message)]}}
        if found := self._found(message):
            return found
        # A header is ASCII; a key made of an invoice number need not be.
        headers = {"DataIdentifier": quote(message.idempotency_key, safe="/:")}
        answer = self._http.send(subject, "/jobs", body, headers)
        try:
            accepted = _Accepted.model_validate_json(answer.content).accepted
        except ValidationError as error:
            raise AgencyUnsure(subject, unreadable(answer, error), SETTLING_SECONDS) from error
        if accepted < 1:
            raise AgencyRefused(
                subject, "not_accepted", "Ropo One accepted no job: look at what it lacks there"
            )
        # The job's id is not in the answer; it comes with the first status.
        return Receipt(message.case_reference, "", repeated=False)

    def direct_payment(self, agency_case_id: str, message: DirectPayment) -> Receipt:
        """POST /jobs/payment, of the type `directpayment`."""
        return self._pay(agency_case_id, message)

    def credit(self, agency_case_id: str, message: CreditNotice) -> Receipt:
        """POST /jobs/payment, with the credit note's number."""
        return self._pay(agency_case_id, message)

    def withdraw(self, agency_case_id: str, message: Withdrawal) -> NoReturn:
        """Not in the API: a job can be neither cancelled nor changed."""
        _by_hand(message, f"that collecting is to stop ({message.reason})")

    def payment_reversal(self, agency_case_id: str, message: PaymentReversal) -> NoReturn:
        """Not in the API."""
        owed = words.euros(message.amount_cents)
        _by_hand(message, f"that {owed} euros were taken back on {message.reversed_on}")

    def dispute(self, agency_case_id: str, message: DisputeNotice) -> NoReturn:
        """Not in the API."""
        how = "disputes the claim" if message.disputed else "no longer disputes the claim"
        _by_hand(message, f"that the debtor {how} ({message.reason})")

    def change_contact(self, agency_case_id: str, message: ContactChange) -> NoReturn:
        """Not in the API."""
        _by_hand(message, "the debtor's new address, phone number and e-mail")

    def statuses_since(self, cursor: str) -> StatusPage:
        """GET /jobs/statusupdates: what has not been told yet, a page at a time, until 204.

        Ropo counts as told what it has answered, whether or not it was kept here. So each day is
        read once more when it is over, by its date. The cursor is the last such day, and how many
        pages have been read since: a page that brings something moves it on.
        """
        yesterday = self._today() - _DAY
        day, _, pages = cursor.partition("/")
        read = date.fromisoformat(day) if day else yesterday - _DAY
        while read < yesterday:
            read += _DAY
            pages = "0"
            if found := self._listed(f"statuses of {read}", date=read.isoformat()):
                return StatusPage(_messages(found), f"{read}/0")
        found = self._listed("statuses not told yet")
        return StatusPage(_messages(found), f"{read}/{int(pages or 0) + bool(found)}")

    def contracts_since(self, cursor: str) -> ContractPage:
        """Empty: contracts are not in the API. An administrator says that one was made."""
        return ContractPage((), cursor)

    def settlements_since(self, cursor: str) -> SettlementPage:
        """Empty: settlements are not in the API. The bank's file tells of them."""
        return SettlementPage((), cursor)

    def balances_since(self, cursor: str) -> BalancePage:
        """Empty: balances are not in the API."""
        return BalancePage((), cursor)

    def read_callback(
        self, headers: Mapping[str, str], body: bytes, *, now: datetime
    ) -> Sequence[StatusMessage | ContractMessage]:
        """The changes of status in a webhook's batch. A repeated id is for the reader to know."""
        if self._webhook is None:
            raise CallbackRefused(
                "no_secret", "KARHU_ROPO_WEBHOOK_USER and _PASSWORD are not set here"
            )
        if len(body) > CALLBACK_LIMIT_BYTES:
            raise CallbackRefused("too_large", f"more than {CALLBACK_LIMIT_BYTES} bytes")
        login = base64.b64encode(":".join(self._webhook).encode())
        shown = header(headers, "Authorization")
        if not hmac.compare_digest(b"Basic " + login, shown.encode()):
            raise CallbackRefused("bad_signature", "the name and password are not those agreed on")
        try:
            items = _Batch.model_validate_json(body).messages
        except ValidationError as error:
            raise CallbackRefused("malformed", fields(error)) from error
        if len(items) > BATCH_LIMIT:
            raise CallbackRefused("too_large", f"more than {BATCH_LIMIT} messages")
        return words.events(items)

    def _found(self, message: Assignment) -> Receipt | None:
        found = self._http.updates(
            _subject(message), ASKING_SECONDS, {"billnum": message.case_reference}
        )
        if not found:
            return None
        last = max(found, key=lambda update: update.at)
        return Receipt(str(last.jobid), last.statustext, repeated=True)

    def _pay(self, agency_case_id: str, message: DirectPayment | CreditNotice) -> Receipt:
        answer = self._http.send(_subject(message), "/jobs/payment", words.payment(message))
        try:
            jobid = _Paid.model_validate_json(answer.content).jobid
        except ValidationError:
            # It was registered, whatever else the answer says.
            jobid = None
        return Receipt(str(jobid) if jobid else agency_case_id, "", repeated=False)

    def _listed(self, subject: str, **params: str) -> list[words.StatusUpdate]:
        return self._http.updates(subject, LISTING_SECONDS, params)


def _subject(message: Assignment | CaseMessage) -> str:
    return f"{message.kind} of case {message.case_reference}"


def _messages(found: list[words.StatusUpdate]) -> tuple[StatusMessage, ...]:
    return tuple(update.message() for update in found)


def _by_hand(message: CaseMessage, what: str) -> NoReturn:
    raise AgencyRefused(
        _subject(message),
        "not_supported",
        f"Ropo One's API can't be told this: tell Ropo's customer service about invoice"
        f" {message.case_reference} {what}",
    )
