"""What Ropo One's API says and is told: its statuses beside ours, and our messages as its fields.

Source: the public documentation at dev.ropo.com (guides and API reference, as stored in 2026). What
is assumed, because the pages that could be read don't say it, is marked so, here and in
docs/agency-ropo.md.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    Field,
    StringConstraints,
    ValidationError,
)

from domain.agency import (
    AgencyService,
    Assignment,
    CollectionStatus,
    CreditNotice,
    DirectPayment,
    StatusMessage,
)
from domain.calendar import HELSINKI
from domain.law.terms import DebtorClass
from integrations.agency.answers import fields
from integrations.agency.errors import AgencyRefused

log = logging.getLogger("karhu.ropo")

_REMINDER, _DEBT_COLLECTION = "1", "2"
_COMPANY, _PERSON = "1", "2"

# The five that the documentation names, and the job type's own name. There is no public list of the
# others: they are handed on as text, for a person to read.
_MEANINGS = {
    "invoicing": CollectionStatus.REGISTERED,
    "due": CollectionStatus.REGISTERED,
    "reminder": CollectionStatus.REGISTERED,
    "collection": CollectionStatus.LETTER_COLLECTION,
    "debt collection": CollectionStatus.LETTER_COLLECTION,
    "paid": CollectionStatus.PAID,
}

# The way of a job. Whatever isn't on it comes after it: a person looks at that.
_STEPS = (
    CollectionStatus.REGISTERED,
    CollectionStatus.LETTER_COLLECTION,
    CollectionStatus.PAID,
)


def meaning(text: str) -> CollectionStatus | None:
    """Which of the twenty statuses a status text of Ropo One's means; None if it is not known."""
    return _MEANINGS.get(" ".join(text.split()).casefold())


def _moment(text: object) -> object:
    # Assumed: ISO 8601, and Finnish time where no zone is said.
    return datetime.fromisoformat(text) if isinstance(text, str) else text


def _zoned(moment: datetime) -> datetime:
    return moment.replace(tzinfo=HELSINKI) if moment.tzinfo is None else moment


_Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True, max_length=200)]
_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True, max_length=500)]


class StatusUpdate(BaseModel):
    """One change of a job's status. The names of the fields are assumed: those that the documented
    answer of `GET /jobs` has, or near to it."""

    jobid: int
    billnum: _Name
    """The invoice number that we gave: our reference of the case."""
    statustext: Annotated[
        _Text, Field(validation_alias=AliasChoices("statustext", "currentstatustext"))
    ]
    at: Annotated[
        datetime,
        BeforeValidator(_moment),
        AfterValidator(_zoned),
        Field(validation_alias=AliasChoices("timestamp", "statusdate", "date")),
    ]

    def message(self, event: str | None = None) -> StatusMessage:
        """The update as a status message; `event` is the id of the webhook's message.

        A polled update has no id, so its contents are its id. There are no sequence numbers either:
        its time is one, and of two at the same time (which may be a day) the one that is further on
        its way is the later.
        """
        known = meaning(self.statustext)
        step = _STEPS.index(known) if known in _STEPS else len(_STEPS)
        return StatusMessage(
            message_id=f"ropo/{event}"
            if event
            else f"ropo/{self.jobid}/{self.at.isoformat()}/{self.statustext}"[:200],
            case_reference=self.billnum,
            agency_case_id=str(self.jobid),
            status=self.statustext,
            meaning=known,
            occurred_at=self.at,
            sequence=int(self.at.timestamp()) * (len(_STEPS) + 1) + step,
        )


class _Event(BaseModel):
    id: Annotated[str, BeforeValidator(str), StringConstraints(min_length=1)]


def updates(items: Iterable[Any]) -> list[StatusUpdate]:
    """The updates of a list, in its order; one that can't be read is passed over and logged, so
    that it does not stand in the way of the others."""
    found = []
    for item in items:
        try:
            found.append(StatusUpdate.model_validate(item))
        except ValidationError as error:
            log.warning("a status update of Ropo One's cannot be read: %s", fields(error))
    return found


