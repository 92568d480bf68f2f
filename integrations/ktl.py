"""Incoming reference payments in the bank file format KTL (saapuvat viitemaksut).

Source: Finance Finland, "Incoming reference payments", version 2.1. Records of 90 characters in
ISO-8859-1, one on a line, known by their first character: 0 begins a batch and says when the bank
made it, 3 is a reference payment, 5 a direct debit, 9 the batch's sums. A file may hold many
batches. Types beside these (7 at Nordea, S for a finance company's claims) are named and reported.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import BinaryIO

from domain import money, personal_code, references
from domain.calendar import HELSINKI
from integrations import fields
from integrations.fields import BadField, bad_record
from integrations.intake import BadRecord, Fault, FeedRecord, PaymentRecord
from integrations.lines import numbered_lines
from integrations.payment_keys import PaymentKeys

__all__ = ["read_ktl"]

_LENGTH = 90
_LONGEST_LINE = 4096
_LOOK_AHEAD = 100  # lines without a single record of the format: it is some other file
_BATCH, _PAYMENT, _DIRECT_DEBIT, _SUM = "0", "3", "5", "9"
_OTHER_TYPES = {
    "7": "a record that some banks send beside the reference payments",
    "S": "a payment that belongs to a finance company (factoring)",
}
_TIME = re.compile(r"([01][0-9]|2[0-3])([0-5][0-9])")
_DATE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})")


def read_ktl(stream: BinaryIO, source: str) -> Iterator[PaymentRecord | FeedRecord | BadRecord]:
    """The payments of a KTL file: for each line that is no batch or sum record exactly one record,
    good or bad; for a batch record without its day, and a sum record that does not match or is
    missing, a `BadRecord` more. A batch that ends with its sum record tells how fresh it is, with
    one `FeedRecord` for each account in it, or one without an account if it brought no payment.

    A payment whose reference has a wrong check digit is a payment all the same
    (`reference_valid` is false). `source` names the file in what comes out.
    """
    early: list[BadRecord] = []  # complaints before the first line that is a record
    seen_record = False
    batch = _Batch(line=1)
    keys = PaymentKeys()
    for line, text in numbered_lines(stream, "iso-8859-1", _LONGEST_LINE):
        if text is not None and not text.strip(" \t\x00\x1a"):
            continue
        kind = text[0] if text is not None and len(text) == _LENGTH else ""
        if kind == _BATCH:
            if batch.has_begun:
                yield batch.sum_missing(source)
            batch = _Batch(line, has_begun=True)
        elif kind != _SUM:
            batch.lines += 1
        found: PaymentRecord | BadRecord | None
        try:
            found = _read(text, batch, keys, source=source, line=line)
            is_record = True
        except BadField as bad:
            found = bad_record(bad, source=source, line=line, raw=_raw(text))
            is_record = bad.element != "line" or kind in _OTHER_TYPES
        if is_record and not seen_record:
            seen_record = True
            yield from early
        if not seen_record and isinstance(found, BadRecord):
            early.append(found)
            if len(early) == _LOOK_AHEAD:
                break
        elif found is not None:
            yield found
        if kind == _SUM:
            yield from batch.feeds(source)
            batch = _Batch(line)
    if not seen_record:
        yield BadRecord(
            source=source,
            line=None,
            element="file",
            reason="is not a file of reference payments (KTL, records of 90 characters), nor a"
            " camt.053 or camt.054; fetch one of these from the bank",
            fault=Fault.UNREADABLE,
        )
    elif batch.has_begun:
        yield batch.sum_missing(source)


class _Batch:
    """Counts and sums (cents) of a batch so far, to hold against its sum record."""

    def __init__(self, line: int, *, has_begun: bool = False) -> None:
        self.line = line
        self.has_begun = has_begun
        self.made_at: dt.datetime | None = None
        self.accounts: dict[str, None] = {}
        self.payments = self.corrections = self.failed = (0, 0)
        self.lines = 0  # between batch and sum record, whatever could be made of them
        self.is_whole = False

    def add(self, cents: int, *, is_correction: bool, has_failed: bool) -> None:
        if has_failed:
            self.failed = _plus(self.failed, cents)
        elif is_correction:
            self.corrections = _plus(self.corrections, cents)
        else:
            self.payments = _plus(self.payments, cents)

    def check(self, text: str) -> None:
        """BadField unless the sum record says what the batch held."""
        pairs = (
            ("payments", _count_and_sum(text, 2), self.payments),
            ("corrections", _count_and_sum(text, 19), self.corrections),
            ("failed direct debits", _count_and_sum(text, 36), self.failed),
        )
        matches = all(stated == counted for _, stated, counted in pairs)
        # With every line there, though some reported as unread, the bank's news is all here
        counted_lines = sum(counted[0] for _, _, counted in pairs)
        stated_lines = sum(stated[0] for _, stated, _ in pairs)
        self.is_whole = matches or counted_lines < stated_lines == self.lines
        for name, stated, counted in pairs:
            if stated != counted:
                raise BadField(
                    "sum record",
                    f"states {_in_words(stated)} as {name}, the batch from line {self.line} on"
                    f" holds {_in_words(counted)}; fetch the file from the bank again and look"
                    " for lines that could not be read",
                    Fault.MISMATCH,
                )

    def sum_missing(self, source: str) -> BadRecord:
        return BadRecord(
            source=source,
            line=self.line,
            element="sum record",
            reason="is missing at the end of this batch: the file may be cut short; fetch it from"
            " the bank again",
            fault=Fault.MISSING,
        )

    def feeds(self, source: str) -> Iterator[FeedRecord]:
        """How fresh the batch is; nothing where it is not known, or lines are missing."""
        if self.made_at is None or not self.is_whole:
            return
        for account in self.accounts or (None,):
            yield FeedRecord(account=account, as_of=self.made_at, source=source, line=self.line)


def _plus(so_far: tuple[int, int], cents: int) -> tuple[int, int]:
    return so_far[0] + 1, so_far[1] + cents


def _in_words(count_and_sum: tuple[int, int]) -> str:
    count, cents = count_and_sum
    return f"{count} of {money.to_decimal(cents)} EUR"


def _field(text: str, first: int, last: int) -> str:
    """Columns `first` to `last`, counted from 1 as the format's description does."""
    return text[first - 1 : last]


