"""A receiver that does not take an event for three days: its webhook is paused, and says why."""

from datetime import timedelta

import pytest
from temporalio.common import RetryPolicy

import workflows.webhook_contract as contract
from domain.outcomes import BecameOverdue
from tests.workflows.test_webhook import PAID, Told, told

__all__ = ["told"]

FEW_TRIES = RetryPolicy(
    initial_interval=timedelta(seconds=5),
    backoff_coefficient=20.0,
    maximum_interval=timedelta(hours=8),
)


async def test_it_is_paused_after_three_days_and_goes_on_when_it_is_resumed(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each try takes a while of real time, however quickly the days go by.
    monkeypatch.setattr(contract, "DELIVER_RETRY", FEW_TRIES)
    house, receiver = told.house, told.receiver
    receiver.answer = lambda _: 503
    ids = told.happen(BecameOverdue(), PAID)
    await told.round(house.still)
    await house.until(lambda: told.row().failing_since is not None)

    await house.pass_days(told.handle, 2.6)
    assert told.row().state == "active"
    assert len(receiver.ids) > 3
    await house.pass_days(told.handle, 0.5)
    await house.until(lambda: told.row().state == "paused")
    assert "503" in told.row().pause_reason
    await house.at_rest(told.handle)
    assert "Paused" in await house.current_details(told.handle)
    # The first event is what they were about; nothing overtakes it.
    assert set(receiver.ids) == {ids[0]}
    assert await told.round() == 0

    receiver.answer = lambda _: 200
    receiver.heard.clear()
    told.change(state="active")
    await told.round()
    await told.heard(*ids)
    await told.at_rest()
