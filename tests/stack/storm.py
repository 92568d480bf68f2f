"""A stack in a storm: what is done to it, and when it has come to rest."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlmodel import col, select
from temporalio.client import Client
from temporalio.service import RPCError

from domain import references, requests
from domain.agency import AgencyService
from domain.calendar import FINLAND
from domain.clock import Clock
from domain.states import HoldKind, InvoiceState
from integrations.intake import InvoiceRecord, Party
from starter import agency, payments
from starter.by_hand import FinishedError, NoAnswerError, ask
from starter.demo.files import write_csv
from starter.imports import Handing, Imports
from starter.stack.stack import Stack
from store.database import Database
from store.sealing import Sealer
from store.tables import AgencyContract, AgencyMessage, Company, Invoice

CASES = 300
DEBTORS = 60
CREDITOR = "1234567-1"
IBAN = "FI3715903000000776"
KILLS_OF_EACH = 2
# The stack takes a service that dies sooner, five times in a row, for one that cannot live.
LIVES_SECONDS = 5.5
BOTH_SIDES = ("worker", "api", "intrum")


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

    async def kill(self) -> None:
        """One service after the other, in no order, gets no time to end anything."""
        chance = random.Random(6)
        victims = [*BOTH_SIDES] * KILLS_OF_EACH
        chance.shuffle(victims)
        for name in victims:
            service = self.stack.service(name)
            while not service.ready or _age(service.pid) < LIVES_SECONDS:
                await asyncio.sleep(0.2)
            service.kill()
            await asyncio.sleep(chance.uniform(0.5, 2))

    async def work(self) -> None:
        """Everything is handed over, and while it is at the agency, things happen to it."""
        ids = self.ids()
        turns = asyncio.Semaphore(24)

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

    def sandbox(self, query: str) -> list[Any]:
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


def _age(pid: int | None) -> float:
    try:
        return time.time() - psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return 0.0
