"""Single fields of an incoming file: cleaning text, and reading amounts, dates and identifiers.

Each function takes what the file says and the name of the element it stands in, and gives the
value or raises `BadField`, which the readers turn into one `BadRecord`.
"""

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import cast

from pydantic import ValidationError
from stdnum.eu import vat

from domain import money, personal_code, references
from domain.money import Language
from integrations.intake import BadRecord, Fault

__all__ = [
    "BadField",
    "bad_record",
    "business_id",
    "business_id_or_vat",
    "clean",
    "country",
    "date",
    "decimal",
    "email",
    "euro_cents",
    "finvoice_date",
    "from_validation",
    "iban",
    "identifier",
    "is_personal_code",
    "language",
    "looks_like_company",
    "netvisor_date",
    "number_text",
    "percent",
    "raw",
    "reference",
    "required",
    "shown",
    "without_personal_codes",
]

MAX_CENTS = 99_999_999_999  # 999 999 999.99 EUR: beyond it is a misplaced decimal, not an invoice
_YEARS = range(1990, 2101)
_CODE_LENGTH = 11  # of a personal identity code
_LONGEST_RAW = 256 * 1024

_WORD = re.compile(r"[^\W\d_]{4,}")
_EMAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]+\.[^@\s<>,;\".]+")
_COUNTRY = re.compile(r"[A-Z]{2}")
_VAT = re.compile(r"(?!FI)[A-Z]{2}[0-9A-Z]{2,12}")
_RATE = re.compile(r"[0-9]{1,3}(?:[,.][0-9]{1,5})?")
_DECIMAL = re.compile(r"-?[0-9]{1,12}(?:[,.][0-9]{1,10})?")
_FINVOICE_AMOUNT = re.compile(r"-?[0-9]{1,15}(?:[,.][0-9]{1,5})?")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_UNPADDED_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_FINNISH_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
# Finvoice 1.x wrote some dates with a time after them (CCYYMMDDHHMMSS)
_COMPACT_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:[0-9]{6})?")
_COMPANY_WORDS = frozenset(
    {"oy", "oyj", "ab", "abp", "ky", "kb", "ay", "öb", "osk", "osuuskunta", "ry", "rf", "rs", "sr"}
    | {"säätiö", "yhdistys", "kunta", "kaupunki", "ltd", "gmbh", "plc", "inc"}
)


class BadField(Exception):  # noqa: N818  an answer about a record, not a failure of the program
    """A record cannot be taken: which element, why, and what to do."""

    def __init__(self, element: str, reason: str, fault: Fault = Fault.INVALID) -> None:
        super().__init__(f"{element}: {reason}")
        self.element = element
        self.reason = reason
        self.fault = fault


def bad_record(
    bad: BadField,
    *,
    source: str,
    line: int | None,
    record: str | None = None,
    index: int | None = None,
    raw: str | None = None,
) -> BadRecord:
    """The refusal with the place it happened at, and the piece of the file as `raw` gives it."""
    return BadRecord(
        source=source,
        line=line,
        element=bad.element,
        reason=bad.reason,
        fault=bad.fault,
        record=record,
        index=index,
        raw=raw,
    )


def from_validation(error: ValidationError) -> BadField:
    """The first complaint of a record's model, in words and without the value."""
    first = error.errors(include_input=False, include_url=False)[0]
    element = ".".join(str(part) for part in first["loc"]) or "record"
    return BadField(element, f"{first['msg']}; correct it at the sender")


def clean(text: str | None) -> str:
    """One line of text: Unicode composed (NFC), control characters out, spaces single."""
    if not text:
        return ""
    if text.isprintable():  # nothing to take out but spaces: by far the commonest, so first
        composed = text if text.isascii() else unicodedata.normalize("NFC", text)
        if "  " in composed or composed[0] == " " or composed[-1] == " ":
            return " ".join(composed.split())
        return composed
    composed = unicodedata.normalize("NFC", text)
    printable = "".join(
        " " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} else char for char in composed
    )
    return " ".join(printable.split())


