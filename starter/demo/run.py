"""The demonstration's ninety days: files in, payments in, requests by hand, and the verdict."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from sqlmodel import col, select
from temporalio.client import Client

from domain import requests
from domain.agency import CollectionPhase, CollectionStatus
from domain.calendar import FINLAND
from domain.clock import Clock
from domain.states import HoldKind, InvoiceState
from integrations.agency import AgencyClient, IntrumClient
from starter import first_user, payments
from starter.by_hand import ask
from starter.client import connect
from starter.demo import show, verdict
from starter.demo.automation import Users
from starter.demo.files import Transfer, account_of, write_csv, write_finvoice, write_ktl
from starter.demo.world import Fate, Life, accounts, batches
from starter.imports import Handing, Imports
from starter.settings import Settings
from starter.stack.addresses import Addresses
from starter.stack.stack import Stack
from starter.up import SECONDS_A_DAY, full_stack
from store.database import Database
from store.sealing import Sealer
from store.tables import Company, FileImport, Invoice

MONDAY = datetime(2026, 5, 4, 3, tzinfo=UTC)
"""The business instant at which the days begin, a Monday morning; the ninety days cross a
half-year, and with it a reference rate."""

UP_IN = timedelta(seconds=8)
"""The real time in which everything is up, as a rule: the business clock starts so much before
`MONDAY`. If it takes longer, the days begin on a later Monday: none passes unattended."""

BANK_OPENS = clock_time(6, 30)
"""When the day's payments are read: before the first letter of the day may leave."""

BANK_SILENT = frozenset({28, 29})
"""Days, counted from the first, on which no file comes from the bank. The consumers' first
reminders fall due on the second of them, and have to wait for the third day's file."""

_WEEK = timedelta(weeks=1)

_SANDBOX = (
    *("--seed", "42", "--days-to-letter", "3"),
    *("--days-to-outcome", "8", "--days-per-measure", "4"),
)


@dataclass(frozen=True)
class Plan:
    """What to demonstrate. `days`: business days of the calendar to live through."""

    folder: Path
    invoices: int = 200
    days: int = 90
    days_per_second: float = 0.8
    seed: int = 1


