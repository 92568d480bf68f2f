"""The words in which the law is asked and answers: debtor classes, verdicts, errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DebtorClass(StrEnum):
    """Whom the law sees in a debtor (velallinen)."""

    CONSUMER = "consumer"
    """Kuluttaja: Debt Collection Act 513/1999 3 §, and private persons where it equates them."""
    BUSINESS = "business"
    """Elinkeinonharjoittaja, hankintayksikkö: a trader or procurement entity, Act 30/2013 1-2 §."""
    OTHER = "other"
    """Muu kuin kuluttaja: housing companies, associations, foundations that do not trade."""


@dataclass(frozen=True, slots=True)
class LetterVerdict:
    """From which day a letter that costs the debtor nothing may be sent, and why not before."""

    allowed_from: date
    reason: str
    section: str


@dataclass(frozen=True, slots=True)
class FeeVerdict:
    """From which day a letter may cost the debtor its fee, and why not before.

    `allowed_from` is None if this claim may never be charged a reminder fee.
    """

    allowed_from: date | None
    reason: str
    section: str

    def allows(self, day: date) -> bool:
        """Whether a letter sent on that day may carry a fee."""
        return self.allowed_from is not None and day >= self.allowed_from


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """From which day a claim may go to the agency's collection, and why not before.

    `allowed_from` is None while something other than time stands in the way.
    """

    allowed_from: date | None
    reason: str
    section: str

    def allows(self, day: date) -> bool:
        """Whether the claim may be handed over on that day."""
        return self.allowed_from is not None and day >= self.allowed_from


class LawError(Exception):
    """The law, as Karhu knows it, stands against what was asked."""


class NoLawInForce(LawError, LookupError):  # noqa: N818  (the name is the finding)
    """Karhu has no row of law for that day, so it does not judge."""

    def __init__(self, on: date, topic: str, known_from: date | None) -> None:
        super().__init__(
            f"Karhu knows no law on the {topic} in force on {on};"
            f" its rows begin at {known_from or 'no day at all'}."
            " Handle this claim by hand, or add the row to domain/law/statutes.py."
        )
        self.on = on
        self.topic = topic
        self.known_from = known_from
