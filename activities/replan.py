"""Moving running invoices to another rule or version, some seconds at a time."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio import activity
from temporalio.client import Client

from activities.starting import News, drain
from domain.clock import Clock
from store import replanning
from store.database import Database
from store.replanning import Batch
from workflows.replan_contract import REPLAN_STRETCH, Replanned

BATCH = 500
"""Invoices to a transaction."""

STRETCH_SECONDS = 10.0


@dataclass(frozen=True)
class Replan:
    """Moves and tells, against one database and one Temporal.

    What was moved and not told, because a worker died between, is in the outbox, which the API's
    rounds and the reconciliation drain.
    """

    client: Client
    database: Database
    clock: Clock

    @activity.defn(name=REPLAN_STRETCH)
    async def __call__(self, replanning_id: int) -> Replanned:
        until = time.monotonic() + STRETCH_SECONDS
        telling: asyncio.Task[object] | None = None
        while True:
            batch = await asyncio.to_thread(self._move, replanning_id)
            if telling is not None:
                await telling
            row = batch.replanning
            activity.heartbeat(row.told)
            if batch.ids:
                # Temporal tells these while the next ones are being moved.
                telling = asyncio.create_task(
                    drain(
                        self.client,
                        self.database,
                        self.clock,
                        only=batch.ids,
                        news=News.RULE_CHANGED,
                    )
                )
            if batch.over or time.monotonic() > until:
                if telling is not None:
                    await telling
                return Replanned(
                    told=row.told,
                    total=row.total,
                    over=batch.over,
                    cancelled=row.status == replanning.CANCELLED,
                )

    def _move(self, replanning_id: int) -> Batch:
        with self.database.transaction() as session:
            return replanning.move_batch(
                session, replanning_id, BATCH, self.clock.now(datetime.now(UTC))
            )
