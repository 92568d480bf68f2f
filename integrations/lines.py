"""Lines of a text file, bounded: a file without line ends must not fill the memory."""

import io
from collections.abc import Iterator
from typing import BinaryIO

__all__ = ["numbered_lines"]


def numbered_lines(
    stream: BinaryIO, encoding: str, longest: int
) -> Iterator[tuple[int, str | None]]:
    """Each line without its end, with its number from 1; None for one of `longest` characters or
    more.

    Ends of every kind count (CRLF, LF, CR). Bytes that are not in the encoding become U+FFFD.
    The stream stays open.
    """
    text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline=None)
    try:
        number = 0
        while line := text.readline(longest):
            number += 1
            if line.endswith("\n"):
                yield number, line[:-1]
                continue
            if len(line) < longest:
                yield number, line
                continue
            yield number, None
            while line and not line.endswith("\n"):
                line = text.readline(longest)
    finally:
        text.detach()
