"""What people change on a customer's card, and where it falls after that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from store import agency_line, audit, parties
from store.people import Place
from store.tables import Customer

_PLACED_BY = frozenset({"debtor_class", "country"})
"""What the automation places a customer by."""


def change(
    session: Session,
    place: Place,
    row: Customer,
    said: Mapping[str, Any],
    *,
    actor: str,
    now: datetime,
) -> list[str]:
    """Put what is said on a customer that the caller holds, audited; the columns that changed.

    It counts from the next letter on. One that the automation has placed is placed anew, one that a
    person has placed stays; running invoices keep their rule, and the class that they came with. An
    agency that has a case of the customer's is told. `now`: real time.
    """
    changed = sorted(name for name, value in said.items() if getattr(row, name) != value)
    if not changed:
        return changed
    under = row.rule_id
    for name in changed:
        setattr(row, name, said[name])
    if _PLACED_BY & set(changed) and not row.placed_by:
        parties.place_by_itself(session, row)
    session.add(row)
    session.flush()
    agency_line.customers_changed(session, [row.id])
    moved = {} if row.rule_id == under else {"rule": row.rule_id}
    about = f"customer:{row.id}"
    audit.note(session, now, actor, "customer.changed", about, place, fields=changed, **moved)
    return changed
