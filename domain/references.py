"""Payment references and identifiers: the Finnish reference number (viitenumero), the RF creditor
reference (ISO 11649), the business id (Y-tunnus) and the account number (IBAN).

A reference is kept in one form everywhere: the Finnish number without leading zeros, spaces or RF
prefix, so that an invoice, a bank file and a payer who typed "RF06 3012396" all mean "3012396".
An RF reference that does not wrap a Finnish number (a foreign one may carry letters) keeps its
whole form.

Sources: Finance Finland, "Finnish bank reference number" and "RF creditor reference" guidelines;
ISO 11649:2009; ISO 13616 (IBAN). Y-tunnus and IBAN checks are python-stdnum's.
"""

import re

from stdnum import iban as _iban
from stdnum import iso11649 as _rf
from stdnum.fi import ytunnus as _ytunnus

__all__ = [
    "IdentifierError",
    "InvalidBusinessIdError",
    "InvalidIbanError",
    "InvalidReferenceError",
    "business_id",
    "business_id_from_ovt",
    "check_digit",
    "group",
    "iban",
    "iban_from_account",
    "is_valid",
    "make",
    "normalise",
    "ovt",
    "to_rf",
]

_WEIGHTS = (7, 3, 1)
_MIN_BASE, _MAX_BASE = 3, 19  # the check digit comes on top: 4 to 20 digits in all
_DIGITS = re.compile(r"[0-9]+")
_FINNISH = re.compile(r"[1-9][0-9]{3,19}")
_RF = re.compile(r"RF[0-9]{2}[0-9A-Z]{1,21}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{10,30}")
_SPACES = re.compile(r"\s+")
_BUSINESS_ID = re.compile(r"(?:FI)?([0-9]{7})-?([0-9])")
_OVT = re.compile(r"0037([0-9]{7})([0-9])[0-9A-Z]{0,5}")
_ACCOUNT = re.compile(r"[0-9]{14}")


class IdentifierError(ValueError):
    """A reference, business id or account number breaks its rule. The text says which and why."""


class InvalidReferenceError(IdentifierError):
    """Not a Finnish reference number nor an RF creditor reference."""


class InvalidBusinessIdError(IdentifierError):
    """Not a Finnish business id (Y-tunnus)."""


class InvalidIbanError(IdentifierError):
    """Not an international account number (IBAN)."""


def check_digit(base: str) -> str:
    """The check digit (tarkiste) of a reference's base: weights 7, 3, 1 from the right, the sum's
    distance to the next full ten.

    Raises InvalidReferenceError unless `base` is 3 to 19 digits that do not begin with a zero.
    """
    if not _DIGITS.fullmatch(base) or not _MIN_BASE <= len(base) <= _MAX_BASE or base[0] == "0":
        raise InvalidReferenceError(
            f"a reference's base is {_MIN_BASE} to {_MAX_BASE} digits, the first not zero"
        )
    total = sum(
        int(digit) * _WEIGHTS[place % len(_WEIGHTS)] for place, digit in enumerate(reversed(base))
    )
    return str(-total % 10)


def make(base: str | int) -> str:
    """The Finnish reference number of a base such as an invoice number: base and check digit.

    Raises InvalidReferenceError as `check_digit` does.
    """
    text = str(base)
    return text + check_digit(text)


def normalise(text: str) -> str:
    """The one form of a reference as people, invoices and banks write it: "1234561" for
    "00000000000001234561", "1 23456 1" and "RF35 1234 561".

    Raises InvalidReferenceError where the length, the characters or the check digit is wrong.
    """
    compact = _SPACES.sub("", text).upper()
    if compact.startswith("RF"):
        return _normalise_rf(compact)
    if not _DIGITS.fullmatch(compact):
        raise InvalidReferenceError(
            "a reference is digits (Finnish) or RF and check digits (ISO 11649); correct it"
        )
    digits = compact.lstrip("0")
    if not _FINNISH.fullmatch(digits):
        raise InvalidReferenceError(
            f"a Finnish reference has 4 to 20 digits, this one {len(digits)}; correct it"
        )
    expected = check_digit(digits[:-1])
    if digits[-1] != expected:
        raise InvalidReferenceError(
            f"the reference's check digit is {digits[-1]}, it should be {expected};"
            " look for a mistyped digit"
        )
    return digits


