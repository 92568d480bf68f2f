"""What a person asks of an invoice by Temporal itself: signals, and its own cancellation."""

import asyncio
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from tests.house import House
from tests.workflows.resting import PRINCIPAL, resting


async def test_the_four_signals_as_an_operator_types_them(house: House) -> None:
    async def hold_and_release(payload: list[Any]) -> None:
        invoice = house.register()
        handle = await house.start(invoice, still=True)
        await handle.signal("hold", args=payload)
        await house.until(lambda: house.invoice(invoice.id).held)
        await handle.signal("release", args=payload)
        await house.until(lambda: not house.invoice(invoice.id).held)
        assert house.log(invoice) == ["hold_placed", "hold_released"]

    async def cancel(payload: list[Any]) -> None:
        invoice = house.register()
        handle = await house.start(invoice, still=True)
        await handle.signal("cancel", args=payload)
        assert await handle.result() == "cancelled"
        assert house.log(invoice)[-1] == "closed"

    async def set_state() -> None:
        invoice, handle = await resting(house, "overdue")
        await handle.signal("set_state", {"to": "reminded"})
        await house.until_state("reminded", invoice)
        # Stated by a person: nothing was sent, nothing was charged.
        assert house.notices(invoice) == []
        assert house.open_cents(invoice) == PRINCIPAL

    async def with_words() -> None:
        invoice = house.register()
        handle = await house.start(invoice, still=True)
        typed = {"hold": "disputed", "until": "2026-05-01", "actor": "anna", "reason": "no goods"}
        await handle.signal("hold", typed)
        await house.until(lambda: house.invoice(invoice.id).held)
        (event,) = house.events(invoice)
        assert (event.actor, event.reason) == ("anna", "no goods")
        # Given by the workflow, so that the same request is known again after a crash.
        assert event.key
        assert event.outcome["hold"]["until"] == "2026-05-01"

    await asyncio.gather(
        hold_and_release([{}]),
        hold_and_release([]),
        cancel([{}]),
        cancel([]),
        set_state(),
        with_words(),
    )


async def test_a_refused_signal_is_recorded_and_shown(house: House) -> None:
    invoice = house.register()
    handle = await house.start(invoice, still=True)
    await handle.signal("set_state", {"to": "reminded", "actor": "anna"})
    await house.until(lambda: house.log(invoice) == ["request_refused"])
    (event,) = house.events(invoice)
    assert event.actor == "anna"
    assert "not overdue" in event.outcome["reason"]
    assert "not overdue" in await house.current_details(handle)
    assert house.state(invoice) == "open"
    # The next thing that is done clears it away.
    await handle.signal("hold", {})
    await house.until(lambda: house.invoice(invoice.id).held)
    assert "not overdue" not in await house.current_details(handle)


async def test_what_cannot_be_read_is_refused_and_stops_nothing(house: House) -> None:
    invoice = house.register()
    handle = await house.start(invoice, still=True)
    for name, args in (
        ("set_state", [{"to": "nowhere"}]),
        ("set_state", []),
        ("hold", [{"until": "tomorrow"}]),
        ("release", ["now, please"]),
        ("cancel", [{"why": "no such field"}]),
    ):
        before = len(house.log(invoice))
        await handle.signal(name, args=args)
        await house.until(lambda before=before: len(house.log(invoice)) > before)  # type: ignore[misc]
        refused = house.events(invoice)[-1].outcome
        assert (refused["kind"], refused["request"]) == ("request_refused", name)
        assert "cannot be read" in await house.current_details(handle)
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await handle.execute_update(name, args=args)
        assert isinstance(failed.value.cause, ApplicationError)
        assert failed.value.cause.type == "Refused"
    # What only says "look" is looked at, whatever comes with it.
    house.pay(invoice, PRINCIPAL)
    await handle.signal("payment", {})
    assert await handle.result() == "paid"


async def test_temporals_own_cancellation_is_cancel(house: House) -> None:
    async def asleep() -> None:
        invoice = house.register()
        handle = await house.start(invoice, still=True)
        await handle.cancel()
        assert await handle.result() == "cancelled"
        assert house.state(invoice) == "cancelled"
        assert house.events(invoice)[-1].actor == "Temporal"
        assert house.open_cents(invoice) == 0

    async def at_agency() -> None:
        invoice, handle = await resting(house, "in_collection")
        await handle.cancel()
        assert await handle.result() == "cancelled"
        assert [(item.kind, item.status) for item in house.messages(invoice)] == [
            ("assignment", "acknowledged"),
            ("withdrawal", "acknowledged"),
        ]

    await asyncio.gather(asleep(), at_agency())
