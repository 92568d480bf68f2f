"""Netvisor's salesinvoice and customer XML: what is taken from it, whoever wrote its tags."""

import io
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from integrations.intake import (
    BadRecord,
    CustomerRecord,
    Fault,
    InvoiceRecord,
    Party,
    ReadOptions,
)
from integrations.readers import invoices_in

SELLER = Party(name="Kuvitteellinen Sähkö Oy", business_id="1234567-1")
OPTIONS = ReadOptions(seller=SELLER, iban="FI2112345600000785", bic="NDEAFIHH")
INVOICE = """\
<?xml version="1.0" encoding="utf-8"?>
<Root>
  <SalesInvoice>
    <SalesInvoiceNumber>3007</SalesInvoiceNumber>
    <SalesInvoiceDate format="ansi">2026-1-5</SalesInvoiceDate>
    <SalesInvoiceDueDate format="ansi">2026-01-19</SalesInvoiceDueDate>
    <SalesInvoiceReferenceNumber>1009</SalesInvoiceReferenceNumber>
    <SalesInvoiceAmount iso4217currencycode="EUR">1088,36</SalesInvoiceAmount>
    <SalesInvoiceStatus type="netvisor">unsent</SalesInvoiceStatus>
    <InvoicingCustomerIdentifier type="customer">A-17</InvoicingCustomerIdentifier>
    <InvoicingCustomerName>Mätti Malliasiakas</InvoicingCustomerName>
    <InvoicingCustomerAddressLine>Mallikatu 5</InvoicingCustomerAddressLine>
    <InvoicingCustomerAdditionalAddressLine>c/o Maija</InvoicingCustomerAdditionalAddressLine>
    <InvoicingCustomerPostNumber>33100</InvoicingCustomerPostNumber>
    <InvoicingCustomerTown>Tampere</InvoicingCustomerTown>
    <InvoicingCustomerCountryCode type="ISO-3166">FI</InvoicingCustomerCountryCode>
    <OverrideRateOfOverdue>11,5</OverrideRateOfOverdue>
    <InvoiceLines>
      <InvoiceLine>
        <SalesInvoiceProductLine>
          <ProductName>Työ</ProductName>
          <ProductUnitPrice type="net">6,90</ProductUnitPrice>
          <ProductVatPercentage vatcode="KOMY">25,5</ProductVatPercentage>
          <SalesInvoiceProductLineQuantity>2</SalesInvoiceProductLineQuantity>
        </SalesInvoiceProductLine>
      </InvoiceLine>
      <InvoiceLine>
        <SalesInvoiceProductLine>
          <ProductUnitPrice type="gross">100</ProductUnitPrice>
          <ProductVatPercentage vatcode="KOMY">25,5</ProductVatPercentage>
          <SalesInvoiceProductLineQuantity>1,5</SalesInvoiceProductLineQuantity>
          <SalesInvoiceProductLineDiscountPercentage>10</SalesInvoiceProductLineDiscountPercentage>
        </SalesInvoiceProductLine>
        <SalesInvoiceProductLine>
          <SalesInvoiceProductLineSum>3,0378</SalesInvoiceProductLineSum>
        </SalesInvoiceProductLine>
      </InvoiceLine>
    </InvoiceLines>
  </SalesInvoice>
</Root>
"""
CUSTOMER = """\
<Root>
  <Customer>
    <CustomerBaseInformation>
      <InternalIdentifier>A-17</InternalIdentifier>
      <ExternalIdentifier>7654321-2</ExternalIdentifier>
      <Name>Esimerkki Oy</Name>
      <StreetAddress>Mallikatu 5</StreetAddress>
      <City>Tampere</City>
      <PostNumber>33100</PostNumber>
      <Country type="ISO-3166">FI</Country>
      <PhoneNumber>040 000 0000</PhoneNumber>
      <Email>toimisto@malli.example</Email>
      <IsPrivateCustomer>0</IsPrivateCustomer>
      <EmailInvoicingAddress>laskut@malli.example</EmailInvoicingAddress>
    </CustomerBaseInformation>
    <CustomerFinvoiceDetails>
      <FinvoiceAddress>003776543212</FinvoiceAddress>
      <FinvoiceRouterCode>OKOYFIHH</FinvoiceRouterCode>
    </CustomerFinvoiceDetails>
    <CustomerContactDetails>
      <ContactPerson>Maija Malliasiakas</ContactPerson>
      <ContactPersonEmail>maija@malli.example</ContactPersonEmail>
      <ContactPersonPhone>040 000 0001</ContactPersonPhone>
    </CustomerContactDetails>
    <CustomerAdditionalInformation>
      <InvoicingLanguage type="ISO-3166">SE</InvoicingLanguage>
    </CustomerAdditionalInformation>
  </Customer>
</Root>
"""


