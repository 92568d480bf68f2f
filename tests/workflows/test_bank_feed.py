"""An invoice that waits for the bank says so, and goes on as soon as a fresh file has been read."""

from datetime import timedelta

from domain.calendar import FINLAND
from domain.rule import CONSUMERS
from domain.waits import WINDOW
from store import bank_feed
from store.tables import Invoice
from tests.house import House
from tests.looking import Handle

COMPANY = "7654321-4"
ACCOUNT = "FI2112345600000785"
ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})


def an_invoice(house: House, **how: str) -> Invoice:
    return house.register(
        rule=ONE_LETTER, business_id=COMPANY, bank_feed="banking_day", iban=how["iban"]
    )


async def waits(house: House, invoice: Invoice, handle: Handle) -> None:
    """Until its reminder is due and no file of the bank's is fresh."""
    await house.until(lambda: house.log(invoice)[-1:] == ["feed_awaited"])
    await house.at_rest(handle)


async def read(house: House, invoice: Invoice, handle: Handle) -> None:
    """A file is read that the bank has just made, and the workflow is told."""
    now = await house.now_of(handle)
    with house.database.transaction() as session:
        told = bank_feed.note(session, account=invoice.iban, as_of=now, company_id=None, now=now)
    assert told == [invoice.id]
    await handle.signal("feed_read")


async def test_it_leaves_as_soon_as_a_fresh_file_is_read(house: House) -> None:
    invoice = an_invoice(house, iban=ACCOUNT)
    handle = await house.start(invoice)
    await waits(house, invoice, handle)
    row = house.invoice(invoice.id)
    assert (row.state, row.attention, row.next_step_at) == ("overdue", "", None)
    details = await house.current_details(handle)
    assert "no file of the bank's has been read yet for account ..0785" in details
    assert house.notices(invoice) == []
    length = len(await house.story(handle))
    assert WINDOW.contains(await house.now_of(handle))

    await read(house, invoice, handle)
    await house.until_sent(invoice)
    await house.at_rest(handle)
    assert house.log(invoice) == [
        *("became_overdue", "feed_awaited", "feed_read"),
        *("letter_released", "balance_seen", "letter_sent"),
    ]
    # The wait is an event or two; the letter costs what every letter costs.
    assert len(await house.story(handle)) - length <= 4 + 14


async def test_read_at_night_it_leaves_in_the_morning(house: House) -> None:
    invoice = an_invoice(house, iban="FI4950009420028730")
    handle = await house.start(invoice, still=True)
    await house.pass_days(handle, 14 + 15 + 2.6)
    await waits(house, invoice, handle)
    while WINDOW.contains(await house.now_of(handle)):
        await house.pass_days(handle, 0.25)
    await read(house, invoice, handle)
    await house.until(lambda: house.log(invoice)[-1] == "feed_read")
    await house.at_rest(handle)
    row = house.invoice(invoice.id)
    now = await house.now_of(handle)
    assert row.next_step == "remind"
    assert row.next_step_at is not None
    assert now < row.next_step_at < now + timedelta(days=5)  # over Easter
    assert WINDOW.contains(row.next_step_at)

    await house.pass_days(handle, (row.next_step_at - now) / timedelta(days=1) + 0.01)
    await house.until_sent(invoice)
    (notice,) = house.notices(invoice)
    assert notice.letter_date == FINLAND.local_date(row.next_step_at)


async def test_paid_while_it_waits_it_gets_no_letter(house: House) -> None:
    invoice = an_invoice(house, iban="FI3715903000000776")
    handle = await house.start(invoice)
    await waits(house, invoice, handle)
    await house.paid(handle, invoice, 108_836)
    await read_for_nobody(house, invoice, handle)
    assert await handle.result() == "paid"
    assert house.notices(invoice) == []


async def read_for_nobody(house: House, invoice: Invoice, handle: Handle) -> None:
    """The file that the payment came in is read, and only then noted; nobody waits for it."""
    await house.until_state("paid", invoice)
    now = await house.now_of(handle)
    with house.database.transaction() as session:
        told = bank_feed.note(session, account=invoice.iban, as_of=now, company_id=None, now=now)
    assert told == []
