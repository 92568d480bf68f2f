"""Cutting a Finvoice file into its XML documents.

A bank's file is not one XML document: SOAP frames and invoices follow one another, each with its
own `<?xml` declaration, even its own encoding. This module finds where each begins and ends by
following the markup (tags, comments, CDATA, quoted attributes) without understanding it; lxml
then reads each piece. A broken piece ends where the next `<?xml`, SOAP envelope or Finvoice begins,
so the rest of the file survives it.
"""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, Protocol

__all__ = ["MAX_DOCUMENT_BYTES", "Document", "documents"]

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
_CHUNK = 64 * 1024
_BLANK = b" \t\r\n\x00\x1a\xef\xbb\xbf"  # white space, padding, Ctrl-Z and UTF-8's byte order mark

_MARK = re.compile(rb"[<>\"']")
_END_OF = {ord('"'): re.compile(rb'["<]'), ord("'"): re.compile(rb"['<]")}
_NAME = re.compile(rb"<(?:[\w.-]{1,64}:)?([\w.-]{1,64})")
_DECLARATION = re.compile(rb"<\?xml\s")
_RESTART = re.compile(rb"<\?xml\s|<(?:[\w.-]{1,64}:)?(?:Envelope|Finvoice)[\s>]")
_DEEPEST = 100  # Finvoice nests to about ten
_MOST_RECOVERIES = 20  # each may follow 16 MiB again
_RESTART_REACH = 100  # bytes kept back so that a restart mark across two chunks is seen


