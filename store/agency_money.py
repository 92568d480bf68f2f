"""What the books know of an agency's money on invoices: whose a payment was judged to be, and what
the agency is to remit."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from domain import agency_money
from domain.agency import LineStatus, contract
from domain.agency_money import Expected, Judgement, Unclaimed
from domain.calendar import HELSINKI
from store.sets import among
from store.tables import (
    AgencyCase,
    AgencyMessage,
    AgencySettlement,
    AgencySettlementLine,
    BankPayment,
    Customer,
    Invoice,
    LedgerEntry,
    PaymentVerdict,
)

AWAITING = "awaiting"
SETTLED = "settled"
WAITING = "waiting"
SET_ASIDE = "set_aside"
"""What becomes of a settlement (`AgencySettlement.status`)."""

_UNSAID = [LineStatus.REFUSED.value, LineStatus.VOID.value, LineStatus.GIVEN_UP.value]


def cases(session: Session, invoice_ids: Collection[int]) -> dict[int, AgencyCase]:
    """The newest case at an agency of each invoice that has one, open or ended."""
    rows = session.exec(
        select(AgencyCase)
        .where(among(AgencyCase.invoice_id, invoice_ids))
        .order_by(col(AgencyCase.id))
    )
    return {row.invoice_id: row for row in rows}


def expected(session: Session, files: dict[int, AgencyCase]) -> dict[int, Expected]:
    """What is known of the agency's money, by invoice."""
    if not files:
        return {}
    named = session.execute(
        sa.select(col(Invoice.id), col(Customer.name))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(among(Invoice.id, files))
    )
    debtors: dict[int, str] = {row[0]: row[1] for row in named}
    lines, references = _lines(session, files)
    amounts = _collected(session, files)
    for invoice_id, line, name in lines:
        there = amounts.setdefault(invoice_id, {})
        for cents in (line.total_cents, line.total_cents - line.withheld_cents):
            if cents > 0:
                there.setdefault(cents, f"what settlement {name} says of the case")
    known = settled_from(session)
    return {
        invoice_id: Expected(
            agency=file.agency,
            debtor=debtors.get(invoice_id, ""),
            accounts=known,
            references=references.get(invoice_id, {}),
            amounts=amounts.get(invoice_id, {}),
        )
        for invoice_id, file in files.items()
    }


def _lines(
    session: Session, invoice_ids: Collection[int]
) -> tuple[list[tuple[int, AgencySettlementLine, str]], dict[int, dict[str, str]]]:
    """Lines whose money is in the books not yet; and the references of all settlements, with their
    names, by invoice."""
    found = session.execute(
        sa.select(AgencySettlementLine, col(AgencySettlement.reference), col(AgencySettlement.name))
        .join(AgencySettlement, col(AgencySettlement.id) == col(AgencySettlementLine.settlement_id))
        .where(among(AgencySettlementLine.invoice_id, invoice_ids))
        .order_by(col(AgencySettlementLine.id))
    ).all()
    lines: list[tuple[int, AgencySettlementLine, str]] = []
    references: dict[int, dict[str, str]] = {}
    for line, reference, name in found:
        # A settlement without a reference is known by its name alone.
        references.setdefault(line.invoice_id, {})[reference or f"({name})"] = name
        if line.entry_key is None:
            lines.append((line.invoice_id, line, name))
    return lines, references


def _collected(session: Session, files: dict[int, AgencyCase]) -> dict[int, dict[int, str]]:
    """What the agency's newest word says it has collected of each case, less what it has remitted
    by now."""
    by_case = {file.id: invoice_id for invoice_id, file in files.items()}
    rows = session.execute(
        sa.select(col(AgencyMessage.agency_case_id), col(AgencyMessage.body))
        .where(
            among(AgencyMessage.agency_case_id, by_case),
            col(AgencyMessage.direction) == "in",
            col(AgencyMessage.kind) == "status",
        )
        .order_by(col(AgencyMessage.id))
    ).all()
    said: dict[int, tuple[int, int, str]] = {}
    for case_id, body in rows:
        # What is said of the case that this one was merged into is that one's money.
        of_this = body.get("case_reference") == files[by_case[case_id]].reference
        if of_this and (collected := body.get("collected")):
            cents = sum(int(part) for part in collected.values())
            newest = (int(body.get("sequence", 0)), cents, str(body.get("occurred_at", "")))
            said[case_id] = max(said.get(case_id, newest), newest)
    if not said:
        return {}
    remitted = settled_by_case(session, said)
    found: dict[int, dict[int, str]] = {}
    for case_id, (_, cents, occurred_at) in said.items():
        left = cents - remitted.get(case_id, 0)
        if left > 0:
            when = datetime.fromisoformat(occurred_at).astimezone(HELSINKI).date()
            words = f"what the agency's status of {when} says that it has collected"
            found[by_case[case_id]] = {left: words}
    return found


def settled_by_case(session: Session, case_ids: Collection[int]) -> dict[int, int]:
    """The cents that were booked as settlements, by case."""
    rows = session.execute(
        sa.select(col(PaymentVerdict.agency_case_id), sa.func.sum(col(PaymentVerdict.amount_cents)))
        .where(
            among(PaymentVerdict.agency_case_id, case_ids),
            col(PaymentVerdict.settlement).is_(True),
            _newest(),
        )
        .group_by(col(PaymentVerdict.agency_case_id))
    )
    return {case_id: int(cents) for case_id, cents in rows}


