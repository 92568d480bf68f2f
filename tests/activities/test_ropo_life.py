"""Whole lives with Ropo One in place of Intrum: the same activities, another client."""

import asyncio
import dataclasses
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlmodel import select
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.agency_poll import ReadStatuses
from activities.desk import House
from activities.tell_agency import TellAgency
from domain import requests
from domain.agency import AgencyService, CollectionStatus, LineStatus
from domain.agency.contract import ROPO
from domain.calendar import FINLAND
from domain.case import Case
from domain.law import FINNISH_LAW, DebtorClass
from domain.rule import BUSINESSES
from domain.steps import Step, StepKind
from integrations.agency import Agencies
from starter import timeline
from starter.stack.ports import choose
from store import agency_contracts, queries
from store.tables import AgencyMessage, Company, Invoice
from tests.activities.office import Office
from tests.books import MONDAY
from tests.integrations.ropo_support import CID, Fault, Ropo, serving
from workflows import words
from workflows.agency_poll_contract import Poll
from workflows.contract import Planned

JOBS, PAYMENT = "/rest/jobs", "/rest/jobs/payment"
BUSINESS_ID = "2468013-5"


@dataclasses.dataclass
class Life:
    """An invoice of a company whose contract is with Ropo, as its workflow would live it."""

    office: Office
    ropo: Ropo
    agencies: Agencies
    row: Invoice
    now: datetime = MONDAY

    @property
    def invoice(self) -> Invoice:
        return self.office.invoice(self.row.id)

    @property
    def case(self) -> Case:
        return Case.model_validate(self.invoice.case_json)

    @property
    def reference(self) -> str:
        return self.office.files(self.row)[-1].reference

    def advance(self, request: requests.Request | None = None) -> str | None:
        invoice = self.invoice
        ask = self.office.ask(invoice, self.now, seen=invoice.last_event, request=request)
        return self.office.advance(ask).refusal

    def until_handed_over(self) -> None:
        """Letter by letter, as its rule says."""
        for _ in range(12):
            if self.case.at_agency:
                self.ropo.now = max(self.ropo.now, self.now)
                return
            if self.invoice.next_step_at is not None:
                self.now = max(self.now, self.invoice.next_step_at)
            self.advance()
            for notice in self.office.notices(self.row):
                if notice.sent_at is None:
                    self.office.deliver(notice.id, self.now)
        raise AssertionError(f"not handed over: {self.invoice.next_step_why}")

    def tell(self) -> AgencyMessage:
        """One attempt at the newest message."""
        message = self.office.messages(self.row)[-1]
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(environment.info, started_time=self.now)
        house = House(self.office.clock)
        environment.run(TellAgency(self.office.database, house, self.agencies), message.id)
        return self.office.messages(self.row)[-1]

    def is_called_by_its_name(self) -> None:
        """Wherever a person reads of the agency, it is this one."""
        invoice = self.invoice
        assert invoice.next_step_why.startswith("at Ropo since")
        step = Step(kind=StepKind.WAIT, when=None, why=invoice.next_step_why)
        with self.office.database.transaction() as session:
            dossier = queries.dossier(session, invoice.id)
        story = timeline.tell(dossier, law=FINNISH_LAW, calendar=FINLAND, now=self.now)
        read = [
            words.details(self.case, Planned(step=step, wake_at=None), ""),
            *(happened.what for happened in story.past),
            *(planned.why for planned in story.future),
        ]
        assert not [text for text in read if "Intrum" in text]
        assert story.invoice.agency == "Ropo"
        assert any(text.startswith("told Ropo: assignment") for text in read)
        events = self.office.events(self.row)
        (reported,) = [one for one in events if one.kind == "agency_status_changed"]
        assert reported.actor == "Ropo"

    def pay(self, cents: int, key: str) -> None:
        self.office.pay(self.row, cents, key=key, on=self.now.date())
        self.advance()

    def read(self) -> Poll:
        """A round of the schedule, and what the workflow makes of it."""

        async def go() -> Poll:
            # Temporal is away: the marks in the outbox stay.
            nowhere = f"127.0.0.1:{choose()}"
            client = await Client.connect(
                nowhere, lazy=True, data_converter=pydantic_data_converter
            )
            house = House(self.office.clock)
            reads = ReadStatuses(client, self.office.database, house, self.agencies)
            (poll,) = (await ActivityEnvironment().run(reads)).agencies
            assert isinstance(poll, Poll)
            return poll

        poll = asyncio.run(go())
        self.now = max(self.now, self.ropo.now) + timedelta(minutes=1)
        self.advance()
        return poll


