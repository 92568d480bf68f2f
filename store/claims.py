"""Settlements whose money came case by case, or was entered by hand: which line names which."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from domain.agency_money import Unclaimed, claims_beyond, covering
from domain.ledger import Balance, Entry, EntryKind, settlement
from store import agency_money, ledger
from store.sets import among
from store.tables import AgencySettlement, AgencySettlementLine, PaymentVerdict

TURNED = {
    EntryKind.PAYMENT: EntryKind.PAYMENT_REVERSED,
    EntryKind.PAYMENT_REVERSED: EntryKind.PAYMENT,
    EntryKind.INTEREST: EntryKind.INTEREST_WAIVED,
    EntryKind.FEE: EntryKind.FEE_WAIVED,
}
"""What takes back what a settlement's line has brought."""


def claim(session: Session, invoice_ids: Collection[int], now: datetime) -> list[int]:
    """Have the lines of settlements that await their money name the agency's money that is on these
    invoices already; the settlements that all of it has come of.

    The caller holds the invoices.
    """
    lines = _waiting(session, invoice_ids)
    if not lines:
        return []
    there = agency_money.unclaimed(session, {line.invoice_id or 0 for line, _ in lines})
    concerned: dict[int, AgencySettlement] = {}
    for line, owner in lines:
        money = there.get(line.invoice_id or 0, [])
        found = covering(line.total_cents, line.withheld_cents, money)
        if found is None:
            continue
        money.remove(found)
        line.entry_key = found.key
        session.add(line)
        concerned[owner.id] = owner
        _book_the_rest(session, line, owner, found, now)
    session.flush()
    return [one.id for one in concerned.values() if _ended(session, one, now)]


def let_go(session: Session, keys: Collection[tuple[int, str]], now: datetime) -> None:
    """The money in these ledger entries (invoice and name) is not there any more, or is no
    settlement: lines that named it await theirs again. The caller holds the invoices."""
    if not keys:
        return
    rows = session.exec(
        select(AgencySettlementLine, AgencySettlement)
        .join(AgencySettlement, col(AgencySettlement.id) == col(AgencySettlementLine.settlement_id))
        .where(
            among(AgencySettlementLine.entry_key, {key for _, key in keys}),
            col(AgencySettlement.bank_payment_id).is_(None),
        )
        .with_for_update()
    ).all()
    for line, owner in rows:
        if (line.invoice_id, line.entry_key) not in keys:
            continue
        undo(session, owner, line, now)
        owner.status, owner.settled_at = agency_money.AWAITING, None
        owner.problem = f"the money of case {line.case_reference} was there, and was taken back"
        session.add(owner)
    session.flush()


def undo(
    session: Session, owner: AgencySettlement, line: AgencySettlementLine, now: datetime
) -> None:
    """Take back what a line itself has brought: what the agency kept back, interest and fees. It
    names no money any more. The caller holds the invoice."""
    line.entry_key = None
    session.add(line)
    if line.invoice_id is None:
        return
    prefix = name_of(owner, line, "")
    line.round += 1
    made = [e for e in ledger.entries(session, line.invoice_id) if e.key.startswith(prefix)]
    back = [Entry(TURNED[e.kind], e.amount_cents, e.on, f"{e.key}/back") for e in made]
    why = f"settlement {owner.name}, taken back"
    ledger.book(session, line.invoice_id, back, now, why)
    verdicts = agency_money.newest(
        session, keys=[e.key for e in made], invoice_ids=[line.invoice_id]
    )
    for (invoice_id, key), verdict in verdicts.items():
        session.add(
            PaymentVerdict(
                invoice_id=invoice_id,
                entry_key=f"{key}/back",
                agency_case_id=verdict.agency_case_id,
                amount_cents=-verdict.amount_cents,
                settlement=True,
                why=why,
                decided_by="automation",
                decided_at=now,
            )
        )


def _waiting(
    session: Session, invoice_ids: Collection[int]
) -> list[tuple[AgencySettlementLine, AgencySettlement]]:
    rows = session.exec(
        select(AgencySettlementLine, AgencySettlement)
        .join(AgencySettlement, col(AgencySettlement.id) == col(AgencySettlementLine.settlement_id))
        .where(
            among(AgencySettlementLine.invoice_id, invoice_ids),
            col(AgencySettlementLine.entry_key).is_(None),
            AgencySettlement.status == agency_money.AWAITING,
        )
        .order_by(col(AgencySettlementLine.id))
        .with_for_update()
    )
    return [(line, owner) for line, owner in rows]


def _book_the_rest(
    session: Session,
    line: AgencySettlementLine,
    owner: AgencySettlement,
    found: Unclaimed,
    now: datetime,
) -> None:
    """What the agency kept back of a transfer, which the debtor has paid all the same; and what it
    has collected beyond what our books had claimed."""
    invoice_id = line.invoice_id
    assert invoice_id is not None  # noqa: S101 - a line without one covers nothing
    known = ledger.entries(session, invoice_id)
    at = next((at for at, one in enumerate(known) if one.key == found.key), len(known))
    before = settlement(known[:at]).balance
    entries: list[Entry] = []
    if kept_back := line.total_cents - found.amount_cents:
        entries.append(
            Entry(EntryKind.PAYMENT, kept_back, found.on, name_of(owner, line, "kept back"))
        )
    entries += beyond(line, owner, before, settlement([*known, *entries]).balance)
    ledger.book(session, invoice_id, entries, now, f"settlement {owner.name}")
    if kept_back:
        first = agency_money.of_entry(session, invoice_id, found.key)
        assert first is not None  # noqa: S101 - it was found by it
        session.add(
            PaymentVerdict(
                invoice_id=invoice_id,
                entry_key=entries[0].key,
                agency_case_id=first.agency_case_id,
                amount_cents=kept_back,
                settlement=True,
                why=f"the agency keeps it back of settlement {owner.name}",
                decided_by="automation",
                decided_at=now,
            )
        )


def beyond(
    line: AgencySettlementLine, owner: AgencySettlement, before: Balance, after: Balance
) -> list[Entry]:
    """Entries for the interest and fees that the agency has collected beyond our claims."""
    if line.total_cents <= 0:
        return []
    interest, fees = claims_beyond(
        line.interest_cents, line.fees_cents, before, after.overpaid_cents
    )
    made = (
        Entry(EntryKind.INTEREST, interest, line.paid_on, name_of(owner, line, "interest")),
        Entry(EntryKind.FEE, fees, line.paid_on, name_of(owner, line, "fees")),
    )
    return [entry for entry in made if entry.amount_cents]


def name_of(owner: AgencySettlement, line: AgencySettlementLine, what: str) -> str:
    """The name of a ledger entry that a settlement's line makes; new each time it is shared out."""
    return f"settlement/{owner.agency}/{owner.name}/{line.serial}.{line.round}/{what}"


def _ended(session: Session, owner: AgencySettlement, now: datetime) -> bool:
    left = session.exec(
        select(AgencySettlementLine.id).where(
            AgencySettlementLine.settlement_id == owner.id,
            col(AgencySettlementLine.entry_key).is_(None),
        )
    ).first()
    if left is not None:
        return False
    owner.status = agency_money.SETTLED
    owner.settled_at = now
    owner.problem = ""
    session.add(owner)
    return True
