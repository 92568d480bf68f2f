"""One XML document of any length, read piece by piece: for files that are not cut into documents.

No entity is expanded, no DTD and no network read; a DOCTYPE is refused. Memory holds what lies
between two elements that are waited for, at most `MAX_BETWEEN_BYTES` of the file, as long as the
caller drops what it has seen (`drop`).
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

from lxml import etree

from integrations.fields import BadField
from integrations.intake import Fault
from integrations.xml.recoding import Readable, readable

__all__ = ["MAX_BETWEEN_BYTES", "drop", "elements", "empty"]

MAX_BETWEEN_BYTES = 16 * 1024 * 1024
_CHUNK = 64 * 1024
_BLANK = b" \t\r\n\x00\x1a\xef\xbb\xbf"


def elements(stream: BinaryIO, names: Iterable[str]) -> Iterator[tuple[str, etree._Element]]:
    """("start" | "end", element) for every element of one of these local names, in any namespace.

    Raises BadField for what is not one well-formed document, after all that came before it.
    """
    source, encoding = readable(stream)
    parser = etree.XMLPullParser(
        events=("start", "end"),
        tag=tuple(f"{{*}}{name}" for name in names),
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        # collect_ids stays as it is: without it lxml has libxml2 look for the DTD after all
    )
    events = parser.read_events()
    seen = False
    between = 0
    for chunk in _chunks(source):
        problem: etree.XMLSyntaxError | None = None
        try:
            parser.feed(chunk)
        except etree.XMLSyntaxError as error:
            problem = error
        between += len(chunk)
        for event, found in events:
            element = cast(etree._Element, found)
            if not seen:
                _refuse_doctype(element)
                seen = True
            between = 0
            yield event, element
        if problem is not None:
            raise _broken(problem)
        if between > MAX_BETWEEN_BYTES:
            raise BadField(
                "document",
                f"has more than {MAX_BETWEEN_BYTES // 2**20} MiB without an end of what it began;"
                " ask the bank for the file again",
                Fault.UNREADABLE,
            )
    try:
        _refuse_doctype(parser.close())
    except etree.XMLSyntaxError as error:
        raise _broken(error) from error


def empty(element: etree._Element) -> None:
    """Free what is in an element that has ended. The parser may still be reading its tail."""
    element.clear(keep_tail=True)  # type: ignore[call-arg]  # lxml-stubs lack the argument


def drop(element: etree._Element) -> None:
    """Free an element that has ended, and everything before it within its parent."""
    empty(element)
    parent = element.getparent()
    if parent is not None:
        while (before := element.getprevious()) is not None:
            parent.remove(before)


def _chunks(source: Readable) -> Iterator[bytes]:
    """The bytes in pieces, without the padding that some channels put around a document."""
    begun = False
    kept = b""  # blanks that are padding if nothing comes after them
    while chunk := source.read(_CHUNK):
        piece = chunk if begun else chunk.lstrip(_BLANK)
        begun = begun or bool(piece)
        body = piece.rstrip(b"\x00\x1a")
        if body:
            yield kept + body
            kept = b""
        kept += piece[len(body) :]
        if len(kept) > _CHUNK:  # no padding, whatever it is
            yield kept
            kept = b""


def _refuse_doctype(element: etree._Element) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise BadField("DOCTYPE", "is not allowed; ask for the file without it", Fault.UNREADABLE)


def _broken(error: etree.XMLSyntaxError) -> BadField:
    return BadField(
        "document",
        f"breaks off or is not well-formed XML near line {error.lineno or 1}; what stands before is"
        " read, what stands after is not: ask the bank for the file again",
        Fault.UNREADABLE,
    )
