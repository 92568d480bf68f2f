"""An endpoint's workflow: it sleeps, delivers what it is told of, and is paused when nobody answers
for days."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter

from domain.outcomes import BecameOverdue, Closed
from domain.states import InvoiceState
from starter import webhook_calls, webhooks
from starter.stack.ports import choose
from store import event_feed, people
from store.sealing import Sealer
from store.tables import Invoice, WebhookEndpoint
from tests.happening import HELD, happen, invoice_of
from tests.house import House
from tests.intake import KEY
from tests.receiver import Receiver
from tests.starter.office import new_business_id
from workflows.webhook import WebhookWorkflow
from workflows.webhook_contract import webhook_workflow_id

PAID = Closed(state=InvoiceState.PAID, reason="paid")


@dataclass
class Told:
    """A company with an invoice and a webhook at work."""

    house: House
    receiver: Receiver
    webhook_id: int
    invoice: Invoice

    @property
    def handle(self) -> WorkflowHandle[WebhookWorkflow, str]:
        return self.house.client.get_workflow_handle_for(
            WebhookWorkflow.run, webhook_workflow_id(self.webhook_id)
        )

    def happen(self, *outcomes: Any) -> list[int]:
        return happen(self.house.database, self.invoice, *outcomes)

    async def round(self, client: Client | None = None) -> int:
        """What the API's rounds do; how many workflows it woke."""
        return await webhook_calls.make(
            client or self.house.client, self.house.database, datetime.now(UTC)
        )

    async def heard(self, *ids: int) -> None:
        await self.house.until(lambda: self.receiver.ids == list(ids))

    async def at_rest(self) -> None:
        await self.house.until(lambda: self.row().told_at is None)
        await self.house.at_rest(self.handle)

    def row(self) -> WebhookEndpoint:
        with self.house.database.transaction() as session:
            return session.get_one(WebhookEndpoint, self.webhook_id)

    def change(self, **what: Any) -> None:
        with self.house.database.transaction() as session:
            row = session.get_one(WebhookEndpoint, self.webhook_id)
            place = people.company_place(session, self.business_id)
            assert place is not None
            house = webhooks.House(Sealer(KEY), private=True)
            if what.pop("delete", False):
                webhooks.delete(session, place, row, actor="x", now=datetime.now(UTC))
            else:
                webhooks.change(
                    session, place, house, row, actor="x", now=datetime.now(UTC), **what
                )

    business_id: str = ""


@pytest.fixture
def told(house: House) -> Iterator[Told]:
    business_id = new_business_id()
    invoice = invoice_of(house.database, business_id)
    with Receiver() as receiver:
        event_feed.advance(house.database)
        with house.database.transaction() as session:
            place = people.company_place(session, business_id)
            assert place is not None
            row, _ = webhooks.create(
                session,
                place,
                webhooks.House(Sealer(KEY), private=True),
                url=receiver.url,
                kinds=None,
                description="",
                actor="console:test",
                now=datetime.now(UTC),
            )
        told = Told(house, receiver, row.id, invoice, business_id)
        yield told
        with house.database.transaction() as session:
            row = session.get_one(WebhookEndpoint, told.webhook_id)
            row.state = "deleted"
            row.signal_pending = False
            session.add(row)


async def test_it_is_woken_delivers_in_order_and_sleeps_for_nothing(told: Told) -> None:
    await told.round()
    await told.at_rest()
    ids = told.happen(BecameOverdue(), HELD)
    assert await told.round() == 1
    await told.heard(*ids)
    await told.at_rest()
    story = await told.house.story(told.handle)
    # Without anything to deliver nobody wakes it, and no timer runs.
    assert await told.round() == 0
    assert await told.house.story(told.handle) == story
    assert "TIMER_STARTED" not in story

    more = told.happen(PAID)
    await told.round()
    await told.heard(*ids, *more)
    assert "delivered" in await told.house.current_details(told.handle)

    told.change(delete=True)
    await told.round()
    assert await told.handle.result() == "deleted"


async def test_what_is_down_gets_everything_when_it_is_up(told: Told) -> None:
    with told.receiver.down():
        ids = told.happen(BecameOverdue())
        await told.round()
        await told.house.until(lambda: told.row().failing_since is not None)
        ids += told.happen(HELD)
        # It knows: nobody tells it again for a while.
        assert await told.round() == 0
    await told.heard(*ids)
    await told.at_rest()
    assert told.row().failing_since is None


async def test_it_is_paused_for_good_reason_and_goes_on_when_it_is_resumed(told: Told) -> None:
    told.receiver.answer = lambda _: 500
    ids = told.happen(BecameOverdue(), HELD)
    await told.round()
    await told.house.until(lambda: told.row().failing_since is not None)
    # Tried for three days by Temporal itself; whoever says that it is gone is asked no more.
    (pending,) = (await told.handle.describe()).raw_description.pending_activities
    assert pending.activity_options.schedule_to_close_timeout.ToTimedelta() == timedelta(days=3)
    told.receiver.answer = lambda _: 410
    await told.house.until(lambda: told.row().state == "paused")
    assert "answered 410" in told.row().pause_reason
    await told.house.at_rest(told.handle)
    assert "Paused" in await told.house.current_details(told.handle)
    assert set(told.receiver.ids) == {ids[0]}
    ids += told.happen(PAID)
    assert await told.round() == 0

    told.receiver.answer = lambda _: 200
    told.receiver.heard.clear()
    told.change(state="active")
    assert await told.round() == 1
    await told.heard(*ids)
    await told.at_rest()
    assert not told.row().signal_pending


async def test_a_changed_address_ends_the_pause_between_two_attempts(told: Told) -> None:
    client = told.house.still
    told.receiver.answer = lambda _: 429
    told.receiver.answer_headers = {"Retry-After": "3000"}
    ids = told.happen(HELD)
    await told.round(client)
    await told.house.until(lambda: len(told.receiver.ids) == 1)
    await asyncio.sleep(0.3)
    with Receiver() as other:
        told.change(url=other.url)
        await told.round(client)
        await told.house.until(lambda: other.ids == ids)
    assert len(told.receiver.ids) == 1


async def test_a_call_that_is_lost_is_made_again(told: Told) -> None:
    nobody = await Client.connect(
        f"127.0.0.1:{choose()}", lazy=True, data_converter=pydantic_data_converter
    )
    ids = told.happen(HELD)
    assert await told.round(nobody) == 0
    assert await told.round() == 1
    await told.heard(*ids)
