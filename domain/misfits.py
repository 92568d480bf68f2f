"""What may be found wrong between the rows, their logs, and the workflows that run."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What may be found wrong."""

    MISSING = "missing"
    NOT_STARTED = "not started"
    UNSENT = "unsent"
    UNHEARD = "unheard"
    REOPENED = "reopened"
    UNDEAD = "undead"
    STUCK = "stuck"
    LETTER = "letter"
    MESSAGE = "message"
    LAGGING = "lagging"
    IMPORT = "import"
    REPLANNING = "replanning"
    BULK = "mass action"
    SUMS = "sums"
    ORPHANED = "orphaned"
    GAP = "gap"
    UNBALANCED = "unbalanced"

    @property
    def healed(self) -> bool:
        """Whether Karhu heals it by itself; the others are for a person to look at."""
        return self not in _LISTED

    @property
    def meaning(self) -> str:
        return _MEANS[self]


_LISTED = frozenset({Kind.ORPHANED, Kind.GAP, Kind.UNBALANCED})

_MEANS = {
    Kind.MISSING: "an open invoice without a running workflow",
    Kind.NOT_STARTED: "its workflow was to be started, and is not",
    Kind.UNSENT: "news that its workflow has not taken note of",
    Kind.UNHEARD: "something was booked or received, and its workflow is not to be told",
    Kind.REOPENED: "closed as paid, its principal is open again, and it is not to go on",
    Kind.UNDEAD: "a closed invoice whose workflow goes on",
    Kind.STUCK: "its next step is long past",
    Kind.LETTER: "a released letter that nobody carries",
    Kind.MESSAGE: "a message to the agency that nobody carries",
    Kind.LAGGING: "the invoice's row is not what its log says",
    Kind.IMPORT: "a file's import stands still",
    Kind.REPLANNING: "running invoices are to be moved or told, and nobody does",
    Kind.BULK: "a mass action stands still",
    Kind.SUMS: "the sums kept of a company's invoices are not what its invoices say",
    Kind.ORPHANED: "a running workflow without an invoice",
    Kind.GAP: "the invoice's log lacks an entry",
    Kind.UNBALANCED: "the invoice's ledger does not add up",
}