@pytest.fixture
def life(office: Office) -> Iterator[Life]:
    invoice = office.register(
        rule=BUSINESSES,
        debtor=DebtorClass.BUSINESS,
        now=MONDAY,
        contract="",
        business_id=BUSINESS_ID,
        iban="FI1410093000123458",
    )
    with office.database.transaction() as session:
        company = session.exec(select(Company).where(Company.business_id == BUSINESS_ID)).one()
        contract = {
            "number": CID,
            "services": [AgencyService.COLLECTION.value],
            "in_force_from": MONDAY.date(),
            "ended_on": None,
        }
        agency_contracts.put(
            session, company, ROPO, contract, by="test", now=MONDAY, real_now=MONDAY
        )
    with serving() as ropo, ropo.client() as client:
        life = Life(office, ropo, Agencies({ROPO: client}), invoice)
        life.until_handed_over()
        yield life


def test_a_whole_life(life: Life) -> None:
    (file,) = life.office.files(life.row)
    assert file.agency == ROPO
    # The assignment arrives and its answer does not; the second attempt finds the job.
    life.ropo.fail(JOBS, Fault.LOST)
    with pytest.raises(ApplicationError) as unsure:
        life.tell()
    assert unsure.value.type == "AgencyUnsure"
    assert unsure.value.next_retry_delay is not None
    assert life.office.messages(life.row)[-1].status == LineStatus.SENT
    assert life.tell().status == LineStatus.ACKNOWLEDGED
    (job,) = life.ropo.jobs
    assert job["billnum"] == life.reference == f"{BUSINESS_ID}/{life.row.number}"
    assert job["company"] == "Matti Malliasiakas"
    assert life.office.files(life.row)[-1].agency_case_id == str(job["jobid"])

    poll = life.read()
    assert (poll.agency, poll.new, poll.problem) == (ROPO, 1, "")
    assert life.invoice.collection_status == CollectionStatus.LETTER_COLLECTION.value
    life.is_called_by_its_name()

    # What the debtor pays us is told, once.
    life.pay(life.office.open_cents(life.row) - 10_000, "a part")
    assert life.tell().status == LineStatus.ACKNOWLEDGED
    life.pay(10_000, "the rest")
    assert life.tell().status == LineStatus.ACKNOWLEDGED
    assert [body["type"] for body in life.ropo.payments] == ["directpayment"] * 2
    assert life.ropo.payments[1]["amount"] == "100.00"
    assert life.ropo.payments[1]["billnum"] == life.reference
    assert life.office.state(life.row) == "paid"
    assert life.office.files(life.row)[-1].ended_at is not None

    # Its own word on it comes afterwards, and is noted.
    life.ropo.says(life.reference, "Paid")
    assert life.read().new == 1
    assert life.office.state(life.row) == "paid"
    assert life.invoice.collection_status == CollectionStatus.PAID.value
    assert len(life.ropo.jobs) == 1


def test_a_payment_of_which_nobody_knows_is_not_said_twice(life: Life) -> None:
    life.tell()
    life.pay(10_000, "a part")
    life.ropo.fail(PAYMENT, Fault.LOST)
    with pytest.raises(ApplicationError):
        life.tell()
    told = life.tell()
    assert told.status == LineStatus.REFUSED
    assert life.reference in told.error
    assert "100.00" in told.error
    assert len(life.ropo.payments) == 1
    assert told.error in life.invoice.attention


def test_what_ropo_cannot_be_told_a_person_is_told(life: Life) -> None:
    life.tell()
    assert life.advance(requests.Withdraw(key="w", reason="Agreed otherwise")) is None
    told = life.tell()
    assert (told.kind, told.status) == ("withdrawal", LineStatus.REFUSED)
    assert "customer service" in told.error
    assert told.error in life.invoice.attention


def test_a_status_that_nobody_knows_is_flagged(life: Life) -> None:
    life.tell()
    life.ropo.says(life.reference, "Sold to a third party")
    assert life.read().new == 2
    assert life.case.agency is not None
    assert life.case.agency.status_text == "Sold to a third party"
    assert "Sold to a third party" in life.invoice.attention


def test_ropo_is_not_set_up_here(life: Life) -> None:
    life.agencies = Agencies({})
    with pytest.raises(ApplicationError) as away:
        life.tell()
    assert away.value.type == "AgencyUnavailable"
    assert life.office.messages(life.row)[-1].status == LineStatus.WAITING
