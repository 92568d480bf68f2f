"""Which general rule a customer falls under by itself (yleiset säännöt), and why if under none."""

from __future__ import annotations

from dataclasses import dataclass

from domain.law import DebtorClass

HOME = "FI"


@dataclass(frozen=True, slots=True)
class Placement:
    """`general_for`: whose general rule it is; None: automation prevented (automaatio estetty)."""

    general_for: DebtorClass | None
    why: str


def place(debtor: DebtorClass, country: str) -> Placement:
    """Where a customer goes that nobody has placed by hand.

    Private persons go under the consumers' general rule, all others under the businesses'. A
    customer abroad goes under none: neither the letters nor the law fit it, and a person decides.
    `country`: ISO 3166-1 alpha-2.
    """
    if country != HOME:
        return Placement(None, f"its country is {country}, not Finland")
    if debtor is DebtorClass.CONSUMER:
        return Placement(DebtorClass.CONSUMER, "marked as a private person")
    return Placement(DebtorClass.BUSINESS, "not marked as a private person")
