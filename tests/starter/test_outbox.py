"""Nothing gets lost between the books and Temporal."""

from datetime import UTC, date, datetime

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.starting import drain
from integrations.agency import Agencies
from starter.api.parts import Parts
from starter.api.rounds import Rounds
from starter.stack.ports import choose
from store import booking
from tests.starter.office import Office


def book(office: Office, number: str, cents: int, key: str) -> None:
    """A payment whose workflow hears nothing, as after a crash."""
    row = office.row(number)
    with office.database.transaction() as session:
        booking.pay(
            session,
            booking.lock(session, row.id),
            cents,
            date(2026, 3, 2),
            key=key,
            now=office.clock.now(datetime.now(UTC)),
        )


async def nobody() -> Client:
    """The way to a Temporal that is not there."""
    return await Client.connect(
        f"127.0.0.1:{choose()}", lazy=True, data_converter=pydantic_data_converter
    )


async def test_what_temporal_did_not_take_is_started_later(office: Office) -> None:
    one = office.record()
    intake = await office.take_in(one, client=await nobody())
    assert (intake.registered, intake.started, intake.waiting) == (1, 0, 1)
    assert office.row(one.number).start_pending
    drained = await drain(office.client, office.database, office.clock)
    assert (drained.started, drained.waiting) == (1, 0)
    assert not office.row(one.number).start_pending
    again = await drain(office.client, office.database, office.clock)
    assert (again.started, again.told) == (0, 0)


async def test_a_workflow_that_was_started_already_is_not_started_twice(office: Office) -> None:
    one = office.record()
    await office.take_in(one)
    handle = office.handle(one.number)
    before = (await handle.describe()).run_id
    with office.database.transaction() as session:
        # As if the crash came between the start and its mark.
        booking.lock(session, office.row(one.number).id).start_pending = True
    assert (await drain(office.client, office.database, office.clock)).started == 1
    assert (await handle.describe()).run_id == before


async def test_a_payment_whose_signal_was_lost_is_told_later(office: Office) -> None:
    one = office.record()
    await office.take_in(one)
    book(office, one.number, one.amount_cents, "lost")
    assert office.row(one.number).state == "open"
    drained = await drain(office.client, office.database, office.clock)
    assert drained.told == 1
    row = await office.until(one.number, lambda row: row.state == "paid")
    assert not row.signal_pending


async def test_news_for_a_workflow_that_is_over_is_history(office: Office) -> None:
    one = office.record()
    await office.take_in(one)
    handle = office.handle(one.number)
    book(office, one.number, one.amount_cents, "first")
    await drain(office.client, office.database, office.clock)
    assert await handle.result() == "paid"
    book(office, one.number, 500, "second")
    drained = await drain(office.client, office.database, office.clock)
    assert (drained.told, drained.finished) == (0, 1)
    assert not office.row(one.number).signal_pending
    # A mark for its start as well: it is over, so it counts as started.
    with office.database.transaction() as session:
        booking.lock(session, office.row(one.number).id).start_pending = True
    assert (await drain(office.client, office.database, office.clock)).started == 1


async def test_the_rounds_heal_and_do_not_nag(office: Office) -> None:
    one = office.record()
    await office.take_in(one)
    agencies = Agencies({})
    parts = Parts(
        client=await nobody(),
        database=office.database,
        clock=office.clock,
        agencies=agencies,
        real_now=lambda: datetime.now(UTC),
    )
    away, rounds = (
        Rounds(parts),
        Rounds(Parts(office.client, office.database, office.clock, agencies, parts.real_now)),
    )
    book(office, one.number, one.amount_cents, "healed")
    tries = [await away.go() for _ in range(16)]
    # The first rounds leave it to whoever put it there; then after 2, 4, 8 rounds.
    assert [place for place, tried in enumerate(tries) if tried] == [2, 6, 14]
    assert [await rounds.go() for _ in range(2)] == [None, None]
    drained = await rounds.go()
    assert drained is not None
    assert drained.told == 1
    await office.until(one.number, lambda row: row.state == "paid" and not row.signal_pending)
    assert await rounds.go() is None
