"""Records the histories that the replay tests replay: `python -m tests.record_histories`, or with
the names of some scenarios.

Run by hand when the workflow begins to do something in another order on purpose, under a patch or
a mark in what it starts with; the old files stay, in a folder named by their release, as long as
such invoices may still be alive.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from activities.starting import drain, start_replanning
from domain import requests
from domain.agency import CollectionStatus
from domain.outcomes import BecameOverdue
from domain.rule import CONSUMERS, CourtesyTerms
from starter import webhook_calls, webhooks
from store import automation, event_feed, people
from store.sealing import Sealer
from store.tables import Company, Invoice, WebhookEndpoint
from tests.happening import HELD, happen, invoice_of
from tests.house import House, open_house
from tests.intake import KEY
from tests.looking import Handle
from tests.receiver import Receiver
from tests.servers import new_database, postgres_server, start_temporal
from workflows.contract import TASK_QUEUE
from workflows.reconcile_contract import RECONCILE
from workflows.replan_contract import replan_workflow_id
from workflows.webhook_contract import webhook_workflow_id

_IDENTITY = re.compile(r"\d+@")  # pid@host

FOLDER = Path(__file__).with_name("histories")

ANOTHER, YET_ANOTHER = "2000001-6", "2000002-4"
"""Companies whose automation is switched: nobody else's."""
YET_ANOTHER_STILL = "2000003-2"
"""A company with a webhook."""

ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})


async def paid_in_time(house: House) -> Handle:
    invoice = house.register()
    handle = await house.start(invoice, still=True)
    await house.paid(handle, invoice, invoice.principal_cents)
    await handle.result()
    return handle


async def paid_in_parts(house: House) -> Handle:
    """What it waits for stays the same: so does its timer."""
    invoice = house.register()
    handle = await house.start(invoice, still=True)
    await house.paid(handle, invoice, 1_000)
    await house.at_rest(handle)
    await house.paid(handle, invoice, invoice.principal_cents - 1_000, key="p2")
    await handle.result()
    return handle


async def full_ladder(house: House) -> Handle:
    invoice = house.register()
    handle = await house.start(invoice)
    await house.until_at_agency(invoice)
    for sequence, status in enumerate(
        (
            CollectionStatus.LETTER_COLLECTION,
            CollectionStatus.ENFORCEMENT,
            CollectionStatus.PAID_AFTER_LEGAL_ACTION,
        ),
        start=1,
    ):
        await house.heard(handle, invoice, status.finnish, sequence)
    await house.paid(handle, invoice, house.open_cents(invoice), settlement=True)
    await handle.result()
    return handle


async def held_and_released(house: House) -> Handle:
    """Held by an update and refused by a signal; still running, its letter sent."""
    invoice = house.register(rule=ONE_LETTER)
    handle = await house.start(invoice, still=True)
    await house.ask(handle, requests.Hold(key="hold-1", reason="asked for time"))
    await house.pass_days(handle, 40)
    await handle.signal("set_state", {"to": "paid"})
    await house.until(lambda: house.log(invoice)[-1] == "request_refused")
    await house.ask(handle, requests.Release(key="release-1"))
    await house.pass_days(handle, 5)
    await house.until_sent(invoice)
    await house.at_rest(handle)
    return handle


async def cancelled_by_signal(house: House) -> Handle:
    invoice = house.register(rule=ONE_LETTER)
    handle = await house.start(invoice)
    await house.until_sent(invoice)
    await house.at_rest(handle)
    await handle.signal("cancel", {})
    await handle.result()
    return handle


async def failed_letter(house: House) -> Handle:
    """Refused for good, and no other way; released with a better address, and sent."""
    invoice = house.register(email="matti@x.bounce.example", street="", rule=ONE_LETTER)
    handle = await house.start(invoice)
    await house.until(lambda: house.invoice(invoice.id).attention != "")
    await house.at_rest(handle)
    house.change_customer(invoice, email="matti@malliasiakas.example")
    await handle.signal("release", {})
    await house.until_sent(invoice)
    await house.at_rest(handle)
    return handle


