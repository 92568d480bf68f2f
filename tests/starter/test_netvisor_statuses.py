"""updatesalesinvoicestatus.nv and the process history, matchcreditnote.nv."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from domain.states import InvoiceState
from starter.netvisor.envelope import Code
from store import queries
from store.tables import Event, Invoice, NetvisorCreditNote
from tests.starter.netvisor_client import (
    Program,
    Town,
    invoice_xml,
    new_number,
)
from tests.starter.netvisor_fixtures import town

__all__ = ["town"]

ADD = "salesinvoice.nv?method=add"


@pytest.fixture(scope="module")
def one(town: Town) -> Program:
    return town.one


@pytest.fixture(scope="module")
def customer(one: Program) -> int:
    return one.add_customer(more="<streetaddress>Mallikatu 1</streetaddress>")


async def until(program: Program, key: int, wanted: Callable[[Invoice], bool]) -> Invoice:
    """The invoice's row, once it is as wanted."""
    async with asyncio.timeout(20):
        while not wanted(row := await asyncio.to_thread(program.invoice, key)):
            await asyncio.sleep(0.05)
    return row


async def call(program: Program, target: str, body: str | None = None) -> Any:
    return await asyncio.to_thread(program.call, target, body)


# ── what is set by hand ──────────────────────────────────────────────────────────────────────


async def test_a_draft_waits_until_it_is_open(
    one: Program, customer: int, office_worker: None
) -> None:
    key = await asyncio.to_thread(lambda: one.add_invoice(customer, status="unsent"))
    row = one.invoice(key)
    assert (row.held, row.next_step, row.next_step_at) == (True, "wait", None)
    assert one.refused(f"updatesalesinvoicestatus.nv?netvisorkey={key}&status=reminded", "").code
    await call(one, f"updatesalesinvoicestatus.nv?netvisorkey={key}&status=unsent", "")
    await call(one, f"updatesalesinvoicestatus.nv?netvisorkey={key}&status=open", "")
    row = await until(one, key, lambda row: not row.held)
    assert row.next_step == "become_overdue"
    await call(one, f"updatesalesinvoicestatus.nv?netvisorkey={key}&status=open", "")
    await call(one, f"updatesalesinvoicestatus.nv?netvisorkey={key}&status=unsent", "")
    await until(one, key, lambda row: row.held)
    listed = await call(one, f"salesinvoicelist.nv?invoicesabovenetvisorkey={key - 1}")
    assert listed.findtext("SalesInvoiceList/SalesInvoice/InvoiceStatus") == "unsent"


async def test_statuses_become_requests_and_stand_in_the_history(
    one: Program, customer: int, office_worker: None
) -> None:
    def add() -> list[int]:
        return [one.add_invoice(customer, day="2026-01-02", due="2026-01-16") for _ in range(2)]

    keys = await asyncio.to_thread(add)
    for key in keys:
        await until(one, key, lambda row: row.state == InvoiceState.OVERDUE)
    several = ",".join(map(str, keys))
    target = f"updatesalesinvoicestatus.nv?netvisorkeylist={several}&status="
    await call(one, f"{target}requested", "")
    for key in keys:
        await until(one, key, lambda row: row.state == InvoiceState.NOTIFIED)
    await call(one, f"{target}overdue", "")
    for key in keys:
        await until(one, key, lambda row: row.state == InvoiceState.OVERDUE)
    # Nothing happens to either if it cannot happen to one.
    answer = await asyncio.to_thread(one.refused, f"{target}open", "")
    assert "fell due" in answer.why
    await call(one, f"updatesalesinvoicestatus.nv?netvisorkey={keys[0]}&status=creditloss", "")
    row = await until(one, keys[0], lambda row: row.state == InvoiceState.WRITTEN_OFF)
    answer = await asyncio.to_thread(one.refused, f"{target}reminded", "")
    assert row.number in answer.why
    assert one.invoice(keys[1]).state == InvoiceState.OVERDUE
    await call(one, f"updatesalesinvoicestatus.nv?netvisorkey={keys[0]}&status=creditloss", "")

    target = f"getsalesinvoice.nv?netvisorkey={keys[0]}&showprocesshistory=1"
    lines = (await call(one, target)).findall("SalesInvoice/ProcessHistory/ProcessHistoryLine")
    with one.database.transaction() as session:
        events = queries.dossier(session, keys[0]).events
        told = [event for event in events if event.kind != "balance_seen"]
        assert [line.findtext("UserName") for line in lines] == [event.actor for event in told]
        assert session.exec(select(Event).where(Event.invoice_id == keys[0])).first()
    assert [child.tag for child in lines[0]] == [
        *("ProcessedTimeStamp", "MaterialTypeName", "UserName"),
        *("ProcessChannelName", "ProcessStatus"),
    ]
    assert lines[-1].findtext("UserName") == f"netvisor-key:{one.made.key_id}"
    assert "written_off" in str(lines[-1].findtext("ProcessStatus"))
    bare = await call(one, f"getsalesinvoice.nv?netvisorkey={keys[0]}")
    assert bare.find("SalesInvoice/ProcessHistory") is None


