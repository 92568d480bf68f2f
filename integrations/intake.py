"""What the readers of files hand over: invoices, payments, and what could not be read.

Every reader is a generator that yields its records and its `BadRecord`s in the order of the file,
so that one wrong invoice never keeps a thousand right ones out. Readers do not raise for what a
file contains.

A personal identity code (henkilötunnus) found in a file is dropped on reading: no record and no
reason carries one (Tietosuojalaki 1050/2018, 29 §). Reasons carry no names either, because they
end up in logs.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.agency import Settlement
from domain.money import Language

__all__ = [
    "BadRecord",
    "CustomerRecord",
    "Fault",
    "FeedRecord",
    "InvoiceRecord",
    "Party",
    "PaymentRecord",
    "ReadOptions",
    "SettlementRecord",
]

Text = Annotated[str, Field(min_length=1, max_length=250)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Party(_Record):
    """A seller (creditor) or a buyer (debtor) as one invoice names it."""

    name: Text
    business_id: Text | None = None
    """Y-tunnus as "1234567-1"; for a buyer abroad its VAT number, which begins with letters."""
    customer_number: Text | None = None
    """The seller's own number for the buyer (asiakasnumero)."""
    street: Text | None = None
    """Street lines and post office box, joined by ", "."""
    postcode: Text | None = None
    city: Text | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "FI"
    """ISO 3166-1 alpha-2."""
    email: Text | None = None
    phone: Text | None = None
    contact_name: Text | None = None
    """Of the default contact (oletusyhteyshenkilö), where the file names one."""
    contact_phone: Text | None = None
    contact_email: Text | None = None
    einvoice_address: Text | None = None
    einvoice_operator: Text | None = None
    language: Language = "fi"
    is_private: bool = False
    """A natural person, not acting in business: the consumer's protection applies."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What a reader is told beside the file.

    `seller`, `iban` and `bic`: whose invoices they are and where they are paid, for formats that do
    not say it (Netvisor's). `columns`: of a CSV file, our column's name to the file's own.
    """

    seller: Party | None = None
    iban: str = ""
    bic: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)


class CustomerRecord(_Record):
    """A customer (asiakas) whose details a file brings without an invoice."""

    seller: Party
    buyer: Party
    source: str
    index: int
    line: int


class InvoiceRecord(_Record):
    """One sales invoice (myyntilasku) or credit note (hyvityslasku)."""

    seller: Party
    buyer: Party
    number: Text
    invoice_date: dt.date
    due_date: dt.date
    """As the invoice states it, not moved to a banking day."""
    amount_cents: Annotated[int, Field(gt=0)]
    """What the invoice asks to be paid, VAT included. Positive for a credit note too: what it
    takes off."""
    currency: Literal["EUR"] = "EUR"
    reference: Text | None = None
    """In the form of `domain.references.normalise`: no spaces, leading zeros or RF."""
    iban: Text | None = None
    """The seller's account; always there for an invoice, perhaps not for a credit note."""
    bic: Text | None = None
    contract_interest_rate: Decimal | None = None
    """The late interest that the invoice states, per cent a year."""
    is_credit_note: bool = False
    original_invoice_number: Text | None = None
    source: str
    """Name of the file."""
    index: int
    """The document's (XML) or row's (CSV) number in the file, from 1."""
    line: int
    """Line of the file where it begins, from 1."""

    @model_validator(mode="after")
    def _payable(self) -> Self:
        if not self.is_credit_note:
            if self.iban is None:
                raise ValueError("an invoice needs the account that it is to be paid to")
            if self.due_date < self.invoice_date:
                raise ValueError("an invoice is not due before its date")
        return self


class PaymentRecord(_Record):
    """One incoming payment, or the failure of a direct debit, from a bank file."""

    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """The once-only key: the same for the same payment in every file and format
    (`integrations.payment_keys`)."""
    reference: str | None
    """Without leading zeros. None where the bank gives none."""
    reference_valid: bool
    """Whether the check digit holds. The money has come in either way; only the matching of a
    wrong reference needs a person."""
    amount_cents: int
    """Negative for a correction (oikaisu) or reversal, by which the bank takes an earlier payment
    back."""
    booked_on: dt.date
    """Entry date (kirjauspäivä) at the bank."""
    paid_on: dt.date
    """Payment date (maksupäivä): until when late interest runs."""
    payer: str
    """As much of the payer's name as the bank sends (12 characters in KTL); may be empty."""
    archive_id: str
    """The bank's archiving id (arkistointitunnus)."""
    account: str
    """The receiving account, an IBAN."""
    message: str = ""
    """What the payer wrote (unstructured remittance), personal identity codes left out."""
    payer_account: str = ""
    """The payer's account, an IBAN, where the bank tells it."""
    failed: bool = False
    """A direct debit that brought no money. Nothing is to be booked."""
    receipt_code: str = ""
    """The bank's code of why a direct debit failed (1 to 9), else empty."""
    source: str
    line: int


class FeedRecord(_Record):
    """What a bank's file says of itself, also when it brings no payment: how fresh it is.

    It comes after the payments of its batch, statement or notification, and only where that was
    read to its end: a file that is cut short makes nothing fresh.
    """

    account: str | None
    """The account (IBAN) it is about; None where the format does not say (an empty KTL batch)."""
    as_of: dt.datetime
    """When the bank made it: an aware instant."""
    passed: int = 0
    """Transactions that are rightly no payments to the company: its own payments (omat maksut)."""
    source: str
    line: int


class SettlementRecord(_Record):
    """A settlement (tilitys) of a collection agency's."""

    settlement: Settlement
    amount_cents: int
    """What is transferred."""
    source: str
    index: int
    """Its number in the file, from 1."""
    line: int | None = None


class Fault(StrEnum):
    """What kind of thing is wrong with a record, for programs; people read the reason."""

    UNREADABLE = "unreadable"
    """The file or document could not be read as what it says it is."""
    MISSING = "missing"
    """Something that must be there is not."""
    INVALID = "invalid"
    """A value breaks its rule."""
    UNSUPPORTED = "unsupported"
    """Right perhaps, but not something Karhu can remind of."""
    NOT_A_SALES_INVOICE = "not a sales invoice"
    """Another kind of document: a reminder, an order, an interest invoice."""
    NOTHING_TO_PAY = "nothing to pay"
    """The invoice asks for no money, or is paid already."""
    MISMATCH = "mismatch"
    """Parts of the file contradict each other: a sum record that does not add up."""
    NOT_BOOKED = "not booked"
    """The bank has announced the transaction, and not booked it."""
    DETAILS_ELSEWHERE = "details elsewhere"
    """One sum for payments that the bank itemises in another of its files."""


class BadRecord(_Record):
    """A record that was left out: where it is, what is wrong, and what to do."""

    source: str
    """Name of the file."""
    line: int | None
    """Line of the file, from 1; None when it is about the file as a whole."""
    element: str
    """The element, column or field that is wrong; "file", "document", "row" for the whole."""
    reason: str
    fault: Fault
    record: str | None = None
    """The invoice's number, when it could be read."""
    index: int | None = None
    """The document's or row's number in the file, from 1."""
    raw: str | None = None
    """The record as the file has it, to be corrected and handed in again alone: a whole document,
    row or line, personal identity codes left out; None where there is no such piece, or it is
    longer than 256 KB."""

    def __str__(self) -> str:
        place = [self.source]
        if self.line is not None:
            place.append(f"line {self.line}")
        if self.record is not None:
            place.append(f"invoice {self.record}")
        return f"{', '.join(place)}: {self.element}: {self.reason}"
