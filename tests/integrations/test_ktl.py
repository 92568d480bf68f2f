"""Bank files of reference payments: every payment once, with stable keys and checked sums."""

import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.intake import BadRecord, Fault, PaymentRecord
from integrations.ktl import read_ktl
from integrations.readers import read_payments

DATA = Path(__file__).parent.parent / "data"
SAMPLE = (DATA / "payments.ktl").read_bytes()
HEADER = "0" + "260916" + "0600" + "1 " + "123456785" + "1" + " " * 67


def payment(
    reference: str = "10427",
    cents: int = 100,
    *,
    kind: str = "3",
    archive: str = "2609150000000001",
    correction: str = "0",
    receipt: str = "0",
    booked: str = "260915",
    currency: str = "1",
    account: str = "12345600000785",
) -> str:
    return (
        f"{kind}{account}{booked}260914{archive:<16}{reference:0>20}"
        f"{'MALLIASIAKAS':<12}{currency}J{cents:010d}{correction}A{receipt}"
    )


def sums(
    ok: tuple[int, int], corrections: tuple[int, int] = (0, 0), failed: tuple[int, int] = (0, 0)
) -> str:
    return "9" + "".join(f"{n:06d}{c:011d}" for n, c in (ok, corrections, failed)).ljust(89, "0")


def read(*lines: str, end: str = "\r\n") -> list[PaymentRecord | BadRecord]:
    data = "".join(line + end for line in lines).encode("iso-8859-1")
    return list(read_ktl(io.BytesIO(data), "made.ktl"))


def paid(items: list[PaymentRecord | BadRecord]) -> list[PaymentRecord]:
    return [item for item in items if isinstance(item, PaymentRecord)]


def test_the_sample_file() -> None:
    items = list(read_payments(DATA / "payments.ktl"))
    assert paid(items) == items
    first, second, correction, debit, failed, unknown = paid(items)
    assert (first.reference, first.amount_cents, first.line) == ("10427", 108836, 2)
    assert (first.booked_on, first.paid_on) == (date(2026, 9, 15), date(2026, 9, 14))
    assert (first.payer, first.archive_id) == ("ESIMERKKI OY", "2609150000000001")
    assert first.account == "FI2112345600000785"
    assert second.payer == "MÄLLI MÄTTI"
    assert correction.amount_cents == -second.amount_cents == -6100
    assert (debit.failed, debit.receipt_code) == (False, "")
    assert (failed.failed, failed.receipt_code) == (True, "7")
    assert (unknown.reference, unknown.reference_valid) == ("10468", False)


def test_the_same_file_again_gives_the_same_keys() -> None:
    keys = [item.key for item in paid(list(read_payments(DATA / "payments.ktl")))]
    unix_ends = SAMPLE.replace(b"\r\n", b"\n")
    again = [item.key for item in paid(list(read_ktl(io.BytesIO(unix_ends), "another name")))]
    assert keys == again
    assert len(set(keys)) == len(keys)


def test_payments_alike_in_everything_are_still_two() -> None:
    items = paid(read(HEADER, payment(), payment(), sums((2, 200))))
    assert len({item.key for item in items}) == 2
    longer = paid(read(HEADER, payment("10430"), payment(), payment(), sums((3, 300))))
    assert {item.key for item in items} < {item.key for item in longer}


@pytest.mark.parametrize(
    "change",
    [
        {"reference": "10430"},
        {"cents": 101},
        {"archive": "2609150000000002"},
        {"booked": "260916"},
        {"correction": "1"},
        {"account": "15903000000776"},
    ],
)
def test_anything_else_is_another_payment(change: dict[str, str]) -> None:
    (one,) = paid(read(payment()))
    (other,) = paid(read(payment(**change)))  # type: ignore[arg-type]
    assert one.key != other.key


def test_a_wrong_reference_is_still_money() -> None:
    wrong, none = paid(read(HEADER, payment("10428"), payment(""), sums((2, 200))))
    assert (wrong.reference, wrong.reference_valid) == ("10428", False)
    assert (none.reference, none.reference_valid) == (None, False)


