"""CSV tables of invoices: every line comes out once, good or bad."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.intake import BadRecord, Fault, InvoiceRecord, ReadOptions
from integrations.invoice_csv import COLUMNS, MANDATORY, BadMap, parse_map, read_csv
from integrations.readers import read_invoices

DATA = Path(__file__).parent.parent / "data"
ROW = {
    "seller_business_id": "1234567-1",
    "seller_name": "Kuvitteellinen Sähkö Oy",
    "seller_iban": "FI2112345600000785",
    "customer_name": "Matti Malliasiakas",
    "invoice_number": "2001",
    "invoice_date": "2026-09-01",
    "due_date": "2026-09-15",
    "amount": "1234,56",
}


def table(*rows: dict[str, str], delimiter: str = ";") -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, *([row.get(name, "") for name in columns] for row in rows)]
    return "".join(delimiter.join(line) + "\r\n" for line in lines)


def read(text: str | bytes) -> list[InvoiceRecord | BadRecord]:
    data = text.encode() if isinstance(text, str) else text
    return list(read_csv(io.BytesIO(data), "made.csv", ReadOptions()))


def one(**changes: str) -> InvoiceRecord | BadRecord:
    (item,) = read(table({**ROW, **changes}))
    return item


def good(**changes: str) -> InvoiceRecord:
    item = one(**changes)
    assert isinstance(item, InvoiceRecord), item
    return item


def test_the_sample_file() -> None:
    first, second, credit, wrong, last = read_invoices(DATA / "invoices.csv")
    assert isinstance(first, InvoiceRecord)
    assert (first.number, first.amount_cents, first.reference) == ("2001", 108836, "20019")
    assert first.contract_interest_rate == Decimal("11.5")
    assert (first.buyer.business_id, first.buyer.is_private) == ("7654321-2", False)
    assert isinstance(second, InvoiceRecord)
    assert (second.amount_cents, second.due_date) == (6100, date(2026, 9, 15))
    assert (second.buyer.is_private, second.buyer.language) == (True, "sv")
    assert isinstance(credit, InvoiceRecord)
    assert (credit.is_credit_note, credit.amount_cents) == (True, 8836)
    assert credit.original_invoice_number == "2001"
    assert isinstance(wrong, BadRecord)
    assert (wrong.line, wrong.record, wrong.element) == (5, "2004", "reference")
    assert isinstance(last, InvoiceRecord)
    assert (last.index, last.line, last.amount_cents) == (5, 6, 1000)


@pytest.mark.parametrize(
    ("written", "cents"),
    [
        ("1234,56", 123456),
        ("1 234,56", 123456),
        ("1\u00a0234,56", 123456),
        ("1234.56", 123456),
        ("0,05", 5),
        ("7", 700),
        ("7,5", 750),
        ("999999999,99", 99_999_999_999),
    ],
)
def test_amounts(written: str, cents: int) -> None:
    assert good(amount=written).amount_cents == cents


@given(st.integers(1, 99_999_999_999))
def test_amounts_are_exact(cents: int) -> None:
    assert good(amount=f"{cents // 100},{cents % 100:02d}").amount_cents == cents


@pytest.mark.parametrize("written", ["2026-09-15", "15.9.2026", "15.09.2026"])
def test_dates(written: str) -> None:
    assert good(due_date=written).due_date == date(2026, 9, 15)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-15", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_encodings_and_delimiters(encoding: str, delimiter: str) -> None:
    name = "Mätti “Malli” Šilkkinen" if encoding in {"utf-8", "cp1252"} else "Mätti Šilkkinen €"
    row = ROW | {"customer_name": name, "amount": '"1234,56"'}
    (item,) = read(table(row, delimiter=delimiter).encode(encoding))
    assert isinstance(item, InvoiceRecord), item
    assert (item.buyer.name, item.amount_cents) == (name, 123456)


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("amount", "", Fault.MISSING),
        ("amount", "12,345", Fault.INVALID),
        ("amount", "paljon", Fault.INVALID),
        ("amount", "-1", Fault.INVALID),
        ("amount", "0,00", Fault.NOTHING_TO_PAY),
        ("amount", "1000000000", Fault.INVALID),
        ("due_date", "2026-08-31", Fault.INVALID),
        ("due_date", "31.2.2027", Fault.INVALID),
        ("invoice_date", "9/1/2026", Fault.INVALID),
        ("invoice_date", "0001-01-01", Fault.INVALID),
        ("currency", "SEK", Fault.UNSUPPORTED),
        ("reference", "20011", Fault.INVALID),
        ("seller_iban", "FI2112345600000786", Fault.INVALID),
        ("seller_business_id", "1234567-2", Fault.INVALID),
        ("customer_business_id", "7654321-3", Fault.INVALID),
        ("customer_name", " ", Fault.MISSING),
        ("invoice_number", "", Fault.MISSING),
        ("is_private", "ehkä", Fault.INVALID),
        ("country", "Suomi", Fault.INVALID),
        ("email", "matti@malli.example, x@y.example", Fault.INVALID),
        ("contract_interest_rate", "-1", Fault.INVALID),
        ("type", "reminder", Fault.NOT_A_SALES_INVOICE),
        ("customer_name", "x" * 251, Fault.INVALID),
    ],
)
def test_what_is_left_out_says_why(column: str, value: str, fault: Fault) -> None:
    item = one(**{column: value})
    assert isinstance(item, BadRecord)
    assert item.fault is fault
    assert item.line == 2
    assert "Malliasiakas" not in str(item)


def test_missing_columns_are_all_named_once() -> None:
    (item,) = read("customer_name;amount\nMatti Malliasiakas;1\nMaija Mallikas;2\n")
    assert isinstance(item, BadRecord)
    assert item.line is None
    for column in set(MANDATORY) - {"customer_name", "amount"}:
        assert column in item.reason


@pytest.mark.parametrize("data", ["", "\n", ";;;\n", "a" * 100_000])
def test_no_table_is_one_bad_record(data: str) -> None:
    (item,) = read(data)
    assert isinstance(item, BadRecord)
    assert item.element == "file"


def test_a_column_named_twice_is_refused() -> None:
    (item,) = read(";".join([*MANDATORY, "amount"]) + "\n")
    assert isinstance(item, BadRecord)


def test_columns_in_any_order_case_and_company() -> None:
    text = table({"Oma Sarake": "x", **{name.upper(): ROW[name] for name in reversed(ROW)}})
    (item,) = read(text)
    assert isinstance(item, InvoiceRecord)


def test_a_lost_quote_costs_one_line() -> None:
    rows = [ROW | {"invoice_number": str(number)} for number in range(2001, 2005)]
    rows[1]["customer_name"] = '"Matti Malliasiakas'
    items = read(table(*rows))
    assert [isinstance(item, InvoiceRecord) for item in items] == [True, False, True, True]


def test_a_row_of_another_width_is_refused() -> None:
    text = table(ROW)
    short, long = text.splitlines()[1].rsplit(";", 1)[0], text.splitlines()[1] + ";x"
    items = read(f"{text}{short}\n{long}\n\n;;;\n")
    assert [type(item) for item in items] == [InvoiceRecord, BadRecord, BadRecord]


@pytest.mark.parametrize(
    ("changes", "is_private"),
    [
        ({}, True),
        ({"is_private": "0"}, False),
        ({"customer_business_id": "7654321-2"}, False),
        ({"customer_business_id": "7654321-2", "is_private": "1"}, True),
        ({"customer_name": "Esimerkki Oy"}, False),
        ({"customer_business_id": "131052-308T", "is_private": "0"}, True),
        ({"customer_name": "Matti 131052-308T", "customer_number": "131052-308T"}, True),
    ],
)
def test_who_is_a_private_person(changes: dict[str, str], *, is_private: bool) -> None:
    invoice = good(**changes)
    assert invoice.buyer.is_private is is_private
    assert "131052" not in invoice.model_dump_json()


def test_a_reason_never_quotes_an_identity_code() -> None:
    for column in ("reference", "due_date", "amount", "currency", "customer_business_id"):
        assert "131052" not in str(one(**{column: "131052-308T"}))


def test_a_credit_note_needs_neither_due_date_nor_account() -> None:
    invoice = good(type="credit_note", due_date="", seller_iban="", amount="10")
    assert (invoice.due_date, invoice.iban) == (invoice.invoice_date, None)


MAPPED = {
    "customer_name": "Asiakas",
    "amount": "Summa, yhteensä",
    "invoice_number": "Laskun nro",
}


def mapped_table(*rows: dict[str, str]) -> bytes:
    return table(*({MAPPED.get(name, name): row[name] for name in row} for row in rows)).encode()


def test_columns_of_other_names_are_mapped() -> None:
    options = ReadOptions(columns=parse_map(f"{ours}={theirs}" for ours, theirs in MAPPED.items()))
    data = mapped_table(ROW, ROW | {"amount": "0"})
    invoice, wrong = read_csv(io.BytesIO(data), "made.csv", options)
    assert isinstance(invoice, InvoiceRecord)
    assert (invoice.number, invoice.amount_cents) == ("2001", 123456)
    assert isinstance(wrong, BadRecord)
    assert wrong.raw is not None
    (again,) = read_csv(io.BytesIO(wrong.raw.encode()), "made.csv", options)
    assert isinstance(again, BadRecord)
    assert (again.element, again.reason) == (wrong.element, wrong.reason)


def test_a_mapped_column_beats_one_that_has_our_name_by_chance() -> None:
    options = ReadOptions(columns={"customer_name": "ASIAKAS"})
    row = {"Asiakas": "Maija Mallikas", **ROW}
    (invoice,) = read_csv(io.BytesIO(table(row).encode()), "made.csv", options)
    assert isinstance(invoice, InvoiceRecord)
    assert invoice.buyer.name == "Maija Mallikas"


def test_a_mapped_column_that_is_not_there_is_named() -> None:
    options = ReadOptions(columns={"amount": "Summa"})
    (item,) = read_csv(io.BytesIO(table(ROW).encode()), "made.csv", options)
    assert isinstance(item, BadRecord)
    assert (item.element, item.line) == ("file", None)
    assert "Summa" in item.reason


def test_a_map_from_words() -> None:
    assert parse_map([]) == {}
    assert parse_map(["amount = Summa = 1", "Customer Name=Asiakas"]) == {
        "amount": "Summa = 1",
        "customer_name": "Asiakas",
    }


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["amount"], "amount"),
        (["=Summa"], "Summa"),
        (["amount="], "amount"),
        (["ammount=Summa"], "did you mean amount"),
        (["qqqq=Summa"], "qqqq"),
        (["amount=Summa", "amount=Yhteensä"], "Summa"),
        (["amount=Summa", "reference=summa"], "amount"),
    ],
)
def test_a_map_that_cannot_be_followed_says_why(words: list[str], named: str) -> None:
    with pytest.raises(BadMap, match=named):
        parse_map(words)


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize(
    "row", [{"amount": '"-1,00"'}, {"customer_name": '"Matti'}, {"reference": "20011"}]
)
def test_a_row_that_was_left_out_can_be_handed_in_alone(
    row: dict[str, str], delimiter: str
) -> None:
    whole = {**ROW, "amount": "1234.56", "phone": "131052-308T", **row}
    data = table(whole, {**ROW, "amount": "5"}, delimiter=delimiter).encode("utf-16")
    wrong, good = read(data)
    assert isinstance(good, InvoiceRecord)
    assert isinstance(wrong, BadRecord)
    assert wrong.raw is not None
    assert "131052" not in wrong.raw
    (again,) = read(wrong.raw)
    assert isinstance(again, BadRecord)
    assert (again.element, again.fault, again.reason) == (wrong.element, wrong.fault, wrong.reason)


def test_the_user_page_names_every_column() -> None:
    page = (DATA.parent.parent / "docs" / "import-csv.md").read_text(encoding="utf-8")
    assert [name for name in COLUMNS if f"`{name}`" not in page] == []


HEADER = ";".join(MANDATORY) + ";reference;email\n"
cells = st.one_of(
    st.text(alphabet=st.characters(codec="utf-8", exclude_characters=";\r\n"), max_size=12),
    st.sampled_from([*ROW.values(), "20019", '"', "-1", "1 2"]),
)


@settings(deadline=None)
@given(st.lists(st.lists(cells, min_size=8, max_size=11).map(";".join), max_size=8))
def test_each_line_comes_out_once(lines: list[str]) -> None:
    items = read(HEADER + "\n".join(lines))
    assert len(items) == sum(1 for line in lines if line.strip("; \t\x00\x1a"))
    assert [item.index for item in items] == list(range(1, len(items) + 1))


@settings(deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_survived(data: bytes, with_header: bool) -> None:
    for item in read(HEADER.encode() * with_header + data):
        assert isinstance(item, InvoiceRecord | BadRecord)


def test_a_default_contact() -> None:
    contact = {"contact_name": "Maija", "contact_phone": "040 1", "contact_email": "m@x.example"}
    buyer = good(**contact).buyer
    assert contact == {name: getattr(buyer, name) for name in contact}
    wrong = one(contact_email="nobody")
    assert isinstance(wrong, BadRecord)
    assert wrong.element == "contact_email"
