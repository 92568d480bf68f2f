"""One damage of each kind, as a crash, a backup or a hasty hand inflicts it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, text, update
from sqlmodel import col

from domain import requests
from domain.ledger import Entry, EntryKind
from domain.misfits import Kind
from store import bulk, ledger, projection, replanning, sums
from store.invoice_list import Sought
from store.scope import Scope
from store.tables import (
    AgencyMessage,
    BulkAction,
    Company,
    Event,
    FileImport,
    Invoice,
    LedgerEntry,
    Replanning,
)
from tests.contracts import BOTH
from tests.yard import AGO, Yard
from workflows import contract
from workflows.bulk_contract import bulk_workflow_id
from workflows.invoice import InvoiceWorkflow
from workflows.replan_contract import replan_workflow_id

Mend = Callable[[], Coroutine[Any, Any, None]]
"""Undoes what Karhu does not heal."""


async def nothing() -> None:
    """There is nothing to undo."""


@dataclass(frozen=True)
class Damage:
    """What was broken: the workflow it is found by, how it is mended, and what healing leads to."""

    workflow_id: str
    mend: Mend = nothing
    well: Callable[[], bool] = lambda: True


# ── one of each kind ─────────────────────────────────────────────────────────────────────────


async def never_started(yard: Yard) -> Damage:
    invoice = yard.unstarted()
    yard.change(invoice, start_pending=False)
    return Damage(yard.workflow_id(invoice))


async def terminated(yard: Yard) -> Damage:
    invoice = await yard.asleep()
    await yard.asked(invoice, requests.Hold(reason="broken"))
    await yard.client.get_workflow_handle(yard.workflow_id(invoice)).terminate()
    return Damage(yard.workflow_id(invoice), well=lambda: yard.invoice(invoice.id).held)


async def terminated_with_a_letter_under_way(yard: Yard) -> Damage:
    invoice = yard.unstarted(due_in=-40)
    yard.release(invoice)
    yard.change(invoice, start_pending=False)
    return Damage(yard.workflow_id(invoice), well=lambda: _sent(yard, invoice))


async def left_in_the_outbox(yard: Yard) -> Damage:
    return Damage(yard.workflow_id(yard.unstarted()))


async def news_left_in_the_outbox(yard: Yard) -> Damage:
    invoice = await yard.asleep()
    yard.pay(invoice, 108_836)
    return Damage(yard.workflow_id(invoice), well=lambda: yard.state(invoice) == "paid")


async def the_mark_of_a_payment_deleted(yard: Yard) -> Damage:
    invoice = await yard.asleep()
    yard.pay(invoice, 108_836)
    yard.change(invoice, signal_pending=False)
    return Damage(yard.workflow_id(invoice), well=lambda: yard.state(invoice) == "paid")


async def the_mark_of_a_report_deleted(yard: Yard) -> Damage:
    invoice = await at_the_agency(yard)
    with yard.database.transaction() as session:
        session.execute(update(AgencyMessage).values(status="acknowledged"))
    yard.agency_says(invoice, "Kirjeperintä", 1, yard.now() - timedelta(hours=1))
    return Damage(
        yard.workflow_id(invoice),
        well=lambda: yard.messages(invoice, "in")[-1].status == "folded",
    )


async def the_mark_of_a_reopened_invoice_deleted(yard: Yard) -> Damage:
    invoice = await yard.asleep()
    yard.pay(invoice, 108_836)
    await yard.drain()
    await yard.until(lambda: yard.state(invoice) == "paid")
    await yard.client.get_workflow_handle(yard.workflow_id(invoice)).result()
    yard.pay(invoice, -108_836, key="p2")
    yard.change(invoice, start_pending=False, signal_pending=False)
    return Damage(yard.workflow_id(invoice), well=lambda: yard.state(invoice) == "open")


async def closed_behind_its_workflow(yard: Yard) -> Damage:
    invoice = await yard.asleep()
    yard.pay(invoice, 108_836)
    yard.advance(invoice, yard.now())
    return Damage(yard.workflow_id(invoice))


async def overslept(yard: Yard) -> Damage:
    invoice = await yard.asleep()
    yard.change(invoice, next_step_at=yard.now() - 2 * AGO)
    return Damage(yard.workflow_id(invoice))


async def a_letter_that_nobody_carries(yard: Yard) -> Damage:
    invoice = yard.unstarted(due_in=-40)
    yard.release(invoice)
    # A workflow that knows the log, and nothing of what was to be carried.
    yard.change(invoice, start_pending=True)
    await yard.drain()
    return Damage(yard.workflow_id(invoice), well=lambda: _sent(yard, invoice))


async def a_message_that_nobody_carries(yard: Yard) -> Damage:
    invoice = await at_the_agency(yard)
    return Damage(
        yard.workflow_id(invoice), well=lambda: yard.messages(invoice)[0].status == "acknowledged"
    )


async def a_row_set_back(yard: Yard) -> Damage:
    invoice = await yard.asleep()
    before = yard.invoice(invoice.id)
    await yard.asked(invoice, requests.Hold(reason="broken"))
    yard.change(invoice, case_json=before.case_json, last_event=0, held=False)
    return Damage(yard.workflow_id(invoice), well=lambda: yard.invoice(invoice.id).held)


async def a_column_changed(yard: Yard) -> Damage:
    invoice = await yard.asleep()
    yard.change(invoice, state="reminded")
    return Damage(yard.workflow_id(invoice), well=lambda: yard.state(invoice) == "open")


async def a_case_nobody_can_read(yard: Yard) -> Damage:
    invoice = await yard.asleep()
    yard.change(invoice, case_json={"state": "nowhere"})
    number = invoice.number
    with yard.database.transaction() as session:
        (books,) = projection.read(session, after=invoice.id - 1, limit=1)
    return Damage(
        books.workflow_id,
        well=lambda: yard.invoice(invoice.id).case_json.get("number") == number,
    )


async def an_import_that_stands_still(yard: Yard) -> Damage:
    row = FileImport(
        kind="payments",
        name="payments.ktl",
        sha256="",
        size_bytes=0,
        options={},
        status="reading",
        received_at=yard.now() - AGO,
        received_by="Essi",
    )
    with yard.database.transaction() as session:
        session.add(row)

    def ended() -> bool:
        with yard.database.transaction() as session:
            return session.get_one(FileImport, row.id).ended_at is not None

    return Damage(contract.import_workflow_id(row.id), well=ended)


async def a_replanning_that_stands_still(yard: Yard) -> Damage:
    """Asked for, and nobody has begun it."""
    invoice = await yard.asleep()
    with yard.database.transaction() as session:
        asked = replanning.ask(
            session, invoice.company_id, replanning.AUTOMATION, by="Pia", now=yard.now() - AGO
        )

    def well() -> bool:
        with yard.database.transaction() as session:
            return session.get_one(Replanning, asked.id).status == replanning.DONE

    return Damage(replan_workflow_id(asked.id), well=well)


async def a_mass_action_that_stands_still(yard: Yard) -> Damage:
    """Asked for, and nobody has begun it."""
    invoice = await yard.asleep()
    scope = Scope(frozenset({invoice.company_id}))
    with yard.database.transaction() as session:
        asked = bulk.ask(
            session,
            scope,
            invoice.company_id,
            Sought(ids=(invoice.id,)),
            requests.Hold(reason="all of them"),
            by="Pia",
            now=yard.now() - AGO,
        )

    def well() -> bool:
        with yard.database.transaction() as session:
            return session.get_one(BulkAction, asked.id).status == bulk.DONE

    return Damage(bulk_workflow_id(asked.id), well=well)


async def a_sum_that_was_changed(yard: Yard) -> Damage:
    invoice = await yard.asleep()
    with yard.database.transaction() as session:
        business_id = session.get_one(Company, invoice.company_id).business_id
        session.execute(
            text(
                "INSERT INTO invoice_sum_change (company_id, owner, state, agency_service, due,"
                " invoices, open_cents, attention, approval)"
                " VALUES (:company, '', 'open', '', '2026-03-16', 1, 500, 0, 0)"
            ),
            {"company": invoice.company_id},
        )

    def well() -> bool:
        with yard.database.transaction() as session:
            return not sums.compare(session)

    return Damage(f"company/{business_id}", well=well)


async def a_workflow_without_a_row(yard: Yard) -> Damage:
    model = await yard.asleep()
    case, planned = yard.planned(model)
    strange = contract.workflow_id("7654321-2", "none such")
    handle = await yard.client.start_workflow(
        InvoiceWorkflow.run,
        contract.Start(case=case.model_copy(update={"invoice_id": 0}), next=planned, rule=""),
        id=strange,
        task_queue=contract.TASK_QUEUE,
    )
    return Damage(strange, mend=handle.terminate)


async def a_gap_in_the_log(yard: Yard) -> Damage:
    invoice = await yard.asleep()
    await yard.asked(invoice, requests.Hold(reason="broken"))
    await yard.asked(invoice, requests.Release())
    gone = yard.events(invoice)[0].model_dump()

    with yard.database.transaction() as session:
        # The log is append-only: who breaks it must first silence what guards it.
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(delete(Event).where(col(Event.id) == gone["id"]))

    async def mend() -> None:
        with yard.database.transaction() as session:
            session.add(Event(**gone))

    return Damage(yard.workflow_id(invoice), mend)


async def a_ledger_that_does_not_add_up(yard: Yard) -> Damage:
    invoice = await yard.asleep()
    wrong = Entry(EntryKind.FEE_WAIVED, 500, invoice.due, "wrong")
    with yard.database.transaction() as session:
        ledger.book(session, invoice.id, [wrong], yard.now() - AGO)

    async def mend() -> None:
        with yard.database.transaction() as session:
            session.execute(delete(LedgerEntry).where(col(LedgerEntry.key) == "wrong"))

    return Damage(yard.workflow_id(invoice), mend)


async def at_the_agency(yard: Yard) -> Invoice:
    """An invoice that was handed over, overdue, behind its workflow's back."""
    service = {"services": BOTH, "from_state": "overdue"}
    invoice = yard.unstarted(due_in=-60, agency=service)
    # Some days overdue: before its first reminder, wherever its place in the morning's sending is.
    yard.advance(invoice, yard.now() - timedelta(days=55), requests.HandOver())
    for _ in range(2):
        at = yard.invoice(invoice.id).next_step_at
        if at is not None and at < yard.now():
            yard.advance(invoice, at)
    assert [message.status for message in yard.messages(invoice)] == ["waiting"]
    yard.change(invoice, start_pending=True)
    await yard.drain()
    return invoice


