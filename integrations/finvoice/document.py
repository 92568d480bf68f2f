"""One Finvoice document as an `InvoiceRecord`: which element says what.

Elements are taken from where the standard puts them, whatever namespace prefix a sender uses.
Where an amount or a date stands in two places, the one that is milder to the debtor counts.
"""

import datetime as dt
from typing import NamedTuple

from lxml import etree

from domain import references
from integrations import fields
from integrations.fields import BadField
from integrations.intake import Fault, InvoiceRecord, Party
from integrations.xml.parsing import leaves

__all__ = ["Invoice", "Route", "route"]

_INVOICE, _CREDIT_NOTE = "INV01", "INV02"
_NOT_SALES = {
    "INV03": "an interest invoice (korkolasku)",
    "INV04": "an internal invoice",
    "INV05": "a collection invoice (perintälasku)",
    "INV06": "a pro forma invoice",
    "INV07": "a self-billed invoice",
    "INV08": "a reminder (huomautuslasku)",
    "INV09": "the copy of a direct payment",
}

_SELLER_ID = "SellerPartyDetails/SellerPartyIdentifier"
_BUYER_ID = "BuyerPartyDetails/BuyerPartyIdentifier"
_TOTAL = "InvoiceDetails/InvoiceTotalVatIncludedAmount"
_EPI = "EpiDetails/EpiPartyDetails"
_PAY = "EpiDetails/EpiPaymentInstructionDetails"
_TERMS = "InvoiceDetails/PaymentTermsDetails"
_ROW_ORIGINALS = (
    "{*}OriginalInvoiceNumber",
    "{*}OriginalInvoiceReference/{*}InvoiceNumber",
    "{*}RowOverDuePaymentDetails/{*}RowOriginalInvoiceIdentifier",
)
_PASSED_OVER = frozenset(
    {"InvoiceRow", "SpecificationDetails", "VatSpecificationDetails", "EpiIdentificationDetails"}
    | {"MessageDetails", "DeliveryPartyDetails", "DeliveryDetails", "AnyPartyDetails"}
)
_ACCOUNT = f"{_EPI}/EpiBeneficiaryPartyDetails/EpiAccountID"


class Route(NamedTuple):
    """E-invoice addresses and operators from the SOAP frame before a document."""

    sender: str | None = None
    sender_operator: str | None = None
    receiver: str | None = None
    receiver_operator: str | None = None


def route(envelope: etree._Element) -> Route:
    """The addresses of a SOAP frame: eb:From and eb:To, each a Sender or Receiver and an
    Intermediator (operator)."""
    address: dict[tuple[str, str], str] = {}
    for side in ("From", "To"):
        for party in envelope.iterdescendants(f"{{*}}{side}"):
            role = fields.clean(party.findtext("{*}Role")).lower()
            address.setdefault((side, role), fields.clean(party.findtext("{*}PartyId")))
    return Route(
        sender=fields.identifier(address.get(("From", "sender"))),
        sender_operator=address.get(("From", "intermediator")) or None,
        receiver=fields.identifier(address.get(("To", "receiver"))),
        receiver_operator=address.get(("To", "intermediator")) or None,
    )


