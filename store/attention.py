"""What of a company's needs a person, by kind, with the first few of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import Session, col

from domain.agency import CREDIT_LOSSES
from domain.states import InvoiceState
from store import bank_feed, payment_list, sums
from store.scope import Scope
from store.tables import BankPayment, CompanyAccount, Customer, Event, FileImport, Invoice

SHOWN = 3
"""Of each kind."""

MOST = 1_000
"""Counted of each kind; more are said to be more."""


class Need(StrEnum):
    """Why something needs a person."""

    DELIVERY = "delivery"
    """A letter that could not be delivered."""
    HAND_OVER = "hand_over"
    """The agency did not take an invoice, or it cannot be handed over."""
    MESSAGE = "message"
    """The agency did not take a message."""
    CREDIT_LOSS = "credit_loss"
    """Luottotappioehdotus: the agency gave up, and a person decides."""
    OTHER = "other"
    APPROVAL = "approval"
    """A letter or a hand-over that waits for somebody to approve it."""
    PAYMENT = "payment"
    """A payment that is nobody's for certain (kohdistamaton suoritus)."""
    BANK = "bank"
    """The bank's word is too old for letters to leave."""
    RECORD = "record"
    """Records of a file that did not go in."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing. `id`: the row of the invoice, the payment or the import; `name`: its number, the
    account or the file; `who`: a customer or a payer; `why`: in words."""

    id: int
    name: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Needed:
    """One kind: how many, `more` if that is not all, and the first few."""

    need: Need
    count: int
    first: tuple[Item, ...]
    more: bool = False


def needed(session: Session, scope: Scope, now: datetime) -> list[Needed]:
    """All kinds of which there is something, in the order of `Need`. `now`: business time.

    Of somebody who sees his or her own invoices alone: what concerns those.
    """
    found = [*_invoices(session, scope), *_approvals(session, scope)]
    if scope.owner is None:
        found += [*_payments(session, scope), *_banks(session, scope, now)]
        found += _records(session, scope)
    order = tuple(Need)
    return sorted(found, key=lambda one: order.index(one.need))


_BY_EVENT = {
    "letter_withdrawn": Need.DELIVERY,
    "hand_over_refused": Need.HAND_OVER,
    "agency_message_refused": Need.MESSAGE,
}


def _invoices(session: Session, scope: Scope) -> Iterable[Needed]:
    """By what it was that asked for a person last."""
    asked = (
        sa.select(col(Event.kind))
        .where(
            col(Event.invoice_id) == col(Invoice.id),
            col(Event.kind).in_([*_BY_EVENT, "attention_needed"]),
        )
        .order_by(col(Event.seq).desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        sa.select(
            *(col(Invoice.id), col(Invoice.number), col(Customer.name), col(Invoice.attention)),
            *(asked, col(Invoice.state), col(Invoice.collection_status)),
        )
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(scope.invoices(), col(Invoice.attention) != sa.literal_column("''"))
        .order_by(col(Invoice.due), col(Invoice.id))
        .limit(MOST + 1)
    )
    rows = session.execute(query).all()
    items: dict[Need, list[Item]] = {}
    for invoice_id, number, who, why, kind, state, status in rows[:MOST]:
        need = _BY_EVENT.get(kind or "", Need.OTHER)
        if state == InvoiceState.IN_COLLECTION and status in CREDIT_LOSSES:
            need = Need.CREDIT_LOSS
        items.setdefault(need, []).append(Item(invoice_id, number, who, why))
    more = len(rows) > MOST
    return [Needed(need, len(all_), tuple(all_[:SHOWN]), more) for need, all_ in items.items()]


def _approvals(session: Session, scope: Scope) -> Iterable[Needed]:
    count = sum(one.approval for one in sums.by_state(session, scope))
    if not count:
        return
    query = (
        sa.select(
            *(col(Invoice.id), col(Invoice.number), col(Customer.name)),
            col(Invoice.next_step_why),
        )
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(scope.invoices(), col(Invoice.next_step) == sa.literal_column("'approve'"))
        .order_by(col(Invoice.due), col(Invoice.id))
        .limit(SHOWN)
    )
    first = tuple(Item(*row) for row in session.execute(query))
    yield Needed(Need.APPROVAL, count, first)


def _payments(session: Session, scope: Scope) -> Iterable[Needed]:
    count = payment_list.count_waiting(session, scope, MOST + 1)
    if count:
        rows: list[BankPayment] = payment_list.page(session, scope, waiting=True, limit=SHOWN)
        first = tuple(
            Item(row.id, row.reference or row.message, row.payer, row.problem) for row in rows
        )
        yield Needed(Need.PAYMENT, min(count, MOST), first, count > MOST)


def _banks(session: Session, scope: Scope, now: datetime) -> Iterable[Needed]:
    accounts = session.execute(
        sa.select(
            col(CompanyAccount.id), col(CompanyAccount.company_id), col(CompanyAccount.iban)
        ).where(scope.companies(CompanyAccount.company_id))
    )
    stale = [
        Item(account_id, iban, "", why)
        for account_id, company_id, iban in accounts
        if (why := bank_feed.of(session, company_id, iban).stale(now))
    ]
    if stale:
        yield Needed(Need.BANK, len(stale), tuple(stale[:SHOWN]))


def _records(session: Session, scope: Scope) -> Iterable[Needed]:
    rows = session.execute(
        sa.select(col(FileImport.id), col(FileImport.name), col(FileImport.bad))
        .where(scope.companies(FileImport.company_id), col(FileImport.bad) > 0)
        .order_by(col(FileImport.id).desc())
        .limit(MOST)
    ).all()
    if rows:
        first = tuple(Item(row[0], row[1], "", str(row[2])) for row in rows[:SHOWN])
        yield Needed(Need.RECORD, sum(row[2] for row in rows), first)
