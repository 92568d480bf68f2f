"""How far the event log can be read by id without leaving anything out.

An event's id is given when it is written, and the event is seen when its transaction commits: of
two transactions the one with the higher ids may commit first, and whoever reads on from there never
sees the other's events. So readers who must see every event stop at the horizon: the id up to which
no transaction is under way that could still commit one.

It is found in two looks. The first one notes the last id that was given, and then the number of the
next transaction. Every event up to that id belongs to a transaction with a lower number (a trigger
sees to it that a transaction has its number first). At a later look, when all transactions below
that number have ended, everything up to the id is there. Within an invoice, whose row is locked
while its events are written, ids come in the order of the log.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

from store.database import Database
from store.tables import EventHorizon

_LAST = text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM event_id_seq")

_SNAPSHOT = text(
    "SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmax(now)::text::bigint"
    " FROM pg_current_snapshot() AS now"
)

# Each value is right for itself, whoever else advances at the same time: what has ended has ended.
_ADVANCE = text(
    """
    UPDATE event_horizon SET
        settled = greatest(
            settled,
            CASE WHEN :xmin = :xmax THEN :last
                 WHEN :xmin >= pending_xmax THEN pending
                 ELSE settled END
        ),
        pending = CASE WHEN :xmin >= pending_xmax THEN :last ELSE pending END,
        pending_xmax = CASE WHEN :xmin >= pending_xmax THEN :xmax ELSE pending_xmax END
    WHERE settled < :last
    """
)


def advance(database: Database) -> int:
    """Move the horizon as far as it goes now; the id up to which every event is there."""
    with database.transaction() as session:
        # In this order, and before anything is written here: the transaction would wait for itself.
        last = session.execute(_LAST).scalar_one()
        xmin, xmax = session.execute(_SNAPSHOT).one()
        if settled(session) < last:
            session.execute(_ADVANCE, {"last": last, "xmin": xmin, "xmax": xmax})
            session.expire_all()
        return settled(session)


def settled(session: Session) -> int:
    """The horizon as it was last moved."""
    return session.get_one(EventHorizon, 1).settled
