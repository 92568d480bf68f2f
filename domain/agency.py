"""The collection agency (perintätoimisto): services, statuses, and what is said to and by it.

Everything here is what any agency speaks about; how one agency's wire looks is its client's
business (`integrations.agency`). The statuses are the twenty that Intrum Oy reports in Finland,
with exactly the Finnish text that users of invoicing software see there.

Workflow code imports this module, so it needs no package but pydantic.
"""

from datetime import UTC, date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
)

from domain.law.terms import DebtorClass

# The agency's names for a case and a message are opaque and short; they become keys on both sides.
Key = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]
Cents = Annotated[int, Field(ge=0, strict=True)]
PositiveCents = Annotated[int, Field(gt=0, strict=True)]
Instant = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class AgencyService(StrEnum):
    """What the agency is asked to do with an invoice."""

    REMINDER = "reminder"
    """Huomautuspalvelu: the agency sends the reminders; takes overdue invoices."""
    COLLECTION = "collection"
    """Perintä: the agency collects; takes invoices that have been reminded and given notice."""


class CollectionPhase(StrEnum):
    """How far a collection status leaves the case."""

    ACTIVE = "active"
    """The agency has the case; more statuses will come."""
    SETTLED = "settled"
    """The debtor has paid; the agency remits or has been told of the payment."""
    ENDED = "ended"
    """The agency has let go of the case without full payment."""


class CollectionStatus(StrEnum):
    """Perinnän tila: the twenty statuses of a case at Intrum.

    The value is a code of ours that never changes (it is stored and searched by); `finnish` is the
    agency's own text to the letter, `english` a translation for people, `phase` what it means for
    the invoice.
    """

    REGISTERED = "registered"
    LETTER_COLLECTION = "letter_collection"
    DISTRICT_COURT = "district_court"
    ENFORCEMENT = "enforcement"
    TRADE_BILL = "trade_bill"
    BANKRUPTCY_OR_DEBT_ADJUSTMENT = "bankruptcy_or_debt_adjustment"
    POST_COLLECTION = "post_collection"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    PAID_AFTER_LEGAL_ACTION = "paid_after_legal_action"
    ENDED_SMALL_PRINCIPAL = "ended_small_principal"
    ENDED_WITHOUT_MEANS = "ended_without_means"
    ENDED_BANKRUPTCY = "ended_bankruptcy"
    ENDED_INVESTIGATION_FRUITLESS = "ended_investigation_fruitless"
    ENDED_OTHER_REASON = "ended_other_reason"
    ENDED_DEBT_ADJUSTMENT = "ended_debt_adjustment"
    ENDED_MERGED = "ended_merged"
    LOCKED_FOR_BILLING = "locked_for_billing"
    ENDED_BILLED = "ended_billed"
    DELETED = "deleted"

    @property
    def finnish(self) -> str:
        """The agency's own text."""
        return _WORDS[self][0]

    @property
    def english(self) -> str:
        """A translation, for people."""
        return _WORDS[self][1]

    @property
    def phase(self) -> CollectionPhase:
        """Whether the agency goes on, has the money, or has let go."""
        return _WORDS[self][2]


_ACTIVE, _SETTLED, _ENDED = CollectionPhase

