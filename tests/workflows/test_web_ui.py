"""What a person reads of an invoice in the Temporal Web UI, without knowing the code."""

import asyncio
from datetime import UTC
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionDescription

from domain.agency import CollectionStatus
from domain.rule import CONSUMERS, HandOver
from tests.house import House
from tests.looking import Handle
from workflows import search_attributes as sa

ONE_LETTER = CONSUMERS.model_copy(update={"name": "One letter", "notice": None})
NO_AGENCY = CONSUMERS.model_copy(update={"name": "Two letters", "hand_over": HandOver.NEVER})


async def attributes(handle: Handle) -> dict[str, Any]:
    """Karhu's search attributes of the workflow, by name."""
    found: WorkflowExecutionDescription = await handle.describe()
    return {
        pair.key.name: pair.value
        for pair in found.typed_search_attributes
        if pair.key.name.startswith("Karhu")
    }


async def summaries(handle: Handle, kind: "EventType.ValueType") -> list[str]:
    """The labels on the bars of the timeline: of the timers, or of the activities."""
    history = await handle.fetch_history()
    return [
        event.user_metadata.summary.data.decode().strip('"')
        for event in history.events
        if event.event_type == kind
    ]


async def test_an_open_invoice(house: House) -> None:
    invoice = house.register()
    handle = await house.start(invoice, still=True)
    await house.at_rest(handle)
    described = await handle.describe()
    summary = (await described.static_summary() or "").replace("\N{NO-BREAK SPACE}", " ")
    for words in (f"Invoice {invoice.number}", "Esimerkki Oy", "088.36 EUR", "due 16 Mar 2026"):
        assert words in summary
    row = house.invoice(invoice.id)
    assert await attributes(handle) == {
        sa.COMPANY.name: "1234567-1",
        sa.STATE.name: "open",
        sa.RULE.name: "test",
        sa.NEXT_STEP.name: "become_overdue",
        sa.NEXT_STEP_AT.name: row.next_step_at,
        sa.ATTENTION.name: False,
    }
    details = await house.current_details(handle)
    assert "**open** (avoin)" in details
    assert "becomes overdue" in details
    assert row.next_step_why in details
    (timer,) = await summaries(handle, EventType.EVENT_TYPE_TIMER_STARTED)
    assert timer.startswith("becomes overdue on ")


async def test_a_reminded_invoice(house: House) -> None:
    invoice = house.register(rule=ONE_LETTER)
    handle = await house.start(invoice)
    await house.until_sent(invoice)
    await house.at_rest(handle)
    found = await attributes(handle)
    rule = f"{ONE_LETTER.name} {int(invoice.number) - 1000}"
    assert found == {
        sa.COMPANY.name: "1234567-1",
        sa.STATE.name: "reminded",
        sa.RULE.name: rule,
        sa.NEXT_STEP.name: "wait",
        sa.ATTENTION.name: False,
    }
    details = await house.current_details(handle)
    for words in (
        "**reminded** (muistutettu)",
        "reminder 1: 31 Mar 2026",
        "5.00",
        "sends no notice",
        f"rule {rule} v1",
    ):
        assert words in details
    timers = await summaries(handle, EventType.EVENT_TYPE_TIMER_STARTED)
    assert [words.split(" on ")[0] for words in timers] == ["becomes overdue", "reminder"]
    assert await summaries(handle, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) == [
        "reminder 1 by email"
    ]


async def test_a_held_and_a_refused_one(house: House) -> None:
    invoice = house.register()
    handle = await house.start(invoice, still=True)
    await handle.signal("hold", {"actor": "anna", "reason": "call first", "until": "2026-03-20"})
    await house.until(lambda: house.invoice(invoice.id).held)
    await house.at_rest(handle)
    details = await house.current_details(handle)
    for words in ("waits", "manual", "20 Mar 2026", "anna", "call first"):
        assert words in details
    found = await attributes(handle)
    assert found[sa.NEXT_STEP.name] == "wait"
    assert found[sa.NEXT_STEP_AT.name].astimezone(UTC).isoformat() == "2026-03-20T22:00:00+00:00"


async def test_one_that_needs_somebody(house: House) -> None:
    invoice = house.register(email="matti@x.bounce.example", street="", rule=ONE_LETTER)
    handle = await house.start(invoice)
    await house.until(lambda: house.invoice(invoice.id).attention != "")
    await house.at_rest(handle)
    assert (await attributes(handle))[sa.ATTENTION.name] is True
    details = await house.current_details(handle)
    assert "**Needs attention:**" in details
    assert "550" in details
    await house.until_listed(f"{sa.ATTENTION.name} = true AND {sa.STATE.name} = 'overdue'", handle)
    house.change_customer(invoice, email="matti@malliasiakas.example")
    await handle.signal("release", {})
    await house.until_sent(invoice)
    await house.at_rest(handle)
    assert (await attributes(handle))[sa.ATTENTION.name] is False


async def test_at_the_agency_and_closed(house: House) -> None:
    async def at_agency() -> None:
        invoice = house.register()
        handle = await house.start(invoice)
        await house.until_at_agency(invoice)
        await house.heard(handle, invoice, CollectionStatus.ENFORCEMENT.finnish, 1)
        await house.at_rest(handle)
        found = await attributes(handle)
        assert found[sa.STATE.name] == "in_collection"
        assert found[sa.COLLECTION_STATUS.name] == "enforcement"
        details = await house.current_details(handle)
        for words in ("**in_collection** (perinnässä)", "ULOSOTTO", "Enforcement"):
            assert words in details
        activities = await summaries(handle, EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
        assert activities[-1] == "tell Intrum: assignment"
        query = f"{sa.COMPANY.name} = '1234567-1' AND {sa.COLLECTION_STATUS.name} = 'enforcement'"
        await house.until_listed(query, handle)

    async def closed() -> None:
        invoice = house.register()
        handle = await house.start(invoice, still=True)
        await house.paid(handle, invoice, 108_836)
        await handle.result()
        found = await attributes(handle)
        assert (found[sa.STATE.name], sa.NEXT_STEP_AT.name in found) == ("paid", False)
        details = await house.current_details(handle)
        assert "**paid** (maksettu)" in details
        assert "Next:" not in details

    await asyncio.gather(at_agency(), closed())


async def test_no_name_of_a_person_is_in_what_is_shown_in_clear(house: House) -> None:
    invoice = house.register(rule=NO_AGENCY)
    handle = await house.start(invoice)
    await house.until_sent(invoice, 2)
    await house.at_rest(handle)
    history = await handle.fetch_history()
    said = history.to_json() + str(await attributes(handle)) + await house.current_details(handle)
    shown = said + "".join(
        payload.data.decode("utf-8", "replace")
        for event in history.events
        for payload in [event.user_metadata.summary]
    )
    for word in ("Malliasiakas", "malliasiakas.example", "Mallikatu"):
        assert word not in shown
