"""Sums of invoices are exact at any time, whatever changes them, and heal when they are not."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import Session

from domain.sections import Section
from domain.states import InvoiceState
from store import sums
from store.database import Database
from store.scope import Scope
from store.tables import Invoice
from tests.happening import invoice_of
from tests.starter.office import new_business_id


@pytest.fixture
def mine(database: Database) -> Iterator[list[Invoice]]:
    """Some invoices of a company of its own; at the end all sums of all companies are right."""
    business_id = new_business_id()
    yield [invoice_of(database, business_id, f"c{n}") for n in range(6)]
    with database.transaction() as session:
        assert sums.compare(session) == []


def set_(session: Session, invoice: Invoice, **fields: Any) -> None:
    row = session.get_one(Invoice, invoice.id)
    for name, value in fields.items():
        setattr(row, name, value)
    session.add(row)
    session.flush()


def counted(session: Session, scope: Scope) -> Counter[str]:
    """The truth, counted."""
    rows = session.execute(
        text("SELECT state, count(*) FROM invoice WHERE company_id = :company GROUP BY state"),
        {"company": next(iter(scope.company_ids))},
    )
    return Counter({row[0]: row[1] for row in rows})


def test_whatever_changes_them_they_are_right_within_the_transaction_and_after(
    database: Database, mine: list[Invoice]
) -> None:
    scope = Scope(frozenset({mine[0].company_id}))
    some = random.Random(3)
    for turn in range(25):
        with database.transaction() as session:
            one = some.choice(mine)
            state = some.choice(list(InvoiceState))
            case = {**one.case_json, "open_cents": some.randrange(10_000)}
            set_(session, one, state=state.value, case_json=case, attention=some.choice(["", "x"]))
            there = {sum_.state.value: sum_.invoices for sum_ in sums.by_state(session, scope)}
            assert there == counted(session, scope)
            if turn % 5 == 0:
                sums.fold(session)
        if turn % 7 == 0:
            with Session(database.engine) as session:
                set_(session, mine[0], state="notified", due=date(2026, 1, 1))
                session.rollback()
    with database.transaction() as session:
        before = sums.by_state(session, scope)
        sums.fold(session)
        assert sums.by_state(session, scope) == before
        assert session.execute(text("SELECT count(*) FROM invoice_sum_change")).scalar() == 0


def test_sections_and_ages_say_what_is_open(database: Database, mine: list[Invoice]) -> None:
    scope = Scope(frozenset({mine[0].company_id}))
    at_agency = {"agency": {"service": "reminder"}, "open_cents": 700}
    with database.transaction() as session:
        set_(session, mine[0], state="in_collection", case_json=at_agency)
        set_(session, mine[1], state="overdue", due=date(2026, 1, 1), case_json={"open_cents": 300})
        set_(session, mine[2], state="paid", case_json={"open_cents": 0})
        found = {one.section: one for one in sums.by_section(session, scope)}
        assert list(found) == list(Section)
        assert found[Section.REMINDER_SERVICE].open_cents == 700
        assert (found[Section.OVERDUE].invoices, found[Section.OVERDUE].open_cents) == (1, 300)
        assert found[Section.COLLECTION].invoices == 0
        due = sums.by_due(session, scope)
        assert (due[0].due, due[0].invoices, due[0].open_cents) == (date(2026, 1, 1), 1, 300)
        assert sum(one.invoices for one in due) == 5


def test_one_s_own_are_counted_apart_and_nobody_else_s_are_seen(
    database: Database, mine: list[Invoice]
) -> None:
    company = mine[0].company_id
    other = invoice_of(database, new_business_id())
    with database.transaction() as session:
        set_(session, mine[0], owner="user:1")
        own = sums.by_state(session, Scope(frozenset({company}), owner="user:1"))
        assert [(one.state, one.invoices) for one in own] == [(InvoiceState.OPEN, 1)]
        assert sums.by_state(session, Scope(frozenset({company})))[0].invoices == 6
        assert sums.by_state(session, Scope(frozenset({other.company_id})))[0].invoices == 1
        assert sums.by_state(session, Scope(frozenset())) == []


def test_what_is_wrong_is_found_and_put_right(database: Database, mine: list[Invoice]) -> None:
    company = mine[0].company_id
    with database.transaction() as session:
        session.execute(
            text("UPDATE invoice_sum SET invoices = invoices + 3 WHERE company_id = :company"),
            {"company": company},
        )
        session.execute(
            text("DELETE FROM invoice_sum_change WHERE company_id = :company"),
            {"company": company},
        )
    with database.transaction() as session:
        (wrong,) = sums.compare(session)
        assert sums.heal(session) == [wrong]
        assert sums.compare(session) == []
        assert sums.by_state(session, Scope(frozenset({company})))[0].invoices == 6
