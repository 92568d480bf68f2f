"""A Karhu to be damaged: nobody else's invoices and workflows are in it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlmodel import col
from temporalio.client import Client

from activities import healing, starting
from activities.advance import Advance
from activities.desk import House
from activities.survey import Patience, Survey
from domain import requests
from domain.case import Case
from domain.misfits import Kind
from starter.settings import Settings
from store.tables import Company, Invoice
from tests.books import Books
from workflows import contract
from workflows.contract import Ask
from workflows.reconcile_contract import Look, Report

AT_ONCE = Patience(timedelta(0), timedelta(0), timedelta(hours=1))
"""No patience with what is at work: only while nothing is."""

AGO = timedelta(hours=3)

DAYS_AGO = timedelta(days=3)
"""On Friday, when letters left."""


@dataclass
class Yard(Books):
    client: Client
    settings: Settings

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a program finds this Karhu."""
        chosen = self.settings
        assert chosen.database_url
        assert chosen.clock_origin
        assert chosen.clock_anchor
        return {
            "KARHU_DATABASE_URL": chosen.database_url.get_secret_value(),
            "TEMPORAL_ADDRESS": self.client.service_client.config.target_host,
            "KARHU_CLOCK_ORIGIN": chosen.clock_origin.isoformat(),
            "KARHU_CLOCK_ANCHOR": chosen.clock_anchor.isoformat(),
        }

    def survey(self, patience: Patience = AT_ONCE) -> Survey:
        return Survey(self.client, self.database, self.clock, datetime.now(UTC), patience=patience)

    async def compare(self, patience: Patience = AT_ONCE, look: Look | None = None) -> Report:
        return await self.survey(patience).compare(look or Look())

    async def heal(self) -> Report:
        return await healing.heal(
            self.survey(), Look(), self.client, self.database, House(self.clock)
        )

    async def until_found(self, *expected: tuple[Kind, str]) -> Report:
        """A comparison that finds exactly this: kinds, and the ids of the workflows."""
        deadline = time.monotonic() + 60
        while True:
            report = await self.compare()
            found = sorted((item.kind, item.workflow_id) for item in report.first)
            if found == sorted(expected):
                return report
            assert time.monotonic() < deadline, report
            await asyncio.sleep(0.2)

    async def drain(self) -> None:
        await starting.drain(self.client, self.database, self.clock)

    def workflow_id(self, invoice: Invoice) -> str:
        case = Case.model_validate(invoice.case_json)
        return contract.workflow_id(case.company, case.number)

    def change(self, invoice: Invoice, **fields: Any) -> None:
        """Write into the invoice's row, past everything that keeps it right."""
        with self.database.transaction() as session:
            session.execute(update(Invoice).where(col(Invoice.id) == invoice.id).values(**fields))

    async def asleep(self, **how: Any) -> Invoice:
        """An invoice of some hours ago whose workflow sleeps until it is due."""
        invoice = self.unstarted(**how)
        await self.drain()
        return invoice

    def unstarted(self, **how: Any) -> Invoice:
        invoice = self.register(**({"now": self.now() - AGO} | how))
        with self.database.transaction() as session:
            # Its letters wait for no file of the bank's.
            session.execute(update(Company).values(bank_feed="off"))
        return invoice

    async def asked(self, invoice: Invoice, request: requests.Request) -> None:
        handle = self.client.get_workflow_handle(self.workflow_id(invoice))
        await handle.execute_update(request.kind, request, result_type=contract.Answer)

    def advance(self, invoice: Invoice, at: datetime, *wishes: requests.Request) -> None:
        """Decisions that no workflow hears of, at a business instant."""
        decide = Advance(self.database, House(self.clock))
        now = self.clock.real(at)
        for request in (None, *wishes):
            _, planned = self.planned(self.invoice(invoice.id))
            done = decide(
                Ask(invoice_id=invoice.id, seen=0, now=now, planned=planned, request=request)
            )
            assert done.refusal is None, done.refusal

    def release(self, invoice: Invoice) -> None:
        """Its letter is released on Friday, and no workflow hears of it."""
        self.advance(invoice, self.now() - DAYS_AGO)
        sends_at = self.invoice(invoice.id).next_step_at
        assert sends_at is not None
        self.advance(invoice, sends_at)
        assert [notice.status for notice in self.notices(invoice)] == ["released"]
