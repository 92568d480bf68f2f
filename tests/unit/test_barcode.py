"""The bank bar code's digits (Finance Finland, bank bar code guide 5.3)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from domain.barcode import (
    MAX_AMOUNT_CENTS,
    AccountNotFinnishError,
    AmountNotEncodableError,
    BarcodeError,
    ReferenceNotEncodableError,
    virtual_barcode,
)

IBAN = "FI37 1590 3000 0007 76"


def with_check_digit(base: str) -> str:
    weighted = sum(int(d) * w for d, w in zip(reversed(base), [7, 3, 1] * 7, strict=False))
    return base + str(-weighted % 10)


def as_rf(digits: str) -> str:
    return f"RF{98 - int(digits + '271500') % 97:02d}{digits}"


bases = st.integers(100, 10**19 - 1).map(str)
amounts = st.integers(0, MAX_AMOUNT_CENTS)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("reference", "cents", "due", "digits"),
    [
        (
            "11112",
            1225,
            date(2016, 12, 21),
            "437159030000007760000122500000000000000000011112161221",
        ),
        (
            "RF98 1111 2",
            110,
            date(2017, 1, 1),
            "537159030000007760000011098000000000000000011112170101",
        ),
    ],
)
def test_known_codes(reference: str, cents: int, due: date, digits: str) -> None:
    assert virtual_barcode(IBAN, reference, cents, due) == digits


@given(bases, amounts, days)
def test_version_4_can_be_read_back(base: str, cents: int, due: date) -> None:
    reference = with_check_digit(base)
    digits = virtual_barcode(IBAN, reference, cents, due)
    assert len(digits) == 54
    assert digits.isdecimal()
    assert digits[0] == "4"
    assert "FI" + digits[1:17] == IBAN.replace(" ", "")
    assert int(digits[17:25]) == cents
    assert digits[25:28] == "000"
    assert digits[28:48].lstrip("0") == reference
    assert digits[48:] == due.strftime("%y%m%d")


@given(bases, amounts, days)
def test_version_5_can_be_read_back(base: str, cents: int, due: date) -> None:
    rf = as_rf(with_check_digit(base))
    assert iso11649.is_valid(rf)
    digits = virtual_barcode(IBAN, rf, cents, due)
    assert len(digits) == 54
    assert digits[0] == "5"
    assert int(digits[17:25]) == cents
    assert "RF" + digits[25:27] + digits[27:48].lstrip("0") == rf
    assert digits[48:] == due.strftime("%y%m%d")


@given(bases, st.integers(1, 9))
def test_a_wrong_check_digit_is_refused(base: str, error: int) -> None:
    good = with_check_digit(base)
    bad = good[:-1] + str((int(good[-1]) + error) % 10)
    with pytest.raises(ReferenceNotEncodableError):
        virtual_barcode(IBAN, bad, 100, date(2026, 12, 10))


@pytest.mark.parametrize(
    "reference",
    ["", "123", "0000", "abcd", "11113", "RF0011112", "RF98", "RF63INV1042", "1" * 21, "١١١١٢"],
)
def test_references_that_do_not_fit(reference: str) -> None:
    with pytest.raises(ReferenceNotEncodableError) as refusal:
        virtual_barcode(IBAN, reference, 100, date(2026, 12, 10))
    assert refusal.value.reference == reference


@pytest.mark.parametrize(
    "iban", ["", "FI3715903000000777", "FI37159030000007", "DE89370400440532013000"]
)
def test_accounts_that_do_not_fit(iban: str) -> None:
    with pytest.raises(AccountNotFinnishError):
        virtual_barcode(iban, "11112", 100, date(2026, 12, 10))


@pytest.mark.parametrize("cents", [-1, MAX_AMOUNT_CENTS + 1])
def test_amounts_that_do_not_fit(cents: int) -> None:
    with pytest.raises(AmountNotEncodableError) as refusal:
        virtual_barcode(IBAN, "11112", cents, date(2026, 12, 10))
    assert isinstance(refusal.value, BarcodeError)


def test_spacing_and_leading_zeros_of_a_reference_do_not_matter() -> None:
    due = date(2026, 12, 10)
    plain = virtual_barcode(IBAN, "1234561", 100, due)
    assert plain == virtual_barcode(IBAN, "12 34561", 100, due)
    assert plain == virtual_barcode(IBAN, "0000000000001234561", 100, due)
