"""The line of messages to the agency: what is refused, given up, unsure, void, and sent again."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.desk import House
from activities.tell_agency import TellAgency
from domain import requests
from domain.agency import CollectionStatus, StatusMessage
from domain.law import DebtorClass
from domain.states import InvoiceState
from integrations.agency import Agencies, IntrumClient
from starter import agency_messages
from starter.people import NotDone
from store import booking, hearing, parties, people
from store.scope import Scope
from store.tables import AgencyCase, AgencyMessage, Company, Customer, Invoice
from tests.activities.office import Office
from tests.books import MONDAY
from tests.integrations import agency_support
from workflows.contract import Advanced, Carried, Errand, ErrandKind, Failure, Queue

LATER = MONDAY + timedelta(days=30, hours=3)
MUCH_LATER = MONDAY + timedelta(days=65, hours=3)


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IntrumClient]:
    """A real sandbox over HTTP."""
    folder: Path = tmp_path_factory.mktemp("agency")
    with agency_support.serving(agency_support.settings(folder)) as client:
        yield client


@pytest.fixture(scope="module")
def nobody() -> Iterator[IntrumClient]:
    """Where no agency answers: what is sent is certainly not taken."""
    with IntrumClient("http://127.0.0.1:9", "", "", timeout=1) as client:
        yield client


@dataclass
class Line:
    """An invoice that is handed over, and the line of its messages."""

    office: Office
    invoice: Invoice

    def ask(self, *wishes: requests.Request, failure: Failure | None = None) -> Advanced:
        row = self.office.invoice(self.invoice.id)
        request = wishes[0] if wishes else None
        ask = self.office.ask(row, MUCH_LATER, seen=row.last_event, request=request)
        return self.office.advance(ask.model_copy(update={"failure": failure}))

    def tell(self, agency: IntrumClient, message_id: int, now: datetime = MUCH_LATER) -> Carried:
        attempt = TellAgency(
            self.office.database, House(self.office.clock), Agencies({"intrum": agency})
        )
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(environment.info, started_time=now)
        carried: Carried = environment.run(attempt, message_id)
        return carried

    def given_up(self, message_id: int) -> Advanced:
        errand = Errand(
            kind=ErrandKind.AGENCY, id=message_id, queue=Queue.AGENCY, summary="tell Intrum"
        )
        return self.ask(failure=Failure(errand=errand, reason="no answer for days"))

    @property
    def messages(self) -> list[AgencyMessage]:
        return self.office.messages(self.invoice)

    @property
    def statuses(self) -> list[tuple[str, str]]:
        return [(row.kind, row.status) for row in self.messages]

    @property
    def row(self) -> Invoice:
        return self.office.invoice(self.invoice.id)

    def change(self, message_id: int, **fields: object) -> None:
        with self.office.database.transaction() as session:
            there = session.get_one(AgencyMessage, message_id)
            for name, value in fields.items():
                setattr(there, name, value)

    def pay(self, cents: int, key: str) -> None:
        with self.office.database.transaction() as session:
            row = booking.lock(session, self.invoice.id)
            day = MUCH_LATER.date()
            booking.pay(session, row, cents, day, key=key, now=MUCH_LATER, settlement=False)

    def resend(self, message_id: int) -> None:
        with self.office.database.transaction() as session:
            company = session.exec(
                select(Company).where(Company.id == self.invoice.company_id)
            ).one()
            place = people.company_place(session, company.business_id)
            assert place is not None
            agency_messages.resend(
                session,
                Scope(frozenset({company.id})),
                place,
                message_id,
                house=House(self.office.clock),
                actor="clerk",
                business_now=MUCH_LATER,
                real_now=MUCH_LATER,
            )

    def reported(self, status: CollectionStatus) -> None:
        file = self.office.files(self.invoice)[-1]
        message = StatusMessage(
            message_id=f"{file.reference}#1",
            case_reference=file.reference,
            agency_case_id="INT-4711",
            status=status.finnish,
            occurred_at=MUCH_LATER,
            sequence=1,
        )
        assert hearing.keep(self.office.database, message, MUCH_LATER) is not None


@pytest.fixture
def line(office: Office) -> Line:
    """An assignment stands in line."""
    invoice = office.register(now=MONDAY)
    stated = requests.SetState(to=InvoiceState.NOTIFIED, key="s")
    office.advance(office.ask(invoice, LATER, request=stated))
    row = office.invoice(invoice.id)
    assert len(office.advance(office.ask(row, MUCH_LATER)).errands) == 1
    there = Line(office, invoice)
    assert there.statuses == [("assignment", "waiting")]
    return there


def test_unreachable_is_not_taken_and_no_answer_is_unsure(line: Line, nobody: IntrumClient) -> None:
    (assignment,) = line.messages
    with pytest.raises(ApplicationError):
        line.tell(nobody, assignment.id)
    assert line.statuses == [("assignment", "waiting")]
    # Cut off after it was sent: whoever looks sees that the agency may have it.
    line.change(assignment.id, status="sent")
    with pytest.raises(ApplicationError):
        line.tell(nobody, assignment.id)
    assert line.statuses == [("assignment", "sent")]
    assert line.messages[0].attempts == 2


def test_an_assignment_that_may_be_there_is_not_handed_over_twice(
    line: Line, agency: IntrumClient
) -> None:
    (assignment,) = line.messages
    line.change(assignment.id, status="sent")
    assert line.given_up(assignment.id).errands == ()
    assert line.statuses == [("assignment", "given_up")]
    assert (line.row.state, line.row.next_step) == ("in_collection", "wait")
    assert f"karhu agency resend {assignment.id}" in line.row.attention
    # Nothing can be said of a case that is not there.
    line.pay(1_000, "p1")
    assert line.ask().errands == ()
    line.resend(assignment.id)
    assert line.row.signal_pending
    # What it answers to, nobody calls refused: the agency may have it.
    assert line.statuses[0] == ("assignment", "sent")
    assert [errand.id for errand in line.ask().errands] == [assignment.id]
    line.tell(agency, assignment.id)
    assert line.statuses == [("assignment", "acknowledged"), ("direct_payment", "waiting")]
    (errand,) = line.ask().errands
    line.tell(agency, errand.id)
    assert line.statuses[1] == ("direct_payment", "acknowledged")


def test_a_report_shows_that_the_agency_has_the_case(line: Line) -> None:
    (assignment,) = line.messages
    line.change(assignment.id, status="sent")
    line.given_up(assignment.id)
    line.reported(CollectionStatus.REGISTERED)
    line.ask()
    assert line.statuses == [("assignment", "acknowledged")]
    assert (line.row.attention, line.row.collection_status) == ("", "registered")
    (file,) = line.office.files(line.invoice)
    assert (file.agency_case_id, file.accepted_at) == ("INT-4711", MUCH_LATER)


def test_behind_a_refused_assignment_nothing_is_said(line: Line) -> None:
    (assignment,) = line.messages
    line.pay(1_000, "p2")
    # One that certainly never came there is ours again.
    line.given_up(assignment.id)
    assert line.statuses == [("assignment", "refused"), ("direct_payment", "void")]
    assert line.row.state == "notified"
    with pytest.raises(NotDone, match="own again"):
        line.resend(assignment.id)
    # Unless the agency reports on it all the same: then somebody must ask.
    line.reported(CollectionStatus.LETTER_COLLECTION)
    line.ask()
    assert "ask the agency" in line.row.attention


def test_a_refused_message_keeps_nobody_waiting_and_is_sent_again(
    line: Line, agency: IntrumClient
) -> None:
    (assignment,) = line.messages
    line.tell(agency, assignment.id)
    line.pay(1_000, "p3")
    line.pay(2_000, "p4")
    _, first, second = line.messages
    good = first.body
    line.change(first.id, body={**good, "paid_on": "2099-01-01"})
    assert [errand.id for errand in line.ask().errands] == [first.id]
    line.tell(agency, first.id)
    refused = line.messages[1]
    assert refused.status == "refused"
    assert refused.error
    assert refused.error in line.row.attention
    assert [errand.id for errand in line.ask().errands] == [second.id]
    line.tell(agency, second.id)
    line.change(first.id, body=good)
    line.resend(first.id)
    assert line.row.attention == ""
    with pytest.raises(NotDone, match="waiting"):
        line.resend(first.id)
    (again,) = line.ask().errands
    assert again.id == first.id
    line.tell(agency, first.id)
    assert [status for _, status in line.statuses] == ["acknowledged"] * 3
    # A message that is said says nothing again.
    line.tell(agency, first.id)
    assert line.messages[1].attempts == 2


def test_what_comes_too_late_is_void(line: Line, agency: IntrumClient) -> None:
    (assignment,) = line.messages
    line.tell(agency, assignment.id)
    line.ask(requests.Withdraw(key="w"))
    (withdrawal,) = line.ask().errands
    line.tell(agency, withdrawal.id)
    with line.office.database.transaction() as session:
        file = session.get_one(AgencyCase, line.office.files(line.invoice)[0].id)
        late = AgencyMessage(
            agency_case_id=file.id,
            direction="out",
            kind="direct_payment",
            key=f"{file.reference}/late",
            body={
                "kind": "direct_payment",
                "idempotency_key": f"{file.reference}/late",
                "case_reference": file.reference,
                "amount_cents": 100,
                "paid_on": "2026-05-06",
                "identifier": "late",
            },
            status="waiting",
            at=MUCH_LATER,
        )
        session.add(late)
    line.tell(agency, late.id)
    assert line.statuses[-1] == ("direct_payment", "void")
    assert "case_closed" in line.messages[-1].error
    assert line.row.attention == ""


def test_a_change_that_still_waits_takes_the_next_one_in(line: Line, agency: IntrumClient) -> None:
    (assignment,) = line.messages
    line.tell(agency, assignment.id)
    for street in ("Uusikatu 1", "Uusikatu 2"):
        line.office.change_customer(line.invoice, street=street)
        line.ask()
    assert line.statuses[1:] == [("contact_change", "waiting")]
    assert line.messages[1].body["debtor"]["address"]["street"] == "Uusikatu 2"
    # Once it may have been sent, what is newer is a message of its own.
    line.change(line.messages[1].id, status="sent", attempts=1)
    line.office.change_customer(line.invoice, street="Uusikatu 3")
    line.ask()
    line.ask()
    assert [kind for kind, _ in line.statuses[1:]] == ["contact_change"] * 2
    for _ in range(2):
        (errand,) = line.ask().errands
        line.tell(agency, errand.id)
    assert [status for _, status in line.statuses] == ["acknowledged"] * 3


def test_a_customer_changed_by_a_file_has_his_open_cases_looked_at(
    line: Line, agency: IntrumClient
) -> None:
    (assignment,) = line.messages
    line.tell(agency, assignment.id)
    line.ask()
    assert not line.row.signal_pending
    with line.office.database.transaction() as session:
        customer = session.get_one(Customer, line.invoice.customer_id)
        company = session.get_one(Company, line.invoice.company_id)
        newer = parties.NewCustomer(
            key=customer.key,
            name=customer.name,
            debtor_class=DebtorClass(customer.debtor_class),
            city="Turku",
        )
        for _ in range(2):
            parties.ensure_customers(session, [(company, newer)])
    assert line.row.signal_pending
    line.ask()
    assert line.statuses[1:] == [("contact_change", "waiting")]
    assert line.messages[1].body["debtor"]["address"]["city"] == "Turku"
