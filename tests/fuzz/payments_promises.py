"""What the readers of payments promise for every file, whatever is in it."""

from __future__ import annotations

import io

from lxml import etree

from domain import personal_code
from integrations.intake import BadRecord, Fault, FeedRecord, PaymentRecord
from integrations.kinds import is_xml
from integrations.readers import kind_of, payments_in

Item = PaymentRecord | FeedRecord | BadRecord


def read(data: bytes) -> list[Item]:
    return list(payments_in(io.BytesIO(data), "made"))


def hold(data: bytes) -> None:
    """Raises AssertionError, or whatever a reader raises, for a broken promise."""
    items = read(data)
    assert items, "a file comes out as nothing at all"
    assert items == read(data), "the same file again is something else"
    kind_of(io.BytesIO(data))
    for item in items:
        if isinstance(item, PaymentRecord):
            assert item.amount_cents, "a payment of nothing"
            assert personal_code.left_out(item.message) == item.message, "an identity code is kept"
        elif isinstance(item, FeedRecord):
            assert item.as_of.tzinfo is not None, "nobody can say when"
    found = sum(
        item.passed if isinstance(item, FeedRecord) else not _is_of_the_whole(item)
        for item in items
    )
    if any(isinstance(item, BadRecord) and _ends_the_file(item) for item in items):
        return
    expected = _transactions(data) if is_xml(data) else _lines(data)
    assert found >= expected, "something is lost in silence"


def _ends_the_file(bad: BadRecord) -> bool:
    """Whether it says that nothing was read from there on."""
    return bad.element in {"file", "document", "DOCTYPE", "Document", "Ntry", "TxDtls"}


def _is_of_the_whole(item: PaymentRecord | BadRecord) -> bool:
    """A complaint about a batch's sum, beside what is said of each of its payments."""
    return isinstance(item, BadRecord) and (
        item.fault is Fault.MISMATCH or item.element in {"sum record", "batch date"}
    )


def _lines(data: bytes) -> int:
    """Lines that must come out: records of KTL but for batches and sums, and what is no record."""
    lines = data.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return sum(
        bool(line.strip(" \t\x00\x1a")) and not (len(line) == 90 and line[0] in "09")
        for line in lines
    )


def _transactions(data: bytes) -> int:
    """Transactions of the statements that can say whose they are and when they were made."""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return 0
    return sum(
        max(1, len(entry.findall("{*}NtryDtls/{*}TxDtls")))
        for name in ("Stmt", "Ntfctn")
        for statement in root.iter(f"{{*}}{name}")
        if statement.find("{*}Acct/{*}Id") is not None
        for entry in statement.iterfind("{*}Ntry")
        if _is_credit(entry)
    )


def _is_credit(entry: etree._Element) -> bool:
    sides = [entry.findtext("{*}CdtDbtInd")]
    sides += [each.text for each in entry.iterfind("{*}NtryDtls/{*}TxDtls/{*}CdtDbtInd")]
    return all(side is not None and side.strip() == "CRDT" for side in sides)
