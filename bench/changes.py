"""The figures of a changed rule: asking what it would do, and moving running invoices to it."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import func, text
from sqlmodel import Session, col, select
from temporalio.api.enums.v1 import EventType

from activities.starting import start_replanning
from bench import invoices
from bench.crew import BenchError, Crew, bare_at_work
from bench.figures import Bench, by_pairs, timed
from bench.results import Figure, Round
from domain.case import Case, Letter
from domain.clock import REAL_TIME
from domain.law import DebtorClass
from domain.rule import BUSINESSES, CONSUMERS, LetterTerms, Rule
from domain.states import FINAL_STATES, Channel, InvoiceState, LetterKind, Running
from starter import rules as service
from store import parties
from store.copying import copy
from store.rules import newest_of_company
from store.tables import Company, Invoice, Replanning
from workflows.replan_contract import replan_workflow_id

BUSINESS_ID = "2000001-6"
"""The company that is asked about."""

CUSTOMERS = 1_000
TIMES = 5
PART = 25_000
"""Rows of one COPY."""

# ── what if ──────────────────────────────────────────────────────────────────────────────────


def what_if(bench: Bench) -> Figure:
    """What a new version of the consumers' rule would do to all running invoices of a company."""
    count = bench.size.asked
    began = time.monotonic()
    with bench.database.transaction() as session:
        company_id = _fill(session, count)
    with bench.database.engine.connect().execution_options(
        isolation_level="AUTOCOMMIT"
    ) as connection:
        connection.execute(text("VACUUM ANALYZE invoice"))
    bench.screen.say(f"{count} invoices to ask about: {time.monotonic() - began:.0f} s")
    later = CONSUMERS.model_copy(update={"reminder": LetterTerms(after_days=20, fee_cents=500)})
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        with bench.database.transaction() as session:
            company = session.get_one(Company, company_id)
            answer = service.what_if_saved(session, company, later, REAL_TIME)
        taken.append(time.perf_counter() - began)
        if answer.running.moved != count:
            raise BenchError(f"{answer.running.moved} of {count} invoices were asked about")
    seconds = median(taken)
    bench.screen.say(f"what if, {count} invoices: {seconds:.2f} s")
    return Figure(
        f"what a changed rule would do to {count} invoices",
        "s",
        seconds,
        None,
        target=5.0,
        detail={"each time (s)": [round(one, 2) for one in taken]},
    )


def _fill(session: Session, count: int) -> int:
    """Consumers' invoices in all states before the agency, due within half a year; the company."""
    now = datetime.now(UTC)
    new = parties.NewCompany(business_id=BUSINESS_ID, name="Malliyritys Oy")
    company = parties.ensure_companies(session, [new], now)[new]
    customers = _customers(session, company)
    (version_id,) = (
        one.version_id
        for one in newest_of_company(session, company.id)
        if one.terms.name == CONSUMERS.name
    )
    some = random.Random(0)
    for start in range(0, count, PART):
        rows = [
            _row(company.id, some.choice(customers), version_id, number, now.date(), some)
            for number in range(start, min(start + PART, count))
        ]
        copy(session, Invoice, rows)
    return company.id


def _customers(session: Session, company: Company) -> list[int]:
    """Some who are reached by everything, some by less, some who have an order of their own."""
    wanted = [
        parties.NewCustomer(
            key=f"w{place}",
            name=f"Matti Malliasiakas {place}",
            debtor_class=DebtorClass.CONSUMER,
            street="Mallikatu 1" if place % 3 else "",
            postcode="00100" if place % 3 else "",
            city="Helsinki" if place % 3 else "",
            email="" if place % 3 == 1 else f"w{place}@malliasiakas.example",
        )
        for place in range(CUSTOMERS)
    ]
    placed = parties.ensure_customers(session, [(company, new) for new in wanted])
    for one in placed[::10]:
        one.customer.channels = [Channel.PAPER.value]
    session.flush()
    return [one.customer.id for one in placed]


