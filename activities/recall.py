"""A hand-over that the automation has recorded, recalled: it was switched off before the agency was
told."""

from __future__ import annotations

from sqlmodel import Session, col, select

from activities import agency_file
from activities.desk import Desk
from domain.actors import AUTOMATION
from domain.agency import LineStatus, MessageKind
from domain.outcomes import WithdrawnFromAgency
from store import automation
from store.tables import AgencyCase, AgencyMessage, Event, Invoice

_REASON = "the automation was switched off before the agency was told"


def recall(desk: Desk) -> bool:
    """Take the invoice back if the agency is not to be told of it any more; whether it was.

    An agency that may have been told already is told of both: the assignment, which is said until
    there is an answer, and the withdrawal behind it. What a person approved goes on.
    """
    if desk.automation or not desk.case.at_agency or desk.case.agency is None:
        return False
    file_id = desk.case.agency.case_id
    row = desk.session.exec(
        select(AgencyMessage)
        .where(
            AgencyMessage.agency_case_id == file_id,
            AgencyMessage.kind == MessageKind.ASSIGNMENT,
            AgencyMessage.direction == "out",
        )
        .with_for_update()
    ).first()
    if row is None or not LineStatus(row.status).in_line:
        return False
    if not _by_itself(desk.session, desk.invoice.id, file_id):
        return False
    if row.status == LineStatus.SENT:
        agency_file.take_back(desk, _REASON)
    else:
        row.status = LineStatus.VOID
        row.error = _REASON
        agency_file.end(desk)
        desk.session.add(row)
    desk.record(WithdrawnFromAgency(reason=_REASON), reason=_REASON)
    return True


def may_leave(session: Session, message_id: int) -> bool:
    """Whether a message may be said now. Of an assignment by the automation, that is switched by
    nobody before this transaction ends."""
    row, file, invoice = session.exec(
        select(AgencyMessage, AgencyCase, Invoice)
        .join(AgencyCase, col(AgencyCase.id) == col(AgencyMessage.agency_case_id))
        .join(Invoice, col(Invoice.id) == col(AgencyCase.invoice_id))
        .where(AgencyMessage.id == message_id)
    ).one()
    if row.kind != MessageKind.ASSIGNMENT or automation.keep_as_it_is(session, invoice.company_id):
        return True
    return not _by_itself(session, invoice.id, file.id)


def _by_itself(session: Session, invoice_id: int, file_id: int) -> bool:
    """Whether the automation handed the invoice over, and nobody had approved that."""
    events = session.exec(
        select(Event)
        .where(
            Event.invoice_id == invoice_id,
            col(Event.kind).in_(["hand_over_approved", "handed_over", "state_set", "reopened"]),
        )
        .order_by(col(Event.seq))
    )
    approved = False
    for event in events:
        if event.kind == "handed_over" and event.outcome["file"]["case_id"] == file_id:
            return event.actor == AUTOMATION and not approved
        approved = event.kind == "hand_over_approved"
    return False
