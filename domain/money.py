"""Euros and cents: `int` cents inside, `Decimal` and text at the edge."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

Language = Literal["fi", "sv", "en"]

NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"

_CURRENCY = re.compile(r"^(?:EUR|€)|(?:EUR|€)$", re.IGNORECASE)
_SPACES = re.compile(r"\s")  # str patterns count no-break and narrow spaces as \s
_PLAIN = re.compile(r"(?P<whole>[0-9]{1,15})(?:[.,](?P<fraction>[0-9]{1,2}))?")
_GROUPED = (
    re.compile(r"(?P<whole>[0-9]{1,3}(?: [0-9]{3}){1,4})(?:[.,](?P<fraction>[0-9]{1,2}))?"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:\.[0-9]{3}){1,4}),(?P<fraction>[0-9]{1,2})"),
    re.compile(r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3}){1,4})\.(?P<fraction>[0-9]{1,2})"),
)


class NotAnAmount(ValueError):  # noqa: N818  (reads as what it says)
    """A text or number is not an amount of euros in whole cents."""

    def __init__(self, given: object, why: str) -> None:
        super().__init__(f"{given!r} is not an amount in euros: {why}")
        self.given = given


def cents_from_decimal(amount: Decimal) -> int:
    """The cents of an amount in euros, exactly.

    Trailing zeros are harmless (`12.340` is 12.34). Raises `NotAnAmount` for a fraction of a cent
    and for anything not finite: rounding is decided where an amount is computed, not here.
    """
    if not amount.is_finite():
        raise NotAnAmount(str(amount), "it is not a finite number")
    numerator, denominator = amount.as_integer_ratio()
    cents, rest = divmod(numerator * 100, denominator)
    if rest:
        raise NotAnAmount(str(amount), "it has more than two decimals; round it to cents first")
    return cents


def to_decimal(cents: int) -> Decimal:
    """Euros with exactly two decimals: 108836 -> Decimal("1088.36")."""
    # Built from its digits, because arithmetic would round to the caller's decimal context.
    digits = tuple(int(digit) for digit in str(abs(cents)))
    return Decimal((int(cents < 0), digits, -2))


def parse_eur(text: str) -> int:
    """The cents of an amount in euros as people and files write it.

    Takes a decimal comma or point with one or two decimals, thousands grouped by spaces of any kind
    (or by the mark that is not the decimal mark), an optional sign and an optional "€" or "EUR".
    "1 234,56", "1234.56", "1.234,5 €" and "EUR 1,234.50" are amounts; "1,234" is refused, because
    it may be a thousand or one and a bit. Raises `NotAnAmount`.
    """
    bare = _CURRENCY.sub("", _SPACES.sub(" ", text).strip(), count=1).strip()
    negative = bare.startswith(("-", MINUS))
    digits = bare[1:].lstrip() if negative or bare.startswith("+") else bare
    match = _PLAIN.fullmatch(digits)
    for pattern in _GROUPED:
        match = match or pattern.fullmatch(digits)
    if match is None:
        raise NotAnAmount(text, "write it as 1234,56 or 1 234,56, with at most two decimals")
    whole = re.sub(r"[ .,]", "", match["whole"])
    cents = int(whole) * 100 + int((match["fraction"] or "0").ljust(2, "0"))
    return -cents if negative else cents


def format_eur(cents: int, language: Language = "fi") -> str:
    """An amount as a letter shows it; `parse_eur` reads every form back.

    Finnish and Swedish (as written in Finland): `1 088,36 €`. English: `1,088.36 EUR`, the code
    after the amount as elsewhere in Karhu. Spaces are no-break spaces, so that an amount is never
    split over two lines, and a negative amount has a true minus sign.
    """
    sign = MINUS if cents < 0 else ""
    euros, rest = divmod(abs(cents), 100)
    if language == "en":
        return f"{sign}{euros:,}.{rest:02}{NO_BREAK_SPACE}EUR"
    grouped = f"{euros:,}".replace(",", NO_BREAK_SPACE)
    return f"{sign}{grouped},{rest:02}{NO_BREAK_SPACE}€"
