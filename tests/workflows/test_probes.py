"""Seven ways in which reminders go wrong elsewhere, on the running whole.

The same again, two at once, a held one, paid in between, the mail server down and up, and (with
the activities' own tests) a crash while sending.
"""

import asyncio

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import WorkflowAlreadyStartedError

import worker
from domain import requests
from domain.rule import CONSUMERS
from store.tables import Invoice
from tests.house import House
from tests.looking import Handle

PRINCIPAL = 108_836
ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})


async def nothing_more(house: House, handle: Handle) -> None:
    """Time for something wrong to happen in."""
    await house.at_rest(handle)
    await house.pass_days(handle, 60)
    await house.at_rest(handle)


async def test_the_same_again(house: House) -> None:
    invoice = house.register(rule=ONE_LETTER)
    handle = await house.start(invoice)
    await house.until_sent(invoice)
    again = await house.start(invoice)
    assert again.result_run_id == handle.result_run_id
    for signal in ("rule_changed", "payment", "agency_status", "credit"):
        await handle.signal(signal)
    await nothing_more(house, handle)
    assert len(house.deliveries(invoice)) == 1
    assert len(house.notices(invoice)) == 1
    house.pay(invoice, house.open_cents(invoice))
    # The same payment is read from the bank's file again.
    house.pay(invoice, PRINCIPAL)
    await handle.signal("payment")
    assert await handle.result() == "paid"
    assert [kind for kind, _ in house.ledger(invoice)].count("payment") == 1
    with pytest.raises(WorkflowAlreadyStartedError):
        await house.start(invoice)


async def test_two_workers_at_once(house: House) -> None:
    async with worker.at_work(await house.connect(), house.settings, sandboxed=True):
        invoices = [house.register(rule=ONE_LETTER) for _ in range(8)]
        handles = [await house.start(invoice) for invoice in invoices]
        await asyncio.gather(*(house.until_sent(invoice) for invoice in invoices))
        await asyncio.gather(*(house.at_rest(handle) for handle in handles))
    for invoice in invoices:
        assert [item.repeat for item in house.deliveries(invoice)] == [False]
        assert [kind for kind, _ in house.ledger(invoice)] == ["principal", "interest", "fee"]
        assert len(house.charges(invoice)) == 2


async def test_a_held_one(house: House) -> None:
    invoice = house.register(rule=ONE_LETTER)
    handle = await house.start(invoice, still=True)
    await house.ask(handle, requests.Hold(reason="call first"))
    await house.pass_days(handle, 60)
    with pytest.raises(WorkflowUpdateFailedError):
        await house.ask(handle, requests.SendNow())
    assert house.notices(invoice) == []
    assert house.deliveries(invoice) == []


async def being_refused(house: House, count: int) -> list[tuple[Invoice, Handle]]:
    """Invoices whose reminder is released, and was tried at least once in vain."""
    invoices = [house.register(rule=ONE_LETTER) for _ in range(count)]
    handles = [await house.start(invoice) for invoice in invoices]

    def tried() -> bool:
        tries = [[item.last_error != "" for item in house.notices(one)] for one in invoices]
        return tries == [[True]] * count

    await house.until(tried)
    return list(zip(invoices, handles, strict=True))


async def test_paid_in_between(house: House) -> None:
    async def paid_and_told(invoice: Invoice, handle: Handle) -> None:
        await house.paid(handle, invoice, PRINCIPAL)

    async def paid_and_not_told(invoice: Invoice, handle: Handle) -> None:
        # The signal is lost: the next attempt sees the ledger itself.
        house.pay(invoice, PRINCIPAL)

    async def held(invoice: Invoice, handle: Handle) -> None:
        await handle.signal("hold", {})
        await house.until(lambda: house.notices(invoice)[0].status == "withdrawn")
        await house.paid(handle, invoice, PRINCIPAL)

    with house.mail_refused():
        pairs = await being_refused(house, 3)
        ways = (paid_and_told, paid_and_not_told, held)
        await asyncio.gather(*(way(*pair) for way, pair in zip(ways, pairs, strict=True)))
        results = await asyncio.gather(*(handle.result() for _, handle in pairs))
    assert results == ["paid"] * 3
    for invoice, _ in pairs:
        assert house.deliveries(invoice) == []
        assert [item.status for item in house.notices(invoice)] == ["withdrawn"]
        assert house.open_cents(invoice) == 0
        assert sum(cents for _, cents in house.charges(invoice)) == 0
        # Nothing of the fee is left to have been paid.
        booked = dict(house.ledger(invoice))
        assert booked["fee"] == booked["fee_waived"]


async def test_the_mail_server_down_and_up(house: House) -> None:
    with house.mail_server.down():
        invoices = [house.register(rule=ONE_LETTER) for _ in range(3)]
        handles = [await house.start(invoice) for invoice in invoices]
        await house.until(
            lambda: all(
                [item.attempts >= 2 for item in house.notices(invoice)] == [True]
                for invoice in invoices
            )
        )
        assert all(item.status != "sent" for i in invoices for item in house.notices(i))
    await asyncio.gather(*(house.until_sent(invoice) for invoice in invoices))
    await asyncio.gather(*(house.at_rest(handle) for handle in handles))
    for invoice in invoices:
        assert len(house.notices(invoice)) == 1
        assert [item.repeat or item.conflict for item in house.deliveries(invoice)] == [False]