def _sent(yard: Yard, invoice: Invoice) -> bool:
    return [notice.status for notice in yard.notices(invoice)] == ["sent"]


Inflict = Callable[[Yard], Coroutine[Any, Any, Damage]]

DAMAGES: Sequence[tuple[Kind, Inflict]] = (
    (Kind.MISSING, never_started),
    (Kind.MISSING, terminated),
    (Kind.MISSING, terminated_with_a_letter_under_way),
    (Kind.NOT_STARTED, left_in_the_outbox),
    (Kind.UNSENT, news_left_in_the_outbox),
    (Kind.UNHEARD, the_mark_of_a_payment_deleted),
    (Kind.UNHEARD, the_mark_of_a_report_deleted),
    (Kind.REOPENED, the_mark_of_a_reopened_invoice_deleted),
    (Kind.UNDEAD, closed_behind_its_workflow),
    (Kind.STUCK, overslept),
    (Kind.LETTER, a_letter_that_nobody_carries),
    (Kind.MESSAGE, a_message_that_nobody_carries),
    (Kind.LAGGING, a_row_set_back),
    (Kind.LAGGING, a_column_changed),
    (Kind.LAGGING, a_case_nobody_can_read),
    (Kind.IMPORT, an_import_that_stands_still),
    (Kind.REPLANNING, a_replanning_that_stands_still),
    (Kind.BULK, a_mass_action_that_stands_still),
    (Kind.SUMS, a_sum_that_was_changed),
    (Kind.ORPHANED, a_workflow_without_a_row),
    (Kind.GAP, a_gap_in_the_log),
    (Kind.UNBALANCED, a_ledger_that_does_not_add_up),
)
