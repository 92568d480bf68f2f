"""A list of invoices in every order, page by page, by search, and what is chosen of it."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from domain import references
from domain.states import InvoiceState
from store import invoice_list
from store.database import Database
from store.invoice_list import Sought
from store.invoice_order import By, Line, Order
from store.invoice_search import Words
from store.scope import Scope
from store.tables import Customer, Invoice
from tests.happening import invoice_of
from tests.starter.office import new_business_id

RUNNING = (
    *(InvoiceState.OPEN, InvoiceState.OVERDUE, InvoiceState.REMINDED, InvoiceState.NOTIFIED),
    InvoiceState.IN_COLLECTION,
)
NAMES = ("Äänekosken Esimerkki Oy", "esimerkki Beeta Oy", "Esimerkki Alfa Oy", "Meri-Mallisto Ky")


@pytest.fixture(scope="module")
def books(database: Database) -> Scope:
    """Invoices that differ in everything that a list is sorted by, and are alike in some of it."""
    some, business_id = random.Random(7), new_business_id()
    made = [invoice_of(database, business_id, f"c{n % 4}") for n in range(40)]
    with database.transaction() as session:
        for place, one in enumerate(made):
            row = session.get_one(Invoice, one.id)
            state = some.choice(RUNNING)
            row.state = state.value
            row.due = date(2026, 3, 1) + timedelta(days=some.randrange(4))
            row.case_json = {**row.case_json, "open_cents": some.randrange(5) * 1_000}
            if state is InvoiceState.IN_COLLECTION:
                row.collection_status = some.choice(["registered", "enforcement"])
            moment = datetime(2026, 4, 1, some.randrange(3), tzinfo=UTC)
            row.next_step_at = some.choice([None, moment])
            row.reference = references.make(98_000 + place)
            session.add(row)
        customers = session.exec(
            select(Customer)
            .where(Customer.company_id == made[0].company_id)
            .order_by(col(Customer.key))
        )
        for customer, name in zip(customers, NAMES, strict=True):
            customer.name = name
            session.add(customer)
    return Scope(frozenset({made[0].company_id}))


def read(database: Database, scope: Scope, sought: Sought, **how: Any) -> list[Line]:
    with database.transaction() as session:
        return invoice_list.page(session, scope, sought, **how)


@pytest.mark.parametrize("few", [True, False], ids=["few", "many"])
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
@pytest.mark.parametrize("by", list(By))
def test_pages_put_together_are_the_list_in_order(
    database: Database,
    books: Scope,
    monkeypatch: pytest.MonkeyPatch,
    by: By,
    descending: bool,
    few: bool,
) -> None:
    monkeypatch.setattr(invoice_list, "_FEW", 1_000 if few else 0)
    order, found, after = Order(by, descending), [], None
    while lines := read(database, books, Sought(RUNNING), order=order, after=after, limit=7):
        found += lines
        after = order.place(lines[-1])
        back = read(
            database,
            books,
            Sought(RUNNING),
            order=order,
            after=order.place(lines[-1]),
            backwards=True,
            limit=len(lines) - 1,
        )
        assert back == lines[:-1]
    assert len({line.id for line in found}) == len(found) == 40
    keys = [_key(order, line) for line in found]
    assert keys == sorted(keys, reverse=descending)


def _key(order: Order, line: Line) -> tuple[Any, ...]:
    first, *rest = order.place(line)
    match order.by:
        case By.STEP:
            return (first is None, first or datetime.min.replace(tzinfo=UTC), *rest)
        case By.CUSTOMER:
            return (first.lower(), *rest)
        case By.STATUS:
            return (list(InvoiceState).index(InvoiceState(first)), *rest)
        case _:
            return (first, *rest)


def test_words_find_numbers_names_references_and_amounts(database: Database, books: Scope) -> None:
    def found(words: str, **more: Any) -> list[Line]:
        return read(database, books, Sought(RUNNING, words=words, **more), limit=100)

    everything = read(database, books, Sought(RUNNING), limit=100)
    one = everything[11]
    assert one.id in {line.id for line in found(one.number)}
    assert all(line.number.startswith(one.number[:3]) for line in found(one.number[:3]))
    assert {line.customer_name for line in found("alfa esim")} == {"Esimerkki Alfa Oy"}
    assert {line.customer_name for line in found("ÄÄNE")} == {"Äänekosken Esimerkki Oy"}
    assert {line.customer_name for line in found("mallisto")} == {"Meri-Mallisto Ky"}
    assert {line.open_cents for line in found("30,00 €")} == {3_000}
    reference = references.group(references.make(98_005))
    assert len(found(reference)) == 1
    assert found("olematon") == []
    assert found("'); -- & | !") == []
    overdue = found("esimerkki", service="", due_from=date(2026, 3, 2))
    assert overdue
    assert all(line.due >= date(2026, 3, 2) for line in overdue)


def test_many_that_fit_are_passed_through_in_order(
    database: Database, books: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = read(database, books, Sought(RUNNING, words="esimerkki"), limit=100)
    monkeypatch.setattr("store.invoice_search.FEW", 1)
    assert read(database, books, Sought(RUNNING, words="esimerkki"), limit=100) == few


def test_all_that_match_are_counted_and_chosen(database: Database, books: Scope) -> None:
    sought = Sought((InvoiceState.OVERDUE, InvoiceState.OPEN), words="esimerkki")
    lines = read(database, books, sought, limit=100)
    with database.transaction() as session:
        assert invoice_list.count(session, books, sought, 1_000) == len(lines)
        assert invoice_list.count(session, books, sought, 2) == 2
        resolved = invoice_list.resolved(session, books, sought)
        ids = session.execute(invoice_list.chosen(books, resolved)).scalars()
        assert set(ids) == {line.id for line in lines}


def test_nobody_finds_another_company_s(database: Database, books: Scope) -> None:
    stranger = Scope(frozenset({invoice_of(database, new_business_id()).company_id}))
    ours = read(database, books, Sought(RUNNING), limit=100)
    ids = tuple(line.id for line in ours)
    assert read(database, stranger, Sought(RUNNING, ids=ids)) == []
    assert read(database, stranger, Sought(RUNNING, words="alfa")) == []


@pytest.mark.parametrize(
    ("said", "number", "cents"),
    [
        ("1042", "1042", None),
        (" 10 42 ", "1042", None),
        ("1 088,36", "1088,36", 108_836),
        ("1088.36 eur", "1088.36eur", 108_836),
        ("Malli Oy", "", None),
    ],
)
def test_what_is_typed_is_read_in_every_way_it_can_be_meant(
    said: str, number: str, cents: int | None
) -> None:
    words = Words.read(said)
    assert (words.number, words.cents) == (number, cents)
