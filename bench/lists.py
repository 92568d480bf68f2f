"""A page of an invoice list, in each order and by search, of a company that has very many."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from statistics import median, quantiles
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from bench import pages
from bench.figures import Bench
from bench.results import Figure
from domain import references
from domain.agency import AgencyService, CollectionStatus
from domain.case import Case
from domain.law import DebtorClass
from domain.states import FINAL_STATES, InvoiceState
from store import invoice_list, parties, sums
from store.copying import copy
from store.invoice_list import Sought
from store.invoice_order import By, Order
from store.scope import Scope
from store.tables import Invoice

BUSINESS_ID = "1234568-1"
CUSTOMERS = 20_000
PART = 50_000
"""Rows of one COPY."""

TIMES = 60
FIRST_DUE = date(2025, 1, 1)
DAYS = 730
SEVEN = clock_time(7)

RUNNING = tuple(state for state in InvoiceState if state not in FINAL_STATES)

_STATES = (
    *(InvoiceState.OPEN,) * 40,
    *(InvoiceState.OVERDUE,) * 10,
    *(InvoiceState.REMINDED,) * 8,
    *(InvoiceState.NOTIFIED,) * 4,
    *(InvoiceState.IN_COLLECTION,) * 3,
    *(InvoiceState.PAID,) * 33,
    *(InvoiceState.CREDITED, InvoiceState.WRITTEN_OFF),
)
"""Of a hundred invoices."""


def lists(bench: Bench) -> list[Figure]:
    """The list of a company's running invoices: the first page, pages from anywhere in it, in each
    order and by search; and the web page of it."""
    count = bench.size.listed
    with bench.database.transaction() as session:
        scope = _fill(session, count, bench.screen.say)
    with bench.database.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.execute(text("VACUUM ANALYZE invoice"))
    detail: dict[str, list[float]] = {}
    for by, order in _ORDERS:
        detail[f"by {by}, first page"] = _pages(bench, scope, order)
        detail[f"by {by}, the page after a row from anywhere"] = _pages_from_anywhere(
            bench, scope, order
        )
    for what, words in _SEARCHES:
        detail[f"search: {what}"] = _searches(bench, scope, words)
    detail["sections"] = _timed(bench, lambda session: sums.by_section(session, scope), TIMES)
    detail["open money by age"] = _timed(bench, lambda session: sums.by_due(session, scope), TIMES)
    said = {f"{what}, median and 95 % (ms)": _said(taken) for what, taken in detail.items()}
    by_due = max(median(taken) for what, taken in detail.items() if what.startswith("by due,"))
    slowest = max(detail, key=lambda what: median(detail[what]))
    bench.screen.say(
        f"a page of {count} invoices: {by_due:.1f} ms by due date, at most"
        f" {median(detail[slowest]):.1f} ms ({slowest})"
    )
    listed = Figure(
        f"page of a list of {count} invoices", "ms", by_due, None, target=50.0, detail=said
    )
    return [listed, pages.open_invoices(bench, BUSINESS_ID, count)]


def _timed(bench: Bench, ask: Callable[[Session], object], times: int) -> list[float]:
    """Milliseconds of each time: asked, found, read and shaped, as the API and the page do it."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        with bench.database.transaction() as session:
            ask(session)
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _pages(bench: Bench, scope: Scope, order: Order) -> list[float]:
    """The first page, of all sections and of each."""
    of = itertools.cycle((RUNNING, *((state,) for state in RUNNING)))

    def page(session: Session) -> None:
        found = invoice_list.page(session, scope, Sought(next(of)), order=order, limit=51)
        assert len(found) == 51, order

    return _timed(bench, page, TIMES)


def _pages_from_anywhere(bench: Bench, scope: Scope, order: Order) -> list[float]:
    some = random.Random(1)
    with bench.database.transaction() as session:
        last = session.execute(text("SELECT max(id) FROM invoice")).scalar_one()
    places: list[tuple[Any, ...]] = []
    while len(places) < TIMES:
        ids = tuple(some.randrange(1, last) for _ in range(50))
        with bench.database.transaction() as session:
            lines = invoice_list.page(session, scope, Sought(RUNNING, ids=ids))
        places += [order.place(line) for line in lines]
    following = iter(places)

    def page(session: Session) -> None:
        invoice_list.page(
            session, scope, Sought(RUNNING), order=order, after=next(following), limit=51
        )

    return _timed(bench, page, TIMES)


