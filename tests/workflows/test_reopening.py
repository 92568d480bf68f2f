"""A payment that the bank takes back reopens its invoice, and the procedure goes on."""

import asyncio
import itertools
from datetime import date, timedelta

from temporalio.client import WorkflowHandle

from activities.starting import drain
from domain import requests
from domain.calendar import FINLAND
from domain.rule import CONSUMERS, HandOver
from store import booking, payments
from store.payments import Transaction
from store.tables import Invoice
from tests.house import House
from tests.looking import Handle
from tests.workflows.resting import resting
from workflows.contract import workflow_id

PRINCIPAL = 108_836
NO_AGENCY = CONSUMERS.model_copy(update={"name": "Two letters", "hand_over": HandOver.NEVER})
_serial = itertools.count(1)


async def bank_says(house: House, invoice: Invoice, cents: int, on: date) -> None:
    """A file of the bank's is booked; nobody is told yet."""
    transaction = Transaction(
        key=f"{next(_serial):064d}",
        reference=invoice.reference,
        amount_cents=cents,
        paid_on=on,
        booked_on=on,
        payer="MALLIASIAKAS",
        account=invoice.iban,
        source="payments.ktl",
    )

    def book() -> None:
        with house.database.transaction() as session:
            (result,) = payments.book(session, [transaction], now=house.now())
            assert result.booked

    await asyncio.to_thread(book)


async def told(house: House, invoice: Invoice) -> Handle:
    """The outbox is drained; the invoice's newest workflow."""
    await drain(house.client, house.database, house.clock, only=[invoice.id])
    return newest(house, invoice)


def newest(house: House, invoice: Invoice) -> Handle:
    handle: WorkflowHandle[object, str] = house.client.get_workflow_handle(
        workflow_id(invoice.case_json["company"], invoice.number), result_type=str
    )
    return handle


async def paid_and_closed(house: House, invoice: Invoice, handle: Handle) -> None:
    await bank_says(house, invoice, house.open_cents(invoice), date(2026, 3, 10))
    await told(house, invoice)
    assert await handle.result() == "paid"


async def test_paid_reversed_reopened_and_reminded(house: House) -> None:
    invoice = house.register(rule=NO_AGENCY)
    first = await house.start(invoice, still=True)
    await paid_and_closed(house, invoice, first)
    assert house.notices(invoice) == []

    await bank_says(house, invoice, -PRINCIPAL, date(2026, 3, 12))
    again = await told(house, invoice)
    await house.until_sent(invoice, 2)
    reminder, notice = house.notices(invoice)
    assert (reminder.kind, notice.kind) == ("reminder", "notice")
    assert reminder.letter_date == date(2026, 3, 31)  # as if it had never been paid
    await house.at_rest(again)
    assert (await again.describe()).run_id != first.first_execution_run_id
    assert house.log(invoice)[:4] == ["balance_seen", "closed", "balance_seen", "reopened"]
    row = house.invoice(invoice.id)
    assert (row.state, row.start_pending, row.signal_pending) == ("notified", False, False)

    # Paid again, it closes again: what it had cost is waived in an entry of its own.
    await bank_says(house, invoice, PRINCIPAL, date(2026, 5, 20))
    await told(house, invoice)
    assert await again.result() == "paid"
    assert house.open_cents(invoice) == 0


async def test_no_letter_is_sent_twice_nor_too_soon(house: House) -> None:
    invoice, handle = await resting(house, "reminded")
    (reminder,) = house.notices(invoice)
    owed = house.open_cents(invoice)
    await bank_says(house, invoice, PRINCIPAL, date(2026, 4, 20))
    await told(house, invoice)
    assert await handle.result() == "paid"
    waived = owed - PRINCIPAL
    assert house.open_cents(invoice) == 0
    await bank_says(house, invoice, -PRINCIPAL, date(2026, 4, 22))
    again = await told(house, invoice)
    await house.until_state("reminded", invoice)
    await house.at_rest(again)
    assert [notice.id for notice in house.notices(invoice)] == [reminder.id]
    # What was waived when it closed stays waived.
    assert house.open_cents(invoice) <= PRINCIPAL + waived
    assert house.log(invoice)[-1] == "reopened"
    # The second closing waives anew.
    await bank_says(house, invoice, PRINCIPAL, date(2026, 6, 1))
    await told(house, invoice)
    assert await again.result() == "paid"
    assert house.open_cents(invoice) == 0


