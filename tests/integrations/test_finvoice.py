"""Finvoice files: what is taken from them, what is left out and why, and that nothing breaks."""

import io
import tracemalloc
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.intake import BadRecord, CustomerRecord, Fault, InvoiceRecord, ReadOptions
from integrations.invoice_xml import read_xml
from integrations.readers import invoices_in, read_invoices
from integrations.xml import window

DATA = Path(__file__).parent.parent / "data"
PLAIN = (DATA / "finvoice_3.0.xml").read_bytes()
LATIN = (DATA / "finvoice_2.01_iso-8859-15.xml").read_bytes()
FRAMED = (DATA / "finvoice_framed.xml").read_bytes()


def read(data: bytes) -> list[InvoiceRecord | CustomerRecord | BadRecord]:
    return list(read_xml(io.BytesIO(data), "made.xml", ReadOptions()))


def one(data: bytes) -> InvoiceRecord:
    (item,) = read(data)
    assert isinstance(item, InvoiceRecord), item
    return item


def bad(data: bytes) -> BadRecord:
    (item,) = read(data)
    assert isinstance(item, BadRecord), item
    return item


def changed(old: str, new: str, data: bytes = PLAIN) -> bytes:
    assert old.encode() in data
    return data.replace(old.encode(), new.encode())


def test_a_version_3_invoice() -> None:
    (invoice,) = read_invoices(DATA / "finvoice_3.0.xml")
    assert isinstance(invoice, InvoiceRecord)
    assert (invoice.number, invoice.amount_cents, invoice.currency) == ("1042", 108836, "EUR")
    assert (invoice.invoice_date, invoice.due_date) == (date(2026, 9, 1), date(2026, 9, 15))
    assert (invoice.reference, invoice.iban) == ("10427", "FI2112345600000785")
    assert (invoice.bic, invoice.contract_interest_rate) == ("NDEAFIHH", Decimal("11.5"))
    assert (invoice.source, invoice.index, invoice.line) == ("finvoice_3.0.xml", 1, 2)
    assert not invoice.is_credit_note
    seller, buyer = invoice.seller, invoice.buyer
    assert (seller.name, seller.business_id) == ("Kuvitteellinen Sähkö Oy", "1234567-1")
    assert seller.email == "laskutus@kuvitteellinen.example"
    assert (buyer.name, buyer.business_id, buyer.is_private) == ("Esimerkki Oy", "7654321-2", False)
    assert (buyer.street, buyer.postcode, buyer.city) == ("Mallikatu 5", "33100", "Tampere")
    assert (buyer.country, buyer.language, buyer.customer_number) == ("FI", "fi", "A-17")
    assert (buyer.einvoice_address, buyer.einvoice_operator) == ("003776543212", "OKOYFIHH")


def test_a_private_person_in_another_encoding_without_the_identity_code() -> None:
    invoice = one(LATIN)
    assert invoice.buyer.name == "Mätti Mälliäsiakas €"
    assert invoice.buyer.is_private
    assert invoice.buyer.business_id is None
    assert invoice.buyer.language == "sv"
    assert invoice.reference == "10430"
    assert b"131052-308T" in LATIN
    assert "131052" not in invoice.model_dump_json()


def test_a_framed_file_of_many_documents() -> None:
    items = read(FRAMED)
    assert [type(item) for item in items] == [
        InvoiceRecord,
        InvoiceRecord,
        BadRecord,
        InvoiceRecord,
    ]
    first, credit, reminder, last = items
    assert isinstance(first, InvoiceRecord)
    assert first.buyer.name == "Esimerkkitie Öljy Ab"
    assert first.buyer.einvoice_address == "003776543212"
    assert isinstance(credit, InvoiceRecord)
    assert (credit.is_credit_note, credit.amount_cents) == (True, 8836)
    assert (credit.original_invoice_number, credit.reference) == ("1042", None)
    assert isinstance(reminder, BadRecord)
    assert (reminder.fault, reminder.record, reminder.index) == (
        Fault.NOT_A_SALES_INVOICE,
        "1046",
        3,
    )
    assert isinstance(last, InvoiceRecord)
    assert last.buyer.einvoice_address is None  # the frame before belonged to another document
    lines = FRAMED.split(b"\n")
    for item in items:
        assert item.line is not None
        assert lines[item.line - 1].startswith(b"<Finvoice")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "iso-8859-1", "cp1252"])
