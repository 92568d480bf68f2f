"""Running invoices hear that their rule has changed, or that the automation was switched."""

import asyncio
from dataclasses import dataclass

import pytest
from sqlmodel import select

from activities.starting import drain
from domain import requests
from domain.rule import CONSUMERS, LetterTerms, Sending
from domain.states import Running
from starter import automation, rules
from starter.replanning import Replannings, cancel
from starter.rules import Under
from store import replanning
from store.placing import Choice
from store.tables import Company, Invoice, Replanning
from tests.books import MONDAY
from tests.house import House
from tests.looking import Handle
from tests.starter.office import new_business_id

SLOWER = CONSUMERS.model_copy(update={"reminder": LetterTerms(after_days=40, fee_cents=500)})
OVERDUE_AFTER = 16


@dataclass
class Creditor:
    """A company with sleeping invoices that are overdue, their reminders two weeks ahead."""

    house: House
    business_id: str
    invoices: list[Invoice]
    handles: list[Handle]

    def company(self) -> Company:
        with self.house.database.transaction() as session:
            return session.exec(
                select(Company).where(Company.business_id == self.business_id)
            ).one()

    def switch(self, *, on: bool) -> Replanning:
        with self.house.database.transaction() as session:
            company = session.get_one(Company, self.company().id)
            how = {"by": "Pia", "clock": self.house.clock}
            asked = (
                automation.switch_on(session, company, **how, confirmed_cost=True)  # type: ignore[arg-type]
                if on
                else automation.switch_off(session, company, **how)  # type: ignore[arg-type]
            )
        assert asked is not None
        return asked

    def save(self) -> Replanning:
        with self.house.database.transaction() as session:
            company = session.get_one(Company, self.company().id)
            saved = rules.save(
                session, company, SLOWER, by="Pia", clock=self.house.clock, running=Running.MOVE
            )
        assert saved.replanning is not None
        return saved.replanning

    async def replanned(self, asked: Replanning) -> Replanning:
        """Once its workflow has ended."""
        service = Replannings(self.house.database, self.house.still)
        await service.start(asked)
        async with asyncio.timeout(30):
            return [row async for row in service.follow(asked.id)][-1]

    async def heard(self) -> list[Invoice]:
        """The invoices, once each has looked at what it was told."""
        rows = [self.house.invoice(one.id) for one in self.invoices]
        while any(row.signal_pending for row in rows):
            await asyncio.sleep(0.05)
            rows = [self.house.invoice(one.id) for one in self.invoices]
        return rows


@pytest.fixture
async def creditor(house: House) -> Creditor:
    business_id = new_business_id()
    invoices = [house.register(business_id=business_id) for _ in range(4)]
    handles = [await house.start(one, still=True) for one in invoices]
    await asyncio.gather(*(house.pass_days(handle, OVERDUE_AFTER) for handle in handles))
    await house.until_state("overdue", *invoices)
    for handle in handles:
        await house.at_rest(handle)
    with house.database.transaction() as session:
        for one in invoices:
            session.get_one(Invoice, one.id).start_pending = False
    return Creditor(house, business_id, invoices, handles)


async def test_switched_off_every_sleeping_invoice_is_told_and_says_so(creditor: Creditor) -> None:
    row = await creditor.replanned(creditor.switch(on=False))
    assert (row.status, row.told, row.total) == (replanning.DONE, 4, 4)
    assert {one.next_step for one in await creditor.heard()} == {"wait"}
    for handle in creditor.handles:
        await creditor.house.at_rest(handle)
        assert "switched off" in await creditor.house.current_details(handle)
    # Weeks later nothing has left.
    await creditor.house.pass_days(creditor.handles[0], 40)
    assert creditor.house.notices(creditor.invoices[0]) == []
    # By hand everything can be done.
    sent = await creditor.house.ask(creditor.handles[0], requests.SendNow(key="k", actor="Hilja"))
    assert sent.state == "reminded"
    await creditor.house.until_sent(creditor.invoices[0])
    # On again, the others go on.
    await creditor.replanned(creditor.switch(on=True))
    assert [one.next_step for one in await creditor.heard()] == ["notify"] + ["remind"] * 3


