"""The activity that says one message to the collection agency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from pydantic import TypeAdapter
from sqlmodel import Session
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import agency_file
from activities.desk import Desk, House
from domain.agency import (
    Assignment,
    ContactChange,
    CreditNotice,
    DirectPayment,
    DisputeNotice,
    MessageKind,
    OutgoingMessage,
    PaymentReversal,
    Withdrawal,
)
from integrations.agency import (
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
    """Says messages, each with its idempotency key: saying one again does nothing twice."""

    database: Database
    house: House
    agency: AgencyClient

    @activity.defn(name=TELL_AGENCY)
    def __call__(self, message_id: int) -> Carried:
        with self.database.transaction() as session:
            row = session.get_one(AgencyMessage, message_id)
            file = session.get_one(AgencyCase, row.agency_case_id)
            if row.status != agency_file.WAITING:
                return Carried(replan=True)
            row.attempts += 1
            session.add(row)
            agency_case_id, message = file.agency_case_id, _MESSAGE.validate_python(row.body)
        try:
            receipt = self._say(agency_case_id, message)
        except AgencyRefused as refusal:
            return self._refused(message_id, refusal)
        except (AgencyUnavailable, AgencyUnsure) as failure:
            self._note(message_id, str(failure))
            after = getattr(failure, "retry_after_seconds", None)
            raise ApplicationError(
                str(failure),
                type=type(failure).__name__,
                next_retry_delay=timedelta(seconds=after) if after else None,
            ) from failure
        return self._acknowledged(message_id, receipt)

    def _say(self, agency_case_id: str, message: OutgoingMessage) -> Receipt:
        match message:
            case Assignment():
                return self.agency.assign(message)
            case Withdrawal():
                return self.agency.withdraw(agency_case_id, message)
            case DirectPayment():
                return self.agency.direct_payment(agency_case_id, message)
            case PaymentReversal():
                return self.agency.payment_reversal(agency_case_id, message)
            case CreditNotice():
                return self.agency.credit(agency_case_id, message)
            case DisputeNotice():
                return self.agency.dispute(agency_case_id, message)
            case ContactChange():
                return self.agency.change_contact(agency_case_id, message)
            case _:
                assert_never(message)

    def _acknowledged(self, message_id: int, receipt: Receipt) -> Carried:
        with self.database.transaction() as session:
            row = session.get_one(AgencyMessage, message_id)
            desk = self._desk(session, row)
            row.status = agency_file.ACKNOWLEDGED
            row.error = ""
            file = session.get_one(AgencyCase, row.agency_case_id)
            file.agency_case_id = receipt.agency_case_id
            file.accepted_at = file.accepted_at or desk.now
            session.add_all([row, file])
            session.flush()
            return Carried(replan=agency_file.next_message(desk) is not None)

    def _refused(self, message_id: int, refusal: AgencyRefused) -> Carried:
        with self.database.transaction() as session:
            row = session.get_one(AgencyMessage, message_id)
            desk = self._desk(session, row)
            if refusal.code == _TOO_LATE and row.kind != MessageKind.PAYMENT_REVERSAL:
                row.status = agency_file.ACKNOWLEDGED
                row.error = str(refusal)
                session.add(row)
            else:
                agency_file.refused(desk, row, refusal.reason)
                desk.project()
            return Carried(recorded=tuple(desk.recorded), replan=True)

    def _note(self, message_id: int, error: str) -> None:
        with self.database.transaction() as session:
            row = session.get_one(AgencyMessage, message_id)
            row.error = error
            session.add(row)

    def _desk(self, session: Session, row: AgencyMessage) -> Desk:
        file = session.get_one(AgencyCase, row.agency_case_id)
        now = self.house.clock.now(activity.info().started_time)
        return Desk(session, self.house, booking.lock(session, file.invoice_id), now)
