"""Why a record of a file was left out or set aside, in the reader's words.

The readers of files say it in English, naming elements, columns and what was written there. What
is left in English comes from elsewhere: from a library that looks at the values.
"""

from __future__ import annotations

from starter.web.agency_sayings import known_problem
from starter.web.pages.imports.bank_sentences import FILES
from starter.web.pages.imports.invoice_sentences import INVOICES
from starter.web.pages.payments import reasons as payments
from starter.web.sayings import Said, Sayings
from starter.web.words import Words, mark


def reason(words: Words, said: str) -> Said:
    """Of a record; a payment that was set aside waits among the payments for the same."""
    found = _REASONS.find(words, said)
    if found is None:
        waits = payments.problem(words, said)
        return Said(said) if waits.lang and words.language == "en" else waits
    return Said(found[:1].upper() + found[1:])


def _value(words: Words, found: str) -> str:
    return words.say(mark("the value")) if found == "the value" else found


def _why(words: Words, found: str) -> str | None:
    return _REASONS.find(words, found)


_REASONS = Sayings(
    (
        *INVOICES,
        *FILES,
        mark("settlement %(words)s: %(problem)s"),
        mark("%(value)s: %(why)s"),
    ),
    {
        "value": (r"the value|“[^”]*”", _value),
        "number": (r"[\d.]+", lambda _, found: found),
        "why": (r".+", _why),
        "problem": (r".+", known_problem),
    },
)
