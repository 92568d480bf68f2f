"""What a person asks of an invoice by Karhu: every update in every state."""

import asyncio
from dataclasses import dataclass
from datetime import date

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain import requests
from domain.rule import HandOver
from domain.states import HoldKind, InvoiceState
from tests.house import House
from tests.looking import Handle
from tests.workflows.resting import ONE_LETTER, PRINCIPAL, resting, rule

ACTOR = "anna"


@dataclass(frozen=True)
class Refused:
    """The answer is no, and the reason has this word in it."""

    word: str


HOLD = requests.Hold(actor=ACTOR, reason="asked for time", key="k")
RELEASE = requests.Release(actor=ACTOR, key="k")
CANCEL = requests.Cancel(actor=ACTOR, reason="a mistake", key="k")
SET_REMINDED = requests.SetState(actor=ACTOR, to=InvoiceState.REMINDED, key="k")
SEND_NOW = requests.SendNow(actor=ACTOR, key="k")
HAND_OVER = requests.HandOver(actor=ACTOR, key="k")
WITHDRAW = requests.Withdraw(actor=ACTOR, reason="settled between us", key="k")

NOTHING_HELD = Refused("nothing holds it")
NOT_THERE = Refused("not at the agency")
NOT_YET = Refused("reminder service")
NO_LETTER = Refused("no next letter")

# The state that the invoice is in afterwards, or the refusal.
ANSWERS: dict[str, list[tuple[requests.Request, str | Refused]]] = {
    "open": [
        (HOLD, "open"),
        (RELEASE, NOTHING_HELD),
        (CANCEL, "cancelled"),
        (SET_REMINDED, Refused("not overdue")),
        (SEND_NOW, NO_LETTER),
        (HAND_OVER, NOT_YET),
        (WITHDRAW, NOT_THERE),
    ],
    "overdue": [
        (HOLD, "overdue"),
        (RELEASE, NOTHING_HELD),
        (CANCEL, "cancelled"),
        (SET_REMINDED, "reminded"),
        (SEND_NOW, "reminded"),
        (HAND_OVER, NOT_YET),
        (WITHDRAW, NOT_THERE),
    ],
    "reminded": [
        (HOLD, "reminded"),
        (RELEASE, NOTHING_HELD),
        (CANCEL, "cancelled"),
        (SET_REMINDED, Refused("already")),
        (SEND_NOW, "notified"),
        (HAND_OVER, NOT_YET),
        (WITHDRAW, NOT_THERE),
    ],
    "notified": [
        (HOLD, "notified"),
        (RELEASE, NOTHING_HELD),
        (CANCEL, "cancelled"),
        (SET_REMINDED, "reminded"),
        (SEND_NOW, NO_LETTER),
        # Approved; it goes when the notice has fallen due.
        (HAND_OVER, "notified"),
        (WITHDRAW, NOT_THERE),
    ],
    "in_collection": [
        (HOLD, "in_collection"),
        (RELEASE, NOTHING_HELD),
        (CANCEL, "cancelled"),
        (SET_REMINDED, Refused("withdraw")),
        (SEND_NOW, NO_LETTER),
        (HAND_OVER, Refused("already")),
        (WITHDRAW, "notified"),
    ],
}


async def refusal(house: House, handle: Handle, request: requests.Request) -> str:
    """The words with which a request is refused."""
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await house.ask(handle, request)
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "Refused"
    return str(cause)


@pytest.mark.parametrize("state", ANSWERS)
async def test_every_request_in_every_state(house: House, state: str) -> None:
    async def ask(request: requests.Request, expected: str | Refused) -> None:
        invoice, handle = await resting(house, state)
        before = house.log(invoice)
        if isinstance(expected, Refused):
            assert expected.word in await refusal(house, handle, request)
            assert house.log(invoice) == before
            assert house.state(invoice) == state
            return
        answer = await house.ask(handle, request)
        assert answer.state == expected
        assert house.state(invoice) == expected
        granted = [event for event in house.events(invoice) if event.key == "k"]
        assert [event.actor for event in granted] == [ACTOR]
        if expected == "cancelled":
            assert await handle.result() == "cancelled"
            assert house.open_cents(invoice) == 0
            told = [(item.kind, item.status) for item in house.messages(invoice)]
            at_agency = [("assignment", "acknowledged"), ("withdrawal", "acknowledged")]
            assert told == (at_agency if state == "in_collection" else [])

    await asyncio.gather(*(ask(request, expected) for request, expected in ANSWERS[state]))