async def test_moved_to_the_newest_version_each_is_planned_anew(creditor: Creditor) -> None:
    before = [creditor.house.invoice(one.id).next_step_at for one in creditor.invoices]
    row = await creditor.replanned(creditor.save())
    assert (row.status, row.told) == (replanning.DONE, 4)
    rows = await creditor.heard()
    for one, was in zip(rows, before, strict=True):
        assert one.next_step_at is not None
        assert was is not None
        assert 20 <= (one.next_step_at - was).days <= 30
        assert creditor.house.log(one)[-1] == "rule_changed"
    await creditor.house.at_rest(creditor.handles[0])
    assert "Consumers v2" in await creditor.house.current_details(creditor.handles[0])


async def test_killed_in_the_middle_it_ends_with_all_told_once(creditor: Creditor) -> None:
    asked = creditor.save()
    house = creditor.house
    with house.database.transaction() as session:
        # A worker moved these, and died before it told anybody.
        moved = replanning.move_batch(session, asked.id, 2, MONDAY)
    row = await creditor.replanned(asked)
    assert (row.status, row.told, row.total) == (replanning.DONE, 4, 4)
    await house.until(lambda: house.log(creditor.invoices[3])[-1] == "rule_changed")
    assert [house.invoice(one).signal_pending for one in moved.ids] == [True, True]
    # The rounds bring on what stays in the outbox.
    await drain(house.client, house.database, house.clock, only=moved.ids)
    rows = await creditor.heard()
    assert [house.log(one).count("rule_changed") for one in rows] == [1] * 4


async def test_cancelled_between_two_batches_none_is_half_told(creditor: Creditor) -> None:
    asked = creditor.save()
    house = creditor.house
    with house.database.transaction() as session:
        moved = replanning.move_batch(session, asked.id, 2, MONDAY)
        cancel(session, asked.id)
    row = await creditor.replanned(asked)
    assert (row.status, row.told) == (replanning.CANCELLED, 2)
    await drain(house.client, house.database, house.clock, only=moved.ids)
    rows = await creditor.heard()
    changed = [house.log(one).count("rule_changed") for one in rows]
    assert changed == [1, 1, 0, 0]
    old = creditor.invoices[3].rule_version_id
    assert [one.rule_version_id == old for one in rows] == [False, False, True, True]
    assert all(one.told_version_id == one.rule_version_id for one in rows)


async def test_a_customer_moved_to_no_rule_takes_its_invoice_along(creditor: Creditor) -> None:
    with creditor.house.database.transaction() as session:
        company = session.get_one(Company, creditor.company().id)
        moved = rules.move(
            session,
            company,
            Choice(),
            Under(None),
            by="Pia",
            clock=creditor.house.clock,
            running=Running.MOVE,
        )
    assert moved.customers == 4
    assert moved.replanning is not None
    await creditor.replanned(moved.replanning)
    rows = await creditor.heard()
    assert {(one.next_step, one.rule_version_id) for one in rows} == {("wait", None)}


async def test_what_a_crash_left_waiting_is_started_by_the_rounds(creditor: Creditor) -> None:
    asked = creditor.switch(on=False)
    service = Replannings(creditor.house.database, creditor.house.still)
    assert await service.start_waiting() >= 1
    async with asyncio.timeout(30):
        assert [row async for row in service.follow(asked.id)][-1].status == replanning.DONE


async def test_a_letter_on_approval_waits_for_somebody_and_then_leaves(house: House) -> None:
    asked = CONSUMERS.model_copy(update={"name": "Asked", "sending": Sending.ON_APPROVAL})
    invoice = house.register(rule=asked)
    handle = await house.start(invoice, still=True)
    await house.pass_days(handle, 45)
    await house.until(lambda: house.invoice(invoice.id).next_step == "approve")
    assert house.log(invoice)[-1] == "letter_proposed"
    await house.at_rest(handle)
    assert "waits for approval" in await house.current_details(handle)
    answer = await house.ask(handle, requests.SendNow(key="yes", actor="Hilja"))
    assert answer.state == "reminded"
    await house.until_sent(invoice)
