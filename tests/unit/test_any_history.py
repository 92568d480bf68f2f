"""No history of events whatever leads to an unlawful or a doubled letter, or to a dead end.

The law's figures stand here once more, as numbers: what is checked must not be asked of itself.
"""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.agency import CollectionStatus
from domain.calendar import FINLAND
from domain.case import Case
from domain.folding import fold
from domain.law import DebtorClass
from domain.ledger import EntryKind, settlement
from domain.requests import Cancel, HandOver, Hold, Release, SendNow, SetState, Withdraw
from domain.rule import BUSINESSES, CONSUMERS, Rule, Sending
from domain.rule import HandOver as RuleHandOver
from domain.states import Channel, HoldKind, InvoiceState, LetterKind
from domain.waits import WINDOW
from tests.depth import lives
from tests.unit.simulator import MOST_STEPS, Assigned, Released, Simulator
from tests.unit.strategies import (
    DEBTORS,
    LIVE_STATES,
    RULES,
    a_case,
    noon,
)

FEE_CAP = {DebtorClass.CONSUMER: 500, DebtorClass.BUSINESS: 1_200, DebtorClass.OTHER: 1_200}
GAP = {DebtorClass.CONSUMER: 14, DebtorClass.BUSINESS: 10, DebtorClass.OTHER: 10}

ON_APPROVAL = CONSUMERS.model_copy(update={"hand_over": RuleHandOver.ON_APPROVAL})
COMPANY_RULES = st.sampled_from([CONSUMERS, BUSINESSES, ON_APPROVAL, None]) | RULES


def three_years_after(day: date) -> date:
    last = date(day.year + 3, 2, 28) if (day.month, day.day) == (2, 29) else None
    return last or day.replace(year=day.year + 3)


def youngest_claim(case: Case) -> date:
    """The last day that began the limitation period."""
    letters = [letter.on for letter in case.letters]
    return max([*(letters or [case.due]), *case.paid_on])


def check_letter(released: Released) -> None:
    """Everything that must hold of a letter at the moment of its release."""
    case, letter, company_rule = released.before, released.letter, released.rule
    today = FINLAND.local_date(released.at)
    last_day = FINLAND.shifted_due(case.due)
    previous = case.last_letter
    if letter.kind is LetterKind.COURTESY:
        check_courtesy(released)
        return

    assert not released.bank_silent
    assert not case.closed
    assert case.principal_cents > 0
    assert not [hold for hold in case.active_holds(today) if hold.kind.stops_letters]
    assert letter.round > case.rounds
    assert letter.on == today > last_day
    assert FINLAND.is_banking_day(letter.due)
    assert letter.due > today + timedelta(days=10)
    if case.courtesy is not None and case.courtesy.on > last_day:
        assert (today - case.courtesy.on).days > GAP[case.debtor]
    for earlier in case.letters:
        assert earlier.sent
        assert (today - earlier.on).days > GAP[case.debtor]
    assert today <= three_years_after(youngest_claim(case))

    if letter.fee_cents:
        fees = [item.fee_cents for item in case.letters if item.fee_cents]
        assert len(fees) < 2
        assert letter.fee_cents <= FEE_CAP[case.debtor]
        assert company_rule is not None
        terms = company_rule.letter(letter.kind)
        assert terms is not None
        assert letter.fee_cents <= terms.fee_cents
        if case.debtor is DebtorClass.CONSUMER:
            assert (today - last_day).days > 14
            assert (case.due - case.invoice_sent_on).days >= 14
            assert sum(fees) + letter.fee_cents <= 6_000
        else:
            assert sum(fees) + letter.fee_cents <= 25_000

    if not released.by_hand:
        assert WINDOW.contains(released.at)
        assert not case.attention
        assert company_rule is not None
        assert company_rule.sending is Sending.AUTOMATIC
        assert case.open_cents >= company_rule.minimum_cents
        terms = company_rule.letter(letter.kind)
        assert terms is not None
        # Late is late: what follows is counted from when the earlier really happened.
        counted_from = previous.on if previous else last_day
        assert (today - counted_from).days >= terms.after_days
        assert previous is None or today > previous.due


def check_courtesy(released: Released) -> None:
    """Everything that must hold of a friendly reminder: free, once, and never into a dunning."""
    case, letter = released.before, released.letter
    today = FINLAND.local_date(released.at)
    assert case.state in {InvoiceState.OPEN, InvoiceState.OVERDUE}
    assert case.principal_cents > 0
    assert not [hold for hold in case.active_holds(today) if hold.kind.stops_letters]
    assert case.courtesy is None
    assert not case.letters or released.by_hand
    assert letter.fee_cents == 0
    assert letter.round > case.rounds
    assert letter.due >= today
    assert released.interest == 0
    if not released.by_hand:
        assert WINDOW.contains(released.at)
        assert not case.attention
        assert released.rule is not None
        assert released.rule.courtesy is not None
        assert released.rule.sending is Sending.AUTOMATIC


