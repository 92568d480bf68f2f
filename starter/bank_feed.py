"""What a company demands of the bank's freshness, and a person's word in place of a file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlmodel import Session, select
from temporalio.client import Client

from activities.starting import Drained, News, drain
from domain.bank_feed import Demand
from domain.clock import Clock
from store import bank_feed
from store.database import Database
from store.tables import Company


class NoSuchCompany(Exception):  # noqa: N818 - reads as what it is
    """No company has this business id, or none was named and there are several."""


@dataclass(frozen=True, slots=True)
class Gone:
    """What came of it. `waited`: invoices that did, and go on."""

    company: str
    waited: int
    drained: Drained


async def confirm(
    company: str | None,
    iban: str | None,
    by: str,
    *,
    database: Database,
    client: Client,
    clock: Clock,
) -> Gone:
    """Note that a person has looked at the bank's own pages, and no payment is unread.

    Raises `NoSuchCompany`, and `store.bank_feed.NoSuchAccount`.
    """

    def enter(session: Session, owner: Company, now: datetime) -> list[int]:
        return bank_feed.confirm(session, owner, iban, by=by, now=now)

    return await _do(company, enter, database, client, clock)


async def demand(
    company: str | None, demanded: Demand, *, database: Database, client: Client, clock: Clock
) -> Gone:
    """Set what a company demands; what need not wait any more goes on. Raises `NoSuchCompany`."""

    def enter(session: Session, owner: Company, now: datetime) -> list[int]:
        return bank_feed.demand(session, owner, demanded, now)

    return await _do(company, enter, database, client, clock)


async def _do(
    company: str | None,
    enter: Callable[[Session, Company, datetime], list[int]],
    database: Database,
    client: Client,
    clock: Clock,
) -> Gone:
    def run() -> tuple[str, list[int]]:
        with database.transaction() as session:
            owner = _company(session, company)
            return owner.business_id, enter(session, owner, clock.now(datetime.now(UTC)))

    business_id, waited = await asyncio.to_thread(run)
    drained = await drain(client, database, clock, only=waited, news=News.FEED_READ)
    return Gone(business_id, len(waited), drained)


def _company(session: Session, business_id: str | None) -> Company:
    """The company of this business id; without one, the only company there is."""
    query = select(Company)
    if business_id is not None:
        query = query.where(Company.business_id == business_id)
    found = session.exec(query.limit(2)).all()
    if not found:
        raise NoSuchCompany(
            f"there is no company {business_id}" if business_id else "there is no company yet"
        )
    if len(found) > 1:
        raise NoSuchCompany("there are several companies: say which with --company")
    return found[0]
