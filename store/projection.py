"""What an invoice's log and ledger say, against what its row says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import func
from sqlmodel import Session, col, select

from domain.case import Case
from domain.folding import fold
from domain.law import DebtorClass
from domain.ledger import Entry, EntryKind, Settlement, UnbalancedEntry, settlement
from domain.outcomes import BalanceSeen, Outcome, Recorded
from store import booking
from store.tables import Company, Customer, Event, Invoice, LedgerEntry

_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)


_READ = (
    *(Invoice.id, Invoice.number, Invoice.invoice_date, Invoice.due, Invoice.principal_cents),
    *(Invoice.case_json, Invoice.state, Invoice.collection_status, Invoice.attention),
    *(Invoice.last_event, Invoice.start_pending, Invoice.signal_pending),
)


class LedgerRow(NamedTuple):
    kind: str
    amount_cents: int
    on: date
    key: str
    booked_at: datetime


@dataclass(frozen=True)
class Books:
    """An invoice's row with its log and its ledger, as they were read together."""

    invoice: Any
    """The columns of `_READ`, the company's `business_id`, and `debtor`, the customer's class."""
    events: Sequence[tuple[int, Any]]
    """Number and outcome of each."""
    entries: Sequence[LedgerRow]

    @property
    def workflow_id(self) -> str:
        return f"invoice/{self.invoice.business_id}/{self.invoice.number}"

    def gap(self) -> str:
        """What the log lacks; "" if its numbers run from 1 without gaps."""
        numbers = [seq for seq, _ in self.events]
        if numbers == list(range(1, len(numbers) + 1)):
            return ""
        missing = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
        return f"number {missing[0]} of {max(numbers)} is missing"

    def case(self) -> Case:
        """The fold of the log, from the case that the invoice was registered with.

        Raises `ValidationError` for an entry that cannot be read.
        """
        recorded = (
            Recorded(seq=seq, outcome=_OUTCOME.validate_python(outcome))
            for seq, outcome in self.events
        )
        return fold(self._first(), recorded)

    def lag(self) -> str:
        """How the row differs from what the log says; "" if it does not."""
        row = self.invoice
        try:
            case = self.case()
        except ValidationError:
            return ""
        if row.last_event != case.seen:
            return f"the row knows the log to number {row.last_event}, and it has {case.seen}"
        if self.stored != case:
            return "the case in the row is not what the log says"
        status = case.agency.status if case.agency else None
        shown = (case.state.value, status.value if status else "", case.attention or "")
        if shown != (row.state, row.collection_status, row.attention):
            return "the columns of the row are not what the log says"
        return ""

    @cached_property
    def stored(self) -> Case | None:
        """The case as the row has it; None if it cannot be read."""
        try:
            return Case.model_validate(self.invoice.case_json)
        except ValidationError:
            return None

    def imbalance(self) -> str:
        """Why the ledger does not add up; "" if it does."""
        try:
            _ = self._settlement
        except UnbalancedEntry as error:
            entry = error.entry
            return (
                f"{entry.kind.value} of {entry.amount_cents} cents,"
                f" where {error.available_cents} can be"
            )
        except ValueError:
            return "an entry that is none"
        principal = sum(e.amount_cents for e in self._entries if e.kind is EntryKind.PRINCIPAL)
        if principal != self.invoice.principal_cents:
            return (
                f"it claims {principal} cents of principal,"
                f" and the invoice is {self.invoice.principal_cents}"
            )
        return ""

    def unheard(self) -> str:
        """What of the ledger the case does not know, of an invoice whose procedure goes on and
        that is not to be told of anything; "" if there is nothing."""
        case = self.stored
        if case is None or case.closed or self._in_outbox:
            return ""
        now = BalanceSeen.of(self._entries)
        if now.known_to(case):
            return ""
        return f"{now.open_cents} cents are open, and the case says {case.open_cents}"

    def reopened(self) -> str:
        """What is open of an invoice that was closed as paid and is not to go on; "" if nothing."""
        known = self._settlement
        if self._in_outbox or not booking.reopens(self.invoice.state, known):
            return ""
        return f"{known.uncovered_principal_cents} cents of the principal are open again"

    @property
    def _in_outbox(self) -> bool:
        return bool(self.invoice.signal_pending or self.invoice.start_pending)

    @cached_property
    def _settlement(self) -> Settlement:
        return settlement(self._entries)

    @cached_property
    def _entries(self) -> list[Entry]:
        return [
            Entry(EntryKind(row.kind), row.amount_cents, row.on, row.key) for row in self.entries
        ]

    def _first(self) -> Case:
        """The case that the invoice was registered with."""
        row, stored = self.invoice, self.stored
        return Case(
            invoice_id=row.id,
            company=row.business_id,
            number=row.number,
            # The customer's own class may have been corrected since.
            debtor=stored.debtor if stored else DebtorClass(row.debtor),
            due=row.due,
            invoice_sent_on=row.invoice_date,
            original_cents=row.principal_cents,
            principal_cents=row.principal_cents,
            open_cents=row.principal_cents,
        )


def read(session: Session, *, after: int = 0, limit: int = 500) -> list[Books]:
    """Invoices by their row, those after `after`, with their logs and ledgers; at most `limit`."""
    ids = session.exec(
        select(Invoice.id).where(col(Invoice.id) > after).order_by(col(Invoice.id)).limit(limit)
    ).all()
    return _books(session, ids[0], ids[-1]) if ids else []


def read_locked(session: Session, invoice_id: int) -> Books | None:
    """One invoice, its row locked; None if it is not there."""
    session.exec(select(Invoice.id).where(Invoice.id == invoice_id).with_for_update()).first()
    return next(iter(_books(session, invoice_id, invoice_id)), None)


def count(session: Session) -> int:
    """How many invoices there are."""
    return session.exec(select(func.count()).select_from(Invoice)).one()


def _books(session: Session, first: int, last: int) -> list[Books]:
    # Plain rows: of a million invoices, objects would take most of the time.
    rows = session.execute(
        sa.select(
            *(col(column) for column in _READ),
            col(Company.business_id),
            col(Customer.debtor_class).label("debtor"),
        )
        .join(Company, col(Company.id) == col(Invoice.company_id))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(col(Invoice.id).between(first, last))
        .order_by(col(Invoice.id))
    ).all()
    logs: dict[int, list[tuple[int, Any]]] = {}
    for invoice_id, seq, outcome in session.execute(
        sa.select(col(Event.invoice_id), col(Event.seq), col(Event.outcome))
        .where(col(Event.invoice_id).between(first, last))
        .order_by(col(Event.invoice_id), col(Event.seq))
    ):
        logs.setdefault(invoice_id, []).append((seq, outcome))
    ledgers: dict[int, list[LedgerRow]] = {}
    for invoice_id, *entry in session.execute(
        sa.select(
            *(col(LedgerEntry.invoice_id), col(LedgerEntry.kind), col(LedgerEntry.amount_cents)),
            *(col(LedgerEntry.on), col(LedgerEntry.key), col(LedgerEntry.booked_at)),
        )
        .where(col(LedgerEntry.invoice_id).between(first, last))
        .order_by(col(LedgerEntry.id))
    ):
        ledgers.setdefault(invoice_id, []).append(LedgerRow(*entry))
    return [Books(row, logs.get(row.id, ()), ledgers.get(row.id, ())) for row in rows]
