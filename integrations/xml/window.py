"""The part of a file that is being looked at: read on as far as a search goes, and let go of."""

import re

from integrations.xml.recoding import Readable

__all__ = ["LONGEST_MARK", "MAX_DOCUMENT_BYTES", "Broken", "Window"]

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
LONGEST_MARK = 140
"""How many bytes a pattern may match, at most: so many are kept back, so that a match across two
chunks is seen."""

_CHUNK = 64 * 1024


class Broken(Exception):  # noqa: N818  control flow
    """The document cannot be followed to its end. The text says why and what to do."""

    def __init__(self, why: str, *, at_end: bool = False) -> None:
        super().__init__(why)
        self.at_end = at_end


class Window:
    """`bytes` of a stream, whose first is on line `line`. A document's length is its bound."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream
        self._over = False
        self.bytes = bytearray()
        self.line = 1

    def drop(self, size: int) -> None:
        """Let go of the first so many bytes."""
        self.line += self.bytes.count(b"\n", 0, size)
        del self.bytes[:size]

    def fill(self) -> bool:
        """Read on; False at the end of the file, and where a document is too long."""
        if self._over or len(self.bytes) > MAX_DOCUMENT_BYTES:
            return False
        chunk = self._stream.read(_CHUNK)
        self._over = not chunk
        self.bytes += chunk
        return bool(chunk)

    def peek(self, at: int, size: int) -> bytes:
        """So many bytes, fewer at the end."""
        while len(self.bytes) < at + size and self.fill():
            pass
        return bytes(self.bytes[at : at + size])

    def find(self, token: bytes, start: int) -> int:
        """Where a token begins next. Raises Broken where there is none."""
        while (at := self.bytes.find(token, start)) < 0:
            start = max(start, len(self.bytes) - len(token) + 1)
            if not self.fill():
                raise self._broken_off()
        return at

    def search(self, pattern: re.Pattern[bytes], start: int) -> int:
        """As `find`, for a pattern that matches at most `LONGEST_MARK` bytes."""
        while (match := pattern.search(self.bytes, start)) is None:
            start = max(start, len(self.bytes) - LONGEST_MARK)
            if not self.fill():
                raise self._broken_off()
        return match.start()

    def _broken_off(self) -> Broken:
        if self._over:
            return Broken(
                "does not end (an unclosed comment, for example); export the invoice again",
                at_end=True,
            )
        return Broken(
            f"is larger than {MAX_DOCUMENT_BYTES // 2**20} MiB or never ends;"
            " export the invoice without attachments"
        )
