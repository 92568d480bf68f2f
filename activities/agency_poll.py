"""The activity that reads what the agencies report, for what no callback brought."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio import activity
from temporalio.client import Client

from activities.desk import House
from activities.starting import News, drain
from integrations.agency import AgencyClient, AgencyError
from store import agency_contracts, hearing
from store.database import Database
from store.hearing import Kept
from workflows.agency_poll_contract import READ_STATUSES, Poll, Polled

log = logging.getLogger("karhu.agency")


@dataclass(frozen=True)
class ReadStatuses:
    """Reads each agency's list, page by page, into one database. `agencies`: by their names."""

    client: Client
    database: Database
    house: House
    agencies: Mapping[str, AgencyClient]

    @activity.defn(name=READ_STATUSES)
    async def __call__(self) -> Polled:
        """Read every agency's list to its end; one that cannot be read keeps none waiting."""
        return Polled(agencies=tuple([await self._read(name) for name in self.agencies]))

    async def _read(self, name: str) -> Poll:
        poll = Poll(agency=name)
        try:
            contracts, waited = await asyncio.to_thread(self._contracts, name)
            poll = poll.model_copy(update={"contracts": contracts})
            activity.heartbeat(poll.model_dump())
            if waited:
                clock, news = self.house.clock, News.AGENCY_CONTRACT
                await drain(self.client, self.database, clock, only=waited, news=news)
            more = True
            while more:
                kept, read, more = await asyncio.to_thread(self._page, name)
                poll = poll.model_copy(
                    update={
                        "pages": poll.pages + 1,
                        "read": poll.read + read,
                        "new": poll.new + kept.new,
                        "unheard_of": poll.unheard_of + len(kept.unheard_of),
                    }
                )
                activity.heartbeat(poll.model_dump())
                for message in kept.unheard_of:
                    log.warning("%s reports on an unknown case: %s", name, message.case_reference)
                if kept.invoice_ids:
                    # What Temporal does not take now stays in the outbox.
                    clock = self.house.clock
                    news = News.AGENCY_STATUS
                    only = kept.invoice_ids
                    await drain(self.client, self.database, clock, only=only, news=news)
        except AgencyError as error:
            return poll.model_copy(update={"problem": str(error)})
        return poll

    def _contracts(self, name: str) -> tuple[int, list[int]]:
        """Hear what no callback said of contracts: how much that is, and whose invoices waited.

        The list is short, and read from its beginning each time: so an announcement is heard, too,
        that came before its company was here. Raises `AgencyError`.
        """
        new, waited = 0, set[int]()
        page = self.agencies[name].contracts_since("")
        while page.messages:
            with self.database.transaction() as session:
                unheard = agency_contracts.unheard(session, name, page.messages)
            for message in unheard:
                real_now = datetime.now(UTC)
                now = self.house.clock.now(real_now)
                with self.database.transaction() as session:
                    heard = agency_contracts.hear(
                        session, name, message, now=now, real_now=real_now
                    )
                if heard is not None:
                    new += heard.new
                    waited.update(heard.waited)
            page = self.agencies[name].contracts_since(page.cursor)
        return new, sorted(waited)

    def _page(self, name: str) -> tuple[Kept, int, bool]:
        """The next page, kept: what became of it, its messages, and whether there may be more.

        Raises `AgencyError`.
        """
        with self.database.transaction() as session:
            after = hearing.cursor(session, name, hearing.STATUSES)
        page = self.agencies[name].statuses_since(after)
        now = self.house.clock.now(datetime.now(UTC))
        kept = hearing.keep_page(self.database, name, page.messages, page.cursor, now)
        return kept, len(page.messages), bool(page.messages) and page.cursor != after
