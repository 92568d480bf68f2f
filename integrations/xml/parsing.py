"""One XML document as a tree, and its text to be corrected.

Nothing outside the document is read, and nothing inside it is expanded but the five entities of
XML itself (`&amp;`, `&lt;`, `&gt;`, `&quot;`, `&apos;`) and character references: the parser sees
neither DOCTYPE nor DTD, and lxml's own bounds on depth and size hold.
"""

import codecs
import re
from functools import lru_cache
from typing import cast

from lxml import etree

from integrations import fields
from integrations.fields import BadField
from integrations.intake import Fault
from integrations.xml.framing import Document

__all__ = ["leaves", "line_of", "local_name", "parse", "parser", "raw"]

_Leaves = dict[str, list[etree._Element]]

_DECLARATION = re.compile(rb"<\?xml\s[^>]*>")
_ENCODING = re.compile(rb"\sencoding\s*=\s*[\"']([^\"']*)[\"']")
_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);|#)([\w.:-]{1,40});")
# A superset of ASCII in single bytes, so that no markup hides from the framing
_KNOWN = re.compile(
    r"utf-8|ascii|iso8859-\d+|cp(?:125\d|437|737|775|85[02578]|86[0-356]|874)|mac-roman|koi8-[rut]"
)
_RIGHT_DECLARATION = re.compile(
    r"<\?xml\s+version\s*=\s*([\"'])1\.[0-9]+\1"
    r"(?:\s+encoding\s*=\s*([\"'])[A-Za-z][\w.-]*\2)?"
    r"(?:\s+standalone\s*=\s*([\"'])(?:yes|no)\3)?\s*\?>",
    re.ASCII,
)
_UTF_8 = '<?xml version="1.0" encoding="UTF-8"?>'


def parser() -> etree.XMLParser:
    """A parser for `parse`, for one file's documents one after the other."""
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        remove_blank_text=True,  # and no table of ids: a fifth of the time
        collect_ids=False,
    )


def parse(document: Document, with_parser: etree.XMLParser) -> etree._Element:
    """The record's element. BadField: broken, not in its encoding, or with an entity of its own."""
    if document.problem is not None:
        raise BadField(document.element, document.problem, Fault.UNREADABLE)
    data = _as_utf_8(document)
    try:
        root = etree.fromstring(data, with_parser)
    except etree.XMLSyntaxError as error:
        where = document.line + (error.lineno or 1) - 1
        if entity := _ENTITY.search(data) if "Entity" in str(error) else None:
            name = entity.group(1).decode("utf-8", "replace")
            raise BadField(
                "document",
                f"holds the entity &{name}; near line {where}, which XML does not have; write the"
                " character itself",
                Fault.UNREADABLE,
            ) from error
        raise BadField(
            "document",
            f"is not well-formed XML near line {where}, or not in the encoding that it declares;"
            " export the invoice again",
            Fault.UNREADABLE,
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise BadField("DOCTYPE", "is where none can be; export without it", Fault.UNREADABLE)
    for _ in range(document.depth):
        root = root[0]
    return root


def raw(document: Document) -> str | None:
    """The document as text, in UTF-8 by its declaration, to be corrected; None where it has no
    readable text, or too much of it."""
    if not document.data:
        return None
    try:
        text = _as_utf_8(document).decode()
    except (BadField, UnicodeDecodeError):
        return None
    if match := _RIGHT_DECLARATION.match(text):
        text = _UTF_8 + "\n" * match.group().count("\n") + text[match.end() :]
    elif not text.startswith("<?xml"):  # a broken declaration stays: it is what is wrong
        text = _UTF_8 + text
    return fields.raw(text)


def local_name(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def line_of(element: etree._Element) -> int:
    """The line of its document that an element begins on, from 1."""
    return cast(int, element.sourceline or 1)


def leaves(root: etree._Element, *, without: frozenset[str], lower: bool = False) -> _Leaves:
    """The elements without children by their path below the root ("InvoiceDetails/InvoiceNumber"),
    in one pass over the document.

    Elements named in `without` are passed over with everything in them. `lower`: names in small
    letters, for formats that do not mind case.
    """
    found: _Leaves = {}
    _gather(root, "", found, without, lower)
    return found


def _gather(
    element: etree._Element, path: str, found: _Leaves, without: frozenset[str], lower: bool
) -> None:
    for child in element:
        name = child.tag
        if name[0] == "{":
            name = name[name.index("}") + 1 :]
        if lower:
            name = name.lower()
        if name in without:
            continue
        if len(child):
            _gather(child, f"{path}{name}/", found, without, lower)
        elif (place := path + name) in found:
            found[place].append(child)
        else:
            found[place] = [child]


def _as_utf_8(document: Document) -> bytes:
    """The document's bytes in UTF-8, whatever its declaration goes on saying."""
    name = document.encoding
    if name is None:
        declared = _DECLARATION.match(document.data)
        encoding = _ENCODING.search(declared.group()) if declared else None
        if encoding is None:
            return document.data
        name = encoding.group(1).decode("latin-1")
    codec = _codec(name)
    if codec is None:
        raise BadField(
            "document",
            f"declares the encoding {fields.shown(name)}, which is not known or not the one that it"
            " is in; export it in UTF-8",
            Fault.UNREADABLE,
        )
    if codec == "utf-8":
        return document.data
    try:
        if codec == "iso8859-15":
            return _from_latin_9(document.data).encode()
        return document.data.decode(codec).encode()
    except UnicodeDecodeError as error:
        raise BadField(
            "document",
            "is not in the encoding that it declares; export the invoice again",
            Fault.UNREADABLE,
        ) from error


# ISO-8859-15 (Latin 9), the Finnish banks' encoding, is ISO-8859-1 but for eight characters. Python
# decodes that one eighty times as quickly, and none of the eight is in most documents.
_LATIN_9 = {
    chr(byte): char
    for byte in range(256)
    if (char := bytes([byte]).decode("iso8859-15")) != chr(byte)
}


def _from_latin_9(data: bytes) -> str:
    text = data.decode("iso8859-1")
    for read, meant in _LATIN_9.items():
        if read in text:
            text = text.replace(read, meant)
    return text


@lru_cache(maxsize=64)
def _codec(name: str) -> str | None:
    """Python's name of an encoding that documents may be in."""
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    if known in {"utf-8-sig", "ascii"}:  # what is not ASCII after all is most often UTF-8
        return "utf-8"
    return known if _KNOWN.fullmatch(known) else None
