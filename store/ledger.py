"""The ledger's rows, and what they come to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col

from domain.ledger import Entry, EntryKind
from store.sets import among
from store.tables import LedgerEntry


def entries(session: Session, invoice_id: int) -> list[Entry]:
    """The invoice's entries, in the order in which they were booked."""
    rows = session.execute(
        sa.select(
            col(LedgerEntry.kind),
            col(LedgerEntry.amount_cents),
            col(LedgerEntry.on),
            col(LedgerEntry.key),
        )
        .where(col(LedgerEntry.invoice_id) == invoice_id)
        .order_by(col(LedgerEntry.id))
    )
    return [Entry(EntryKind(kind), cents, on, key) for kind, cents, on, key in rows]


def entries_of(session: Session, invoice_ids: Collection[int]) -> dict[int, list[Entry]]:
    """The entries of several invoices, each in the order in which they were booked."""
    found: dict[int, list[Entry]] = {invoice_id: [] for invoice_id in invoice_ids}
    rows = session.execute(
        sa.select(
            col(LedgerEntry.invoice_id),
            col(LedgerEntry.kind),
            col(LedgerEntry.amount_cents),
            col(LedgerEntry.on),
            col(LedgerEntry.key),
        )
        .where(among(LedgerEntry.invoice_id, found))
        .order_by(col(LedgerEntry.id))
    )
    for invoice_id, kind, cents, on, key in rows:
        found[invoice_id].append(Entry(EntryKind(kind), cents, on, key))
    return found


def book(
    session: Session,
    invoice_id: int,
    new: Sequence[Entry],
    booked_at: datetime,
    note: str = "",
) -> int:
    """Book entries whose key the invoice does not have yet; how many were new.

    The caller holds the invoice's row.
    """
    values = [
        {
            "invoice_id": invoice_id,
            "kind": entry.kind.value,
            "amount_cents": entry.amount_cents,
            "on": entry.on,
            "booked_at": booked_at,
            "key": entry.key,
            "note": note,
        }
        for entry in new
        if entry.amount_cents > 0
    ]
    if not values:
        return 0
    statement = insert(LedgerEntry).on_conflict_do_nothing().returning(col(LedgerEntry.id))
    return len(session.execute(statement, values).all())
