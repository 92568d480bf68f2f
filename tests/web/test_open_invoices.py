"""Open sales invoices by section, searched and sorted; and what is asked of many at once."""

import asyncio
import dataclasses
from typing import Any

from domain.roles import Role
from store import bulk
from store.scope import Scope
from store.tables import BulkAction, Invoice
from tests.starter import api_books
from tests.starter.api_world import World
from tests.starter.office import Office
from tests.web.conftest import Read
from tests.web.reader import Said


def numbers(said: Said) -> list[str]:
    """The invoices in the list, in its order."""
    return [row.text_content().strip() for row in said.find("//tbody//th[@scope='row']")]


def at_agency(world: World, status: str = "enforcement") -> Invoice:
    row = api_books.invoice(world)
    case = {**row.case_json, "agency": {"service": "collection"}, "state": "in_collection"}
    return api_books.change(
        world, row, state="in_collection", collection_status=status, case_json=case
    )


def test_each_section_has_its_count_and_sum_and_its_invoices(world: World, read: Read) -> None:
    one = at_agency(world)
    said = read().see("./invoices?section=collection&sort=-number")
    assert said.status == 200
    assert one.number in numbers(said)
    assert "Enforcement" in said.text
    tabs = said.find("//nav[@class='sections']//a")
    assert len(tabs) == 7
    (current,) = said.find("//nav[@class='sections']//a[@aria-current]")
    count = int(current.xpath("string(.//*[@class='count'])"))
    assert count == len(numbers(said))
    assert "€" in current.text_content()
    assert one.number not in numbers(read().see("./invoices?section=overdue"))


def test_the_agency_s_own_words_stand_in_the_finnish_list(world: World, read: Read) -> None:
    at_agency(world, "ended_without_means")
    said = read(language="fi").see("./invoices?section=collection")
    assert "LOPETETTU - ASIAKAS VARATON" in said.text
    assert "Käsittele erääntyneet" in said.text
    assert "Poista Intrum Oy:n palvelusta" in said.text


def test_it_is_searched_sorted_and_read_page_by_page(world: World, read: Read) -> None:
    rows = [api_books.invoice(world) for _ in range(3)]
    reader = read()
    assert numbers(reader.see(f"./invoices?search={rows[1].number}")) == [rows[1].number]
    assert "No invoice matches" in reader.see("./invoices?search=olematon").text
    for sort in ("number", "-number", "customer", "sum", "status", "-step", "due", "nonsense"):
        said = reader.see(f"./invoices?sort={sort}")
        assert said.status == 200
        following = said.find("//a[@rel='next']/@href")
        if following:
            after = Said(reader.client.get(following[0]))
            assert after.status == 200
            assert not set(numbers(after)) & set(numbers(said))
    ordered = numbers(reader.see("./invoices?sort=number"))
    assert ordered == sorted(ordered)
    for wrong in ("section=x", "due_from=never", "search=%00", "cursor=abc"):
        assert reader.get(f"./invoices?{wrong}").status_code == 200


def test_htmx_gets_the_list_alone(world: World, read: Read) -> None:
    row = api_books.invoice(world)
    headers = {"HX-Request": "true", "HX-Target": "list"}
    part = read().get(f"./invoices?search={row.number}", headers=headers)
    assert row.number in part.text
    assert "<html" not in part.text


def test_what_may_not_be_done_is_not_offered(world: World, read: Read) -> None:
    own = api_books.invoice(world, owner=api_books.own(world))
    for role, offered, not_offered in (
        (Role.CLERK, {"remind", "hand_over", "hold"}, set[str]()),
        (Role.READ_ONLY, set[str](), {"remind", "hold"}),
        (Role.OWN_ONLY, {"hold", "release"}, {"remind", "hand_over", "set_state"}),
    ):
        said = read(role).see(f"./invoices?search={own.number}")
        there = set(said.find("//form[@id='picks']//button/@value"))
        assert offered <= there
        assert not not_offered & there
    forged = {"action": "hand_over", "pick": str(own.id)}
    assert read(Role.OWN_ONLY).post("./mass-actions", forged).status_code == 403
    assert read(Role.READ_ONLY).post("./mass-actions", forged).status_code == 403


