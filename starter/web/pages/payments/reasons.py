"""Why a transaction waits, and why an invoice is suggested for it, in the reader's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain import money
from starter.web.words import Words, mark

_Said = Sequence[tuple[str, str]]

_PROBLEMS: _Said = (
    (r"it has neither reference nor message", mark("It has neither reference nor message.")),
    (
        r"it has no reference, and its message names no invoice",
        mark("It has no reference, and its message names no invoice."),
    ),
    (r"no invoice has the reference (?P<what>.+)", mark("No invoice has the reference %(what)s.")),
    (
        r"its message names invoice (?P<what>.+), but the amount is another",
        mark("Its message names invoice %(what)s, but the amount is another."),
    ),
    (
        r"its message names invoice (?P<what>.+), of which nothing is open",
        mark("Its message names invoice %(what)s, of which nothing is open."),
    ),
    (
        r"its message names several invoices of this amount: (?P<what>.+)",
        mark("Its message names several invoices of this amount: %(what)s."),
    ),
    (r"no company has the account (?P<what>.+)", mark("No company has the account %(what)s.")),
    (r"taken off invoice (?P<what>.+) by .+", mark("It was taken off invoice %(what)s.")),
    (
        r"taken off settlement (?P<what>.+) by .+: assign it by hand",
        mark("It was taken off settlement %(what)s."),
    ),
    (
        r"perhaps entered by hand already: invoice (?P<what>.+) has (?P<amount>.+) EUR of .+",
        mark(
            "Perhaps it was entered by hand already, on invoice %(what)s. Assign it all the same,"
            " or set it aside."
        ),
    ),
    (
        r"the payment that it takes back is not known",
        mark("The bank takes a payment back that is not known."),
    ),
)

_REASONS: _Said = (
    (r"it has the reference", mark("it has the reference")),
    (r"it has the reference, and is not open", mark("it has the reference, and is not open")),
    (
        r"the reference lacks its check digit: (?P<what>.+)",
        mark("the reference lacks its check digit: %(what)s"),
    ),
    (
        r"the reference is nearly the same: (?P<what>.+)",
        mark("the reference is nearly the same: %(what)s"),
    ),
    (r"its reference stands in the message", mark("its reference stands in the message")),
    (r"its number stands in the message", mark("its number stands in the message")),
    (r"(?P<amount>.+) is open", mark("%(amount)s is open")),
    (r"(?P<amount>.+) was invoiced", mark("%(amount)s was invoiced")),
    (
        r"the customer's name resembles the payer's",
        mark("the customer's name resembles the payer's"),
    ),
)
# Before "is open", which it ends with as well.
_PRINCIPAL = (
    r"(?P<amount>.+) of the principal is open",
    mark("%(amount)s of the principal is open"),
)


def problem(words: Words, said: str) -> str:
    """Why it waits. What is not known here is shown as it is."""
    return _translated(words, said, _PROBLEMS)


def suggestion(words: Words, said: str) -> str:
    """Why an invoice may be meant."""
    table = (_PRINCIPAL, *_REASONS)
    return "; ".join(_translated(words, one, table) for one in said.split("; "))


def _translated(words: Words, said: str, table: _Said) -> str:
    for pattern, text in table:
        if (found := re.fullmatch(pattern, said)) is not None:
            return words.say(text, **_values(words, found))
    return said


def _values(words: Words, found: re.Match[str]) -> dict[str, str]:
    values = found.groupdict()
    if "amount" in values:
        values["amount"] = words.money(money.parse_eur(values["amount"]))
    return values
