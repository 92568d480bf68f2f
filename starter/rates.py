"""A published reference rate: added, and the invoices that wait for it told to go on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.client import Client

from activities.starting import Drained, News, drain
from domain.clock import Clock
from domain.interest import ReferenceRate
from store import rates
from store.database import Database


@dataclass(frozen=True, slots=True)
class Published:
    """What came of it. `new` False: it was known already. `waited`: invoices that did for it."""

    new: bool
    waited: int
    drained: Drained


async def add(
    rate: ReferenceRate, by: str, *, database: Database, client: Client, clock: Clock
) -> Published:
    """Add a rate and tell the invoices that wait for it; added again, tells those left out.

    Raises `RateContradiction`, `UnlikelyRate`.
    """

    def enter() -> bool:
        with database.transaction() as session:
            return rates.add(session, rate, clock.now(datetime.now(UTC)), by)

    def mark() -> list[int]:
        with database.transaction() as session:
            return rates.tell_waiting(session, rate.half_year)

    # One after the other: whoever decides meanwhile holds an invoice, and waits for the rates.
    new = await asyncio.to_thread(enter)
    waited = await asyncio.to_thread(mark)
    drained = await drain(client, database, clock, only=waited, news=News.RATE_ADDED)
    return Published(new, len(waited), drained)
