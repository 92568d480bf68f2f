"""Why a transaction waits, why an invoice is suggested for it, and why something cannot be done
about it, in the reader's words."""

from __future__ import annotations

from starter.web import terms
from starter.web.agency_sayings import known_problem
from starter.web.sayings import Said, Sayings
from starter.web.words import Words, mark


def problem(words: Words, said: str) -> Said:
    """Why it waits."""
    return _PROBLEMS.say(words, said)


def suggestion(words: Words, said: str) -> Said:
    """Why an invoice may be meant."""
    found = _SUGGESTIONS.all(words, said)
    return Said(said, "en") if found is None else Said(found)


def cannot(words: Words, said: str) -> str:
    """Why what was asked of it cannot be done."""
    return _CANNOT.say(words, said).text


_SETTLEMENT = {
    "problem": (r".+", known_problem),
    "state": (r"[a-z_]+", lambda words, found: words.say(terms.STATES.get(found, found))),
}

_UNBALANCED = (
    "Ledger entry %(words)s (%(words2)s) is %(euros)s, but there is only %(euros2)s %(words3)s."
    " Book at most that.",
    mark("it is %(euros)s, but there is only %(euros2)s to take: book at most that"),
)

_PROBLEMS = Sayings(
    (
        ("it has neither reference nor message", mark("It has neither reference nor message.")),
        (
            "it has no reference, and its message names no invoice",
            mark("It has no reference, and its message names no invoice."),
        ),
        ("no invoice has the reference %(what)s", mark("No invoice has the reference %(what)s.")),
        (
            "its message names invoice %(what)s, but the amount is another",
            mark("Its message names invoice %(what)s, but the amount is another."),
        ),
        (
            "its message names invoice %(what)s, of which nothing is open",
            mark("Its message names invoice %(what)s, of which nothing is open."),
        ),
        (
            "its message names several invoices of this amount: %(what)s",
            mark("Its message names several invoices of this amount: %(what)s."),
        ),
        ("no company has the account %(what)s", mark("No company has the account %(what)s.")),
        ("taken off invoice %(what)s by %(by)s", mark("It was taken off invoice %(what)s.")),
        (
            "taken off settlement %(what)s by %(by)s: assign it by hand",
            mark("It was taken off settlement %(what)s."),
        ),
        (
            "perhaps entered by hand already: invoice %(what)s has %(euros)s of %(day)s; assign it"
            " all the same, or set it aside",
            mark(
                "Perhaps it was entered by hand already, on invoice %(what)s. Assign it all the"
                " same, or set it aside."
            ),
        ),
        (
            "the payment that it takes back is not known",
            mark("The bank takes a payment back that is not known."),
        ),
        # Of a settlement's transfer.
        (
            "the agency's transfer, whose settlement has not been read yet",
            mark("The agency's transfer, whose settlement has not been read yet."),
        ),
        (
            "it may be the transfer of several settlements: %(what)s; assign it by hand",
            mark("It may be the transfer of several settlements: %(what)s. Assign it by hand."),
        ),
        (
            "it has the reference of settlement %(what)s, which is %(euros)s and not %(euros2)s:"
            " ask the agency, or assign it by hand",
            mark(
                "It has the reference of settlement %(what)s, which is %(euros)s and not"
                " %(euros2)s. Ask the agency, or assign it by hand."
            ),
        ),
        (
            "it is the transfer of settlement %(what)s, and its money has come already, as payment"
            " %(n)s",
            mark(
                "It is the transfer of settlement %(what)s, and its money has come already, as"
                " another payment."
            ),
        ),
        (
            "it is the transfer of settlement %(what)s, and its money has come already, case by"
            " case or entered by hand",
            mark(
                "It is the transfer of settlement %(what)s, and its money has come already, case by"
                " case or entered by hand."
            ),
        ),
        (
            "it is the transfer of settlement %(what)s, and that waits for a person: %(problem)s",
            mark("It is the transfer of settlement %(what)s, which waits for you: %(problem)s."),
        ),
        (
            "it is the transfer of settlement %(what)s, which waits for a person: %(problem)s",
            mark("It is the transfer of settlement %(what)s, which waits for you: %(problem)s."),
        ),
        (
            "of settlement %(what)s %(euros)s are shared out to nobody: %(problem)s; assign it by"
            " hand",
            mark(
                "Of settlement %(what)s %(euros)s are shared out to nobody: %(problem)s. Assign it"
                " by hand."
            ),
        ),
        (
            "settlement %(what)s has brought invoice %(number)s this very amount, and less is open;"
            " assign it all the same, or set it aside",
            mark(
                "Settlement %(what)s has brought invoice %(number)s this very amount, and less is"
                " open. Assign it all the same, or set it aside."
            ),
        ),
        (
            "it takes back the transfer of settlement %(what)s: release that first (karhu agency"
            " release %(n)s)",
            mark("It takes back the transfer of settlement %(what)s: release that first."),
        ),
        (
            "it takes back a payment of invoice %(what)s, which a person has ended (%(state)s):"
            " assign it there to book it all the same, or set it aside",
            mark(
                "It takes back a payment of invoice %(what)s, which a person has ended (%(state)s)."
                " Assign it there to book it all the same, or set it aside."
            ),
        ),
        (
            "it takes back %(euros)s of invoice %(what)s, where only %(euros2)s of payments is"
            " left; was it refunded?",
            mark(
                "It takes back %(euros)s of invoice %(what)s, where only %(euros2)s of payments is"
                " left. Was it refunded?"
            ),
        ),
        _UNBALANCED,
    ),
    {
        **_SETTLEMENT,
        "what": (r".+", lambda _, found: found),
        "number": (r".+", lambda _, found: found),
        "by": (r".+", lambda _, found: found),
    },
)

