"""What a procedure waits by: reasons to wait, and the moments at which things leave."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.calendar import BankingCalendar, SendingWindow
from domain.case import Case, Hold
from domain.money import format_eur
from domain.rule import Rule
from domain.steps import Step, StepKind

WINDOW = SendingWindow()

MIDNIGHT = datetime.min.time()

OFF = "the automation is switched off: handled by hand"

NEEDS_ATTENTION = "needs attention"
"""How the words of a wait for a person begin."""

_DAY = timedelta(days=1)


def wait(why: str, until: datetime | None = None) -> Step:
    """Wait, until an instant or (None) until something happens."""
    return Step(kind=StepKind.WAIT, when=until, why=why)


def held(holds: Sequence[Hold], calendar: BankingCalendar) -> Step:
    """Wait until the last hold that ends has ended, or for a release if one never ends."""
    words = "; ".join(
        f"{hold.kind.value}{f' until {hold.until.isoformat()}' if hold.until else ''}"
        f"{f' ({hold.reason})' if hold.reason else ''}"
        for hold in holds
    )
    ends = [hold.until for hold in holds if hold.until is not None]
    when = None
    if len(ends) == len(holds):
        when = calendar.at(max(ends) + _DAY, MIDNIGHT)
    return wait(f"held: {words}", when)


def too_small(case: Case, rule: Rule) -> Step | None:
    """Wait if less is open than the rule asks for."""
    # Of the principal: fees of ours must not lift a small rest over the minimum.
    if case.principal_cents >= rule.minimum_cents:
        return None
    return wait(
        f"{format_eur(case.principal_cents, 'en')} open is below the rule's minimum of"
        f" {format_eur(rule.minimum_cents, 'en')}"
    )


def spread(case: Case) -> float:
    """The invoice's own place in a day's queue: in [0, 1), the same for ever."""
    digest = hashlib.blake2b(f"{case.company}/{case.number}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big") / 2**32