def is_personal_code(text: str) -> bool:
    """Whether it reads like a personal identity code (henkilötunnus), right or mistyped."""
    return personal_code.looks_like_one(text)


def without_personal_codes(text: str) -> str:
    """The text without personal identity codes that somebody wrote into it."""
    return clean(personal_code.left_out(text))


def raw(text: str) -> str | None:
    """A piece of a file to be corrected and handed in again: its lines as they are, but for
    personal identity codes. None where it is longer than 256 KB of UTF-8."""
    if len(text) > _LONGEST_RAW or len(text.encode()) > _LONGEST_RAW:
        return None
    return personal_code.cut_out(text.replace("\x00", "\x01"))  # databases keep no NUL


def identifier(text: str | None) -> str | None:
    """Somebody's own number for something, unless it is really a personal identity code.

    Only a code with a right check character counts here: numbers such as 010126-1001 are common.
    """
    value = clean(text)
    if not value or (len(value) >= _CODE_LENGTH and personal_code.is_valid(value)):
        return None
    return value


def shown(text: str) -> str:
    """A value as a reason may quote it: short, and never words, which could be a name."""
    value = without_personal_codes(text)
    if not value or _WORD.search(value):
        return "the value"
    return f"“{value[:40]}{'…' if len(value) > 40 else ''}”"


def required(text: str | None, element: str) -> str:
    """The cleaned text; BadField when it is empty."""
    value = clean(text)
    if not value:
        raise BadField(element, "is missing; fill it in at the sender", Fault.MISSING)
    return value


def number_text(text: str | None) -> str | None:
    """An invoice's number as a label of the record, for reasons."""
    value = without_personal_codes(clean(text))
    return value[:40] or None


def euro_cents(text: str | None, element: str, *, padded: bool = False) -> int:
    """An amount of euros as cents, in the forms of `domain.money.parse_eur`: "1234,56",
    "1 234,56" and "1234.56" are 123456.

    `padded` reads Finvoice's amounts instead, which have a comma and may have zeros after the
    second decimal ("12,50000"). BadField: no such number, parts of a cent, a billion or more.
    """
    value = required(text, element)
    try:
        if padded and _FINVOICE_AMOUNT.fullmatch(value):
            cents = money.cents_from_decimal(Decimal(value.replace(",", ".")))
        else:
            cents = money.parse_eur(value)
    except money.NotAnAmount as error:
        raise BadField(
            element, f"{shown(value)} is not euros and at most two decimals, such as 1234,56"
        ) from error
    if abs(cents) > MAX_CENTS:
        raise BadField(element, "is a billion euros or more; check the decimal separator")
    return cents


def decimal(text: str, element: str) -> Decimal:
    """A number, comma or point, such as a price or a quantity. BadField otherwise."""
    if not _DECIMAL.fullmatch(text):
        raise BadField(element, f"{shown(text)} is not a number such as 12,5")
    return Decimal(text.replace(",", "."))


def percent(text: str | None, element: str) -> Decimal | None:
    """A rate in per cent a year, comma or point; None when empty. BadField outside 0 to 100."""
    value = clean(text).removesuffix("%").rstrip()
    if not value:
        return None
    rate = Decimal(value.replace(",", ".")) if _RATE.fullmatch(value) else None
    if rate is None or rate > 100:
        raise BadField(element, f"{shown(value)} is not a rate from 0 to 100 per cent such as 11,5")
    return rate


def date(text: str | None, element: str) -> dt.date:
    """A date as 2026-09-01 or 1.9.2026. BadField otherwise."""
    value = required(text, element)
    if match := _ISO_DATE.fullmatch(value):
        year, month, day = match.groups()
    elif match := _FINNISH_DATE.fullmatch(value):
        day, month, year = match.groups()
    else:
        raise BadField(element, f"{shown(value)} is not a date such as 2026-09-01 or 1.9.2026")
    return _date(year, month, day, element)