def check_hand_over(assigned: Assigned) -> None:
    """Everything that must hold of an invoice at the moment of its hand-over."""
    case, company_rule = assigned.before, assigned.rule
    today = FINLAND.local_date(assigned.at)
    last = case.last_letter

    assert not assigned.bank_silent
    assert case.principal_cents > 0
    assert not case.active_holds(today)
    assert not case.at_agency
    assert today > FINLAND.shifted_due(case.due)
    assert today <= three_years_after(youngest_claim(case))
    if not assigned.by_hand:
        assert WINDOW.contains(assigned.at)
        assert not case.attention
    if case.state is InvoiceState.OVERDUE:
        check_reminder_service(assigned, today)
        return
    assert case.state is InvoiceState.NOTIFIED
    assert case.sent(LetterKind.REMINDER)
    assert case.sent(LetterKind.NOTICE)
    if case.debtor is DebtorClass.CONSUMER:
        assert last is not None
    if last is not None:
        assert last.sent
        assert (today - last.on).days > GAP[case.debtor]
        assert today > FINLAND.shifted_due(last.due)
    if not assigned.by_hand and not case.approved:
        assert company_rule is not None
        assert company_rule.hand_over is RuleHandOver.AUTOMATIC
        assert company_rule.sending is not Sending.OFF
        assert case.open_cents >= company_rule.minimum_cents
        assert last is not None
        assert (today - last.on).days >= company_rule.hand_over_after_days


def check_reminder_service(assigned: Assigned, today: date) -> None:
    """What must hold of an overdue invoice that the agency is to remind of."""
    case, company_rule = assigned.before, assigned.rule
    if assigned.by_hand or case.approved:
        return
    assert company_rule is not None
    assert company_rule.reminder_service is not None
    assert not company_rule.reminder_service.on_approval
    assert company_rule.sending is not Sending.OFF
    assert case.principal_cents >= company_rule.minimum_cents
    assert case.agency is None
    due = FINLAND.shifted_due(case.due)
    assert (today - due).days >= company_rule.reminder_service.after_days


