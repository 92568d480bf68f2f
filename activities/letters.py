"""Letters on the desk: charging and releasing one, sending it another way, taking it back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import insert
from sqlmodel import col, select

from activities import charges, reach
from activities.desk import Desk
from domain.actors import AUTOMATION
from domain.gates import letter_due
from domain.interest import InterestResult, late_interest
from domain.ledger import EntryKind, principal_history
from domain.outcomes import AttentionNeeded, LetterReleased, LetterRerouted, LetterWithdrawn
from domain.procedure import draft_letter
from domain.rule import Sending
from domain.states import Channel, InvoiceState, LetterKind
from domain.steps import Step
from store.tables import Notice

RELEASED = "released"
SENDING = "sending"
SENT = "sent"
BOUNCED = "bounced"
RETURNED = "returned"
WITHDRAWN = "withdrawn"


def missing(desk: Desk) -> str | None:
    """What a letter needs of the creditor and the invoice, and is not there."""
    if not (desk.company.street or desk.company.city):
        return "the company's postal address, which the law wants in a letter (513/1999 5 a §)"
    if not desk.invoice.iban:
        return "the account that the invoice is to be paid to"
    return None


def interest_to_date(desk: Desk, through: date | None = None) -> InterestResult:
    """Late interest from the due date through a day (None: today), under the rule.

    Raises RateNotPublished.
    """
    if desk.rule is not None and not desk.rule.interest:
        return InterestResult(0, ())
    rate = desk.invoice.contract_rate
    return late_interest(
        principal_history(desk.entries()),
        desk.case.due,
        through or desk.today,
        desk.case.debtor,
        Decimal(rate) if rate else None,
        desk.house.day_count,
        rates=desk.rates,
        law=desk.house.law,
        calendar=desk.house.calendar,
    )


def release(desk: Desk, step: Step, *, actor: str, reason: str, key: str | None) -> None:
    """Charge the debtor and the company, and release the letter: all of it, or nothing."""
    if lacks := missing(desk):
        desk.record(AttentionNeeded(reason=f"no letter can be written without {lacks}"))
        return
    channel = reach.choose(desk, step.kind.letter)
    if channel is None:
        desk.record(AttentionNeeded(reason=reach.NOBODY))
        return
    letter = draft_letter(step, desk.case, channel, desk.house.law, desk.house.calendar, desk.today)
    accrued = interest_to_date(desk).cents
    known = desk.settlement()
    claimed = (
        known.balance.interest_cents + known.paid_interest_cents + known.forgiven_interest_cents
    )
    # A friendly reminder asks for what was invoiced, and for nothing more.
    interest = 0 if letter.kind is LetterKind.COURTESY else max(0, accrued - claimed)
    notice_id: int = desk.session.execute(
        insert(Notice)
        .values(
            invoice_id=desk.invoice.id,
            kind=letter.kind.value,
            round=letter.round,
            channel=channel.value,
            status=RELEASED,
            fee_cents=letter.fee_cents,
            interest_cents=interest,
            released_at=desk.now,
            letter_date=letter.on,
            due=letter.due,
            attempts=0,
            last_error="",
            approved_by=_approver(desk, letter.kind, actor),
            message_id=(
                f"{letter.kind.value}-{letter.round}-{desk.invoice.id}-{desk.company.business_id}"
            ),
        )
        .returning(col(Notice.id))
    ).scalar_one()
    desk.book_all(
        [
            (EntryKind.INTEREST, interest, f"notice/{notice_id}/interest"),
            (EntryKind.FEE, letter.fee_cents, f"notice/{notice_id}/fee"),
        ]
    )
    service = charges.charge(desk, notice_id, channel)
    desk.record(
        LetterReleased(
            letter=letter.model_copy(update={"notice_id": notice_id}),
            interest_cents=interest,
            service_cents=service,
        ),
        actor=actor,
        reason=reason,
        key=key,
    )
    desk.see_balance()


def _approver(desk: Desk, kind: LetterKind, actor: str) -> str:
    """Who approves a letter by releasing it; "" if it needs nobody's approval."""
    ruled = desk.rule is not None and desk.rule.sending is Sending.ON_APPROVAL
    return actor if actor != AUTOMATION and (ruled or desk.case.proposed is kind) else ""


def why_not(desk: Desk, notice: Notice) -> str | None:
    """Why a released letter must not leave any more, if so."""
    if why := _moved_on(desk, LetterKind(notice.kind)):
        return why
    return _SWITCHED_OFF if _switched_off(desk, notice) else None


def _moved_on(desk: Desk, kind: LetterKind) -> str | None:
    """What has come between a letter and its leaving, of the invoice itself."""
    case = desk.case
    if case.closed:
        return f"the invoice was {case.state.value} before the letter left"
    if case.principal_cents <= 0:
        return "the principal was paid before the letter left"
    if held := _stopped(desk):
        return f"the invoice was held ({held}) before the letter left"
    if case.state not in _carried_in(kind):
        return f"the invoice was set to {case.state.value} before the letter left"
    return None


_SWITCHED_OFF = "the automation was switched off before the letter left"


def _switched_off(desk: Desk, notice: Notice) -> bool:
    """Whether the letter is the automation's, and that is off. What a person sent goes on."""
    return not desk.automation and desk.released_by(notice.id) == AUTOMATION


