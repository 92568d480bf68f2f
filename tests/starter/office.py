"""An office with books, a Temporal server and a worker of its own, and what to file in it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlmodel import select
from temporalio.client import Client, WorkflowHandle

from domain import references
from domain.clock import Clock
from integrations.intake import BadRecord, InvoiceRecord, Party
from starter.imports import Handing, Imports, sealer_of
from starter.settings import Settings
from store import queries
from store.database import Database
from store.tables import FileImport, Invoice
from tests.intake import KEY, Taken, take_in
from workflows.contract import workflow_id

CONTRACT = "S-100"
_numbers = itertools.count(5_001)
_companies = itertools.count(2_000_000)


def new_business_id() -> str:
    """A made-up business id (Y-tunnus) with its check digit."""
    while True:
        digits = f"{next(_companies):07d}"
        weighed = sum(
            int(digit) * weight
            for digit, weight in zip(digits, (7, 9, 10, 5, 8, 4, 2), strict=True)
        )
        if weighed % 11 != 1:
            return f"{digits}-{-weighed % 11}"


@dataclass(frozen=True)
class Office:
    """What the services of `starter` are handed."""

    settings: Settings
    database: Database
    client: Client
    clock: Clock
    business_id: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a program finds this office."""
        assert self.settings.database_url is not None
        assert self.settings.clock_origin is not None
        assert self.settings.clock_anchor is not None
        return {
            "KARHU_DATABASE_URL": self.settings.database_url.get_secret_value(),
            "KARHU_FILE_KEY": KEY,
            "TEMPORAL_ADDRESS": self.client.service_client.config.target_host,
            "KARHU_CLOCK_ORIGIN": self.settings.clock_origin.isoformat(),
            "KARHU_CLOCK_ANCHOR": self.settings.clock_anchor.isoformat(),
        }

    @property
    def imports(self) -> Imports:
        """Files handed in here."""
        return Imports(self.database, self.client, self.clock, sealer_of(self.settings))

    async def hand_in(self, file: Path, company: str | None = None, **columns: str) -> FileImport:
        """The file's import, at its end."""
        with file.open("rb") as stream:
            handing = Handing(file.name, "test", company, columns)
            import_id = await self.imports.hand_in(stream, handing)
        return await asyncio.wait_for(self.imports.ended(import_id), 60)

    async def take_in(
        self, *records: InvoiceRecord | BadRecord, client: Client | None = None
    ) -> Taken:
        return await take_in(
            records,
            database=self.database,
            client=client or self.client,
            clock=self.clock,
        )

    def record(
        self,
        number: str | None = None,
        *,
        amount_cents: int = 10_000,
        due: date = date(2026, 3, 16),
        customer: str | None = "A-17",
        credits_number: str | None = None,
        postcode: str = "00200",
    ) -> InvoiceRecord:
        """An invoice as a reader hands it over, or a credit note of `credits_number`."""
        number = number or str(next(_numbers))
        return InvoiceRecord(
            seller=Party(
                name="Kuvitteellinen Sähkö Oy",
                business_id=self.business_id,
                street="Esimerkkitie 2",
                postcode="00100",
                city="Helsinki",
            ),
            buyer=Party(
                name="Matti Malliasiakas",
                customer_number=customer,
                street="Keksitty tie 2",
                postcode=postcode,
                city="Helsinki",
                email="matti@malliasiakas.example",
                is_private=True,
            ),
            number=number,
            invoice_date=date(2026, 3, 2),
            due_date=due,
            amount_cents=amount_cents,
            reference=None if credits_number else references.make(int(number)),
            iban="FI2112345600000785",
            is_credit_note=credits_number is not None,
            original_invoice_number=credits_number,
            source="invoices.csv",
            index=1,
            line=2,
        )

    def handle(self, number: str) -> WorkflowHandle[Any, Any]:
        """The invoice's workflow."""
        return self.client.get_workflow_handle(workflow_id(self.business_id, number))

    def row(self, number: str) -> Invoice:
        with self.database.transaction() as session:
            return session.exec(select(Invoice).where(Invoice.number == number)).one()

    async def until(self, number: str, wanted: Callable[[Invoice], bool]) -> Invoice:
        """The invoice's row, once it is as wanted."""
        deadline = time.monotonic() + 60
        while not wanted(row := await asyncio.to_thread(self.row, number)):
            assert time.monotonic() < deadline, f"invoice {number} is {row.state}"
            await asyncio.sleep(0.05)
        return row

    def story(self, number: str) -> queries.Dossier:
        row = self.row(number)
        with self.database.transaction() as session:
            return queries.dossier(session, row.id)


def csv_file(folder: Path, records: Sequence[InvoiceRecord], *more: str) -> Path:
    """The records as a file to import; `more` are further lines, perhaps bad ones."""
    head = (
        "seller_business_id;seller_name;seller_iban;seller_street;seller_postcode;seller_city;"
        "customer_name;is_private;customer_number;street;postcode;city;email;"
        "invoice_number;invoice_date;due_date;amount;reference"
    )
    lines = [
        ";".join(
            (
                *(
                    one.seller.business_id or "",
                    one.seller.name,
                    one.iban or "",
                    "Esimerkkitie 2",
                    "00100",
                ),
                *("Helsinki", one.buyer.name, "1", one.buyer.customer_number or ""),
                *("Keksitty tie 2", "00200", "Helsinki", one.buyer.email or "", one.number),
                *(one.invoice_date.isoformat(), one.due_date.isoformat()),
                *(f"{one.amount_cents / 100:.2f}", one.reference or ""),
            )
        )
        for one in records
    ]
    file = folder / "invoices.csv"
    file.write_text("\n".join((head, *lines, *more)) + "\n")
    return file


def ktl_file(folder: Path, payments: Sequence[tuple[str, int]]) -> Path:
    """A bank's file of payments: reference and cents of each."""
    lines = ["0260316" + "1200" + "1 1234567851"]
    for place, (reference, cents) in enumerate(payments, start=1):
        account, booked, paid, archive = "12345600000785", "260316", "260315", f"{place:016d}"
        lines.append(
            f"3{account}{booked}{paid}{archive}{reference.rjust(20, '0')}MALLIASIAKAS"
            f"1J{cents:010d}0A0"
        )
    total = sum(cents for _, cents in payments)
    lines.append("9" + f"{len(payments):06d}{total:011d}" + "0" * 72)
    file = folder / "payments.ktl"
    file.write_text("".join(f"{line[:90].ljust(90)}\n" for line in lines), "iso-8859-1")
    return file
