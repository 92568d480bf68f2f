"""Wide encodings as UTF-8, so that markup can be followed byte by byte."""

import codecs
from typing import BinaryIO, Protocol

__all__ = ["Readable", "readable"]


class Readable(Protocol):
    """What gives bytes, fewer than asked for only as it likes, none at the end."""

    def read(self, size: int, /) -> bytes: ...


def readable(stream: BinaryIO) -> tuple[Readable, str | None]:
    """The stream, and its encoding where that is not each document's own to declare: a UTF-16 or
    UTF-32 file comes as UTF-8."""
    head = stream.read(4)
    encoding = _wide_encoding(head)
    if encoding is None:
        return _Rewound(head, stream), None
    return _Recoded(head, stream, encoding), "utf-8"


class _Recoded:
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
