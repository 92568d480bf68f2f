"""Cutting a file into its XML documents, one in memory at a time.

A bank's file is not one XML document: SOAP frames and invoices follow one another, each with its
own `<?xml` declaration, even its own encoding. Netvisor's is one document of any length, with the
records inside a `<Root>`. This module finds where each record begins and ends by following the few
tags that matter (its root's, and those that must not stand inside it) past comments and CDATA;
lxml then reads each piece. A broken piece ends where the next `<?xml`, SOAP envelope or record
begins, so the rest of the file survives it.

A DOCTYPE never reaches a parser. One that only names a DTD is cut out unread; one that declares
entities is refused.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from integrations.xml.recoding import Readable, readable
from integrations.xml.window import LONGEST_MARK, Broken, Window

__all__ = ["Document", "documents"]

_BLANK = b" \t\r\n\x00\x1a\xef\xbb\xbf"  # white space, padding, Ctrl-Z and UTF-8's byte order mark

_ANY_TAG = re.compile(rb"<")
_NOT_PLAIN = ((b"!", b"<!"), (b"?", b"<?"), (b"Finvoice",), (b"Envelope",))
"""A single byte is sooner found missing than two."""
_MARK = re.compile(rb"[<>\"']")
_END_OF = {ord('"'): re.compile(rb'["<]'), ord("'"): re.compile(rb"['<]")}
_DOCTYPE_MARK = re.compile(rb"[\"'\[\]<>]")
_NAME = re.compile(rb"</?((?:[\w.-]{1,64}:)?([\w.-]{1,64}))")
_DECLARATION = re.compile(rb"<\?xml\s")
_WHOLE_DECLARATION = re.compile(rb"<\?xml\s[^>]{0,1000}>")
_RESTART = re.compile(
    rb"<\?xml\s|<(?:[\w.-]{1,64}:)?(?:Envelope|Finvoice|(?i:SalesInvoice|Customer))[\s>]"
)
_DEEPEST = 100  # of elements that are named as their document's root
_MOST_RECOVERIES = 20  # each may follow 16 MiB again

_WRAPPERS = frozenset({b"root", b"salesinvoices", b"customers"})
_LONGEST_WRAPPER = 1000
_LONGEST_FRONT = 256 * 1024
_LONGEST_DOCTYPE = 64 * 1024
_LINKED = b"documents"
"""Where Netvisor's invoices list others that they are tied to, as elements of the same name."""


class Document(NamedTuple):
    """One XML document of a file."""

    data: bytes
    line: int
    """Line of the file where it begins, from 1."""
    encoding: str | None = None
    """Overrides the document's declaration: set where the whole file was recoded."""
    problem: str | None = None
    """Why it must not be read on, with what to do."""
    element: str = "document"
    """What the problem is about."""
    depth: int = 0
    """How many wrapping elements stand around the record."""


def documents(stream: BinaryIO) -> Iterator[Document]:
    """The XML documents of a file in order. Never raises for what the file holds."""
    return _Scanner(*readable(stream)).documents()


class _Piece:
    """What is known so far of the document that is being followed."""

    def __init__(self) -> None:
        self.at = 0  # how far the buffer has been followed
        self.depth = 0
        self.root = b""
        self.marks = _ANY_TAG
        self.doctype: tuple[int, int] | None = None
        self.stray_text = False


@lru_cache(maxsize=64)
def _marks(root: bytes) -> re.Pattern[bytes]:
    """What matters inside a document: comments and the like, its root's own tags, and what begins
    another document."""
    own = re.escape(root)
    return re.compile(
        rb"<(?:[!?]|/?(?:" + own + rb"|(?i:" + _LINKED + rb"))[\s/>]"
        rb"|(?:[\w.-]{1,64}+:)?(?:Envelope|Finvoice)[\s/>])"
    )


