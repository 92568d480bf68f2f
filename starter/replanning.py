"""Running invoices that are moved: their workflow started, followed, and stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlmodel import Session
from temporalio.client import Client
from temporalio.service import RPCError

from activities.starting import start_replanning
from starter.people import NotDone, Unknown
from store import replanning
from store.database import Database
from store.tables import Replanning

log = logging.getLogger("karhu.replanning")

LOOK_SECONDS = 0.25
"""Between two looks at how far one has got."""


@dataclass(frozen=True, slots=True)
class Replannings:
    """The replannings of one Karhu."""

    database: Database
    client: Client

    async def start(self, row: Replanning | None) -> None:
        """Start one that was asked for and committed; if Temporal does not take it now, the API's
        rounds and `karhu reconcile` do so later."""
        if row is None:
            return
        try:
            await start_replanning(self.client, row)
        # RuntimeError: a lazy client that cannot connect.
        except (RPCError, RuntimeError) as error:
            log.warning("replanning %s waits for Temporal: %s", row.id, error)

    async def start_waiting(self) -> int:
        """Start those that a crash left unstarted; how many.

        Raises RPCError, RuntimeError if Temporal does not take them.
        """

        def waiting() -> list[Replanning]:
            with self.database.transaction() as session:
                return replanning.waiting(session)

        rows = await asyncio.to_thread(waiting)
        for row in rows:
            await start_replanning(self.client, row)
        return len(rows)

    async def look(self, replanning_id: int) -> Replanning:
        """How far it has got. Raises `Unknown`."""

        def get() -> Replanning:
            with self.database.transaction() as session:
                return the_one(session, replanning_id)

        return await asyncio.to_thread(get)

    async def follow(self, replanning_id: int) -> AsyncIterator[Replanning]:
        """How far it has got, again and again; the last one has ended."""
        while not (row := await self.look(replanning_id)).ended:
            yield row
            await asyncio.sleep(LOOK_SECONDS)
        yield row


def the_one(session: Session, replanning_id: int, company_id: int | None = None) -> Replanning:
    """A replanning; of one company alone, if given. Raises `Unknown`."""
    row = session.get(Replanning, replanning_id)
    if row is None or company_id not in {None, row.company_id}:
        raise Unknown(
            f"there is no replanning {replanning_id}",
            "look for a mistyped digit in the list of replannings",
        )
    return row


def cancel(session: Session, replanning_id: int, company_id: int | None = None) -> Replanning:
    """Stop between two batches: what is moved stays moved, the others keep their rule.

    Raises `Unknown`; `NotDone` if it is over, or tells of the automation's switch, which all
    invoices must hear of.
    """
    row = the_one(session, replanning_id, company_id)
    if row.kind == replanning.AUTOMATION:
        raise NotDone(
            f"replanning {replanning_id} tells the invoices that the automation was switched"
            f" {row.reason}, and all must hear of it",
            "switch it the other way instead",
        )
    if not replanning.cancel(session, replanning_id):
        raise NotDone(
            f"replanning {replanning_id} is over ({row.status})",
            "move the customers or save the rule once more",
        )
    return row
