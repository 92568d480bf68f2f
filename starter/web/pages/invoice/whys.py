"""Why: the procedure's and the law's sentences in the reader's language.

The domain writes them in English, with days, amounts, letters and rules in them. Those that are
known are read back by their own texts, and said with the same values in the reader's language;
whatever is not known, and what people have written, stands as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime

from domain.agency import CollectionStatus
from starter.web import terms
from starter.web.pages.automation.limits import section
from starter.web.pages.invoice.sentences import LAW, PROCEDURE
from starter.web.sayings import Hole, Said, Sayings
from starter.web.words import Words


def say(words: Words, why: str) -> Said:
    """A reason of the domain's in the reader's language, as far as it is known."""
    return _PROCEDURE.say(words, why)


def say_noted(words: Words, why: str) -> Said:
    """The same of what a log has, where a person may have written it in any language."""
    found = say(words, why)
    return Said(why) if found.lang else found


# ── what stands in the holes ─────────────────────────────────────────────────────────────────


def _said(words: Words, why: str) -> str | None:
    return _PROCEDURE.find(words, why)


def _law(words: Words, said: str) -> str | None:
    """Sentences, and where they stand: `One. Another. (Debt Collection Act 513/1999, 4 §)`."""
    body, _, source = said.partition(" (")
    sentences = [_LAW.find(words, one) for one in _BETWEEN.split(body)]
    if None in sentences:
        return None
    where = f" ({section(words, source)}" if source else ""
    return " ".join(one for one in sentences if one) + where


_BETWEEN = re.compile(r"(?<=\.) (?=[A-Z0-9])")


def _rule(words: Words, found: str) -> str:
    name, _, version = found.rpartition(" v")
    return f"{words.say(terms.RULES.get(name, name))} v{version}"


def _holds(words: Words, found: str) -> str | None:
    said = []
    several = found.split(", ") if _KINDS.fullmatch(found) else found.split("; ")
    for one in several:
        match = _HELD.fullmatch(one)
        if match is None:
            return None
        kind = words.say(terms.HOLDS.get(match["kind"], match["kind"]))
        until = f" –{words.day(date.fromisoformat(match['until']))}" if match["until"] else ""
        why = match["why"] and (_PROCEDURE.find(words, match["why"]) or match["why"])
        said.append(f"{kind}{until} ({why})" if why else f"{kind}{until}")
    return "; ".join(said)


_KINDS = re.compile(r"[a-z_]+(?:, [a-z_]+)+")
_HELD = re.compile(
    r"(?P<kind>[a-z_]+)(?: until (?P<until>\d{4}-\d\d-\d\d))?(?: \((?P<why>.*)\))?", re.DOTALL
)


def _status(words: Words, found: str) -> str:
    status = next((one for one in CollectionStatus if one.finnish == found), None)
    return terms.collection_status(words, status.value) if status else found


def _of(table: Mapping[str, str]) -> Callable[[Words, str], str]:
    return lambda words, found: words.say(table.get(found, found))


_HOLES: Mapping[str, Hole] = {
    "long": (
        r"\d{1,2} [A-Z][a-z]+ \d{4}",
        lambda words, found: words.day(datetime.strptime(found, "%d %B %Y")),  # noqa: DTZ007
    ),
    "channel": (r"einvoice|email|paper", _of(terms.CHANNELS)),
    "letter": (r"courtesy|reminder|notice", _of(terms.LETTERS)),
    "state": (r"[a-z_]+", _of(terms.STATES)),
    "hold": (r"[a-z_]+", _of(terms.HOLDS)),
    "holds": (r".+", _holds),
    "rule": (r".+ v\d+", _rule),
    "agency": (r"\w+", lambda _, found: found),
    "status": (r".+", _status),
    "law": (r".+", _law),
    "why": (r".+", _said),
}
"""What may stand in a hole of that name, and how it is said."""

_PROCEDURE = Sayings(PROCEDURE, _HOLES)
_LAW = Sayings(LAW, _HOLES)