def test_any_declared_encoding(encoding: str) -> None:
    names = {"utf-8-sig": "UTF-8", "cp1252": "windows-1252"}
    text = PLAIN.decode().replace('encoding="UTF-8"', f'encoding="{names.get(encoding, encoding)}"')
    (invoice,) = invoices_in(io.BytesIO(text.encode(encoding)), "made.xml")
    assert isinstance(invoice, InvoiceRecord)
    assert invoice.seller.name == "Kuvitteellinen Sähkö Oy"


def test_namespaces_and_envelopes_around_an_invoice() -> None:
    inner = PLAIN.split(b"?>\n", 1)[1].replace(b"<Finvoice ", b'<Finvoice xmlns="urn:esimerkki" ')
    wrapped = b'<s:Envelope xmlns:s="urn:soap"><s:Body>' + inner + b"</s:Body></s:Envelope>"
    assert one(wrapped).number == "1042"


@pytest.mark.parametrize(
    ("old", "new", "element", "fault"),
    [
        (">INV01<", ">INV03<", "InvoiceTypeCode", Fault.NOT_A_SALES_INVOICE),
        (">INV01<", ">REQ01<", "InvoiceTypeCode", Fault.NOT_A_SALES_INVOICE),
        (">1234567-1<", ">1234567-2<", "SellerPartyIdentifier", Fault.INVALID),
        (">7654321-2<", ">7654321-3<", "BuyerPartyIdentifier", Fault.INVALID),
        (">1042<", "><", "InvoiceNumber", Fault.MISSING),
        (">Esimerkki Oy<", "> <", "BuyerOrganisationName", Fault.MISSING),
        (">20260915<", ">20260831<", "EpiDateOptionDate", Fault.INVALID),
        (">20260915<", ">20260931<", "EpiDateOptionDate", Fault.INVALID),
        (">20260901<", ">1.9.2026<", "InvoiceDate", Fault.INVALID),
        (">1088,36<", ">1088,365<", "InvoiceTotalVatIncludedAmount", Fault.INVALID),
        (">1088,36<", ">-1088,36<", "EpiInstructedAmount", Fault.INVALID),
        (">1088,36<", ">0,00<", "EpiInstructedAmount", Fault.NOTHING_TO_PAY),
        ('"EUR"', '"SEK"', "InvoiceTotalVatIncludedAmount", Fault.UNSUPPORTED),
        (">FI2112345600000785<", ">FI2112345600000786<", "EpiAccountID", Fault.INVALID),
        (">11,5<", ">1150<", "PaymentOverDueFinePercent", Fault.INVALID),
        ("asiakas@malli.example", "asiakas(at)malli", "BuyerEmailaddressIdentifier", Fault.INVALID),
        (
            "<InvoiceRow>",
            "<FactoringAgreementDetails><FactoringAgreementIdentifier>1"
            "</FactoringAgreementIdentifier></FactoringAgreementDetails><InvoiceRow>",
            "FactoringAgreementDetails",
            Fault.UNSUPPORTED,
        ),
        (
            "<InvoiceRow>",
            "<PaymentStatusDetails><PaymentStatusCode>PAID</PaymentStatusCode>"
            "</PaymentStatusDetails><InvoiceRow>",
            "PaymentStatusCode",
            Fault.NOTHING_TO_PAY,
        ),
        ("</Finvoice>", "", "document", Fault.UNREADABLE),
        ("UTF-8", "UTF-16", "document", Fault.UNREADABLE),
    ],
)
def test_what_is_left_out_says_why(old: str, new: str, element: str, fault: Fault) -> None:
    item = bad(changed(old, new))
    assert (item.element, item.fault) == (element, fault)
    assert item.source in str(item)


