"""What a request brings: its body, one XML document, and its query, whatever case the names are in.

The XML is read as that of files is (`integrations.xml`): nothing outside it is read, no entity is
expanded, a DOCTYPE is refused.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime

from lxml import etree

from integrations import fields
from integrations.fields import BadField
from integrations.netvisor.elements import Elements
from integrations.xml.framing import documents
from integrations.xml.parsing import local_name, parse, parser
from starter.netvisor.envelope import invalid

_LARGEST_KEY = 2**63 - 1


def root_of(body: bytes, name: str) -> etree._Element:
    """The body's one element of this name, inside its `<root>`. Raises `BadField`, `Failure`."""
    found = list(documents(io.BytesIO(body)))
    if not found:
        raise invalid(f"the request has no body: send <root><{name}>...</{name}></root>")
    root = parse(found[0], parser())
    if local_name(root).lower() != name:
        raise invalid(f"the body is no {name}: send <root><{name}>...</{name}></root>")
    if len(found) > 1:
        raise invalid(f"the body has more than one {name}; send them one by one")
    return root


class Given(Elements):
    """A document's texts, with the difference between an empty element and none."""

    def __init__(self, root: etree._Element) -> None:
        super().__init__(root)

    def has(self, path: str) -> bool:
        """Whether the element is there, be it empty."""
        return path in self._leaves

    def said(self, path: str) -> str | None:
        """The element's text; None if it is not there."""
        return self.text(path) if self.has(path) else None


class Query:
    """A request's query; names in any case of letters. A value that is empty is not there."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._values = {name.lower(): fields.clean(value) for name, value in pairs}

    def text(self, *names: str) -> str:
        """The first of these that says something; else ""."""
        return next((value for name in names if (value := self._values.get(name))), "")

    def key(self, *names: str) -> int | None:
        """One of Netvisor's keys, or None if it is not given."""
        text = self.text(*names)
        return key_of(text, names[0]) if text else None

    def keys(self, name: str, most: int) -> list[int]:
        """Several, separated by commas, each once; none if it is not given."""
        parts = [part for part in self.text(name).split(",") if part.strip()]
        if len(parts) > most:
            raise invalid(f"{name} has {len(parts)} keys; send at most {most} at a time")
        return list(dict.fromkeys(key_of(part, name) for part in parts))

    def day(self, name: str) -> date | None:
        """A date as 2026-01-05, or None."""
        text = self.text(name)
        return fields.netvisor_date(text.partition("T")[0], name) if text else None

    def instant(self, name: str, zone: datetime) -> datetime | None:
        """An instant as 2026-01-05T12:30:00 (or a date: its beginning), in the zone of `zone`."""
        text = self.text(name)
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise BadField(name, "is no instant such as 2026-01-05T12:30:00") from None
        return found if found.tzinfo else found.replace(tzinfo=zone.tzinfo)


def key_of(text: str, what: str) -> int:
    """A key as somebody wrote it. Raises `Failure`."""
    plain = text.strip()
    if plain.isascii() and plain.isdecimal() and 0 < len(plain) < 20:
        key = int(plain)
        if 0 <= key <= _LARGEST_KEY:
            return key
    raise invalid(f"{what} is not one of the keys that this interface gives, which are numbers")
