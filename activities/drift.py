"""The activity that sets our books beside the agencies'."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio import activity

from activities.desk import House
from domain.agency import CaseBalance
from domain.calendar import FINLAND
from domain.drift import CaseDrift, compare
from integrations.agency import AgencyClient, AgencyError
from store import drift
from store.database import Database
from workflows.settlements_contract import COMPARE_BALANCES, DriftFound, DriftOf

log = logging.getLogger("karhu.agency")


@dataclass(frozen=True, slots=True)
class Compared:
    """A company's cases at one agency, compared; by its business id."""

    company: str
    agency: str
    cases: Sequence[CaseDrift]

    @property
    def differing(self) -> list[CaseDrift]:
        return [case for case in self.cases if case.differences]


def compare_with(
    database: Database,
    agency: str,
    client: AgencyClient,
    *,
    now: datetime,
    only: str | None = None,
    beat: Callable[[], None] = lambda: None,
) -> Iterator[Compared]:
    """Compare every company's cases with the agency's books, and keep what differs, as today's.

    `only`: this company's alone, by its business id. Raises `AgencyError`.
    """
    # Read before our own side: what has come since is a difference that passes by itself.
    theirs = list(_balances(client, beat))
    with database.transaction() as session:
        companies = drift.companies(session, agency)
    by_company: dict[str, list[CaseBalance]] = {business_id: [] for business_id in companies}
    for case in theirs:
        owner = case.case_reference.partition("/")[0]
        if owner in by_company:
            by_company[owner].append(case)
        else:
            log.warning("%s lists a case of no company here: %s", agency, case.case_reference)
    today = FINLAND.local_date(now)
    for business_id, cases in by_company.items():
        if only not in {None, business_id}:
            continue
        company_id = companies[business_id]
        beat()
        with database.transaction() as session:
            found = compare(drift.our_cases(session, company_id, agency), cases, today)
            drift.keep(session, company_id, agency, found, on=today, now=now)
        yield Compared(business_id, agency, found)


def _balances(client: AgencyClient, beat: Callable[[], None]) -> Iterator[CaseBalance]:
    cursor = ""
    while (page := client.balances_since(cursor)).cases:
        yield from page.cases
        if page.cursor == cursor:
            return
        cursor = page.cursor
        beat()


@dataclass(frozen=True)
class CompareBalances:
    """Compares with every agency. `agencies`: by their names."""

    database: Database
    house: House
    agencies: Mapping[str, AgencyClient]
    beat: Callable[[], None] = activity.heartbeat

    @activity.defn(name=COMPARE_BALANCES)
    def __call__(self) -> DriftFound:
        """With each to the end; one that cannot be read keeps none waiting."""
        return DriftFound(agencies=tuple(self._compare(name) for name in self.agencies))

    def _compare(self, name: str) -> DriftOf:
        found = DriftOf(agency=name)
        now = self.house.clock.now(datetime.now(UTC))
        try:
            for one in compare_with(
                self.database, name, self.agencies[name], now=now, beat=self.beat
            ):
                found = found.model_copy(
                    update={
                        "companies": found.companies + 1,
                        "cases": found.cases + len(one.cases),
                        "differing": found.differing + len(one.differing),
                    }
                )
        except AgencyError as error:
            return found.model_copy(update={"problem": str(error)})
        return found