def _normalise_rf(compact: str) -> str:
    # stdnum's own exceptions differ by what is wrong; to the reader it is one rule
    if not _RF.fullmatch(compact) or not _rf.is_valid(compact):
        raise InvalidReferenceError(
            "the RF reference fails its check (ISO 11649: RF, two check digits, 1 to 21"
            " characters); look for a mistyped character"
        )
    body = compact[4:].lstrip("0")
    if _FINNISH.fullmatch(body) and check_digit(body[:-1]) == body[-1]:
        return body
    return compact


def is_valid(text: str) -> bool:
    """Whether `normalise` takes it."""
    try:
        normalise(text)
    except InvalidReferenceError:
        return False
    return True


def to_rf(reference: str) -> str:
    """The RF form (ISO 11649) of a reference: "RF063012396" for "3012396". An RF stays itself.

    Raises InvalidReferenceError for what `normalise` refuses.
    """
    plain = normalise(reference)
    if plain.startswith("RF"):
        return plain
    # RF and two zeros as the number 271500 at the end (R = 27, F = 15), modulo 97
    return f"RF{98 - int(plain + '271500') % 97:02d}{plain}"


def group(reference: str) -> str:
    """A reference as it is printed: a Finnish one in fives from the right ("12345 67893"), an RF
    one in fours from the left ("RF06 3012 396").

    Raises InvalidReferenceError for what `normalise` refuses. An RF form is grouped as such.
    """
    compact = _SPACES.sub("", reference).upper()
    if compact.startswith("RF"):
        _normalise_rf(compact)
        return " ".join(compact[at : at + 4] for at in range(0, len(compact), 4))
    plain = normalise(compact)
    head = len(plain) % 5
    parts = [plain[:head]] if head else []
    return " ".join(parts + [plain[at : at + 5] for at in range(head, len(plain), 5)])


def business_id(text: str) -> str:
    """The business id (Y-tunnus) as "1234567-1", from that, "12345671" or the VAT form
    "FI12345671".

    Raises InvalidBusinessIdError for another shape or a wrong check digit.
    """
    match = _BUSINESS_ID.fullmatch(_SPACES.sub("", text).upper())
    if match is None:
        raise InvalidBusinessIdError("a Finnish business id (Y-tunnus) reads 1234567-1; correct it")
    return _checked_business_id(match)


def ovt(text: str) -> str:
    """An OVT code in capitals without spaces: "003712345671", with its unit if it names one.

    Raises InvalidBusinessIdError for another shape or a wrong check digit.
    """
    business_id_from_ovt(text)
    return _SPACES.sub("", text).upper()


def business_id_from_ovt(text: str) -> str:
    """The business id inside an OVT code (the party id of Finnish e-invoicing, ISO 6523 scheme
    0216): 0037, the business id without hyphen, and up to five characters for a unit.

    Raises InvalidBusinessIdError for another shape or a wrong check digit.
    """
    match = _OVT.fullmatch(_SPACES.sub("", text).upper())
    if match is None:
        raise InvalidBusinessIdError("an OVT code begins with 0037 and the business id; correct it")
    return _checked_business_id(match)


def _checked_business_id(match: re.Match[str]) -> str:
    number = "-".join(match.groups())
    if not _ytunnus.is_valid(number):
        raise InvalidBusinessIdError(
            "the business id (Y-tunnus) fails its check digit; look for a mistyped digit"
        )
    return number


def iban(text: str) -> str:
    """An IBAN without spaces, in capitals.

    Raises InvalidIbanError where the country's shape or the check digits (ISO 13616) do not hold.
    """
    compact = _SPACES.sub("", text).upper()
    if not _IBAN.fullmatch(compact) or not _iban.is_valid(compact):
        raise InvalidIbanError(
            "the account number (IBAN) fails its check; look for a mistyped character"
        )
    return compact


def iban_from_account(account: str) -> str:
    """The IBAN of a Finnish account number in its 14-digit machine form, which bank files in the
    KTL format carry.

    Raises InvalidIbanError unless it is 14 digits.
    """
    if not _ACCOUNT.fullmatch(account):
        raise InvalidIbanError("a Finnish account number in machine form has 14 digits")
    # the country FI and two zeros as the number 151800 at the end (F = 15, I = 18), modulo 97
    return f"FI{98 - int(account + '151800') % 97:02d}{account}"
