"""A company's agency service, set by hand: what was agreed, and how it is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session

from domain.agency import AgencyService
from domain.agency.contract import AGENCIES, INTRUM, title
from domain.calendar import FINLAND
from domain.clock import Clock
from domain.states import InvoiceState
from starter.people import NotDone
from store import agency_contracts
from store.agency_contracts import Changed
from store.tables import AgencyContract, Company


@dataclass(frozen=True, slots=True)
class Terms:
    """A contract as a person writes it down. `in_force_from` None: as it was, or today."""

    number: str
    services: Sequence[AgencyService]
    agency: str = INTRUM
    in_force_from: date | None = None
    ended_on: date | None = None
    from_state: InvoiceState = InvoiceState.NOTIFIED
    automatic: bool = True
    default_contact: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """What there is. `in_effect`: the agency that invoices go to today, "" for none; `waiting`: how
    many invoices wait for a contract or for other settings."""

    in_effect: str
    waiting: int
    contracts: Sequence[AgencyContract]

    @property
    def version(self) -> int:
        """Grows with each change of any of the contracts."""
        return sum(row.version for row in self.contracts)


def shown(session: Session, company_id: int, clock: Clock) -> Shown:
    """The company's contracts and who waits for them."""
    today = FINLAND.local_date(clock.now(datetime.now(UTC)))
    best = agency_contracts.shown(session, company_id, today)
    known = agency_contracts.of(session, company_id)
    there = best is not None and any(
        one.agency == best.agency and one.in_force(today) for one in known
    )
    return Shown(
        in_effect=best.agency if there and best else "",
        waiting=agency_contracts.waiting(session, company_id),
        contracts=agency_contracts.rows(session, company_id),
    )


def put(session: Session, company: Company, terms: Terms, *, by: str, clock: Clock) -> Changed:
    """Write a contract and its settings down, in place of what there was with the same agency; the
    invoices that waited are in the outbox, to be told. Raises `NotDone`."""
    real_now = datetime.now(UTC)
    now = clock.now(real_now)
    row = agency_contracts.of_agency(session, company.id, terms.agency)
    since = terms.in_force_from or (row.in_force_from if row else FINLAND.local_date(now))
    _check(terms, since)
    new: dict[str, Any] = {
        "number": terms.number,
        "services": [one.value for one in AgencyService if one in terms.services],
        "in_force_from": since,
        "ended_on": terms.ended_on,
        "from_state": terms.from_state.value,
        "automatic": terms.automatic,
        "default_contact": terms.default_contact,
    }
    return agency_contracts.put(
        session, company, terms.agency, new, by=by, now=now, real_now=real_now
    )


def switch_off(
    session: Session, company: Company, agency: str, *, by: str, clock: Clock
) -> Changed:
    """End the contract today: nothing more goes there. What is there stays. Raises `NotDone`."""
    real_now = datetime.now(UTC)
    now = clock.now(real_now)
    there(session, company, agency)
    new = {"ended_on": FINLAND.local_date(now)}
    return agency_contracts.put(session, company, agency, new, by=by, now=now, real_now=real_now)


def there(session: Session, company: Company, agency: str) -> AgencyContract:
    """The company's contract with an agency. Raises `NotDone` if there is none."""
    row = agency_contracts.of_agency(session, company.id, agency)
    if row is None:
        raise NotDone(
            f"company {company.business_id} has no contract with {title(agency)}",
            "give the contract's number and the services that were bought: karhu agency on, or PUT"
            " the company's agency",
        )
    return row


def _check(terms: Terms, since: date) -> None:
    if terms.agency not in AGENCIES:
        raise NotDone(
            f"no agency is called {terms.agency!r} here", f"choose among {', '.join(AGENCIES)}"
        )
    if AgencyService.COLLECTION not in terms.services:
        raise NotDone(
            "the reminder service is not sold without collection",
            "say that reminder and collection were bought, or collection alone",
        )
    if terms.ended_on is not None and terms.ended_on < since:
        raise NotDone(
            f"the contract would end on {terms.ended_on}, before it is in force from {since}",
            "give a later end, or none",
        )
