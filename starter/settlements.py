"""The agencies' money on a person's behalf: settlements, whose a payment is, and what differs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlmodel import Session
from temporalio.client import Client

from activities.desk import House
from activities.drift import Compared, compare_with
from activities.settlements import ReadSettlements
from activities.starting import News, drain
from domain.clock import Clock
from integrations.agency import Agencies
from store import releasing, ticking
from store.database import Database
from store.settlements import Taken
from store.ticking import Ticked
from workflows.settlements_contract import SettlementsRead

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Turned:
    """What came of a tick; `waiting`: Temporal does not take the news yet."""

    ticked: Ticked
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class AgencyMoney:
    """The agencies' money in one Karhu."""

    database: Database
    client: Client
    clock: Clock

    async def tick_payment(self, payment_id: int, *, settlement: bool, by: str) -> Turned:
        """Say of a bank's transaction that it is the agency's settlement, or the debtor's own.

        Raises `store.ticking.NotTickable`.
        """

        def tick(session: Session, now: datetime) -> Ticked:
            return ticking.of_payment(session, payment_id, settlement=settlement, by=by, now=now)

        return await self._ticked(tick)

    async def tick_entry(self, invoice_id: int, entry: str, *, settlement: bool, by: str) -> Turned:
        """The same, of a payment that was entered by hand: `entry` is its ledger entry's name.

        Raises `store.ticking.NotTickable`.
        """

        def tick(session: Session, now: datetime) -> Ticked:
            return ticking.of_entry(
                session, invoice_id, entry, settlement=settlement, by=by, now=now
            )

        return await self._ticked(tick)

    async def release(self, settlement_id: int, *, by: str) -> Taken:
        """Take everything back that a settlement was booked as. Raises
        `store.releasing.CannotSettle`, as the next two do."""
        return await self._settled(
            lambda session, now: releasing.release(session, settlement_id, by=by, now=now)
        )

    async def again(self, settlement_id: int) -> Taken:
        """Try a settlement that waits for a person again."""
        return await self._settled(
            lambda session, now: releasing.again(session, settlement_id, now=now)
        )

    async def set_aside(self, settlement_id: int, reason: str, *, by: str) -> Taken:
        """A person has seen to a settlement's money otherwise."""
        return await self._settled(
            lambda session, _: releasing.set_aside(session, settlement_id, reason, by=by)
        )

    async def read(self, agencies: Agencies) -> SettlementsRead:
        """Read every agency's settlements now."""
        reading = ReadSettlements(
            self.client, self.database, House(self.clock), agencies, beat=lambda _: None
        )
        return await reading()

    def compare(self, agencies: Agencies, *, only: str | None = None) -> Sequence[Compared]:
        """Set our books beside every agency's now, or those of one company, by its business id.

        Raises `integrations.agency.AgencyError`.
        """
        now = self.clock.now(datetime.now(UTC))
        return [
            compared
            for name, client in agencies.items()
            for compared in compare_with(self.database, name, client, now=now, only=only)
        ]

    async def _ticked(self, tick: Callable[[Session, datetime], Ticked]) -> Turned:
        ticked = await asyncio.to_thread(self._within, tick)
        return Turned(ticked, await self._tell(ticked.changed))

    async def _settled(self, work: Callable[[Session, datetime], Taken]) -> Taken:
        taken = await asyncio.to_thread(self._within, work)
        await self._tell(taken.invoice_ids)
        return taken

    def _within(self, work: Callable[[Session, datetime], T]) -> T:
        with self.database.transaction() as session:
            return work(session, self.clock.now(datetime.now(UTC)))

    async def _tell(self, invoice_ids: Sequence[int]) -> str:
        if not invoice_ids:
            return ""
        drained = await drain(
            self.client, self.database, self.clock, only=list(invoice_ids), news=News.PAYMENT
        )
        return drained.problem
