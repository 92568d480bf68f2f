"""Letters on the desk: charging and releasing one, and taking one back that has not left."""

from __future__ import annotations

from decimal import Decimal

from sqlmodel import Session, col, select

from activities.desk import Desk
from domain.interest import InterestResult, late_interest
from domain.ledger import EntryKind, principal_history
from domain.outcomes import AttentionNeeded, LetterReleased, LetterWithdrawn
from domain.procedure import Step, draft_letter
from domain.states import Channel, LetterKind
from domain.tariff import SERVICE_CENTS, TRANSACTION_CENTS
from store.tables import Customer, Notice, ServiceCharge

RELEASED = "released"
SENDING = "sending"
SENT = "sent"
WITHDRAWN = "withdrawn"


def reachable_by(customer: Customer, channel: Channel) -> bool:
    """Whether the customer has the address that the channel needs."""
    if channel is Channel.EMAIL:
        return bool(customer.email)
    return has_postal_address(customer)


def has_postal_address(customer: Customer) -> bool:
    return all((customer.name, customer.street, customer.postcode, customer.city))


def missing(desk: Desk) -> str | None:
    """What a letter needs of the creditor and the invoice, and is not there."""
    if not (desk.company.street or desk.company.city):
        return "the company's postal address, which the law wants in a letter (513/1999 5 a §)"
    if not desk.invoice.iban:
        return "the account that the invoice is to be paid to"
    return None


def interest_to_date(desk: Desk) -> InterestResult:
    """Late interest from the due date through today, under the rule. Raises RateNotPublished."""
    if desk.rule is not None and not desk.rule.interest:
        return InterestResult(0, ())
    rate = desk.invoice.contract_rate
    return late_interest(
        principal_history(desk.entries()),
        desk.case.due,
        desk.today,
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
    channels = desk.rule.channels if desk.rule else tuple(Channel)
    channel = next((c for c in channels if reachable_by(desk.customer, c)), None)
    if channel is None:
        desk.record(
            AttentionNeeded(
                reason="the customer cannot be reached: add an e-mail address or a complete"
                " postal address to the customer, then release"
            )
        )
        return
    letter = draft_letter(step, desk.case, channel, desk.house.law, desk.house.calendar, desk.today)
    accrued = interest_to_date(desk).cents
    known = desk.settlement()
    claimed = (
        known.balance.interest_cents + known.paid_interest_cents + known.forgiven_interest_cents
    )
    interest = max(0, accrued - claimed)
    notice = Notice(
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
        message_id=f"{letter.kind.value}-{letter.round}-{desk.invoice.id}-{desk.company.business_id}",
    )
    desk.session.add(notice)
    desk.session.flush()
    desk.book(EntryKind.INTEREST, interest, f"notice/{notice.id}/interest")
    desk.book(EntryKind.FEE, letter.fee_cents, f"notice/{notice.id}/fee")
    service = _charge(desk, notice.id, channel)
    desk.record(
        LetterReleased(
            letter=letter.model_copy(update={"notice_id": notice.id}),
            interest_cents=interest,
            service_cents=service,
        ),
        actor=actor,
        reason=reason,
        key=key,
    )
    desk.see_balance()


def _charge(desk: Desk, notice_id: int, channel: Channel) -> int:
    prices = {"service": SERVICE_CENTS, "transaction": TRANSACTION_CENTS[channel]}
    for kind, cents in prices.items():
        desk.session.add(
            ServiceCharge(
                company_id=desk.company.id,
                notice_id=notice_id,
                kind=kind,
                amount_cents=cents,
                charged_at=desk.now,
            )
        )
    return sum(prices.values())


def why_not(desk: Desk, notice: Notice) -> str | None:
    """Why a released letter must not leave any more, if so."""
    case = desk.case
    if case.closed:
        return f"the invoice was {case.state.value} before the letter left"
    if case.principal_cents <= 0:
        return "the principal was paid before the letter left"
    holds = [hold for hold in case.active_holds(desk.today) if hold.kind.stops_letters]
    if holds:
        return f"the invoice was held ({holds[0].kind.value}) before the letter left"
    if case.state is not LetterKind(notice.kind).leads_to:
        return f"the invoice was set to {case.state.value} before the letter left"
    return None


def call_back(desk: Desk) -> bool:
    """Withdraw the released letters that must not leave any more; whether there were any.

    One that may be on the wire is left alone: it finishes by itself.
    """
    called = False
    for notice in outstanding(desk.session, desk.invoice.id):
        if notice.status == RELEASED and (why := why_not(desk, notice)):
            withdraw(desk, notice, why)
            called = True
    return called


def withdraw(desk: Desk, notice: Notice, reason: str, *, failed: bool = False) -> None:
    """Take back a letter that has not left: nobody pays for it."""
    notice.status = WITHDRAWN
    notice.content = None
    notice.last_error = reason
    desk.session.add(notice)
    # No more than is still claimed: closing may have forgiven some of it.
    known = desk.settlement()
    fee = min(notice.fee_cents, known.balance.fees_cents + known.paid_fees_cents)
    interest = min(notice.interest_cents, known.balance.interest_cents + known.paid_interest_cents)
    desk.book(EntryKind.FEE_WAIVED, fee, f"notice/{notice.id}/fee/back", reason)
    desk.book(EntryKind.INTEREST_WAIVED, interest, f"notice/{notice.id}/interest/back", reason)
    charges = desk.session.exec(select(ServiceCharge).where(ServiceCharge.notice_id == notice.id))
    for charge in charges.all():
        desk.session.add(
            ServiceCharge(
                company_id=charge.company_id,
                notice_id=notice.id,
                kind=charge.kind,
                reversal=True,
                amount_cents=-charge.amount_cents,
                charged_at=desk.now,
            )
        )
    desk.record(LetterWithdrawn(notice_id=notice.id, reason=reason, failed=failed))
    desk.see_balance()


def outstanding(session: Session, invoice_id: int) -> list[Notice]:
    """Letters of the invoice that have been released and have not left for certain."""
    rows = session.exec(
        select(Notice)
        .where(Notice.invoice_id == invoice_id, col(Notice.status).in_([RELEASED, SENDING]))
        .order_by(col(Notice.id))
    )
    return list(rows)
