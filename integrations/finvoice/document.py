"""One Finvoice document as an `InvoiceRecord`: which element says what.

Elements are taken from where the standard puts them, whatever namespace prefix a sender uses.
Where an amount or a date stands in two places, the one that is milder to the debtor counts.
"""

import datetime as dt
from typing import NamedTuple, cast

from lxml import etree

from domain import references
from integrations import fields
from integrations.fields import BadField
from integrations.intake import Fault, InvoiceRecord, Party

__all__ = ["Route", "invoice", "invoice_number", "line_of", "local_name", "route"]

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
_ACCOUNT = f"{_EPI}/EpiBeneficiaryPartyDetails/EpiAccountID"


class Route(NamedTuple):
    """E-invoice addresses and operators from the SOAP frame before a document."""

    sender: str | None = None
    sender_operator: str | None = None
    receiver: str | None = None
    receiver_operator: str | None = None


def local_name(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return etree.QName(element).localname


def line_of(element: etree._Element) -> int:
    """The line of its document that an element begins on, from 1."""
    return cast(int, element.sourceline or 1)


def _path(path: str) -> str:
    return "/".join(f"{{*}}{name}" for name in path.split("/"))


def _text(element: etree._Element, path: str) -> str:
    return fields.clean(element.findtext(_path(path)))


def _first(element: etree._Element, *paths: str) -> str:
    """The first of the places that says something."""
    return next((text for path in paths if (text := _text(element, path))), "")


def _all(element: etree._Element, path: str) -> list[str]:
    found = (fields.clean(each.text) for each in element.iterfind(_path(path)))
    return [text for text in found if text]


def route(envelope: etree._Element) -> Route:
    """The addresses of a SOAP frame: eb:From and eb:To, each a Sender or Receiver and an
    Intermediator (operator)."""
    address: dict[tuple[str, str], str] = {}
    for side in ("From", "To"):
        for party in envelope.iterdescendants(f"{{*}}{side}"):
            role = _text(party, "Role").lower()
            address.setdefault((side, role), _text(party, "PartyId"))
    return Route(
        sender=fields.identifier(address.get(("From", "sender"))),
        sender_operator=address.get(("From", "intermediator")) or None,
        receiver=fields.identifier(address.get(("To", "receiver"))),
        receiver_operator=address.get(("To", "intermediator")) or None,
    )


def invoice_number(root: etree._Element) -> str:
    """The invoice's number; empty when there is none."""
    return _text(root, "InvoiceDetails/InvoiceNumber")


def invoice(
    root: etree._Element, frame: Route, *, source: str, index: int, line: int
) -> InvoiceRecord:
    """The record of one document.

    Raises BadField with the element and the reason, or pydantic's ValidationError where a text is
    longer than the standard allows.
    """
    is_credit_note = _checked_type(root)
    number = fields.required(invoice_number(root), "InvoiceNumber")
    invoice_date = fields.finvoice_date(_text(root, "InvoiceDetails/InvoiceDate"), "InvoiceDate")
    amount_cents = _amount(root, is_credit_note)
    return InvoiceRecord(
        seller=_seller(root, frame),
        buyer=_buyer(root, frame),
        number=number,
        invoice_date=invoice_date,
        due_date=_due_date(root, invoice_date, is_credit_note),
        amount_cents=amount_cents,
        reference=fields.reference(
            _text(root, f"{_PAY}/EpiRemittanceInfoIdentifier"), "EpiRemittanceInfoIdentifier"
        ),
        iban=_iban(root, is_credit_note),
        bic=_first(
            root,
            f"{_EPI}/EpiBfiPartyDetails/EpiBfiIdentifier",
            "SellerInformationDetails/SellerAccountDetails/SellerBic",
        )
        or None,
        contract_interest_rate=fields.percent(
            _text(root, f"{_TERMS}/PaymentOverDueFineDetails/PaymentOverDueFinePercent"),
            "PaymentOverDueFinePercent",
        ),
        is_credit_note=is_credit_note,
        original_invoice_number=_first(
            root,
            "InvoiceDetails/OriginalInvoiceNumber",
            "InvoiceDetails/OriginalInvoiceReference/InvoiceNumber",
        )
        or None,
        source=source,
        index=index,
        line=line,
    )


def _checked_type(root: etree._Element) -> bool:
    """Whether it is a credit note; BadField for what cannot be reminded of at all."""
    if local_name(root) != "Finvoice":
        raise BadField("document", "is not a Finvoice document; it was left out", Fault.UNSUPPORTED)
    code = fields.required(_text(root, "InvoiceDetails/InvoiceTypeCode"), "InvoiceTypeCode")
    if code not in {_INVOICE, _CREDIT_NOTE}:
        what = _NOT_SALES.get(code, "no invoice")
        raise BadField(
            "InvoiceTypeCode",
            f"{fields.shown(code)} is {what}, not a sales invoice (INV01) or credit note (INV02);"
            " it was left out",
            Fault.NOT_A_SALES_INVOICE,
        )
    if _text(root, "FactoringAgreementDetails/FactoringAgreementIdentifier"):
        raise BadField(
            "FactoringAgreementDetails",
            "the receivable is sold to a finance company, which does the reminding",
            Fault.UNSUPPORTED,
        )
    if root.find(_path("PartialPaymentDetails/PartialPaymentDueDate")) is not None:
        raise BadField(
            "PartialPaymentDetails",
            "the invoice is payable in instalments; send an invoice for each instalment",
            Fault.UNSUPPORTED,
        )
    if _text(root, "PaymentStatusDetails/PaymentStatusCode") == "PAID":
        raise BadField("PaymentStatusCode", "the invoice is paid already", Fault.NOTHING_TO_PAY)
    return code == _CREDIT_NOTE


def _cents(root: etree._Element, path: str) -> int | None:
    element = root.find(_path(path))
    if element is None or not fields.clean(element.text):
        return None
    name = path.rpartition("/")[2]
    currency = fields.clean(element.get("AmountCurrencyIdentifier")) or "EUR"
    if currency != "EUR":
        raise BadField(
            name,
            f"the currency is {fields.shown(currency)}; only invoices in EUR are handled",
            Fault.UNSUPPORTED,
        )
    return fields.euro_cents(element.text, name, padded=True)


def _amount(root: etree._Element, is_credit_note: bool) -> int:
    """What is asked: EpiInstructedAmount, which leaves out what was paid in advance; without it,
    the total. For a credit note the total, whose sign senders disagree about."""
    total, asked = _cents(root, _TOTAL), _cents(root, f"{_PAY}/EpiInstructedAmount")
    if is_credit_note:
        credited = total or asked
        if not credited:
            raise BadField("InvoiceTotalVatIncludedAmount", "credits nothing", Fault.NOTHING_TO_PAY)
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
            "asks for more than InvoiceTotalVatIncludedAmount; earlier invoices in the sum are to"
            " be sent as invoices of their own",
            Fault.MISMATCH,
        )
    if not amount:
        raise BadField("EpiInstructedAmount", "asks for nothing", Fault.NOTHING_TO_PAY)
    return amount


