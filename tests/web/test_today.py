"""The first page of a company: what needs a person, what goes out, how it stands."""

import pytest

from domain.roles import Role
from store.tables import Company
from tests.starter import api_books
from tests.starter.api_world import World
from tests.web.conftest import Read


def test_it_says_what_is_open_and_for_how_long(world: World, read: Read) -> None:
    api_books.invoice(world)
    said = read(Role.READ_ONLY).see(".")
    assert said.status == 200
    rows = {
        row.xpath("string(th)").strip(): row.xpath("td/text()")
        for row in said.find("//section[@aria-labelledby='sections']//tbody/tr")
    }
    assert int(rows["Open invoices"][0]) >= 1
    # Each chart has its figures as a table, and an element says what it is.
    charts = said.find("//figure")
    assert len(charts) == 3
    for chart in charts:
        assert chart.xpath(".//svg/@aria-label")
        assert chart.xpath(".//table//td")


def test_what_needs_a_person_is_said_with_its_count(world: World, read: Read) -> None:
    row = api_books.invoice(world)
    api_books.change(world, row, attention="the letter could not be delivered")
    api_books.waiting_payment(world)
    said = read().see(".")
    assert row.number in said.text
    assert "Payments that belong to no invoice yet" in said.text


def test_one_who_sees_his_own_alone_sees_nothing_else(world: World, read: Read) -> None:
    other = api_books.change(world, api_books.invoice(world), attention="says so")
    own = api_books.invoice(world, owner=api_books.own(world))
    api_books.change(world, own, attention="says so")
    said = read(Role.OWN_ONLY).see(".")
    assert own.number in said.text
    assert other.number not in said.text
    assert "Payments that belong" not in said.text


@pytest.mark.parametrize("on", [False, True])
def test_that_the_automation_is_off_is_said(world: World, read: Read, on: bool) -> None:
    with world.database.transaction() as session:
        session.get_one(Company, world.company.company_id).automation = on
    assert ("automation is off" in read().see(".").text) is not on
