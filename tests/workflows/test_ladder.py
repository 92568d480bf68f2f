"""The whole ladder on the real server: open, overdue, reminded, notified, Intrum, paid."""

import asyncio

from tests.house import House


async def test_an_invoice_paid_in_time_is_never_reminded(house: House) -> None:
    invoice = house.register()
    handle = await house.start(invoice)
    house.pay(invoice, 108_836)
    await handle.signal("payment")
    assert await handle.result() == "paid"
    assert house.state(invoice) == "paid"
    assert house.notices(invoice) == []


async def test_an_unpaid_invoice_goes_up_the_whole_ladder(house: House) -> None:
    invoice = house.register()
    handle = await house.start(invoice)
    try:
        await house.until(lambda: house.state(invoice) == "in_collection", 20)
    finally:
        print(house.log(invoice), house.mails(invoice), house.invoice(invoice.id))
    print(house.log(invoice), house.mails(invoice))
    await asyncio.sleep(1)
    print((await handle.describe()).typed_search_attributes)
    print(house.notices(invoice))