def finvoice_date(text: str | None, element: str) -> dt.date:
    """A date in Finvoice's Format="CCYYMMDD". BadField otherwise."""
    value = required(text, element)
    match = _COMPACT_DATE.fullmatch(value)
    if match is None:
        raise BadField(element, f"{shown(value)} is not a date in the form CCYYMMDD")
    year, month, day = match.groups()
    return _date(year, month, day, element)


def netvisor_date(text: str | None, element: str) -> dt.date:
    """A date in Netvisor's format="ansi", as 2026-01-05 or 2026-1-5. BadField otherwise."""
    value = required(text, element)
    match = _UNPADDED_ISO_DATE.fullmatch(value)
    if match is None:
        raise BadField(element, f"{shown(value)} is not a date such as 2026-01-05")
    year, month, day = match.groups()
    return _date(year, month, day, element)


@lru_cache(maxsize=1024)  # a file's dates are few
def _date(year: str, month: str, day: str, element: str) -> dt.date:
    try:
        value = dt.date(int(year), int(month), int(day))
    except ValueError as error:
        raise BadField(element, f"{day}.{month}.{year} is not in the calendar") from error
    if value.year not in _YEARS:
        raise BadField(element, f"the year {value.year} is not between 1990 and 2100; correct it")
    return value


def reference(text: str | None, element: str) -> str | None:
    """The normalised reference; None when empty or all zeros. BadField for a wrong check digit."""
    value = clean(text)
    if not value.strip("0 "):
        return None
    try:
        return references.normalise(value)
    except references.InvalidReferenceError as error:
        raise BadField(element, f"{shown(value)}: {error}") from error


def iban(text: str | None, element: str) -> str:
    """The IBAN without spaces. BadField when missing or wrong."""
    value = required(text, element)
    try:
        return _checked_iban(value)
    except references.InvalidIbanError as error:
        raise BadField(element, f"{shown(value)}: {error}") from error


def business_id(text: str | None, element: str) -> str:
    """The Finnish business id as 1234567-1. BadField when missing or wrong."""
    value = required(text, element)
    try:
        return _checked_business_id(value)
    except references.InvalidBusinessIdError as error:
        raise BadField(element, f"{shown(value)}: {error}") from error


# A file's invoices are of few sellers, and the checks are by far the dearest part of a document.
_checked_iban = lru_cache(maxsize=256)(references.iban)
_checked_business_id = lru_cache(maxsize=256)(references.business_id)


def business_id_or_vat(text: str, element: str) -> str:
    """A Finnish business id, or another EU country's VAT number as it is. BadField otherwise."""
    value = clean(text).upper().replace(" ", "")
    if _VAT.fullmatch(value) and vat.is_valid(value):
        return value
    try:
        return _checked_business_id(value)
    except references.InvalidBusinessIdError as error:
        raise BadField(element, f"{shown(value)}: {error}") from error


def email(text: str | None, element: str) -> str | None:
    """An e-mail address; None when empty. BadField when no letter could be sent to it."""
    value = clean(text)
    if value and not _EMAIL.fullmatch(value):
        raise BadField(element, "is not one e-mail address such as maija@malli.example; correct it")
    return value or None


def country(text: str | None, element: str) -> str:
    """ISO 3166-1 alpha-2, Finland when empty."""
    value = clean(text).upper() or "FI"
    if not _COUNTRY.fullmatch(value):
        raise BadField(element, "is not a two-letter country code (ISO 3166-1) such as FI")
    return value


def language(text: str | None) -> Language:
    """The letters' language: Finnish when empty, English for one that there are no letters in."""
    value = clean(text).lower()[:2] or "fi"
    return cast(Language, value) if value in {"fi", "sv", "en"} else "en"


def looks_like_company(name: str) -> bool:
    """Whether a name carries the form of a company or association, such as Oy or ry.

    Only whole words count. Without one of them, and without a business id, a buyer is taken for a
    private person, which costs the creditor at most a part of a fee; the other mistake would
    break the law.
    """
    return not _COMPANY_WORDS.isdisjoint(re.split(r"[\s,.()/]+", name.lower()))
