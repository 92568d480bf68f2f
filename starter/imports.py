"""Files handed in: taken, their imports started, looked at, stopped, and tried again."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any, BinaryIO

from sqlalchemy import text
from sqlmodel import Session, select
from temporalio.client import Client
from temporalio.service import RPCError

from activities.file_import.confined import CONFINED
from activities.file_import.records import serialised
from activities.starting import start_import
from domain.clock import Clock
from integrations.intake import Party, ReadOptions
from integrations.kinds import kind_of
from starter.settings import Settings
from starter.stack.process import StackError
from store import imports
from store.database import Database
from store.handing_in import PART_BYTES, Arriving, new_import
from store.imports import ENDED, RecordStatus
from store.sealing import Sealer
from store.tables import Company, FileImport, ImportRecord

log = logging.getLogger("karhu.imports")

CALL_TIMEOUT = timedelta(seconds=20)

LOOK_SECONDS = 0.25
"""Between two looks at how far an import has got."""

_HEAD_BYTES = 1 << 16
_MOST_STARTED = 100

# A slow sender may leave the transaction idle for longer than anything else may.
_PATIENCE = text("SET LOCAL idle_in_transaction_session_timeout = '10min'")


class CannotTakeError(StackError):
    """A file, or a wish about an import, that cannot be taken; the text says why and what to do."""


def sealer_of(settings: Settings) -> Sealer:
    """What seals files. Raises `CannotTakeError` if the settings have no key."""
    if settings.file_key is None:
        raise CannotTakeError(
            "KARHU_FILE_KEY is not set: files are sealed with it until they are read; give every"
            " process the same secret of 16 characters or more"
        )
    return Sealer(settings.file_key.get_secret_value())


@dataclass(frozen=True, slots=True)
class Handing:
    """What is said of a file beside its bytes. `company`: whose it is, by business id; `columns`:
    a CSV file's own names; `by`: who hands it in. `confined`: records of other companies are bad.
    """

    name: str
    by: str
    company: str | None = None
    columns: Mapping[str, str] | None = None
    confined: bool = False


@dataclass(frozen=True, slots=True)
class Imports:
    """The imports of one Karhu."""

    database: Database
    client: Client
    clock: Clock
    sealer: Sealer

    # ── handing in ───────────────────────────────────────────────────────────────────────────

    async def hand_in(self, stream: BinaryIO, handing: Handing) -> int:
        """Take a file; the id of its import, which begins if Temporal takes it, else in a while.

        Raises `CannotTakeError` if it is of no kind that is read.
        """
        pieces = iter(lambda: stream.read(PART_BYTES), b"")
        return await self._started(await asyncio.to_thread(self._take, pieces, handing))

    async def receive(self, pieces: AsyncIterator[bytes], handing: Handing) -> int:
        """As `hand_in`, of bytes that arrive bit by bit. What `pieces` raises undoes it all."""
        loop = asyncio.get_running_loop()

        def arriving() -> Iterator[bytes]:
            while (piece := asyncio.run_coroutine_threadsafe(_next(pieces), loop).result()) != b"":
                yield piece

        return await self._started(await asyncio.to_thread(self._take, arriving(), handing))

    async def correct(
        self, import_id: int, serial: int, stream: BinaryIO, name: str, by: str
    ) -> int:
        """Hand a bad record in again, corrected, as an import of its own; its id.

        Raises `NoSuchImport`, `CannotTakeError` if the record is not bad.
        """
        pieces = iter(lambda: stream.read(PART_BYTES), b"")
        taken = await asyncio.to_thread(self._correct, import_id, serial, pieces, name, by)
        return await self._started(taken)

    async def retry(self, import_id: int) -> int:
        """Try those again that were refused only when they were to be booked; how many.

        Raises `NoSuchImport`, `CannotTakeError` while the import is under way.
        """

        def stage() -> int:
            with self.database.transaction() as session:
                row = imports.lock(session, import_id)
                if row.status not in ENDED:
                    raise CannotTakeError(f"import {import_id} is still {row.status}")
                return imports.again(session, row)

        if staged := await asyncio.to_thread(stage):
            await self._started(import_id)
        return staged

    async def cancel(self, import_id: int) -> FileImport:
        """Stop it between two chunks; what is booked stays booked. Raises `NoSuchImport`."""

        def ask() -> FileImport:
            with self.database.transaction() as session:
                return imports.ask_to_cancel(session, import_id)

        return await asyncio.to_thread(ask)

    # ── looking ──────────────────────────────────────────────────────────────────────────────

    async def look(self, import_id: int) -> FileImport:
        """How far it has got. Raises `NoSuchImport`."""

        def get() -> FileImport:
            with self.database.transaction() as session:
                return imports.get(session, import_id)

        return await asyncio.to_thread(get)

    async def follow(self, import_id: int) -> AsyncIterator[FileImport]:
        """How far it has got, again and again; the last one has ended."""
        while (row := await self.look(import_id)).status not in ENDED:
            yield row
            await asyncio.sleep(LOOK_SECONDS)
        yield row

    async def ended(self, import_id: int) -> FileImport:
        """The import, once it has ended."""
        async for row in self.follow(import_id):
            last = row
        return last

    async def records(
        self, import_id: int, statuses: Iterable[RecordStatus], *, after: int = 0, limit: int = 200
    ) -> list[ImportRecord]:
        """Records that have come to these ends, in the file's order. Raises `NoSuchImport`."""

        def read() -> list[ImportRecord]:
            with self.database.transaction() as session:
                imports.get(session, import_id)
                return imports.records(session, import_id, statuses, after=after, limit=limit)

        return await asyncio.to_thread(read)

    async def summed(self, import_id: int) -> imports.Summed:
        """What its records come to."""

        def read() -> imports.Summed:
            with self.database.transaction() as session:
                return imports.summed(session, import_id)

        return await asyncio.to_thread(read)

    # ── small parts ──────────────────────────────────────────────────────────────────────────

    def _take(self, pieces: Iterable[bytes], handing: Handing) -> int:
        with self.database.transaction() as session:
            company = _company(session, handing.company) if handing.company else None
            options = _options(company, handing.columns or {}) | {CONFINED: handing.confined}
            company_id = company.id if company else None
            return self._keep(session, pieces, handing, company_id, options)

    def _correct(
        self, import_id: int, serial: int, pieces: Iterable[bytes], name: str, by: str
    ) -> int:
        with self.database.transaction() as session:
            file = imports.get(session, import_id)
            record = imports.record(session, import_id, serial)
            if record.status != RecordStatus.BAD:
                raise CannotTakeError(
                    f"record {import_id}/{serial} is {record.status}, not bad: there is nothing to"
                    " correct"
                )
            options = dict(file.options)
            if record.body is not None:
                # It was read, so what is handed in is Karhu's own table, with Karhu's names.
                options["columns"] = {}
            handing = Handing(name, by)
            return self._keep(session, pieces, handing, file.company_id, options, record.id)

    def _keep(
        self,
        session: Session,
        pieces: Iterable[bytes],
        handing: Handing,
        company_id: int | None,
        options: dict[str, Any],
        corrects: int | None = None,
    ) -> int:
        session.execute(_PATIENCE)
        coming = iter(pieces)
        head = b""
        for piece in coming:
            head += piece
            if len(head) >= _HEAD_BYTES:
                break
        if (kind := kind_of(BytesIO(head))) is None:
            what = (
                "neither invoices (Finvoice, Netvisor, CSV), nor a bank's payments (KTL, camt), nor"
                " an agency's settlements (JSON)"
            )
            raise CannotTakeError(f"{handing.name} is {what if head else 'empty'}")
        row = new_import(
            kind=kind,
            name=handing.name,
            company_id=company_id,
            options=options,
            by=handing.by,
            now=self.clock.now(datetime.now(UTC)),
            corrects=corrects,
        )
        arriving = Arriving(session, self.sealer, row)
        for piece in itertools.chain([head], coming):
            arriving.add(piece)
        return arriving.finish()

    async def _started(self, import_id: int) -> int:
        row = await self.look(import_id)
        try:
            await start_import(self.client, row)
        # RuntimeError: a lazy client that cannot connect.
        except (RPCError, RuntimeError) as error:
            log.warning("import %s waits for Temporal: %s", import_id, error)
        return import_id


