"""What the companies' users do about the automation: rules of their own, the switch, approvals."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import date

from sqlmodel import Session, col, select
from temporalio.client import Client

from domain import requests
from domain.agency import AgencyService
from domain.clock import Clock
from domain.requests import Refused
from domain.rule import CourtesyTerms, Rule, Sending
from domain.states import Running
from domain.steps import StepKind
from starter import agency
from starter import rules as service
from starter.automation import Preview, preview, switch_on
from starter.by_hand import FinishedError, NoAnswerError, ask
from starter.demo.world import accounts
from starter.replanning import Replannings
from store import rules
from store.database import Database
from store.tables import Company, Invoice, Replanning

USER = "main user"

_CONTRACT = agency.Terms(
    number="karhu-demo",
    services=(AgencyService.COLLECTION,),
    default_contact=True,
)
"""What each company has agreed on with the agency."""

_APPROVES_ON = frozenset({0, 3})
"""Weekdays on which somebody looks at the letters for approval: Mondays and Thursdays."""


def _own(place: int, rule: Rule) -> Rule | None:
    """The first company is friendly to consumers first; the second looks at its letters to
    businesses before they leave."""
    if (place, rule.name) == (0, "Consumers"):
        return rule.model_copy(update={"courtesy": CourtesyTerms(days=3)})
    if (place, rule.name) == (1, "Businesses"):
        return rule.model_copy(update={"sending": Sending.ON_APPROVAL})
    return None


@dataclass
class Users:
    """The people of the demonstration's companies. `approved`: letters that they let go."""

    database: Database
    client: Client
    clock: Clock
    previews: dict[str, Preview] = field(default_factory=dict)
    """What each company saw before it switched the automation on."""
    approved: int = 0

    async def begin(self) -> list[str]:
        """Of companies that are new: save their rules for the invoices that are there, look at the
        preview and switch the automation on; their business ids."""
        begun, replannings = await asyncio.to_thread(self._begin)
        moving = Replannings(self.database, self.client)
        for row in replannings:
            await moving.start(row)
        return begun

    def _begin(self) -> tuple[list[str], list[Replanning]]:
        begun, replannings = [], []
        with self.database.transaction() as session:
            query = select(Company).where(col(Company.automation).is_(False))
            for company in session.exec(query).all():
                agency.put(session, company, _CONTRACT, by=USER, clock=self.clock)
                replannings += self._save(session, company)
                seen = preview(session, company, self.clock)
                asked = switch_on(session, company, by=USER, clock=self.clock, confirmed_cost=True)
                replannings += [asked] if asked else []
                self.previews[company.business_id] = seen
                begun.append(company.business_id)
        return begun, replannings

    def _save(self, session: Session, company: Company) -> list[Replanning]:
        place = [owner for owner, _ in accounts()].index(company.business_id)
        wanted = [
            own
            for saved in rules.newest_of_company(session, company.id)
            if (own := _own(place, saved.terms)) is not None
        ]
        saved = [
            service.save(
                session, company, rule, by=USER, clock=self.clock, running=Running.MOVE
            ).replanning
            for rule in wanted
        ]
        return [row for row in saved if row is not None]

    async def approve(self, day: date) -> None:
        """Let the letters go that wait for approval, on some days of the week."""
        if day.weekday() not in _APPROVES_ON:
            return
        with self.database.transaction() as session:
            waiting = session.exec(
                select(Company.business_id, Invoice.number)
                .join(Invoice, col(Invoice.company_id) == Company.id)
                .where(Invoice.next_step == StepKind.APPROVE.value)
            ).all()
        for company, number in waiting:
            request = requests.SendNow(actor=USER, key=f"approved/{day}")
            try:
                await ask(self.client, company, number, request)
            except (Refused, FinishedError, NoAnswerError):
                # Paid meanwhile, or the day's bank file is not read yet, or a worker is away.
                continue
            self.approved += 1
