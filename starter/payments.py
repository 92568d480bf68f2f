"""Payments and credit notes: booked in the ledger, then told to the invoice's workflow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlmodel import Session
from temporalio.client import Client

from activities.starting import News, drain
from domain.agency_money import Received
from domain.clock import Clock
from store import assigning, booking
from store.booking import Booked
from store.database import Database
from store.payments import Result


@dataclass(frozen=True, slots=True)
class Entered:
    """A payment or credit note entered by hand; `waiting`: Temporal does not take the news yet."""

    booked: Booked
    waiting: str = ""


async def pay(
    invoice_id: int,
    amount_cents: int,
    *,
    on: date,
    key: str,
    settlement: bool | None,
    actor: str,
    database: Database,
    client: Client,
    clock: Clock,
    received: Received | None = None,
) -> Entered:
    """Book a payment by hand (negative: take one back), once for each key, and tell the workflow.

    `settlement`: whether it is the agency's own, as a person says; None: that is judged by what is
    known of it (`received`). Raises `UnbalancedEntry` if more is taken back than was paid.
    """

    def enter() -> Booked:
        with database.transaction() as session:
            return booking.pay(
                session,
                booking.lock(session, invoice_id),
                amount_cents,
                on,
                key=key,
                now=clock.now(datetime.now(UTC)),
                settlement=settlement,
                received=received,
                by=actor,
                note=f"entered by {actor}",
            )

    return await _tell(await asyncio.to_thread(enter), News.PAYMENT, database, client, clock)


async def credit(
    invoice_id: int,
    amount_cents: int,
    *,
    on: date,
    number: str,
    database: Database,
    client: Client,
    clock: Clock,
) -> Entered:
    """Book a credit note by hand, once for each number, and tell the workflow."""

    def enter() -> Booked:
        with database.transaction() as session:
            return booking.credit(
                session,
                booking.lock(session, invoice_id),
                amount_cents,
                on,
                number=number,
                now=clock.now(datetime.now(UTC)),
            )

    return await _tell(await asyncio.to_thread(enter), News.CREDIT, database, client, clock)


@dataclass(frozen=True, slots=True)
class Moved:
    """What a person did with a bank transaction; `waiting`: Temporal does not take the news yet."""

    result: Result
    waiting: str = ""


async def assign(
    payment_id: int,
    invoice_id: int,
    cents: int | None = None,
    *,
    actor: str,
    database: Database,
    client: Client,
    clock: Clock,
    settlement: bool | None = None,
) -> Moved:
    """Book what is open of a bank transaction, or so many cents of it, on an invoice.

    Raises `store.assigning.NotAssignable`, `UnbalancedEntry`.
    """

    def move(session: Session, now: datetime) -> Result:
        return assigning.assign(
            session, payment_id, invoice_id, cents, by=actor, now=now, settlement=settlement
        )

    return await _move(move, database, client, clock)


async def unassign(
    payment_id: int,
    invoice_id: int,
    *,
    actor: str,
    database: Database,
    client: Client,
    clock: Clock,
) -> Moved:
    """Take what was booked of a bank transaction off an invoice: it waits in the queue again.

    An invoice that it had closed goes on. Raises `store.assigning.NotAssignable`,
    `UnbalancedEntry`.
    """

    def move(session: Session, now: datetime) -> Result:
        return assigning.unassign(session, payment_id, invoice_id, by=actor, now=now)

    return await _move(move, database, client, clock)


async def set_aside(payment_id: int, reason: str, *, actor: str, database: Database) -> None:
    """Take a bank transaction out of the queue. Raises `store.assigning.NotAssignable`."""

    def move() -> None:
        with database.transaction() as session:
            assigning.set_aside(session, payment_id, reason, by=actor)

    await asyncio.to_thread(move)


async def _move(
    move: Callable[[Session, datetime], Result], database: Database, client: Client, clock: Clock
) -> Moved:
    def within() -> Result:
        with database.transaction() as session:
            return move(session, clock.now(datetime.now(UTC)))

    result = await asyncio.to_thread(within)
    invoices = [invoice_id for invoice_id, _ in result.booked]
    drained = await drain(client, database, clock, only=invoices)
    return Moved(result, drained.problem)


async def _tell(
    booked: Booked, news: News, database: Database, client: Client, clock: Clock
) -> Entered:
    drained = await drain(client, database, clock, only=[booked.invoice_id], news=news)
    return Entered(booked, drained.problem)
