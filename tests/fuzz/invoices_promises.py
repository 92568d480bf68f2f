"""What the readers of invoices promise for every file, whatever is in it."""

from __future__ import annotations

import io
from pathlib import Path

from domain import personal_code
from integrations.intake import (
    BadRecord,
    CustomerRecord,
    InvoiceRecord,
    Party,
    ReadOptions,
)
from integrations.readers import invoices_in

Item = InvoiceRecord | CustomerRecord | BadRecord

DATA = Path(__file__).parent.parent / "data"
OPTIONS = ReadOptions(
    seller=Party(name="Kuvitteellinen Sähkö Oy", business_id="1234567-1"),
    iban="FI2112345600000785",
    bic="NDEAFIHH",
)
GOOD = (DATA / "finvoice_3.0.xml").read_bytes()
GOOD_NUMBER = "1042"
ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<", b"\0\0\xfe\xff")


def read(data: bytes) -> list[Item]:
    return list(invoices_in(io.BytesIO(data), "made", OPTIONS))


def hold(data: bytes) -> None:
    """Raises AssertionError, or whatever a reader raises, for a broken promise."""
    items = read(data)
    is_xml = data.lstrip().startswith(b"<")
    assert items or not is_xml, "a file comes out as nothing at all"
    numbered = [item.index for item in items if item.index is not None]
    assert numbered == list(range(1, len(numbered) + 1)), "a record is skipped or counted twice"
    for item in items:
        if isinstance(item, BadRecord) and item.raw is not None:
            _refused_again(item, data)
    if is_xml and not data.startswith(ENCODINGS):
        _the_next_is_not_lost(data)


def _refused_again(bad: BadRecord, data: bytes) -> None:
    assert bad.raw is not None
    assert personal_code.cut_out(bad.raw) == bad.raw, "an identity code is kept"
    text = data.decode("latin-1")
    if personal_code.cut_out(text) == text and "\0" not in text:
        again = read(bad.raw.encode())
        assert any(isinstance(item, BadRecord) for item in again), "what was bad alone is good"


def _the_next_is_not_lost(data: bytes) -> None:
    items = read(data + b"\n" + GOOD)
    found = any(isinstance(item, InvoiceRecord) and item.number == GOOD_NUMBER for item in items)
    assert found or any(isinstance(item, BadRecord) for item in items), "an invoice is lost"
