"""An invoice on the desk: its row locked, its case up to date, its outcomes being written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import insert
from sqlmodel import Session, col, select

from domain.actors import AUTOMATION
from domain.calendar import FINLAND, BankingCalendar
from domain.case import Case
from domain.clock import Clock
from domain.folding import fold
from domain.interest import REFERENCE_RATES, DayCount, HalfYear, ReferenceRates
from domain.law import FINNISH_LAW, Law
from domain.ledger import Entry, EntryKind, Settlement, settlement
from domain.outcomes import BalanceSeen, Outcome, Recorded
from domain.rule import Rule
from domain.steps import Step, StepKind
from store import automation, ledger, rates
from store.tables import Company, Customer, Event, Invoice, RuleVersion

_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)

_AUTOMATIC = frozenset(
    {StepKind.COURTESY, StepKind.REMIND, StepKind.NOTIFY, StepKind.PROPOSE, StepKind.HAND_OVER}
)
"""What leaves, or is put before somebody, only while the company's automation is on."""


@dataclass(frozen=True, slots=True)
class House:
    """What every decision reads: the clock, the law, the calendar, how days of interest count."""

    clock: Clock
    law: Law = FINNISH_LAW
    calendar: BankingCalendar = FINLAND
    day_count: DayCount = 365
    """Days that a leap year's interest is divided by."""
    rules: dict[int, Rule] = field(default_factory=dict)
    """Rule versions by their row, as they have been read: they never change."""