def told_by_case(session: Session, case_ids: Collection[int]) -> dict[int, int]:
    """The cents of the debtor's payments that the agency knows of or is about to be told of, less
    those taken back, by case."""
    rows = session.execute(
        sa.select(
            col(AgencyMessage.agency_case_id), col(AgencyMessage.kind), col(AgencyMessage.body)
        ).where(
            among(AgencyMessage.agency_case_id, case_ids),
            col(AgencyMessage.direction) == "out",
            col(AgencyMessage.kind).in_(["direct_payment", "payment_reversal"]),
            col(AgencyMessage.status).not_in(_UNSAID),
        )
    )
    told: dict[int, int] = {}
    for case_id, kind, body in rows:
        sign = 1 if kind == "direct_payment" else -1
        told[case_id] = told.get(case_id, 0) + sign * int(body["amount_cents"])
    return told


def settled_from(session: Session) -> frozenset[str]:
    """The accounts that transfers of settlements have come from."""
    rows = session.execute(
        sa.select(col(BankPayment.payer_account))
        .join(AgencySettlement, col(AgencySettlement.bank_payment_id) == col(BankPayment.id))
        .where(col(BankPayment.payer_account) != "", col(AgencySettlement.status) == SETTLED)
        .distinct()
    )
    return frozenset(rows.scalars())


# ── verdicts ─────────────────────────────────────────────────────────────────────────────────


def newest(
    session: Session,
    *,
    keys: Collection[str] | None = None,
    invoice_ids: Collection[int] | None = None,
) -> dict[tuple[int, str], PaymentVerdict]:
    """The verdict that counts, by invoice and name of the ledger entry."""
    query = select(PaymentVerdict).where(_newest()).order_by(col(PaymentVerdict.id))
    if keys is not None:
        query = query.where(among(PaymentVerdict.entry_key, keys))
    if invoice_ids is not None:
        query = query.where(among(PaymentVerdict.invoice_id, invoice_ids))
    return {(row.invoice_id, row.entry_key): row for row in session.exec(query)}


def of_entry(session: Session, invoice_id: int, key: str) -> PaymentVerdict | None:
    """The verdict that counts of one ledger entry."""
    return newest(session, keys=[key], invoice_ids=[invoice_id]).get((invoice_id, key))


def verdict_row(
    judgement: Judgement,
    file: AgencyCase,
    *,
    key: str,
    amount_cents: int,
    by: str,
    told: bool,
    now: datetime,
    serial: int = 1,
) -> dict[str, Any]:
    """The columns of a `PaymentVerdict`."""
    return {
        "invoice_id": file.invoice_id,
        "entry_key": key,
        "serial": serial,
        "agency_case_id": file.id,
        "amount_cents": amount_cents,
        "settlement": judgement.settlement,
        "why": judgement.why,
        "decided_by": by,
        "decided_at": now,
        "told": told,
    }


def _newest() -> sa.ColumnElement[bool]:
    later = aliased(PaymentVerdict)
    return ~(
        sa.select(col(later.id))
        .where(
            col(later.invoice_id) == col(PaymentVerdict.invoice_id),
            col(later.entry_key) == col(PaymentVerdict.entry_key),
            col(later.serial) > col(PaymentVerdict.serial),
        )
        .exists()
    )


def unclaimed(session: Session, invoice_ids: Collection[int]) -> dict[int, list[Unclaimed]]:
    """Money on invoices that counts as a settlement and that no settlement's line has named: it
    came as a transfer for the case alone, or was entered by hand."""
    taken = sa.select(col(AgencySettlementLine.id)).where(
        col(AgencySettlementLine.invoice_id) == col(PaymentVerdict.invoice_id),
        col(AgencySettlementLine.entry_key) == col(PaymentVerdict.entry_key),
    )
    rows = session.execute(
        sa.select(
            col(PaymentVerdict.invoice_id),
            col(PaymentVerdict.entry_key),
            col(PaymentVerdict.amount_cents),
            col(LedgerEntry.on),
        )
        .join(
            LedgerEntry,
            sa.and_(
                col(LedgerEntry.invoice_id) == col(PaymentVerdict.invoice_id),
                col(LedgerEntry.key) == col(PaymentVerdict.entry_key),
            ),
        )
        .where(
            among(PaymentVerdict.invoice_id, invoice_ids),
            col(PaymentVerdict.settlement).is_(True),
            # What a line brought that the agency keeps back is the line's own.
            ~col(PaymentVerdict.entry_key).like("settlement/%"),
            _newest(),
            ~taken.exists(),
        )
        .order_by(col(PaymentVerdict.id))
    )
    found: dict[int, list[Unclaimed]] = {}
    for invoice_id, key, cents, on in rows:
        found.setdefault(invoice_id, []).append(Unclaimed(key, cents, on))
    return {invoice_id: _standing(money) for invoice_id, money in found.items()}


def _standing(money: Iterable[Unclaimed]) -> list[Unclaimed]:
    """Without what was taken back, and what took it back."""
    left: list[Unclaimed] = []
    for one in money:
        other = next((o for o in reversed(left) if o.amount_cents == -one.amount_cents), None)
        if other is not None and one.amount_cents < 0:
            left.remove(other)
        else:
            left.append(one)
    return left


def judged(
    received: agency_money.Received, known: Expected, tick: bool | None, by: str
) -> Judgement:
    """What a person says, or else what Karhu does."""
    if tick is None:
        return agency_money.judge(received, known)
    name = contract.name(known.agency)
    what = f"{name}'s settlement" if tick else "the debtor's own payment"
    return Judgement(tick, f"{by} says that it is {what}")
