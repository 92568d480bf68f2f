"""A request looked at before it is made: granted by what grants requests, and undone at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from activities.advance import grant
from activities.desk import Desk, House
from domain.interest import RateError
from domain.law import LawError
from domain.ledger import UnbalancedEntry
from domain.outcomes import AttentionNeeded, HandedOver, LetterReleased
from domain.requests import Refused, Request
from store.tables import Company, Invoice


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would come of it now. `refused`: why not; "" if it would be done.

    `letter`, `channel`: the letter that would leave. Cents: `fee_cents` and `interest_cents` are
    the debtor's, `service_cents` the company's. `service`: the agency's, if it is handed over.
    """

    refused: str = ""
    letter: str = ""
    channel: str = ""
    fee_cents: int = 0
    interest_cents: int = 0
    service_cents: int = 0
    service: str = ""


def rehearse(
    session: Session, house: House, invoice_id: int, request: Request, now: datetime
) -> Rehearsed:
    """What a request would do at the business instant `now`.

    Whoever calls rolls the transaction back: nothing of it may stay.
    """
    invoice, automation = session.exec(
        select(Invoice, Company.automation)
        .join(Company, col(Company.id) == col(Invoice.company_id))
        .where(Invoice.id == invoice_id)
    ).one()
    desk = Desk(session, house, invoice, now, automation=automation)
    try:
        desk.see_balance()
        grant(desk, request)
    except (Refused, LawError, RateError, UnbalancedEntry) as refused:
        return Rehearsed(refused=str(refused))
    found = Rehearsed()
    for recorded in desk.recorded:
        match recorded.outcome:
            case AttentionNeeded(reason=reason):
                return Rehearsed(refused=reason)
            case HandedOver(file=file):
                found = Rehearsed(service=file.service.value)
            case LetterReleased(letter=letter) as released:
                found = Rehearsed(
                    letter=letter.kind.value,
                    channel=letter.channel.value if letter.channel else "",
                    fee_cents=letter.fee_cents,
                    interest_cents=released.interest_cents,
                    service_cents=released.service_cents,
                )
            case _:
                pass
    return found
