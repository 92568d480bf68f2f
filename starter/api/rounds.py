"""The rounds, every few seconds: the outbox drained, imports and the like started, bounces read,
webhooks told."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError
from temporalio.service import RPCError

from activities.starting import Drained, drain
from starter import bounces, first_user, overview, webhook_calls
from starter.api.parts import Parts
from starter.bulk import start_waiting
from starter.imports import start_received
from starter.replanning import Replannings
from store import outbox, sums

log = logging.getLogger("karhu.rounds")

EVERY_SECONDS = 4.0

FIRST_PAUSE = 2
"""Rounds for which an invoice is left to whoever has just put it there: a batch takes its time."""

MOST_ROUNDS = 150
"""The longest pause between two tries for one invoice, in rounds: ten minutes."""

MOST_INVOICES = 2_000
"""Looked at in one round."""


class Rounds:
    """Drains what stays in the outbox, so that a crash heals without anybody; starts imports,
    replannings and mass actions that have no workflow yet; reads the bounce mailbox, if there is
    one; adds up the changes to the sums of invoices; and computes what is kept of slow figures.

    What is met for the first time is left to whoever has just put it there. What is still there
    some rounds later is brought on, then again after pauses that double: a worker that is away for
    a day must not find its invoices' histories full of signals.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._stop = asyncio.Event()
        self._replannings = Replannings(parts.database, parts.client)
        self._round = 0
        self._next: dict[int, int] = {}
        self._pause: dict[int, int] = {}

    async def run(self) -> None:
        """Go round until told to stop; a round that is under way comes to its end."""
        while not await self._told_to_stop():
            try:
                await self.read_bounces()
            except (OSError, SQLAlchemyError) as error:
                log.warning("the bounce mailbox cannot be read now: %s", type(error).__name__)
            except Exception as error:
                log.exception("a bounce was not read: %s", type(error).__name__, exc_info=False)
            try:
                await start_received(self._parts.client, self._parts.database)
            except (RPCError, RuntimeError, SQLAlchemyError) as error:
                log.warning("imports cannot be started now: %s", type(error).__name__)
            try:
                await self._replannings.start_waiting()
            except (RPCError, RuntimeError, SQLAlchemyError) as error:
                log.warning("replannings cannot be started now: %s", type(error).__name__)
            try:
                await start_waiting(self._parts.client, self._parts.database)
            except (RPCError, RuntimeError, SQLAlchemyError) as error:
                log.warning("mass actions cannot be started now: %s", type(error).__name__)
            try:
                await self.keep_figures()
            except SQLAlchemyError as error:
                log.warning("figures cannot be kept now: %s", type(error).__name__)
            try:
                await self.adopt()
            except SQLAlchemyError as error:
                log.warning("companies cannot be given to their firm: %s", type(error).__name__)
            try:
                await self.tell_webhooks()
            except SQLAlchemyError as error:
                log.warning("the event log cannot be read now: %s", type(error).__name__)
            except Exception as error:
                log.exception("webhooks were not told: %s", type(error).__name__, exc_info=False)
            try:
                await self.go()
            except SQLAlchemyError as error:
                # Its type alone: the words may repeat a row.
                log.warning("the outbox cannot be read now: %s", type(error).__name__)
            except Exception as error:
                log.exception("a round failed: %s", type(error).__name__, exc_info=False)

    def stop(self) -> None:
        """Let this round be the last."""
        self._stop.set()

    async def _told_to_stop(self) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), EVERY_SECONDS)
        return self._stop.is_set()

    async def go(self) -> Drained | None:
        """One round; what was drained, None if there was nothing to."""
        self._round += 1
        there = await asyncio.to_thread(self._look)
        for gone in self._next.keys() - there:
            del self._next[gone], self._pause[gone]
        ripe = []
        for invoice_id in there:
            if invoice_id not in self._next:
                self._pause[invoice_id] = FIRST_PAUSE
            elif self._next[invoice_id] <= self._round:
                ripe.append(invoice_id)
                self._pause[invoice_id] = min(2 * self._pause[invoice_id], MOST_ROUNDS)
            else:
                continue
            self._next[invoice_id] = self._round + self._pause[invoice_id]
        if not ripe:
            return None
        parts = self._parts
        drained = await drain(parts.client, parts.database, parts.clock, only=ripe)
        log.info(
            "outbox: %d started, %d told, %d over, %d waiting",
            *(drained.started, drained.told, drained.finished, drained.waiting),
        )
        return drained

    async def read_bounces(self) -> Drained | None:
        """Take note of the letters that came back; None if there are none."""
        parts = self._parts
        if parts.bounces is None:
            return None
        return await bounces.take_in(
            parts.bounces, database=parts.database, client=parts.client, clock=parts.clock
        )

    async def adopt(self) -> None:
        """Give companies that no accounting firm has to the one for them, if there is one."""
        if self._parts.home_firm is not None:
            await asyncio.to_thread(first_user.adopt, self._parts.database, self._parts.home_firm)

    async def tell_webhooks(self) -> int:
        """Wake the workflows of endpoints that events wait for; how many."""
        parts = self._parts
        return await webhook_calls.make(parts.client, parts.database, parts.real_now())

    async def keep_figures(self) -> None:
        """Add up the changes to the sums, and compute anew what has become old of the figures."""
        parts = self._parts

        def fold() -> None:
            with parts.database.transaction() as session:
                sums.fold(session)

        await asyncio.to_thread(fold)
        await asyncio.to_thread(
            overview.refresh, parts.database, parts.real_now(), parts.business_now()
        )

    def _look(self) -> set[int]:
        """The ids of the first invoices in the outbox: no more than are worth a round."""
        with self._parts.database.transaction() as session:
            return set(outbox.pending_ids(session, limit=MOST_INVOICES))