_WORDS: dict[CollectionStatus, tuple[str, str, CollectionPhase]] = {
    CollectionStatus.REGISTERED: ("REKISTERÖITY/VALVONNASSA", "Registered / under watch", _ACTIVE),
    CollectionStatus.LETTER_COLLECTION: ("KIRJEPERINTÄ", "Collection by letter", _ACTIVE),
    CollectionStatus.DISTRICT_COURT: ("KÄRÄJÄOIKEUS", "District court", _ACTIVE),
    CollectionStatus.ENFORCEMENT: ("ULOSOTTO", "Enforcement", _ACTIVE),
    CollectionStatus.TRADE_BILL: ("TRATTA", "Trade bill (published demand)", _ACTIVE),
    # The proceedings are running and the agency lodges the claim in them; how they end is a
    # status of its own below.
    CollectionStatus.BANKRUPTCY_OR_DEBT_ADJUSTMENT: (
        "KONKURSSI/VELKAJÄRJESTELY",
        "Bankruptcy / debt adjustment",
        _ACTIVE,
    ),
    # Still collected, only slowly: the debt is watched for years and may yet be paid.
    CollectionStatus.POST_COLLECTION: ("JÄLKIPERINTÄ", "Post-collection", _ACTIVE),
    CollectionStatus.PAID: ("MAKSETTU", "Paid", _SETTLED),
    # The creditor has taken the case back: the claim is the creditor's own to handle again.
    CollectionStatus.WITHDRAWN: ("PERUUTETTU", "Withdrawn", _ENDED),
    CollectionStatus.PAID_AFTER_LEGAL_ACTION: (
        "MAKSETTU OIKEUDELLISTEN TOIMENPITEIDEN JÄLKEEN",
        "Paid after legal action",
        _SETTLED,
    ),
    # From here on the agency has given up, each time for the reason named.
    CollectionStatus.ENDED_SMALL_PRINCIPAL: (
        "LOPETETTU - PIENI PÄÄOMA/EI MAKSUKYKYÄ",
        "Ended: small principal / no ability to pay",
        _ENDED,
    ),
    CollectionStatus.ENDED_WITHOUT_MEANS: (
        "LOPETETTU - ASIAKAS VARATON",
        "Ended: debtor without means",
        _ENDED,
    ),
    CollectionStatus.ENDED_BANKRUPTCY: ("LOPETETTU - KONKURSSI", "Ended: bankruptcy", _ENDED),
    CollectionStatus.ENDED_INVESTIGATION_FRUITLESS: (
        "LOPETETTU - TUTKIMUKSET TULOKSETTOMIA",
        "Ended: investigation without result",
        _ENDED,
    ),
    CollectionStatus.ENDED_OTHER_REASON: ("LOPETETTU - MUU SYY", "Ended: other reason", _ENDED),
    CollectionStatus.ENDED_DEBT_ADJUSTMENT: (
        "LOPETETTU - VELKAJÄRJESTELY",
        "Ended: debt adjustment",
        _ENDED,
    ),
    # This case is over; the claim goes on under the case that it was merged into.
    CollectionStatus.ENDED_MERGED: (
        "LOPETETTU - YHDISTETTY TOISEEN SAATAVAAN",
        "Ended: merged with another claim",
        _ENDED,
    ),
    # Collecting has stopped while the agency invoices its own costs, but the last word is still
    # to come (ENDED_BILLED or a payment), so nobody may act on the invoice yet.
    CollectionStatus.LOCKED_FOR_BILLING: (
        "LUKITTU LASKUTUSTA VARTEN",
        "Locked for billing",
        _ACTIVE,
    ),
    CollectionStatus.ENDED_BILLED: ("LOPETETTU/LASKUTETTU", "Ended / billed", _ENDED),
    # Removed from the agency's register, as after a mistaken assignment.
    CollectionStatus.DELETED: ("POISTETTU", "Deleted", _ENDED),
}


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


_BY_TEXT = {
    _folded(name): status for status in CollectionStatus for name in (status.value, status.finnish)
}


def parse_status(label_or_code: str) -> CollectionStatus | None:
    """The status that an agency's text means: the Finnish label or our code.

    Case and spacing are forgiven, spelling is not: an unknown status is None, never a guess, and
    the caller keeps the raw text to show.
    """
    return _BY_TEXT.get(_folded(label_or_code))


def case_reference(company_id: str | int, invoice_number: str) -> str:
    """Our name for a case, said in every message: the company's id and the invoice number."""
    return f"{company_id}/{invoice_number}"


class MessageKind(StrEnum):
    """What a message to or from the agency is about."""

    ASSIGNMENT = "assignment"
    WITHDRAWAL = "withdrawal"
    DIRECT_PAYMENT = "direct_payment"
    PAYMENT_REVERSAL = "payment_reversal"
    CREDIT_NOTICE = "credit_notice"
    STATUS = "status"


class _Body(BaseModel):
    """A message changes nothing once it is made: a repeat must be the same to the byte."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Address(_Body):
    """A postal address (postiosoite). Parts may be empty: the agency says what is missing."""

    street: Text = ""
    postal_code: Text = ""
    city: Text = ""
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "FI"
    """ISO 3166-1 alpha-2."""


class Creditor(_Body):
    """The company whose claim it is (velkoja)."""

    name: Text
    business_id: Text
    """Y-tunnus."""
    contract_number: Text = ""
    """Sopimusnumero: the creditor's contract with the agency."""


class Debtor(_Body):
    """Who owes (velallinen). Carries no personal identity code."""

    name: Text
    debtor_class: DebtorClass
    """Act 513/1999 treats consumers, traders and other debtors (associations, housing companies)
    differently; what may be charged and threatened depends on it."""
    business_id: Text | None = None
    """Y-tunnus, when the debtor has one."""
    address: Address = Address()
    phone: Text | None = None
    """Of the customer's default contact (oletusyhteyshenkilö)."""
    email: Text | None = None
    """Of the customer's default contact."""


