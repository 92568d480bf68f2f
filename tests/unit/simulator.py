"""The invoice's loop without its database and its Temporal: what happens when it wakes.

Decisions are the procedure's own; this only carries them out in memory, as the activities do in
PostgreSQL, and keeps a journal of what left the house and what things were like just then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from domain.agency import CollectionStatus
from domain.agency.contract import TAKEN_FROM
from domain.by_hand import decide
from domain.calendar import FINLAND
from domain.case import AgencyFile, Case, Letter
from domain.folding import fold
from domain.law import FINNISH_LAW
from domain.ledger import Entry, EntryKind, settlement
from domain.outcomes import (
    AgencyStatusChanged,
    BalanceSeen,
    BecameOverdue,
    Closed,
    FeedAwaited,
    FeedRead,
    HandedOver,
    HandOverRefused,
    LetterProposed,
    LetterReleased,
    LetterRerouted,
    LetterSent,
    LetterWithdrawn,
    Outcome,
    Recorded,
)
from domain.procedure import draft_letter, next_step
from domain.reopening import reopened
from domain.requests import Refused, Request
from domain.rule import Rule
from domain.states import Channel, InvoiceState, LetterKind
from domain.steps import Step, StepKind

MOST_STEPS = 10
"""More than the whole procedure takes without anything happening to it."""

_ASKS_FOR_MONEY = {
    StepKind.COURTESY,
    StepKind.REMIND,
    StepKind.NOTIFY,
    StepKind.HAND_OVER,
}


@dataclass(frozen=True)
class Released:
    """A letter, and the case and rule under which it was released."""

    letter: Letter
    before: Case
    rule: Rule | None
    at: datetime
    by_hand: bool
    bank_silent: bool
    interest: int


@dataclass(frozen=True)
class Assigned:
    """A hand-over, and the case and rule under which it was made."""

    before: Case
    rule: Rule | None
    at: datetime
    by_hand: bool
    bank_silent: bool


@dataclass
class Simulator:
    """One invoice. `now` is the business clock; `step` what it waits for.

    `bank_silent`: no file of the bank's has been read that is fresh enough.
    """

    start: Case
    rule: Rule | None
    now: datetime
    channel: Channel = Channel.EMAIL
    bank_silent: bool = False
    case: Case = field(init=False)
    step: Step = field(init=False)
    entries: list[Entry] = field(default_factory=list)
    log: list[Recorded] = field(default_factory=list)
    outstanding: list[Letter] = field(default_factory=list)
    interest: dict[int, int] = field(default_factory=dict)
    released: list[Released] = field(default_factory=list)
    assigned: list[Assigned] = field(default_factory=list)
    forgiven_fees: int = 0
    """Fees that were let go when the invoice was closed; they stay so if it is reopened."""

    def __post_init__(self) -> None:
        self.case = self.start
        self.book(EntryKind.PRINCIPAL, self.start.original_cents)
        self.advance()

    @property
    def today(self) -> date:
        return FINLAND.local_date(self.now)

    # ── what happens elsewhere ───────────────────────────────────────────────────────────────

    def book(self, kind: EntryKind, cents: int) -> None:
        if cents > 0:
            self.entries.append(Entry(kind, cents, self.today, str(len(self.entries))))

    def sleep(self, lapse: timedelta) -> None:
        """Nobody is awake; then somebody is, and looks."""
        self.now += lapse
        self.advance()

    def live(self, lapse: timedelta) -> None:
        """Wake at every step's own moment, until the time has passed."""
        until = self.now + lapse
        for _ in range(MOST_STEPS):
            if self.step.when is None or self.step.when > until:
                self.now = until
                return
            self.now = max(self.now, self.step.when)
            self.advance()
        raise AssertionError(f"no rest: {self.log}")

    def post_runs(self) -> None:
        """From here on whatever is released leaves, the same day."""
        while self.outstanding:
            self.letter_leaves()

    def letter_leaves(self) -> None:
        """Of a letter that is called back meanwhile nothing is left; else it leaves today."""
        self.advance()
        if not self.outstanding:
            return
        letter = self.outstanding.pop(0)
        assert letter.notice_id is not None
        due = FINNISH_LAW.new_due_date(self.today, letter.channel or self.channel)
        self.record(LetterSent(notice_id=letter.notice_id, on=self.today, due=due))
        self.advance()

    def letter_fails(self) -> None:
        if self.outstanding:
            self._withdraw(self.outstanding[0], "no such box", failed=True)
            self.advance()

    def letter_refused(self, channel: Channel) -> None:
        """The channel will not have it; another one may."""
        if self.outstanding:
            self._reroute(self.outstanding.pop(0), channel)

    def letter_comes_back(self, channel: Channel) -> None:
        """It had left; it goes by another channel, unless its time is over."""
        last = self.case.last_letter
        if last is not None and last.sent and last.notice_id and not self._why_not(last):
            self._reroute(last, channel)

    def bank_speaks(self, fresh: bool) -> None:
        """A fresh file is read; or none has been for too long, and nobody is told of that."""
        self.bank_silent = not fresh
        if fresh:
            self.advance()

    def agency_says(self, status: CollectionStatus | None, current: bool) -> None:
        if self.case.agency is not None:
            text = status.finnish if status else "UUSI TILA"
            self.record(
                AgencyStatusChanged(
                    status=status, status_text=text, occurred_at=self.now, current=current
                )
            )
            self.advance()

    def agency_refuses(self, case_id: int) -> None:
        """Maybe long after: the answer to an assignment is not waited for."""
        self.record(HandOverRefused(case_id=case_id, reason="unknown debtor"))
        self.advance()

    def ask(self, request: Request) -> str | None:
        """The refusal, if it was refused."""
        self._see_balance()
        try:
            granted = decide(self.case, request, self.rule, FINNISH_LAW, FINLAND, self.now)
        except Refused as refused:
            self.advance()
            return str(refused)
        if self.bank_silent and any(isinstance(item, Step) for item in granted):
            self.advance()
            return "the bank is silent"
        for item in granted:
            if isinstance(item, Step):
                self._perform(item, by_hand=True)
                continue
            if isinstance(item, Closed):
                open_cents = settlement(self.entries).balance.open_cents
                self.book(EntryKind.WRITE_OFF, open_cents)
                self._see_balance()
            self.record(item)
        self.advance()
        return None

    # ── the loop ─────────────────────────────────────────────────────────────────────────────

    def advance(self) -> None:
        self._see_balance()
        if back := reopened(self.case, FINLAND, self.now):
            self.record(back)
        if self.case.awaits_feed and not self.bank_silent:
            self.record(FeedRead())
        self._call_back()
        self._do_what_is_due()
        if self._call_back():
            self._do_what_is_due()

    def record(self, outcome: Outcome) -> None:
        self.log.append(Recorded(seq=len(self.log) + 1, outcome=outcome))
        self.case = fold(self.case, self.log[-1:])

    def plan(self) -> Step:
        return next_step(self.case, self.rule, FINNISH_LAW, FINLAND, self.now)

    def _do_what_is_due(self) -> None:
        for _ in range(MOST_STEPS):
            self.step = self.plan()
            if not self.step.due(self.now):
                return
            if self.bank_silent and self.step.kind in _ASKS_FOR_MONEY:
                self.record(FeedAwaited(reason="too old"))
            else:
                self._perform(self.step, by_hand=False)
        raise AssertionError(f"no rest: {self.log}")

    def _perform(self, step: Step, *, by_hand: bool) -> None:
        match step.kind:
            case StepKind.BECOME_OVERDUE:
                self.record(BecameOverdue())
            case StepKind.COURTESY | StepKind.REMIND | StepKind.NOTIFY:
                self._release(step, by_hand)
            case StepKind.PROPOSE:
                assert step.letter is not None
                self.record(LetterProposed(letter=step.letter))
            case StepKind.HAND_OVER:
                self.assigned.append(
                    Assigned(self.case, self.rule, self.now, by_hand, self.bank_silent)
                )
                self.record(
                    HandedOver(
                        file=AgencyFile(
                            case_id=len(self.assigned),
                            service=TAKEN_FROM[self.case.state],
                            since=self.today,
                        )
                    )
                )
            case StepKind.CLOSE:
                known = settlement(self.entries)
                # Money that went to interest is let go to the principal.
                let_go = min(known.balance.principal_cents, known.paid_interest_cents)
                self.book(EntryKind.INTEREST_WAIVED, known.balance.interest_cents + let_go)
                fees = settlement(self.entries).balance.fees_cents
                self.book(EntryKind.FEE_WAIVED, fees)
                self.forgiven_fees += fees
                self._see_balance()
                self.record(Closed(state=step.close_as or InvoiceState.PAID, reason=step.why))
            case StepKind.WAIT | StepKind.APPROVE:
                raise AssertionError(f"a wait is not performed: {step.why}")

    def _release(self, step: Step, by_hand: bool) -> None:
        letter = draft_letter(step, self.case, self.channel, FINNISH_LAW, FINLAND, self.today)
        letter = letter.model_copy(update={"notice_id": len(self.released) + 1})
        # Some interest: how much is another test's.
        courtesy = letter.kind is LetterKind.COURTESY
        interest = 0 if courtesy else self.case.principal_cents // 200
        self.released.append(
            Released(letter, self.case, self.rule, self.now, by_hand, self.bank_silent, interest)
        )
        self.outstanding.append(letter)
        self.interest[letter.round] = interest
        self.book(EntryKind.INTEREST, interest)
        self.book(EntryKind.FEE, letter.fee_cents)
        self.record(LetterReleased(letter=letter, interest_cents=interest, service_cents=45))
        self._see_balance()

    def _call_back(self) -> bool:
        """Withdraw what must not leave any more; before a close forgives its fee with the rest."""
        gone = [(letter, why) for letter in self.outstanding if (why := self._why_not(letter))]
        for letter, why in gone:
            self._withdraw(letter, why)
        return bool(gone)

    def _why_not(self, letter: Letter) -> str | None:
        case = self.case
        holds = [hold for hold in case.active_holds(self.today) if hold.kind.stops_letters]
        if case.closed or case.principal_cents <= 0 or holds:
            return "overtaken"
        if letter.kind is LetterKind.COURTESY:
            before = {InvoiceState.OPEN, InvoiceState.OVERDUE}
            return None if case.state in before else "overtaken"
        return None if case.state is letter.kind.leads_to else "set by hand"

    def _withdraw(self, letter: Letter, why: str, *, failed: bool = False) -> None:
        assert letter.notice_id is not None
        self.outstanding.remove(letter)
        known = settlement(self.entries)
        left = known.balance.fees_cents + known.paid_fees_cents
        self.book(EntryKind.FEE_WAIVED, min(letter.fee_cents, left))
        left = known.balance.interest_cents + known.paid_interest_cents
        self.book(EntryKind.INTEREST_WAIVED, min(self.interest[letter.round], left))
        self.record(LetterWithdrawn(notice_id=letter.notice_id, reason=why, failed=failed))
        self._see_balance()

    def _reroute(self, letter: Letter, channel: Channel) -> None:
        assert letter.notice_id is not None
        due = FINNISH_LAW.new_due_date(self.today, channel)
        rerouted = LetterRerouted(
            notice_id=letter.notice_id,
            channel=channel,
            on=self.today,
            due=due,
            transaction_cents=130,
            reason="no such box",
        )
        self.record(rerouted)
        change = {"channel": channel, "on": self.today, "due": due, "sent": False}
        self.outstanding.append(letter.model_copy(update=change))
        self.advance()

    def _see_balance(self) -> None:
        seen = BalanceSeen.of(self.entries)
        if not seen.known_to(self.case):
            self.record(seen)
