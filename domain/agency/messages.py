"""What a company says to its agency: messages that are put in line for a case, each said once."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Base64Bytes, Discriminator, StringConstraints

from domain.agency.statuses import AgencyService
from domain.agency.types import Cents, Key, MessageKind, PositiveCents, Said, Text
from domain.law.terms import DebtorClass


def case_reference(company_id: str | int, invoice_number: str) -> str:
    """Our name for a case, said in every message: the company's id and the invoice number."""
    return f"{company_id}/{invoice_number}"


class Address(Said):
    """A postal address (postiosoite). Parts may be empty: the agency says what is missing."""

    street: Text = ""
    postal_code: Text = ""
    city: Text = ""
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "FI"
    """ISO 3166-1 alpha-2."""


class Creditor(Said):
    """The company whose claim it is (velkoja)."""

    name: Text
    business_id: Text
    """Y-tunnus."""
    contract_number: Text = ""
    """Sopimusnumero: the creditor's contract with the agency."""


class Debtor(Said):
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


class SentLetter(Said):
    """What the creditor has already sent to the debtor, and on which day (Europe/Helsinki)."""

    kind: Key
    """`invoice`, `reminder` (maksumuistutus) or `notice` (maksukehotus)."""
    sent_on: date


class Document(Said):
    """A paper that goes along with an assignment: the invoice's or a letter's copy."""

    name: Key
    """A file name; it names no person."""
    media_type: Key
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    content: Base64Bytes


class Assignment(Said):
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
    documents: tuple[Document, ...] = ()

    @property
    def total_cents(self) -> int:
        """Everything that is asked for: principal, fees and interest."""
        return self.principal_cents + self.fees_cents + self.interest_cents


class Withdrawal(Said):
    """Peruutus: stop, the creditor takes the claim back."""

    kind: Literal[MessageKind.WITHDRAWAL] = MessageKind.WITHDRAWAL
    idempotency_key: Key
    case_reference: Key
    reason: Text


class DirectPayment(Said):
    """Ohisuoritus: the debtor paid the creditor, past the agency."""

    kind: Literal[MessageKind.DIRECT_PAYMENT] = MessageKind.DIRECT_PAYMENT
    idempotency_key: Key
    case_reference: Key
    amount_cents: PositiveCents
    paid_on: date
    """The bank's payment date."""
    identifier: Key
    """The bank's archive id, or what else tells this payment from every other."""


class PaymentReversal(Said):
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


class CreditNotice(Said):
    """Hyvityslasku: the creditor has credited a part or all of the invoice."""

    kind: Literal[MessageKind.CREDIT_NOTICE] = MessageKind.CREDIT_NOTICE
    idempotency_key: Key
    case_reference: Key
    amount_cents: PositiveCents
    credited_on: date
    identifier: Key
    """The credit note's number."""


class DisputeNotice(Said):
    """Kiista: the debtor disputes the claim, or does so no more."""

    kind: Literal[MessageKind.DISPUTE] = MessageKind.DISPUTE
    idempotency_key: Key
    case_reference: Key
    disputed: bool
    reason: Text
    on: date


class ContactChange(Said):
    """Yhteystietojen muutos: how the debtor is reached now, in place of what was said before."""

    kind: Literal[MessageKind.CONTACT_CHANGE] = MessageKind.CONTACT_CHANGE
    idempotency_key: Key
    case_reference: Key
    debtor: Debtor


CaseMessage = (
    Withdrawal | DirectPayment | PaymentReversal | CreditNotice | DisputeNotice | ContactChange
)
"""What is said of a case that the agency already has."""

OutgoingMessage = Annotated[Assignment | CaseMessage, Discriminator("kind")]
"""What a company says to its agency."""