_ORDERS = [(by.value, Order(by)) for by in By] + [("due, latest first", Order(By.DUE, True))]

_SEARCHES = (
    ("a number", "123456"),
    ("what many numbers begin with", "1"),
    ("a customer", "malliasiakas 777"),
    ("what all customers are called", "malliasiakas oy"),
    ("an amount", "123,45"),
    ("a reference", "1232"),
    ("nothing that there is", "olematon"),
)


def _searches(bench: Bench, scope: Scope, words: str) -> list[float]:
    def page(session: Session) -> None:
        invoice_list.page(session, scope, Sought(RUNNING, words=words), limit=51)

    return _timed(bench, page, TIMES)


def _said(milliseconds: list[float]) -> list[float]:
    return [round(median(milliseconds), 1), round(quantiles(milliseconds, n=20)[-1], 1)]


def _fill(session: Session, count: int, say: Callable[[str], None]) -> Scope:
    began = time.monotonic()
    now = datetime.now(UTC)
    new = parties.NewCompany(business_id=BUSINESS_ID, name="Malliyritys Oy")
    company = parties.ensure_companies(session, [new], now)[new]
    debtors = [
        parties.NewCustomer(
            key=f"c{place}", name=f"Malliasiakas {place} Oy", debtor_class=DebtorClass.BUSINESS
        )
        for place in range(CUSTOMERS)
    ]
    placed = parties.ensure_customers(session, [(company, one) for one in debtors])
    session.flush()
    customers = [one.customer.id for one in placed]
    states = random.Random(0)
    for start in range(0, count, PART):
        rows = [
            _row(company.id, states.choice(customers), number, states)
            for number in range(start, min(start + PART, count))
        ]
        copy(session, Invoice, rows)
    say(f"{count} invoices to list: {time.monotonic() - began:.0f} s")
    return Scope(frozenset({company.id}))


_CASE = Case(
    invoice_id=1,
    company=BUSINESS_ID,
    number="1",
    debtor=DebtorClass.BUSINESS,
    due=FIRST_DUE,
    invoice_sent_on=FIRST_DUE,
    original_cents=100_00,
    principal_cents=100_00,
    open_cents=100_00,
).model_dump(mode="json")


def _row(company_id: int, customer_id: int, number: int, some: random.Random) -> dict[str, Any]:
    due = FIRST_DUE + timedelta(days=some.randrange(DAYS))
    state = some.choice(_STATES)
    cents = some.randrange(10_00, 2_000_00)
    step_at = datetime.combine(due, SEVEN, UTC) + timedelta(days=some.randrange(1, 20))
    case = {**_CASE, "due": due.isoformat(), "state": state.value, "open_cents": cents}
    at_agency = state is InvoiceState.IN_COLLECTION
    if at_agency:
        case["agency"] = {"service": some.choice(tuple(AgencyService)).value}
    return {
        "company_id": company_id,
        "customer_id": customer_id,
        "number": str(number),
        "invoice_date": due - timedelta(days=14),
        "due": due,
        "principal_cents": cents,
        "currency": "EUR",
        "reference": references.make(number + 100),
        "iban": "",
        "bic": "",
        "registered_at": datetime(2025, 1, 1, tzinfo=UTC),
        "owner": "",
        "case_json": case,
        "state": state.value,
        "collection_status": some.choice(tuple(CollectionStatus)).value if at_agency else "",
        "attention": "looked for" if some.random() < 0.001 else "",
        "held": False,
        "next_step": "remind" if some.random() < 0.9 else "wait",
        "next_step_at": step_at if some.random() < 0.9 else None,
        "next_step_why": "",
        "last_event": 0,
        "start_pending": False,
        "signal_pending": False,
    }
