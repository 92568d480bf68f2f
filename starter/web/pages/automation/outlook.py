"""What a change would do in the next days, as the pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from domain.steps import StepKind
from domain.what_if import DAYS, Sum, WhatIf

_KINDS = (
    *(StepKind.COURTESY, StepKind.REMIND, StepKind.NOTIFY, StepKind.PROPOSE),
    StepKind.HAND_OVER,
)
NEXT_DAYS = 14
"""Shown day by day."""


@dataclass(frozen=True, slots=True)
class Held:
    """Letters or hand-overs of one kind, before a change and after it. `changed`: invoices whose
    next one comes on another day, or comes where none did, or no more. `day` None: all days."""

    day: date | None
    kind: StepKind
    before: Sum
    after: Sum
    changed: int = 0


@dataclass(frozen=True, slots=True)
class Shown:
    """The answer. `service_cents`: what the company pays for all letters of the days."""

    moved: int
    days: int
    next_days: int
    kinds: tuple[Held, ...]
    by_day: tuple[Held, ...]
    service_before_cents: int
    service_after_cents: int

    @property
    def same(self) -> bool:
        """Whether nothing would go otherwise than it does."""
        return all(held.before == held.after and not held.changed for held in self.kinds)


def shown(answer: WhatIf, today: date) -> Shown:
    """What the pages say of it."""
    kinds = tuple(
        held
        for kind in _KINDS
        for held in [
            Held(None, kind, answer.before.of(kind), answer.after.of(kind), answer.changed[kind])
        ]
        if held.before.invoices or held.after.invoices or held.changed
    )
    last = today + timedelta(days=NEXT_DAYS)
    at = sorted({*answer.before.days, *answer.after.days}, key=lambda at: (at[0], str(at[1])))
    return Shown(
        moved=answer.moved,
        days=DAYS,
        next_days=NEXT_DAYS,
        kinds=kinds,
        by_day=tuple(
            Held(day, kind, answer.before.days.get((day, kind), Sum()), after)
            for day, kind in at
            if day <= last
            for after in [answer.after.days.get((day, kind), Sum())]
        ),
        service_before_cents=sum(held.before.service_cents for held in kinds),
        service_after_cents=sum(held.after.service_cents for held in kinds),
    )
