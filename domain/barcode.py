"""The digits of the Finnish bank bar code (pankkiviivakoodi), versions 4 and 5.

Source: Finance Finland, bank bar code guide (Pankkiviivakoodi-opas) 5.3. The 54 digits are called
the virtual bar code (virtuaaliviivakoodi): a payer may type them into an online bank, and printed
as Code 128 C they are the bar code at the foot of a credit transfer form.
"""

import re
from datetime import date

from stdnum import iban as iban_numbers
from stdnum import iso11649

MAX_AMOUNT_CENTS = 999_999_99
"""The largest sum that the six euro and two cent digits hold."""

_FINNISH_IBAN = re.compile(r"FI[0-9]{16}")
_FINNISH_REFERENCE = re.compile(r"[0-9]{4,20}")
_NUMERIC_RF_REFERENCE = re.compile(r"RF([0-9]{2})([0-9]{1,21})")


class BarcodeError(ValueError):
    """The payment's details do not fit a Finnish bank bar code."""


class AccountNotFinnishError(BarcodeError):
    """The account is not a valid Finnish IBAN; the bar code has room for no other."""

    def __init__(self, iban: str) -> None:
        self.iban = iban
        super().__init__(
            f"Account {iban!r} is not a valid Finnish IBAN (FI and 16 digits): "
            "check it, or leave the bar code out"
        )


class ReferenceNotEncodableError(BarcodeError):
    """The reference is neither a valid Finnish nor a valid numeric RF reference."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__(
            f"Reference {reference!r} is neither a Finnish reference number (4-20 digits, the last "
            "one a check digit) nor an RF reference of digits only (ISO 11649): correct it"
        )


class AmountNotEncodableError(BarcodeError):
    """The sum is negative or has more than six euro digits."""

    def __init__(self, amount_cents: int) -> None:
        self.amount_cents = amount_cents
        super().__init__(
            f"Amount of {amount_cents} cents does not fit a bar code, "
            f"which holds 0 to {MAX_AMOUNT_CENTS} cents: leave the bar code out"
        )


def virtual_barcode(iban: str, reference: str, amount_cents: int, due: date) -> str:
    """The 54 digits of a payment: version 4 for a Finnish reference number, 5 for an RF reference.

    Spaces in the account and the reference do not matter. The amount is in cents, 0 to
    `MAX_AMOUNT_CENTS`. Raises `AccountNotFinnishError`, `ReferenceNotEncodableError` or
    `AmountNotEncodableError`, all of them `BarcodeError`.
    """
    account = _compact(iban)
    if not _FINNISH_IBAN.fullmatch(account) or not iban_numbers.is_valid(account):
        raise AccountNotFinnishError(iban)
    if not 0 <= amount_cents <= MAX_AMOUNT_CENTS:
        raise AmountNotEncodableError(amount_cents)
    version, reference_digits = _reference_field(reference)
    return f"{version}{account[2:]}{amount_cents:08d}{reference_digits}{due:%y%m%d}"


def _reference_field(reference: str) -> tuple[str, str]:
    compact = _compact(reference)
    rf = _NUMERIC_RF_REFERENCE.fullmatch(compact)
    if rf and iso11649.is_valid(compact):
        return "5", rf[1] + rf[2].zfill(21)
    if _FINNISH_REFERENCE.fullmatch(compact) and _has_finnish_check_digit(compact):
        return "4", compact.zfill(23)
    raise ReferenceNotEncodableError(reference)


def _has_finnish_check_digit(digits: str) -> bool:
    """Weights 7, 3, 1 from the right, modulo 10; all zeros is no reference."""
    weighted = sum(
        int(digit) * (7, 3, 1)[place % 3] for place, digit in enumerate(reversed(digits[:-1]))
    )
    return int(digits) > 0 and (10 - weighted % 10) % 10 == int(digits[-1])


def _compact(text: str) -> str:
    return "".join(text.split()).upper()