_SUGGESTIONS = Sayings(
    (
        mark("it has the reference"),
        mark("it has the reference, and is not open"),
        mark("the reference lacks its check digit: %(what)s"),
        mark("the reference is nearly the same: %(what)s"),
        mark("its reference stands in the message"),
        mark("its number stands in the message"),
        mark("%(euros)s of the principal is open"),
        mark("%(euros)s is open"),
        mark("%(euros)s was invoiced"),
        mark("the customer's name resembles the payer's"),
    ),
    {"what": (r".+", lambda _, found: found)},
)

_CANNOT = Sayings(
    (
        (
            "payment %(n)s: nothing of it is open: the bank has taken it back",
            mark("nothing of it is open: the bank has taken it back"),
        ),
        (
            "payment %(n)s: nothing of it is open: unassign some first",
            mark("nothing of it is open: take some of it back first"),
        ),
        (
            "payment %(n)s: %(euros)s of it is open, not %(number)s",
            mark("%(euros)s of it is open, not %(number)s"),
        ),
        (
            "payment %(n)s came to account %(words)s, which is another company's than invoice"
            " %(words2)s",
            mark("it came to account %(words)s, which is another company's than the invoice"),
        ),
        (
            "payment %(n)s: nothing of it is on invoice %(words)s",
            mark("nothing of it is on invoice %(words)s"),
        ),
        (
            "payment %(n)s takes back payment %(n2)s: unassign that one",
            mark("it takes another payment back: take that one off its invoices"),
        ),
        (
            "payment %(n)s is the transfer of settlement %(words)s, whose lines say where it"
            " belongs: release that (karhu agency release) to assign it otherwise",
            mark(
                "it is the transfer of settlement %(words)s, whose lines say where it belongs: take"
                " the settlement off its invoices to assign it otherwise"
            ),
        ),
        ("payment %(n)s: nothing of it waits", mark("nothing of it waits")),
        (
            "payment %(n)s is on no invoice: assign it first",
            mark("it is on no invoice: assign it first"),
        ),
        (
            "payment %(n)s: no agency has or had its invoice when it was booked, so it is neither a"
            " settlement nor a payment past an agency",
            mark(
                "no agency had its invoice when it was booked: it is neither a settlement nor a"
                " payment past an agency"
            ),
        ),
        (
            "payment %(words)s: no agency had the invoice when it was booked, so it is neither a"
            " settlement nor a payment past an agency",
            mark(
                "no agency had its invoice when it was booked: it is neither a settlement nor a"
                " payment past an agency"
            ),
        ),
        ("payment %(words)s has been taken back", mark("it has been taken back")),
        _UNBALANCED,
    ),
    {"number": (r"[\d.]+", lambda _, found: found)},
)