def read(
    text: str | bytes, options: ReadOptions = OPTIONS
) -> list[InvoiceRecord | CustomerRecord | BadRecord]:
    data = text.encode() if isinstance(text, str) else text
    return list(invoices_in(io.BytesIO(data), "made.xml", options))


def one(text: str | bytes) -> InvoiceRecord:
    (item,) = read(text)
    assert isinstance(item, InvoiceRecord), item
    return item


def customer(text: str) -> CustomerRecord:
    (item,) = read(text)
    assert isinstance(item, CustomerRecord), item
    return item


def bad(text: str) -> BadRecord:
    (item,) = read(text)
    assert isinstance(item, BadRecord), item
    return item


def changed(old: str, new: str, text: str = INVOICE) -> str:
    assert old in text
    return text.replace(old, new)


def tags(text: str, change: Callable[[str], str]) -> str:
    return re.sub(r"(</?)(\w+)", lambda tag: tag[1] + change(tag[2]), text)


def test_an_invoice() -> None:
    invoice = one(INVOICE)
    assert (invoice.seller, invoice.iban, invoice.bic) == (SELLER, OPTIONS.iban, OPTIONS.bic)
    assert (invoice.number, invoice.amount_cents, invoice.reference) == ("3007", 108836, "1009")
    assert (invoice.invoice_date, invoice.due_date) == (date(2026, 1, 5), date(2026, 1, 19))
    assert invoice.contract_interest_rate == Decimal("11.5")
    buyer = invoice.buyer
    assert (buyer.name, buyer.customer_number) == ("Mätti Malliasiakas", "A-17")
    assert buyer.is_private
    assert (buyer.street, buyer.postcode, buyer.city, buyer.country) == (
        "Mallikatu 5, c/o Maija",
        "33100",
        "Tampere",
        "FI",
    )
    assert (invoice.index, invoice.line) == (1, 3)


@pytest.mark.parametrize(
    "change", [str.lower, str.upper, lambda name: name[0].lower() + name[1:], str.title]
)
def test_tags_in_any_case(change: Callable[[str], str]) -> None:
    assert one(tags(INVOICE, change)) == one(INVOICE)
    assert customer(tags(CUSTOMER, change)) == customer(CUSTOMER)


def test_the_answers_of_the_interface() -> None:
    answer = changed(
        "<Root>\n",
        "<Root><ResponseStatus><Status>OK</Status></ResponseStatus>\n<SalesInvoices>",
    )
    answer = changed("</Root>", "</SalesInvoices></Root>", answer)
    answer = changed(
        '<InvoicingCustomerIdentifier type="customer">A-17</InvoicingCustomerIdentifier>',
        "<InvoicingCustomerCode>A-17</InvoicingCustomerCode>"
        "<InvoicingCustomerOrganizationIdentifier>7654321-2"
        "</InvoicingCustomerOrganizationIdentifier>",
        answer,
    )
    answer = changed('type="ISO-3166">FI<', 'ISO-3166="FI">Finland<', answer)
    answer = changed("1088,36", "1088.36", answer)
    answer = changed("ReferenceNumber>", "Referencenumber>", answer)
    answer = changed(
        "<InvoiceLines>",
        "<Documents><SalesInvoice><NetvisorKey>1</NetvisorKey></SalesInvoice></Documents>"
        "<InvoiceLines>",
        answer,
    )
    invoice = one(answer)
    assert (invoice.amount_cents, invoice.reference) == (108836, "1009")
    assert (invoice.buyer.business_id, invoice.buyer.is_private) == ("7654321-2", False)
    assert (invoice.buyer.country, invoice.buyer.customer_number) == ("FI", "A-17")


