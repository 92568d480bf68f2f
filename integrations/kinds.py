"""What a file handed in is, by its first kilobytes: known by content, not by name."""

import re
from typing import BinaryIO, Literal

__all__ = ["Kind", "is_xml", "kind_of"]

Kind = Literal["invoices", "payments", "settlements"]

_HEAD = 64 * 1024
_BLANK = b" \t\r\n\x00\x1a\xef\xbb\xbf\xff\xfe"  # white space, padding and byte order marks
_NAME = rb"<(?:[\w.-]{1,64}:)?"
_MESSAGE = re.compile(rb"urn:iso:std:iso:20022:tech:xsd:camt\.[0-9]{3}")
_INVOICE = re.compile(
    _NAME + rb"(?:Finvoice|Envelope|(?i:salesinvoices?|customers?))[\s/>]",
)
_KTL = re.compile(
    rb"(?m)^(?:0[0-9]{10}.{79}|[3579S][0-9]{26}.{63}|9[0-9]{51}.{38})\r?$",
)
_SETTLEMENT = re.compile(rb'^[\[{][^\x00]*"settlement_id"\s*:')
_DELIMITED = re.compile(rb"[^;,\t\r\n]+[;,\t]")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]")


def kind_of(stream: BinaryIO) -> Kind | None:
    """Whether an open file that can seek holds invoices (Finvoice, Netvisor, CSV), payments (KTL,
    camt of any version) or a collection agency's settlements (JSON); None for what is none of them.
    The stream is left where it was.

    It says which reader can speak of the file, not that the file is good.
    """
    start = stream.tell()
    head = stream.read(_HEAD)
    stream.seek(start)
    if is_xml(head):
        text = head.replace(b"\x00", b"")  # wide encodings of what is ASCII
        message, invoice = _MESSAGE.search(text), _INVOICE.search(text)
        if message and (not invoice or message.start() < invoice.start()):
            return "payments"
        return "invoices" if invoice else None
    if _SETTLEMENT.search(head.lstrip(_BLANK)):
        return "settlements"
    if _KTL.search(head):
        return "payments"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head[2:].replace(b"\x00", b"")
    first = head.lstrip(_BLANK).partition(b"\n")[0]
    return "invoices" if _DELIMITED.match(first) and not _BINARY.search(head) else None


def is_xml(head: bytes) -> bool:
    """Whether a file that begins with `head` is XML, in whichever encoding."""
    return head.lstrip(_BLANK).startswith(b"<")
