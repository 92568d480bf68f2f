"""The activity that reads the agencies' settlements."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from temporalio import activity
from temporalio.client import Client

from activities.desk import House
from activities.file_import.outcome import LEFT_OUT, why
from activities.starting import News, drain
from domain.agency import Settlement
from integrations.agency import AgencyClient, AgencyError
from store import hearing, outbox, settlements
from store.agency_money import SETTLED, WAITING
from store.database import Database
from store.settlements import Taken
from workflows.settlements_contract import READ_SETTLEMENTS, SettlementsOf, SettlementsRead

log = logging.getLogger("karhu.agency")

FEED = "settlements"
"""The list, among those that are read from a cursor on (`store.hearing.cursor`)."""


@dataclass(frozen=True)
class ReadSettlements:
    """Reads each agency's list, page by page: a page and how far it is read, or neither.
    `agencies`: by their names."""

    client: Client
    database: Database
    house: House
    agencies: Mapping[str, AgencyClient]
    beat: Callable[[SettlementsOf], None] = field(
        default=lambda read: activity.heartbeat(read.model_dump())
    )

    @activity.defn(name=READ_SETTLEMENTS)
    async def __call__(self) -> SettlementsRead:
        """Read every agency's list to its end; one that cannot be read keeps none waiting."""
        return SettlementsRead(agencies=tuple([await self._read(name) for name in self.agencies]))

    async def _read(self, name: str) -> SettlementsOf:
        read = SettlementsOf(agency=name)
        try:
            more = True
            while more:
                taken, more = await asyncio.to_thread(self._page, name)
                new = [one for one in taken if one.new]
                read = read.model_copy(
                    update={
                        "pages": read.pages + 1,
                        "read": read.read + len(taken),
                        "new": read.new + len(new),
                        "settled": read.settled + sum(one.status == SETTLED for one in new),
                        "waiting": read.waiting + sum(one.status == WAITING for one in new),
                    }
                )
                self.beat(read)
                for one in taken:
                    if one.problem and (one.new or one.differs):
                        log.warning("%s, settlement %s: %s", name, one.name, one.problem)
                if only := sorted({booked for one in taken for booked in one.invoice_ids}):
                    # What Temporal does not take now stays in the outbox.
                    clock, news = self.house.clock, News.PAYMENT
                    await drain(self.client, self.database, clock, only=only, news=news)
        except AgencyError as error:
            return read.model_copy(update={"problem": str(error)})
        return read

    def _page(self, name: str) -> tuple[Sequence[Taken], bool]:
        """The next page, kept: what became of it, and whether there may be more.

        Raises `AgencyError`.
        """
        with self.database.transaction() as session:
            after = hearing.cursor(session, name, FEED)
        page = self.agencies[name].settlements_since(after)
        now = self.house.clock.now(datetime.now(UTC))
        taken = keep_page(self.database, name, page.settlements, after, page.cursor, now)
        return taken, bool(page.settlements) and page.cursor != after


def keep_page(
    database: Database,
    agency: str,
    read: Sequence[Settlement],
    after: str,
    cursor: str,
    now: datetime,
) -> Sequence[Taken]:
    """Keep settlements and how far they have been read: both, or nothing.

    Settlements are known by their names, so a page that two read at once does nothing twice; the
    cursor moves on only from where it was read.
    """
    with database.transaction() as session:
        outbox.take_turn(session)
        taken = []
        for one in read:
            try:
                with session.begin_nested():
                    source = f"{agency}'s list"
                    kept = settlements.take(session, one, by_agency=agency, source=source, now=now)
            except LEFT_OUT as error:
                # It is the agency's to mend; those behind it are read all the same.
                log.warning("%s, settlement %s: %s", agency, one.settlement_id, why(error))
                continue
            taken.append(kept)
        if hearing.cursor(session, agency, FEED) == after != cursor:
            hearing.go_on(session, agency, FEED, cursor, now)
        return taken
