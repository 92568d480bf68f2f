"""Reminders as Finvoice documents: their structure, and the sums and days in it."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from domain.money import Language
from domain.states import LetterKind
from integrations.finvoice.reminder import EInvoiceParty, UnwritableEInvoice, reminder_document
from integrations.letters import LetterContent
from tests.integrations.test_letters import DUNNING, LANGUAGES, TITLES, letter, without_costs

SELLER = EInvoiceParty(
    "003712345671", "TESTOP", "1234567-1", "Esimerkkikatu 1", "00100", "Helsinki"
)
BUYER = EInvoiceParty("FI2112345600000785", "NDEAFIHH", "", "Mallitie 5 A 12", "33100", "Tampere")

ORDER = [
    "MessageTransmissionDetails",
    "SellerPartyDetails",
    "SellerInformationDetails",
    "InvoiceRecipientLanguageCode",
    "BuyerPartyDetails",
    "InvoiceDetails",
    "VirtualBankBarcode",
    "InvoiceRow",
    "InvoiceRow",
    "InvoiceRow",
    "InvoiceRow",
    "EpiDetails",
]


def written(
    content: LetterContent, seller: EInvoiceParty = SELLER, buyer: EInvoiceParty = BUYER
) -> Any:
    return etree.fromstring(reminder_document(content, "R1-17", seller, buyer))


def cents(text: str) -> int:
    assert text[-3] == ","
    return int(text.replace(",", ""))


def test_what_it_is_and_what_it_is_about() -> None:
    document = written(letter())
    assert document.tag == "Finvoice"
    assert document.get("Version") == "3.0"
    assert [child.tag for child in document] == ORDER
    details = document.find("InvoiceDetails")
    assert details.findtext("InvoiceTypeCode") == "INV08"
    assert details.find("InvoiceTypeCode").get("CodeListAgencyIdentifier") == "SPY"
    assert details.findtext("OriginCode") == "Original"
    assert details.findtext("InvoiceNumber") == "R1-17"
    assert details.findtext("InvoiceDate") == "20261123"
    assert details.findtext("OriginalInvoiceNumber") == "1042"
    assert details.findtext("OriginalInvoiceDate") == "20260901"
    assert details.findtext("PaymentTermsDetails/InvoiceDueDate") == "20261210"
    overdue = document.find("InvoiceRow/RowOverDuePaymentDetails")
    assert overdue.findtext("RowOriginalInvoiceIdentifier") == "1042"
    assert overdue.findtext("RowOriginalDueDate") == "20261001"
    assert overdue.findtext("RowOriginalInvoiceTotalAmount") == "1200,00"
    assert overdue.findtext("RowOriginalEpiRemittanceInfoIdentifier") == "1234561"
    assert overdue.findtext("RowPaidVatIncludedAmount") == "111,64"
    assert overdue.findtext("RowUnPaidVatIncludedAmount") == "1088,36"


def test_the_way_it_goes() -> None:
    way = written(letter()).find("MessageTransmissionDetails")
    assert [element.text for element in way.iter() if element.text and element.text.strip()][
        :5
    ] == [
        "003712345671",
        "TESTOP",
        "FI2112345600000785",
        "NDEAFIHH",
        "M-2026-000317",
    ]
    # Noon in Helsinki on the letter's day: the same for a repeat.
    assert way.findtext("MessageDetails/MessageTimeStamp") == "2026-11-23T10:00:00+00:00"


def test_the_rows_make_the_total_and_carry_no_vat() -> None:
    document = written(letter())
    rows = document.findall("InvoiceRow")
    assert [cents(row.findtext("RowAmount")) for row in rows] == [108836, 1501, 500, 450]
    for row in rows:
        assert row.findtext("RowVatExcludedAmount") == row.findtext("RowAmount")
        assert (row.findtext("RowVatRatePercent"), row.findtext("RowVatAmount")) == ("0", "0,00")
    details = document.find("InvoiceDetails")
    total = details.findtext("InvoiceTotalVatIncludedAmount")
    assert cents(total) == 111287 == sum(cents(row.findtext("RowAmount")) for row in rows)
    assert details.findtext("InvoiceTotalVatExcludedAmount") == total
    assert details.findtext("InvoiceTotalVatAmount") == "0,00"
    assert details.findtext("VatSpecificationDetails/VatRatePercent") == "0"
    interest = rows[1].find("RowOverDuePaymentDetails")
    assert interest.findtext("RowInterestRate") == "9,5"
    assert interest.findtext("RowInterestStartDate") == "20261002"
    assert interest.findtext("RowInterestEndDate") == "20261123"
    assert interest.findtext("RowInterestDateNumber") == "53"
    assert interest.findtext("RowInterestChargeAmount") == "15,01"
    fee = rows[3].find("RowOverDuePaymentDetails")
    assert fee.findtext("RowCollectionChargeAmount") == "4,50"


def test_how_to_pay() -> None:
    epi = written(letter()).find("EpiDetails")
    assert epi.findtext("EpiPartyDetails/EpiBfiPartyDetails/EpiBfiIdentifier") == "NDEAFIHH"
    beneficiary = epi.find("EpiPartyDetails/EpiBeneficiaryPartyDetails")
    assert beneficiary.findtext("EpiNameAddressDetails") == "Esimerkki Oy"
    assert beneficiary.findtext("EpiAccountID") == "FI3715903000000776"
    how = epi.find("EpiPaymentInstructionDetails")
    assert how.findtext("EpiRemittanceInfoIdentifier") == "1234561"
    assert how.find("EpiRemittanceInfoIdentifier").get("IdentificationSchemeName") == "SPY"
    assert how.findtext("EpiInstructedAmount") == "1112,87"
    assert how.find("EpiInstructedAmount").get("AmountCurrencyIdentifier") == "EUR"
    assert how.findtext("EpiDateOptionDate") == "20261210"
    foreign = written(letter(reference="RF9811112")).find("EpiDetails/EpiPaymentInstructionDetails")
    element = foreign.find("EpiRemittanceInfoIdentifier")
    assert (element.text, element.get("IdentificationSchemeName")) == ("RF9811112", "ISO")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", DUNNING)
def test_it_says_what_the_law_wants(language: Language, kind: LetterKind) -> None:
    document = written(letter(language=language, kind=kind))
    assert document.findtext("InvoiceRecipientLanguageCode") == language.upper()
    assert document.findtext("InvoiceDetails/InvoiceTypeText") == TITLES[language, kind]
    said = " ".join(element.text for element in document.iter("InvoiceFreeText", "RowFreeText"))
    # The right to object and to whom, 4 c §, the basis of claim and of interest, the account.
    for item in (
        "Esimerkkikatu 1, 00100 Helsinki",
        "laskutus@esimerkki.example",
        "513/1999",
        "FI37 1590 3000 0007 76",
        "1042",
        "53",
        "M-2026-000317",
    ):
        assert item in said
    assert document.findtext("SellerPartyDetails/SellerOrganisationName") == "Esimerkki Oy"
    assert document.findtext("SellerPartyDetails//SellerStreetName") == "Esimerkkikatu 1"


def test_the_lengths_of_the_standard() -> None:
    long = "Pitkänimisen Esimerkkiyhtiön Pohjoinen Sivutoimipiste ja Huoltokeskus Oy"
    content = letter(
        creditor={"name": long, "business_id": "1234567-1", "address_lines": ("Katu 1",)},
        bic=None,
    )
    buyer = EInvoiceParty("003712345671", "TESTOP", "", "Hyvin pitkä kadunnimi 12 B 34 " * 2)
    document = written(content, buyer=buyer)
    names = [element.text for element in document.iter("SellerOrganisationName")]
    assert " ".join(names) == long
    assert all(len(name) <= 70 for name in names)
    assert len(document.findtext(".//EpiNameAddressDetails")) <= 35
    assert all(len(element.text) <= 512 for element in document.iter("InvoiceFreeText"))
    # Half an address is none.
    assert document.find("BuyerPartyDetails/BuyerPostalAddressDetails") is None
    assert document.find("SellerInformationDetails") is None


def test_nothing_but_the_principal() -> None:
    rows = written(without_costs(108836)).findall("InvoiceRow")
    assert [cents(row.findtext("RowAmount")) for row in rows] == [108836, 0, 0]
    assert rows[1].find("RowOverDuePaymentDetails") is None


def test_the_same_letter_is_the_same_bytes() -> None:
    first, second = (reminder_document(letter(), "R1-17", SELLER, BUYER) for _ in range(2))
    assert first == second
    assert first.startswith(b"<?xml version='1.0' encoding='ISO-8859-15'?>")


@pytest.mark.parametrize(
    ("changes", "number", "buyer", "what"),
    [
        ({"invoice_number": "x" * 21}, "R1-17", BUYER, "invoice's number"),
        ({}, "R1-" + "7" * 20, BUYER, "letter's invoice number"),
        ({}, "R1-17", EInvoiceParty("x" * 36, "TESTOP"), "debtor's e-invoice address"),
        ({}, "R1-17", EInvoiceParty("003712345671", ""), "debtor's e-invoice operator"),
    ],
)
def test_what_does_not_fit(
    changes: dict[str, Any], number: str, buyer: EInvoiceParty, what: str
) -> None:
    with pytest.raises(UnwritableEInvoice, match=what):
        reminder_document(letter(**changes), number, SELLER, buyer)