async def rerouted_letter(house: House) -> Handle:
    """Refused by the mail server, and sent on paper."""
    invoice = house.register(email="matti@x.bounce.example", rule=ONE_LETTER)
    handle = await house.start(invoice)
    await house.until_sent(invoice)
    await house.at_rest(handle)
    return handle


async def bounced_letter(house: House) -> Handle:
    """Accepted by the mail server, given back later, and sent on paper."""
    invoice = house.register(email="matti@x.later-bounce.example", rule=ONE_LETTER)
    handle = await house.start(invoice)
    await house.until_sent(invoice)
    await house.at_rest(handle)
    await house.read_bounces(handle)
    await house.until(lambda: house.log(invoice).count("letter_sent") == 2)
    await house.at_rest(handle)
    return handle


async def withdrawn_from_the_agency(house: House) -> Handle:
    """Taken back, and held."""
    invoice = house.register()
    handle = await house.start(invoice)
    await house.until_at_agency(invoice)
    await house.ask(handle, requests.Withdraw(key="withdraw-1", reason="settled between us"))
    await house.until(lambda: house.messages(invoice)[-1].status == "acknowledged")
    await house.at_rest(handle)
    return handle


async def direct_payment_at_the_agency(house: House) -> Handle:
    invoice = house.register()
    handle = await house.start(invoice)
    await house.until_at_agency(invoice)
    await house.paid(handle, invoice, house.open_cents(invoice))
    await handle.result()
    return handle


async def reopened_after_reversal(house: House) -> Handle:
    """The second run: closed as paid, its payment taken back, and reminded."""
    invoice = house.register(rule=ONE_LETTER)
    first = await house.start(invoice, still=True)
    await house.paid(first, invoice, invoice.principal_cents)
    await first.result()
    house.pay(invoice, -invoice.principal_cents, key="back")
    await drain(house.client, house.database, house.clock, only=[invoice.id])
    await house.until_sent(invoice)
    handle: Handle = house.client.get_workflow_handle(first.id, result_type=str)
    await house.at_rest(handle)
    return handle


async def switched_off_and_on(house: House) -> Handle:
    """A friendly reminder, then the automation off and on again, another rule, and a reminder."""
    friendly = ONE_LETTER.model_copy(update={"name": "Friendly", "courtesy": CourtesyTerms(days=3)})
    invoice = house.register(rule=friendly, business_id=ANOTHER)

    def planned(step: str) -> Callable[[], bool]:
        return lambda: house.invoice(invoice.id).next_step == step

    handle = await house.start(invoice, still=True)
    await house.pass_days(handle, 20)
    await house.until_sent(invoice)
    for on in (False, True):
        with house.database.transaction() as session:
            company = session.get_one(Company, invoice.company_id)
            automation.switch(session, company, on=on, by="Pia", now=house.now())
        await handle.signal("rule_changed")
        await house.until(planned("remind" if on else "wait"))
        await house.at_rest(handle)
    other = house.register(rule=ONE_LETTER, business_id=ANOTHER)
    with house.database.transaction() as session:
        session.get_one(Invoice, invoice.id).rule_version_id = other.rule_version_id
    await handle.signal("rule_changed")
    await house.until(lambda: house.log(invoice)[-1] == "rule_changed")
    await house.pass_days(handle, 20)
    await house.until_sent(invoice, 2)
    await house.at_rest(handle)
    return handle


async def replanned(house: House) -> Handle:
    """The workflow that tells running invoices of a switched-off automation."""
    invoice = house.register(business_id=YET_ANOTHER)
    await house.start(invoice, still=True)
    with house.database.transaction() as session:
        company = session.get_one(Company, invoice.company_id)
        asked = automation.switch(session, company, on=False, by="Pia", now=house.now())
    assert asked is not None
    await start_replanning(house.still, asked)
    handle: Handle = house.client.get_workflow_handle(replan_workflow_id(asked.id))
    await handle.result()
    return handle


