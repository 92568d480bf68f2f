"""Finvoice invoices in, and reminders out (`integrations.finvoice.reminder`).

What is read: versions 3.0, 2.01, 2.0 and 1.3 (Finance Finland, Finvoice implementation guidelines
and Finvoice3.0.xsd).

A file holds one document, or many one after the other, each perhaps with the SOAP frame
(SOAP-kehys) of the banks' channel in front of it and with an encoding of its own.

    with path.open("rb") as stream:
        for item in read_finvoice(stream, path.name):
            match item:
                case InvoiceRecord(): ...
                case BadRecord(): ...
"""

from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree
from pydantic import ValidationError

from integrations.fields import BadField, bad_record, from_validation, number_text
from integrations.finvoice.document import (
    Route,
    invoice,
    invoice_number,
    line_of,
    local_name,
    route,
)
from integrations.finvoice.framing import Document, documents
from integrations.intake import BadRecord, Fault, InvoiceRecord

__all__ = ["read_finvoice"]


def read_finvoice(stream: BinaryIO, source: str) -> Iterator[InvoiceRecord | BadRecord]:
    """The invoices of a Finvoice file, one document in memory at a time.

    `source` names the file in what comes out. What cannot be taken comes as a `BadRecord`:
    a document that is not well-formed, carries a DOCTYPE (refused unread, because of the attacks
    that it allows) or is larger than 16 MiB; that lacks what an invoice needs; that is not a sales
    invoice (anything but INV01 and INV02); that is sold to a finance company, payable in
    instalments, in another currency than the euro, or paid.
    """
    frame = Route()
    index = 0
    for document in documents(stream):
        try:
            root = _parse(document)
        except BadField as bad:
            index += 1
            yield bad_record(bad, source=source, line=document.line, index=index)
            continue
        if local_name(root) == "Envelope":
            frame = route(root)
            found = list(root.iterdescendants("{*}Finvoice"))
        else:
            found = [root]
        for element in found:
            index += 1
            line = document.line + line_of(element) - 1
            yield _read(element, frame, source, index, line)
            frame = Route()
    if index == 0:
        yield BadRecord(
            source=source,
            line=None,
            element="file",
            reason="holds no Finvoice document; export the invoices again",
            fault=Fault.UNREADABLE,
        )


def _parse(document: Document) -> etree._Element:
    if document.problem is not None:
        raise BadField("document", document.problem, Fault.UNREADABLE)
    # A parser of its own for each document: hardened, and with no state left from the one before
    parser = etree.XMLParser(
        encoding=document.encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(document.data, parser)
    except (etree.LxmlError, LookupError, ValueError) as error:
        at = getattr(error, "lineno", None)
        where = f" near line {document.line + at - 1}" if at else ""
        raise BadField(
            "document",
            f"is not well-formed XML{where}, or not in the encoding that it declares;"
            " export the invoice again",
            Fault.UNREADABLE,
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadField("DOCTYPE", "is not allowed; export without it", Fault.UNREADABLE)
    return root


def _read(
    element: etree._Element, frame: Route, source: str, index: int, line: int
) -> InvoiceRecord | BadRecord:
    try:
        return invoice(element, frame, source=source, index=index, line=line)
    except BadField as caught:
        bad = caught
    except ValidationError as error:
        bad = from_validation(error)
    number = number_text(invoice_number(element))
    return bad_record(bad, source=source, line=line, record=number, index=index)
