"""What came of it, counted from the outside: the mailbox, the outbox, Temporal's own list.

The database is asked as well, and the two must agree; but `sent_twice` and `sent_after_payment`
are read off what a debtor would have in hand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar
from temporalio.client import Client

from domain.ledger import settlement
from domain.states import FINAL_STATES
from integrations.bounces import read as read_bounce
from integrations.smtp_catcher import read_deliveries
from store import ledger
from store.tables import BankPayment, Event, Invoice, LedgerEntry, Notice, ServiceCharge

_LETTER = re.compile(r"(?P<kind>courtesy|reminder|notice)-(?P<round>\d+)-(?P<invoice>\d+)-")


@dataclass(frozen=True)
class Letter:
    """A letter in somebody's hand. `at`: the real instant at which it got there."""

    name: str
    kind: str
    invoice_id: int
    channel: str
    at: datetime


def letters_in_hand(mail: Path, bounces: Path, paper: Path, einvoices: Path) -> list[Letter]:
    """Every letter in the mailbox and in the outboxes.

    Repeats of one Message-ID are one letter; one that the mail server gave back is none.
    """
    found = []
    gone = _came_back(bounces)
    for delivery in read_deliveries(mail):
        if not delivery.repeat and delivery.message_id not in gone:
            name = delivery.message_id.strip("<>").partition("@")[0]
            found.append(_letter(name, "email", datetime.fromisoformat(delivery.time)))
    for channel, outbox, kind in (("paper", paper, "pdf"), ("einvoice", einvoices, "xml")):
        for file in sorted(outbox.glob(f"*/*.{kind}")):
            at = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            found.append(_letter(file.stem, channel, at))
    return found


def bounces_waiting(bounces: Path) -> bool:
    """Whether the mail server has given something back that nobody has looked at."""
    return any(bounces.glob("*.eml"))


def _came_back(bounces: Path) -> set[str]:
    """The Message-IDs of what the mail server gave back."""
    reports = [read_bounce(path.read_bytes()) for path in bounces.rglob("*.eml")]
    return {report.message_id for report in reports if report is not None}


def _letter(name: str, channel: str, at: datetime) -> Letter:
    parts = _LETTER.match(name)
    if parts is None:
        raise ValueError(f"the letter {name} names no invoice")
    return Letter(name, parts["kind"], int(parts["invoice"]), channel, at)


def unaccounted(letters: list[Letter], books: Books) -> list[str]:
    """Letters that somebody has and the books don't know, and those that nobody has got."""
    in_hand = {letter.name for letter in letters}
    return sorted((in_hand - books.letters_cut_off) ^ books.letters_sent)


def sent_twice(letters: list[Letter]) -> int:
    """Letters beyond the first of the same kind to the same invoice."""
    counts = Counter((letter.invoice_id, letter.kind) for letter in letters)
    return sum(count - 1 for count in counts.values())


def sent_after_payment(letters: list[Letter], paid: Mapping[int, datetime]) -> int:
    """Letters that got there after the payment in full was booked (`paid`: real instants)."""
    return sum(
        letter.invoice_id in paid and letter.at > paid[letter.invoice_id] for letter in letters
    )


async def workflows_failed(client: Client) -> int:
    """Workflows that Temporal lists as failed, timed out or terminated."""
    query = "ExecutionStatus IN ('Failed', 'TimedOut', 'Terminated')"
    return (await client.count_workflows(query)).count


@dataclass(frozen=True)
class Books:
    """What the database says. Sums in cents."""

    states: dict[str, int]
    collection: dict[str, int]
    attention: int
    fees_cents: int
    interest_cents: int
    service_cents: int
    payments: int
    payments_cents: int
    letters_sent: frozenset[str]
    """By name."""
    letters_cut_off: frozenset[str]
    """By name: taken back after an attempt was cut off, so the debtor may have them or not."""
    letters_rerouted: int
    letters_waited_for_bank: int
    """That left once a fresh file of the bank's had been read."""
    unbalanced: int


