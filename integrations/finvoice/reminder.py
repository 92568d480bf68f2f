"""A letter as an e-invoice: Finvoice 3.0, type INV08, reminder invoice (huomautuslasku).

It says what the page says: the sums as rows without VAT (late interest and reminder costs are
compensation, no sale), the rest as free text. What is to be paid, when and how stands in
EpiDetails, where the debtor's bank takes it from. Source: Finance Finland, Finvoice 3.0
implementation guidelines and Finvoice3.0.xsd, whose lengths and order are kept here.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Any, cast

from lxml import etree
from lxml.builder import E

from domain.barcode import BarcodeError, virtual_barcode
from domain.calendar import FINLAND
from domain.money import NO_BREAK_SPACE, to_decimal
from integrations.letters.content import LetterContent
from integrations.letters.wording import TEXTS, word

ENCODING = "ISO-8859-15"
"""What every receiver of Finvoice reads; other characters are written as references."""

_NO_VAT = "O"
"""Outside the scope of VAT (UNTDID 5305)."""

_ADDRESS_LINES = 3


class UnwritableEInvoice(ValueError):  # noqa: N818  (the name is the finding)
    """The letter does not fit into a Finvoice document; the text says which part, and why."""


@dataclass(frozen=True, slots=True)
class EInvoiceParty:
    """One side of an e-invoice: where it is reached, and its postal address if that is complete."""

    address: str
    """E-invoice address (verkkolaskuosoite): OVT code, IBAN or the operator's own."""
    operator: str
    business_id: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = "FI"


def reminder_document(
    content: LetterContent, number: str, seller: EInvoiceParty, buyer: EInvoiceParty
) -> bytes:
    """The letter as a Finvoice document; the same arguments make the same bytes.

    `number`: the reminder's own invoice number, at most 20 characters. Raises `UnwritableEInvoice`.
    """
    parts = [
        _transmission(content, seller, buyer),
        _party("Seller", content.creditor.name, seller),
        _seller_information(content),
        E.InvoiceRecipientLanguageCode(content.language.upper()),
        _party("Buyer", content.debtor.name, buyer),
        _details(content, number),
        *_barcode(content),
        *_rows(content),
        _epi(content),
    ]
    document = E.Finvoice(*[part for part in parts if part is not None], Version="3.0")
    written = etree.tostring(document, xml_declaration=True, encoding=ENCODING, pretty_print=True)
    return cast(bytes, written)


def _transmission(content: LetterContent, seller: EInvoiceParty, buyer: EInvoiceParty) -> Any:
    for whose, party in (("creditor", seller), ("debtor", buyer)):
        _fitting(f"the {whose}'s e-invoice address", party.address, 2, 35)
        _fitting(f"the {whose}'s e-invoice operator", party.operator, 2, 35)
    stamp = FINLAND.at(content.letter_date, time(12)).isoformat()
    return E.MessageTransmissionDetails(
        E.MessageSenderDetails(
            E.FromIdentifier(seller.address), E.FromIntermediator(seller.operator)
        ),
        E.MessageReceiverDetails(E.ToIdentifier(buyer.address), E.ToIntermediator(buyer.operator)),
        E.MessageDetails(
            E.MessageIdentifier(_fitting("the letter's id", content.letter_id, 2, 48)),
            E.MessageTimeStamp(stamp),
        ),
    )


def _party(side: str, name: str, party: EInvoiceParty) -> Any:
    details = etree.Element(f"{side}PartyDetails")
    if party.business_id:
        _add(details, f"{side}PartyIdentifier", party.business_id)
    # One line for each 70 characters of a long name.
    for line in _wrapped(name, 70):
        _add(details, f"{side}OrganisationName", line)
    street = _wrapped(party.street, 35)
    place = (party.city, party.postcode)
    if 0 < len(street) <= _ADDRESS_LINES and all(
        2 <= len(text) <= 35 for text in (*street, *place)
    ):
        postal = etree.SubElement(details, f"{side}PostalAddressDetails")
        for line in street:
            _add(postal, f"{side}StreetName", line)
        _add(postal, f"{side}TownName", party.city)
        _add(postal, f"{side}PostCodeIdentifier", party.postcode)
        _add(postal, "CountryCode", party.country)
    return details