async def test_the_same_request_again_does_it_once(house: House) -> None:
    invoice, handle = await resting(house, "overdue")
    first = await house.ask(handle, SEND_NOW)
    # The same update id: the server answers again what it answered before.
    assert await house.ask(handle, SEND_NOW) == first
    await house.until_sent(invoice)
    length = len(house.log(invoice))
    # The same key by another way.
    await handle.execute_update("send_now", SEND_NOW, id="another")
    assert len(house.log(invoice)) == length
    assert len(house.mails(invoice)) == 1
    hold = requests.Hold(actor=ACTOR, key="h")
    await asyncio.gather(*(house.ask(handle, hold) for _ in range(3)))
    assert house.log(invoice).count("hold_placed") == 1


async def test_a_closed_invoice_says_so(house: House) -> None:
    invoice = house.register()
    handle = await house.start(invoice, still=True)
    await house.paid(handle, invoice, PRINCIPAL)
    await handle.result()
    for request in (HOLD, RELEASE, CANCEL, SET_REMINDED, SEND_NOW, HAND_OVER, WITHDRAW):
        with pytest.raises(RPCError, match="already completed") as closed:
            await house.ask(handle, request)
        assert closed.value.status is RPCStatusCode.NOT_FOUND


async def test_the_law_holds_by_hand_too(house: House) -> None:
    invoice = house.register(rule=ONE_LETTER)
    handle = await house.start(invoice)
    await house.until_sent(invoice)
    await house.at_rest(handle)
    assert "earliest lawful day" in await refusal(house, handle, SEND_NOW)
    assert len(house.notices(invoice)) == 1


async def test_an_approved_hand_over_goes_by_itself(house: House) -> None:
    invoice = house.register(rule=rule("On approval", hand_over=HandOver.ON_APPROVAL))
    handle = await house.start(invoice)
    await house.until_sent(invoice, 2)
    await house.at_rest(handle)
    assert "approve" in house.invoice(invoice.id).next_step_why
    answer = await house.ask(handle, HAND_OVER)
    assert answer.state == "notified"
    assert answer.next_step == "hand_over"
    await house.until_at_agency(invoice)
    (file,) = house.files(invoice)
    (_, notice) = house.notices(invoice)
    assert file.assigned_at.date() > notice.due


async def test_a_hand_over_by_hand_goes_at_once_where_the_law_lets_it(house: House) -> None:
    invoice, handle = await resting(house, "notified")
    await house.pass_days(handle, 20)
    answer = await house.ask(handle, HAND_OVER)
    assert answer.state == "in_collection"
    await house.until_at_agency(invoice)


async def test_withdrawn_from_the_agency_it_is_held_and_may_go_again(house: House) -> None:
    invoice, handle = await resting(house, "in_collection")
    await house.ask(handle, WITHDRAW)
    await house.until(lambda: house.messages(invoice)[-1].status == "acknowledged")
    row = house.invoice(invoice.id)
    assert (row.state, row.held, row.next_step) == ("notified", True, "wait")
    assert "held" in await refusal(house, handle, HAND_OVER.model_copy(update={"key": "k2"}))
    await house.ask(handle, RELEASE.model_copy(update={"key": "k3"}))
    await house.until(lambda: len(house.messages(invoice)) == 3)
    await house.until(lambda: house.messages(invoice)[-1].status == "acknowledged")
    assert [item.kind for item in house.messages(invoice)] == [
        "assignment",
        "withdrawal",
        "assignment",
    ]
    assert [file.round for file in house.files(invoice)] == [1, 2]


async def test_a_held_invoice_waits_and_goes_on_by_itself(house: House) -> None:
    invoice = house.register(rule=ONE_LETTER)
    handle = await house.start(invoice, still=True)
    hold = requests.Hold(hold=HoldKind.PROMISE, until=date(2026, 4, 10), reason="pays on payday")
    answer = await house.ask(handle, hold)
    assert (answer.state, answer.next_step) == ("open", "wait")
    await house.pass_days(handle, 36)  # to 7 April, past the reminder's day
    assert house.log(invoice) == ["hold_placed"]
    assert house.invoice(invoice.id).held
    await house.pass_days(handle, 30)
    await house.until_sent(invoice)
    # The promise ended on a Friday.
    assert house.notices(invoice)[0].letter_date == date(2026, 4, 13)
    assert not house.invoice(invoice.id).held
