"""What the books say of the agency's money and messages, in the reader's words."""

from __future__ import annotations

from domain.agency import CollectionStatus
from starter.web import terms
from starter.web.sayings import Said, Sayings
from starter.web.words import Words, mark


def settlement_problem(words: Words, said: str) -> Said:
    """Why a settlement or one of its lines waits, or where its money is."""
    return _SETTLEMENTS.say(words, said)


def known_problem(words: Words, said: str) -> str | None:
    """The same; None if it is not known."""
    return _SETTLEMENTS.all(words, said)


def whose(words: Words, why: str) -> Said:
    """Why a payment counts as the agency's settlement, or as the debtor's own."""
    return _VERDICTS.say(words, why)


def drift(words: Words, said: str) -> Said:
    """What differs from the agency's books, probably why, and what to do."""
    return _DRIFT.say(words, said)


def drift_value(words: Words, said: str) -> str:
    """What one side says: an amount, a status by the agency's own text, or a word."""
    status = next((one for one in CollectionStatus if one.finnish == said), None)
    if status is not None:
        return terms.collection_status(words, status.value)
    return _VALUES.find(words, said) or said


def message_error(words: Words, error: str) -> Said:
    """What went wrong with a message: ours in the reader's language; what the agency itself has
    said stands as it was said."""
    return Said(found) if (found := _MESSAGES.find(words, error)) else Said(error)


_SETTLEMENTS = Sayings(
    (
        (
            "its lines come to %(euros)s, less %(euros2)s kept back %(euros3)s, but %(euros4)s is"
            " transferred",
            mark(
                "its lines come to %(euros)s, less %(euros2)s kept back %(euros3)s, but %(euros4)s"
                " is transferred"
            ),
        ),
        mark("the company %(words)s is not here"),
        mark("line %(n)s: case %(words)s is not known here"),
        mark(
            "line %(n)s takes back money of invoice %(words)s, which a person has ended (%(state)s)"
        ),
        mark(
            "line %(n)s takes back %(euros)s of invoice %(words)s, where only %(euros2)s of"
            " payments is left"
        ),
        (
            "the money of case %(words)s is on its invoice already, as %(words2)s: take that back,"
            " or set the transfer aside",
            mark(
                "the money of case %(words)s is on its invoice already: take that payment back, or"
                " set the transfer aside"
            ),
        ),
        mark("the money of case %(words)s was there, and was taken back"),
        mark("without what it takes back it is more than came: %(problem)s"),
        (
            "released by %(words)s",
            mark("it was taken off its invoices: assign its transfer by hand"),
        ),
    ),
    {
        "state": (r"[a-z_]+", lambda words, found: words.say(terms.STATES.get(found, found))),
        "problem": (r".+", known_problem),
    },
)

_VERDICTS = Sayings(
    (
        mark("its reference %(n)s is that of settlement %(words)s"),
        mark("its message names settlement %(words)s"),
        mark("it came from an account that %(words)s has settled from before"),
        mark("the payer's name begins with %(words)s"),
        mark("the payer is the debtor, by name"),
        mark("%(euros)s is what settlement %(words)s says of the case"),
        mark("%(euros)s is what the agency's status of %(day)s says that it has collected"),
        mark(
            "its message names %(words)s, which a debtor may write; payer, reference and amount are"
            " not the agency's"
        ),
        mark("neither payer, reference, message nor amount is %(words)s's"),
        (
            "%(words)s says that it is the debtor's own payment",
            mark("a person says that it is the debtor's own payment"),
        ),
        (
            "%(words)s says that it is %(words2)s's settlement",
            mark("a person says that it is %(words2)s's settlement"),
        ),
        mark("settlement %(words)s names it"),
        (
            "settlement %(words)s was released by %(words2)s",
            mark("settlement %(words)s was taken off its invoices"),
        ),
        mark("the agency keeps it back of settlement %(words)s"),
        mark("settlement %(words)s, taken back"),
    )
)

_TO_MESSAGES = mark("look at the messages to the agency")

_DRIFT = Sayings(
    (
        # What differs.
        mark("case"),
        mark("direct payments"),
        mark("collected"),
        mark("settled"),
        mark("principal"),
        mark("fees"),
        mark("interest"),
        mark("status"),
        # Probably why.
        mark("the assignment has not left yet"),
        mark("the agency does not list it"),
        mark("no case of this reference was handed over by this company"),
        mark("a message to the agency still waits"),
        mark("the agency has booked direct payments otherwise than it was told of them"),
        mark("the agency has collected more since its last status"),
        mark("the agency's books have less than its status said"),
        mark("the settlement has been read, and its money has not come"),
        mark("a settlement has not arrived"),
        mark("more is booked as settled than the agency has remitted"),
        mark("the two know of different direct payments"),
        mark("the two know of different settlements"),
        mark("the same is open in all: payments went to the parts of the claim in another order"),
        mark("the agency has collected of it, and not settled yet, but not this much"),
        mark("the two claim different amounts"),
        mark("the withdrawal has not left"),
        mark("the agency goes on all the same"),
        mark("a status message has not come, or came late"),
        # What to do.
        ("look at the line of messages: karhu agency messages", _TO_MESSAGES),
        mark("ask the agency whether it has the case; withdraw the invoice and hand it over anew"),
        mark("ask the agency whose it is"),
        mark("ask the agency"),
        (
            "compare the messages of the case with the agency's (karhu agency messages)",
            mark("compare the messages of the case with the agency's"),
        ),
        (
            "nothing, if it leaves; else see karhu agency messages",
            mark("nothing, if it leaves; else look at the messages to the agency"),
        ),
        mark("nothing: the settlement brings it"),
        (
            "hand the bank's newest file in, or see karhu agency settlements --unsettled",
            mark("hand the bank's newest file in, or look at the settlements that are not over"),
        ),
        (
            "read them (karhu agency read-settlements), or ask the agency for it",
            mark("ask the agency for it; what has arrived is read by itself"),
        ),
        (
            "a payment of the debtor's may count as a settlement: karhu payments settlement",
            mark("a payment of the debtor's may count as a settlement: look at the payments"),
        ),
        mark("see the difference in direct payments"),
        mark("see the difference in what is settled"),
        mark("nothing"),
        mark("wait for the settlement, and ask the agency if it stays so"),
        mark("compare the ledgers: a credit note or a fee may be on one side alone"),
        mark("nothing: reading the agency's list brings what was missed; if it stays so, ask"),
    )
)

_VALUES = Sayings(("%(euros)s", mark("open"), mark("not there"), mark("over"), mark("none yet")))

_MESSAGES: Sayings = Sayings(
    (
        mark("it could not be reached: %(why)s"),
        mark("the automation is switched off"),
        (
            "%(words)s: the agency is not available (%(why)s); try again later",
            mark("the agency is not available (%(why)s); it is tried again"),
        ),
        (
            "%(words)s: it is not known whether the agency took the message (%(why)s)",
            mark("it is not known whether the agency took the message (%(why)s); it is asked"),
        ),
        (
            "%(words)s: refused by the agency (%(words2)s): %(words3)s",
            mark("refused by the agency (%(words2)s): %(words3)s"),
        ),
    ),
    {"why": (r".+", lambda words, found: _MESSAGES.find(words, found) or found)},
)
