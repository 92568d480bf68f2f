"""The activity behind every decision: look at the invoice under its lock, and do what is due.

Deciding and doing share one transaction, so nothing can come between them: a payment that was
booked first is seen, and one that is booked later is simply later. What was done is in the
invoice's log; asked again after a crash, the answer begins with what the log has and the workflow
has not heard of.
"""

from __future__ import annotations

from dataclasses import dataclass

from temporalio import activity

from activities import agency_file, agency_hearing, agency_news, feed, handing_over, letters
from activities.desk import Desk, House
from activities.recall import recall
from domain.actors import AUTOMATION
from domain.by_hand import decide
from domain.interest import HalfYear, RateError, RateNotPublished
from domain.law import LawError
from domain.ledger import EntryKind
from domain.outcomes import (
    AttentionNeeded,
    BecameOverdue,
    Closed,
    LetterProposed,
    RateAwaited,
    RatePublished,
    RequestRefused,
    RuleChanged,
    WithdrawnFromAgency,
)
from domain.procedure import next_step
from domain.reopening import reopened
from domain.requests import HandOver, Refused, Request
from domain.states import Channel, InvoiceState
from domain.steps import Step, StepKind
from store import agency_contracts, bank_feed, booking
from store.database import Database
from workflows.contract import (
    ADVANCE,
    Advanced,
    Ask,
    Errand,
    ErrandKind,
    Failure,
    Planned,
    Queue,
)

_QUEUES = {
    Channel.EINVOICE: Queue.EINVOICE,
    Channel.EMAIL: Queue.EMAIL,
    Channel.PAPER: Queue.PAPER,
}

_MOST_STEPS = 20
"""More steps than the whole procedure has; past it something is wrong, and a person is told."""


@dataclass(frozen=True)
class Advance:
    """Takes decisions, against one database."""

    database: Database
    house: House

    @activity.defn(name=ADVANCE)
    def __call__(self, ask: Ask) -> Advanced:
        while True:
            try:
                return self._advance(ask)
            except feed.BeingNoted:
                with self.database.transaction() as session:
                    bank_feed.wait(session)
            except handing_over.BeingSwitched as switched:
                with self.database.transaction() as session:
                    agency_contracts.wait(session, switched.company_id)

    def _advance(self, ask: Ask) -> Advanced:
        clock = self.house.clock
        now = clock.now(ask.now)
        acting = now if ask.request else clock.acting(ask.planned.step.when, now)
        with self.database.transaction() as session:
            invoice, automation = booking.lock_to_decide(session, ask.invoice_id)
            desk = Desk(session, self.house, invoice, acting, automation=automation)
            missed = desk.unseen(ask.seen)
            desk.see_balance()
            if back := reopened(desk.case, desk.house.calendar, desk.now):
                desk.record(back, reason=back.reason)
            agency_hearing.hear(desk)
            _hear_of_rule(desk)
            _hear_of_rates(desk)
            feed.hear(desk)
            handing_over.hear(desk)
            letters.hear(desk)
            if ask.failure is not None:
                _give_up(desk, ask.failure)
            if ask.unreadable is not None:
                desk.record(RequestRefused(**ask.unreadable.model_dump()), actor="operator")
            refusal = None
            if ask.request is not None:
                refusal = _ask(desk, ask)
                # Again: a release may just have let go what came back to a held invoice.
                letters.hear(desk)
            # Before deciding: what closing forgives must not include a letter that never left.
            letters.call_back(desk)
            recall(desk)
            step = _do_what_is_due(desk)
            if letters.call_back(desk):
                step = _do_what_is_due(desk)
            agency_news.tell(desk)
            desk.project(step)
            # Whoever asks this runs, and has looked at all that was booked before.
            desk.invoice.start_pending = desk.invoice.signal_pending = False
            return Advanced(
                recorded=(*missed, *desk.recorded),
                next=Planned(step=step, wake_at=step.when and clock.real(step.when)),
                errands=_errands(desk),
                rule=desk.rule_name,
                refusal=refusal,
            )


def _do_what_is_due(desk: Desk) -> Step:
    """Perform steps until the next one lies ahead; that one."""
    for _ in range(_MOST_STEPS):
        try:
            step = next_step(desk.case, desk.rule, desk.house.law, desk.house.calendar, desk.now)
            if not step.due(desk.now):
                return step
            if (
                desk.by_itself(step)
                and not handing_over.awaited(desk, step)
                and not feed.awaited(desk, step)
            ):
                perform(desk, step)
        except RateNotPublished as error:
            if desk.lacks_rate(error.half_year):
                desk.record(RateAwaited(half_year=str(error.half_year)))
        except (LawError, RateError) as error:
            desk.record(AttentionNeeded(reason=str(error)))
    desk.record(AttentionNeeded(reason="the procedure does not come to rest; see the log"))
    return next_step(desk.case, desk.rule, desk.house.law, desk.house.calendar, desk.now)


def _hear_of_rule(desk: Desk) -> None:
    """Note that the invoice was moved to another version or another rule."""
    if desk.invoice.rule_version_id != desk.invoice.told_version_id:
        desk.record(RuleChanged(rule_version_id=desk.invoice.rule_version_id, rule=desk.rule_name))


def _hear_of_rates(desk: Desk) -> None:
    """Go on if the reference rate that was waited for is there."""
    awaited = desk.case.awaits_rate
    if awaited is None:
        return
    try:
        there = desk.rates.has(HalfYear.parse(awaited))
    except RateError as error:
        desk.record(AttentionNeeded(reason=str(error)))
        return
    if there:
        desk.record(RatePublished(half_year=awaited))


