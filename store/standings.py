"""Where each of an accounting firm's companies needs somebody: one statement for each kind, however
many companies there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.states import InvoiceState
from store import bank_feed, payment_list, sums
from store.scope import Scope
from store.tables import Company, FileImport

_LATE = frozenset(
    {
        *(InvoiceState.OVERDUE, InvoiceState.REMINDED),
        *(InvoiceState.NOTIFIED, InvoiceState.IN_COLLECTION),
    }
)


@dataclass(frozen=True, slots=True)
class Standing:
    """One company. Amounts in cents.

    `attention`, `approvals`: invoices that need a person, or whose letter or hand-over waits for
    one; `payments`: in the queue; `rejected`: records of files; `stale`: why letters wait for the
    bank, an account each.
    """

    business_id: str
    name: str
    automation: bool
    open_cents: int
    late: int
    late_cents: int
    attention: int
    approvals: int
    payments: int
    rejected: int
    stale: tuple[str, ...]

    @property
    def needs(self) -> int:
        """How many things somebody has to look at."""
        waiting = self.attention + self.approvals + self.payments + self.rejected
        return waiting + len(self.stale)


def of(session: Session, companies: Sequence[Company], now: datetime) -> list[Standing]:
    """The companies' standings, in the order given. `now`: business time."""
    ids = [company.id for company in companies]
    states = sums.by_company(session, Scope(frozenset(ids)))
    payments = payment_list.waiting_by_company(session, ids)
    stale = bank_feed.stale_accounts(session, ids, now)
    rejected = _rejected(session, ids)
    found = []
    for company in companies:
        own = states.get(company.id, [])
        late = [one for one in own if one.state in _LATE]
        found.append(
            Standing(
                business_id=company.business_id,
                name=company.name,
                automation=company.automation,
                open_cents=sum(one.open_cents for one in [*late, *_open(own)]),
                late=sum(one.invoices for one in late),
                late_cents=sum(one.open_cents for one in late),
                attention=sum(one.attention for one in own),
                approvals=sum(one.approval for one in own),
                payments=payments.get(company.id, 0),
                rejected=rejected.get(company.id, 0),
                stale=tuple(stale.get(company.id, ())),
            )
        )
    return found


def _open(own: Sequence[sums.StateSum]) -> list[sums.StateSum]:
    return [one for one in own if one.state is InvoiceState.OPEN]


def _rejected(session: Session, ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        sa.select(col(FileImport.company_id), sa.func.sum(col(FileImport.bad)))
        .where(col(FileImport.company_id).in_(ids), col(FileImport.bad) > 0)
        .group_by(col(FileImport.company_id))
    )
    return {company_id: int(count) for company_id, count in rows}