def test_one_who_sees_his_own_alone_asks_of_his_own_alone(world: World, read: Read) -> None:
    other, own = api_books.invoice(world), api_books.invoice(world, owner=api_books.own(world))
    reader = read(Role.OWN_ONLY)
    assert other.number not in numbers(reader.see(f"./invoices?search={other.number}"))
    answer = reader.post("./mass-actions", {"action": "hold", "pick": [str(other.id), str(own.id)]})
    said = reader.follow(answer)
    assert said.status == 200
    assert world.company.company_id is not None
    with world.database.transaction() as session:
        scope = Scope(frozenset({world.company.company_id}))
        (asked, *_) = bulk.page(session, scope, limit=1)
    assert asked.total == 1


def test_consequences_are_shown_first_and_mistakes_where_they_were_made(
    world: World, read: Read
) -> None:
    row, reader = api_books.invoice(world), read()
    said = reader.see(f"./mass-actions/new?action=remind&pick={row.id}")
    assert "refused" in said.text
    assert not said.find("//main//form[@method='post']")
    said = reader.see(f"./mass-actions/new?action=hold&pick={row.id}")
    assert "It will be done for 1 invoice" in said.text
    hold = {"action": "hold", "hold": "promise", "reason": "Soitti", "pick": str(row.id)}
    answer = reader.post("./mass-actions", hold)
    said = Said(answer)
    assert answer.status_code == 422
    assert "last day" in said.mistake("until")
    assert said.value("reason") == "Soitti"
    nothing = Said(reader.post("./mass-actions", {"action": "hold"}))
    assert nothing.status == 422
    assert "No invoice was chosen" in nothing.text
    state = reader.see(f"./mass-actions/new?action=set_state&pick={row.id}")
    assert state.find("//input[@type='radio' and @name='to']")
    assert reader.get("./mass-actions/new?action=explode").status_code == 404


def test_why_it_is_refused_is_said_in_the_reader_s_language(world: World, read: Read) -> None:
    row = api_books.invoice(world)
    said = read(language="fi").see(f"./mass-actions/new?action=withdraw&pick={row.id}")
    (why,) = said.find("//main//table//td[2]")
    assert why.text_content().strip()
    assert not said.find("//main//*[@lang='en']")
    assert "not at the agency" not in said.text


def test_another_company_s_mass_action_is_not_there(world: World, read: Read) -> None:
    asked = api_books.asked_bulk(world)
    with world.database.transaction() as session:
        row = session.get_one(BulkAction, asked.id)
        assert world.other.company_id is not None
        row.company_id = world.other.company_id
        session.add(row)
    for path in (f"./mass-actions/{asked.id}", f"./mass-actions/{asked.id}/progress"):
        assert read().get(path).status_code == 404


async def test_all_that_match_are_asked_and_followed_to_the_end(
    office: Office, world: World, read: Read
) -> None:
    there = dataclasses.replace(office, business_id=world.company.business_id)
    records = [there.record(customer="Kaikki-1") for _ in range(3)]
    await there.take_in(*records)
    prefix = records[0].number[:3]

    def post() -> Any:
        form = {"action": "hold", "all": "1", "search": prefix, "reason": "all of them"}
        return reader.post("./mass-actions", form)

    reader = read()
    answer = await asyncio.to_thread(post)
    assert answer.status_code == 303
    path = answer.headers["Location"]
    stream = await asyncio.to_thread(reader.client.get, f"{path}/progress")
    assert "event: over" in stream.text
    said = Said(await asyncio.to_thread(reader.client.get, path))
    assert "Done for" in said.text
    for one in records:
        assert there.row(one.number).held
