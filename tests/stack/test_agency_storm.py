"""Three hundred cases, an agency with every fault it has, and both sides killed at random.

Afterwards every case is there once on each side, both say the same of it, nothing was said twice,
and nothing was lost.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import psutil
import pytest
from sqlmodel import col, select
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError

from domain import references, requests
from domain.agency import AgencyService, MessageKind, parse_status
from domain.calendar import FINLAND
from domain.clock import Clock
from domain.states import HoldKind, InvoiceState
from integrations.intake import InvoiceRecord, Party
from starter import agency, payments
from starter.by_hand import FinishedError, NoAnswerError, ask
from starter.demo.files import write_csv
from starter.imports import Handing, Imports
from starter.settings import load
from starter.stack.postgres import THROW_AWAY
from starter.stack.stack import Stack
from starter.up import full_stack
from store.database import Database
from store.sealing import Sealer
from store.tables import AgencyCase, AgencyContract, AgencyMessage, Company, Invoice

CASES = 300
DEBTORS = 60
CREDITOR = "1234567-1"
IBAN = "FI3715903000000776"
START = datetime(2026, 5, 4, 3, tzinfo=UTC)
STORM_SECONDS = 40.0
# The stack takes a service that dies sooner, five times in a row, for one that cannot live.
LIVES_SECONDS = 5.5
BOTH_SIDES = ("worker", "api", "intrum")

FAULTS = (
    *("latency_before_ms=10", "latency_ms=10", "failure_rate=0.1", "fail_after_taking=0.15"),
    *("duplicate_callbacks=0.2", "reorder_callbacks=0.2", "lose_callbacks=0.2"),
    *("damage_callbacks=0.1", "garbage_callbacks=0.1", "unknown_statuses=0.05"),
    "merge_cases=0.1",
)
SCRIPT = """business,seconds,request,fault,value,for_seconds
,,60,down,on,2
,,200,refuse,on,2
"""


def record(number: int) -> InvoiceRecord:
    debtor = number % DEBTORS
    return InvoiceRecord(
        seller=Party(
            name="Esimerkki Oy",
            business_id=CREDITOR,
            street="Esimerkkitie 2",
            postcode="00100",
            city="Helsinki",
        ),
        buyer=Party(
            name=f"Malliasiakas {debtor}",
            customer_number=f"A-{debtor}",
            street=f"Mallikatu {debtor + 1}",
            postcode="00200",
            city="Helsinki",
            is_private=debtor % 2 == 0,
        ),
        number=str(10_000 + number),
        invoice_date=date(2026, 4, 1),
        due_date=date(2026, 4, 15),
        amount_cents=10_000 + number,
        reference=references.make(10_000 + number),
        iban=IBAN,
        source="invoices.csv",
        index=number + 1,
        line=number + 2,
    )


@dataclass
class Storm:
    """The stack, and what the test does to it."""

    stack: Stack
    database: Database
    client: Client
    kills: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    paid: Counter[str] = field(default_factory=Counter)
    """Payments entered as the debtor's own, by invoice number."""

    @property
    def clock(self) -> Clock:
        return self.stack.addresses.clock

    def today(self) -> date:
        return FINLAND.local_date(self.clock.now(datetime.now(UTC)))

    def ids(self) -> dict[str, int]:
        with self.database.transaction() as session:
            return dict(session.exec(select(Invoice.number, Invoice.id)).all())

    # ── before it ────────────────────────────────────────────────────────────────────────────

    async def take_in(self, folder: Path) -> None:
        """The invoices come in, and the company signs with the agency, which tells us."""
        table = folder / "invoices.csv"
        write_csv(table, [record(number) for number in range(CASES)])
        sealer = Sealer(self.stack.addresses.secrets["KARHU_FILE_KEY"])
        imports = Imports(self.database, self.client, self.clock, sealer)
        with table.open("rb") as stream:
            import_id = await imports.hand_in(stream, Handing(table.name, "test"))
        taken = await imports.ended(import_id)
        assert taken.booked == CASES
        self._sign()
        await until(self._signed)
        both = (AgencyService.REMINDER, AgencyService.COLLECTION)
        terms = agency.Terms("S-100", both, from_state=InvoiceState.OVERDUE, automatic=False)
        with self.database.transaction() as session:
            company = session.exec(select(Company)).one()
            agency.put(session, company, terms, by="test", clock=self.clock)
            company.bank_feed = "off"
            session.add(company)
        await until(self._overdue)
        print(time.monotonic(), "overdue")

    def _sign(self) -> None:
        addresses = self.stack.addresses
        key = addresses.secrets["KARHU_INTRUM_API_KEY"]
        answer = httpx.put(
            f"{addresses.intrum_url}/admin/contracts/{CREDITOR}/S-100",
            json={"services": ["reminder", "collection"]},
            headers={"Authorization": f"Bearer {key}"},
        )
        assert answer.is_success, answer.text

    def _signed(self) -> bool:
        with self.database.transaction() as session:
            return session.exec(select(AgencyContract)).first() is not None

    def _overdue(self) -> bool:
        with self.database.transaction() as session:
            states = session.exec(select(Invoice.state)).all()
        return set(states) == {InvoiceState.OVERDUE.value}

    # ── the storm ────────────────────────────────────────────────────────────────────────────

    async def kill(self, end: float) -> None:
        """Now and then one of the services, in no order, gets no time to end anything."""
        chance = random.Random(6)
        while time.monotonic() < end:
            name = chance.choice(BOTH_SIDES)
            service = self.stack.service(name)
            if service.pid is not None and _age(service.pid) > LIVES_SECONDS:
                service.kill()
                self.kills[name] += 1
            await asyncio.sleep(chance.uniform(0.5, 1.5))

    async def work(self) -> None:
        """Everything is handed over, and while it is at the agency, things happen to it."""
        ids = self.ids()
        turns = asyncio.Semaphore(12)

        async def one(number: str) -> None:
            async with turns:
                await self._live(int(number), ids[number])

        async with asyncio.TaskGroup() as group:
            for number in sorted(ids):
                group.create_task(one(number))

    async def _live(self, number: int, invoice_id: int) -> None:
        text = str(number)
        await self._ask(text, requests.HandOver(actor="test", reason="now", key=f"{text}/over"))
        match number % 10:
            case 0 | 1:
                await self._pay(text, invoice_id, 2_500, "first")
                await self._pay(text, invoice_id, 1_500, "second")
            case 2:
                await self._pay(text, invoice_id, number, "whole")
            case 3:
                await self._credit(text, invoice_id, 3_000)
            case 4:
                reason = "agreed otherwise"
                await self._ask(
                    text, requests.Withdraw(actor="test", reason=reason, key=f"{text}/back")
                )
            case 5:
                hold = requests.Hold(
                    actor="test",
                    reason="the goods were broken",
                    hold=HoldKind.DISPUTED,
                    key=f"{text}/hold",
                )
                await self._ask(text, hold)
                settled = requests.Release(
                    actor="test", reason="settled", hold=HoldKind.DISPUTED, key=f"{text}/release"
                )
                await self._ask(text, settled)
            case _:
                pass

    async def _ask(self, number: str, request: requests.Request) -> None:
        """Until there is an answer: whoever was to give it may have been killed."""

        async def asked() -> None:
            try:
                await ask(self.client, CREDITOR, number, request)
            except FinishedError:
                self.refused[f"{request.kind}: finished"] += 1
            except requests.Refused as refused:
                self.refused[f"{request.kind}: {refused}"] += 1

        await insist(asked)

    async def _pay(self, number: str, invoice_id: int, cents: int, key: str) -> None:
        self.paid[number] += 1
        await insist(
            lambda: payments.pay(
                invoice_id,
                cents,
                on=self.today(),
                key=f"{number}/{key}",
                settlement=False,
                actor="test",
                database=self.database,
                client=self.client,
                clock=self.clock,
            )
        )

    async def _credit(self, number: str, invoice_id: int, cents: int) -> None:
        await insist(
            lambda: payments.credit(
                invoice_id,
                cents,
                on=self.today(),
                number=f"H-{number}",
                database=self.database,
                client=self.client,
                clock=self.clock,
            )
        )

    # ── after it ─────────────────────────────────────────────────────────────────────────────

    def sandbox(self, query: str) -> list[tuple[object, ...]]:
        """What stands in the agency's own books."""
        file = self.stack.addresses.data_dir / "intrum.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
            return list(db.execute(query))

    def unrest(self) -> dict[str, object]:
        """What the agency has not said, or we have not, or one of us has not heard."""
        steps = self.sandbox("SELECT reference, path FROM cases WHERE next_at IS NOT NULL")
        calls = self.sandbox("SELECT sequence, stream, tries FROM told WHERE copies_left > 0")
        told = {key for (key,) in self.sandbox("SELECT message_id FROM told WHERE kind = 'status'")}
        with self.database.transaction() as session:
            messages = session.exec(select(AgencyMessage)).all()
            pending = session.exec(
                select(Invoice.number).where(
                    col(Invoice.signal_pending) | col(Invoice.start_pending)
                )
            ).all()
        heard = {message.key for message in messages if message.direction == "in"}
        waiting = [
            (message.key, message.kind, message.status, message.attempts, message.error)
            for message in messages
            if message.status in {"waiting", "sent", "received"}
        ]
        found = {
            "steps": steps,
            "callbacks": calls,
            "unheard": sorted(told - heard),
            "pending": pending,
            "messages": waiting,
        }
        return {name: left for name, left in found.items() if left}

    async def rest(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while left := await asyncio.to_thread(self.unrest):
            assert time.monotonic() < deadline, left
            await asyncio.sleep(1)


async def insist(done: Callable[[], Awaitable[object]]) -> None:
    """Do it, again while nobody answers."""
    deadline = time.monotonic() + 120
    while True:
        try:
            await done()
        except (NoAnswerError, RPCError):
            assert time.monotonic() < deadline, "nobody answers"
            await asyncio.sleep(0.5)
        else:
            return


async def until(ready: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(ready):
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.5)


def _age(pid: int) -> float:
    try:
        return time.time() - psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0


@pytest.mark.stack
@pytest.mark.timeout(600)
def test_nothing_is_said_twice_and_nothing_unheard(folder: Path) -> None:
    script = folder.parent / "script.csv"
    script.write_text(SCRIPT)
    stack = full_stack(
        folder,
        load().model_copy(update={"agency_poll_every": 4}),
        days_per_second=0.5,
        clock_origin=START,
        sandbox_options=(
            *("--no-open-contracts", "--path", "evenly", "--seed", "storm"),
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
    print(time.monotonic(), "up")
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
        end = time.monotonic() + STORM_SECONDS
        async with asyncio.TaskGroup() as group:
            group.create_task(storm.kill(end))
            group.create_task(storm.work())
        assert not any(why.startswith("hand_over") for why in storm.refused), storm.refused
        assert storm.kills.keys() == set(BOTH_SIDES)
        print(time.monotonic(), "storm over", storm.kills, storm.refused)
        await storm.rest(240)
        print(time.monotonic(), "rest")
        _judge(storm)


def _judge(storm: Storm) -> None:
    with storm.database.transaction() as session:
        files = session.exec(select(AgencyCase)).all()
        messages = session.exec(select(AgencyMessage)).all()
        invoices = {invoice.id: invoice for invoice in session.exec(select(Invoice)).all()}
    cases = storm.sandbox("SELECT reference, status, number, merged_into FROM cases")

    # Every case once on each side.
    assert Counter(file.reference for file in files) == Counter(row[0] for row in cases)
    assert len(cases) == CASES

    # Every status was heard, once, of its own case.
    reference_of = {file.id: file.reference for file in files}
    heard = Counter(
        message.key
        for message in messages
        if message.direction == "in"
        and message.body["case_reference"] == reference_of[message.agency_case_id]
    )
    told = [key for (key,) in storm.sandbox("SELECT message_id FROM told WHERE kind = 'status'")]
    assert heard == Counter(told)

    # Both say the same; of a merged claim, what is said of the case it goes on in.
    by_number = {row[2]: row for row in cases}
    apart = {}
    for reference, status, _, merged_into in cases:
        file = next(file for file in files if file.reference == reference)
        truth = by_number[merged_into][1] if merged_into else status
        invoice = invoices[file.invoice_id]
        if invoice.case_json["agency"]["status"] != truth:
            heard_of_it = [
                (m.direction, m.kind, m.status, m.body.get("status"), m.body.get("sequence"))
                for m in messages
                if m.agency_case_id == file.id
            ]
            apart[reference] = (truth, invoice.state, invoice.case_json["agency"], heard_of_it)
    import pprint
    pprint.pprint(apart)
    assert not apart

    # Everything that was said is on the other side once, or came when there was nobody to tell.
    taken = Counter(key for (key,) in storm.sandbox("SELECT idempotency_key FROM taken"))
    said = {message.key: message for message in messages if message.direction == "out"}
    acknowledged = {key for key, message in said.items() if message.status == "acknowledged"}
    assert taken == Counter(acknowledged)
    for key in said.keys() - acknowledged:
        assert said[key].status == "void", (key, said[key].status, said[key].error)

    # Every direct payment once: each entered makes one message, under one name.
    direct = [m for m in said.values() if m.kind == MessageKind.DIRECT_PAYMENT]
    entered = Counter(
        invoices[file.invoice_id].number
        for message in direct
        for file in files
        if file.id == message.agency_case_id
    )
    assert entered == storm.paid
    assert len({(m.agency_case_id, m.body["identifier"]) for m in direct}) == len(direct)
    voided = [message.key for message in direct if message.status == "void"]
    assert len(voided) < len(direct) / 2, voided
    known_to_them = storm.sandbox("SELECT count(*) FROM taken WHERE kind = 'direct_payment'")
    assert known_to_them == [(len(direct) - len(voided),)]
    assert all(parse_status(str(row[1])) is not None for row in cases)
