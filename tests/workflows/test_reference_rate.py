"""An invoice that waits for a reference rate goes on when it is told of it."""

from datetime import datetime
from decimal import Decimal

from domain.interest import HalfYear, ReferenceRate
from domain.rule import CONSUMERS
from store import rates
from tests.books import MONDAY
from tests.house import House

ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})


async def test_the_rate_is_added(house: House) -> None:
    invoice = house.register(rule=ONE_LETTER, due_in=310)  # 6 January 2027
    handle = await house.start(invoice)
    await house.until(lambda: "2027H1" in house.invoice(invoice.id).next_step_why)
    await house.at_rest(handle)
    assert house.invoice(invoice.id).attention == ""
    assert "waits for the reference rate" in await house.current_details(handle)
    length = len(await house.story(handle))

    rate = ReferenceRate(HalfYear(2027, 1), Decimal("2.5"), "notice 1111/2026")
    with house.database.transaction() as session:
        rates.add(session, rate, datetime(2027, 1, 25, tzinfo=MONDAY.tzinfo), "Essi")
    with house.database.transaction() as session:
        assert rates.tell_waiting(session, rate.half_year) == [invoice.id]
    await handle.signal("rate_added")
    await house.until_sent(invoice)
    await house.at_rest(handle)
    assert house.log(invoice) == [
        *("became_overdue", "rate_awaited", "rate_published"),
        *("letter_released", "balance_seen", "letter_sent"),
    ]
    # The wait is an event or two; the letter costs what every letter costs.
    assert len(await house.story(handle)) - length <= 4 + 14
    with house.database.transaction() as session:
        assert rates.waiting(session) == {}
