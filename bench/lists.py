"""A page of an invoice list, of a company that has very many."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from statistics import median, quantiles
from typing import Any

from sqlalchemy import text
from sqlmodel import Session

from bench.figures import Bench
from bench.results import Figure
from domain.case import Case
from domain.law import DebtorClass
from domain.states import FINAL_STATES, InvoiceState
from store import invoice_list, parties
from store.copying import copy
from store.invoice_list import Sought
from store.scope import Scope
from store.tables import Invoice

BUSINESS_ID = "1234568-1"
CUSTOMERS = 1_000
PART = 50_000
"""Rows of one COPY."""

PAGES = 300
FIRST_DUE = date(2025, 1, 1)
DAYS = 730

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


def lists(bench: Bench) -> Figure:
    """The list of a company's running invoices: the first page, and pages from anywhere in it."""
    count = bench.size.listed
    with bench.database.transaction() as session:
        scope = _fill(session, count, bench.screen.say)
    with bench.database.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.execute(text("VACUUM ANALYZE invoice"))
    first = list(_timed(bench, scope, iter([None] * PAGES)))
    following = list(_timed(bench, scope, _anywhere()))
    bench.screen.say(
        f"a page of {count} invoices: {median(first):.1f} ms the first, {median(following):.1f} ms"
        " any other"
    )
    return Figure(
        f"page of a list of {count} invoices",
        "ms",
        max(median(first), median(following)),
        None,
        target=50.0,
        detail={
            "first page, median and 95 % (ms)": _said(first),
            "any next page, median and 95 % (ms)": _said(following),
        },
    )


def _timed(
    bench: Bench, scope: Scope, places: Iterator[tuple[date, int] | None]
) -> Iterator[float]:
    """Milliseconds of each page: asked, found, read and shaped, as the API does it."""
    for after in places:
        began = time.perf_counter()
        with bench.database.transaction() as session:
            found = invoice_list.page(session, scope, Sought(RUNNING), after=after, limit=51)
        yield (time.perf_counter() - began) * 1000
        assert len(found) == 51, after


def _anywhere() -> Iterator[tuple[date, int]]:
    some = random.Random(1)
    for _ in range(PAGES):
        yield FIRST_DUE + timedelta(days=some.randrange(DAYS - 10)), 0


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
    some = random.Random(0)
    for start in range(0, count, PART):
        rows = [
            _row(company.id, some.choice(customers), number, some)
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
    return {
        "company_id": company_id,
        "customer_id": customer_id,
        "number": str(number),
        "invoice_date": due - timedelta(days=14),
        "due": due,
        "principal_cents": 100_00,
        "currency": "EUR",
        "reference": "",
        "iban": "",
        "bic": "",
        "registered_at": datetime(2025, 1, 1, tzinfo=UTC),
        "owner": "",
        "case_json": {**_CASE, "due": due.isoformat(), "state": state.value},
        "state": state.value,
        "collection_status": "",
        "attention": "looked for" if some.random() < 0.001 else "",
        "held": False,
        "next_step": "",
        "next_step_why": "",
        "last_event": 0,
        "start_pending": False,
        "signal_pending": False,
    }
