"""Mass actions: shown before they are done, started, followed, and stopped."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from temporalio.client import Client
from temporalio.service import RPCError

from activities.desk import House
from activities.rehearsal import Rehearsed, rehearse
from activities.starting import start_bulk
from domain.requests import Request
from starter.people import NotDone, Unknown
from store import audit, bulk, invoice_list
from store.alike import alike
from store.database import Database
from store.invoice_list import Sought
from store.people import Place
from store.scope import Scope
from store.tables import BulkAction

log = logging.getLogger("karhu.bulk")

MOST_PREVIEWED = 20_000
"""Invoices that a preview counts; of more it shows the first ones."""

MOST_KINDS = 400
"""Kinds of invoices that a preview asks for; more are left out, the least frequent."""

LOOK_SECONDS = 0.5
"""Between two looks at how far one has got."""

_LOCKED = timedelta(seconds=1)
"""How long a preview waits for an invoice that somebody else is at work on."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why it would be refused, of how many, and the number of one of them."""

    reason: str
    invoices: int
    number: str


@dataclass(slots=True)
class Preview:
    """What a mass action would do if it were started now. Cents, all together.

    `total`: invoices that are chosen; `goes`: of those it would be done. `unknown`: those that were
    not looked at, because there are too many or somebody is at work on them. `letters`: by kind and
    channel; `handed_over`: by the agency's service; `fee_cents` is what debtors are charged for
    letters, and `service_cents` what the company pays for them. Interest comes on top.
    """

    total: int = 0
    goes: int = 0
    unknown: int = 0
    fee_cents: int = 0
    service_cents: int = 0
    letters: Counter[tuple[str, str]] = field(default_factory=Counter)
    handed_over: Counter[str] = field(default_factory=Counter)
    refused: list[Reason] = field(default_factory=list)

    @property
    def refusals(self) -> int:
        """Invoices that it would be refused for."""
        return sum(one.invoices for one in self.refused)


def preview(
    database: Database, house: House, scope: Scope, sought: Sought, request: Request, now: datetime
) -> Preview:
    """What it would do, at the business instant `now`: the very request, granted or refused by
    what grants it, and undone; once for invoices that are alike. Nothing is kept of it."""
    with database.transaction() as session:
        sought = invoice_list.resolved(session, scope, sought)
        chosen = invoice_list.chosen(scope, sought).order_by(text("1"))
        ids = list(session.execute(chosen.limit(MOST_PREVIEWED)).scalars())
        total = len(ids)
        if total == MOST_PREVIEWED:
            total = invoice_list.count(session, scope, sought, most=10_000_000)
        kinds = alike(session, ids, brackets=house.law.principal_limits_cents())
    found = Preview(total=total, unknown=total - len(ids))
    refused: dict[str, Reason] = {}
    for place, kind in enumerate(kinds):
        tried = None
        if place < MOST_KINDS:
            tried = _tried(database, house, kind.invoice_id, request, now)
        if tried is None:
            found.unknown += kind.invoices
        elif tried.refused:
            known = refused.get(tried.refused)
            so_far, number = (known.invoices, known.number) if known else (0, kind.number)
            refused[tried.refused] = Reason(tried.refused, so_far + kind.invoices, number)
        else:
            _count(found, tried, kind.invoices)
    found.refused = sorted(refused.values(), key=lambda one: -one.invoices)
    return found


def _count(found: Preview, tried: Rehearsed, invoices: int) -> None:
    found.goes += invoices
    found.fee_cents += tried.fee_cents * invoices
    found.service_cents += tried.service_cents * invoices
    if tried.letter:
        found.letters[tried.letter, tried.channel] += invoices
    if tried.service:
        found.handed_over[tried.service] += invoices


def _tried(
    database: Database, house: House, invoice_id: int, request: Request, now: datetime
) -> Rehearsed | None:
    """What would come of it for one invoice; None while somebody else is at work on it."""
    try:
        with database.transaction() as session:
            milliseconds = round(_LOCKED.total_seconds() * 1000)
            session.execute(text(f"SET LOCAL lock_timeout = {milliseconds}"))
            tried = rehearse(session, house, invoice_id, request, now)
            # What was released for it is not.
            session.rollback()
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            return None
        raise
    return tried


def ask(
    session: Session,
    scope: Scope,
    place: Place,
    sought: Sought,
    request: Request,
    *,
    by: str,
    now: datetime,
    real: datetime,
) -> BulkAction:
    """Note that something is asked of all invoices that are sought now; `start` brings it on once
    that is committed. `now`: business time; `real`: real time. Raises `NotDone`: there are none.
    """
    assert place.company_id is not None  # noqa: S101 - invoices are a company's
    action = bulk.ask(session, scope, place.company_id, sought, request, by=by, now=now)
    if not action.total:
        raise NotDone("no invoice was chosen", "choose some, or look for others")
    audit.note(
        session,
        real,
        by,
        "invoices.bulk",
        f"mass action {action.id}",
        place,
        asked=request.kind,
        invoices=action.total,
    )
    return action


async def start(client: Client, action: BulkAction) -> None:
    """Start one that was asked for and committed; if Temporal does not take it now, the API's
    rounds and `karhu reconcile` do so later."""
    try:
        await start_bulk(client, action)
    # RuntimeError: a lazy client that cannot connect.
    except (RPCError, RuntimeError) as error:
        log.warning("mass action %s waits for Temporal: %s", action.id, error)


async def start_waiting(client: Client, database: Database) -> int:
    """Start those that a crash left unstarted; how many. Raises RPCError, RuntimeError."""

    def waiting() -> Sequence[BulkAction]:
        with database.transaction() as session:
            return bulk.waiting(session)

    actions = await asyncio.to_thread(waiting)
    for action in actions:
        await start_bulk(client, action)
    return len(actions)


def the_one(session: Session, scope: Scope, action_id: int) -> BulkAction:
    """A mass action. Raises `Unknown`."""
    action = bulk.seen(session, scope, action_id)
    if action is None:
        raise Unknown(
            f"there is no mass action {action_id}", "`karhu bulk list` shows those there are"
        )
    return action


def cancel(session: Session, scope: Scope, action_id: int) -> BulkAction:
    """Stop between two batches: what is done stays done, nothing is asked of the others.

    Raises `Unknown`; `NotDone` if it is over.
    """
    action = the_one(session, scope, action_id)
    if not bulk.cancel(session, action_id):
        raise NotDone(f"mass action {action_id} is over ({action.status})", "start another one")
    return action


async def follow(database: Database, scope: Scope, action_id: int) -> AsyncIterator[BulkAction]:
    """How far it has got, again and again; the last one has ended. Raises `Unknown`."""

    def look() -> BulkAction:
        with database.transaction() as session:
            return the_one(session, scope, action_id)

    while not (action := await asyncio.to_thread(look)).ended:
        yield action
        await asyncio.sleep(LOOK_SECONDS)
    yield action