@pytest.mark.parametrize(
    "stated",
    [
        sums((1, 100)),
        sums((2, 201)),
        sums((2, 200), (1, 0)),
        sums((2, 200), (0, 0), (1, 5)),
        sums((2, 200)).replace("0", "x", 1),
    ],
)
def test_a_sum_record_that_does_not_match(stated: str) -> None:
    *good, bad = read(HEADER, payment(), payment("10430"), stated)
    assert len(paid(good)) == 2
    assert isinstance(bad, BadRecord)
    assert (bad.element, bad.line) == ("sum record", 4)


def test_a_missing_sum_record_is_told_with_its_batch() -> None:
    first, missing, second = read(HEADER, payment(), HEADER, payment("10430"), sums((1, 100)))
    assert isinstance(first, PaymentRecord)
    assert isinstance(missing, BadRecord)
    assert (missing.fault, missing.line) == (Fault.MISSING, 1)
    assert isinstance(second, PaymentRecord)
    _, at_end = read(HEADER, payment())
    assert isinstance(at_end, BadRecord)


@pytest.mark.parametrize(
    ("line", "element"),
    [
        (payment()[:-1], "line"),
        (payment() + "0", "line"),
        ("x" * 5000, "line"),
        ("hello", "line"),
        (payment(kind="7"), "line"),
        (payment(currency="2"), "currency"),
        (payment(cents=0), "amount"),
        (payment().replace("0000000100", "00000001OO"), "amount"),
        (payment(booked="260230"), "booking date"),
        (payment(booked="      "), "booking date"),
        (payment(account="1234560000078X"), "account"),
        (payment(correction="2"), "correction"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_is_read(line: str, element: str) -> None:
    first, bad, second, *_ = read(HEADER, payment(), line, payment("10430"), sums((2, 200)))
    assert isinstance(first, PaymentRecord)
    assert isinstance(bad, BadRecord)
    assert (bad.element, bad.line) == (element, 3)
    assert isinstance(second, PaymentRecord)
    assert "MALLIASIAKAS" not in str(bad)


@pytest.mark.parametrize("data", [b"", b"\n\n", b"<?xml version='1.0'?>\n<Document/>\n" * 200])
def test_another_file_is_one_bad_record(data: bytes) -> None:
    (item,) = read_ktl(io.BytesIO(data), "made.ktl")
    assert isinstance(item, BadRecord)
    assert (item.element, item.fault) == ("file", Fault.UNREADABLE)


payments = st.builds(
    payment,
    st.from_regex(r"[1-9][0-9]{3,19}", fullmatch=True),
    st.integers(1, 9_999_999_999),
    kind=st.sampled_from("35"),
    archive=st.from_regex(r"[0-9A-Z]{16}", fullmatch=True),
    correction=st.sampled_from("01"),
    receipt=st.sampled_from("0 17"),
)


@settings(deadline=None)
@given(st.lists(payments, max_size=12))
def test_a_file_with_right_sums_has_nothing_bad(lines: list[str]) -> None:
    totals = {"ok": (0, 0), "correction": (0, 0), "failed": (0, 0)}
    for line in lines:
        failed = line[0] == "5" and line[89] not in "0 "
        name = "failed" if failed else "correction" if line[87] == "1" else "ok"
        count, cents = totals[name]
        totals[name] = (count + 1, cents + int(line[77:87]))
    items = read(HEADER, *lines, sums(*totals.values()))
    assert len(paid(items)) == len(items) == len(lines)
    assert len({item.key for item in paid(items)}) == len(lines)


junk = st.text(
    alphabet=st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=95
).filter(lambda line: bool(line.strip(" \t\x00\x1a")))


@settings(deadline=None)
@given(st.lists(st.one_of(payments, junk), max_size=12))
def test_each_line_comes_out_once(lines: list[str]) -> None:
    items = read(HEADER, *lines, end="\n")
    counted = [
        number
        for number, line in enumerate(lines, start=2)
        if not (len(line) == 90 and line[0] in "09")
    ]
    of_lines = [
        item.line
        for item in items
        if isinstance(item, PaymentRecord) or item.element != "sum record"
    ]
    assert of_lines == counted


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data: bytes) -> None:
    assert list(read_ktl(io.BytesIO(data), "made.ktl"))
    list(read_ktl(io.BytesIO(SAMPLE + data), "made.ktl"))