class Desk:
    """One invoice within one transaction, its row locked: nobody else decides or books meanwhile.

    `invoice` is the row, locked (`store.booking.lock`). `now` is the business instant at which what
    is done here counts as done. `automation`: whether the company's is on, if that is known.
    """

    def __init__(
        self,
        session: Session,
        house: House,
        invoice: Invoice,
        now: datetime,
        *,
        automation: bool | None = None,
    ) -> None:
        self.session = session
        self.house = house
        self.now = now
        self.invoice = invoice
        self.recorded: list[Recorded] = []
        self._last_event = self.invoice.last_event
        self._events: list[dict[str, Any]] = []
        self._entries: list[Entry] | None = None
        self._automation = automation
        self.case = Case.model_validate(self.invoice.case_json)

    @property
    def today(self) -> date:
        return self.house.calendar.local_date(self.now)

    @property
    def company(self) -> Company:
        return self._parties[0]

    @property
    def customer(self) -> Customer:
        return self._parties[1]

    @cached_property
    def _parties(self) -> tuple[Company, Customer]:
        return self.session.exec(
            select(Company, Customer)
            .join(Customer, col(Customer.company_id) == col(Company.id))
            .where(Customer.id == self.invoice.customer_id)
        ).one()

    @property
    def automation(self) -> bool:
        """Whether the company's automation is switched on."""
        if self._automation is None:
            self._automation = self.company.automation
        return self._automation

    @property
    def rule(self) -> Rule | None:
        """The invoice's rule, as it works now: nothing by itself if the automation is off."""
        if self._terms is None or self.automation:
            return self._terms
        return self._terms.switched_off

    def by_itself(self, step: Step) -> bool:
        """Whether the step may be taken by the automation: nobody switches that off meanwhile."""
        if step.kind not in _AUTOMATIC or (step.kind is StepKind.HAND_OVER and self.case.approved):
            return True
        return self.keep_automation()

    def keep_automation(self) -> bool:
        """Whether the company's automation is on, which nobody switches before this ends."""
        self._automation = automation.keep_as_it_is(self.session, self.invoice.company_id)
        return self._automation

    @cached_property
    def _terms(self) -> Rule | None:
        version_id = self.invoice.rule_version_id
        if version_id is None:
            return None
        known = self.house.rules.get(version_id)
        if known is None:
            version = self.session.get_one(RuleVersion, version_id)
            known = self.house.rules[version_id] = Rule.model_validate(version.terms)
        return known

    @cached_property
    def rates(self) -> ReferenceRates:
        """The published reference rates. Raises `RateContradiction`."""
        return REFERENCE_RATES.with_added(rates.added(self.session))

    def lacks_rate(self, half_year: HalfYear) -> bool:
        """Whether the rate is missing for certain; nobody adds it before this transaction ends."""
        rates.keep_as_they_are(self.session)
        self.__dict__.pop("rates", None)
        return not self.rates.has(half_year)

    @property
    def rule_name(self) -> str:
        return f"{self.rule.name} v{self.rule.version}" if self.rule else ""

    def unseen(self, seen: int) -> tuple[Recorded, ...]:
        """The log's entries after number `seen`."""
        if self.invoice.last_event <= seen:
            return ()
        rows = self.session.exec(
            select(Event)
            .where(Event.invoice_id == self.invoice.id, Event.seq > seen)
            .order_by(col(Event.seq))
        )
        return tuple(
            Recorded(seq=row.seq, outcome=_OUTCOME.validate_python(row.outcome)) for row in rows
        )

    def granted(self, key: str | None) -> bool:
        """Whether a request with this idempotency key has been granted before."""
        if key is None:
            return False
        found = self.session.exec(
            select(Event.id).where(Event.invoice_id == self.invoice.id, Event.key == key)
        )
        return found.first() is not None

    def released_by(self, notice_id: int) -> str | None:
        """Who let a letter go, the automation or a person."""
        for event in reversed(self._events):
            if _lets_go(event["outcome"], notice_id):
                return str(event["actor"])
        query = (
            select(Event.actor, Event.outcome)
            .where(Event.invoice_id == self.invoice.id, Event.kind == "letter_released")
            .order_by(col(Event.seq).desc())
        )
        rows = self.session.exec(query)
        return next((actor for actor, outcome in rows if _lets_go(outcome, notice_id)), None)

    def record(
        self, outcome: Outcome, *, actor: str = AUTOMATION, reason: str = "", key: str | None = None
    ) -> None:
        """Fold the outcome into the case, and note it for the log: `project` writes it."""
        self._last_event += 1
        self._events.append(
            {
                "company_id": self.invoice.company_id,
                "invoice_id": self.invoice.id,
                "seq": self._last_event,
                "kind": outcome.kind,
                "at": self.now,
                "actor": actor,
                "reason": reason,
                "rule_version_id": self.invoice.rule_version_id,
                "outcome": outcome.model_dump(mode="json"),
                "key": key,
            }
        )
        recorded = Recorded(seq=self._last_event, outcome=outcome)
        self.recorded.append(recorded)
        self.case = fold(self.case, [recorded])

    # ── money ────────────────────────────────────────────────────────────────────────────────

    def entries(self) -> list[Entry]:
        """The ledger as it stands: nobody else books while the invoice is on the desk."""
        if self._entries is None:
            self._entries = ledger.entries(self.session, self.invoice.id)
        return self._entries

    def settlement(self) -> Settlement:
        return settlement(self.entries())

    def book(self, kind: EntryKind, cents: int, key: str, note: str = "") -> None:
        """Book one entry, dated today; one that is there already (by its key) stays as it is."""
        self.book_all([(kind, cents, key)], note)

    def book_all(self, wanted: Sequence[tuple[EntryKind, int, str]], note: str = "") -> None:
        """Book entries, each as `book` does, in one statement."""
        new = [Entry(kind, cents, self.today, key) for kind, cents, key in wanted if cents > 0]
        booked = ledger.book(self.session, self.invoice.id, new, self.now, note)
        if booked != len(new):
            self._entries = None
        elif self._entries is not None:
            self._entries = [*self._entries, *new]

    def see_balance(self) -> Settlement:
        """Note the ledger's balance in the case, if it has changed."""
        entries = self.entries()
        seen = BalanceSeen.of(entries)
        if not seen.known_to(self.case):
            self.record(seen)
        return settlement(entries)

    # ── writing down ─────────────────────────────────────────────────────────────────────────

    def project(self, step: Step | None = None) -> None:
        """Write the log's new entries, and what everybody else may read of the case."""
        if self._events:
            self.session.execute(insert(Event), self._events)
            self._events = []
        case, row = self.case, self.invoice
        row.last_event = self._last_event
        row.told_version_id = row.rule_version_id
        row.case_json = case.model_dump(mode="json")
        row.state = case.state.value
        status = case.agency.status if case.agency else None
        row.collection_status = status.value if status else ""
        row.attention = case.attention or ""
        row.held = bool(case.active_holds(self.today))
        if step is not None:
            row.next_step = step.kind.value
            row.next_step_at = step.when
            row.next_step_why = step.why
        self.session.add(row)


def _lets_go(outcome: Mapping[str, Any], notice_id: int) -> bool:
    """Whether an outcome, as it is kept, is the release of this letter."""
    return bool(
        outcome["kind"] == "letter_released" and outcome["letter"]["notice_id"] == notice_id
    )
