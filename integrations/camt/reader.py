"""A camt file from its first statement to its last, one transaction in memory at a time.

Every transaction of the file comes out once: as a payment (or several, where it says that it pays
several references), as a `BadRecord`, or counted in its statement's `FeedRecord.passed`.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from integrations.camt.entry import Entry
from integrations.camt.statement import Statement
from integrations.fields import BadField, bad_record
from integrations.intake import BadRecord, Fault, FeedRecord, PaymentRecord
from integrations.payment_keys import PaymentKeys
from integrations.xml.parsing import line_of, local_name
from integrations.xml.streaming import drop, elements, empty

__all__ = ["read_camt"]

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:([a-z]{4}\.[0-9]{3})\.001\.([0-9]{2})")
_MESSAGES = frozenset({"camt.053", "camt.054"})
_VERSIONS = frozenset(f"{version:02d}" for version in range(2, 9))

_STATEMENTS = frozenset({"Stmt", "Ntfctn"})
_Item = PaymentRecord | FeedRecord | BadRecord


def read_camt(stream: BinaryIO, source: str) -> Iterator[_Item]:
    """The payments of a camt.053 or camt.054 file, and how fresh each of its statements is.

    `source` names the file in what comes out. A file that is not well-formed XML, carries a
    DOCTYPE, or is another message or version ends with a `BadRecord` where that is found; what
    stands before has been read.
    """
    reader = _Reader(source)
    try:
        for event, element in elements(stream, ("Document", "Stmt", "Ntfctn", "Ntry", "TxDtls")):
            yield from reader.take(event, element)
    except BadField as bad:
        yield bad_record(bad, source=source, line=None)
        return
    if not reader.statements:
        yield BadRecord(
            source=source,
            line=None,
            element="file",
            reason="holds no account statement (camt.053) or notification of entries (camt.054);"
            " fetch one of these from the bank",
            fault=Fault.UNREADABLE,
        )


class _Reader:
    def __init__(self, source: str) -> None:
        self.statements = 0
        self._source = source
        self._keys = PaymentKeys()
        self._statement: Statement | None = None
        self._entry: Entry | None = None
        self._entries = 0

    def take(self, event: str, element: etree._Element) -> Iterator[_Item]:
        """What comes of one element's beginning or end. BadField: the file cannot be read on."""
        name = local_name(element)
        if event == "start":
            if name == "Document" or name in _STATEMENTS:
                _check_version(element)
            if name in _STATEMENTS:
                self.statements += 1
                self._statement, self._entry = Statement(element, self._source), None
            elif name == "Ntry" and self._statement is not None and self._entry is None:
                self._entries += 1
                self._entry = Entry(element, self._statement.open(), self._entries, self._keys)
        elif name == "TxDtls":
            if self._entry is not None and self._entry.holds(element):
                yield from self._entry.take(element)
            else:
                yield self._misplaced(element, "an entry (Ntry)")
                drop(element)
        elif name == "Ntry":
            if self._entry is not None and self._entry.element is element:
                yield from self._entry.end()
                self._entry = None
            else:
                yield self._misplaced(element, "a statement (Stmt) or notification (Ntfctn)")
            drop(element)
        elif name in _STATEMENTS and self._statement is not None:
            yield from self._statement.end()
            self._statement = self._entry = None
            empty(element)  # the group header before it serves the next one too

    def _misplaced(self, element: etree._Element, where: str) -> BadRecord:
        return BadRecord(
            source=self._source,
            line=line_of(element),
            element=local_name(element),
            reason=f"stands outside {where}, so nobody can say whose it is; ask the bank",
            fault=Fault.UNREADABLE,
        )


def _check_version(element: etree._Element) -> None:
    # etree.QName does not take every namespace that lxml itself reads
    match = _NAMESPACE.fullmatch(str(element.tag).rpartition("}")[0].removeprefix("{"))
    if match is None:
        raise BadField(
            "Document",
            "is no ISO 20022 message by its namespace; fetch camt.053 or camt.054 from the bank",
            Fault.UNSUPPORTED,
        )
    message, version = match.groups()
    if message not in _MESSAGES:
        raise BadField(
            "Document",
            f"is the message {message}; payments are read from camt.053 and camt.054:"
            " fetch one of these from the bank",
            Fault.UNSUPPORTED,
        )
    if version not in _VERSIONS:
        raise BadField(
            "Document",
            f"is version {version} of {message}; versions 02 to 08 are read: order one of these"
            " from the bank",
            Fault.UNSUPPORTED,
        )
