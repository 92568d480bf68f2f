"""Mass actions: shown, done by each invoice's own procedure, refused with the reason, stopped."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel import select

from activities.desk import House
from domain import requests
from domain.asking import Asking
from domain.bulk import request_for
from domain.requests import Request
from domain.rule import CONSUMERS, Sending
from domain.states import HoldKind, InvoiceState
from starter import bulk as service
from starter.people import NotDone
from store import bulk, people, rules
from store.invoice_list import Sought
from store.scope import Scope
from store.tables import BulkAction, BulkItem, Company
from tests.starter.office import Office


async def invoices(office: Office, count: int, due: date = date(2026, 3, 16)) -> list[str]:
    made = (office.record() for _ in range(count))
    earlier = {"invoice_date": due - timedelta(days=14), "due_date": due}
    records = [one.model_copy(update=earlier) for one in made]
    await office.take_in(*records)
    return [one.number for one in records]


def scope_of(office: Office, owner: str | None = None) -> Scope:
    with office.database.transaction() as session:
        place = people.company_place(session, office.business_id)
    assert place is not None
    assert place.company_id is not None
    return Scope(frozenset({place.company_id}), owner)


async def ask(
    office: Office, request: Request, sought: Sought, *, start: bool = True
) -> BulkAction:
    def note() -> BulkAction:
        with office.database.transaction() as session:
            place = people.company_place(session, office.business_id)
            assert place is not None
            return service.ask(
                session,
                scope_of(office),
                place,
                sought,
                request,
                by="test",
                now=office.clock.now(datetime.now(UTC)),
                real=datetime.now(UTC),
            )

    action = await asyncio.to_thread(note)
    if start:
        await service.start(office.client, action)
    return action


async def end_of(office: Office, action: BulkAction) -> BulkAction:
    async with asyncio.timeout(60):
        async for seen in service.follow(office.database, scope_of(office), action.id):
            last = seen
    return last


def refusals(office: Office, action: BulkAction) -> Sequence[tuple[str, str]]:
    with office.database.transaction() as session:
        return [(one.number, one.reason) for one in bulk.refusals(session, action.id)]


def numbered(*numbers: str) -> Sought:
    return Sought(numbers=numbers)


async def test_each_is_asked_once_and_the_refusals_are_kept(office: Office) -> None:
    one, two, three = await invoices(office, 3)
    first = await end_of(office, await ask(office, requests.Cancel(actor="test"), numbered(three)))
    assert (first.status, first.done) == ("done", 1)
    request = requests.Hold(hold=HoldKind.MANUAL, actor="Essi", reason="all of them")
    action = await ask(office, request, numbered(one, two, three))
    # Started once more, as a reconciliation may, and once more after its end.
    await service.start(office.client, action)
    ended = await end_of(office, action)
    assert (ended.status, ended.total, ended.done, ended.refused) == ("done", 3, 2, 1)
    ((number, reason),) = refusals(office, action)
    assert number == three
    assert "cancelled" in reason
    await service.start(office.client, action)
    for number in (one, two):
        await office.until(number, lambda row: row.held)
        placed = [e for e in office.story(number).events if e.kind == "hold_placed"]
        assert [(event.actor, event.reason) for event in placed] == [("Essi", "all of them")]


async def test_what_comes_later_is_not_among_them(office: Office) -> None:
    (one,) = await invoices(office, 1)
    everything = Sought((InvoiceState.OPEN,))
    action = await ask(office, requests.Hold(actor="test"), everything, start=False)
    (later,) = await invoices(office, 1)
    assert await service.start_waiting(office.client, office.database) >= 1
    ended = await end_of(office, action)
    assert ended.total == ended.done == 1
    assert (office.row(one).held, office.row(later).held) == (True, False)


async def test_reminding_reminds_and_sends_no_other_letter(office: Office) -> None:
    (early,) = await invoices(office, 1)
    (late,) = await invoices(office, 1, due=date(2026, 1, 15))
    request = request_for(Asking.NOTIFY, actor="test")
    ended = await end_of(office, await ask(office, request, numbered(early, late)))
    assert (ended.done, ended.refused) == (0, 2)
    assert all(reason for _, reason in refusals(office, ended))
    assert office.row(early).state == "open"


async def test_reminding_many_approves_those_that_wait_once(office: Office) -> None:
    def on_approval() -> None:
        with office.database.transaction() as session:
            company = session.exec(
                select(Company).where(Company.business_id == office.business_id)
            ).one()
            terms = CONSUMERS.model_copy(update={"sending": Sending.ON_APPROVAL})
            now = office.clock.now(datetime.now(UTC))
            rules.save_rule(session, company.id, terms, now, "test", general_for="consumer")

    await asyncio.to_thread(on_approval)
    waiting = await invoices(office, 3, due=date(2026, 1, 15))
    (fresh,) = await invoices(office, 1)
    for number in waiting:
        await office.until(number, lambda row: row.next_step == "approve")
    *two, held = waiting
    await end_of(office, await ask(office, requests.Hold(actor="test"), numbered(held)))
    everything = numbered(*waiting, fresh)
    request = request_for(Asking.REMIND, actor="Essi", reason="all that wait")
    seen = await asyncio.to_thread(
        service.preview,
        office.database,
        House(office.clock),
        scope_of(office),
        everything,
        request,
        office.clock.now(datetime.now(UTC)),
    )
    assert (seen.goes, seen.refusals, dict(seen.letters)) == (2, 2, {("reminder", "email"): 2})
    action = await ask(office, request, everything)
    ended = await end_of(office, action)
    assert (ended.total, ended.done, ended.refused) == (4, 2, 2)
    assert {number for number, _ in refusals(office, ended)} == {held, fresh}
    for number in two:
        assert office.row(number).state == "reminded"
        story = office.story(number)
        released = [e for e in story.events if e.kind == "letter_released"]
        assert [(event.actor, event.reason) for event in released] == [("Essi", "all that wait")]
        (letter,) = story.notices
        assert (letter.kind, letter.approved_by) == ("reminder", "Essi")
    assert office.story(held).notices == office.story(fresh).notices == []

    def forget() -> None:
        """As if the worker had died before it could write down what was answered."""
        with office.database.transaction() as session:
            row = session.get_one(BulkAction, action.id)
            row.status, row.done, row.refused, row.ended_at = "waiting", 0, 0, None
            session.add(row)
            items = select(BulkItem).where(BulkItem.bulk_action_id == action.id)
            for item in session.exec(items):
                item.status, item.reason = "waiting", ""
                session.add(item)

    await asyncio.to_thread(forget)
    assert await service.start_waiting(office.client, office.database) >= 1
    again = await end_of(office, action)
    assert (again.done, again.refused) == (2, 2)
    assert all(len(office.story(number).notices) == 1 for number in two)
    # Asked anew, each has had its reminder, and no other letter goes in its place.
    more = await end_of(office, await ask(office, request, numbered(*two)))
    assert (more.done, more.refused) == (0, 2)
    assert all(len(office.story(number).notices) == 1 for number in two)


async def test_one_that_is_stopped_asks_nobody_any_more(office: Office) -> None:
    (one,) = await invoices(office, 1)
    action = await ask(office, requests.Hold(actor="test"), numbered(one), start=False)

    def cancel() -> None:
        with office.database.transaction() as session:
            service.cancel(session, scope_of(office), action.id)

    await asyncio.to_thread(cancel)
    await service.start(office.client, action)
    ended = await end_of(office, action)
    assert (ended.status, ended.looked_at) == ("cancelled", 0)
    assert not office.row(one).held
    with pytest.raises(NotDone, match="over"):
        await asyncio.to_thread(cancel)


async def test_of_nothing_nothing_is_asked(office: Office) -> None:
    await invoices(office, 1)
    with pytest.raises(NotDone):
        await ask(office, requests.Hold(actor="test"), numbered("none such"))


async def test_a_preview_says_what_will_be_and_leaves_nothing_behind(office: Office) -> None:
    numbers = await invoices(office, 3)
    (ended,) = await invoices(office, 1)
    await end_of(office, await ask(office, requests.Cancel(actor="test"), numbered(ended)))
    house, now = House(office.clock), office.clock.now(datetime.now(UTC))

    def look(request: Request, *chosen: str) -> service.Preview:
        scope = scope_of(office)
        return service.preview(office.database, house, scope, numbered(*chosen), request, now)

    held = await asyncio.to_thread(look, requests.Hold(actor="test"), *numbers, ended)
    assert (held.total, held.goes, held.refusals, held.unknown) == (4, 3, 1, 0)
    assert held.refused[0].number == ended
    over = await asyncio.to_thread(look, requests.HandOver(actor="test"), *numbers)
    assert (over.goes, over.refusals) == (0, 3)
    for number in numbers:
        assert office.story(number).events == []
        assert not office.row(number).held


async def test_a_preview_of_letters_says_what_they_cost(office: Office) -> None:
    def by_hand_alone() -> None:
        with office.database.transaction() as session:
            company = session.exec(
                select(Company).where(Company.business_id == office.business_id)
            ).one()
            company.automation = False
            session.add(company)

    await asyncio.to_thread(by_hand_alone)
    numbers = await invoices(office, 2, due=date(2026, 2, 10))
    for number in numbers:
        await office.until(number, lambda row: row.state == "overdue")
    found = await asyncio.to_thread(
        service.preview,
        office.database,
        House(office.clock),
        scope_of(office),
        numbered(*numbers),
        request_for(Asking.REMIND, actor="test"),
        office.clock.now(datetime.now(UTC)),
    )
    assert (found.goes, found.refusals) == (2, 0)
    assert dict(found.letters) == {("reminder", "email"): 2}
    assert (found.fee_cents, found.service_cents) == (2 * 500, 2 * 45)
    assert {office.row(number).state for number in numbers} == {"overdue"}
