"""Incoming reference payments in the bank file format KTL (saapuvat viitemaksut).

Source: Finance Finland, "Incoming reference payments", version 2.1. Records of 90 characters in
ISO-8859-1, one on a line, known by their first character: 0 begins a batch, 3 is a reference
payment, 5 a direct debit, 9 the batch's sums. A file may hold many batches.
"""

import datetime as dt
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from domain import money, references
from integrations import fields
from integrations.fields import BadField, bad_record
from integrations.intake import BadRecord, Fault, PaymentRecord
from integrations.lines import numbered_lines

__all__ = ["read_ktl"]

_LENGTH = 90
_LONGEST_LINE = 4096
_LOOK_AHEAD = 100  # lines without a single record of the format: it is some other file
_BATCH, _PAYMENT, _DIRECT_DEBIT, _SUM = "0", "3", "5", "9"
_DATE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})")


def read_ktl(stream: BinaryIO, source: str) -> Iterator[PaymentRecord | BadRecord]:
    """The payments of a KTL file: for each line that is no batch or sum record exactly one record,
    good or bad; for a sum record that does not match, or is missing, a `BadRecord` more.

    A payment whose reference has a wrong check digit is a payment all the same
    (`reference_valid` is false). `source` names the file in what comes out.
    """
    early: list[BadRecord] = []  # complaints before the first line that is a record
    seen_record = False
    batch = _Batch(line=1)
    occurrences: Counter[str] = Counter()
    for line, text in numbered_lines(stream, "iso-8859-1", _LONGEST_LINE):
        if text is not None and not text.strip(" \t\x00\x1a"):
            continue
        found: PaymentRecord | BadRecord | None
        try:
            found = _read(text, batch, occurrences, source=source, line=line)
            is_record = True
        except BadField as bad:
            found = bad_record(bad, source=source, line=line)
            is_record = bad.element != "line"
        if is_record and not seen_record:
            seen_record = True
            yield from early
        if not seen_record and isinstance(found, BadRecord):
            early.append(found)
            if len(early) == _LOOK_AHEAD:
                break
        elif found is not None:
            yield found
        if is_record and text is not None and text[0] in {_BATCH, _SUM}:
            if text[0] == _BATCH and batch.is_open:
                yield batch.sum_missing(source)
            batch = _Batch(line, is_open=text[0] == _BATCH)
    if not seen_record:
        yield BadRecord(
            source=source,
            line=None,
            element="file",
            reason="is not a file of reference payments (KTL, records of 90 characters);"
            " fetch that file type from the bank",
            fault=Fault.UNREADABLE,
        )
    elif batch.is_open:
        yield batch.sum_missing(source)


class _Batch:
    """Counts and sums (cents) of a batch so far, to hold against its sum record."""

    def __init__(self, line: int, *, is_open: bool = False) -> None:
        self.line = line
        self.is_open = is_open
        self.payments = self.corrections = self.failed = (0, 0)

    def add(self, cents: int, *, is_correction: bool, has_failed: bool) -> None:
        self.is_open = True
        if has_failed:
            self.failed = _plus(self.failed, cents)
        elif is_correction:
            self.corrections = _plus(self.corrections, cents)
        else:
            self.payments = _plus(self.payments, cents)

    def check(self, text: str) -> None:
        """BadField unless the sum record says what the batch held."""
        for name, stated, counted in (
            ("payments", _count_and_sum(text, 2), self.payments),
            ("corrections", _count_and_sum(text, 19), self.corrections),
            ("failed direct debits", _count_and_sum(text, 36), self.failed),
        ):
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


def _read(
    text: str | None, batch: _Batch, occurrences: Counter[str], *, source: str, line: int
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
        return None
    if kind == _SUM:
        batch.check(text)
        return None
    if kind not in {_PAYMENT, _DIRECT_DEBIT}:
        raise BadField(
            "line",
            f"is a record of type {fields.shown(kind)}, which is not a reference payment (3) or"
            " direct debit (5); book it by hand if it brought money",
            Fault.UNSUPPORTED,
        )
    return _payment(text, batch, occurrences, source=source, line=line)


def _payment(
    text: str, batch: _Batch, occurrences: Counter[str], *, source: str, line: int
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
    archive_id = _field(text, 28, 43)
    parts = (archive_id, account, booked_on.isoformat(), raw_reference.strip().lstrip("0"))
    identity = "\n".join((*parts, str(cents), "1" if is_correction else "0"))
    # Two payments alike in everything are two payments; in the same file again, the same two
    occurrences[identity] += 1
    return PaymentRecord(
        key=hashlib.sha256(f"{identity}\n{occurrences[identity]}".encode()).hexdigest(),
        reference=reference,
        reference_valid=reference is not None and references.is_valid(reference),
        amount_cents=-cents if is_correction else cents,
        booked_on=booked_on,
        paid_on=paid_on,
        payer=fields.without_personal_codes(fields.clean(_field(text, 64, 75))),
        archive_id=fields.clean(archive_id),
        account=account,
        failed=has_failed,
        receipt_code=receipt_code if has_failed else "",
        source=source,
        line=line,
    )