def _number(text: str, first: int, last: int, element: str) -> int:
    digits = _field(text, first, last)
    if not (digits.isascii() and digits.isdecimal()):
        raise BadField(element, f"columns {first}-{last} are not all digits; fetch the file again")
    return int(digits)


def _count_and_sum(text: str, first: int) -> tuple[int, int]:
    return (
        _number(text, first, first + 5, "sum record"),
        _number(text, first + 6, first + 16, "sum record"),
    )


def _date(text: str, first: int, last: int, element: str) -> dt.date:
    match = _DATE.fullmatch(_field(text, first, last))
    try:
        if match is not None:
            year, month, day = (int(part) for part in match.groups())
            return dt.date(2000 + year, month, day)
    except ValueError:
        pass
    raise BadField(element, f"columns {first}-{last} are not a date YYMMDD; ask the bank")


def _made_at(text: str) -> dt.datetime:
    """When the bank made the batch, by its clock in Finland. A batch without its time counts from
    the beginning of its day, the older of what it may mean."""
    day = _date(text, 2, 7, "batch date")
    time = _TIME.fullmatch(_field(text, 8, 11))
    hour, minute = (int(part) for part in time.groups()) if time else (0, 0)
    return dt.datetime.combine(day, dt.time(hour, minute), HELSINKI).astimezone(dt.UTC)


def _raw(text: str | None) -> str | None:
    """The line to be corrected, its columns where they are. The payer is looked at by himself:
    the digits of the reference before him would hide a personal identity code."""
    if text is None:
        return None
    parts = (text[:63], text[63:75], text[75:])
    return personal_code.blanked("".join(map(personal_code.blanked, parts))).replace("\x00", " ")


def _read(
    text: str | None, batch: _Batch, keys: PaymentKeys, *, source: str, line: int
) -> PaymentRecord | None:
    """A payment, or None for a batch record and a sum record that matches.

    Raises BadField otherwise, naming the element "line" for what is no record of the format.
    """
    if text is None or len(text) != _LENGTH:
        length = "too many" if text is None else len(text)
        raise BadField(
            "line",
            f"has {length} characters, a record has {_LENGTH}; fetch the file again",
            Fault.UNREADABLE,
        )
    kind = text[0]
    if kind == _BATCH:
        batch.made_at = _made_at(text)
        return None
    if kind == _SUM:
        batch.check(text)
        return None
    if kind not in {_PAYMENT, _DIRECT_DEBIT}:
        raise BadField(
            "line",
            f"is a record of type {fields.shown(kind)}, {_OTHER_TYPES.get(kind, 'unknown here')},"
            " not a reference payment (3) or direct debit (5); book it by hand if it brought money",
            Fault.UNSUPPORTED,
        )
    return _payment(text, batch, keys, source=source, line=line)


def _payment(
    text: str, batch: _Batch, keys: PaymentKeys, *, source: str, line: int
) -> PaymentRecord:
    cents = _number(text, 78, 87, "amount")
    correction = _field(text, 88, 88)
    if correction not in {"0", "1", " "}:
        raise BadField("correction", "column 88 is neither 0 nor 1; ask the bank")
    is_correction = correction == "1"
    receipt_code = _field(text, 90, 90).strip(" 0")
    has_failed = text[0] == _DIRECT_DEBIT and receipt_code != ""
    batch.add(cents, is_correction=is_correction, has_failed=has_failed)
    if _field(text, 76, 76) != "1":
        raise BadField("currency", "column 76 is not 1 (EUR); book it by hand", Fault.UNSUPPORTED)
    if not cents:
        raise BadField("amount", "is zero; there is nothing to book", Fault.NOTHING_TO_PAY)
    raw_account, raw_reference = _field(text, 2, 15), _field(text, 44, 63)
    try:
        account = references.iban_from_account(raw_account)
    except references.InvalidIbanError as error:
        raise BadField("account", f"columns 2-15: {error}; ask the bank") from error
    booked_on = _date(text, 16, 21, "booking date")
    paid_on = _date(text, 22, 27, "payment date")
    reference = fields.clean(raw_reference).lstrip("0") or None
    amount_cents = -cents if is_correction else cents
    payer = fields.without_personal_codes(fields.clean(_field(text, 64, 75)))
    archive_id = fields.clean(_field(text, 28, 43))
    batch.accounts[account] = None
    return PaymentRecord(
        key=keys.key(
            account=account,
            archive_id=archive_id,
            reference=reference,
            amount_cents=amount_cents,
            booked_on=booked_on,
            paid_on=paid_on,
            payer=payer,
            failed=has_failed,
        ),
        reference=reference,
        reference_valid=reference is not None and references.is_valid(reference),
        amount_cents=amount_cents,
        booked_on=booked_on,
        paid_on=paid_on,
        payer=payer,
        archive_id=archive_id,
        account=account,
        failed=has_failed,
        receipt_code=receipt_code if has_failed else "",
        source=source,
        line=line,
    )
