"""What a change would do: the procedure's own forecast, before it and after it, side by side.

Asked before a rule is saved for running invoices, before customers are moved to another rule, and
before the automation is switched on. Invoices that the procedure cannot tell apart are looked at
once (`Shape`), so a hundred thousand of them are no more work than the shapes that they have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.calendar import BankingCalendar
from domain.case import Case
from domain.channels import in_order
from domain.forecast import forecast
from domain.law import Law
from domain.rule import Rule
from domain.states import Channel, LetterKind
from domain.steps import Step, StepKind
from domain.tariff import prices

DAYS = 60
"""How far a forecast looks, in days."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Invoices that the procedure cannot tell apart, and one of them.

    `reached_by`: the channels by which their customers can be reached; `own_order`: the customers'
    own order of channels, None for the rule's. `open_cents`: in all.
    """

    case: Case
    invoices: int
    open_cents: int
    rule_version_id: int | None
    reached_by: frozenset[Channel]
    own_order: tuple[Channel, ...] | None = None


@dataclass(slots=True)
class Sum:
    """Letters or hand-overs of one kind. `fee_cents`: what debtors are charged; `service_cents`:
    what the company pays Karhu for them."""

    invoices: int = 0
    fee_cents: int = 0
    service_cents: int = 0
    open_cents: int = 0

    def add(self, count: int, fee_cents: int, service_cents: int, open_cents: int) -> None:
        self.invoices += count
        self.fee_cents += fee_cents
        self.service_cents += service_cents
        self.open_cents += open_cents


@dataclass(slots=True)
class Outlook:
    """What the next days bring, by day and kind of step."""

    days: dict[tuple[date, StepKind], Sum] = field(default_factory=dict)

    def of(self, kind: StepKind) -> Sum:
        """All of one kind, together."""
        total = Sum()
        for (_, found), part in self.days.items():
            if found is kind:
                total.add(part.invoices, part.fee_cents, part.service_cents, part.open_cents)
        return total

    def on(self, day: date) -> dict[StepKind, Sum]:
        """What one day brings."""
        return {kind: part for (found, kind), part in self.days.items() if found == day}

    def add(self, other: Outlook) -> None:
        """Count what other invoices bring as well."""
        for at, part in other.days.items():
            total = self.days.setdefault(at, Sum())
            total.add(part.invoices, part.fee_cents, part.service_cents, part.open_cents)


@dataclass(slots=True)
class WhatIf:
    """The answer. `moved`: invoices that the change reaches. `changed`: by kind, those whose next
    step of the kind comes on another day, or comes where none did, or no more.

    `tomorrow` is the next banking day: when letters can leave next.
    """

    moved: int = 0
    before: Outlook = field(default_factory=Outlook)
    after: Outlook = field(default_factory=Outlook)
    changed: Counter[StepKind] = field(default_factory=Counter)
    tomorrow: date = date.min

    def add(self, other: WhatIf) -> None:
        """Count other invoices as well."""
        self.moved += other.moved
        self.before.add(other.before)
        self.after.add(other.after)
        self.changed.update(other.changed)
        self.tomorrow = max(self.tomorrow, other.tomorrow)


_SHOWN = frozenset(
    {StepKind.COURTESY, StepKind.REMIND, StepKind.NOTIFY, StepKind.HAND_OVER, StepKind.PROPOSE}
)

_Future = tuple[tuple[StepKind, date, int, LetterKind | None], ...]


def what_if(
    shapes: Iterable[Shape],
    before: Callable[[int | None], Rule | None],
    after: Callable[[int | None], Rule | None],
    law: Law,
    calendar: BankingCalendar,
    now: datetime,
    days: int = DAYS,
) -> WhatIf:
    """Hold the futures of invoices under two rules against each other.

    `before` and `after` give the rule by the row of the version that an invoice runs under.
    """
    today = calendar.local_date(now)
    until = today + timedelta(days=days)
    answer = WhatIf(tomorrow=calendar.add_banking_days(today, 1))
    known: dict[tuple[Case, Rule | None], _Future] = {}

    def future(case: Case, rule: Rule | None) -> _Future:
        if (case, rule) not in known:
            steps = forecast(case, rule, law, calendar, now)
            known[case, rule] = tuple(_shown(steps, calendar, until))
        return known[case, rule]

    for shape in shapes:
        old, new = before(shape.rule_version_id), after(shape.rule_version_id)
        was, will = future(shape.case, old), future(shape.case, new)
        answer.moved += shape.invoices if old != new else 0
        _count(answer.before, was, shape, old)
        _count(answer.after, will, shape, new)
        for kind in {step[0] for step in (*was, *will)}:
            if _first(was, kind) != _first(will, kind):
                answer.changed[kind] += shape.invoices
    return answer


def _shown(
    steps: Iterable[Step], calendar: BankingCalendar, until: date
) -> Iterable[tuple[StepKind, date, int, LetterKind | None]]:
    for step in steps:
        if step.kind in _SHOWN and step.when is not None:
            on = calendar.local_date(step.when)
            if on <= until:
                yield step.kind, on, step.fee_cents, step.kind.letter or step.letter


def _count(outlook: Outlook, future: _Future, shape: Shape, rule: Rule | None) -> None:
    for kind, on, fee, letter in future:
        order = in_order(shape.own_order, rule, letter)
        channel = next((channel for channel in order if channel in shape.reached_by), None)
        service = 0
        if channel is not None and letter is not None:
            tariff = prices(on)
            service = tariff.service_cents + tariff.transaction_cents[channel]
        outlook.days.setdefault((on, kind), Sum()).add(
            shape.invoices, fee * shape.invoices, service * shape.invoices, shape.open_cents
        )


def _first(future: _Future, kind: StepKind) -> date | None:
    return next((on for found, on, *_ in future if found is kind), None)
