"""The activities on real PostgreSQL, called as a worker calls them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import Barrier

from temporalio.testing import ActivityEnvironment

from activities.advance import Advance
from activities.channels import Channels
from activities.deliver import DeliverLetter
from activities.desk import House
from domain.requests import Request
from integrations.mail import Mailer
from integrations.outbox import Outbox
from store.database import Database
from store.tables import Invoice
from tests.books import Books
from workflows.contract import Advanced, Ask, Carried


@dataclass
class Office(Books):
    url: str
    smtp_port: int

    def ask(
        self, invoice: Invoice, now: datetime, *, seen: int = 0, request: Request | None = None
    ) -> Ask:
        """What a workflow that knows the log up to `seen` asks at an instant."""
        _, planned = self.planned(invoice)
        return Ask(invoice_id=invoice.id, seen=seen, now=now, planned=planned, request=request)

    def advance(self, ask: Ask, database: Database | None = None) -> Advanced:
        return Advance(database or self.database, House(self.clock))(ask)

    def deliver(
        self,
        notice_id: int,
        now: datetime,
        database: Database | None = None,
        *,
        mailer: Mailer | None = None,
        paper: Outbox | None = None,
    ) -> Carried:
        """One attempt, begun at an instant."""
        attempt = DeliverLetter(
            database or self.database,
            House(self.clock),
            Channels(
                mailer or Mailer("127.0.0.1", self.smtp_port),
                "laskutus@karhu.example",
                paper or Outbox.in_folder(self.folder / "outbox"),
                Outbox.in_folder(self.folder / "einvoices"),
                "TESTOP",
            ),
        )
        environment = ActivityEnvironment()
        environment.info = dataclasses.replace(environment.info, started_time=now)
        carried: Carried = environment.run(attempt, notice_id)
        return carried

    def at_once(self, *work: Callable[[Database], object]) -> list[object]:
        """Do several things at the same time, each with connections of its own."""
        start = Barrier(len(work))

        def one(task: Callable[[Database], object]) -> object:
            database = Database(self.url, size=1)
            try:
                with database.engine.connect():
                    start.wait(60)
                return task(database)
            finally:
                database.close()

        with ThreadPoolExecutor(len(work)) as threads:
            return list(threads.map(one, work))