def _row(
    company_id: int,
    customer_id: int,
    version_id: int,
    number: int,
    today: date,
    some: random.Random,
) -> dict[str, Any]:
    due = today + timedelta(days=some.randrange(-60, 120))
    state = InvoiceState.OPEN
    letters: tuple[Letter, ...] = ()
    if due < today:
        state = InvoiceState.OVERDUE
    if due < today - timedelta(days=15):
        state = InvoiceState.REMINDED
        sent = due + timedelta(days=15)
        letters = (
            Letter(
                kind=LetterKind.REMINDER,
                round=1,
                on=sent,
                due=sent + timedelta(days=14),
                fee_cents=500,
                channel=Channel.EMAIL,
                notice_id=None,
                sent=True,
            ),
        )
    cents = some.randrange(10_00, 5_000_00)
    case = Case(
        invoice_id=1,
        company=BUSINESS_ID,
        number=f"w{number}",
        debtor=DebtorClass.CONSUMER,
        due=due,
        invoice_sent_on=due - invoices.TERM,
        original_cents=cents,
        principal_cents=cents,
        open_cents=cents,
        state=state,
        letters=letters,
        rounds=len(letters),
    )
    return {
        "company_id": company_id,
        "customer_id": customer_id,
        "number": f"w{number}",
        "invoice_date": due - invoices.TERM,
        "due": due,
        "principal_cents": cents,
        "currency": "EUR",
        "reference": "",
        "iban": "",
        "bic": "",
        "rule_version_id": version_id,
        "registered_at": datetime(2026, 1, 1, tzinfo=UTC),
        "owner": "",
        "case_json": case.model_dump(mode="json"),
        "state": state.value,
        "collection_status": "",
        "attention": "",
        "held": False,
        "next_step": "wait",
        "next_step_why": "",
        "last_event": 0,
        "start_pending": False,
        "signal_pending": False,
    }


# ── replanning ───────────────────────────────────────────────────────────────────────────────

_TASK_COMPLETED = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED


def replan(bench: Bench) -> Figure:
    """A rule saved for running invoices, until each has been moved, told, and sleeps again, against
    bare signals to bare workflows that then sleep again."""
    pairs = []
    with bench.karhu() as karhu, bare_at_work(bench.stack) as bare:
        for turn in range(1, bench.size.pairs + 1):
            ours = _replan_karhu(bench, karhu, turn)
            pairs.append((ours, _replan_bare(bench, bare, turn)))
    return by_pairs("replanning", pairs, target=0.8)


def _replan_karhu(bench: Bench, crew: Crew, turn: int) -> Round:
    terms = BUSINESSES.model_copy(update={"reminder": LetterTerms(after_days=20 + turn)})
    count = _running(bench)

    async def move() -> int:
        """The new version, and its replanning up to the end; its own workflow tasks."""
        client = await bench.client()
        asked = await asyncio.to_thread(_save, bench, terms)
        await start_replanning(client, asked)
        handle = client.get_workflow_handle(replan_workflow_id(asked.id))
        await handle.result()
        history = await handle.fetch_history()
        return sum(event.event_type == _TASK_COMPLETED for event in history.events)

    return timed(bench, crew, f"replanning {turn}, Karhu", count, count, move)


def _replan_bare(bench: Bench, crew: Crew, turn: int) -> Round:
    async def signal() -> int:
        await invoices.signal_all(await bench.client(), bench.bare, "nudge")
        return 0

    count = len(bench.bare)
    return timed(bench, crew, f"replanning {turn}, bare", count, count, signal)


def _save(bench: Bench, terms: Rule) -> Replanning:
    with bench.database.transaction() as session:
        saved = service.save(
            session, _company(session), terms, by="bench", clock=REAL_TIME, running=Running.MOVE
        )
    if saved.replanning is None:
        raise BenchError("no running invoice is to be moved")
    return saved.replanning


def _running(bench: Bench) -> int:
    """How many invoices sleep under the rule."""
    with bench.database.transaction() as session:
        return session.exec(
            select(func.count())
            .select_from(Invoice)
            .where(
                Invoice.company_id == _company(session).id,
                col(Invoice.state).not_in([state.value for state in FINAL_STATES]),
            )
        ).one()


def _company(session: Session) -> Company:
    return session.exec(select(Company).where(Company.business_id == invoices.BUSINESS_ID)).one()
