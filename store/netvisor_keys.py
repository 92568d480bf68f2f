"""The keys that programs sign with as Netvisor's clients do, and the requests that were let in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from store.people import Place
from store.tables import Company, NetvisorKey, NetvisorRequest

KEPT = timedelta(days=7)
"""How long a request is remembered: far longer than its time stamp is good for."""

_SEEN_EVERY = timedelta(minutes=1)
_SWEPT = 20
"""Old requests deleted at each new one."""


def of_customer_id(session: Session, customer_id: str) -> NetvisorKey | None:
    """The key that goes by this id and has not been revoked."""
    row = session.exec(select(NetvisorKey).where(NetvisorKey.customer_id == customer_id)).first()
    return None if row is None or row.revoked_at is not None else row


def company_of(session: Session, key: NetvisorKey, business_id: str) -> Company | None:
    """The company of this business id, if the key may speak for it."""
    company = session.exec(select(Company).where(Company.business_id == business_id)).first()
    if company is None:
        return None
    if key.company_id is not None:
        return company if company.id == key.company_id else None
    return company if company.firm_id == key.firm_id else None


def note_request(session: Session, key: NetvisorKey, transaction_id: str, now: datetime) -> bool:
    """Remember a request; False if it was let in before."""
    fresh = session.execute(
        insert(NetvisorRequest)
        .values(key_id=key.id, transaction_id=transaction_id, at=now)
        .on_conflict_do_nothing()
        .returning(col(NetvisorRequest.id))
    ).scalar()
    if fresh is None:
        return False
    if key.last_used_at is None or now - key.last_used_at >= _SEEN_EVERY:
        session.execute(
            update(NetvisorKey).where(col(NetvisorKey.id) == key.id).values(last_used_at=now)
        )
    old = (
        select(NetvisorRequest.id)
        .where(col(NetvisorRequest.at) < now - KEPT)
        .limit(_SWEPT)
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(NetvisorRequest).where(col(NetvisorRequest.id).in_(old)))
    return True


def add(session: Session, place: Place, row: NetvisorKey) -> NetvisorKey:
    """A new key of a company or a firm."""
    row.company_id = place.company_id
    row.firm_id = place.firm_id if place.company_id is None else None
    session.add(row)
    session.flush()
    return row


def keys(session: Session, place: Place) -> Sequence[NetvisorKey]:
    """The place's own keys, the revoked ones too, in the order of their rows."""
    return session.exec(select(NetvisorKey).where(_of(place)).order_by(col(NetvisorKey.id))).all()


def key(session: Session, place: Place, key_id: int) -> NetvisorKey | None:
    """One of the place's own keys, held still until the transaction ends."""
    query = select(NetvisorKey).where(NetvisorKey.id == key_id, _of(place)).with_for_update()
    return session.exec(query).first()


def _of(place: Place) -> bool:
    if place.company_id is not None:
        return NetvisorKey.company_id == place.company_id
    return NetvisorKey.firm_id == place.firm_id
