"""Sentences that are kept in English, said in the reader's language.

The domain and the readers of files write them with days, amounts and names in them. A table of
texts names those that are known, with holes for what is in them (`%(day)s`): a sentence is read
back by its own text, and said with the same values; a pair is said otherwise than it is kept.
Whatever is not known stands as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from domain.money import NotAnAmount, parse_eur
from starter.web.words import Words


@dataclass(frozen=True, slots=True)
class Said:
    """`lang`: the language that it is in, if that is not the reader's."""

    text: str
    lang: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)


NOTHING = Said("")

Hole = tuple[str, Callable[[Words, str], str | None]]
"""What may stand in it (a regular expression), and how that is said; None: it is not known."""


def euros(words: Words, found: str) -> str | None:
    """`1,234.50 EUR` as the language writes it."""
    try:
        return words.money(parse_eur(found.removesuffix("EUR").replace(",", "")))
    except NotAnAmount:
        return None


def made(words: Words, found: str) -> str:
    """`2026-03-02 06:00` as the language writes it."""
    return f"{words.day(date.fromisoformat(found[:10]))} {found[11:].replace(':', '.')}"


HOLES: Mapping[str, Hole] = {
    "day": (r"\d{4}-\d\d-\d\d", lambda words, found: words.day(date.fromisoformat(found))),
    "made": (r"\d{4}-\d\d-\d\d \d\d:\d\d", made),
    "n": (r"\d+", lambda _, found: found),
    "euros": (r"[-−]?[\d,.]+\sEUR", euros),
    "words": (r".+", lambda _, found: found),
}
"""Those of every table, by their names; a number after the name tells two of a kind apart."""

_HOLE = re.compile(r"%\((\w+)\)s")


class Sayings:
    """A table. Those with a narrower text come first: the first that fits is taken."""

    def __init__(
        self, texts: Iterable[str | tuple[str, str]], holes: Mapping[str, Hole] | None = None
    ) -> None:
        self._holes = {**HOLES, **(holes or {})}
        pairs = [(one, one) if isinstance(one, str) else one for one in texts]
        self._known = [(text, self._pattern(kept)) for kept, text in pairs]

    def find(self, words: Words, said: str) -> str | None:
        """The sentence in the reader's language; None if it is not known."""
        for text, pattern in self._known:
            match = pattern.fullmatch(said)
            if match is None:
                continue
            values = {name: self._value(words, name, v) for name, v in match.groupdict().items()}
            if all(value is not None for value in values.values()):
                return words.say(text, **values)
        return None

    def all(self, words: Words, said: str) -> str | None:
        """The same of one sentence or several, with semicolons between them."""
        if whole := self.find(words, said):
            return whole
        parts = [self.find(words, one) for one in said.split("; ")]
        return "; ".join(one for one in parts if one) if all(parts) else None

    def say(self, words: Words, said: str) -> Said:
        """The sentence or sentences in the reader's language, as far as they are known."""
        found = self.all(words, said) if said else None
        if found is None:
            return Said(said, "" if words.language == "en" else "en")
        return Said(found[:1].upper() + found[1:])

    def _value(self, words: Words, name: str, found: str) -> str | None:
        return self._holes[name.rstrip("0123456789")][1](words, found)

    def _pattern(self, text: str) -> re.Pattern[str]:
        parts, at = [], 0
        for hole in _HOLE.finditer(text):
            name = hole[1]
            parts.append(re.escape(text[at : hole.start()].replace("%%", "%")))
            parts.append(f"(?P<{name}>{self._holes[name.rstrip('0123456789')][0]})")
            at = hole.end()
        parts.append(re.escape(text[at:].replace("%%", "%")))
        return re.compile("".join(parts), re.DOTALL)
