"""Messages to an agency that were refused or given up, sent again by a person."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from activities import agency_file
from activities.desk import Desk, House
from domain.agency import LineStatus, MessageKind
from domain.outcomes import HoldReleased
from starter.people import NotDone, Unknown
from store import agency_line, audit, booking, outbox
from store.agency_line import Said
from store.people import Place
from store.scope import Scope
from store.tables import AgencyMessage


def resend(
    session: Session,
    scope: Scope,
    place: Place,
    message_id: int,
    *,
    house: House,
    actor: str,
    business_now: datetime,
    real_now: datetime,
) -> Said:
    """Put a message back in line, as it is and under its own key; its invoice is in the outbox.

    Raises `Unknown` and `NotDone`.
    """
    said = agency_line.message(session, scope, message_id)
    if said is None:
        raise Unknown(
            f"there is no message {message_id} to an agency here",
            "list them: `karhu agency messages`, or GET the company's agency/messages",
        )
    invoice = booking.lock(session, said.invoice_id)
    row = session.exec(
        select(AgencyMessage)
        .where(AgencyMessage.id == message_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if row.direction != "out" or not LineStatus(row.status).resendable:
        raise NotDone(
            f"message {message_id} ({row.kind}) of invoice {said.number} is {row.status}",
            "only one that was refused or given up is sent again",
        )
    if row.kind == MessageKind.ASSIGNMENT and row.status == LineStatus.REFUSED:
        raise NotDone(
            f"message {message_id}: the agency refused the assignment, and invoice"
            f" {said.number} is the company's own again",
            "mend what it named, and hand the invoice over anew",
        )
    desk = Desk(session, house, invoice, business_now)
    if row.error and row.error in (desk.case.attention or ""):
        again = f"the {row.kind.replace('_', ' ')} is sent again"
        desk.record(HoldReleased(holds=(), reason=again), actor=actor, reason=again)
        desk.project()
    agency_file.send_again(desk, row)
    if desk.case.closed:
        outbox.start_anew(session, [invoice.id], closed=True)
    else:
        outbox.look_again(session, [invoice.id])
    about = f"agency_message:{message_id}"
    audit.note(session, real_now, actor, "agency_message.resent", about, place, kind=row.kind)
    return Said(row, said.agency, said.case_reference, said.invoice_id, said.number)
