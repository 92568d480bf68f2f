"""How far the event log can be read by id without leaving anything out.

An event's id is given when it is written, and the event is seen when its transaction commits: of
two transactions the one with the higher ids may commit first, and whoever reads on from there never
sees the other's events. So readers who must see every event stop at the horizon: the id up to which
no transaction is under way that could still commit one.

It is found in two looks. The first one notes the last id that was given, and takes a transaction's
number then. Every event up to that id belongs to a transaction with a lower number (a trigger sees
to it that a transaction has its number first). Once all transactions below that number have ended,
at that look or a later one, everything up to the id is there. Within an invoice, whose row is
locked while its events are written, ids come in the order of the log.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

from store.database import Database
from store.tables import EventHorizon

_LAST = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM event_id_seq")

# Not the snapshot's xmax: transactions with higher numbers may be under way already.
_OURS = text("SELECT pg_current_xact_id()::text::bigint")

_ENDED_BELOW = text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")

# Each value is right for itself, whoever else advances at the same time: what has ended has ended.
_ADVANCE = text(
    """
    UPDATE event_horizon SET
        settled = greatest(
            settled,
            CASE WHEN :ended_below >= :ours THEN :last
                 WHEN :ended_below >= pending_below THEN pending
                 ELSE settled END
        ),
        pending = CASE WHEN :ended_below >= pending_below THEN :last ELSE pending END,
        pending_below = CASE WHEN :ended_below >= pending_below THEN :ours ELSE pending_below END
    WHERE settled < :last
    """
)


def advance(database: Database) -> int:
    """Move the horizon as far as it goes now; the id up to which every event is there."""
    with database.transaction() as session:
        last = session.execute(_LAST).scalar_one()
        if settled(session) < last:
            # In this order: whoever was given an id by then has a lower number than ours.
            ours = session.execute(_OURS).scalar_one()
            ended_below = session.execute(_ENDED_BELOW).scalar_one()
            session.execute(_ADVANCE, {"last": last, "ours": ours, "ended_below": ended_below})
            session.expire_all()
        return settled(session)


def settled(session: Session) -> int:
    """The horizon as it was last moved."""
    return session.get_one(EventHorizon, 1).settled