def events(items: Iterable[Any]) -> tuple[StatusMessage, ...]:
    """The changes of status in a webhook's batch, each id once.

    A batch holds messages of other kinds too (no list of them is public): those without a status
    text say nothing of a case's status and are passed over.
    """
    found: dict[str, StatusMessage] = {}
    for item in items:
        if not (isinstance(item, dict) and {"statustext", "currentstatustext"} & item.keys()):
            continue
        try:
            name = _Event.model_validate(item).id
            found.setdefault(name, StatusUpdate.model_validate(item).message(name))
        except ValidationError as error:
            log.warning("a message in Ropo One's batch cannot be read: %s", fields(error))
    return tuple(found.values())


def job(message: Assignment) -> dict[str, str]:
    """The assignment as a job of type 1 (reminder) or 2 (debt collection), with the documented
    minimum of fields.

    `billnum` is our reference of the case and not the bare invoice number, for it is what Ropo's
    answers name a job by, and an invoice may come back and be assigned again. `amount` is the
    principal: fees and interest are never mixed into it, and there is no public field for them.
    Raises AgencyRefused with the code `incomplete` or `not_supported`.
    """
    subject = f"{message.kind} of case {message.case_reference}"
    debtor, by_collection = message.debtor, message.service is AgencyService.COLLECTION
    if debtor.address.country != "FI":
        raise AgencyRefused(
            subject,
            "not_supported",
            "Ropo One's Finnish service is told no debtor's country; ring Ropo's customer service"
            " about a debtor abroad, or collect it yourselves",
        )
    said = {
        "jobtype": _DEBT_COLLECTION if by_collection else _REMINDER,
        "billnum": message.case_reference,
        "billcode": message.reference_number,
        "amount": euros(message.principal_cents),
        "address": debtor.address.street,
        "postcode": debtor.address.postal_code,
        "city": debtor.address.city,
        "billdate": message.invoice_date.isoformat(),
        # Assumed for these types of job: the guide lists the due date without its key.
        "paydate": message.due_date.isoformat(),
    }
    if debtor.debtor_class is DebtorClass.CONSUMER:
        said |= {"customertype": _PERSON, "person": debtor.name}
    else:
        said |= {"customertype": _COMPANY, "company": debtor.name}
    if by_collection:
        said["noticedate"] = _notice_date(message)
    if missing := ", ".join(_WORDS[field] for field, value in said.items() if not value):
        raise AgencyRefused(
            subject, "incomplete", f"Ropo One needs {missing}: fill it in and hand over again"
        )
    if debtor.business_id:
        said["govid"] = debtor.business_id
    if debtor.email:
        said["email"] = debtor.email
    return said


_WORDS = {
    "billcode": "the invoice's reference number (viitenumero)",
    "address": "the debtor's street address",
    "postcode": "the debtor's postal code",
    "city": "the debtor's town",
    "person": "the debtor's name",
    "company": "the debtor's name",
    "noticedate": "the date of a notice (maksukehotus), and none was sent",
}


def _notice_date(message: Assignment) -> str:
    letters = [letter for letter in message.sent if letter.kind in {"notice", "reminder"}]
    notices = [letter.sent_on for letter in letters if letter.kind == "notice"]
    days = notices or [letter.sent_on for letter in letters]
    return max(days).isoformat() if days else ""


def payment(message: DirectPayment | CreditNotice) -> dict[str, str]:
    """A direct payment or a credit note as the body of `POST /jobs/payment`.

    The description is for people: it holds what tells the payment from every other.
    """
    said = {"billnum": message.case_reference, "amount": euros(message.amount_cents)}
    if isinstance(message, DirectPayment):
        return said | {
            "paydate": message.paid_on.isoformat(),
            "type": "directpayment",
            "description": message.identifier,
        }
    return said | {
        "paydate": message.credited_on.isoformat(),
        "creditnotebillnum": message.identifier,
        "description": f"Credit note {message.identifier}",
    }


def euros(cents: int) -> str:
    """An amount as the documentation's examples write it: `710.00`."""
    return f"{cents // 100}.{cents % 100:02d}"
