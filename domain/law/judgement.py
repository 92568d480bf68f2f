"""What the law says of one claim: may it be charged, when may the next letter go, and to whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType

from domain.calendar import FINLAND, BankingCalendar
from domain.law.statutes import PROVISIONS, Provision, Topic
from domain.law.terms import (
    DebtorClass,
    FeeVerdict,
    GateVerdict,
    LetterVerdict,
    NoLawInForce,
)
from domain.states import Channel

DELIVERY_BANKING_DAYS: Mapping[Channel, int] = MappingProxyType(
    {
        Channel.EINVOICE: 1,
        Channel.EMAIL: 1,
        Channel.PAPER: 4,
    }
)
"""Within how many banking days a letter has arrived at the latest: Karhu's own, careful, choice.

An e-mail sent on a Friday afternoon is read on Monday, and an e-invoice is in the bank by then; an
ordinary Finnish letter is promised for the fourth working day.
"""


@dataclass(frozen=True, slots=True)
class Law:
    """The law as a set of dated rows.

    Every question takes the day `on` that it turns on (the day of the letter, of the hand-over) and
    is answered by the row in force that day; with no such row it raises `NoLawInForce`. Due dates
    are given as printed on the invoice: where the law counts from the last day to pay in time,
    it moves them to a banking day itself. All amounts are cents.
    """

    provisions: tuple[Provision, ...]
    # Every plan asks a dozen questions, and a what-if plans every invoice of a company.
    _index: Mapping[tuple[Topic, DebtorClass], tuple[Provision, ...]] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        index = {
            (topic, debtor_class): tuple(
                row for row in self.provisions if row.concerns(topic, debtor_class)
            )
            for topic in Topic
            for debtor_class in DebtorClass
        }
        object.__setattr__(self, "_index", MappingProxyType(index))

    def provision(
        self, topic: Topic, debtor_class: DebtorClass, on: date, principal_cents: int = 0
    ) -> Provision:
        """The row in force, with its section and sentence. Raises `NoLawInForce`."""
        rows = self._rows(topic, debtor_class)
        for row in rows:
            if row.in_force(on) and row.covers(principal_cents):
                return row
        known_from = min((row.in_force_from for row in rows), default=None)
        raise NoLawInForce(on, topic, known_from)

    def find(self, topic: Topic, debtor_class: DebtorClass, on: date) -> Provision | None:
        """The row in force; None if the law has nothing of the kind for this debtor class.

        Raises `NoLawInForce` if it has, and not for that day.
        """
        if not self._rows(topic, debtor_class):
            return None
        return self.provision(topic, debtor_class, on)

    def principal_limits_cents(self) -> list[int]:
        """Where a principal's size begins to count: each the smallest of a bracket, in order."""
        over = {row.principal_over_cents for rows in self._index.values() for row in rows}
        return sorted(limit + 1 for limit in over if limit is not None)

    def flat_compensation_cents(self, debtor_class: DebtorClass, on: date) -> int:
        """The flat compensation (vakiokorvaus) for one late payment (513/1999 10 i §).

        Only a trader or procurement entity owes it: 0 for everybody else. Karhu states it and does
        not charge it of its own accord.
        """
        row = self.find(Topic.FLAT_COMPENSATION, debtor_class, on)
        return row.figure if row else 0

    def fee_absorbed_by_flat_compensation(
        self, debtor_class: DebtorClass, fees_cents: int, on: date
    ) -> bool:
        """Whether these fees may not be asked for once the flat compensation is.

        Beside the compensation only costs above it are recoverable (513/1999 10 i §).
        """
        return 0 < fees_cents <= self.flat_compensation_cents(debtor_class, on)

    def earliest_letter_date(
        self,
        debtor_class: DebtorClass,
        due: date,
        previous_letter_on: date | None,
        on: date,
        calendar: BankingCalendar = FINLAND,
    ) -> LetterVerdict:
        """From which day a letter without a fee may be sent.

        The day after the last day to pay. The law sets free letters no gap; Karhu keeps the gap of
        letters with a fee for all, to cause no unnecessary harm (513/1999 4 §).
        """
        last_day = calendar.shifted_due(due)
        fallen_due = self.provision(Topic.FALLEN_DUE, debtor_class, on)
        overdue = LetterVerdict(
            _after_full_days(last_day, fallen_due.figure),
            f"{fallen_due.sentence} That is {_words(last_day)}.",
            fallen_due.section,
        )
        if previous_letter_on is None:
            return overdue
        row = self.provision(Topic.LETTER_GAP, debtor_class, on)
        spaced = LetterVerdict(
            _after_full_days(previous_letter_on, row.figure),
            f"{row.sentence} The previous letter was sent on {_words(previous_letter_on)}.",
            row.section,
        )
        return max(overdue, spaced, key=lambda verdict: verdict.allowed_from)

    def earliest_fee_date(
        self,
        debtor_class: DebtorClass,
        due: date,
        invoice_sent_on: date | None,
        previous_letter_on: date | None,
        on: date,
        calendar: BankingCalendar = FINLAND,
    ) -> FeeVerdict:
        """From which day a letter may carry a fee, if ever (513/1999 10 b §, 10 f §).

        A consumer is never charged if the invoice was sent less than 14 days before the due date
        printed on it, or if it is not known when it was sent (None). `previous_letter_on` is the
        day of the last letter, with a fee or without.
        """
        if row := self.find(Topic.INVOICE_NOTICE, debtor_class, on):
            if invoice_sent_on is None:
                return FeeVerdict(
                    None, f"{row.sentence} It is not known when it was sent.", row.section
                )
            if (due - invoice_sent_on).days < row.figure:
                return FeeVerdict(
                    None,
                    f"{row.sentence} It was sent on {_words(invoice_sent_on)}"
                    f" and due on {_words(due)}.",
                    row.section,
                )
        free = self.earliest_letter_date(debtor_class, due, previous_letter_on, on, calendar)
        verdict = FeeVerdict(free.allowed_from, free.reason, free.section)
        if row := self.find(Topic.FEE_AFTER_DUE, debtor_class, on):
            last_day = calendar.shifted_due(due)
            earliest = _after_full_days(last_day, row.figure)
            if earliest > free.allowed_from:
                reason = f"{row.sentence} The debtor could pay in time until {_words(last_day)}."
                verdict = FeeVerdict(earliest, reason, row.section)
        return verdict

    def payment_time_days(self, channel: Channel, on: date) -> int:
        """Days from sending a letter to its due date, at the least: delivery plus ten.

        Weekends during delivery come on top of it: `new_due_date` counts them.
        """
        return DELIVERY_BANKING_DAYS[channel] + self._payment_days(on)

    def new_due_date(
        self, sent_on: date, channel: Channel, calendar: BankingCalendar = FINLAND
    ) -> date:
        """The due date that a letter gives, always a banking day.

        Ten days from the day it has arrived at the latest by its channel's delivery terms
        (Consumer Ombudsman, 21 October 2024), moved to a banking day.
        """
        received = calendar.add_banking_days(sent_on, DELIVERY_BANKING_DAYS[channel])
        return calendar.shifted_due(received + timedelta(days=self._payment_days(sent_on)))

    def agency_gate(
        self,
        debtor_class: DebtorClass,
        *,
        due: date,
        last_letter_on: date | None,
        last_letter_due: date | None,
        disputed: bool,
        suspended: bool,
        on: date,
        calendar: BankingCalendar = FINLAND,
    ) -> GateVerdict:
        """From which day the claim may be handed to the agency's collection (perintä).

        A consumer must have been sent a letter after the last day to pay, 14 full days must have
        passed since, and the letter's payment time must be over (513/1999 5 §). Others need not be
        reminded; if they were, 10 full days and the payment time are waited out too (10 f §).
        Nobody's claim is handed over before it is overdue, while it is disputed (4 b §), or while
        it is suspended on request (4 c §: a consumer's right, honoured whoever it is recorded for).
        """
        stops = ((Topic.DISPUTE, disputed), (Topic.SUSPENSION, suspended))
        for topic, applies in stops:
            if applies:
                row = self.provision(topic, debtor_class, on)
                return GateVerdict(None, row.sentence, row.section)
        row = self.provision(Topic.AGENCY_WAIT, debtor_class, on)
        last_day = calendar.shifted_due(due)
        reminded = last_letter_on is not None and last_letter_on > last_day
        if debtor_class is DebtorClass.CONSUMER and not reminded:
            reason = "A consumer must be reminded after the due date first; no reminder was sent."
            return GateVerdict(None, reason, row.section)
        fallen_due = self.provision(Topic.FALLEN_DUE, debtor_class, on)
        waits = [
            GateVerdict(
                _after_full_days(last_day, fallen_due.figure),
                f"{fallen_due.sentence} That is {_words(last_day)}.",
                fallen_due.section,
            )
        ]
        if last_letter_on is not None:
            reason = f"{row.sentence} The last letter was sent on {_words(last_letter_on)}."
            waits.append(
                GateVerdict(_after_full_days(last_letter_on, row.figure), reason, row.section)
            )
        if last_letter_due is not None:
            letter_day = calendar.shifted_due(last_letter_due)
            reason = f"The last letter gives time to pay or object until {_words(letter_day)}."
            section = self.provision(Topic.PAYMENT_TIME, debtor_class, on).section
            waits.append(GateVerdict(letter_day + timedelta(days=1), reason, section))
        return max(waits, key=lambda verdict: verdict.allowed_from or date.min)

    def late_interest_points(self, debtor_class: DebtorClass, on: date) -> Decimal:
        """Percentage points of late interest above the reference rate (633/1982 4 §, 4 a §)."""
        figure = self.provision(Topic.LATE_INTEREST_POINTS, debtor_class, on).figure
        return Decimal(figure).scaleb(-2)

    def limitation_date(self, due: date, interruptions: Iterable[date] = ()) -> date:
        """The last day before a debt is time-barred (vanhentunut), unless interrupted again.

        Three years from the due date as printed, and anew from each payment, acknowledgement or
        letter that identifies the debt (728/2003 4, 5, 10, 13 §). An interruption that comes after
        the period has ended revives nothing. Raises `NoLawInForce`.
        """
        # All debtor classes share these rows.
        years = self.provision(Topic.LIMITATION, DebtorClass.CONSUMER, due).figure
        last_day = _years_later(due, years)
        for interrupted_on in sorted(interruptions):
            if interrupted_on > last_day:
                break
            last_day = max(last_day, _years_later(interrupted_on, years))
        return last_day

    def _payment_days(self, on: date) -> int:
        # All debtor classes share these rows.
        return self.provision(Topic.PAYMENT_TIME, DebtorClass.CONSUMER, on).figure

    def _rows(self, topic: Topic, debtor_class: DebtorClass) -> tuple[Provision, ...]:
        return self._index[topic, debtor_class]


FINNISH_LAW = Law(PROVISIONS)


def _after_full_days(day: date, full_days: int) -> date:
    return day + timedelta(days=full_days + 1)


def _years_later(day: date, years: int) -> date:
    """The same day of a later year; 28 February for a missing 29th (Act 150/1930 3 §)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
