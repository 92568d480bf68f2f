"""Asking an invoice's workflow for something."""

from typing import Any

import pytest

from domain import requests
from domain.requests import Refused, Request
from domain.states import HoldKind, InvoiceState
from starter import by_hand, deployment
from starter.by_hand import FinishedError
from tests.starter.office import Office
from workflows.contract import Answer


async def ask(office: Office, number: str, request: Request) -> Answer:
    return await by_hand.ask(office.client, office.business_id, number, request)


async def test_the_answer_says_what_comes_next(office: Office) -> None:
    one = office.record()
    await office.take_in(one)
    held = await ask(office, one.number, requests.Hold(actor="somebody", reason="asked", key="k1"))
    assert (held.state, held.next_step, held.next_step_at) == ("open", "wait", None)
    released = await ask(office, one.number, requests.Release(key="k2"))
    assert released.next_step == "become_overdue"
    assert released.next_step_at is not None


async def test_the_same_key_does_nothing_twice(office: Office) -> None:
    one = office.record()
    await office.take_in(one)
    for _ in range(2):
        await ask(office, one.number, requests.Hold(actor="somebody", reason="asked", key="once"))
    placed = [event for event in office.story(one.number).events if event.kind == "hold_placed"]
    assert [(event.actor, event.reason) for event in placed] == [("somebody", "asked")]


@pytest.mark.parametrize(
    "request_",
    [
        requests.Release(key="k"),
        requests.SetState(to=InvoiceState.REMINDED, key="k"),
        requests.SetState(to=InvoiceState.PAID, key="k"),
        requests.SendNow(key="k"),
        requests.HandOver(key="k"),
        requests.Withdraw(key="k"),
        requests.Hold(hold=HoldKind.PROMISE, key="k"),
    ],
    ids=lambda request: f"{request.kind}-{getattr(request, 'to', '')}",
)
async def test_what_cannot_be_done_is_refused_with_the_reason(
    office: Office, request_: Any
) -> None:
    one = office.record()
    await office.take_in(one)
    with pytest.raises(Refused, match=r"\w+ \w+"):
        await ask(office, one.number, request_)
    assert office.story(one.number).events == []


async def test_nobody_listens_once_it_is_over(office: Office) -> None:
    one = office.record()
    await office.take_in(one)
    cancelled = await ask(office, one.number, requests.Cancel(key="k1", reason="a mistake"))
    assert cancelled.state == "cancelled"
    with pytest.raises(FinishedError):
        await ask(office, one.number, requests.Hold(key="k2"))


async def test_a_build_is_made_current_once(office: Office) -> None:
    build = office.settings.build_id
    assert not await deployment.set_current(office.client, build, timeout=10)
    with pytest.raises(deployment.NotReportedError, match="never"):
        await deployment.set_current(office.client, "never", timeout=0)