async def start_received(client: Client, database: Database) -> int:
    """Start the imports that a crash left unstarted; how many.

    Raises RPCError, RuntimeError if Temporal does not take them.
    """

    def received() -> list[FileImport]:
        with database.transaction() as session:
            return imports.received(session, limit=_MOST_STARTED)

    rows = await asyncio.to_thread(received)
    for row in rows:
        await start_import(client, row)
    return len(rows)


async def _next(pieces: AsyncIterator[bytes]) -> bytes:
    """The next piece that has something in it; nothing at the end."""
    async for piece in pieces:
        if piece:
            return piece
    return b""


def _company(session: Session, business_id: str) -> Company:
    found = session.exec(select(Company).where(Company.business_id == business_id)).first()
    if found is None:
        raise CannotTakeError(
            f"there is no company {business_id} here: see karhu company list, or make it with"
            " karhu company add"
        )
    return found


def _options(company: Company | None, columns: Mapping[str, str]) -> dict[str, Any]:
    if company is None:
        return serialised(ReadOptions(columns=columns))
    seller = Party(
        name=company.name,
        business_id=company.business_id,
        street=company.street or None,
        postcode=company.postcode or None,
        city=company.city or None,
        email=company.email or None,
        phone=company.phone or None,
        einvoice_address=company.einvoice_address or None,
        einvoice_operator=company.einvoice_operator or None,
    )
    return serialised(ReadOptions(seller, company.iban, company.bic, columns))
