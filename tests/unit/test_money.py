from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import (
    Language,
    NotAnAmount,
    cents_from_decimal,
    format_eur,
    parse_eur,
    to_decimal,
)

AMOUNTS = st.integers(min_value=-(10**14), max_value=10**14)
LANGUAGES: list[Language] = ["fi", "sv", "en"]


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1 234,56", 123456),
        ("1\u00a0234,56", 123456),
        ("1\u202f234\u202f567,8 €", 123456780),
        ("1234.56", 123456),
        ("1.234,56", 123456),
        ("1,234.56", 123456),
        ("EUR 1,234.50", 123450),
        ("12,5 eur", 1250),
        ("1088", 108800),
        ("0,05", 5),
        ("-12,00", -1200),
        ("\u221212,00 €", -1200),
        ("+3", 300),
        ("  7,00  ", 700),
    ],
)
def test_reads_amounts_as_people_and_files_write_them(text: str, cents: int) -> None:
    assert parse_eur(text) == cents


@pytest.mark.parametrize(
    "text",
    [
        "",
        "€",
        "-",
        "1,234",  # a thousand, or one and a bit
        "1.234",
        "12,345",
        "1 23,00",
        "12 3456",
        "1,2,3",
        "1.234.567",
        "--5",
        "5-",
        "1e3",
        "NaN",
        "١٢",  # digits, but no Finnish bank's
        "5 USD",
        "9" * 5000,
    ],
)
def test_refuses_what_may_mean_something_else(text: str) -> None:
    with pytest.raises(NotAnAmount):
        parse_eur(text)


@given(AMOUNTS, st.sampled_from(LANGUAGES))
def test_every_formatted_amount_is_read_back(cents: int, language: Language) -> None:
    assert parse_eur(format_eur(cents, language)) == cents


@given(AMOUNTS)
def test_decimal_and_cents_are_exact_whatever_the_decimal_context(cents: int) -> None:
    with localcontext(prec=3):
        assert cents_from_decimal(to_decimal(cents)) == cents
    assert to_decimal(cents).as_tuple().exponent == -2


@pytest.mark.parametrize("amount", ["0.001", "12.345", "1E-3", "NaN", "Infinity", "-Infinity"])
def test_a_fraction_of_a_cent_is_refused(amount: str) -> None:
    with pytest.raises(NotAnAmount):
        cents_from_decimal(Decimal(amount))


def test_trailing_zeros_and_exponents_are_harmless() -> None:
    assert cents_from_decimal(Decimal("12.3400")) == 1234
    assert cents_from_decimal(Decimal("1E+2")) == 10000


def test_formats_by_language() -> None:
    assert format_eur(108836) == "1\u00a0088,36\u00a0€"
    assert format_eur(108836, "sv") == "1\u00a0088,36\u00a0€"
    assert format_eur(108836, "en") == "1,088.36\u00a0EUR"
    assert format_eur(-5, "fi") == "\u22120,05\u00a0€"
    assert format_eur(0, "en") == "0.00\u00a0EUR"