class Document(NamedTuple):
    """One XML document of a file."""

    data: bytes
    line: int
    """Line of the file where it begins, from 1."""
    encoding: str | None = None
    """Overrides the document's declaration: set where the whole file was recoded."""
    problem: str | None = None
    """Why it must not be read on, with what to do."""


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _Recoded:
    """A UTF-16 or UTF-32 file as UTF-8, so that its markup can be followed byte by byte."""

    def __init__(self, head: bytes, stream: BinaryIO, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._head = head
        self._stream = stream
        self._over = False

    def read(self, size: int, /) -> bytes:
        while not self._over:
            raw, self._head = self._head or self._stream.read(size), b""
            self._over = not raw
            text = self._decoder.decode(raw, final=self._over)
            if text:
                # a lone half of a surrogate pair may come through; it is wrong in XML anyway
                return text.encode("utf-8", errors="replace")
        return b""


class _Rewound:
    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        head, self._head = self._head, b""
        return head or self._stream.read(size)


def _wide_encoding(head: bytes) -> str | None:
    """UTF-32 or UTF-16 by its byte order mark or by the first "<" (XML 1.0, appendix F)."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head.startswith(b"<\x00"):
        return "utf-16-le"
    if head.startswith(b"\x00<"):
        return "utf-16-be"
    return None


def documents(stream: BinaryIO) -> Iterator[Document]:
    """The XML documents of a file in order. Never raises for what the file holds."""
    head = stream.read(4)
    encoding = _wide_encoding(head)
    if encoding is None:
        return _Scanner(_Rewound(head, stream), None).documents()
    return _Scanner(_Recoded(head, stream, encoding), "utf-8").documents()


class _Broken(Exception):  # noqa: N818  control flow
    """The document cannot be followed to its end. The text says why and what to do."""

    def __init__(self, why: str, *, at_end: bool = False) -> None:
        super().__init__(why)
        self.at_end = at_end


class _Piece:
    """What is known so far of the document that is being followed."""

    def __init__(self) -> None:
        self.at = 0  # how far the buffer has been followed
        self.depth = 0
        self.root = b""
        self.doctype = False
        self.stray_text = False


class _Scanner:
    def __init__(self, stream: _Readable, encoding: str | None) -> None:
        self._stream = stream
        self._encoding = encoding
        self._buffer = bytearray()
        self._line = 1
        self._over = False
        self._recoveries = 0

    def documents(self) -> Iterator[Document]:
        while True:
            piece = _Piece()
            try:
                while not self._step(piece):
                    pass
            except _Broken as broken:
                if broken.at_end and not _RESTART.search(self._buffer, piece.at + 1):
                    yield from self._take(len(self._buffer), piece)
                    return
                yield Document(b"", self._line, problem=str(broken))
                self._recoveries += 1
                if self._recoveries == _MOST_RECOVERIES:
                    yield Document(
                        b"",
                        self._line,
                        problem="is where reading stopped: too much of"
                        " the file is broken; export it again",
                    )
                    return
                self._skip_to_restart(piece.at + 1)
            else:
                yield from self._take(piece.at, piece)

    def _step(self, piece: _Piece) -> bool:
        """Follow the markup by one tag, comment or instruction; True at the document's end."""
        opening = self._find(b"<", piece.at)
        if piece.depth == 0 and self._buffer[piece.at : opening].strip(_BLANK):
            piece.stray_text = True
        kind = self._peek(opening, 10)
        if kind.startswith(b"<!--"):
            piece.at = self._find(b"-->", opening + 4) + 3
        elif kind.startswith(b"<![CDATA["):
            piece.at = self._find(b"]]>", opening + 9) + 3
        elif kind.startswith(b"<?"):
            if opening > 0 and _DECLARATION.match(kind):
                piece.at = opening
                return True
            piece.at = self._find(b"?>", opening + 2) + 2
        elif kind.upper().startswith(b"<!DOCTYPE"):
            piece.doctype = True
            piece.at = self._doctype_end(opening)
        elif kind.startswith(b"</"):
            piece.at = self._find(b">", opening + 2) + 1
            piece.stray_text = piece.stray_text or not piece.root
            piece.depth -= 1 if piece.root else 0
            return bool(piece.root) and piece.depth == 0
        else:
            return self._start_tag(piece, opening)
        return False

    def _start_tag(self, piece: _Piece, opening: int) -> bool:
        end = self._tag_end(opening)
        match = _NAME.match(self._buffer, opening)
        name = match.group(1) if match else b"?"
        # What begins after stray text is no part of it. A frame or an invoice inside an unfinished
        # one: the unfinished one is broken. (An invoice inside an envelope is a way to frame it.)
        nested = name == b"Envelope" or (name == b"Finvoice" and piece.root == b"Finvoice")
        if nested if piece.root else piece.stray_text:
            piece.at = opening
            return True
        piece.root = piece.root or name
        piece.at = end + 1
        if self._buffer[end - 1] == ord("/"):
            return piece.depth == 0
        piece.depth += 1
        if piece.depth > _DEEPEST:
            raise _Broken("is not well-formed XML: its tags do not close; export it again")
        return False

    def _tag_end(self, opening: int) -> int:
        """Where a start tag's ">" is, not minding one inside quotes. At a "<", which no tag may
        hold, the tag is broken and is taken to end before it."""
        at = opening + 1
        while True:
            mark = self._search(_MARK, at)
            char = self._buffer[mark]
            if char in _END_OF:
                mark_end = self._search(_END_OF[char], mark + 1)
                if self._buffer[mark_end] == ord("<"):
                    return mark_end - 1
                at = mark_end + 1
            else:
                return mark if char == ord(">") else mark - 1

    def _doctype_end(self, opening: int) -> int:
        end = self._find(b">", opening)
        if b"[" in self._buffer[opening:end]:
            end = self._find(b">", self._find(b"]", opening))
        return end + 1

    def _take(self, size: int, piece: _Piece) -> Iterator[Document]:
        """Cut the first `size` bytes off the buffer and give them out as a document."""
        raw = bytes(self._buffer[:size])
        del self._buffer[:size]
        data = raw.lstrip(_BLANK)
        line = self._line + raw[: len(raw) - len(data)].count(b"\n")
        self._line += raw.count(b"\n")
        if not data:
            return
        if piece.doctype:
            yield Document(
                b"",
                line,
                problem="has a DOCTYPE, which is refused for safety; remove the <!DOCTYPE ...> line"
                " (Finvoice 2.0 and later has none)",
            )
        elif not piece.root and not piece.stray_text and b"<" not in raw[piece.at :]:
            return  # comments or instructions after the last document
        elif not piece.root or piece.stray_text:
            yield Document(
                b"", line, problem="has text outside any XML document; export the file again"
            )
        else:
            yield Document(data, line, self._encoding)

    def _skip_to_restart(self, at: int) -> None:
        """Drop a broken document up to where another one may begin."""
        while (match := _RESTART.search(self._buffer, at)) is None:
            gone = max(len(self._buffer) - _RESTART_REACH, 0)
            self._line += self._buffer.count(b"\n", 0, gone)
            del self._buffer[:gone]
            at = 0
            if not self._fill():
                self._buffer.clear()
                return
        self._line += self._buffer.count(b"\n", 0, match.start())
        del self._buffer[: match.start()]

    def _fill(self) -> bool:
        if self._over or len(self._buffer) > MAX_DOCUMENT_BYTES:
            return False
        chunk = self._stream.read(_CHUNK)
        self._over = not chunk
        self._buffer += chunk
        return bool(chunk)

    def _broken_off(self) -> _Broken:
        if self._over:
            return _Broken(
                "does not end (an unclosed comment, for example); export the invoice again",
                at_end=True,
            )
        return _Broken(
            f"is larger than {MAX_DOCUMENT_BYTES // 2**20} MiB or never ends;"
            " export the invoice without attachments"
        )

    def _peek(self, at: int, size: int) -> bytes:
        while len(self._buffer) < at + size and self._fill():
            pass
        return bytes(self._buffer[at : at + size])

    def _find(self, token: bytes, start: int) -> int:
        while (at := self._buffer.find(token, start)) < 0:
            start = max(start, len(self._buffer) - len(token) + 1)
            if not self._fill():
                raise self._broken_off()
        return at

    def _search(self, pattern: re.Pattern[bytes], start: int) -> int:
        """As `_find`, for a pattern that matches a single byte."""
        while (match := pattern.search(self._buffer, start)) is None:
            start = max(start, len(self._buffer))
            if not self._fill():
                raise self._broken_off()
        return match.start()
