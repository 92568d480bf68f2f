"""What the sandbox refuses of an assignment or a changed contact, and with which words.

A reason names fields and never a debtor.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from domain import personal_code, references
from domain.agency import (
    AgencyService,
    Assignment,
    CaseMessage,
    ContactChange,
    CreditNotice,
    Debtor,
    DirectPayment,
    DisputeNotice,
    Document,
    PaymentReversal,
    SentLetter,
    Withdrawal,
)
from domain.calendar import FINLAND
from domain.law import FINNISH_LAW, LawError
from domain.law.terms import DebtorClass

BODY_LIMIT_BYTES = 4 * 1024 * 1024
_MOST_CENTS = 10**11
_LETTERS = frozenset({"invoice", "courtesy", "reminder", "notice"})
_DEMANDS = frozenset({"reminder", "notice"})
_BEGINNINGS = {
    "application/pdf": b"%PDF-",
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "application/xml": b"<",
    "text/html": b"",
    "text/plain": b"",
}

Body = TypeVar("Body", bound=BaseModel)


class Refusal(Exception):  # noqa: N818
    """An answer other than yes: HTTP status, a code for programs, a reason for people."""

    def __init__(self, http_status: int, code: str, reason: str) -> None:
        super().__init__(f"{http_status} {code}: {reason}")
        self.http_status = http_status
        self.code = code
        self.reason = reason


def too_large() -> Refusal:
    """The answer to a body beyond the limit."""
    return Refusal(413, "too_large", f"a message has at most {BODY_LIMIT_BYTES} bytes")


def read(kind: type[Body], raw: bytes) -> Body:
    """The message in a request's body."""
    if len(raw) > BODY_LIMIT_BYTES:
        raise too_large()
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        raise Refusal(422, "invalid_message", what_is_wrong(error)) from error


def read_form(kind: type[Body], fields: Mapping[str, object]) -> Body:
    """What a person has filled in."""
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise Refusal(422, "invalid_form", what_is_wrong(error)) from error


def what_is_wrong(error: ValidationError) -> str:
    """The fields that are wrong, and why; without what stood in them."""
    return "; ".join(
        f"{'.'.join(str(part) for part in detail['loc']) or 'body'}: {detail['msg']}"
        for detail in error.errors(include_url=False, include_input=False)
    )


def read_assignment(raw: bytes) -> Assignment:
    """The assignment in a request's body."""
    if len(raw) > BODY_LIMIT_BYTES:
        raise too_large()
    _check_service(raw)
    return read(Assignment, raw)


def check_assignment(message: Assignment, today: date) -> None:
    """Refuse an assignment that no agency could work on. Every date later than `today` lies ahead.

    Contracts and duplicates are looked at elsewhere.
    """
    if not message.creditor.name:
        raise Refusal(422, "no_creditor", "creditor.name is missing")
    _business_id("creditor.business_id", message.creditor.business_id)
    check_debtor(message.debtor)
    _check_amounts(message.principal_cents, message.fees_cents, message.interest_cents)
    if message.reference_number and not references.is_valid(message.reference_number):
        raise Refusal(
            422,
            "invalid_reference",
            "reference_number fails its check digit; correct the invoice's reference",
        )
    if message.due_date < message.invoice_date:
        raise Refusal(422, "invalid_dates", "due_date is before invoice_date")
    if message.due_date >= today:
        raise Refusal(
            422, "not_due", f"due_date {message.due_date} is not past: the claim is not overdue"
        )
    _check_letters(message, today)
    if message.service is AgencyService.COLLECTION:
        _check_gate(message, today)
    _check_documents(message.documents)


def check_debtor(debtor: Debtor) -> None:
    """Refuse a debtor whom nobody could write to."""
    if not debtor.name:
        raise Refusal(422, "no_debtor", "debtor.name is missing")
    address = debtor.address
    finnish = address.country == "FI"
    # Not every country has postal codes.
    needed = ("street", "postal_code", "city") if finnish else ("street", "city")
    missing = [f"debtor.address.{part}" for part in needed if not getattr(address, part)]
    if missing:
        raise Refusal(
            422,
            "incomplete_address",
            f"{', '.join(missing)} missing; complete the customer's address and hand over again",
        )
    digits = address.postal_code
    if finnish and not (digits.isascii() and digits.isdigit() and len(digits) == 5):
        raise Refusal(
            422, "invalid_address", "debtor.address.postal_code: a Finnish one has five digits"
        )
    if debtor.email and "@" not in debtor.email:
        raise Refusal(422, "invalid_contact", "debtor.email is not an e-mail address")
    if debtor.business_id and finnish:
        _business_id("debtor.business_id", debtor.business_id)
    _no_personal_code(
        {
            "debtor.name": debtor.name,
            "debtor.business_id": debtor.business_id or "",
            "debtor.address.street": address.street,
            "debtor.address.city": address.city,
            "debtor.phone": debtor.phone or "",
            "debtor.email": debtor.email or "",
        }
    )


