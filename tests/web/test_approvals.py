"""Letters and hand-overs that wait for approval: refused on the web, one or many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from sqlmodel import select

from domain.roles import Role
from domain.rule import CONSUMERS, HandOver, ReminderServiceTerms, Rule, Sending
from store import agency_contracts, rules
from store.tables import Company, Invoice
from tests.starter import api_books
from tests.starter.api_world import World
from tests.starter.office import Office
from tests.web.conftest import Read
from tests.web.reader import Reader, Said

LONG_AGO = {"invoice_date": date(2026, 1, 1), "due_date": date(2026, 1, 15)}
LETTERS = CONSUMERS.model_copy(update={"sending": Sending.ON_APPROVAL})
HAND_OVERS = CONSUMERS.model_copy(
    update={
        "hand_over": HandOver.ON_APPROVAL,
        "reminder_service": ReminderServiceTerms(after_days=14, on_approval=True),
    }
)

Keep = Callable[..., Reader]


@pytest.fixture
def keep(world: World, office: Office) -> Iterator[Keep]:
    """`keep(rule)`: the firm's clerk, who keeps the books of the office's company, whose consumers
    are under that rule."""
    opened: list[Reader] = []

    def reader(rule: Rule, language: str = "en") -> Reader:
        with world.database.transaction() as session:
            company = session.exec(
                select(Company).where(Company.business_id == office.business_id)
            ).one()
            company.firm_id = world.firm.firm_id
            now = office.clock.now(world.now())
            rules.save_rule(session, company.id, rule, now, "test", general_for="consumer")
            new = {"services": ["reminder", "collection"], "from_state": "overdue"}
            agency_contracts.put(session, company, "intrum", new, by="test", now=now, real_now=now)
        opened.append(Reader(world, world.users["firm", Role.CLERK], language))
        opened[-1].base = f"/companies/{office.business_id}"
        return opened[-1]

    yield reader
    for one in opened:
        one.close()


async def waiting(office: Office, count: int, **dates: date) -> list[Invoice]:
    """Invoices of which something waits for approval."""
    late = [office.record().model_copy(update=dates) for _ in range(count)]
    await office.take_in(*late)
    return [await office.until(one.number, lambda row: row.next_step == "approve") for one in late]


def offered(said: Said) -> list[str]:
    """Where refusing leads from a page."""
    return [str(one) for one in said.find("//main//a[contains(@href, '/approvals/refuse')]/@href")]


def listed(said: Said) -> list[str]:
    return [row.text_content().strip() for row in said.find("//main//tbody//th[@scope='row']")]


async def test_letters_are_refused_one_and_many_at_once(keep: Keep, office: Office) -> None:
    reader = await asyncio.to_thread(keep, LETTERS)
    first, *others = await waiting(office, 3, **LONG_AGO)
    finnish = await asyncio.to_thread(keep, LETTERS, "fi")

    def ask() -> None:
        there = f"./invoices/{first.id}"
        (href,) = offered(reader.see(there))
        said = reader.see(href)
        assert said.find("//div[@class='consequence']")
        assert listed(said) == [first.number]
        wrong = {"pick": str(first.id), "until": "2026-01-01", "reason": "Soitti"}
        again = Said(reader.post("./approvals/refuse", wrong))
        assert again.status == 422
        assert again.mistake("until")
        assert again.value("reason") == "Soitti"

        no = {"pick": str(first.id), "reason": "Soitti", "form_key": "refuseone"}
        said = reader.follow(reader.post("./approvals/refuse", no))
        assert "Refused" in said.find("//*[@role='status']")[0].text_content()
        assert "Not approved: Soitti" in said.text
        assert not offered(said)
        assert not said.find("//main//a[contains(@href, '/approve')]")
        # What waits no more is not held once more.
        late = Said(reader.post("./approvals/refuse", {**no, "form_key": "refusetwo"}))
        assert late.status == 422
        assert not late.find("//main//form")
        assert "Ei hyväksytty: Soitti" in finnish.see(there).text
        assert not finnish.see(there).find("//main//*[@lang='en']")

        both = reader.see("./invoices?approval=1")
        assert sorted(listed(both)) == sorted(one.number for one in others)
        assert len(offered(both)) == len(others)
        assert both.find("//form[@id='picks']//button[contains(@formaction, '/approvals/refuse')]")
        picks = [one.id for one in (first, *others)]
        some = reader.see("./approvals/refuse", params={"pick": picks})
        assert sorted(listed(some)) == sorted(one.number for one in others)
        assert some.find("//p[@class='notice']")
        every = {"all": "1", "approval": "1", "form_key": "refuseall"}
        said = reader.follow(reader.post("./approvals/refuse", every))
        assert "2 invoices are held" in said.text
        assert not listed(said)
        assert "Not approved" in reader.see(f"./invoices/{others[0].id}").text

        # Released, it waits again, and is approved.
        reader.post(f"{there}/release", {"form_key": "releaseone"})
        said = reader.see(there)
        assert offered(said)
        assert said.find(f"//main//a[contains(@href, '/invoices/{first.id}/approve')]")
        yes = {"letter": "reminder", "form_key": "approveone"}
        said = reader.follow(reader.post(f"{there}/approve", yes))
        assert "approved" in said.text
        assert not offered(said)

    await asyncio.to_thread(ask)


async def test_a_hand_over_is_refused_for_a_while_and_approved(keep: Keep, office: Office) -> None:
    reader = await asyncio.to_thread(keep, HAND_OVERS)
    dates = {"invoice_date": date(2026, 1, 20), "due_date": date(2026, 2, 10)}
    one, other = await waiting(office, 2, **dates)

    def ask() -> None:
        (href,) = offered(reader.see(f"./invoices/{one.id}"))
        assert "hand-over" in reader.see(href).find("//h1")[0].text_content()
        said = reader.follow(
            reader.post("./approvals/refuse", {"pick": str(one.id), "until": "2026-03-31"})
        )
        assert said.find("//h1")[0].text_content().endswith(one.number)
        assert "31 Mar 2026" in said.text
        assert not offered(said)
        said = reader.see(f"./invoices/{other.id}")
        (approve,) = said.find("//main//a[contains(@href, '/hand-over')]")
        assert "Approve" in approve.text_content()
        handed = reader.follow(reader.post(f"./invoices/{other.id}/hand-over"))
        assert not offered(handed)

    await asyncio.to_thread(ask)


async def test_what_could_not_be_refused_is_said(office: Office, world: World, read: Read) -> None:
    row = proposed(world)

    def ask() -> None:
        reader = read(language="fi")
        said = reader.follow(reader.post("./approvals/refuse", {"pick": str(row.id)}))
        (flash,) = said.find("//*[contains(@class, 'flash')]")
        assert row.number in flash.text_content()
        assert "procedure" not in flash.text_content()

    await asyncio.to_thread(ask)
    api_books.change(world, row, state="cancelled", next_step="")


def test_who_may_not_refuse_is_not_offered_it(world: World, read: Read) -> None:
    row = proposed(world)
    path, form = "./approvals/refuse", {"pick": str(row.id)}
    places = (f"./invoices/{row.id}", f"./invoices?search={row.number}")
    for place in places:
        assert len(offered(read(Role.CLERK).see(place))) == 1
        for role in (Role.READ_ONLY, Role.OWN_ONLY):
            said = read(role).see(place)
            assert row.number in said.text
            assert not offered(said)
            assert not said.find("//button[contains(@formaction, 'refuse')]")
    for role in (Role.READ_ONLY, Role.OWN_ONLY):
        assert read(role).get(path, params=form).status_code == 403
        assert read(role).post(path, form).status_code == 403
    # Nor without the form's token.
    assert read(Role.CLERK).post(path, form, token="forged").status_code == 403
    assert "not approved" not in read().see(places[0]).text.casefold()
    # Another company's is not there to be refused.
    assert not listed(read().see(f"{path}?pick=999999999"))
    api_books.change(world, row, state="cancelled", next_step="")


def proposed(world: World) -> Invoice:
    """Somebody's own invoice whose reminder waits for approval, without a procedure."""
    row = api_books.invoice(world, owner=api_books.own(world))
    case = {**row.case_json, "state": "overdue", "proposed": "reminder"}
    return api_books.change(
        world, row, state="overdue", case_json=case, next_step="approve", next_step_at=None
    )