class _Scanner:
    def __init__(self, stream: Readable, encoding: str | None) -> None:
        self._window = Window(stream)
        self._encoding = encoding
        self._recoveries = 0
        self._declaration = b""
        self._around: list[tuple[bytes, bytes]] = []  # the wrappers' start tags and names
        self._lost: list[Document] = []

    def documents(self) -> Iterator[Document]:
        while True:
            piece = _Piece()
            try:
                while not self._step(piece):
                    pass
            except Broken as broken:
                yield from self._said()
                if broken.at_end and not _RESTART.search(self._window.bytes, piece.at + 1):
                    yield from self._take(len(self._window.bytes), piece)
                    self._leave_wrappers()
                    yield from self._said()
                    return
                yield self._front(piece)._replace(problem=str(broken))
                self._recoveries += 1
                if self._recoveries == _MOST_RECOVERIES:
                    yield Document(
                        b"",
                        self._window.line,
                        problem="is where reading stopped: too much of"
                        " the file is broken; export it again",
                    )
                    return
                self._skip_to_restart(piece.at + 1)
            else:
                yield from self._said()
                yield from self._take(piece.at, piece)

    def _front(self, piece: _Piece) -> Document:
        """A document that cannot be followed, as far as to where another may begin; no bytes of one
        that is too long for a person to correct."""
        raw = bytes(self._window.bytes[:_LONGEST_FRONT])
        restart = _RESTART.search(raw, piece.at + 1)
        data, line = self._place(raw[: restart.start()] if restart else b"")
        return Document(
            self._declaration * bool(self._around and data) + data, line, self._encoding
        )

    def _place(self, raw: bytes) -> tuple[bytes, int]:
        """What stands at the front without the blanks before it, and the line it begins on."""
        data = raw.lstrip(_BLANK)
        return data, self._window.line + raw.count(b"\n", 0, len(raw) - len(data))

    def _said(self) -> Iterator[Document]:
        """What is to be said of the wrappers, before the document after them."""
        yield from self._lost
        self._lost.clear()

    def _step(self, piece: _Piece) -> bool:
        """Follow the markup to the next tag that matters; True at the document's end."""
        opening = self._window.search(piece.marks, piece.at)
        if piece.depth == 0 and self._window.bytes[piece.at : opening].strip(_BLANK):
            piece.stray_text = True
        piece.at = opening  # where it breaks off, if it does
        kind = self._window.peek(opening, 10)
        if kind.startswith(b"<!--"):
            piece.at = self._window.find(b"-->", opening + 4) + 3
        elif kind.startswith(b"<![CDATA["):
            piece.at = self._window.find(b"]]>", opening + 9) + 3
        elif kind.startswith(b"<?"):
            if _DECLARATION.match(kind):
                if self._window.bytes[:opening].strip(_BLANK):
                    return True
                self._leave_wrappers()
            piece.at = self._instruction_end(opening)
        elif not piece.root and kind.upper().startswith(b"<!DOCTYPE"):
            piece.at = self._doctype_end(opening)
            piece.doctype = (opening, piece.at)
        elif kind.startswith(b"</"):
            return self._end_tag(piece, opening)
        else:
            return self._start_tag(piece, opening)
        return False

    def _instruction_end(self, opening: int) -> int:
        """Where a declaration or processing instruction has ended. One with a tag in it has lost
        its end: it must not take the documents after it along."""
        end = self._window.find(b"?>", opening + 2)
        if self._window.bytes.find(b"<", opening + 2, end) >= 0:
            raise Broken(
                "has a declaration (<? ... ?>) that does not end; export the invoice again"
            )
        return end + 2

    def _end_tag(self, piece: _Piece, opening: int) -> bool:
        piece.at = self._window.find(b">", opening + 2) + 1
        name = self._name(opening)[0]
        if piece.root:
            piece.depth -= name == piece.root
            return piece.depth == 0
        if self._around and name == self._around[-1][1] and not piece.stray_text:
            self._around.pop()
            self._window.drop(piece.at)
            piece.at = 0
        else:
            piece.stray_text = True
        return False

    def _start_tag(self, piece: _Piece, opening: int) -> bool:
        end = self._tag_end(opening)
        whole, name = self._name(opening)
        closed = self._window.bytes[end - 1] == ord("/")
        if piece.root and name.lower() == _LINKED and whole != piece.root:
            piece.at = end + 1 if closed else self._window.find(b"</" + whole, end)
            return False
        # What begins after stray text is no part of it. A frame or a record inside an unfinished
        # one: the unfinished one is broken. (An invoice inside an envelope is a way to frame it.)
        again = whole == piece.root and (name == b"Finvoice" or bool(self._around))
        nested = again or name == b"Envelope" or (name == b"Finvoice" and self._is_finvoice(piece))
        if nested if piece.root else piece.stray_text:
            return True
        piece.at = end + 1
        if not piece.root:
            if name.lower() in _WRAPPERS and not closed and not self._declares_entities(piece):
                self._enter(piece, opening, whole)
                return False
            piece.root, piece.marks = whole, _marks(whole)
            if not closed:
                self._pass_plain(piece)
        elif whole != piece.root:
            return False
        if closed:
            return piece.depth == 0
        piece.depth += 1
        if piece.depth > _DEEPEST:
            raise Broken("is not well-formed XML: its tags do not close; export it again")
        return False

    def _pass_plain(self, piece: _Piece) -> None:
        """Go to the end of a Finvoice document at once, when nothing that matters is in it. It is
        what nearly all are, and twenty times as quick as a look at each tag."""
        if self._is_finvoice(piece):
            end = self._window.bytes.find(b"</" + piece.root + b">", piece.at)
            if end > 0 and not any(
                all(self._window.bytes.find(mark, piece.at, end) >= 0 for mark in marks)
                for marks in _NOT_PLAIN
            ):
                piece.at = end

    @staticmethod
    def _is_finvoice(piece: _Piece) -> bool:
        return piece.root.rpartition(b":")[2] == b"Finvoice"

    def _enter(self, piece: _Piece, opening: int, name: bytes) -> None:
        """Go inside a wrapper: its records are documents of their own."""
        tag = bytes(self._window.bytes[opening : piece.at])
        if len(tag) > _LONGEST_WRAPPER or len(self._around) == len(_WRAPPERS):
            raise Broken(f"<{name.decode(errors='replace')}> is not as Netvisor writes it")
        if match := _WHOLE_DECLARATION.search(self._window.bytes, 0, opening):
            self._declaration = b" ".join(match.group().split())
        elif not self._around:
            self._declaration = b""
        self._around.append((b" ".join(tag.split()), name))
        self._window.drop(piece.at)
        piece.at, piece.doctype = 0, None

    def _leave_wrappers(self) -> None:
        if self._around:
            self._lost.append(
                Document(
                    b"",
                    self._window.line,
                    problem=f"does not end: </{self._around[-1][1].decode(errors='replace')}> is"
                    " missing, records may be as well; export the file again",
                )
            )
            self._around.clear()

    def _name(self, opening: int) -> tuple[bytes, bytes]:
        """A tag's name with its prefix, and without."""
        match = _NAME.match(self._window.bytes, opening)
        return (match.group(1), match.group(2)) if match else (b"?", b"?")

    def _tag_end(self, opening: int) -> int:
        """Where a start tag's ">" is, not minding one inside quotes. At a "<", which no tag may
        hold, the tag is broken and is taken to end before it."""
        at = opening + 1
        while True:
            mark = self._window.search(_MARK, at)
            char = self._window.bytes[mark]
            if char in _END_OF:
                mark_end = self._window.search(_END_OF[char], mark + 1)
                if self._window.bytes[mark_end] == ord("<"):
                    return mark_end - 1
                at = mark_end + 1
            else:
                return mark if char == ord(">") else mark - 1

    def _doctype_end(self, opening: int) -> int:
        """After a DOCTYPE's ">": not one in quotes, in a comment, or in its internal subset."""
        at, inside = opening + 2, False
        while True:
            mark = self._window.search(_DOCTYPE_MARK, at)
            if mark - opening > _LONGEST_DOCTYPE:
                raise Broken("has a DOCTYPE that does not end; export the invoice without it")
            kind = self._window.peek(mark, 4)
            at = mark + 1
            if kind[:1] in {b'"', b"'"}:
                at = self._window.find(kind[:1], at) + 1
            elif kind == b"<!--":
                at = self._window.find(b"-->", mark + 4) + 3
            elif kind[:2] == b"<?":
                at = self._instruction_end(mark)
            elif kind[:1] in {b"[", b"]"}:
                inside = kind[:1] == b"["
            elif kind[:1] == b">" and not inside:
                return at

    def _declares_entities(self, piece: _Piece) -> bool:
        if piece.doctype is None:
            return False
        start, end = piece.doctype
        return b"<!ENTITY" in self._window.bytes[start:end].upper()

    def _blank_doctype(self, piece: _Piece) -> None:
        """Only its lines stay."""
        if piece.doctype is not None:
            start, end = piece.doctype
            lines = self._window.bytes.count(b"\n", start, end)
            self._window.bytes[start:end] = b"\n" * lines + b" " * (end - start - lines)
            piece.doctype = None

    def _take(self, size: int, piece: _Piece) -> Iterator[Document]:
        """Cut the first `size` bytes off the buffer and give them out as a document."""
        refused = self._declares_entities(piece)
        if not refused:
            self._blank_doctype(piece)
        raw = bytes(self._window.bytes[:size])
        data, line = self._place(raw)
        self._window.drop(size)
        if not data:
            return
        if refused:
            yield Document(
                data,
                line,
                self._encoding,
                "declares entities, which are refused for safety; export without <!ENTITY ...>",
                "DOCTYPE",
            )
        elif not piece.root and not piece.stray_text and b"<" not in raw[piece.at :]:
            if _DECLARATION.match(data):  # else comments or instructions after the last document
                yield Document(
                    b"", line, problem="breaks off after its declaration; export the file again"
                )
        elif not piece.root or piece.stray_text:
            yield Document(
                b"", line, problem="has text outside any XML document; export the file again"
            )
        else:
            starts, names = zip(*self._around, strict=True) if self._around else ((), ())
            if starts:
                ends = (b"</" + name + b">" for name in reversed(names))
                data = b"".join((self._declaration, *starts, data, *ends))
            yield Document(data, line, self._encoding, depth=len(starts))

    def _skip_to_restart(self, at: int) -> None:
        """Drop a broken document up to where another one may begin."""
        while (match := _RESTART.search(self._window.bytes, at)) is None:
            self._window.drop(max(len(self._window.bytes) - LONGEST_MARK, 0))
            at = 0
            if not self._window.fill():
                self._window.bytes.clear()
                return
        self._window.drop(match.start())
