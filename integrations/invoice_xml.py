"""Invoices from an XML file: Finvoice (`integrations.finvoice`) or Netvisor (`integrations.
netvisor`), one document or many one after the other.

    with path.open("rb") as stream:
        for item in read_xml(stream, path.name, ReadOptions()):
            match item:
                case InvoiceRecord(): ...
                case CustomerRecord(): ...
                case BadRecord(): ...
"""

from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree
from pydantic import ValidationError

from integrations import fields, netvisor
from integrations.fields import BadField, bad_record, from_validation
from integrations.finvoice.document import Invoice, Route, route
from integrations.intake import BadRecord, CustomerRecord, Fault, InvoiceRecord, ReadOptions
from integrations.netvisor import Customer, SalesInvoice
from integrations.xml.framing import Document, documents
from integrations.xml.parsing import line_of, local_name, parse, parser, raw

__all__ = ["read_xml"]

_Item = InvoiceRecord | CustomerRecord | BadRecord


def read_xml(stream: BinaryIO, source: str, options: ReadOptions) -> Iterator[_Item]:
    """The invoices of a file, one document in memory at a time.

    `source` names the file in what comes out. What cannot be taken comes as a `BadRecord`: a
    document that is not well-formed, declares or uses entities of its own, or is larger than
    16 MiB; that lacks what an invoice needs; that is not a sales invoice (of Finvoice anything but
    INV01 and INV02, of Netvisor orders and drafts); that is sold to a finance company, payable in
    instalments, in another currency than the euro, or paid.
    """
    return _Reader(source, options).read(stream)


class _Reader:
    def __init__(self, source: str, options: ReadOptions) -> None:
        self._source = source
        self._options = options
        self._parser = parser()
        self._frame = Route()  # the SOAP frame that stood before the next document
        self._index = 0

    def read(self, stream: BinaryIO) -> Iterator[_Item]:
        for document in documents(stream):
            try:
                root = parse(document, self._parser)
            except BadField as bad:
                self._index += 1
                yield self._refused(bad, document.line, raw(document))
                continue
            name = local_name(root)
            if name == "Envelope":
                self._frame = route(root)
                for element in root.iterdescendants("{*}Finvoice"):
                    yield self._finvoice(element, document)
                continue
            if name == "Finvoice":
                yield self._finvoice(root, document)
                continue
            if name.lower() in netvisor.PASSED_OVER:
                continue
            if name.lower() in netvisor.RECORDS and self._options.seller is None:
                yield self._whole(
                    "is from Netvisor, whose invoices do not say who sent them; hand it in for a"
                    " company"
                )
                return
            yield self._other(root, document)
        if self._index == 0:
            yield self._whole("holds no invoice; export the invoices again")

    def _finvoice(self, element: etree._Element, document: Document) -> _Item:
        invoice = Invoice(element, self._frame)
        self._frame = Route()
        return self._read(invoice, element, document)

    def _other(self, element: etree._Element, document: Document) -> _Item:
        name, seller = local_name(element).lower(), self._options.seller
        if name == "salesinvoice" and seller is not None:
            return self._read(SalesInvoice(element, self._options), element, document)
        if name == "customer" and seller is not None:
            return self._read(Customer(element, seller), element, document)
        self._index += 1
        bad = BadField("document", netvisor.what_instead(name), Fault.UNSUPPORTED)
        return self._refused(bad, document.line, raw(document))

    def _read(
        self, piece: Invoice | SalesInvoice | Customer, element: etree._Element, document: Document
    ) -> _Item:
        self._index += 1
        line = document.line + line_of(element) - 1
        try:
            return piece.record(source=self._source, index=self._index, line=line)
        except BadField as caught:
            bad = caught
        except ValidationError as error:
            bad = from_validation(error)
        alone = element.getroottree().getroot() is element or document.depth
        text = raw(document) if alone else fields.raw(_document_of(element))
        return self._refused(bad, line, text, fields.number_text(piece.number))

    def _refused(
        self, bad: BadField, line: int, text: str | None, number: str | None = None
    ) -> BadRecord:
        return bad_record(
            bad, source=self._source, line=line, record=number, index=self._index, raw=text
        )

    def _whole(self, reason: str) -> BadRecord:
        return BadRecord(
            source=self._source, line=None, element="file", reason=reason, fault=Fault.UNREADABLE
        )


def _document_of(element: etree._Element) -> str:
    """An element that stood inside an envelope as a document of its own."""
    text = etree.tostring(element, encoding="unicode", with_tail=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'
