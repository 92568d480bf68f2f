"""One request that has been let in, as the resources see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from activities.starting import News, drain
from starter.api.parts import Parts
from starter.netvisor.document import Query
from starter.netvisor.signature import Caller
from starter.netvisor.words import Language
from store.scope import Scope

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call:
    """`address`: the API's own, as the client knows it; `now`: real time."""

    parts: Parts
    caller: Caller
    language: Language
    query: Query
    body: bytes
    address: str
    now: datetime

    @property
    def scope(self) -> Scope:
        """What its queries may see: the one company."""
        return Scope(frozenset({self.caller.company_id}))

    @property
    def business_now(self) -> datetime:
        """Business time."""
        return self.parts.business_now()

    async def transact(self, work: Callable[[Session], T]) -> T:
        """Do this in one transaction, off the event loop."""

        def run() -> T:
            with self.parts.database.transaction() as session:
                return work(session)

        return await run_in_threadpool(run)

    async def tell(self, invoice_id: int, news: News = News.PAYMENT) -> None:
        """Start the invoice's workflow, or tell it; while Temporal is away the outbox keeps it."""
        parts = self.parts
        await drain(parts.client, parts.database, parts.clock, only=[invoice_id], news=news)
