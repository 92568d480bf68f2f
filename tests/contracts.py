"""A company's contract with the agency, as tests want it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from domain.agency import AgencyService
from store import agency_contracts
from store.tables import Company

BOTH = (AgencyService.REMINDER, AgencyService.COLLECTION)


def put_contract(
    session: Session,
    company: Company,
    now: datetime,
    *,
    number: str,
    services: Sequence[AgencyService] = (AgencyService.COLLECTION,),
    **more: Any,
) -> tuple[int, ...]:
    """Sign for the company; the invoices that waited for it."""
    new = {
        "number": number,
        "services": [service.value for service in services],
        "in_force_from": date(2026, 1, 1),
        "ended_on": None,
        "default_contact": True,
        **more,
    }
    changed = agency_contracts.put(
        session, company, "intrum", new, by="test", now=now, real_now=now
    )
    return changed.waited