def _due_date(root: etree._Element, invoice_date: dt.date, is_credit_note: bool) -> dt.date:
    """The later of EpiDateOptionDate and InvoiceDueDate; a credit note need have neither."""
    places = (f"{_PAY}/EpiDateOptionDate", f"{_TERMS}/InvoiceDueDate")
    found = [
        fields.finvoice_date(text, path.rpartition("/")[2])
        for path in places
        if (text := _text(root, path))
    ]
    if is_credit_note:
        return max([*found, invoice_date])
    if not found:
        fields.required("", "EpiDateOptionDate")
    due = max(found)
    if due < invoice_date:
        raise BadField("EpiDateOptionDate", "the due date is before the invoice date; correct one")
    return due


def _iban(root: etree._Element, is_credit_note: bool) -> str | None:
    places = (_ACCOUNT, "SellerInformationDetails/SellerAccountDetails/SellerAccountID")
    for path in places:
        for element in root.iterfind(_path(path)):
            text = fields.clean(element.text)
            if text and element.get("IdentificationSchemeName", "IBAN") == "IBAN":
                return fields.iban(text, path.rpartition("/")[2])
    return None if is_credit_note else fields.iban("", "EpiAccountID")


def _seller(root: etree._Element, frame: Route) -> Party:
    name = fields.required(
        " ".join(_all(root, "SellerPartyDetails/SellerOrganisationName")), "SellerOrganisationName"
    )
    given = _first(root, _SELLER_ID, "SellerPartyDetails/SellerOrganisationTaxCode")
    try:
        business_id = references.business_id(fields.required(given, "SellerPartyIdentifier"))
    except references.InvalidBusinessIdError as error:
        raise BadField("SellerPartyIdentifier", f"{fields.shown(given)}: {error}") from error
    common = "SellerInformationDetails"
    message = "MessageTransmissionDetails/MessageSenderDetails"
    return Party(
        name=name,
        business_id=business_id,
        **_address(root, "Seller"),
        email=fields.email(
            _first(
                root,
                "SellerCommunicationDetails/SellerEmailaddressIdentifier",
                f"{common}/SellerCommonEmailaddressIdentifier",
            ),
            "SellerEmailaddressIdentifier",
        ),
        phone=_first(
            root,
            "SellerCommunicationDetails/SellerPhoneNumberIdentifier",
            f"{common}/SellerPhoneNumber",
        )
        or None,
        einvoice_address=_text(root, f"{message}/FromIdentifier") or frame.sender,
        einvoice_operator=_text(root, f"{message}/FromIntermediator") or frame.sender_operator,
    )


