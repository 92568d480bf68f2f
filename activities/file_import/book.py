"""Booking what is staged: chunk by chunk, while Temporal is told of the chunk before."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import takewhile

from sqlmodel import Session
from temporalio import activity
from temporalio.client import Client

from activities.file_import import confined, invoices, payments, settlements
from activities.file_import.ending import end
from activities.file_import.office import ImportOffice, progress
from activities.file_import.outcome import LEFT_OUT, Outcome, bad, why
from activities.starting import News, drain
from store import imports, outbox
from store.imports import ENDED
from store.tables import FileImport, ImportRecord
from workflows.contract import BOOK_STRETCH, ImportProgress

CHUNK = 500
"""Records to a transaction."""

STRETCH_SECONDS = 10.0
"""How long one activity books before it says how far it has got."""

_BEAT_SECONDS = 2.0

# Invoices first: a credit note may stand before its invoice in the file.
_PASSES = (("invoice", "customer"), ("credit_note",), ("payment", "feed"), ("settlement",))


@dataclass(slots=True)
class _Chunk:
    """What one transaction did."""

    progress: ImportProgress
    news: News = News.PAYMENT
    invoice_ids: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class BookStretch:
    """Books the next records of an import for some seconds, and tells Temporal; with the last ones,
    it ends the import."""

    office: ImportOffice
    client: Client
    chunk: int = CHUNK
    seconds: float = STRETCH_SECONDS

    @activity.defn(name=BOOK_STRETCH)
    async def __call__(self, import_id: int) -> ImportProgress:
        beating = asyncio.create_task(_beat())
        try:
            return await self._stretch(import_id)
        finally:
            beating.cancel()
            with suppress(asyncio.CancelledError):
                await beating

    async def _stretch(self, import_id: int) -> ImportProgress:
        ends = time.monotonic() + self.seconds
        # An attempt before this one may have booked what it never told of.
        untold = activity.info().attempt > 1
        telling: asyncio.Task[bool] | None = None
        try:
            while True:
                done = await asyncio.to_thread(self._book, import_id)
                if telling is not None:
                    untold |= not await telling
                # Temporal is told of this chunk while the next one is being booked.
                telling = asyncio.create_task(self._tell(done.invoice_ids, done.news))
                last = done.progress.over
                if last or time.monotonic() > ends or activity.is_worker_shutdown():
                    untold |= not await telling
                    if untold:
                        left = await asyncio.to_thread(self._untold, import_id)
                        await self._tell(left, done.news)
                    if last:
                        return await asyncio.to_thread(end, self.office, import_id)
                    return done.progress
        finally:
            if telling is not None:
                telling.cancel()

    async def _tell(self, invoice_ids: Sequence[int], news: News) -> bool:
        """Whether Temporal has taken all of it; what it has not stays in the outbox, and the API's
        rounds bring it on."""
        if not invoice_ids:
            return True
        office = self.office
        only = list(dict.fromkeys(invoice_ids))
        told = await drain(self.client, office.database, office.clock, only=only, news=news)
        return told.waiting == 0

    def _untold(self, import_id: int) -> list[int]:
        with self.office.database.transaction() as session:
            return imports.untold(session, import_id)

    # ── one transaction ──────────────────────────────────────────────────────────────────────

    def _book(self, import_id: int) -> _Chunk:
        try:
            return self._transaction(import_id, one_by_one=False)
        except LEFT_OUT:
            # One of them cannot go in: with a savepoint for each, the others can.
            return self._transaction(import_id, one_by_one=True)

    def _transaction(self, import_id: int, *, one_by_one: bool) -> _Chunk:
        with self.office.database.transaction() as session:
            outbox.take_turn(session)
            file = imports.lock(session, import_id)
            if file.cancel_asked or file.status in ENDED:
                return _Chunk(progress(file))
            rows = self._next(session, import_id)
            if one_by_one:
                outcome = Outcome()
                for row in rows:
                    outcome.add(self._apart(session, file, row))
            else:
                outcome = self._enter(session, file, rows)
            imports.end(session, file, outcome.ended)
            return _Chunk(progress(file), _news(rows), outcome.invoice_ids)

    def _next(self, session: Session, import_id: int) -> list[ImportRecord]:
        """Of one pass; what a bank's file says of its freshness stands alone."""
        for kinds in _PASSES:
            if rows := imports.staged(session, import_id, kinds, self.chunk):
                before = list(takewhile(lambda row: row.kind != "feed", rows))
                return before or rows[:1]
        return []

    def _enter(self, session: Session, file: FileImport, rows: Sequence[ImportRecord]) -> Outcome:
        kept, left_out = confined.sift(session, file, rows)
        outcome = self._enter_kept(session, file, kept)
        outcome.ended += left_out
        return outcome

    def _enter_kept(
        self, session: Session, file: FileImport, rows: Sequence[ImportRecord]
    ) -> Outcome:
        now = self.office.now()
        if not rows:
            return Outcome()
        match rows[0].kind:
            case "invoice" | "customer":
                return invoices.register_chunk(session, rows, now=now)
            case "credit_note":
                return invoices.credit_chunk(session, rows, now=now)
            case "settlement":
                return settlements.take_chunk(session, rows, now=now)
            case "feed":
                return payments.note_feed(session, rows[0], company_id=file.company_id, now=now)
            case _:
                return payments.book_chunk(session, rows, source=file.name, now=now)

    def _apart(self, session: Session, file: FileImport, row: ImportRecord) -> Outcome:
        try:
            with session.begin_nested():
                return self._enter(session, file, [row])
        except LEFT_OUT as error:
            return Outcome([bad(row, why(error))])


def _news(rows: Sequence[ImportRecord]) -> News:
    match rows[0].kind if rows else "":
        case "credit_note":
            return News.CREDIT
        case "feed":
            return News.FEED_READ
        case _:
            return News.PAYMENT


async def _beat() -> None:
    while True:
        activity.heartbeat()
        await asyncio.sleep(_BEAT_SECONDS)
