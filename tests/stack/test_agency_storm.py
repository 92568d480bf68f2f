"""Three hundred cases, an agency with every fault it has, and both sides killed at random.

Afterwards every case is there once on each side, both say the same of it, nothing was said twice,
and nothing was lost.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from domain.agency import MessageKind
from domain.states import InvoiceState
from starter.settings import load
from starter.stack.postgres import THROW_AWAY
from starter.stack.stack import Stack
from starter.up import full_stack
from store.database import Database
from store.tables import AgencyCase, AgencyMessage, Invoice
from tests.stack.storm import CASES, Storm

START = datetime(2026, 5, 4, 3, tzinfo=UTC)

FAULTS = (
    *("latency_before_ms=10", "latency_ms=10", "failure_rate=0.1", "fail_after_taking=0.15"),
    *("duplicate_callbacks=0.2", "reorder_callbacks=0.2", "lose_callbacks=0.2"),
    *("damage_callbacks=0.1", "garbage_callbacks=0.1", "unknown_statuses=0.05"),
    *("merge_cases=0.1", "part_payments=0.2", "payments_taken_back=0.1"),
)
SCRIPT = """business,seconds,request,fault,value,for_seconds
,,60,down,on,2
,,200,refuse,on,2
"""


@pytest.mark.stack
@pytest.mark.timeout(900)
def test_nothing_is_said_twice_and_nothing_unheard(folder: Path) -> None:
    script = folder.parent / "script.csv"
    script.write_text(SCRIPT)
    stack = full_stack(
        folder,
        load().model_copy(update={"agency_poll_every": 6}),
        days_per_second=0.5,
        clock_origin=START,
        sandbox_options=(
            *("--no-open-contracts", "--seed", "storm"),
            *("--days-of-reminding", "12", "--days-to-outcome", "4", "--days-per-measure", "3"),
            *("--script", str(script)),
            *(option for fault in FAULTS for option in ("--fault", fault)),
        ),
        usual_ports=False,
        postgres_settings=THROW_AWAY,
    )
    with stack:
        asyncio.run(_through(stack, folder.parent))


async def _through(stack: Stack, folder: Path) -> None:
    with ExitStack() as ending:
        database = Database(stack.addresses.database_url)
        ending.callback(database.close)
        client = await Client.connect(
            stack.addresses.temporal,
            namespace="default",
            data_converter=pydantic_data_converter,
        )
        storm = Storm(stack, database, client)
        await storm.take_in(folder)
        async with asyncio.TaskGroup() as group:
            group.create_task(storm.kill())
            group.create_task(storm.work())
        assert not any(why.startswith("hand_over") for why in storm.refused), storm.refused
        await storm.rest(300)
        _judge(storm)


def _judge(storm: Storm) -> None:
    with storm.database.transaction() as session:
        files = {file.reference: file for file in session.exec(select(AgencyCase)).all()}
        messages = session.exec(select(AgencyMessage)).all()
        invoices = {invoice.id: invoice for invoice in session.exec(select(Invoice)).all()}
    cases = storm.sandbox("SELECT reference, status, number, merged_into FROM cases")
    _judge_cases(files, invoices, messages, cases)
    heard = Counter(
        message.key
        for message in messages
        if message.direction == "in"
        and files[message.body["case_reference"]].id == message.agency_case_id
    )
    told = storm.sandbox("SELECT message_id FROM told WHERE kind = 'status'")
    assert heard == Counter(key for (key,) in told), "a status was lost, or is here twice"

    taken = Counter(key for (key,) in storm.sandbox("SELECT idempotency_key FROM taken"))
    said = [message for message in messages if message.direction == "out"]
    acknowledged = [message.key for message in said if message.status == "acknowledged"]
    assert taken == Counter(acknowledged), "a message was lost, or taken twice"
    void = [message for message in said if message.status != "acknowledged"]
    # There was nobody left to tell.
    assert all(m.status == "void" and "case_closed" in m.error for m in void), void

    # Every direct payment: one message for each that was entered, said once.
    direct = [message for message in said if message.kind == MessageKind.DIRECT_PAYMENT]
    number_of = {file.id: invoices[file.invoice_id].number for file in files.values()}
    assert Counter(number_of[message.agency_case_id] for message in direct) == storm.paid
    names = {(message.agency_case_id, message.body["identifier"]) for message in direct}
    assert len(names) == len(direct)
    theirs = storm.sandbox(
        "SELECT case_number, identifier FROM taken WHERE kind = 'direct_payment'"
    )
    assert (
        len(set(theirs))
        == len(theirs)
        == len(direct)
        - len([message for message in void if message.kind == MessageKind.DIRECT_PAYMENT])
    )
    assert len(theirs) > CASES / 20


def _judge_cases(
    files: dict[str, AgencyCase],
    invoices: dict[int, Invoice],
    messages: Sequence[AgencyMessage],
    cases: Sequence[Any],
) -> None:
    """Every case is there once on each side, and both say the same of it, be the invoice closed or
    taken back here long ago."""
    assert len(cases) == CASES
    assert set(files) == {reference for reference, *_ in cases}
    status_of = {number: status for _, status, number, _ in cases}
    apart, over = {}, 0
    for reference, status, _, merged_into in cases:
        file = files[reference]
        invoice = invoices[file.invoice_id]
        # Of a claim that was merged after it was over here, nobody follows the other case.
        theirs = status if file.merged_into_id is None else status_of[merged_into]
        over += InvoiceState(invoice.state).final
        if invoice.collection_status != theirs:
            apart[reference] = (invoice.collection_status, theirs, invoice.case_json["agency"])
    assert not apart
    assert CASES / 20 < over < CASES * 3 / 4
    heard = {message.status for message in messages if message.direction == "in"}
    assert heard == {"folded"}