def check_message(message: CaseMessage, today: date) -> None:
    """Refuse what cannot be true of any case."""
    match message:
        case Withdrawal():
            _no_personal_code({"reason": message.reason})
        case DirectPayment():
            _check_amounts(message.amount_cents)
            _not_ahead("paid_on", message.paid_on, today)
        case PaymentReversal():
            _check_amounts(message.amount_cents)
            _not_ahead("reversed_on", message.reversed_on, today)
        case CreditNotice():
            _check_amounts(message.amount_cents)
            _not_ahead("credited_on", message.credited_on, today)
        case DisputeNotice():
            _not_ahead("on", message.on, today)
            if message.disputed and not message.reason:
                raise Refusal(422, "no_reason", "reason is missing: say what is disputed")
            _no_personal_code({"reason": message.reason})
        case ContactChange():
            check_debtor(message.debtor)


def _business_id(field: str, text: str) -> None:
    try:
        references.business_id(text)
    except references.InvalidBusinessIdError as error:
        raise Refusal(422, "invalid_business_id", f"{field}: {error}") from error


def _check_amounts(*cents: int) -> None:
    if sum(cents) > _MOST_CENTS:
        raise Refusal(422, "invalid_amount", f"more than {_MOST_CENTS} cents in one message")


def _not_ahead(field: str, day: date, today: date) -> None:
    if day > today:
        raise Refusal(422, "invalid_dates", f"{field} {day} lies ahead; here it is {today}")


def _no_personal_code(fields: dict[str, str]) -> None:
    for field, text in fields.items():
        if personal_code.left_out(text) != text:
            raise Refusal(
                422, "personal_code", f"{field} holds a personal identity code; leave it out"
            )


def _check_letters(message: Assignment, today: date) -> None:
    for letter in message.sent:
        if letter.kind not in _LETTERS:
            raise Refusal(
                422, "invalid_letters", f"sent: kind must be one of {', '.join(sorted(_LETTERS))}"
            )
        _not_ahead("sent.sent_on", letter.sent_on, today)
        if letter.kind in _DEMANDS and letter.sent_on < message.invoice_date:
            raise Refusal(
                422,
                "invalid_letters",
                f"sent: a {letter.kind} of {letter.sent_on} is older than the invoice",
            )


def _check_gate(message: Assignment, today: date) -> None:
    """A consumer is reminded after the last day to pay, and has 14 full days (513/1999, 5 §)."""
    if message.debtor.debtor_class is not DebtorClass.CONSUMER:
        return
    try:
        gate = FINNISH_LAW.agency_gate(
            DebtorClass.CONSUMER,
            due=message.due_date,
            last_letter_on=_last_demand(message.sent),
            last_letter_due=None,
            disputed=False,
            suspended=False,
            on=today,
            calendar=FINLAND,
        )
    except LawError as error:
        raise Refusal(422, "no_law", str(error)) from error
    if gate.allowed_from is None:
        raise Refusal(
            422,
            "not_reminded",
            f"{gate.reason} ({gate.section}); sent lists no reminder after the due date",
        )
    if gate.allowed_from > today:
        raise Refusal(
            422,
            "too_early",
            f"{gate.reason} ({gate.section}); it may be handed over on {gate.allowed_from}",
        )


def _last_demand(sent: Iterable[SentLetter]) -> date | None:
    return max((letter.sent_on for letter in sent if letter.kind in _DEMANDS), default=None)


def _check_documents(documents: tuple[Document, ...]) -> None:
    twice = [
        name for name, count in Counter(paper.name for paper in documents).items() if count > 1
    ]
    if twice:
        raise Refusal(422, "invalid_document", f"documents: {twice[0]} comes twice")
    for paper in documents:
        _check_document(paper)


def _check_document(paper: Document) -> None:
    def wrong(why: str) -> Refusal:
        return Refusal(422, "invalid_document", f"documents: {paper.name}: {why}")

    if not paper.content:
        raise wrong("it is empty")
    if hashlib.sha256(paper.content).hexdigest() != paper.sha256:
        raise wrong("content does not have the SHA-256 that is said")
    beginning = _BEGINNINGS.get(paper.media_type)
    if beginning is None:
        raise wrong(f"media_type must be one of {', '.join(sorted(_BEGINNINGS))}")
    if not paper.content.startswith(beginning):
        raise wrong(f"content is not {paper.media_type}")


def _check_service(raw: bytes) -> None:
    # Before the rest, so that an unknown service is called that, whatever else it brings along.
    try:
        service = json.loads(raw)["service"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    if service not in list(AgencyService):
        known = ", ".join(AgencyService)
        raise Refusal(422, "unknown_service", f"service must be one of: {known}")


def latest_day(today: date, days_ahead: float) -> date:
    """The last day that does not lie ahead."""
    return min(today, date.max - timedelta(days=days_ahead + 1)) + timedelta(days=days_ahead)
