"""The twenty statuses of a case at the agency, each from the assignment to the invoice's end; and
those that come late, twice, or in words that nobody knows."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.client import WorkflowUpdateFailedError

from activities.starting import News, drain
from domain import requests
from domain.agency import CollectionStatus, Consequence, StatusMessage, consequence
from domain.requests import Request
from domain.rule import CONSUMERS, HandOver
from domain.states import HoldKind, InvoiceState
from store import agency_line, hearing
from store.scope import Scope
from store.tables import Invoice
from tests.house import House
from tests.looking import Handle

Cases = dict[CollectionStatus, tuple[Invoice, Handle]]

EXTRA = 8


NO_LETTER = CONSUMERS.model_copy(
    update={"name": "No letter", "reminder": None, "notice": None, "hand_over": HandOver.NEVER}
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ready(house: House) -> AsyncIterator[list[tuple[Invoice, Handle]]]:
    """Invoices that the agency has; their letters were sent by other means, as somebody says."""

    few = asyncio.Semaphore(8)

    async def one() -> tuple[Invoice, Handle]:
        async with few:
            invoice = house.register(rule=NO_LETTER, due_in=-60)
            handle = await house.start(invoice)
            await house.until_state("overdue", invoice)
            await house.ask(handle, requests.SetState(to=InvoiceState.NOTIFIED))
            await house.ask(handle, requests.HandOver())
            await house.until_at_agency(invoice)
            await house.at_rest(handle)
            return invoice, handle

    yield await asyncio.gather(*(one() for _ in range(len(CollectionStatus) + EXTRA)))


@pytest.fixture(scope="module")
def cases(ready: list[tuple[Invoice, Handle]]) -> Cases:
    return dict(zip(CollectionStatus, ready, strict=False))


@pytest.fixture(scope="module")
def spare(ready: list[tuple[Invoice, Handle]]) -> list[tuple[Invoice, Handle]]:
    return ready[len(CollectionStatus) :]


async def report(
    house: House,
    one: tuple[Invoice, Handle],
    status: str,
    sequence: int,
    *,
    merged_into: str | None = None,
    name: str = "",
    days: int = 0,
) -> bool:
    """The agency reports, as its callback says it, and the procedure has looked; whether it was
    new."""
    invoice, handle = one
    file = house.files(invoice)[-1]
    now = await house.now_of(handle)
    message = StatusMessage(
        message_id=name or f"{file.reference}#{sequence}",
        case_reference=file.reference,
        agency_case_id=file.agency_case_id or "INT-0",
        status=status,
        occurred_at=now + timedelta(days=days),
        sequence=sequence,
        merged_into=merged_into,
    )
    heard = hearing.keep(house.database, message, now)
    assert heard is not None
    await told(house)
    await house.until(lambda: {item.status for item in house.messages(invoice, "in")} <= {"folded"})
    return heard.new


async def told(house: House) -> None:
    await drain(house.client, house.database, house.clock, news=News.AGENCY_STATUS)


async def refusal(house: House, handle: Handle, request: Request) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await house.ask(handle, request)
    return str(refused.value.cause)


def proposed(house: House, invoice: Invoice) -> bool:
    with house.database.transaction() as session:
        scope = Scope(frozenset({invoice.company_id}))
        rows = agency_line.proposals(session, scope, after=invoice.id - 1, limit=1)
    return [row.invoice_id for row in rows] == [invoice.id]


def now_at(house: House, invoice: Invoice) -> tuple[str, str]:
    row = house.invoice(invoice.id)
    return row.state, row.collection_status


@pytest.mark.parametrize("status", CollectionStatus, ids=lambda status: status.value)
async def test_from_the_assignment_to_the_end(
    house: House, cases: Cases, spare: list[tuple[Invoice, Handle]], status: CollectionStatus
) -> None:
    one = cases[status]
    invoice = one[0]
    await report(house, one, CollectionStatus.REGISTERED.finnish, 1)
    if status is not CollectionStatus.REGISTERED:
        merged_into = None
        if status is CollectionStatus.ENDED_MERGED:
            merged_into = house.files(spare[0][0])[-1].reference
        await report(house, one, status.finnish, 2, merged_into=merged_into)
    row = house.invoice(invoice.id)
    assert row.collection_status == status.value
    assert row.case_json["agency"]["status_text"] == status.finnish
    brings = consequence(status)
    assert proposed(house, invoice) is (brings is Consequence.CREDIT_LOSS)
    match brings:
        case Consequence.NOTHING:
            await paid_through_the_agency(house, one)
        case Consequence.LOCKED:
            await locked_and_then_billed(house, one)
        case Consequence.CREDIT_LOSS:
            await written_off(house, one)
        case Consequence.RETURNED:
            await handled_by_us_again(house, one)
        case Consequence.FOLLOWED:
            await going_on_in(house, one, spare[0])
    assert [item.kind for item in house.messages(invoice)] == ["assignment"]
    assert house.files(invoice)[-1].ended_at is not None


async def paid_through_the_agency(house: House, one: tuple[Invoice, Handle]) -> None:
    invoice, handle = one
    row = house.invoice(invoice.id)
    assert (row.state, row.attention, row.next_step) == ("in_collection", "", "wait")
    await house.paid(handle, invoice, house.open_cents(invoice), settlement=True)
    assert await handle.result() == "paid"


async def locked_and_then_billed(house: House, one: tuple[Invoice, Handle]) -> None:
    invoice, handle = one
    for request in (
        requests.Withdraw(),
        requests.Cancel(),
        requests.SetState(to=InvoiceState.WRITTEN_OFF),
        requests.HandOver(),
        requests.SendNow(),
    ):
        assert "LUKITTU LASKUTUSTA VARTEN" in await refusal(house, handle, request)
    assert now_at(house, invoice) == ("in_collection", "locked_for_billing")
    await report(house, one, CollectionStatus.ENDED_BILLED.finnish, 3)
    await written_off(house, one)


async def written_off(house: House, one: tuple[Invoice, Handle]) -> None:
    invoice, handle = one
    assert "credit loss" in house.invoice(invoice.id).attention
    await house.ask(handle, requests.SetState(to=InvoiceState.WRITTEN_OFF))
    assert await handle.result() == "written_off"
    assert house.open_cents(invoice) == 0
    assert not proposed(house, invoice)


async def handled_by_us_again(house: House, one: tuple[Invoice, Handle]) -> None:
    invoice, handle = one
    row = house.invoice(invoice.id)
    # It waits for somebody: its rule alone would hand it over again.
    assert (row.state, row.next_step) == ("notified", "wait")
    assert "ours again" in row.attention
    await house.paid(handle, invoice, house.open_cents(invoice))
    assert await handle.result() == "paid"


async def going_on_in(
    house: House, one: tuple[Invoice, Handle], other: tuple[Invoice, Handle]
) -> None:
    invoice, handle = one
    for request in (requests.Withdraw(), requests.Cancel()):
        assert "merged" in await refusal(house, handle, request)
    await report(house, other, CollectionStatus.ENFORCEMENT.finnish, 7)
    await house.until(lambda: now_at(house, invoice)[1] == "enforcement")
    # Its own case says nothing any more.
    await report(house, one, CollectionStatus.DISTRICT_COURT.finnish, 90)
    assert now_at(house, invoice) == ("in_collection", "enforcement")
    await report(house, other, CollectionStatus.PAID.finnish, 8)
    await house.until(lambda: now_at(house, invoice)[1] == "paid")
    await house.paid(handle, invoice, house.open_cents(invoice), settlement=True)
    assert await handle.result() == "paid"


async def test_what_is_said_of_a_merged_claim_reaches_the_case_that_goes_on(
    house: House, spare: list[tuple[Invoice, Handle]]
) -> None:
    one, other = spare[1], spare[2]
    there = house.files(other[0])[-1]
    await report(house, other, CollectionStatus.DISTRICT_COURT.finnish, 3)
    await report(house, one, CollectionStatus.ENDED_MERGED.finnish, 2, merged_into=there.reference)
    # At once as the other one stands.
    assert now_at(house, one[0]) == ("in_collection", "district_court")
    await house.paid(one[1], one[0], 1_000)
    await house.until(lambda: house.messages(one[0])[-1].status == "acknowledged")
    direct = house.messages(one[0])[-1]
    assert (direct.kind, direct.said_of_id) == ("direct_payment", there.id)


async def test_a_merger_into_nobody_we_know_needs_attention(
    house: House, spare: list[tuple[Invoice, Handle]]
) -> None:
    one = spare[3]
    await report(house, one, CollectionStatus.ENDED_MERGED.finnish, 2, merged_into="9/9")
    row = house.invoice(one[0].id)
    assert row.collection_status == "ended_merged"
    assert "9/9" in row.attention
    await house.ask(one[1], requests.Withdraw())
    assert house.state(one[0]) == "notified"


async def test_late_repeated_and_unknown_ones(
    house: House, spare: list[tuple[Invoice, Handle]]
) -> None:
    one = spare[4]
    invoice, handle = one
    assert await report(house, one, CollectionStatus.ENFORCEMENT.finnish, 5, name="m-5")
    # By the agency's numbers, whatever the clocks of the two say, and however they come.
    assert await report(house, one, CollectionStatus.LETTER_COLLECTION.finnish, 4, days=9)
    assert now_at(house, invoice)[1] == "enforcement"
    before = house.log(invoice)
    assert not await report(house, one, CollectionStatus.ENFORCEMENT.finnish, 5, name="m-5")
    assert house.log(invoice) == before
    await report(house, one, "SALAPERÄINEN VAIHE", 6, days=-9)
    row = house.invoice(invoice.id)
    assert "SALAPERÄINEN VAIHE" in row.attention
    assert row.case_json["agency"]["status_text"] == "SALAPERÄINEN VAIHE"
    history = [
        (event.outcome["status_text"], event.outcome["current"])
        for event in house.events(invoice)
        if event.kind == "agency_status_changed"
    ]
    assert history == [("ULOSOTTO", True), ("KIRJEPERINTÄ", False), ("SALAPERÄINEN VAIHE", True)]
    # A proposal is taken back by itself if the agency goes on after all.
    await house.ask(handle, requests.Release())
    await report(house, one, CollectionStatus.ENDED_SMALL_PRINCIPAL.finnish, 7)
    assert proposed(house, invoice)
    await report(house, one, CollectionStatus.POST_COLLECTION.finnish, 8)
    assert house.invoice(invoice.id).attention == ""
    assert not proposed(house, invoice)


async def test_disputes_and_new_contact_details_are_told_once(
    house: House, spare: list[tuple[Invoice, Handle]]
) -> None:
    invoice, handle = spare[5]

    def kinds() -> list[tuple[str, str]]:
        return [(item.kind, item.status) for item in house.messages(invoice)[1:]]

    await house.ask(handle, requests.Hold(hold=HoldKind.DISPUTED, reason="wrong goods"))
    await house.until(lambda: kinds() == [("dispute", "acknowledged")])
    house.change_customer(invoice, street="Uusikatu 3")
    with house.database.transaction() as session:
        assert agency_line.customers_changed(session, [invoice.customer_id]) == [invoice.id]
    await told(house)
    await house.until(lambda: kinds()[1:] == [("contact_change", "acknowledged")])
    await house.ask(handle, requests.Release(hold=HoldKind.DISPUTED))
    await house.until(lambda: kinds()[2:] == [("dispute", "acknowledged")])
    with contextlib.suppress(AssertionError):
        await house.until(lambda: len(kinds()) > 3, seconds=0.5)
    bodies = [item.body for item in house.messages(invoice)[1:]]
    assert [body.get("disputed") for body in bodies] == [True, None, False]
    assert bodies[1]["debtor"]["address"]["street"] == "Uusikatu 3"


async def test_what_comes_after_the_invoice_was_closed_here_is_noted_and_no_more(
    house: House, spare: list[tuple[Invoice, Handle]]
) -> None:
    one = spare[6]
    invoice, handle = one
    await report(house, one, CollectionStatus.LETTER_COLLECTION.finnish, 1)
    await house.paid(handle, invoice, house.open_cents(invoice), settlement=False)
    assert await handle.result() == "paid"
    said, before = house.messages(invoice), len(house.log(invoice))
    assert now_at(house, invoice) == ("paid", "letter_collection")

    # Its workflow is started again, looks, and ends.
    assert await report(house, one, CollectionStatus.PAID.finnish, 2, name="last")
    again = house.client.get_workflow_handle(handle.id, result_type=str)
    assert await again.result() == "paid"
    assert (await again.describe()).run_id != handle.first_execution_run_id
    assert now_at(house, invoice) == ("paid", "paid")
    assert house.log(invoice)[before:] == ["agency_status_changed"]
    assert len(await house.story(again)) <= 9
    # What comes twice or late changes nothing, nor does what ends a case that we still had there.
    assert not await report(house, one, CollectionStatus.PAID.finnish, 2, name="last")
    await report(house, one, "SALAPERÄINEN VAIHE", 3)
    await report(house, one, CollectionStatus.ENDED_OTHER_REASON.finnish, 5)
    await report(house, one, CollectionStatus.ENFORCEMENT.finnish, 4)
    row = house.invoice(invoice.id)
    assert (row.state, row.collection_status, row.attention) == ("paid", "ended_other_reason", "")
    assert (row.start_pending, row.signal_pending) == (False, False)
    assert house.messages(invoice) == said
    assert house.notices(invoice) == []
    assert house.open_cents(invoice) == 0


async def test_a_status_in_the_very_moment_of_closing_is_not_lost(
    house: House, spare: list[tuple[Invoice, Handle]]
) -> None:
    """Nor one that was kept by a process that died before it could tell anybody."""
    one = spare[7]
    invoice, handle = one
    await house.paid(handle, invoice, house.open_cents(invoice), settlement=True)

    async def say(sequence: int) -> None:
        file = house.files(invoice)[-1]
        message = StatusMessage(
            message_id=f"{file.reference}#{sequence}",
            case_reference=file.reference,
            agency_case_id=file.agency_case_id,
            status=CollectionStatus.PAID.finnish,
            occurred_at=house.now(),
            sequence=sequence,
        )
        assert hearing.keep(house.database, message, house.now()) is not None
        await asyncio.gather(told(house), told(house))

    for sequence in range(1, 9):
        await say(sequence)
    assert await handle.result() == "paid"
    await house.until(lambda: {item.status for item in house.messages(invoice, "in")} == {"folded"})
    assert house.invoice(invoice.id).case_json["agency"]["sequence"] == 8