def books(session: Session) -> Books:
    """Sum the tables, and balance every invoice's ledger."""
    sums = dict(
        session.exec(
            select(LedgerEntry.kind, func.sum(LedgerEntry.amount_cents)).group_by(LedgerEntry.kind)
        ).all()
    )
    payments = session.exec(
        select(func.count(), func.coalesce(func.sum(BankPayment.amount_cents), 0)).where(
            col(BankPayment.open_cents) != col(BankPayment.amount_cents)
        )
    ).one()
    ids = session.exec(select(Invoice.id)).all()
    return Books(
        states=_counted(session, col(Invoice.state)),
        collection=_counted(session, col(Invoice.collection_status)),
        attention=session.exec(select(func.count()).where(Invoice.attention != "")).one(),
        fees_cents=int(sums.get("fee", 0)) - int(sums.get("fee_waived", 0)),
        interest_cents=int(sums.get("interest", 0)) - int(sums.get("interest_waived", 0)),
        service_cents=int(
            session.exec(select(func.coalesce(func.sum(ServiceCharge.amount_cents), 0))).one()
        ),
        payments=payments[0],
        payments_cents=int(payments[1]),
        letters_sent=_named(session, col(Notice.status) == "sent"),
        letters_cut_off=_named(
            session, (col(Notice.status) == "withdrawn") & col(Notice.content).is_not(None)
        ),
        letters_rerouted=session.exec(
            select(func.count()).where(Event.kind == "letter_rerouted")
        ).one(),
        letters_waited_for_bank=session.exec(_waited_for_bank()).one(),
        unbalanced=sum(not _balanced(session, invoice_id) for invoice_id in ids),
    )


def _named(session: Session, which: ColumnElement[bool]) -> frozenset[str]:
    return frozenset(session.exec(select(Notice.message_id).where(which)))


def _waited_for_bank() -> SelectOfScalar[int]:
    """Waits for the bank that ended with a file, and then a letter."""
    read, released = aliased(Event), aliased(Event)
    return (
        select(func.count())
        .select_from(Event)
        .join(read, _later(read, 1))
        .join(released, _later(released, 2))
        .where(
            Event.kind == "feed_awaited",
            read.kind == "feed_read",
            released.kind == "letter_released",
        )
    )


def _later(entry: type[Event], places: int) -> ColumnElement[bool]:
    """The entry stands so many places later in the same invoice's log."""
    same = col(entry.invoice_id) == col(Event.invoice_id)
    return same & (col(entry.seq) == col(Event.seq) + places)


def letters_under_way(session: Session) -> bool:
    """Whether a letter has been released and has not left yet, or came back and is to go on."""
    open_ = col(Invoice.state).not_in(FINAL_STATES)
    waiting = col(Notice.status).in_(["released", "sending"])
    bounced = (col(Notice.status) == "bounced") & open_ & col(Invoice.held).is_(False)
    found = session.exec(
        select(Notice.id)
        .join(Invoice, col(Invoice.id) == Notice.invoice_id)
        .where(waiting | bounced)
    )
    return found.first() is not None


def _counted(session: Session, column: object) -> dict[str, int]:
    rows = session.exec(
        select(column, func.count()).where(column != "").group_by(column)  # type: ignore[call-overload]
    )
    return dict(rows.all())


def _balanced(session: Session, invoice_id: int) -> bool:
    """Whether every cent that was claimed or paid is somewhere, once."""
    entries = ledger.entries(session, invoice_id)
    by_kind: Counter[str] = Counter()
    for entry in entries:
        by_kind[entry.kind.value] += entry.amount_cents
    now = settlement(entries)
    forgiven = now.forgiven_principal_cents + now.forgiven_interest_cents + now.forgiven_fees_cents
    claimed = by_kind["principal"] + by_kind["interest"] + by_kind["fee"]
    money = by_kind["payment"] - by_kind["payment_reversed"] - by_kind["overpayment_refunded"]
    taken_off = (
        by_kind["credit"]
        + by_kind["fee_waived"]
        + by_kind["interest_waived"]
        + by_kind["write_off"]
    )
    return (
        claimed == now.balance.open_cents + now.paid_cents + forgiven
        and money + taken_off == now.paid_cents + now.balance.overpaid_cents + forgiven
    )