async def test_reversed_in_the_very_moment_of_closing(house: House) -> None:
    """Whoever comes first, nothing is lost: the run that is about to end looks once more, or
    another one is started."""

    async def at_once(pause: float) -> None:
        invoice = house.register(rule=NO_AGENCY)
        await house.start(invoice, still=True)
        await bank_says(house, invoice, PRINCIPAL, date(2026, 3, 10))

        async def take_back() -> None:
            await asyncio.sleep(pause)
            await bank_says(house, invoice, -PRINCIPAL, date(2026, 3, 11))
            await told(house, invoice)

        await asyncio.gather(told(house, invoice), take_back())
        await house.until(
            lambda: (
                house.state(invoice) != "paid"
                and not house.invoice(invoice.id).signal_pending
                and not house.invoice(invoice.id).start_pending
            )
        )
        described = await newest(house, invoice).describe()
        assert described.status is not None
        assert described.status.name == "RUNNING"
        assert house.open_cents(invoice) >= PRINCIPAL
        await newest(house, invoice).signal("cancel", {})

    await asyncio.gather(*(at_once(pause / 100) for pause in range(0, 30, 2)))


async def test_killed_between_booking_and_starting(house: House) -> None:
    invoice = house.register(rule=NO_AGENCY)
    handle = await house.start(invoice, still=True)
    await paid_and_closed(house, invoice, handle)
    await bank_says(house, invoice, -PRINCIPAL, date(2026, 3, 12))
    row = house.invoice(invoice.id)
    assert (row.state, row.start_pending, row.signal_pending) == ("paid", True, True)
    # Whoever drains the outbox next, twice at once, starts one.
    drained = await asyncio.gather(
        *(drain(house.still, house.database, house.clock, only=[invoice.id]) for _ in range(2))
    )
    assert max(item.started for item in drained) == 1
    await house.until(lambda: house.log(invoice).count("reopened") == 1)
    await house.at_rest(newest(house, invoice))
    assert house.log(invoice).count("reopened") == 1
    assert house.state(invoice) == "open"
    # Eight events to begin with the news, look and wait; seven for the same news once more.
    assert len(await house.story(newest(house, invoice))) <= 8 + 7


async def test_taken_off_by_hand(house: House) -> None:
    invoice = house.register(rule=NO_AGENCY)
    handle = await house.start(invoice, still=True)
    await house.paid(handle, invoice, PRINCIPAL)
    assert await handle.result() == "paid"
    house.pay(invoice, -PRINCIPAL, key="back")
    await told(house, invoice)
    await house.until_state("overdue", invoice)


async def test_what_a_person_ended_stays_ended(house: House) -> None:
    invoice = house.register(rule=NO_AGENCY)
    handle = await house.start(invoice, still=True)
    house.pay(invoice, 836)
    await house.ask(handle, requests.Cancel(key="c", reason="a mistake"))
    assert await handle.result() == "cancelled"
    house.pay(invoice, -836, key="back")
    await told(house, invoice)
    row = house.invoice(invoice.id)
    assert (row.state, row.start_pending, row.signal_pending) == ("cancelled", False, False)


async def test_while_the_agency_has_it(house: House) -> None:
    """The agency hears of a payment past it, and of its reversal; what it holds open is ours."""
    invoice, handle = await resting(house, "in_collection")
    on = FINLAND.local_date(await house.now_of(handle))
    await bank_says(house, invoice, 8_836, on)
    await told(house, invoice)
    await bank_says(house, invoice, -8_836, on + timedelta(days=1))
    await told(house, invoice)
    await house.until(
        lambda: (
            [(one.kind, one.status) for one in house.messages(invoice)]
            == [
                ("assignment", "acknowledged"),
                ("direct_payment", "acknowledged"),
                ("payment_reversal", "acknowledged"),
            ]
        )
    )
    assert house.state(invoice) == "in_collection"
    assert house.invoice(invoice.id).attention == ""


async def test_reopened_after_the_agency_it_is_handed_over_anew(house: House) -> None:
    invoice, handle = await resting(house, "in_collection")
    owed = house.open_cents(invoice)
    on = FINLAND.local_date(await house.now_of(handle))
    await bank_says(house, invoice, owed, on)
    await told(house, invoice)
    assert await handle.result() == "paid"
    (file,) = house.files(invoice)
    assert file.ended_at is not None

    await bank_says(house, invoice, -owed, on + timedelta(days=1))
    await told(house, invoice)
    await house.until(lambda: len(house.files(invoice)) == 2)
    await house.until(lambda: house.messages(invoice)[-1].status == "acknowledged")
    assert [file.round for file in house.files(invoice)] == [1, 2]
    assert len(house.notices(invoice)) == 2
    assert [one.kind for one in house.messages(invoice)] == [
        "assignment",
        "direct_payment",
        "assignment",
    ]
    with house.database.transaction() as session:
        assert booking.open_files(session, [invoice.id])[invoice.id].round == 2
