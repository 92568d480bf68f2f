"""The shape of a letter's wording; `fi`, `sv` and `en` fill it.

Braces are places for `str.format`: what goes in is listed beside each field. A value's own braces
or markup are left alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from domain.states import LetterKind

Label = tuple[str, str]
"""A label of the credit transfer form: the letter's language first, another one below it."""


@dataclass(frozen=True, slots=True)
class FormLabels:
    """The labels of the credit transfer form (tilisiirto, girering)."""

    title: Label
    account: Label
    recipient: Label
    payer: Label
    signature: Label
    from_account: Label
    reference: Label
    due: Label
    letter: Label


@dataclass(frozen=True, slots=True)
class KindTexts:
    """What differs between the letters."""

    title: str
    intro: str
    """{invoice} {original_due} {due}"""


@dataclass(frozen=True, slots=True)
class Texts:
    """All wording of one language."""

    kinds: dict[LetterKind, KindTexts]
    form: FormLabels
    format_date: Callable[[date], str]
    decimal_mark: str

    # the facts beside the address
    letter_date: str
    letter_id: str
    invoice_number: str
    invoice_date: str
    original_due: str
    new_due: str
    business_id: str

    # the itemisation
    item: str
    amount: str
    principal: str
    principal_basis: str
    """{invoice} {invoice_date} {original_due}"""
    paid: str
    interest: str
    interest_period: str
    """{rate} {principal} {first} {last} {days}"""
    interest_summary: str
    """{rate} {first} {last}; for more periods than there is room for"""
    earlier_fees: str
    fee: str
    total: str

    # what to do
    pay_title: str
    pay: str
    """{total} {due} {creditor} {iban} {reference}"""
    pay_codes: str
    trouble: str
    object_title: str
    object: str
    """{due}"""
    interest_calculation: str
    consumer_title: str
    consumer: str
    agency: str
    """{due} {agency}"""

    # alternative texts of the two codes, and the e-mail's own words
    barcode_alt: str
    qr_alt: str
    email_subject: str
    """{title} {invoice} {creditor}"""
    email_greeting: str
    email_attachment: str
    email_reference: str
    email_account: str
    email_recipient: str
    email_closing: str
