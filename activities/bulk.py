"""Asking many invoices for the same thing, some seconds at a time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio import activity
from temporalio.client import Client

from activities import asking
from domain.clock import Clock
from domain.requests import Refused, Request
from domain.states import InvoiceState
from store import bulk
from store.bulk import Answered, Asked, Batch
from store.database import Database
from store.tables import BulkAction
from workflows.bulk_contract import BULK_STRETCH, BulkProgress

BATCH = 100
"""Invoices between two looks at whether somebody wants it stopped."""

TOGETHER = 20
"""Procedures that are asked at the same time."""

STRETCH_SECONDS = 10.0

MOST_ATTEMPTS = 5
"""A procedure that has not answered so often is left to a person."""


@dataclass(frozen=True)
class Bulk:
    """Asks, against one database and one Temporal."""

    client: Client
    database: Database
    clock: Clock

    @activity.defn(name=BULK_STRETCH)
    async def __call__(self, action_id: int) -> BulkProgress:
        until = time.monotonic() + STRETCH_SECONDS
        while True:
            batch = await asyncio.to_thread(self._next, action_id)
            if not batch.asked:
                return _progress(batch.action)
            answers = await self._ask_all(batch)
            action = await asyncio.to_thread(self._note, action_id, answers)
            silent = all(one.refused is None for one in answers)
            if silent or time.monotonic() > until:
                return _progress(action, silent=silent)

    async def _ask_all(self, batch: Batch) -> list[Answered]:
        turns = asyncio.Semaphore(TOGETHER)

        async def one(asked: Asked) -> Answered:
            async with turns:
                activity.heartbeat(batch.action.looked_at)
                return await self._ask(batch, asked)

        return list(await asyncio.gather(*(one(asked) for asked in batch.asked)))

    async def _ask(self, batch: Batch, asked: Asked) -> Answered:
        key = f"bulk/{batch.action.id}/{asked.invoice_id}"
        request: Request = batch.request.model_copy(update={"key": key})
        refused: str | None = ""
        try:
            await asking.ask(self.client, batch.company, asked.number, request)
        except Refused as error:
            refused = str(error)
        except asking.FinishedError:
            refused = _nobody(asked.state)
        except asking.NoAnswerError:
            refused = None
            if asked.attempts + 1 >= MOST_ATTEMPTS:
                refused = "its procedure does not answer; what was asked may be granted yet"
        return Answered(asked.invoice_id, refused)

    def _next(self, action_id: int) -> Batch:
        with self.database.transaction() as session:
            now = self.clock.now(datetime.now(UTC))
            return bulk.next_batch(session, action_id, BATCH, now)

    def _note(self, action_id: int, answers: list[Answered]) -> BulkAction:
        with self.database.transaction() as session:
            return bulk.note(session, action_id, answers)


def _nobody(state: InvoiceState) -> str:
    if state.final:
        return f"the invoice is closed ({state.value}); nothing more can be done to it"
    return "its procedure has not begun yet; try again in a moment"


def _progress(action: BulkAction, *, silent: bool = False) -> BulkProgress:
    return BulkProgress(
        done=action.done,
        refused=action.refused,
        total=action.total,
        over=action.ended,
        cancelled=action.status == bulk.CANCELLED,
        silent=silent,
    )
