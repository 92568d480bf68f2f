"""What is answered: Netvisor's envelope, its failures, and how it writes dates and amounts."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import IO

from fastapi.responses import Response, StreamingResponse
from lxml import etree
from starlette.types import Receive, Scope, Send

from domain.calendar import HELSINKI

MEDIA_TYPE = "text/xml"

_DECLARATION = b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n'
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_IN_MEMORY = 1 << 20
_PIECE = 1 << 16


class Code(StrEnum):
    """Netvisor's names of what can be wrong."""

    AUTHENTICATION_FAILED = "AUTHENTICATION_FAILED"
    INVALID_DATA = "INVALID_DATA"
    INVALID_DATA_SIZE = "INVALID_DATA_SIZE"
    DUPLICATE_DATA = "DUPLICATE_DATA"
    REQUEST_NOT_UNIQUE = "REQUEST_NOT_UNIQUE"
    SERVICE_ACCESS_ERROR = "SERVICE_ACCESS_ERROR"
    SYSTEM_MAINTENANCE = "SYSTEM_MAINTANANCE"  # Netvisor's own spelling
    TECHNICAL_ERROR = "TECHNICAL_ERROR"

    @property
    def status(self) -> int:
        """Of HTTP, for those who ask for it (UseHTTPResponseStatusCodes)."""
        return _STATUSES[self]


_STATUSES = {
    Code.AUTHENTICATION_FAILED: 401,
    Code.INVALID_DATA: 400,
    Code.INVALID_DATA_SIZE: 413,
    Code.DUPLICATE_DATA: 409,
    Code.REQUEST_NOT_UNIQUE: 409,
    Code.SERVICE_ACCESS_ERROR: 404,
    Code.SYSTEM_MAINTENANCE: 503,
    Code.TECHNICAL_ERROR: 500,
}


class Failure(Exception):  # noqa: N818 - Netvisor's word
    """A request that is refused: its code, and why, in words that a person can act on.

    `pause`: seconds to wait before the next try, where trying on is what is wrong.
    """

    def __init__(self, code: Code, why: str, *, pause: int | None = None) -> None:
        super().__init__(why)
        self.code = code
        self.why = why
        self.pause = pause


def invalid(why: str) -> Failure:
    """INVALID_DATA."""
    return Failure(Code.INVALID_DATA, why)


def element(tag: str, text: object = "", /, **attributes: str) -> etree._Element:
    """An element with its text; what XML cannot hold is left out."""
    return _filled(etree.Element(tag), text, attributes)


def put(parent: etree._Element, tag: str, text: object = "", /, **attributes: str) -> None:
    """Add an element to another."""
    _filled(etree.SubElement(parent, tag), text, attributes)


def group(tag: str, *children: etree._Element) -> etree._Element:
    """An element that holds others."""
    made = etree.Element(tag)
    made.extend(children)
    return made


def answered(now: datetime, *parts: etree._Element) -> Response:
    """The request is done; what it asked for is in `parts`."""
    return _response(group("Root", _status(now), *parts), 200)


def inserted(now: datetime, key: int) -> Response:
    """Something was added: its key."""
    return answered(now, group("Replies", element("InsertedDataIdentifier", key)))


def line(tag: str, *leaves: str) -> str:
    """One row of a list, as it is written. Text and not elements: a list may have a hundred
    thousand of them."""
    return f"<{tag}>{''.join(leaves)}</{tag}>"


def leaf(tag: str, text: object = "", attributes: str = "") -> str:
    """One field of a row, with its text escaped; what XML cannot hold is left out.

    `attributes`: as they are written, a space before each.
    """
    said = str(text)
    if not said.isalnum():
        said = _clean(said).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        # A parser would make a line feed of it.
        said = said.replace("\r", "&#13;")
    return f"<{tag}{attributes}>{said}</{tag}>" if said else f"<{tag}{attributes}/>"


def listed(now: datetime, tag: str, rows: Iterable[str]) -> Response:
    """A list of any length, of `line`s, which is written to disk and not kept in memory."""
    file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed once it is sent
    try:
        file.write(_DECLARATION + b"<Root>" + etree.tostring(_status(now), encoding="utf-8"))
        file.write(f"<{tag}>".encode())
        for row in rows:
            file.write(row.encode())
        file.write(f"</{tag}></Root>".encode())
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return _Kept(file)


def failed(failure: Failure, now: datetime, *, statuses: bool) -> Response:
    """The request is refused. `statuses`: HTTP's own status says so too."""
    status = 200
    if statuses:
        status = failure.code.status if failure.pause is None else 429
    words = f"{failure.code} :: {failure.why}"
    answer = _response(group("Root", _status(now, "FAILED", words)), status)
    if failure.pause is not None:
        answer.headers["Retry-After"] = str(failure.pause)
    return answer


def finnish(day: date) -> str:
    """A date as 7.2.2014."""
    return f"{day.day}.{day.month}.{day.year}"


def stamp(instant: datetime) -> str:
    """An instant as Finnish clocks show it: 11.4.2015 15:16:30."""
    local = instant.astimezone(HELSINKI)
    return f"{finnish(local.date())} {local:%H:%M:%S}"


def euros(cents: int) -> str:
    """An amount as 1234,56."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100},{abs(cents) % 100:02}"


def _status(now: datetime, *words: str) -> etree._Element:
    said = [element("Status", word) for word in words or ("OK",)]
    return group("ResponseStatus", *said, element("TimeStamp", stamp(now)))


def _response(root: etree._Element, status: int) -> Response:
    body = _DECLARATION + etree.tostring(root, encoding="utf-8")
    return Response(body, status_code=status, media_type=MEDIA_TYPE, headers=_HEADERS)


class _Kept(StreamingResponse):
    """An answer that is on disk, and gone once it is sent, or whoever asked is."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(_pieces(file), media_type=MEDIA_TYPE, headers=_HEADERS)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def _filled(made: etree._Element, text: object, attributes: Mapping[str, str]) -> etree._Element:
    for name, value in attributes.items():
        made.set(name.replace("_", "-"), _clean(value))
    made.text = _clean(str(text)) or None
    return made


def _clean(text: str) -> str:
    # What can be printed can be in XML: nearly all of it, in lists of a hundred thousand.
    return text if text.isprintable() else _NOT_IN_XML.sub("", text)