def first_monday(now: datetime) -> datetime:
    """The business instant at which the days can begin: `MONDAY`, or so many weeks later."""
    return MONDAY + max(0, -(-(now - MONDAY) // _WEEK)) * _WEEK


@dataclass
class Demo:
    """One demonstration on a running stack. `first`: its first day."""

    plan: Plan
    first: date
    addresses: Addresses
    database: Database
    client: Client
    agency: AgencyClient
    imports: Imports
    users: Users
    waiting: list[Life] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    paid: dict[int, datetime] = field(default_factory=dict)
    """When an invoice's principal was settled: the real instant after its booking."""
    cursor: str = ""
    """How far the agency's statuses have been read."""

    @property
    def clock(self) -> Clock:
        return self.addresses.clock

    def now(self) -> datetime:
        return self.clock.now(datetime.now(UTC))

    async def live(self, progress: Progress) -> None:
        """All the days, one after the other; the bank has its own."""
        async with asyncio.TaskGroup() as living:
            living.create_task(self._days(progress))
            living.create_task(self._bank_days())

    async def _days(self, progress: Progress) -> None:
        plan, first = self.plan, self.first
        coming = dict(batches(plan.invoices, first, plan.seed))
        shown = show.Bars(progress, plan.days, plan.invoices)
        for offset in range(plan.days):
            day = first + timedelta(days=offset)
            await self._until(day)
            if lives := coming.pop(day, None):
                await self._take_in(day, lives)
                for company in await self.users.begin():
                    show.preview(progress.console, company, self.users.previews[company])
            if FINLAND.is_banking_day(day):
                await self._by_hand(day)
                await self.users.approve(day)
                await self._write_off()
            shown.show(offset + 1, self._states())
        await self._until(first + timedelta(days=plan.days))
        await self._rest()
        shown.show(plan.days, self._states())

    async def _bank_days(self) -> None:
        """A file on every banking day, in time: letters wait for it, whatever else is slow here."""
        offset = 0
        while offset < self.plan.days:
            await self._until(self.first + timedelta(days=offset))
            # Late, it is one file for all the days since the last.
            offset = max(offset, (FINLAND.local_date(self.now()) - self.first).days)
            day = self.first + timedelta(days=offset)
            if FINLAND.is_banking_day(day) and offset not in BANK_SILENT:
                await self._bank(day)
            offset += 1

    async def _until(self, day: date) -> None:
        moment = self.clock.real(FINLAND.at(day, BANK_OPENS))
        await asyncio.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))

    # ── files in ─────────────────────────────────────────────────────────────────────────────

    async def _take_in(self, day: date, lives: list[Life]) -> None:
        """Half of the companies' invoices come as Finvoice, the rest as a table."""
        records = [life.record for life in lives]
        half = len(records) // 2
        folder = self.plan.folder / "in"
        xml, table = folder / f"{day}-finvoice.xml", folder / f"{day}-invoices.csv"
        write_finvoice(xml, records[:half])
        write_csv(table, records[half:])
        taken = await asyncio.gather(self._hand_in(xml), self._hand_in(table))
        if sum(one.booked for one in taken) != len(lives):
            raise RuntimeError(f"the demonstration's own invoices were not taken in: {taken}")
        self.waiting += lives
        with self.database.transaction() as session:
            self.ids = dict(session.exec(select(Invoice.number, Invoice.id)).all())

    async def _hand_in(self, path: Path, company: str | None = None) -> FileImport:
        """The file's import, at its end."""
        with path.open("rb") as stream:
            handing = Handing(path.name, "demonstration", company)
            import_id = await self.imports.hand_in(stream, handing)
        return await self.imports.ended(import_id)

    async def _bank(self, day: date) -> None:
        """The day's reference payments, in a file for each account.

        One without payments comes all the same: it says that there are none. It does not say about
        which account, so it is handed in for each company.
        """
        acting = [life for life in self.waiting if life.acts_on <= day]
        paying = [life for life in acting if life.fate in _PAYERS]
        transfers = [self._transfer(life) for life in paying] + await self._settlements()
        with self.database.transaction() as session:
            companies = set(session.exec(select(Company.business_id)).all())
        handed_in = []
        for account in sorted({account for _, account in accounts()}):
            path = self.plan.folder / "in" / f"{day}-{account}.ktl"
            coming = [item for item in transfers if item.account == account]
            write_ktl(path, coming, day)
            owners = [owner for owner, theirs in accounts() if theirs == account]
            whose = [None] if coming else [owner for owner in owners if owner in companies]
            handed_in += [self._hand_in(path, owner) for owner in whose]
        await asyncio.gather(*handed_in)
        after = datetime.now(UTC)
        done = {life.record.number for life in paying}
        self.paid.update({self.ids[number]: after for number in done})
        self.waiting = [life for life in self.waiting if life.record.number not in done]

    def _transfer(self, life: Life) -> Transfer:
        """What the debtor pays: what the last letter says, or the invoice alone."""
        record = life.record
        amount = record.amount_cents
        if life.pays_costs:
            with self.database.transaction() as session:
                invoice = session.get_one(Invoice, self.ids[record.number])
                amount = invoice.case_json["open_cents"]
        return Transfer(
            record.reference or "", amount, record.buyer.name, account_of(record.iban or "")
        )

    async def _settlements(self) -> list[Transfer]:
        """What the agency has collected since the last time, and now remits."""
        transfers = []
        while (page := await asyncio.to_thread(self.agency.statuses_since, self.cursor)).messages:
            self.cursor = page.cursor
            for message in page.messages:
                if message.collected is None or not message.collected.total_cents:
                    continue
                business_id, _, number = message.case_reference.partition("/")
                with self.database.transaction() as session:
                    invoice = session.exec(
                        select(Invoice)
                        .join(Company, col(Company.id) == Invoice.company_id)
                        .where(Company.business_id == business_id, Invoice.number == number)
                    ).one()
                cents = message.collected.total_cents
                account = account_of(invoice.iban)
                transfers.append(Transfer(invoice.reference, cents, "INTRUM OY", account))
        return transfers

    # ── by hand ──────────────────────────────────────────────────────────────────────────────

    async def _by_hand(self, day: date) -> None:
        """What the clerk does, for those who call."""
        for life in [item for item in self.waiting if item.fate in _CALLERS]:
            due = FINLAND.shifted_due(life.record.due_date)
            match life.fate:
                case Fate.DISPUTES if life.acts_on <= day:
                    await self._ask(
                        life,
                        requests.Hold(
                            actor="clerk",
                            reason="says the goods came broken",
                            hold=HoldKind.DISPUTED,
                        ),
                    )
                case Fate.CANCELLED if life.acts_on <= day:
                    await self._ask(
                        life, requests.Cancel(actor="clerk", reason="invoiced by mistake")
                    )
                case Fate.CREDITED if life.acts_on <= day:
                    await self._credit(life, day)
                case Fate.PROMISES if due < day:
                    await self._ask(
                        life,
                        requests.Hold(
                            actor="clerk",
                            reason="promised to pay on payday",
                            hold=HoldKind.PROMISE,
                            until=max(life.acts_on, FINLAND.local_date(self.now())),
                        ),
                    )
                    # From here on an ordinary payer.
                    self.waiting.append(
                        Life(life.record, Fate.PAYS_LATE, life.acts_on, pays_costs=False)
                    )
                case _:
                    continue
            self.waiting.remove(life)

    async def _write_off(self) -> None:
        """The clerk writes off what the agency has given up."""
        with self.database.transaction() as session:
            given_up = session.exec(
                select(Company.business_id, Invoice.number)
                .join(Invoice, col(Invoice.company_id) == Company.id)
                .where(
                    Invoice.state == InvoiceState.IN_COLLECTION.value,
                    col(Invoice.collection_status).in_(_GIVEN_UP),
                )
            ).all()
        for company, number in given_up:
            request = requests.SetState(
                actor="clerk", reason="the agency ended it", to=InvoiceState.WRITTEN_OFF
            )
            await ask(self.client, company, number, request)

    async def _ask(self, life: Life, request: requests.Request) -> None:
        seller = life.record.seller.business_id or ""
        await ask(self.client, seller, life.record.number, request)

    async def _credit(self, life: Life, day: date) -> None:
        await payments.credit(
            self.ids[life.record.number],
            life.record.amount_cents,
            on=day,
            number=f"H-{life.record.number}",
            database=self.database,
            client=self.client,
            clock=self.clock,
        )
        self.paid[self.ids[life.record.number]] = datetime.now(UTC)

    # ── looking ──────────────────────────────────────────────────────────────────────────────

    def _states(self) -> Counter[str]:
        with self.database.transaction() as session:
            return Counter(session.exec(select(Invoice.state)).all())

    async def _rest(self) -> None:
        """Let what is under way come to its end: nothing pending, nothing released and unsent."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            with self.database.transaction() as session:
                busy = session.exec(
                    select(Invoice.id).where(
                        col(Invoice.start_pending) | col(Invoice.signal_pending)
                    )
                ).first() or verdict.letters_under_way(session)
            if not busy and not verdict.bounces_waiting(self.addresses.bounces):
                return
            await asyncio.sleep(0.2)


_PAYERS = frozenset(
    {Fate.PAYS_IN_TIME, Fate.PAYS_LATE, Fate.PAYS_AFTER_REMINDER, Fate.PAYS_AFTER_NOTICE}
)
_GIVEN_UP = [s.value for s in CollectionStatus if s.phase is CollectionPhase.ENDED]
_CALLERS = frozenset({Fate.DISPUTES, Fate.CANCELLED, Fate.CREDITED, Fate.PROMISES})


def run(plan: Plan, settings: Settings, console: Console) -> int:
    """Live it, judge it, write `summary.json`; the exit code: 0 if nothing is amiss."""
    began = time.monotonic()
    shutil.rmtree(plan.folder, ignore_errors=True)
    (plan.folder / "in").mkdir(parents=True)
    stack = full_stack(
        plan.folder / "karhu",
        settings,
        days_per_second=plan.days_per_second,
        clock_origin=MONDAY - UP_IN * plan.days_per_second * SECONDS_A_DAY,
        sandbox_options=_SANDBOX,
        usual_ports=False,
        postgres_settings={"fsync": "off", "synchronous_commit": "off"},
        report=lambda line: console.print(line, style="dim", highlight=False),
    )
    with stack:
        console.print(stack.addresses.table())
        placed = stack.addresses
        welcome = first_user.welcome(placed.database_url, placed.api_url)
        console.print(welcome, style="bold", markup=False, highlight=False)
        summary = asyncio.run(_lived(plan, stack, console))
    summary["seconds"] = round(time.monotonic() - began, 1)
    path = plan.folder / "summary.json"
    path.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    show.tell(summary, console)
    console.print(f"written to {path}", style="dim", highlight=False)
    console.print(
        f"look around in it, as the same user: karhu up --data-dir {plan.folder / 'karhu'}",
        style="dim",
        highlight=False,
    )
    amiss = [name for name in show.MUST_BE_ZERO if summary[name]]
    for name in amiss:
        console.print(f"{name} is {summary[name]}; it must be 0", style="bold red")
    for name in summary["artifacts"]["unaccounted"]:
        console.print(f"unaccounted: {name}", style="bold red", highlight=False)
    return 1 if amiss else 0


async def _lived(plan: Plan, stack: Stack, console: Console) -> dict[str, Any]:
    addresses = stack.addresses
    os.environ.update(addresses.environment())
    with ExitStack() as closing:
        database = Database(addresses.database_url)
        closing.callback(database.close)
        key = addresses.secrets["KARHU_INTRUM_API_KEY"]
        agency = closing.enter_context(IntrumClient(addresses.intrum_url, key, ""))
        client = await connect()
        sealer = Sealer(addresses.secrets["KARHU_FILE_KEY"])
        imports = Imports(database, client, addresses.clock, sealer)
        users = Users(database, client, addresses.clock)
        first = FINLAND.local_date(first_monday(addresses.clock.now(datetime.now(UTC))))
        demo = Demo(plan, first, addresses, database, client, agency, imports, users)
        with show.bars(console) as progress:
            await demo.live(progress)
        return await _summary(demo)


async def _both_sides(demo: Demo) -> tuple[list[verdict.Letter], verdict.Books]:
    """What people have in hand, and what the books say of it.

    The clock goes on meanwhile and so may letters: what seems amiss is looked at again for a while.
    """
    addresses = demo.addresses
    deadline = time.monotonic() + 60
    while True:
        letters = verdict.letters_in_hand(
            addresses.mail, addresses.bounces, Path(addresses.outbox), Path(addresses.einvoices)
        )
        with demo.database.transaction() as session:
            books = verdict.books(session)
        if not verdict.unaccounted(letters, books) or time.monotonic() > deadline:
            return letters, books
        await asyncio.sleep(1)


async def _summary(demo: Demo) -> dict[str, Any]:
    addresses = demo.addresses
    letters, books = await _both_sides(demo)
    figures = asdict(books)
    states = figures.pop("states")
    return {
        "invoices": sum(states.values()),
        "days": demo.plan.days,
        "final_states": states,
        "collection_statuses": figures.pop("collection"),
        "needs_attention": books.attention,
        "letters": {
            "by_kind": dict(Counter(letter.kind for letter in letters)),
            "by_channel": dict(Counter(letter.channel for letter in letters)),
            "rerouted": books.letters_rerouted,
            "total": len(letters),
        },
        "letters_waited_for_bank": books.letters_waited_for_bank,
        "letters_approved": demo.users.approved,
        "automation_switched_on": len(demo.users.previews),
        "fees_cents": books.fees_cents,
        "interest_cents": books.interest_cents,
        "service_charges_cents": books.service_cents,
        "payments": {"count": books.payments, "cents": books.payments_cents},
        "sent_twice": verdict.sent_twice(letters),
        "sent_after_payment": verdict.sent_after_payment(letters, demo.paid),
        "workflows_failed": await verdict.workflows_failed(demo.client),
        "ledgers_unbalanced": books.unbalanced,
        "letters_unaccounted": len(verdict.unaccounted(letters, books)),
        "letters_cut_off": len(books.letters_cut_off),
        "artifacts": {
            "unaccounted": verdict.unaccounted(letters, books),
            "files_in": str(demo.plan.folder / "in"),
            "mail": str(addresses.mail),
            "bounces": str(addresses.bounces),
            "outbox": addresses.outbox,
            "einvoices": addresses.einvoices,
            "logs": str(addresses.logs),
            "stack": str(addresses.data_dir),
        },
    }
