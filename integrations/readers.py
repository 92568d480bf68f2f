"""Files of invoices, payments and settlements, whatever their format: known by content, not by
name.

for item in read_invoices(Path("invoices.xml")):
    match item:
        case BadRecord():
            print(item)
        case InvoiceRecord() | CustomerRecord():
            take_in(item)
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from integrations.camt import read_camt
from integrations.intake import (
    BadRecord,
    CustomerRecord,
    Fault,
    FeedRecord,
    InvoiceRecord,
    PaymentRecord,
    ReadOptions,
)
from integrations.invoice_csv import read_csv
from integrations.invoice_xml import read_xml
from integrations.kinds import is_xml, kind_of
from integrations.ktl import read_ktl
from integrations.settlement_json import read_settlements

__all__ = [
    "invoices_in",
    "kind_of",
    "payments_in",
    "read_invoices",
    "read_payments",
    "read_settlements",
]

_Record = TypeVar("_Record")
_NO_OPTIONS = ReadOptions()
_BLANK = b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"  # white space and byte order marks


def read_invoices(
    path: Path, options: ReadOptions = _NO_OPTIONS
) -> Iterator[InvoiceRecord | CustomerRecord | BadRecord]:
    """The invoices and customers of a file (Finvoice, Netvisor or CSV) in its order, with what
    could not be taken.

    Does not raise: a file that cannot be opened or read is one `BadRecord`.
    """
    return _read(path, partial(invoices_in, options=options))


def read_payments(path: Path) -> Iterator[PaymentRecord | FeedRecord | BadRecord]:
    """The payments of a bank's file (KTL, camt.053 or camt.054) in its order, with how fresh it is
    and what could not be taken.

    Does not raise: a file that cannot be opened or read is one `BadRecord`.
    """
    return _read(path, payments_in)


def invoices_in(
    stream: BinaryIO, source: str, options: ReadOptions = _NO_OPTIONS
) -> Iterator[InvoiceRecord | CustomerRecord | BadRecord]:
    """As `read_invoices`, from an open file that can seek; `source` is its name."""
    start = stream.tell()
    head = stream.read(64).lstrip(_BLANK)
    stream.seek(start)
    reader = read_xml if head.startswith(b"<") else read_csv
    return reader(stream, source, options)


def payments_in(stream: BinaryIO, source: str) -> Iterator[PaymentRecord | FeedRecord | BadRecord]:
    """As `read_payments`, from an open file that can seek; `source` is its name."""
    start = stream.tell()
    head = stream.read(64)
    stream.seek(start)
    reader = read_camt if is_xml(head) else read_ktl
    return reader(stream, source)


def _read(
    path: Path, read: Callable[[BinaryIO, str], Iterator[_Record | BadRecord]]
) -> Iterator[_Record | BadRecord]:
    try:
        stream = path.open("rb")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        yield _unreadable(path, error)
        return
    with stream:
        try:
            yield from read(stream, path.name)
        except OSError as error:
            yield _unreadable(path, error)


def _unreadable(path: Path, error: OSError | ValueError) -> BadRecord:
    why = error.strerror if isinstance(error, OSError) else "that is not a file's name"
    return BadRecord(
        source=path.name,
        line=None,
        element="file",
        reason=f"cannot be read: {why}; check the path and the rights",
        fault=Fault.UNREADABLE,
    )
