"""The event log over the served API and the command line."""

import csv
import io
from datetime import timedelta
from typing import Any

from domain.outcomes import BecameOverdue, Closed
from domain.roles import Role
from domain.states import InvoiceState
from starter.events import COLUMNS, safe
from store.people import Place
from tests.books import MONDAY
from tests.happening import HELD, happen, invoice_of
from tests.starter.api_fixtures import world
from tests.starter.api_world import World
from tests.starter.office import Office
from tests.starter.test_cli import Karhu, karhu

__all__ = ["karhu", "world"]

PAID = Closed(state=InvoiceState.PAID, reason="paid")


def at(place: Place) -> str:
    return f"/companies/{place.business_id}"


def listed(world: World, secret: str, **query: Any) -> list[int]:
    """The ids on all pages."""
    found: list[int] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        answer = world.call(
            "GET", f"{at(world.company)}/events", secret, params={"limit": 2, **query, **more}
        )
        assert answer.status_code == 200, answer.text
        found += [one["id"] for one in answer.json()["items"]]
        cursor = answer.json()["next"]
        if cursor is None:
            return found


def test_by_page_and_by_every_filter(world: World) -> None:
    clerk = world.sign_in(world.users["company", Role.CLERK])
    one = invoice_of(world.database, world.company.business_id, "A-1")
    two = invoice_of(world.database, world.company.business_id, "A-2")
    happen(world.database, invoice_of(world.database, world.other.business_id), HELD)
    first = happen(world.database, one, HELD, actor="Essi", reason="=1+1")
    second = happen(world.database, two, BecameOverdue(), PAID, now=MONDAY + timedelta(days=20))
    ours = [*first, *second]

    everything = listed(world, clerk)
    assert everything == sorted(everything, reverse=True)
    assert everything[:3] == ours[::-1]
    assert listed(world, clerk, order="oldest") == everything[::-1]
    assert listed(world, clerk, invoice=one.number) == first
    assert listed(world, clerk, customer="A-2", order="oldest") == second
    assert listed(world, clerk, invoice=two.number, kind="closed") == second[1:]
    assert listed(world, clerk, invoice=one.number, actor="person") == first
    assert listed(world, clerk, invoice=one.number, actor="automation") == []
    later = (MONDAY + timedelta(days=1)).isoformat()
    assert listed(world, clerk, since=later, order="oldest") == second
    assert listed(world, clerk, until=later, invoice=two.number) == []

    answer = world.call("GET", f"{at(world.company)}/invoices/{two.id}/events", clerk)
    overdue, paid = answer.json()["items"]
    assert (overdue["serial"], overdue["what"], overdue["state"]) == (
        1,
        "became overdue",
        "overdue",
    )
    assert (paid["actor_kind"], paid["invoice"], paid["customer"]) == (
        *("automation", two.number, "A-2"),
    )
    rule = overdue["rule"]
    assert rule["version"] == 1
    by_rule = listed(world, clerk, rule=rule["id"], invoice=two.number, order="oldest")
    assert by_rule == second
    assert listed(world, clerk, rule=rule["id"] + 100_000) == []


def test_a_cursor_belongs_to_its_filters(world: World) -> None:
    clerk = world.sign_in(world.users["company", Role.CLERK])
    one = invoice_of(world.database, world.company.business_id)
    happen(world.database, one, HELD, BecameOverdue(), PAID)
    path = f"{at(world.company)}/events"
    cursor = world.call("GET", path, clerk, params={"limit": 1}).json()["next"]
    other = world.call("GET", path, clerk, params={"cursor": cursor, "kind": "closed"})
    assert other.status_code == 422


def test_own_invoices_only_and_nobody_elses(world: World) -> None:
    own_only = world.users["company", Role.OWN_ONLY]
    secret = world.sign_in(own_only)
    mine = world.invoice(world.company, f"user:{own_only}")
    others = world.invoice(world.company, "user:0")
    for invoice_id, status in ((mine, 200), (others, 404), (999_999_999, 404)):
        answer = world.call("GET", f"{at(world.company)}/invoices/{invoice_id}/events", secret)
        assert answer.status_code == status
    hidden = invoice_of(world.database, world.company.business_id)
    (event,) = happen(world.database, hidden, HELD)
    assert event not in listed(world, secret)


def test_as_a_file_that_no_spreadsheet_runs(world: World) -> None:
    clerk = world.sign_in(world.users["company", Role.CLERK])
    one = invoice_of(world.database, world.company.business_id, "=cmd|x")
    happen(world.database, one, HELD, actor="Essi", reason='=HYPERLINK("http://x.example")')
    answer = world.call(
        "GET", f"{at(world.company)}/events.csv", clerk, params={"invoice": one.number}
    )
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 1
    (row,) = rows
    assert tuple(row) == COLUMNS
    assert row["customer"] == "'=cmd|x"
    assert row["reason"].startswith("'=HYPERLINK(")
    assert (row["kind"], row["actor_kind"]) == ("hold_placed", "person")
    for text in ("=1", "+1", "-1", "@x", "\t=1", " =1", "\r=1"):
        assert safe(text) == f"'{text}"
    assert safe("Essi -1") == "Essi -1"


async def test_on_the_command_line(karhu: Karhu, office: Office) -> None:
    one = invoice_of(office.database, office.business_id)
    happen(office.database, one, BecameOverdue(), PAID)
    ask = ("events", "--company", office.business_id)
    shown = await karhu(*ask, "--limit", "1")
    assert shown.exit_code == 0, shown.stderr
    assert "closed: paid" in shown.stdout
    assert "--after" in shown.stdout
    assert "became overdue" not in shown.stdout
    file = await karhu(*ask, "--csv", "--kind", "became_overdue")
    assert len(list(csv.DictReader(io.StringIO(file.stdout.removeprefix("\ufeff"))))) == 1
    assert (await karhu(*ask, "--kind", "nonsense")).exit_code == 1
    assert (await karhu(*ask, "--rule", "VIP")).exit_code == 1