def test_an_amount_that_is_not_stated_is_the_sum_of_the_rows() -> None:
    # 2 x 6,90 + 25,5 % = 17,32; 1,5 x 100 - 10 % = 135,00 with its VAT; 3,04 as it says
    assert one(changed(">1088,36<", "><")).amount_cents == 1732 + 13500 + 304


def test_a_due_date_that_is_not_stated_is_counted_in_days() -> None:
    stated = '<SalesInvoiceDueDate format="ansi">2026-01-19</SalesInvoiceDueDate>'
    term = "<PaymentTermNetDays>30</PaymentTermNetDays>"
    assert one(changed(stated, term)).due_date == date(2026, 2, 4)
    assert bad(changed(stated, "")).fault is Fault.MISSING
    assert bad(changed(stated, changed("30", "9" * 40, term))).fault is Fault.INVALID


def test_a_credit_note_is_negative_and_names_its_invoice() -> None:
    text = changed(">1088,36<", ">-88,36<")
    credited = "<CreditedInvoice><InvoiceNumber>2990</InvoiceNumber></CreditedInvoice>"
    for matching in (credited, "<CreditedInvoiceNumber>2990</CreditedInvoiceNumber>"):
        note = one(changed("<InvoiceLines>", f"{matching}<InvoiceLines>", text))
        assert (note.is_credit_note, note.amount_cents) == (True, 8836)
        assert note.original_invoice_number == "2990"
    assert one(text).original_invoice_number is None


@pytest.mark.parametrize(
    ("old", "new", "element", "fault"),
    [
        (">3007<", "><", "SalesInvoiceNumber", Fault.MISSING),
        (">Mätti Malliasiakas<", "><", "InvoicingCustomerName", Fault.MISSING),
        (">2026-1-5<", ">5.1.2026<", "SalesInvoiceDate", Fault.INVALID),
        (">2026-01-19<", ">2026-01-04<", "SalesInvoiceDueDate", Fault.INVALID),
        (">2026-01-19<", ">2026-02-30<", "SalesInvoiceDueDate", Fault.INVALID),
        (">1009<", ">1008<", "SalesInvoiceReferenceNumber", Fault.INVALID),
        (">1088,36<", ">0<", "SalesInvoiceAmount", Fault.NOTHING_TO_PAY),
        (">1088,36<", ">paljon<", "SalesInvoiceAmount", Fault.INVALID),
        ('"EUR"', '"SEK"', "SalesInvoiceAmount", Fault.UNSUPPORTED),
        (">unsent<", ">paid<", "InvoiceStatus", Fault.NOTHING_TO_PAY),
        (">unsent<", ">collected<", "InvoiceStatus", Fault.UNSUPPORTED),
        (">unsent<", ">undelivered<", "InvoiceStatus", Fault.NOT_A_SALES_INVOICE),
        (">FI<", ">Ruotsi<", "InvoicingCustomerCountryCode", Fault.INVALID),
        (
            "<InvoiceLines>",
            "<InvoiceType>order</InvoiceType><InvoiceLines>",
            "InvoiceType",
            Fault.NOT_A_SALES_INVOICE,
        ),
    ],
)
def test_what_is_left_out_says_why(old: str, new: str, element: str, fault: Fault) -> None:
    item = bad(changed(old, new))
    assert (item.element, item.fault) == (element, fault)
    assert "Malliasiakas" not in str(item)
    assert item.raw is not None
    again = bad(item.raw)
    assert (again.element, again.fault, again.reason) == (element, fault, item.reason)


def test_without_a_company_the_whole_file_is_one_bad_record() -> None:
    for text in (INVOICE * 3, CUSTOMER):
        (item,) = read(text, ReadOptions())
        assert isinstance(item, BadRecord)
        assert (item.line, item.element, item.raw) == (None, "file", None)
        assert "company" in item.reason