class AnyHistory(RuleBasedStateMachine):
    """One invoice, and everything that can happen to it, in any order and however late."""

    simulator: Simulator
    checked_letters = 0
    checked_hand_overs = 0
    ended: InvoiceState | None = None

    @initialize(
        debtor=DEBTORS,
        due=st.dates(min_value=date(2026, 1, 1), max_value=date(2027, 12, 31)),
        payment_days=st.sampled_from([7, 13, 14, 21, 30]),
        principal=st.sampled_from([500, 4_000, 10_000, 108_836, 1_500_000]),
        terms=COMPANY_RULES,
        channel=st.sampled_from(Channel),
        undisturbed_steps=st.integers(0, 6),
    )
    def register(
        self,
        debtor: DebtorClass,
        due: date,
        payment_days: int,
        principal: int,
        terms: Rule | None,
        channel: Channel,
        undisturbed_steps: int,
    ) -> None:
        sent_on = due - timedelta(days=payment_days)
        case = a_case(
            debtor=debtor,
            due=due,
            invoice_sent_on=sent_on,
            original_cents=principal,
            principal_cents=principal,
            open_cents=principal,
        )
        self.simulator = Simulator(case, terms, noon(sent_on), channel)
        for _ in range(undisturbed_steps):
            self.the_next_step_comes()
            self.simulator.post_runs()

    # ── time ─────────────────────────────────────────────────────────────────────────────────

    @rule(days=st.integers(0, 40), hours=st.integers(0, 23))
    def time_passes(self, days: int, hours: int) -> None:
        self.simulator.live(timedelta(days=days, hours=hours))

    @rule()
    def the_next_step_comes(self) -> None:
        when = self.simulator.step.when
        if when is not None:
            self.simulator.live(max(when - self.simulator.now, timedelta(0)))

    @rule(
        hours=st.integers(1, 72)
        | st.integers(73, 24 * 60)
        | st.sampled_from([24 * 400, 24 * 1_200])
    )
    def everything_is_down(self, hours: int) -> None:
        self.simulator.sleep(timedelta(hours=hours))

    @rule()
    def woken_for_nothing(self) -> None:
        self.simulator.advance()
        log = list(self.simulator.log)
        self.simulator.advance()
        assert self.simulator.log == log

    # ── the post ─────────────────────────────────────────────────────────────────────────────

    @rule()
    def the_letter_leaves(self) -> None:
        self.simulator.letter_leaves()

    @rule(hours=st.integers(1, 24 * 30))
    def the_letter_leaves_late(self, hours: int) -> None:
        self.simulator.now += timedelta(hours=hours)
        self.simulator.letter_leaves()

    @rule()
    def the_letter_cannot_be_sent(self) -> None:
        self.simulator.letter_fails()

    @rule(channel=st.sampled_from(Channel))
    def a_channel_refuses_the_letter(self, channel: Channel) -> None:
        self.simulator.letter_refused(channel)

    @rule(channel=st.sampled_from(Channel))
    def the_letter_comes_back(self, channel: Channel) -> None:
        before = len(self.simulator.released)
        self.simulator.letter_comes_back(channel)
        assert len(self.simulator.released) == before

    # ── money ────────────────────────────────────────────────────────────────────────────────

    def book(self, kind: EntryKind, cents: int) -> None:
        self.simulator.book(kind, cents)

    @rule(share=st.sampled_from([0, 1, 10, 30, 50, 95, 100, 120]), asleep=st.booleans())
    def paid(self, share: int, asleep: bool) -> None:
        self.book(EntryKind.PAYMENT, self.simulator.case.open_cents * share // 100)
        if not asleep:
            self.simulator.advance()

    @precondition(lambda self: len(self.simulator.log) > 6)
    @rule(asleep=st.booleans())
    def the_principal_is_paid(self, asleep: bool) -> None:
        self.book(EntryKind.PAYMENT, self.simulator.case.principal_cents)
        if not asleep:
            self.simulator.advance()

    @rule(share=st.sampled_from([0, 1, 10, 20, 50, 100]))
    def credited(self, share: int) -> None:
        self.book(EntryKind.CREDIT, self.simulator.case.principal_cents * share // 100)
        self.simulator.advance()

    @rule(share=st.sampled_from([10, 100, 100]), asleep=st.booleans())
    def the_bank_takes_a_payment_back(self, share: int, asleep: bool) -> None:
        """Also after it has closed."""
        paid = settlement(self.simulator.entries).paid_cents
        self.book(EntryKind.PAYMENT_REVERSED, paid * share // 100)
        if not asleep:
            self.simulator.advance()

    @precondition(lambda self: self.simulator.case.state is InvoiceState.PAID)
    @rule()
    def what_closed_it_is_taken_back(self) -> None:
        simulator = self.simulator
        self.book(EntryKind.PAYMENT_REVERSED, settlement(simulator.entries).paid_cents)
        simulator.advance()
        owed = settlement(simulator.entries).uncovered_principal_cents
        assert simulator.case.closed is (owed == 0)

    @rule(fresh=st.booleans())
    def the_bank_speaks_or_is_silent(self, fresh: bool) -> None:
        self.simulator.bank_speaks(fresh)

    # ── people ───────────────────────────────────────────────────────────────────────────────

    @rule(kind=st.sampled_from(HoldKind), days=st.none() | st.integers(0, 60))
    def held(self, kind: HoldKind, days: int | None) -> None:
        until = None if days is None else self.simulator.today + timedelta(days=days)
        self.simulator.ask(Hold(hold=kind, until=until))

    @rule(kind=st.none() | st.sampled_from(HoldKind))
    def released(self, kind: HoldKind | None) -> None:
        self.simulator.ask(Release(hold=kind))

    @rule(to=LIVE_STATES)
    def set_by_hand(self, to: InvoiceState) -> None:
        self.simulator.ask(SetState(to=to))

    @precondition(lambda self: len(self.simulator.log) > 6)
    @rule()
    def written_off(self) -> None:
        self.simulator.ask(SetState(to=InvoiceState.WRITTEN_OFF))

    @rule()
    def sent_by_hand(self) -> None:
        before = len(self.simulator.released)
        refused = self.simulator.ask(SendNow())
        if refused is None:
            assert len(self.simulator.released) == before + 1

    @rule()
    def handed_over_by_hand(self) -> None:
        self.simulator.ask(HandOver())

    @rule()
    def taken_back(self) -> None:
        self.simulator.ask(Withdraw())

    @precondition(lambda self: len(self.simulator.log) > 6)
    @rule()
    def cancelled(self) -> None:
        self.simulator.ask(Cancel())

    @rule(terms=COMPANY_RULES)
    def the_rule_changes(self, terms: Rule | None) -> None:
        self.simulator.rule = terms
        self.simulator.advance()

    # ── the agency ───────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.simulator.assigned)
    @rule(status=st.none() | st.sampled_from(CollectionStatus), current=st.booleans())
    def the_agency_reports(self, status: CollectionStatus | None, current: bool) -> None:
        self.simulator.agency_says(status, current)

    @precondition(lambda self: self.simulator.assigned)
    @rule(which=st.integers(0, 3))
    def the_agency_refuses(self, which: int) -> None:
        self.simulator.agency_refuses(which)

    # ── what holds, always ───────────────────────────────────────────────────────────────────

    @invariant()
    def what_left_the_house_was_lawful(self) -> None:
        simulator = self.simulator
        for released in simulator.released[self.checked_letters :]:
            check_letter(released)
        self.checked_letters = len(simulator.released)
        for assigned in simulator.assigned[self.checked_hand_overs :]:
            check_hand_over(assigned)
        self.checked_hand_overs = len(simulator.assigned)

    @invariant()
    def every_letter_has_a_round_of_its_own(self) -> None:
        rounds = [released.letter.round for released in self.simulator.released]
        assert rounds == sorted(set(rounds))
        kept = [letter.round for letter in self.simulator.case.letters]
        if (courtesy := self.simulator.case.courtesy) is not None:
            assert courtesy.round not in kept
        assert kept == sorted(set(kept))

    @invariant()
    def a_step_lies_ahead_or_the_wait_is_stated(self) -> None:
        simulator = self.simulator
        step = simulator.plan()
        assert step == simulator.plan()
        assert step.why
        if step.kind.waits:
            assert step.when is None or step.when > simulator.now
        else:
            assert step.when is not None
            assert step.when >= simulator.now

    @invariant()
    def the_case_is_the_fold_of_the_log(self) -> None:
        simulator = self.simulator
        assert fold(simulator.start, simulator.log) == simulator.case

    @invariant()
    def fees_are_those_of_the_letters_kept(self) -> None:
        simulator = self.simulator
        charged = sum(e.amount_cents for e in simulator.entries if e.kind is EntryKind.FEE)
        waived = sum(e.amount_cents for e in simulator.entries if e.kind is EntryKind.FEE_WAIVED)
        if not simulator.case.closed:
            kept = sum(letter.fee_cents for letter in simulator.case.letters)
            assert charged - waived == kept - simulator.forgiven_fees

    @invariant()
    def every_cent_is_found(self) -> None:
        known = settlement(self.simulator.entries)
        forgiven = (
            known.forgiven_principal_cents
            + known.forgiven_interest_cents
            + known.forgiven_fees_cents
        )
        claimed = self.booked(EntryKind.PRINCIPAL, EntryKind.INTEREST, EntryKind.FEE)
        assert claimed == known.balance.open_cents + known.paid_cents + forgiven
        money = self.booked(EntryKind.PAYMENT) - self.booked(EntryKind.PAYMENT_REVERSED)
        given_up = self.booked(
            EntryKind.CREDIT,
            EntryKind.FEE_WAIVED,
            EntryKind.INTEREST_WAIVED,
            EntryKind.WRITE_OFF,
        )
        assert money + given_up == known.paid_cents + known.balance.overpaid_cents + forgiven

    def booked(self, *kinds: EntryKind) -> int:
        return sum(e.amount_cents for e in self.simulator.entries if e.kind in kinds)

    @invariant()
    def the_end_is_the_end(self) -> None:
        """Unless it was the end because of a payment that has been taken back since."""
        kinds = [entry.outcome.kind for entry in self.simulator.log]
        if self.ended is InvoiceState.PAID and kinds.count("reopened") == kinds.count("closed"):
            self.ended = None
        if self.ended is not None:
            assert self.simulator.case.state is self.ended
            assert not self.simulator.outstanding
        elif self.simulator.case.closed:
            self.ended = self.simulator.case.state
            assert settlement(self.simulator.entries).balance.open_cents == 0

    def teardown(self) -> None:
        """Left alone from here on, it comes to rest by itself."""
        if not hasattr(self, "simulator"):
            return
        simulator = self.simulator
        simulator.bank_speaks(fresh=True)
        assert simulator.case.awaits_feed is None
        for _ in range(MOST_STEPS):
            simulator.post_runs()
            if simulator.step.when is None:
                break
            simulator.now = max(simulator.now, simulator.step.when)
            simulator.advance()
        assert simulator.step.kind.waits
        assert simulator.step.when is None
        self.what_left_the_house_was_lawful()


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(max_examples=lives(200), stateful_step_count=30, deadline=None)
