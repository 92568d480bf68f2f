"""What the sandbox refuses, and with which words."""

import json
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from domain.agency import AgencyService, Assignment
from domain.law.terms import DebtorClass

BODY_LIMIT_BYTES = 256 * 1024

Body = TypeVar("Body", bound=BaseModel)


class Refusal(Exception):  # noqa: N818
    """An answer other than yes: HTTP status, a code for programs, a reason for people."""

    def __init__(self, http_status: int, code: str, reason: str) -> None:
        super().__init__(f"{http_status} {code}: {reason}")
        self.http_status = http_status
        self.code = code
        self.reason = reason


def read(kind: type[Body], raw: bytes) -> Body:
    """The message in a request's body."""
    if len(raw) > BODY_LIMIT_BYTES:
        raise Refusal(413, "too_large", f"a message has at most {BODY_LIMIT_BYTES} bytes")
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in detail['loc']) or 'body'}: {detail['msg']}"
            for detail in error.errors(include_url=False, include_input=False)
        )
        raise Refusal(422, "invalid_message", wrong) from error


def read_assignment(raw: bytes) -> Assignment:
    """The assignment in a request's body, complete enough to be worked on."""
    _check_service(raw)
    assignment = read(Assignment, raw)
    check_assignment(assignment)
    return assignment


def check_assignment(assignment: Assignment) -> None:
    """Refuse an assignment that no agency could work on."""
    if not assignment.creditor.contract_number:
        raise Refusal(
            422,
            "no_contract",
            "creditor.contract_number is missing; the creditor needs a contract with the agency",
        )
    if not assignment.debtor.name:
        raise Refusal(422, "no_debtor", "debtor.name is missing")
    address = assignment.debtor.address
    # Not every country has postal codes.
    needed = ("street", "postal_code", "city") if address.country == "FI" else ("street", "city")
    missing = [f"debtor.address.{part}" for part in needed if not getattr(address, part)]
    if missing:
        raise Refusal(
            422,
            "incomplete_address",
            f"{', '.join(missing)} missing; complete the customer's address and hand over again",
        )
    if assignment.due_date < assignment.invoice_date:
        raise Refusal(422, "invalid_dates", "due_date is before invoice_date")
    if assignment.service is AgencyService.COLLECTION:
        _check_reminded(assignment)


def _check_reminded(assignment: Assignment) -> None:
    """A consumer is reminded after the due date before anyone collects (513/1999, 5 §)."""
    reminded = any(
        letter.kind in {"reminder", "notice"} and letter.sent_on > assignment.due_date
        for letter in assignment.sent
    )
    if assignment.debtor.debtor_class is DebtorClass.CONSUMER and not reminded:
        raise Refusal(
            422,
            "not_reminded",
            "a consumer must have been sent a reminder after the due date; sent lists none",
        )


def _check_service(raw: bytes) -> None:
    # Before the rest, so that an unknown service is called that, whatever else it brings along.
    try:
        service = json.loads(raw)["service"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    if service not in list(AgencyService):
        known = ", ".join(AgencyService)
        raise Refusal(422, "unknown_service", f"service must be one of: {known}")