def test_without_an_account_an_invoice_is_refused_and_a_credit_note_taken() -> None:
    options = ReadOptions(seller=SELLER)
    (item,) = read(INVOICE, options)
    assert isinstance(item, BadRecord)
    assert item.element == "iban"
    (note,) = read(changed(">1088,36<", ">-88,36<"), options)
    assert isinstance(note, InvoiceRecord)
    assert note.iban is None


def test_a_customer() -> None:
    record = customer(CUSTOMER)
    assert record.seller == SELLER
    buyer = record.buyer
    assert (buyer.name, buyer.business_id, buyer.customer_number) == (
        "Esimerkki Oy",
        "7654321-2",
        "A-17",
    )
    assert (buyer.email, buyer.language, buyer.is_private) == ("laskut@malli.example", "sv", False)
    assert (buyer.einvoice_address, buyer.einvoice_operator) == ("003776543212", "OKOYFIHH")
    assert (buyer.phone, buyer.contact_phone) == ("040 000 0000", "040 000 0001")
    assert (buyer.contact_name, buyer.contact_email) == (
        "Maija Malliasiakas",
        "maija@malli.example",
    )


@pytest.mark.parametrize(
    ("old", "new", "is_private"),
    [
        (">0</IsPrivate", ">1</IsPrivate", True),
        (">7654321-2<", ">131052-308T<", True),
        ("<IsPrivateCustomer>0</IsPrivateCustomer>", "", False),
        (">Esimerkki Oy<", ">Matti Malliasiakas 131052-308T<", True),
    ],
)
def test_who_is_a_private_person(old: str, new: str, *, is_private: bool) -> None:
    record = customer(changed(old, new, CUSTOMER))
    assert record.buyer.is_private is is_private
    assert "131052" not in record.model_dump_json()


def test_many_in_one_file_and_one_wrong_among_them() -> None:
    inner = INVOICE.split("<Root>\n")[1].split("</Root>", maxsplit=1)[0]
    wrong = changed(">1009<", ">1008<", inner)
    unclosed = changed("  </SalesInvoice>\n", "", inner)
    root = f"<Root>\n{inner}{wrong}{unclosed}{inner}</Root>\n"
    items = read(f"{root}{CUSTOMER}{INVOICE}")
    assert [type(item) for item in items] == [
        InvoiceRecord,
        BadRecord,
        BadRecord,
        InvoiceRecord,
        CustomerRecord,
        InvoiceRecord,
    ]
    assert [item.index for item in items] == [1, 2, 3, 4, 5, 6]
    lines = f"{root}{CUSTOMER}{INVOICE}".splitlines()
    for item in items:
        assert item.line is not None
        assert re.match(r" *<(SalesInvoice|Customer)>", lines[item.line - 1])


def test_a_file_that_breaks_off_between_two_invoices_says_so() -> None:
    good, lost = read(changed("</Root>", ""))
    assert isinstance(good, InvoiceRecord)
    assert isinstance(lost, BadRecord)
    assert "Root" in lost.reason
    good, lost, last = read(changed("</Root>", "") + INVOICE)
    assert isinstance(lost, BadRecord)
    assert isinstance(last, InvoiceRecord)


def test_another_encoding_and_a_dtd() -> None:
    text = changed("utf-8", "ISO-8859-15")
    text = changed("<Root>", '<!DOCTYPE root SYSTEM "salesinvoice.dtd"><Root>', text)
    assert one(text.encode("iso-8859-15")).buyer.name == "Mätti Malliasiakas"


@pytest.mark.parametrize(
    "name", ["SalesInvoiceList", "CustomerList", "MatchCreditNote", "SalesPayment"]
)
def test_other_documents_of_netvisor_are_refused(name: str) -> None:
    item = bad(f"<Root><{name}><NetvisorKey>1</NetvisorKey></{name}></Root>")
    assert (item.element, item.fault) == ("document", Fault.UNSUPPORTED)