def test_what_was_paid_in_advance_is_not_asked_again() -> None:
    head, tail = PLAIN.rsplit(b">1088,36<", 1)
    assert one(head + b">88,36000<" + tail).amount_cents == 8836
    assert bad(head + b">2088,36<" + tail).fault is Fault.MISMATCH


def test_of_two_due_dates_the_later_counts() -> None:
    head, tail = PLAIN.rsplit(b">20260915<", 1)
    assert one(head + b">20260922<" + tail).due_date == date(2026, 9, 22)
    assert one(head + b">20260908<" + tail).due_date == date(2026, 9, 15)


@pytest.mark.parametrize(
    ("name", "identifier", "is_private"),
    [
        ("Matti Malliasiakas", "", True),
        ("Matti Malliasiakas", "A-17", True),
        ("Matti Malliasiakas", "7654321-2", False),
        ("Keksitty Kerho ry", "", False),
        ("Ossi Oyama", "", True),
        ("Esimerkki Oy", "131052-308T", True),
        ("Matti Malliasiakas 131052-308T", "7654321-2", True),
    ],
)
def test_who_is_a_private_person(name: str, identifier: str, *, is_private: bool) -> None:
    data = changed(">Esimerkki Oy<", f">{name}<")
    invoice = one(changed(">7654321-2<", f">{identifier}<", data))
    assert invoice.buyer.is_private is is_private
    assert "131052" not in invoice.model_dump_json()


def test_a_tax_code_or_ovt_code_makes_a_business() -> None:
    party = "<BuyerPartyIdentifier>7654321-2</BuyerPartyIdentifier>"
    with_tax_code = changed(
        "Esimerkki Oy</BuyerOrganisationName>",
        "Esimerkki</BuyerOrganisationName>"
        "<BuyerOrganisationTaxCode>FI76543212</BuyerOrganisationTaxCode>",
        changed(party, ""),
    )
    assert one(with_tax_code).buyer.business_id == "7654321-2"
    with_ovt = changed(
        "</BuyerPartyDetails>",
        "</BuyerPartyDetails>"
        "<BuyerOrganisationUnitNumber>003776543212</BuyerOrganisationUnitNumber>",
        changed(party, ""),
    )
    assert one(with_ovt).buyer.business_id == "7654321-2"


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE Finvoice SYSTEM "Finvoice.dtd">',
        '<!DOCTYPE Finvoice PUBLIC "-//Esimerkki//DTD Finvoice" "http://dtd.example/Finvoice.dtd">',
        "<!DOCTYPE Finvoice SYSTEM 'file:///etc/passwd' [ ]>",
        "<!DOCTYPE Finvoice [<!ELEMENT Finvoice ANY>\n<!ATTLIST Finvoice x CDATA 'y'>]>",
    ],
)
def test_a_doctype_is_passed_over_unread(doctype: str) -> None:
    head = f'<!-- made up -->\n{doctype}\n<?xml-stylesheet href="Finvoice.xsl"?>\n<Finvoice '
    invoice = one(changed("<Finvoice ", head).replace(b'"3.0"', b'"1.3"'))
    assert (invoice.number, invoice.amount_cents) == ("1042", 108836)
    lines = changed("<Finvoice ", head).split(b"\n")
    assert lines[invoice.line - 1].startswith(b"<Finvoice")


def billion_laughs() -> str:
    more = "".join(f"<!ENTITY e{level} '{f'&e{level - 1};' * 10}'>" for level in range(1, 10))
    return f"<!DOCTYPE Finvoice [<!ENTITY e0 'ha'>{more}]>"