class Invoice:
    """One document, whose record `record` makes."""

    def __init__(self, root: etree._Element, frame: Route) -> None:
        self._root = root
        self._frame = frame
        self._leaves = leaves(root, without=_PASSED_OVER)

    @property
    def number(self) -> str:
        """The invoice's number; empty when there is none."""
        return self._text("InvoiceDetails/InvoiceNumber")

    def record(self, *, source: str, index: int, line: int) -> InvoiceRecord:
        """The record of the document.

        Raises BadField with the element and the reason, or pydantic's ValidationError where a text
        is longer than the standard allows.
        """
        is_credit_note = self._checked_type()
        number = fields.required(self.number, "InvoiceNumber")
        invoice_date = fields.finvoice_date(self._text("InvoiceDetails/InvoiceDate"), "InvoiceDate")
        amount_cents = self._amount(is_credit_note)
        return InvoiceRecord(
            seller=self._seller(),
            buyer=self._buyer(),
            number=number,
            invoice_date=invoice_date,
            due_date=self._due_date(invoice_date, is_credit_note),
            amount_cents=amount_cents,
            reference=fields.reference(
                self._text(f"{_PAY}/EpiRemittanceInfoIdentifier"), "EpiRemittanceInfoIdentifier"
            ),
            iban=self._iban(is_credit_note),
            bic=self._first(
                f"{_EPI}/EpiBfiPartyDetails/EpiBfiIdentifier",
                "SellerInformationDetails/SellerAccountDetails/SellerBic",
            )
            or None,
            contract_interest_rate=fields.percent(
                self._text(f"{_TERMS}/PaymentOverDueFineDetails/PaymentOverDueFinePercent"),
                "PaymentOverDueFinePercent",
            ),
            is_credit_note=is_credit_note,
            original_invoice_number=self._original(is_credit_note),
            source=source,
            index=index,
            line=line,
        )

    def _text(self, path: str) -> str:
        found = self._leaves.get(path)
        return fields.clean(found[0].text) if found else ""

    def _first(self, *paths: str) -> str:
        """The first of the places that says something."""
        return next((text for path in paths if (text := self._text(path))), "")

    def _all(self, path: str) -> list[str]:
        found = (fields.clean(each.text) for each in self._leaves.get(path, ()))
        return [text for text in found if text]

    def _original(self, is_credit_note: bool) -> str | None:
        """The invoice that a credit note credits: of the whole, or the one that its rows name."""
        found = self._first(
            "InvoiceDetails/OriginalInvoiceNumber",
            "InvoiceDetails/OriginalInvoiceReference/InvoiceNumber",
        )
        if found or not is_credit_note:
            return found or None
        named = {
            text
            for row in self._root.iterchildren("{*}InvoiceRow")
            for path in _ROW_ORIGINALS
            if (text := fields.clean(row.findtext(path)))
        }
        return named.pop() if len(named) == 1 else None

    def _checked_type(self) -> bool:
        """Whether it is a credit note; BadField for what cannot be reminded of at all."""
        code = fields.required(self._text("InvoiceDetails/InvoiceTypeCode"), "InvoiceTypeCode")
        if code not in {_INVOICE, _CREDIT_NOTE}:
            what = _NOT_SALES.get(code, "no invoice")
            raise BadField(
                "InvoiceTypeCode",
                f"{fields.shown(code)} is {what}, not a sales invoice (INV01) or credit note"
                " (INV02); it was left out",
                Fault.NOT_A_SALES_INVOICE,
            )
        if self._text("FactoringAgreementDetails/FactoringAgreementIdentifier"):
            raise BadField(
                "FactoringAgreementDetails",
                "the receivable is sold to a finance company, which does the reminding",
                Fault.UNSUPPORTED,
            )
        if "PartialPaymentDetails/PartialPaymentDueDate" in self._leaves:
            raise BadField(
                "PartialPaymentDetails",
                "the invoice is payable in instalments; send an invoice for each instalment",
                Fault.UNSUPPORTED,
            )
        if self._text("PaymentStatusDetails/PaymentStatusCode") == "PAID":
            raise BadField("PaymentStatusCode", "the invoice is paid already", Fault.NOTHING_TO_PAY)
        return code == _CREDIT_NOTE

    def _cents(self, path: str) -> int | None:
        if not self._text(path):
            return None
        element = self._leaves[path][0]
        name = path.rpartition("/")[2]
        currency = fields.clean(element.get("AmountCurrencyIdentifier")) or "EUR"
        if currency != "EUR":
            raise BadField(
                name,
                f"the currency is {fields.shown(currency)}; only invoices in EUR are handled",
                Fault.UNSUPPORTED,
            )
        return fields.euro_cents(element.text, name, padded=True)

    def _amount(self, is_credit_note: bool) -> int:
        """What is asked: EpiInstructedAmount, which leaves out what was paid in advance; without
        it, the total. For a credit note the total, whose sign senders disagree about."""
        total, asked = self._cents(_TOTAL), self._cents(f"{_PAY}/EpiInstructedAmount")
        if is_credit_note:
            credited = total or asked
            if not credited:
                raise BadField(
                    "InvoiceTotalVatIncludedAmount", "credits nothing", Fault.NOTHING_TO_PAY
                )
            return abs(credited)
        amount = total if asked is None else asked
        if amount is None:
            fields.required("", "EpiInstructedAmount")
        elif amount < 0:
            raise BadField(
                "EpiInstructedAmount", "is negative; a credit note carries InvoiceTypeCode INV02"
            )
        elif total is not None and amount > total:
            raise BadField(
                "EpiInstructedAmount",
                "asks for more than InvoiceTotalVatIncludedAmount; earlier invoices in the sum are"
                " to be sent as invoices of their own",
                Fault.MISMATCH,
            )
        if not amount:
            raise BadField("EpiInstructedAmount", "asks for nothing", Fault.NOTHING_TO_PAY)
        return amount

    def _due_date(self, invoice_date: dt.date, is_credit_note: bool) -> dt.date:
        """The later of EpiDateOptionDate and InvoiceDueDate; a credit note need have neither."""
        places = (f"{_PAY}/EpiDateOptionDate", f"{_TERMS}/InvoiceDueDate")
        found = [
            fields.finvoice_date(text, path.rpartition("/")[2])
            for path in places
            if (text := self._text(path))
        ]
        if is_credit_note:
            return max([*found, invoice_date])
        if not found:
            fields.required("", "EpiDateOptionDate")
        due = max(found)
        if due < invoice_date:
            raise BadField(
                "EpiDateOptionDate", "the due date is before the invoice date; correct one"
            )
        return due

    def _iban(self, is_credit_note: bool) -> str | None:
        places = (_ACCOUNT, "SellerInformationDetails/SellerAccountDetails/SellerAccountID")
        for path in places:
            for element in self._leaves.get(path, ()):
                text = fields.clean(element.text)
                if text and element.get("IdentificationSchemeName", "IBAN") == "IBAN":
                    return fields.iban(text, path.rpartition("/")[2])
        return None if is_credit_note else fields.iban("", "EpiAccountID")

    def _seller(self) -> Party:
        name = fields.required(
            " ".join(self._all("SellerPartyDetails/SellerOrganisationName")),
            "SellerOrganisationName",
        )
        business_id = fields.business_id(
            self._first(_SELLER_ID, "SellerPartyDetails/SellerOrganisationTaxCode"),
            "SellerPartyIdentifier",
        )
        common = "SellerInformationDetails"
        message = "MessageTransmissionDetails/MessageSenderDetails"
        return Party(
            name=name,
            business_id=business_id,
            **self._address("Seller"),
            email=fields.email(
                self._first(
                    "SellerCommunicationDetails/SellerEmailaddressIdentifier",
                    f"{common}/SellerCommonEmailaddressIdentifier",
                ),
                "SellerEmailaddressIdentifier",
            ),
            phone=self._first(
                "SellerCommunicationDetails/SellerPhoneNumberIdentifier",
                f"{common}/SellerPhoneNumber",
            )
            or None,
            einvoice_address=self._text(f"{message}/FromIdentifier") or self._frame.sender,
            einvoice_operator=self._text(f"{message}/FromIntermediator")
            or self._frame.sender_operator,
        )

    def _buyer(self) -> Party:
        full_name = " ".join(self._all("BuyerPartyDetails/BuyerOrganisationName"))
        name = fields.required(fields.without_personal_codes(full_name), "BuyerOrganisationName")
        party_id = self._text(_BUYER_ID)
        is_person = fields.is_personal_code(party_id) or name != full_name
        business_id = None if is_person else self._buyer_business_id()
        own_number = self._text("InvoiceDetails/SellersBuyerIdentifier")
        if not own_number and business_id is None and not is_person:
            own_number = party_id  # older senders put their own customer number there
        message = "MessageTransmissionDetails/MessageReceiverDetails"
        return Party(
            name=name,
            business_id=business_id,
            customer_number=fields.identifier(own_number),
            **self._address("Buyer"),
            email=fields.email(
                self._first(
                    "BuyerCommunicationDetails/BuyerEmailaddressIdentifier",
                    "InvoiceRecipientCommunicationDetails/InvoiceRecipientEmailaddressIdentifier",
                ),
                "BuyerEmailaddressIdentifier",
            ),
            phone=self._text("BuyerCommunicationDetails/BuyerPhoneNumberIdentifier") or None,
            einvoice_address=fields.identifier(self._text(f"{message}/ToIdentifier"))
            or self._frame.receiver,
            einvoice_operator=self._text(f"{message}/ToIntermediator")
            or self._frame.receiver_operator,
            language=fields.language(self._text("InvoiceRecipientLanguageCode")),
            is_private=is_person or (business_id is None and not fields.looks_like_company(name)),
        )

    def _buyer_business_id(self) -> str | None:
        """The buyer's business id or VAT number, from BuyerPartyIdentifier,
        BuyerOrganisationTaxCode or the OVT code in BuyerOrganisationUnitNumber; None when there is
        none.

        BadField for one that reads like a business id and fails its check digit.
        """
        for path in (_BUYER_ID, "BuyerPartyDetails/BuyerOrganisationTaxCode"):
            given = self._text(path).upper().replace(" ", "")
            if not given:
                continue
            plain = given.removeprefix("FI")
            reads_like_one = (len(plain) == 9 and plain[7] == "-") or (
                given != plain and len(plain) == 8 and plain.isdecimal()
            )
            try:
                return fields.business_id_or_vat(given, path.rpartition("/")[2])
            except BadField:
                if reads_like_one:
                    raise
        ovt = self._text("BuyerOrganisationUnitNumber")
        try:
            return references.business_id_from_ovt(ovt) if ovt else None
        except references.InvalidBusinessIdError:
            return None

    def _address(self, side: str) -> dict[str, str | None]:
        postal = f"{side}PartyDetails/{side}PostalAddressDetails"
        lines = self._all(f"{postal}/{side}StreetName")
        lines += self._all(f"{postal}/{side}PostOfficeBoxIdentifier")
        code, name = self._text(f"{postal}/CountryCode"), self._text(f"{postal}/CountryName")
        if not code and name and name.casefold() not in {"finland", "suomi", "finlandia"}:
            raise BadField("CountryCode", "is missing for an address abroad", Fault.MISSING)
        return {
            "street": ", ".join(lines) or None,
            "postcode": self._text(f"{postal}/{side}PostCodeIdentifier") or None,
            "city": self._text(f"{postal}/{side}TownName") or None,
            "country": fields.country(code, "CountryCode"),
        }
