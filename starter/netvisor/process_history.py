"""An invoice's process history: what became of it, who did it, and by which channel."""

from __future__ import annotations

from lxml import etree
from sqlmodel import Session, col, select

from starter import timeline
from starter.netvisor.envelope import element, group, stamp
from starter.netvisor.words import Language, material
from store.tables import Event

_QUIET = "balance_seen"
"""What the procedure notes for itself."""


def of(session: Session, invoice_id: int, language: Language) -> etree._Element:
    """The invoice's event log, the oldest first."""
    rows = session.exec(
        select(Event)
        .where(Event.invoice_id == invoice_id, Event.kind != _QUIET)
        .order_by(col(Event.seq))
    )
    return group("ProcessHistory", *(_line(row, language) for row in rows))


def _line(row: Event, language: Language) -> etree._Element:
    letter = row.outcome.get("letter") or {}
    channel = letter.get("channel") or row.outcome.get("channel") or ""
    why = f" ({row.reason})" if row.reason else ""
    return group(
        "ProcessHistoryLine",
        element("ProcessedTimeStamp", stamp(row.at)),
        element("MaterialTypeName", material(letter.get("kind") or row.kind, language)),
        element("UserName", row.actor),
        element("ProcessChannelName", channel),
        element("ProcessStatus", f"{timeline.said_of(row)}{why}"),
    )
