"""What a company says of itself: how its letters' senders are written to and called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from store import audit
from store.people import Place
from store.tables import Company

FIELDS = ("street", "postcode", "city", "email", "phone")
"""What a person may change. Name, business id and accounts come with the invoices."""


def change(
    session: Session, place: Place, said: Mapping[str, str], *, actor: str, now: datetime
) -> Company:
    """Change some of `FIELDS`, audited by name. Letters written from now on say it."""
    company = session.get_one(Company, place.company_id, with_for_update={"key_share": True})
    changed = [name for name in FIELDS if name in said and getattr(company, name) != said[name]]
    for name in changed:
        setattr(company, name, said[name])
    if changed:
        session.add(company)
        about = f"company:{company.business_id}"
        audit.note(session, now, actor, "company.changed", about, place, fields=changed)
    return company