def _buyer(root: etree._Element, frame: Route) -> Party:
    full_name = " ".join(_all(root, "BuyerPartyDetails/BuyerOrganisationName"))
    name = fields.required(fields.without_personal_codes(full_name), "BuyerOrganisationName")
    party_id = _text(root, _BUYER_ID)
    is_person = fields.is_personal_code(party_id) or name != full_name
    business_id = None if is_person else _buyer_business_id(root)
    own_number = _text(root, "InvoiceDetails/SellersBuyerIdentifier")
    if not own_number and business_id is None and not is_person:
        own_number = party_id  # older senders put their own customer number there
    message = "MessageTransmissionDetails/MessageReceiverDetails"
    return Party(
        name=name,
        business_id=business_id,
        customer_number=fields.identifier(own_number),
        **_address(root, "Buyer"),
        email=fields.email(
            _first(
                root,
                "BuyerCommunicationDetails/BuyerEmailaddressIdentifier",
                "InvoiceRecipientCommunicationDetails/InvoiceRecipientEmailaddressIdentifier",
            ),
            "BuyerEmailaddressIdentifier",
        ),
        phone=_text(root, "BuyerCommunicationDetails/BuyerPhoneNumberIdentifier") or None,
        einvoice_address=fields.identifier(_text(root, f"{message}/ToIdentifier"))
        or frame.receiver,
        einvoice_operator=_text(root, f"{message}/ToIntermediator") or frame.receiver_operator,
        language=fields.language(_text(root, "InvoiceRecipientLanguageCode")),
        is_private=is_person or (business_id is None and not fields.looks_like_company(name)),
    )


def _buyer_business_id(root: etree._Element) -> str | None:
    """The buyer's business id or VAT number, from BuyerPartyIdentifier, BuyerOrganisationTaxCode
    or the OVT code in BuyerOrganisationUnitNumber; None when there is none.

    BadField for one that reads like a business id and fails its check digit.
    """
    for path in (_BUYER_ID, "BuyerPartyDetails/BuyerOrganisationTaxCode"):
        given = _text(root, path).upper().replace(" ", "")
        plain = given.removeprefix("FI")
        reads_like_one = (len(plain) == 9 and plain[7] == "-") or (
            given != plain and len(plain) == 8 and plain.isdecimal()
        )
        try:
            return fields.business_id_or_vat(given, path.rpartition("/")[2])
        except BadField:
            if reads_like_one:
                raise
    try:
        return references.business_id_from_ovt(_text(root, "BuyerOrganisationUnitNumber"))
    except references.InvalidBusinessIdError:
        return None


def _address(root: etree._Element, side: str) -> dict[str, str | None]:
    postal = f"{side}PartyDetails/{side}PostalAddressDetails"
    lines = _all(root, f"{postal}/{side}StreetName")
    lines += _all(root, f"{postal}/{side}PostOfficeBoxIdentifier")
    code, name = _text(root, f"{postal}/CountryCode"), _text(root, f"{postal}/CountryName")
    if not code and name and name.casefold() not in {"finland", "suomi", "finlandia"}:
        raise BadField("CountryCode", "is missing for an address abroad", Fault.MISSING)
    return {
        "street": ", ".join(lines) or None,
        "postcode": _text(root, f"{postal}/{side}PostCodeIdentifier") or None,
        "city": _text(root, f"{postal}/{side}TownName") or None,
        "country": fields.country(code, "CountryCode"),
    }
