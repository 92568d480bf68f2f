"""Why: the procedure's and the law's sentences in the reader's language.

The domain writes them in English, with days, amounts, letters and rules in them. Those that are
known are read back by their own texts, and said with the same values in the reader's language;
whatever is not known, and what people have written, stands as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from domain import money
from domain.agency import CollectionStatus
from starter.web import terms
from starter.web.pages.automation.limits import section
from starter.web.pages.invoice.sentences import LAW, PROCEDURE
from starter.web.words import Words


@dataclass(frozen=True, slots=True)
class Said:
    """`lang`: the language that it is in, if that is not the reader's."""

    text: str
    lang: str = ""

    def __bool__(self) -> bool:
        return bool(self.text)


NOTHING = Said("")


def say(words: Words, why: str) -> Said:
    """A reason of the domain's in the reader's language, as far as it is known."""
    found = _said(words, why) if why else None
    if found is None:
        return Said(why, "" if words.language == "en" else "en")
    return Said(found[:1].upper() + found[1:])


def say_noted(words: Words, why: str) -> Said:
    """The same of what a log has, where a person may have written it in any language."""
    found = say(words, why)
    return Said(why) if found.lang else found


# ── reading the sentences back ───────────────────────────────────────────────────────────────


def _said(words: Words, why: str) -> str | None:
    for text, pattern in _PROCEDURE:
        match = pattern.fullmatch(why)
        if match is None:
            continue
        values = {name: _value(words, name, found) for name, found in match.groupdict().items()}
        if all(value is not None for value in values.values()):
            return words.say(text, **values)
    return None


def _law(words: Words, said: str) -> str | None:
    """Sentences, and where they stand: `One. Another. (Debt Collection Act 513/1999, 4 §)`."""
    body, _, source = said.partition(" (")
    sentences = [_sentence(words, one) for one in _BETWEEN.split(body)]
    if None in sentences:
        return None
    where = f" ({section(words, source)}" if source else ""
    return " ".join(one for one in sentences if one) + where


def _sentence(words: Words, said: str) -> str | None:
    for text, pattern in _LAW:
        if match := pattern.fullmatch(said):
            values = {name: _value(words, name, found) for name, found in match.groupdict().items()}
            return words.say(text, **values)
    return None


_BETWEEN = re.compile(r"(?<=\.) (?=[A-Z0-9])")


def _value(words: Words, name: str, found: str) -> str | None:
    return _HOLES[name.rstrip("0123456789")][1](words, found)


def _rule(words: Words, found: str) -> str:
    name, _, version = found.rpartition(" v")
    return f"{words.say(terms.RULES.get(name, name))} v{version}"


def _holds(words: Words, found: str) -> str | None:
    said = []
    for one in found.split("; "):
        match = _HELD.fullmatch(one)
        if match is None:
            return None
        kind = words.say(terms.HOLDS.get(match["kind"], match["kind"]))
        until = f" –{words.day(date.fromisoformat(match['until']))}" if match["until"] else ""
        said.append(f"{kind}{until}{match['reason'] or ''}")
    return "; ".join(said)


_HELD = re.compile(
    r"(?P<kind>[a-z_]+)(?: until (?P<until>\d{4}-\d\d-\d\d))?(?P<reason> \(.*\))?", re.DOTALL
)


def _status(words: Words, found: str) -> str:
    status = next((one for one in CollectionStatus if one.finnish == found), None)
    return terms.collection_status(words, status.value) if status else found


def _eur(words: Words, found: str) -> str:
    return words.money(money.parse_eur(found.removesuffix("EUR").strip().replace(",", "")))


def _of(table: Mapping[str, str]) -> Callable[[Words, str], str]:
    return lambda words, found: words.say(table.get(found, found))


_HOLES: Mapping[str, tuple[str, Callable[[Words, str], str | None]]] = {
    "day": (r"\d{4}-\d\d-\d\d", lambda words, found: words.day(date.fromisoformat(found))),
    "long": (
        r"\d{1,2} [A-Z][a-z]+ \d{4}",
        lambda words, found: words.day(datetime.strptime(found, "%d %B %Y")),  # noqa: DTZ007
    ),
    "made": (
        r"\d{4}-\d\d-\d\d \d\d:\d\d",
        lambda words, found: (
            f"{words.day(date.fromisoformat(found[:10]))} {found[11:].replace(':', '.')}"
        ),
    ),
    "n": (r"\d+", lambda _, found: found),
    "euros": (r"[\d,.]+\sEUR", _eur),
    "channel": (r"einvoice|email|paper", _of(terms.CHANNELS)),
    "letter": (r"courtesy|reminder|notice", _of(terms.LETTERS)),
    "state": (r"[a-z_]+", _of(terms.STATES)),
    "hold": (r"[a-z_]+", _of(terms.HOLDS)),
    "holds": (r".+", _holds),
    "rule": (r".+ v\d+", _rule),
    "status": (r".+", _status),
    "law": (r".+", _law),
    "why": (r".+", _said),
    "words": (r".+", lambda _, found: found),
}
"""What may stand in a hole of that name, and how it is said."""

_HOLE = re.compile(r"%\\\((\w+)\\\)s|%\((\w+)\)s")


def _pattern(text: str) -> re.Pattern[str]:
    parts, at = [], 0
    for hole in _HOLE.finditer(text):
        name = hole[1] or hole[2]
        parts.append(re.escape(text[at : hole.start()]))
        parts.append(f"(?P<{name}>{_HOLES[name.rstrip('0123456789')][0]})")
        at = hole.end()
    parts.append(re.escape(text[at:]))
    return re.compile("".join(parts), re.DOTALL)


_PROCEDURE = [(text, _pattern(text)) for text in PROCEDURE]
_LAW = [(text, _pattern(text)) for text in LAW]