@pytest.mark.parametrize("reference", ["&e9;", "&x;", "", "%p;"])
def test_declared_entities_are_refused_by_name_and_stay_closed(
    tmp_path: Path, reference: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("salaisuus")
    for doctype in (
        billion_laughs(),
        f'<!DOCTYPE Finvoice [<!ENTITY x SYSTEM "{secret.as_uri()}">]>',
        '<!DOCTYPE Finvoice SYSTEM "a>b" [<!ENTITY x "]>">]>',
        f'<!DOCTYPE Finvoice [<!ENTITY % p SYSTEM "{secret.as_uri()}"> %p;]>',
        '<!DOCTYPE Finvoice [<!ELEMENT Finvoice ANY><!-- ]> --><!ENTITY x "y">]>',
    ):
        data = changed("<Finvoice ", doctype + "<Finvoice ")
        attack = changed(">Esimerkki Oy<", f">{reference}<", data)
        refused, good = read(attack + LATIN)
        assert isinstance(refused, BadRecord)
        assert refused.fault is Fault.UNREADABLE
        assert refused.element == "DOCTYPE"
        assert "salaisuus" not in refused.reason
        assert isinstance(good, InvoiceRecord)
        assert bad(attack).reason == refused.reason
        assert refused.raw is not None


def test_an_entity_that_nobody_declares_is_named() -> None:
    item = bad(changed(">Esimerkki Oy<", ">Esimerkki&nbsp;Oy<"))
    assert "&nbsp;" in item.reason
    assert one(changed(">Esimerkki Oy<", ">A &amp; B &#x20AC; Oy<")).buyer.name == "A & B € Oy"


@pytest.mark.parametrize("encoding", ["UTF-7", "unicode_escape", "IBM037", "rot13", "salakieli"])
def test_an_encoding_that_could_hide_markup_is_refused(encoding: str) -> None:
    item = bad(changed("UTF-8", encoding))
    assert item.fault is Fault.UNREADABLE
    assert item.raw is None  # there is no telling what it says


@pytest.mark.parametrize(
    "inside",
    [
        "<a>" * 5_000 + "</a>" * 5_000,
        "<a " + " ".join(f"a{at}='1'" for at in range(50_000)) + "/>",
        "<a b='" + "x" * 5_000_000 + "'/>",
        "<a/>" * 50_000,
        "<!---->" * 20_000,
        "<![CDATA[</Finvoice>]]>" * 1_000,
    ],
)
def test_depth_and_width_end_soon_in_bounded_memory(inside: str) -> None:
    tracemalloc.start()
    try:
        first, good = read(changed("<InvoiceRow>", inside + "<InvoiceRow>") + LATIN)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(first, InvoiceRecord | BadRecord)
    assert isinstance(good, InvoiceRecord)
    assert peak < 100 * 2**20


@pytest.mark.parametrize(
    "broken",
    [
        PLAIN[: len(PLAIN) // 2],
        PLAIN.replace(b"</InvoiceDetails>", b""),
        b"<Finvoice><!-- never closed ",
        b"<Finvoice " + b"a" * 200,
        b"stray words ",
        b"<Finvoice>" + b"<a>" * 500,
    ],
)
def test_a_broken_document_does_not_take_the_next_with_it(broken: bytes) -> None:
    first, *_, last = read(broken + b"\n" + LATIN)
    assert isinstance(first, BadRecord)
    assert isinstance(last, InvoiceRecord)


def test_an_endless_document_is_given_up_and_the_rest_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(window, "MAX_DOCUMENT_BYTES", 200_000)
    huge = b"<Finvoice><InvoiceRow>" + b"x" * 500_000
    refused, good = read(huge + LATIN)
    assert isinstance(refused, BadRecord)
    assert refused.element == "document"
    assert isinstance(good, InvoiceRecord)


@pytest.mark.parametrize("repeated", [b"<Finvoice><!--", b'<a "', b"<!--", b"<a>", b"</a>", b"<?"])
def test_hostile_repetition_ends_soon(repeated: bytes) -> None:
    assert read(repeated * (1_000_000 // len(repeated)))


@pytest.mark.parametrize("data", [b"", b" \n", b"<!-- nothing -->", b"\xef\xbb\xbf"])
def test_a_file_without_documents_is_one_bad_record(data: bytes) -> None:
    assert bad(data).element == "file"


def test_a_credit_note_names_its_invoice_in_its_rows() -> None:
    text = changed("<OriginalInvoiceNumber>1042</OriginalInvoiceNumber>", "", FRAMED)
    for row in (
        "<OriginalInvoiceNumber>990</OriginalInvoiceNumber>",
        "<RowOverDuePaymentDetails><RowOriginalInvoiceIdentifier>990</RowOriginalInvoiceIdentifier>"
        "</RowOverDuePaymentDetails>",
    ):
        notes = [
            item
            for item in read(changed("<InvoiceRow>", f"<InvoiceRow>{row}", text))
            if isinstance(item, InvoiceRecord) and item.is_credit_note
        ]
        assert [note.original_invoice_number for note in notes] == ["990"]


@pytest.mark.parametrize(
    "data",
    [
        changed(">Esimerkki Oy<", "><"),
        changed(">1088,36<", ">0,00<").replace(b"UTF-8", b"ISO-8859-15"),
        changed(">INV01<", ">INV03<").decode().encode("utf-16"),
        changed(">20260915<", ">20260931<").replace(b"<?xml", b"<!-- <?xml").replace(b"?>", b"-->"),
        changed(">1042<", ">&yks;<"),
        changed("</InvoiceDetails>", ""),
        PLAIN[: len(PLAIN) // 2],
        changed("<InvoiceRow>", "<!-- <InvoiceRow>"),
        changed("<InvoiceDetails>", '<InvoiceDetails a="> '),
        b"<s:Envelope xmlns:s='urn:soap'><s:Body>"
        + changed(">1042<", "><").split(b"?>\n", 1)[1]
        + b"</s:Body></s:Envelope>",
    ],
)
def test_what_was_left_out_can_be_handed_in_alone(data: bytes) -> None:
    first, *_ = read(data + b"\n" + LATIN * 2)
    assert isinstance(first, BadRecord)
    assert first.raw is not None
    assert "encoding" in first.raw.splitlines()[0]
    again = bad(first.raw.encode())
    assert (again.element, again.fault, again.record) == (first.element, first.fault, first.record)


def test_a_piece_to_be_corrected_carries_no_identity_code_and_is_not_too_long() -> None:
    (item,) = read(LATIN.replace(b">INV01<", b">INV03<"))
    assert isinstance(item, BadRecord)
    assert item.raw is not None
    assert "131052" not in item.raw
    assert "Mätti Mälliäsiakas €" in item.raw
    assert bad(changed(">INV01<", ">INV03<" + "<!-- " + "x" * 2**18 + " -->")).raw is None


def test_a_file_that_cannot_be_opened_is_one_bad_record(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.xml", tmp_path, Path("nul\0")):
        (item,) = read_invoices(path)
        assert isinstance(item, BadRecord)
        assert item.fault is Fault.UNREADABLE


@settings(deadline=None, max_examples=150)
@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data: bytes) -> None:
    read(data)
    list(invoices_in(io.BytesIO(data), "made"))


MUTATIONS: list[Callable[[bytes, int, bytes], bytes]] = [
    lambda data, at, junk: data[:at] + junk + data[at:],
    lambda data, at, junk: data[:at] + junk + data[at + len(junk) :],
    lambda data, at, junk: data[:at] + data[at + 20 * len(junk) :],
]


@settings(deadline=None, max_examples=150)
@given(
    st.integers(0, len(FRAMED)),
    st.one_of(
        st.binary(max_size=12), st.sampled_from([b"<!--", b"]]>", b"<?xml ?>", b"<Finvoice>"])
    ),
    st.sampled_from(MUTATIONS),
)
def test_any_damage_is_survived(
    at: int, junk: bytes, mutate: Callable[[bytes, int, bytes], bytes]
) -> None:
    items = read(mutate(FRAMED, at, junk))
    assert items
    assert all(isinstance(item, InvoiceRecord | BadRecord) for item in items)
    assert [item.index for item in items] == sorted(item.index or 0 for item in items)
