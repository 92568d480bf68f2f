"""Whoever reads the event log by id leaves nothing out, whatever is committed when."""

import random

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from activities.desk import Desk, House
from domain.clock import REAL_TIME
from store import booking, event_feed
from store.database import Database
from store.tables import Event, Invoice
from tests.books import MONDAY
from tests.happening import HELD, happen, invoice_of, write
from tests.starter.office import new_business_id

HOUSE = House(REAL_TIME)


def hold(session: Session, invoice: Invoice) -> int:
    """An event that is written and not committed; its id."""
    write(Desk(session, HOUSE, booking.lock(session, invoice.id), MONDAY), HELD)
    query = select(Event.id).where(Event.invoice_id == invoice.id).order_by(col(Event.id).desc())
    found = session.exec(query).first()
    assert found is not None
    return found


def test_the_horizon_waits_for_whoever_has_an_id_and_is_not_seen_yet(database: Database) -> None:
    one, two = (invoice_of(database, new_business_id()) for _ in range(2))
    (before,) = happen(database, one, HELD)
    assert event_feed.advance(database) == before
    with database.transaction() as session:
        hidden = hold(session, one)
        (overtaking,) = happen(database, two, HELD)
        assert hidden < overtaking
        for _ in range(3):
            assert event_feed.advance(database) < hidden
    assert event_feed.advance(database) >= hidden
    assert event_feed.advance(database) == overtaking


def test_what_is_rolled_back_is_not_waited_for(database: Database) -> None:
    invoice = invoice_of(database, new_business_id())
    with Session(database.engine) as session:
        hold(session, invoice)
        session.rollback()
    (there,) = happen(database, invoice, HELD)
    assert event_feed.advance(database) == there


def test_it_gets_on_although_something_is_always_under_way(database: Database) -> None:
    free = [invoice_of(database, new_business_id()) for _ in range(4)]
    event_feed.advance(database)
    open_ones: list[tuple[Session, Invoice]] = []
    seen: list[int] = []
    written: list[int] = []
    chance = random.Random(5)
    position = event_feed.advance(database)
    # Each transaction ends after another one has begun: there is no moment without any.
    for _ in range(30):
        session = Session(database.engine)
        session.begin()
        invoice = free.pop()
        written.append(hold(session, invoice))
        open_ones.append((session, invoice))
        if len(open_ones) > 2:
            done, invoice = open_ones.pop(chance.randrange(2))
            free.append(invoice)
            done.commit()
            done.close()
        horizon = event_feed.advance(database)
        with database.transaction() as reading:
            query = select(Event.id).where(col(Event.id) > position, col(Event.id) <= horizon)
            seen += sorted(reading.exec(query))
        position = horizon
    assert len(seen) > 10
    for session, _ in open_ones:
        session.commit()
        session.close()
    horizon = event_feed.advance(database)
    with database.transaction() as reading:
        query = select(Event.id).where(col(Event.id) > position, col(Event.id) <= horizon)
        seen += sorted(reading.exec(query))
    assert seen == sorted(written)


@pytest.mark.parametrize(
    "change", ["UPDATE event SET actor = 'x'", "DELETE FROM event", "TRUNCATE event CASCADE"]
)
def test_the_log_is_append_only(database: Database, change: str) -> None:
    happen(database, invoice_of(database, new_business_id()), HELD)
    with pytest.raises(DBAPIError, match="append-only"), database.transaction() as session:
        session.execute(text(change))