@pytest.mark.parametrize(
    ("query", "about"),
    [
        ("status=open", "netvisorkey"),
        ("netvisorkey={key}", "no status"),
        ("netvisorkey={key}&status=lost", "no status"),
        ("netvisorkey={key}&status=paid", "salespayment"),
        ("netvisorkey={key}&status=collected", "hand it over"),
        ("netvisorkey={key}&status=rejected", "cancelled"),
        ("netvisorkey={key}&status=overdue", "not overdue before"),
        ("netvisorkeylist={key},999999999&status=creditloss", "999999999"),
        ("netvisorkeylist=" + ",".join(map(str, range(101))) + "&status=open", "101"),
    ],
)
def test_what_has_no_meaning_is_refused(
    one: Program, customer: int, query: str, about: str
) -> None:
    key = one.add_invoice(customer)
    target = f"updatesalesinvoicestatus.nv?{query.format(key=key)}"
    answer = one.refused(target, "")
    assert answer.code == Code.INVALID_DATA
    assert about in answer.why
    assert one.invoice(key).state == InvoiceState.OPEN


# ── credit notes ─────────────────────────────────────────────────────────────────────────────


def match_xml(note: int, invoice: int) -> str:
    return (
        f"<root><matchcreditnote><creditnotenetvisorkey>{note}</creditnotenetvisorkey>"
        f"<invoicenetvisorkey>{invoice}</invoicenetvisorkey></matchcreditnote></root>"
    )


def test_a_credit_note_is_kept_and_then_matched(town: Town, customer: int) -> None:
    one = town.one
    invoice, other = one.add_invoice(customer), one.add_invoice(customer)
    number = new_number()
    note = one.add_invoice(customer, number=number, amount="-40,00")
    assert one.add_invoice(customer, number=number, amount="-40,00") == note
    before = town.rows()
    for body in (
        invoice_xml(customer, number=number, amount="-41,00"),
        invoice_xml(customer, number=number, amount="40,00"),
    ):
        assert one.refused(ADD, body).code == Code.DUPLICATE_DATA
    assert town.rows() == before
    whole = one.call(f"getsalesinvoice.nv?netvisorkey={note}").find("SalesInvoice")
    assert whole is not None
    assert (whole.findtext("SalesInvoiceAmount"), whole.findtext("InvoiceStatus")) == (
        *("-40,00", "Open"),
    )
    for _ in range(2):
        one.call("matchcreditnote.nv", match_xml(note, invoice))
        assert one.entries(invoice) == [("principal", 10_000), ("credit", 4_000)]
    assert "already" in one.refused("matchcreditnote.nv", match_xml(note, other)).why
    assert one.entries(other) == [("principal", 10_000)]
    listed = one.call(f"salesinvoicelist.nv?invoicesabovenetvisorkey={invoice - 1}")
    items = {one.findtext("NetvisorKey"): one for one in listed[1]}
    assert items[str(invoice)].findtext("OpenSum") == "60,00"
    assert items[str(note)].findtext("OpenSum") == "0,00"
    assert items[str(note)].findtext("InvoiceStatus") == "paid"
    with one.database.transaction() as session:
        row = session.get_one(NetvisorCreditNote, note)
        assert row.invoice_id == invoice


def test_a_credit_note_that_names_its_invoice_is_matched_at_once(town: Town, customer: int) -> None:
    one, number = town.one, new_number()
    invoice = one.add_invoice(customer, number=number)
    credited = f"<creditedinvoicenumber>{number}</creditedinvoicenumber>"
    one.add_invoice(customer, amount="-10,00", more=credited)
    assert one.entries(invoice)[1:] == [("credit", 1_000)]
    unknown = "<creditedinvoicenumber>nothing</creditedinvoicenumber>"
    with town.database.transaction() as session:
        before = len(session.exec(select(NetvisorCreditNote.id)).all())
    answer = one.refused(ADD, invoice_xml(customer, amount="-10,00", more=unknown))
    assert "nothing" in answer.why
    with town.database.transaction() as session:
        assert len(session.exec(select(NetvisorCreditNote.id)).all()) == before


def test_what_cannot_be_matched(town: Town, customer: int) -> None:
    one = town.one
    invoice, note = one.add_invoice(customer), one.add_invoice(customer, amount="-5,00")
    theirs = one.add_invoice(one.add_customer())
    for body, about in (
        (match_xml(note, 999_999_999), "no invoice"),
        (match_xml(999_999_999, invoice), "no credit note"),
        (match_xml(invoice, invoice), "no credit note"),
        (match_xml(note, note), "no invoice"),
        (match_xml(note, theirs), "different customers"),
        ("<root><matchcreditnote/></root>", "CreditNoteNetvisorKey"),
    ):
        answer = one.refused("matchcreditnote.nv", body)
        assert (answer.code, about in answer.why) == (Code.INVALID_DATA, True), answer.why
    assert one.entries(invoice) == [("principal", 10_000)]
