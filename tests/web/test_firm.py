"""An accounting firm's front page, and the statement of one of its companies."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from domain.roles import Role
from store import standings
from store.parties import NewCompany, ensure_companies
from store.tables import Invoice
from tests.starter.api_world import World
from tests.starter.office import new_business_id
from tests.web.conftest import Read
from tests.web.reader import Said


def test_a_company_that_needs_somebody_stands_first(world: World, read: Read) -> None:
    with world.database.transaction() as session:
        row = session.get_one(Invoice, world.invoice(world.company))
        row.attention = "the letter could not be delivered"
        session.add(row)
    firm = read(Role.TPK, place="firm")
    page = firm.see(f"/firms/{world.firm.business_id}")
    first = page.find("//tbody/tr")[0].text_content()
    assert world.company.business_id in first
    assert page.find(f"//a[@href='/companies/{world.company.business_id}/invoices?attention=1']")
    assert world.other.business_id not in page.answer.text


def test_another_firms_page_is_not_there(world: World, read: Read) -> None:
    firm = read(Role.TPK, place="firm")
    assert firm.get(f"/firms/{world.other_firm.business_id}").status_code == 404


def test_many_companies_cost_no_more_statements_than_one(world: World) -> None:
    statements: list[object] = []

    def note(*said: object) -> None:
        statements.append(said[2])

    now = datetime(2026, 3, 2, tzinfo=UTC)
    with world.database.transaction() as session:
        new = [NewCompany(new_business_id(), "Kuvitteellinen Oy") for _ in range(20)]
        made = ensure_companies(session, new, now)
        companies = [made[one] for one in new]
        event.listen(world.database.engine, "before_cursor_execute", note)
        try:
            standings.of(session, companies[:1], now)
            one = len(statements)
            standings.of(session, companies, now)
        finally:
            event.remove(world.database.engine, "before_cursor_execute", note)
    assert len(statements) == 2 * one


def test_a_company_that_is_there_is_not_added_again(world: World, read: Read) -> None:
    firm = read(Role.TPK, place="firm")
    said = Said(
        firm.post(
            f"/firms/{world.firm.business_id}/companies",
            {"company": world.other.business_id, "name": "Toinen Oy"},
        )
    )
    assert said.status == 422
    assert said.mistake("company")
    assert said.value("name") == "Toinen Oy"


@pytest.mark.parametrize("month", ["2026-03", "", "nonsense"])
def test_a_months_statement(read: Read, month: str) -> None:
    clerk = read()
    page = clerk.see("./statement", params={"month": month})
    assert page.status == 200
    file = clerk.get("./statement/file", params={"month": "2026-03"})
    assert file.text.splitlines()[0].startswith("month,channel")
