"""Events delivered to a real server, one after the other, once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session, col, select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.desk import Desk, House
from activities.webhooks import DeliverEvents
from domain.clock import REAL_TIME
from domain.outcomes import BecameOverdue, Closed
from domain.states import InvoiceState
from integrations.webhooks import Sender, signature
from starter import webhooks as service
from starter.people import Unknown
from store import booking, event_feed, people, webhook_queue, webhooks
from store.people import Place
from store.sealing import Sealer
from store.tables import Invoice, WebhookDelivery, WebhookEndpoint
from tests.activities.office import Office
from tests.books import MONDAY
from tests.happening import HELD, happen, invoice_of, write
from tests.receiver import BROKEN_OFF, Receiver
from tests.starter.office import new_business_id
from workflows.webhook_contract import Delivered

KEY = "a key to seal with for the tests"
PAID = Closed(state=InvoiceState.PAID, reason="paid by Matti Malliasiakas")


@dataclass
class Desks:
    """A company with a webhook, and a worker that delivers when it is told to."""

    office: Office
    receiver: Receiver
    business_id: str = field(default_factory=new_business_id)
    ahead: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        self.one = invoice_of(self.office.database, self.business_id)
        self.house = service.House(Sealer(KEY), private=True)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def place(self, session: Session) -> Place:
        place = people.company_place(session, self.business_id)
        assert place is not None
        return place

    def webhook(self, **fields: Any) -> tuple[int, str]:
        event_feed.advance(self.office.database)
        with self.office.database.transaction() as session:
            row, secret = service.create(
                session,
                self.place(session),
                self.house,
                **{"url": self.receiver.url, "kinds": None, "description": "ERP", **fields},
                actor="console:test",
                now=self.now(),
            )
            return row.id, secret

    def happen(self, *outcomes: Any, invoice: Invoice | None = None, **how: Any) -> list[int]:
        return happen(self.office.database, invoice or self.one, *outcomes, **how)

    def deliver(self, webhook_id: int, sender: Sender | None = None) -> Delivered:
        deliver = DeliverEvents(
            self.office.database, Sealer(KEY), sender or Sender(private=True), self.now
        )
        done: Delivered = ActivityEnvironment().run(deliver, webhook_id)
        return done

    def again(self, webhook_id: int, **what: Any) -> int:
        with self.office.database.transaction() as session:
            place = self.place(session)
            row = service.find(session, place, webhook_id)
            return service.send_again(
                session, place, row, **what, actor="console:test", now=self.now()
            )

    def row(self, webhook_id: int) -> WebhookEndpoint:
        with self.office.database.transaction() as session:
            return session.get_one(WebhookEndpoint, webhook_id)

    def log(self, webhook_id: int) -> list[WebhookDelivery]:
        with self.office.database.transaction() as session:
            query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == webhook_id)
            return list(session.exec(query.order_by(col(WebhookDelivery.event_id))))


@pytest.fixture
def desks(office: Office) -> Iterator[Desks]:
    with Receiver() as receiver:
        yield Desks(office, receiver)


def test_in_order_once_signed_and_without_anybodys_words(desks: Desks) -> None:
    early = desks.happen(HELD)
    webhook_id, secret = desks.webhook()
    ids = [*desks.happen(BecameOverdue(), HELD), *desks.happen(PAID, actor="Essi Esimerkki")]
    assert desks.deliver(webhook_id) == Delivered(events=3)
    assert desks.receiver.ids == ids
    assert not set(early) & set(desks.receiver.ids)
    assert desks.deliver(webhook_id) == Delivered()

    overdue, held, paid = desks.receiver.heard
    assert overdue.said == {
        "id": ids[0],
        "kind": "became_overdue",
        "at": MONDAY.isoformat(),
        "company": desks.business_id,
        "invoice": desks.one.number,
        "serial": 2,
        "actor": "automation",
        "state": "overdue",
        "rule": overdue.said["rule"],
        "facts": {},
    }
    assert overdue.said["rule"]["version"] == 1
    assert (paid.said["state"], paid.said["actor"]) == ("paid", "person")
    for heard in (overdue, held, paid):
        at = int(heard.headers["Karhu-Signature"].partition(",")[0].removeprefix("t="))
        assert heard.headers["Karhu-Signature"] == signature([secret], at, heard.body)
        for word in (b"Matti", b"Essi", b"Malli", b"soitti"):
            assert word not in heard.body
    log = desks.log(webhook_id)
    assert {(row.status, row.attempts, row.http_status) for row in log} == {("delivered", 1, 204)}
    assert all(row.took_ms is not None and row.delivered_at for row in log)


def test_only_what_was_asked_for_and_nothing_of_others(desks: Desks) -> None:
    webhook_id, _ = desks.webhook(kinds=["closed"])
    other = invoice_of(desks.office.database, new_business_id())
    desks.happen(HELD, PAID, invoice=other)
    ids = desks.happen(HELD, BecameOverdue(), PAID)
    desks.deliver(webhook_id)
    assert desks.receiver.ids == ids[2:]
    with pytest.raises(Unknown):
        desks.again(webhook_id, event_id=happen(desks.office.database, other, HELD)[0])


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [(500, 500, "answered 500"), (302, 302, "redirect"), (BROKEN_OFF, None, "no connection")],
)
def test_what_is_not_taken_is_tried_again(
    desks: Desks, answer: int, status: int | None, said: str
) -> None:
    webhook_id, _ = desks.webhook()
    first, second = desks.happen(HELD, PAID)
    desks.receiver.answer = lambda heard: answer if heard.event_id == second else 200
    desks.receiver.answer_headers = {"Location": "http://127.0.0.1/elsewhere"}
    assert desks.deliver(webhook_id) == Delivered(events=1, more=True)
    with pytest.raises(ApplicationError, match=said):
        desks.deliver(webhook_id)
    delivered, failing = desks.log(webhook_id)
    assert (delivered.event_id, delivered.status) == (first, "delivered")
    assert (failing.status, failing.attempts, failing.http_status) == ("failing", 2, status)
    assert said in failing.last_error
    assert desks.row(webhook_id).failing_since is not None

    desks.receiver.answer = lambda _: 200
    assert desks.deliver(webhook_id) == Delivered(events=1)
    assert desks.receiver.ids == [first, second, second, second]
    assert desks.receiver.heard[-1].body == desks.receiver.heard[1].body
    assert desks.row(webhook_id).failing_since is None
    assert desks.log(webhook_id)[1].attempts == 3


def test_a_slow_receiver_is_not_waited_for_for_ever(desks: Desks) -> None:
    webhook_id, _ = desks.webhook()
    desks.happen(HELD)
    desks.receiver.answer = lambda _: slowly(1.5)
    with pytest.raises(ApplicationError, match="no answer within"):
        desks.deliver(webhook_id, Sender(private=True, deadline_seconds=0.4))


def slowly(seconds: float) -> int:
    time.sleep(seconds)
    return 200


def test_a_receiver_that_says_when_and_one_that_is_gone(desks: Desks) -> None:
    webhook_id, _ = desks.webhook()
    desks.happen(HELD)
    desks.receiver.answer = lambda _: 429
    desks.receiver.answer_headers = {"Retry-After": "120"}
    with pytest.raises(ApplicationError) as later:
        desks.deliver(webhook_id)
    assert later.value.next_retry_delay == timedelta(seconds=120)
    desks.receiver.answer = lambda _: 410
    with pytest.raises(ApplicationError) as gone:
        desks.deliver(webhook_id)
    assert gone.value.non_retryable


def test_a_worker_that_dies_before_its_report_delivers_the_same_again(desks: Desks) -> None:
    webhook_id, _ = desks.webhook()
    ids = desks.happen(HELD, PAID)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.deliver_and_die", desks.office.url, KEY, str(webhook_id)],
    ) as worker:

        def kill(_: object) -> int:
            os.kill(worker.pid, signal.SIGKILL)
            return 200

        desks.receiver.answer = kill
        assert worker.wait(60) == -signal.SIGKILL
    desks.receiver.answer = lambda _: 200
    assert desks.log(webhook_id) == []
    desks.deliver(webhook_id)
    assert desks.receiver.ids == [ids[0], *ids]
    assert desks.receiver.heard[0].body == desks.receiver.heard[1].body


def test_one_or_all_are_sent_again(desks: Desks) -> None:
    webhook_id, _ = desks.webhook()
    first = desks.happen(HELD)
    later = desks.happen(BecameOverdue(), PAID, now=MONDAY + timedelta(days=15))
    desks.deliver(webhook_id)
    assert desks.again(webhook_id, event_id=first[0]) == 1
    assert [row.status for row in desks.log(webhook_id)] == ["waiting", "delivered", "delivered"]
    new = desks.happen(HELD, now=MONDAY + timedelta(days=16))
    desks.deliver(webhook_id)
    assert desks.receiver.ids == [*first, *later, *first, *new]
    assert desks.again(webhook_id, since=MONDAY + timedelta(days=1)) == 3
    desks.deliver(webhook_id)
    assert desks.receiver.ids[-3:] == [*later, *new]
    assert [row.attempts for row in desks.log(webhook_id)] == [2, 2, 2, 2]


def test_both_secrets_sign_until_the_older_one_is_over(desks: Desks) -> None:
    webhook_id, older = desks.webhook()
    with desks.office.database.transaction() as session:
        place = desks.place(session)
        newer = service.rotate(
            session,
            place,
            desks.house,
            service.find(session, place, webhook_id),
            overlap=timedelta(hours=1),
            actor="console:test",
            now=desks.now(),
        )
    desks.happen(HELD)
    desks.deliver(webhook_id)
    desks.ahead = timedelta(hours=2)
    desks.happen(PAID)
    desks.deliver(webhook_id)
    for heard, secrets in zip(desks.receiver.heard, [[newer, older], [newer]], strict=True):
        said = heard.headers["Karhu-Signature"]
        at = int(said.partition(",")[0].removeprefix("t="))
        assert said == signature(secrets, at, heard.body)
    row = desks.row(webhook_id)
    assert older.encode() not in row.secret + (row.older_secret or b"")


def test_nothing_leaves_when_paused_and_nothing_ever_when_deleted(desks: Desks) -> None:
    webhook_id, _ = desks.webhook()
    ids = desks.happen(HELD)
    with desks.office.database.transaction() as session:
        webhook_queue.pause(session, webhook_id, "failed for days", desks.now())
    assert desks.deliver(webhook_id) == Delivered(paused=True)
    with desks.office.database.transaction() as session:
        place = desks.place(session)
        row = service.find(session, place, webhook_id)
        service.change(
            session, place, desks.house, row, actor="x", now=desks.now(), state=webhooks.ACTIVE
        )
    desks.deliver(webhook_id)
    assert desks.receiver.ids == ids
    with desks.office.database.transaction() as session:
        place = desks.place(session)
        row = service.find(session, place, webhook_id)
        service.delete(session, place, row, actor="x", now=desks.now())
    desks.happen(PAID)
    assert desks.deliver(webhook_id) == Delivered(gone=True)
    assert (desks.receiver.ids, desks.log(webhook_id)) == (ids, [])


def test_the_log_goes_back_a_month(desks: Desks) -> None:
    webhook_id, _ = desks.webhook()
    desks.happen(HELD)
    desks.deliver(webhook_id)
    desks.ahead = webhook_queue.KEPT + timedelta(days=1)
    ids = desks.happen(PAID)
    desks.deliver(webhook_id)
    assert [row.event_id for row in desks.log(webhook_id)] == ids


def test_an_address_inside_the_house_is_refused_at_each_delivery(desks: Desks) -> None:
    webhook_id, _ = desks.webhook()
    desks.happen(HELD)
    with pytest.raises(ApplicationError):
        desks.deliver(webhook_id, Sender(private=False))
    assert desks.receiver.heard == []


def test_an_event_that_is_committed_later_is_not_left_out(desks: Desks) -> None:
    webhook_id, _ = desks.webhook()
    two = invoice_of(desks.office.database, desks.business_id)
    with desks.office.database.transaction() as session:
        # Its event has its id, and cannot be seen yet.
        row = booking.lock(session, desks.one.id)
        write(Desk(session, House(REAL_TIME), row, MONDAY), HELD)
        overtaking = desks.happen(PAID, invoice=two)
        assert desks.deliver(webhook_id).events == 0
        assert desks.deliver(webhook_id).events == 0
    desks.deliver(webhook_id)
    assert desks.receiver.ids == [overtaking[0] - 1, overtaking[0]]
