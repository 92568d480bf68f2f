"""Bank files of reference payments: every payment once, with stable keys and checked sums."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.intake import BadRecord, Fault, FeedRecord, PaymentRecord
from integrations.ktl import read_ktl
from integrations.readers import read_payments

Item = PaymentRecord | FeedRecord | BadRecord
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


def read(*lines: str, end: str = "\r\n") -> list[Item]:
    data = "".join(line + end for line in lines).encode("iso-8859-1")
    return list(read_ktl(io.BytesIO(data), "made.ktl"))


def paid(items: list[Item]) -> list[PaymentRecord]:
    return [item for item in items if isinstance(item, PaymentRecord)]


def feeds(items: list[Item]) -> list[FeedRecord]:
    return [item for item in items if isinstance(item, FeedRecord)]


def test_the_sample_file() -> None:
    items = list(read_payments(DATA / "payments.ktl"))
    (feed,) = feeds(items)
    assert [*paid(items), feed] == items
    assert (feed.account, feed.line) == ("FI2112345600000785", 1)
    assert feed.as_of == datetime(2026, 9, 16, 3, tzinfo=UTC)  # 6:00 in Helsinki
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


def test_payments_alike_in_everything_but_the_archive_id_are_two() -> None:
    one, other = paid(read(payment(), payment(archive="2609150000000002")))
    assert one.key != other.key


def test_without_an_archive_id_the_contents_and_their_number_are_the_key() -> None:
    items = paid(read(HEADER, payment(archive=""), payment(archive=""), sums((2, 200))))
    assert len({item.key for item in items}) == 2
    longer = paid(
        read(payment("10430", archive=""), payment(archive="0" * 16), payment(archive=""))
    )
    assert {item.key for item in items} < {item.key for item in longer}
    (later,) = paid(read(payment(archive="", booked="260916")))
    assert later.key not in {item.key for item in items}


@pytest.mark.parametrize(
    "change",
    [
        {"reference": "10430"},
        {"cents": 101},
        {"archive": "2609150000000002"},
        {"correction": "1"},
        {"account": "15903000000776"},
        {"kind": "5", "receipt": "7"},
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
    items = read(HEADER, payment(), HEADER, payment("10430"), sums((1, 100)))
    first, missing, second, feed = items
    assert isinstance(first, PaymentRecord)
    assert isinstance(missing, BadRecord)
    assert (missing.fault, missing.line) == (Fault.MISSING, 1)
    assert isinstance(second, PaymentRecord)
    assert isinstance(feed, FeedRecord)
    assert feed.line == 3
    _, at_end = read(HEADER, payment())
    assert isinstance(at_end, BadRecord)


def test_each_account_of_a_batch_is_fresh_and_an_empty_batch_is_too() -> None:
    other = payment(account="15903000000776")
    items = read(HEADER, payment(), other, payment("10430"), sums((3, 300)), HEADER, sums((0, 0)))
    assert [(feed.account, feed.line) for feed in feeds(items)] == [
        ("FI2112345600000785", 1),
        ("FI3715903000000776", 1),
        (None, 6),
    ]


def test_a_batch_is_as_old_as_it_may_be() -> None:
    (winter,) = feeds(read(HEADER.replace("2609160600", "260116    "), sums((0, 0))))
    assert winter.as_of == datetime(2026, 1, 15, 22, tzinfo=UTC)
    undated, payment_read = read(HEADER.replace("260916", "261316"), payment(), sums((1, 100)))
    assert isinstance(undated, BadRecord)
    assert (undated.element, undated.line) == ("batch date", 1)
    assert isinstance(payment_read, PaymentRecord)


def test_a_batch_that_lacks_lines_makes_nothing_fresh() -> None:
    assert not feeds(read(HEADER, payment(), sums((2, 200))))
    assert not feeds(read(HEADER, payment(), sums((1, 200))))
    assert not feeds(read(HEADER, payment()))


def test_a_batch_whose_lines_are_all_there_is_fresh_though_one_is_unread() -> None:
    items = read(HEADER, payment(), payment("10430")[:-1], sums((2, 200)))
    assert [type(item) for item in items] == [PaymentRecord, BadRecord, BadRecord, FeedRecord]


def test_a_line_that_is_handed_in_again_alone_is_a_payment() -> None:
    (bad,) = read(payment(booked="260230"))
    assert isinstance(bad, BadRecord)
    assert bad.raw == payment(booked="260230")
    (again,) = read(bad.raw.replace("260230", "260228"))
    assert isinstance(again, PaymentRecord)


def test_a_personal_identity_code_is_not_kept_with_the_line() -> None:
    line = payment(kind="7").replace("MALLIASIAKAS", "010190-900P ")
    bad, *_ = read(line)
    assert isinstance(bad, BadRecord)
    assert bad.raw is not None
    assert "010190-900P" not in bad.raw
    assert len(bad.raw) == len(line)
    (payer,) = paid(read(line.replace("7", "3", 1)))
    assert payer.payer == ""


@pytest.mark.parametrize("kind", ["7", "S"])
def test_other_types_of_record_are_named(kind: str) -> None:
    bad, *_ = read(payment(kind=kind), HEADER, payment(), sums((1, 100)))
    assert isinstance(bad, BadRecord)
    assert (bad.fault, bad.line) == (Fault.UNSUPPORTED, 1)
    assert f"“{kind}”" in bad.reason


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
    assert len(paid(items)) == len(items) - len(feeds(items)) == len(lines)
    assert feeds(items)
    facts = {(line[0] == "5" and line[89] not in "0 ", line[27:63], line[77:88]) for line in lines}
    assert len({item.key for item in paid(items)}) == len(facts)


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
        if isinstance(item, PaymentRecord)
        or (isinstance(item, BadRecord) and item.element not in {"sum record", "batch date"})
    ]
    assert of_lines == counted


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_survived(data: bytes) -> None:
    assert list(read_ktl(io.BytesIO(data), "made.ktl"))
    list(read_ktl(io.BytesIO(SAMPLE + data), "made.ktl"))