class SentLetter(_Body):
    """What the creditor has already sent to the debtor, and on which day (Europe/Helsinki)."""

    kind: Key
    """`invoice`, `reminder` (maksumuistutus) or `notice` (maksukehotus)."""
    sent_on: date


class Assignment(_Body):
    """Toimeksianto: take this claim. Amounts, in cents, are what is open when it is handed over."""

    kind: Literal[MessageKind.ASSIGNMENT] = MessageKind.ASSIGNMENT
    idempotency_key: Key
    case_reference: Key
    service: AgencyService
    creditor: Creditor
    debtor: Debtor
    principal_cents: PositiveCents
    fees_cents: Cents = 0
    interest_cents: Cents = 0
    invoice_number: Key
    invoice_date: date
    due_date: date
    reference_number: Text = ""
    """Viitenumero of the invoice, as the debtor has it."""
    sent: tuple[SentLetter, ...] = ()

    @property
    def total_cents(self) -> int:
        """Everything that is asked for: principal, fees and interest."""
        return self.principal_cents + self.fees_cents + self.interest_cents


class Withdrawal(_Body):
    """Peruutus: stop, the creditor takes the claim back."""

    kind: Literal[MessageKind.WITHDRAWAL] = MessageKind.WITHDRAWAL
    idempotency_key: Key
    case_reference: Key
    reason: Text


class DirectPayment(_Body):
    """Ohisuoritus: the debtor paid the creditor, past the agency."""

    kind: Literal[MessageKind.DIRECT_PAYMENT] = MessageKind.DIRECT_PAYMENT
    idempotency_key: Key
    case_reference: Key
    amount_cents: PositiveCents
    paid_on: date
    """The bank's payment date."""
    identifier: Key
    """The bank's archive id, or what else tells this payment from every other."""


class PaymentReversal(_Body):
    """Ohisuorituksen peruutus: money that the creditor had received for the claim was taken back.

    Also of a payment from before the assignment: the claim is then larger than it was assigned.
    """

    kind: Literal[MessageKind.PAYMENT_REVERSAL] = MessageKind.PAYMENT_REVERSAL
    idempotency_key: Key
    case_reference: Key
    amount_cents: PositiveCents
    reversed_on: date
    identifier: Key
    """What tells this reversal from every other."""


class CreditNotice(_Body):
    """Hyvityslasku: the creditor has credited a part or all of the invoice."""

    kind: Literal[MessageKind.CREDIT_NOTICE] = MessageKind.CREDIT_NOTICE
    idempotency_key: Key
    case_reference: Key
    amount_cents: PositiveCents
    credited_on: date
    identifier: Key
    """The credit note's number."""


OutgoingMessage = Annotated[
    Assignment | Withdrawal | DirectPayment | PaymentReversal | CreditNotice,
    Discriminator("kind"),
]
"""What a company says to its agency."""

CaseMessage = Withdrawal | DirectPayment | PaymentReversal | CreditNotice
"""What is said of a case that the agency already has."""


class Collected(_Body):
    """What the agency itself has collected of a settled case, in cents, as it will remit it."""

    principal_cents: Cents
    interest_cents: Cents
    fees_cents: Cents

    @property
    def total_cents(self) -> int:
        """The sum of the three."""
        return self.principal_cents + self.interest_cents + self.fees_cents


class StatusMessage(BaseModel):
    """The agency says that a case has moved.

    The same message may come several times (`message_id` is then the same) and late. `sequence`
    grows in the order in which things happened at the agency: of two messages on one case the one
    with the greater number is the later. Fields that we don't know are let be, since an agency
    adds to its messages without asking.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal[MessageKind.STATUS] = MessageKind.STATUS
    message_id: Key
    case_reference: Key
    agency_case_id: Key
    status: Text
    """The agency's own text, kept as it came; `known_status` is what it means."""
    occurred_at: Instant
    sequence: Annotated[int, Field(ge=1)]
    principal_cents: Cents | None = None
    """What the agency holds to be open of the principal, if it says."""
    collected: Collected | None = None
    """Said with a settled status."""

    @property
    def known_status(self) -> CollectionStatus | None:
        """The status meant, or None for one that is not among the twenty."""
        return parse_status(self.status)