def call_back(desk: Desk) -> bool:
    """Withdraw the released letters that must not leave any more; whether there were any.

    One that may be on the wire is left alone: it finishes by itself.
    """
    waiting = [letter.kind for letter in desk.case.all_letters if not letter.sent]
    if not waiting or (desk.automation and not any(_moved_on(desk, kind) for kind in waiting)):
        return False
    called = False
    for notice in outstanding(desk):
        if notice.status == RELEASED and (why := why_not(desk, notice)):
            withdraw(desk, notice, why)
            called = True
    return called


def hear(desk: Desk) -> None:
    """Send the letters that came back another way, if they are still to be sent."""
    if not desk.case.rounds:
        return  # None was ever released.
    for notice in _with_status(desk, BOUNCED):
        why = _moved_on(desk, LetterKind(notice.kind))
        if why is None and _switched_off(desk, notice):
            continue  # It goes on when the automation does.
        if why is None:
            fail(desk, notice, f"came back: {notice.last_error}")
        elif desk.case.closed or desk.case.principal_cents <= 0:
            _keep_returned(desk, notice)
        elif _stopped(desk) is None:
            # What came after it was decided as if it had arrived: a person should know.
            _keep_returned(desk, notice)
            desk.record(
                AttentionNeeded(
                    reason=f"the {notice.kind} of {notice.letter_date} came back after the invoice"
                    f" had moved on: {notice.last_error}. Correct the customer's addresses, then"
                    " release"
                )
            )
        # A held invoice's letter waits for the release.


def fail(desk: Desk, notice: Notice, reason: str) -> None:
    """A channel refuses the letter for good or gave it back: try the next one, else give up."""
    tried = charges.channels_tried(desk, notice)
    channel = reach.choose(desk, LetterKind(notice.kind), tried)
    if channel is not None:
        reroute(desk, notice, channel, f"by {notice.channel} the {notice.kind} {reason}")
        return
    withdraw(
        desk,
        notice,
        f"by {notice.channel} the {notice.kind} {reason}. The customer can be reached in no other"
        " way: correct the addresses, then release",
        failed=True,
    )


def reroute(desk: Desk, notice: Notice, channel: Channel, reason: str) -> None:
    """Release the same letter to another channel, with a new due date and the fee it has.

    The company pays the service charge once, and the price of the channel that carries it.
    """
    charges.reverse(desk, notice, charges.TRANSACTION)
    price = charges.charge_transaction(desk, notice.id, channel)
    notice.channel = channel.value
    notice.status = RELEASED
    notice.content = None
    notice.released_at = desk.now
    notice.letter_date = desk.today
    notice.due = due_today(desk, notice)
    notice.sent_at = None
    notice.attempts = 0
    notice.last_error = reason
    desk.session.add(notice)
    desk.record(
        LetterRerouted(
            notice_id=notice.id,
            channel=channel,
            on=notice.letter_date,
            due=notice.due,
            transaction_cents=price,
            reason=reason,
        ),
        reason=reason,
    )


def due_today(desk: Desk, notice: Notice) -> date:
    """The due date that the letter gives if it leaves today."""
    kind, channel = LetterKind(notice.kind), Channel(notice.channel)
    house = desk.house
    return letter_due(kind, desk.case, channel, house.law, house.calendar, desk.today)


def withdraw(
    desk: Desk, notice: Notice, reason: str, *, failed: bool = False, cut_off: bool = False
) -> None:
    """Take back a letter that has not left, or came back: nobody pays for it.

    `cut_off`: an attempt was, so the letter may be with the debtor all the same. What it says is
    kept then, for whoever is asked about it.
    """
    if cut_off:
        reason = f"{reason}; an attempt was cut off, so it may have reached the debtor all the same"
    else:
        notice.content = None
    notice.status = WITHDRAWN
    notice.last_error = reason
    desk.session.add(notice)
    # No more than is still claimed: closing may have forgiven some of it.
    known = desk.settlement()
    fee = min(notice.fee_cents, known.balance.fees_cents + known.paid_fees_cents)
    interest = min(notice.interest_cents, known.balance.interest_cents + known.paid_interest_cents)
    desk.book(EntryKind.FEE_WAIVED, fee, f"notice/{notice.id}/fee/back", reason)
    desk.book(EntryKind.INTEREST_WAIVED, interest, f"notice/{notice.id}/interest/back", reason)
    charges.reverse(desk, notice, charges.SERVICE, charges.TRANSACTION)
    desk.record(LetterWithdrawn(notice_id=notice.id, reason=reason, failed=failed))
    desk.see_balance()


def outstanding(desk: Desk) -> list[Notice]:
    """Letters of the invoice that have been released and have not left for certain."""
    if all(letter.sent for letter in desk.case.all_letters):
        return []
    return _with_status(desk, RELEASED, SENDING)


def _carried_in(kind: LetterKind) -> frozenset[InvoiceState]:
    """The states in which a letter that was released may still leave."""
    if kind.leads_to is None:
        return frozenset({InvoiceState.OPEN, InvoiceState.OVERDUE})
    return frozenset({kind.leads_to})


def _with_status(desk: Desk, *status: str) -> list[Notice]:
    rows = desk.session.exec(
        select(Notice)
        .where(Notice.invoice_id == desk.invoice.id, col(Notice.status).in_(status))
        .order_by(col(Notice.id))
    )
    return list(rows)


def _stopped(desk: Desk) -> str | None:
    """The hold that stops letters, if there is one."""
    holds = desk.case.active_holds(desk.today)
    return next((hold.kind.value for hold in holds if hold.kind.stops_letters), None)


def _keep_returned(desk: Desk, notice: Notice) -> None:
    notice.status = RETURNED
    desk.session.add(notice)