def perform(
    desk: Desk, step: Step, *, actor: str = AUTOMATION, reason: str = "", key: str | None = None
) -> None:
    """Take one step, now."""
    # A person's own reason stands first; what the law took off is said all the same.
    why = f"{reason}; {step.taken_off}" if reason and step.taken_off else reason or step.why
    match step.kind:
        case StepKind.BECOME_OVERDUE:
            desk.record(BecameOverdue(), actor=actor, reason=why, key=key)
        case StepKind.COURTESY | StepKind.REMIND | StepKind.NOTIFY:
            letters.release(desk, step, actor=actor, reason=why, key=key)
        case StepKind.HAND_OVER:
            handing_over.hand_over(desk, actor=actor, reason=why, key=key)
        case StepKind.CLOSE:
            _close(desk, step.close_as or InvoiceState.PAID, why)
        case StepKind.PROPOSE:
            assert step.letter is not None  # noqa: S101
            desk.record(LetterProposed(letter=step.letter), actor=actor, reason=why)
        case StepKind.WAIT | StepKind.APPROVE:
            raise ValueError(f"a wait is not performed: {step.why}")


def _close(desk: Desk, state: InvoiceState, reason: str) -> None:
    """Close after the principal is covered: what else was asked for is forgiven.

    Money that went to interest while the principal was left open is let go to the principal.
    """
    known = desk.settlement()
    balance = known.balance
    let_go = min(balance.principal_cents, known.paid_interest_cents)
    interest = balance.interest_cents + let_go
    # It may have been closed, and reopened, before.
    key = f"close/{desk.case.seen + 1}"
    desk.book(EntryKind.INTEREST_WAIVED, interest, f"{key}/interest", "principal paid")
    fees = desk.settlement().balance.fees_cents
    desk.book(EntryKind.FEE_WAIVED, fees, f"{key}/fees", "principal paid")
    desk.see_balance()
    agency_file.end(desk)
    desk.record(Closed(state=state, reason=reason), reason=reason)


# ── requests ─────────────────────────────────────────────────────────────────────────────────


def _ask(desk: Desk, ask: Ask) -> str | None:
    """Grant or refuse a request; the refusal, if it was refused."""
    request = ask.request
    assert request is not None  # noqa: S101
    if desk.granted(request.key):
        return None
    try:
        grant(desk, request)
    except (Refused, LawError, RateError) as refused:
        marked = request.key and f"{request.key}/refused"
        if ask.unanswered and not desk.granted(marked):
            desk.record(
                RequestRefused(request=request.kind, reason=str(refused)),
                actor=request.actor,
                reason=request.reason,
                key=marked,
            )
        return str(refused)
    return None


def grant(desk: Desk, request: Request) -> None:
    """Do what a person asks, if it may be done. Raises `Refused`, `LawError`, `RateError`."""
    house = desk.house
    granted = decide(desk.case, request, desk.rule, house.law, house.calendar, desk.now)
    key = request.key
    if isinstance(request, HandOver) and (bar := handing_over.bar(desk)):
        raise Refused(bar)
    if any(isinstance(item, Step) for item in granted) and (stale := feed.bar(desk)):
        raise Refused(
            f"{stale}: read it first, confirm that no payment is unread, or demand less of the bank"
        )
    for item in granted:
        if isinstance(item, Step):
            perform(desk, item, actor=request.actor, reason=request.reason, key=key)
        else:
            if isinstance(item, WithdrawnFromAgency):
                agency_file.take_back(desk, item.reason)
            if isinstance(item, Closed):
                _end(desk, item)
            desk.record(item, actor=request.actor, reason=request.reason, key=key)
        key = None


def _end(desk: Desk, closed: Closed) -> None:
    """What ending by hand means for the agency and the ledger."""
    if desk.case.at_agency:
        agency_file.take_back(desk, closed.reason)
    desk.book(
        EntryKind.WRITE_OFF,
        desk.settlement().balance.open_cents,
        f"close/{closed.state.value}",
        closed.reason,
    )
    desk.see_balance()


# ── errands ──────────────────────────────────────────────────────────────────────────────────


def _give_up(desk: Desk, failure: Failure) -> None:
    """An errand could not be done for as long as its retries went on."""
    if failure.errand.kind is ErrandKind.AGENCY:
        agency_file.give_up(desk, failure.errand.id, failure.reason)
        return
    for notice in letters.outstanding(desk):
        if notice.id == failure.errand.id:
            letters.withdraw(
                desk,
                notice,
                f"could not be sent: {failure.reason}",
                failed=True,
                cut_off=notice.status == letters.SENDING,
            )


def _errands(desk: Desk) -> tuple[Errand, ...]:
    carried = [
        Errand(
            kind=ErrandKind.LETTER,
            id=notice_id,
            queue=_QUEUES[channel],
            summary=f"{letter.kind.value} {letter.round} by {channel.value}",
        )
        for letter in desk.case.all_letters
        if not letter.sent and (notice_id := letter.notice_id) and (channel := letter.channel)
    ]
    if message := agency_file.next_message(desk):
        carried.append(
            Errand(
                kind=ErrandKind.AGENCY,
                id=message.id,
                queue=Queue.AGENCY,
                summary=f"tell {agency_file.agency(desk, message)}: {message.kind}",
            )
        )
    return tuple(carried)
