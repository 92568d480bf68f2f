"""The activity that says one message to the collection agency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from pydantic import TypeAdapter
from sqlmodel import Session, select
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import agency_documents, agency_file
from activities.desk import Desk, House
from activities.recall import may_leave, recall
from domain.agency import (
    Assignment,
    ContactChange,
    CreditNotice,
    DirectPayment,
    DisputeNotice,
    LineStatus,
    MessageKind,
    OutgoingMessage,
    PaymentReversal,
    Withdrawal,
)
from integrations.agency import (
    Agencies,
    AgencyClient,
    AgencyRefused,
    AgencyUnavailable,
    AgencyUnsure,
    Receipt,
)
from store import booking
from store.database import Database
from store.tables import AgencyCase, AgencyMessage
from workflows.contract import TELL_AGENCY, Carried

_MESSAGE: TypeAdapter[OutgoingMessage] = TypeAdapter(OutgoingMessage)

# The case ended at the agency before our message came: there is nobody left to tell. Unless the
# message is that the debt is open again: then somebody here must know.
_TOO_LATE = "case_closed"


@dataclass(frozen=True)
class TellAgency:
    """Says messages to the agency that has the case, each with its idempotency key. One that the
    agency may have already is said again only if it does not say that it has it."""

    database: Database
    house: House
    agencies: Agencies

    @activity.defn(name=TELL_AGENCY)
    def __call__(self, message_id: int) -> Carried:
        if recalled := self._recalled(message_id):
            return recalled
        with self.database.transaction() as session:
            row = session.exec(
                select(AgencyMessage).where(AgencyMessage.id == message_id).with_for_update()
            ).one()
            before = LineStatus(row.status)
            if not before.in_line:
                return Carried(replan=True)
            about = self._about(session, row)
            name = about.agency
            # Before it is sent: whoever is cut off has perhaps sent it.
            row.status = LineStatus.SENT
            row.attempts += 1
            session.add(row)
            message = _MESSAGE.validate_python(row.body)
            message = message.model_copy(update={"case_reference": about.reference})
            letters = agency_documents.letters(session, row)
        if isinstance(message, Assignment):
            documents = agency_documents.typeset(letters)
            message = message.model_copy(update={"documents": documents})
        try:
            agency = self.agencies.of(name)
            receipt = None
            if before is LineStatus.SENT:
                receipt = agency.said_before(about.agency_case_id, message)
            if receipt is None:
                with self.database.transaction() as session:
                    if before is LineStatus.WAITING:
                        _see_that_it_may_leave(session, message_id, about.reference)
                    receipt = _say(agency, about.agency_case_id, message)
        except AgencyRefused as refusal:
            return self._refused(message_id, refusal)
        except (AgencyUnavailable, AgencyUnsure) as failure:
            not_taken = isinstance(failure, AgencyUnavailable)
            self._note(message_id, str(failure), before if not_taken else LineStatus.SENT)
            after = getattr(failure, "retry_after_seconds", None)
            raise ApplicationError(
                str(failure),
                type=type(failure).__name__,
                next_retry_delay=timedelta(seconds=after) if after else None,
            ) from failure
        return self._acknowledged(message_id, receipt)

    def _recalled(self, message_id: int) -> Carried | None:
        """What came of it, if the agency is not to be told of its case any more."""
        with self.database.transaction() as session:
            row = session.get_one(AgencyMessage, message_id)
            if row.kind != MessageKind.ASSIGNMENT:
                return None
            desk = self._desk(session, row)
            if desk.keep_automation() or not recall(desk):
                return None
            desk.project()
            return Carried(recorded=tuple(desk.recorded), replan=True)

    def _about(self, session: Session, row: AgencyMessage) -> AgencyCase:
        """The case that the message is said of: where the claim goes on, if its own was merged.

        Always the same, once it was sent: the agency may have it. A withdrawal is of its own case
        alone: the other one has other invoices' claims in it.
        """
        file = session.get_one(AgencyCase, row.agency_case_id)
        if row.kind in {MessageKind.ASSIGNMENT, MessageKind.WITHDRAWAL}:
            return file
        row.said_of_id = row.said_of_id or file.merged_into_id or file.id
        return session.get_one(AgencyCase, row.said_of_id)

    def _acknowledged(self, message_id: int, receipt: Receipt) -> Carried:
        with self.database.transaction() as session:
            row = session.get_one(AgencyMessage, message_id)
            desk = self._desk(session, row)
            row.status = LineStatus.ACKNOWLEDGED
            row.error = ""
            if row.kind == MessageKind.ASSIGNMENT:
                file = session.get_one(AgencyCase, row.agency_case_id)
                file.agency_case_id = receipt.agency_case_id
                file.accepted_at = file.accepted_at or desk.now
                session.add(file)
            session.add(row)
            session.flush()
            return Carried(replan=agency_file.next_message(desk) is not None)

    def _refused(self, message_id: int, refusal: AgencyRefused) -> Carried:
        with self.database.transaction() as session:
            row = session.get_one(AgencyMessage, message_id)
            desk = self._desk(session, row)
            session.refresh(row)
            if not LineStatus(row.status).in_line:
                return Carried(replan=True)
            too_late = refusal.code == _TOO_LATE
            file = session.get_one(AgencyCase, row.agency_case_id)
            if too_late and file.merged_into_id not in {None, row.said_of_id}:
                # Not taken there; it is said again where the claim goes on.
                row.status = LineStatus.WAITING
                row.said_of_id = file.merged_into_id
                session.add(row)
            elif too_late and row.kind != MessageKind.PAYMENT_REVERSAL:
                row.status = LineStatus.VOID
                row.error = str(refusal)
                session.add(row)
            else:
                agency_file.refused(desk, row, refusal.reason)
                desk.project()
            return Carried(recorded=tuple(desk.recorded), replan=True)

    def _note(self, message_id: int, error: str, status: LineStatus) -> None:
        with self.database.transaction() as session:
            row = session.exec(
                select(AgencyMessage).where(AgencyMessage.id == message_id).with_for_update()
            ).one()
            if LineStatus(row.status).in_line:
                row.status = status
                row.error = error
                session.add(row)

    def _desk(self, session: Session, row: AgencyMessage) -> Desk:
        file = session.get_one(AgencyCase, row.agency_case_id)
        now = self.house.clock.now(activity.info().started_time)
        return Desk(session, self.house, booking.lock(session, file.invoice_id), now)


def _see_that_it_may_leave(session: Session, message_id: int, reference: str) -> None:
    """Raises `AgencyUnavailable` if the automation was switched off this moment: the next attempt
    recalls what it handed over."""
    if not may_leave(session, message_id):
        raise AgencyUnavailable(reference, "the automation is switched off")


def _say(agency: AgencyClient, agency_case_id: str, message: OutgoingMessage) -> Receipt:
    match message:
        case Assignment():
            return agency.assign(message)
        case Withdrawal():
            return agency.withdraw(agency_case_id, message)
        case DirectPayment():
            return agency.direct_payment(agency_case_id, message)
        case PaymentReversal():
            return agency.payment_reversal(agency_case_id, message)
        case CreditNotice():
            return agency.credit(agency_case_id, message)
        case DisputeNotice():
            return agency.dispute(agency_case_id, message)
        case ContactChange():
            return agency.change_contact(agency_case_id, message)
        case _:
            assert_never(message)