def _seller_information(content: LetterContent) -> Any:
    creditor = content.creditor
    details = etree.Element("SellerInformationDetails")
    if creditor.phone and len(creditor.phone) <= 35:
        _add(details, "SellerPhoneNumber", creditor.phone)
    if creditor.email and len(creditor.email) <= 70:
        _add(details, "SellerCommonEmailaddressIdentifier", creditor.email)
    if content.bic:
        details.append(
            E.SellerAccountDetails(
                E.SellerAccountID(content.iban, IdentificationSchemeName="IBAN"),
                E.SellerBic(content.bic, IdentificationSchemeName="BIC"),
            )
        )
    return details if len(details) else None


def _details(content: LetterContent, number: str) -> Any:
    wording = word(content)
    texts = TEXTS[content.language]
    # There is no form to read a code from.
    said = [(part.title, part.text.replace(f" {texts.pay_codes}", "")) for part in wording.sections]
    free = [wording.intro, *(f"{title}. {text}" for title, text in said)]
    free.append(f"{texts.letter_id}: {content.letter_id}.")
    return E.InvoiceDetails(
        E.InvoiceTypeCode("INV08", CodeListAgencyIdentifier="SPY"),
        E.InvoiceTypeText(wording.title),
        E.OriginCode("Original"),
        E.InvoiceNumber(_fitting("the letter's invoice number", number, 1, 20)),
        E.InvoiceDate(*_day(content.letter_date)),
        E.OriginalInvoiceNumber(_fitting("the invoice's number", content.invoice_number, 1, 20)),
        E.OriginalInvoiceDate(*_day(content.invoice_date)),
        E.InvoiceTotalVatExcludedAmount(*_eur(content.total_cents)),
        E.InvoiceTotalVatAmount(*_eur(0)),
        E.InvoiceTotalVatIncludedAmount(*_eur(content.total_cents)),
        E.VatSpecificationDetails(
            E.VatBaseAmount(*_eur(content.total_cents)),
            E.VatRatePercent("0"),
            E.VatCode(_NO_VAT),
            E.VatRateAmount(*_eur(0)),
        ),
        *(E.InvoiceFreeText(piece) for text in free for piece in _wrapped(text, 512)),
        E.PaymentTermsDetails(E.InvoiceDueDate(*_day(content.due_date))),
    )


def _barcode(content: LetterContent) -> Iterator[Any]:
    try:
        digits = virtual_barcode(
            content.iban, content.reference, content.total_cents, content.due_date
        )
    except BarcodeError:
        return
    yield E.VirtualBankBarcode(digits)


# ── rows ─────────────────────────────────────────────────────────────────────────────────────


def _rows(content: LetterContent) -> Iterator[Any]:
    """The original invoice's open sum, the interest, and the fees, each with no VAT."""
    texts = TEXTS[content.language]
    notes = {row.label: row.note for row in word(content).rows}
    unpaid = content.principal_cents - content.paid_cents
    yield _row(texts.principal, unpaid, _original(content, unpaid), notes[texts.principal])
    yield _row(
        texts.interest, content.interest_cents, _interest(content), notes.get(texts.interest, "")
    )
    if content.earlier_fees_cents:
        yield _row(texts.earlier_fees, content.earlier_fees_cents, None, "")
    fee = E.RowOverDuePaymentDetails(
        E.RowCollectionDate(*_day(content.letter_date)),
        E.RowCollectionChargeAmount(*_eur(content.fee_cents)),
    )
    yield _row(texts.fee, content.fee_cents, fee, "")