async def webhook(house: House) -> Handle:
    """Events delivered, a receiver that says it is gone, the pause, and the end."""
    invoice = invoice_of(house.database, YET_ANOTHER_STILL)
    event_feed.advance(house.database)
    sealed = webhooks.House(Sealer(KEY), private=True)
    with Receiver() as receiver:
        with house.database.transaction() as session:
            place = people.company_place(session, YET_ANOTHER_STILL)
            assert place is not None
            row, _ = webhooks.create(
                session,
                place,
                sealed,
                url=receiver.url,
                kinds=None,
                description="",
                actor="console:test",
                now=datetime.now(UTC),
            )
        handle: Handle = house.client.get_workflow_handle(webhook_workflow_id(row.id))

        def state(wanted: str) -> bool:
            with house.database.transaction() as session:
                return session.get_one(WebhookEndpoint, row.id).state == wanted

        async def told() -> None:
            await webhook_calls.make(house.still, house.database, datetime.now(UTC))

        happen(house.database, invoice, BecameOverdue())
        await told()
        await house.until(lambda: len(receiver.ids) == 1)
        await house.at_rest(handle)
        receiver.answer = lambda _: 410
        happen(house.database, invoice, HELD)
        await told()
        await house.until(lambda: state("paused"))
        await house.at_rest(handle)
        with house.database.transaction() as session:
            there = session.get_one(WebhookEndpoint, row.id)
            webhooks.delete(session, place, there, actor="x", now=datetime.now(UTC))
        await told()
        await handle.result()
    return handle


async def reconciled(house: House) -> Handle:
    """An invoice that nobody started is found, and started. Record it by itself: whatever else is
    under way is found as well."""
    invoice = house.register(now=house.now() - timedelta(hours=3))
    with house.database.transaction() as session:
        session.get_one(Invoice, invoice.id).start_pending = False
    handle: Handle = await house.client.start_workflow(
        RECONCILE, id="reconcile/recorded", task_queue=TASK_QUEUE
    )
    await handle.result()
    return handle


SCENARIOS: tuple[Callable[[House], Awaitable[Handle]], ...] = (
    paid_in_time,
    paid_in_parts,
    full_ladder,
    held_and_released,
    cancelled_by_signal,
    failed_letter,
    rerouted_letter,
    bounced_letter,
    withdrawn_from_the_agency,
    direct_payment_at_the_agency,
    reopened_after_reversal,
    switched_off_and_on,
    replanned,
    webhook,
    reconciled,
)


async def save(scenario: Callable[[House], Awaitable[Handle]], house: House) -> None:
    handle = await scenario(house)
    history = json.loads((await handle.fetch_history()).to_json())
    text = json.dumps(without_machine(history), ensure_ascii=False, separators=(",", ":"))
    # One event a line, so that a change can be read.
    text = text.replace('{"eventId"', '\n{"eventId"')
    target = FOLDER / f"{scenario.__name__}.json"
    target.write_text(text + "\n", encoding="utf-8")
    print(f"{target.name}: {len(history['events'])} events, {len(text)} characters")


def without_machine(part: Any) -> Any:
    """The same without what says on which machine it ran: identities, queues named by them, and
    where in the code an activity failed."""
    if isinstance(part, dict):
        return {
            key: without_machine(value)
            for key, value in part.items()
            if "dentity" not in key and key != "stackTrace"
        }
    if isinstance(part, list):
        return [without_machine(item) for item in part]
    return "worker" if isinstance(part, str) and _IDENTITY.match(part) else part


async def main(names: Collection[str] = ()) -> None:
    """Record all scenarios, or those of these names."""
    FOLDER.mkdir(exist_ok=True)
    chosen = [one for one in SCENARIOS if not names or one.__name__ in names]
    with tempfile.TemporaryDirectory() as name, postgres_server(Path(name, "postgres")) as server:
        async with (
            await start_temporal() as temporal,
            open_house(temporal, new_database(server, "house"), Path(name)) as house,
        ):
            await asyncio.gather(*(save(scenario, house) for scenario in chosen))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
    # The SDK's threads need not be waited for.
    sys.stdout.flush()
    os._exit(0)