def _row(name: str, cents: int, overdue: Any, note: str) -> Any:
    return E.InvoiceRow(
        E.ArticleName(name),
        *([] if overdue is None else [overdue]),
        *(E.RowFreeText(piece) for piece in _wrapped(note, 512)),
        E.RowVatRatePercent("0"),
        E.RowVatCode(_NO_VAT),
        E.RowVatAmount(*_eur(0)),
        E.RowVatExcludedAmount(*_eur(cents)),
        E.RowAmount(*_eur(cents)),
    )


def _original(content: LetterContent, unpaid_cents: int) -> Any:
    return E.RowOverDuePaymentDetails(
        E.RowOriginalInvoiceIdentifier(content.invoice_number),
        E.RowOriginalInvoiceDate(*_day(content.invoice_date)),
        E.RowOriginalDueDate(*_day(content.original_due_date)),
        E.RowOriginalInvoiceTotalAmount(*_eur(content.principal_cents)),
        E.RowOriginalEpiRemittanceInfoIdentifier(content.reference),
        E.RowPaidVatIncludedAmount(*_eur(content.paid_cents)),
        E.RowUnPaidVatIncludedAmount(*_eur(unpaid_cents)),
    )


def _interest(content: LetterContent) -> Any:
    periods = content.interest_periods
    if not (content.interest_cents and periods):
        return None
    details = etree.Element("RowOverDuePaymentDetails")
    if len({period.rate for period in periods}) == 1:
        percent = f"{periods[0].rate.normalize():f}".replace(".", ",")
        _add(details, "RowInterestRate", percent)
    details.append(E.RowInterestStartDate(*_day(periods[0].first_day)))
    details.append(E.RowInterestEndDate(*_day(periods[-1].last_day)))
    _add(details, "RowInterestDateNumber", str(sum(period.days for period in periods)))
    details.append(E.RowInterestChargeAmount(*_eur(content.interest_cents)))
    details.append(E.RowInterestChargeVatAmount(*_eur(0)))
    return details


# ── payment ──────────────────────────────────────────────────────────────────────────────────


def _epi(content: LetterContent) -> Any:
    scheme = "ISO" if content.reference.startswith("RF") else "SPY"
    bic = [E.EpiBfiIdentifier(content.bic, IdentificationSchemeName="BIC")] if content.bic else []
    return E.EpiDetails(
        E.EpiIdentificationDetails(
            E.EpiDate(*_day(content.letter_date)), E.EpiReference(content.reference)
        ),
        E.EpiPartyDetails(
            E.EpiBfiPartyDetails(*bic),
            E.EpiBeneficiaryPartyDetails(
                E.EpiNameAddressDetails(content.creditor.name[:35].strip()),
                E.EpiAccountID(content.iban, IdentificationSchemeName="IBAN"),
            ),
        ),
        E.EpiPaymentInstructionDetails(
            E.EpiRemittanceInfoIdentifier(content.reference, IdentificationSchemeName=scheme),
            E.EpiInstructedAmount(*_eur(content.total_cents)),
            E.EpiCharge("SHA", ChargeOption="SHA"),
            E.EpiDateOptionDate(*_day(content.due_date)),
        ),
    )


# ── small parts ──────────────────────────────────────────────────────────────────────────────


def _add(parent: Any, name: str, text: str) -> None:
    etree.SubElement(parent, name).text = text


def _day(day: date) -> tuple[str, dict[str, str]]:
    return f"{day:%Y%m%d}", {"Format": "CCYYMMDD"}


def _eur(cents: int) -> tuple[str, dict[str, str]]:
    return f"{to_decimal(cents)}".replace(".", ","), {"AmountCurrencyIdentifier": "EUR"}


def _wrapped(text: str, width: int) -> list[str]:
    """The text in pieces of at most `width` characters, of at least two."""
    plain = text.replace(NO_BREAK_SPACE, " ")
    return [piece for piece in textwrap.wrap(plain, width) if len(piece) > 1]


def _fitting(what: str, text: str, least: int, most: int) -> str:
    if not least <= len(text) <= most:
        raise UnwritableEInvoice(
            f"{what} has {len(text)} characters; a Finvoice document takes {least} to {most}"
        )
    return text
