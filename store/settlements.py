"""The agencies' settlements (tilitykset): read, each once, and settled when their money has come,
in whichever order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, or_, select

from domain import agency, references
from domain.agency_money import misfit, withheld
from store import accounts, claims, outbox, shares
from store.agency_money import AWAITING, WAITING
from store.chunks import Chunk
from store.scope import Scope
from store.sets import among
from store.settling import Settling
from store.shares import Shares
from store.tables import (
    AgencyCase,
    AgencySettlement,
    AgencySettlementLine,
    BankPayment,
    Company,
    Invoice,
)

_MOST_TRANSFERS = 50


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a settlement. `new` False: it was read before. `problem`: what is wrong with
    it, or what of it is in no books; `invoice_ids`: where its money was booked now."""

    id: int
    name: str
    status: str
    new: bool
    problem: str
    invoice_ids: tuple[int, ...]
    differs: bool = False
    """One of this name was read before, and said something else: that one counts."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A settlement with its lines, and the numbers of the invoices that they are for."""

    settlement: AgencySettlement
    lines: Sequence[AgencySettlementLine]
    numbers: dict[int, str]


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def take(
    session: Session, read: agency.Settlement, *, by_agency: str, source: str, now: datetime
) -> Taken:
    """Keep a settlement that an agency has made, once by its `settlement_id`, and book it if its
    money is there.

    Takes the turn (`outbox.take_turn`): a caller that locks anything before must have taken it.
    """
    outbox.take_turn(session)
    row = session.exec(
        select(AgencySettlement)
        .where(AgencySettlement.agency == by_agency, AgencySettlement.name == read.settlement_id)
        .with_for_update()
    ).first()
    if row is None:
        row = _new(session, read, by_agency, source, now)
        booked = settle(session, row, now)
        return taken(row, new=True, booked=booked)
    if other := _otherwise(session, row, read):
        return Taken(row.id, row.name, row.status, False, other, (), differs=True)
    booked = []
    if (row.company_id is None or row.status == AWAITING) and place(session, row):
        booked = settle(session, row, now)
    return taken(row, new=False, booked=booked)


def _new(
    session: Session, read: agency.Settlement, by_agency: str, source: str, now: datetime
) -> AgencySettlement:
    row = AgencySettlement(
        agency=by_agency,
        name=read.settlement_id,
        business_id=read.business_id,
        contract_number=read.contract_number,
        settled_on=read.settled_on,
        reference=_reference(read.reference),
        iban="".join(read.iban.split()).upper(),
        commission_cents=read.commission_cents,
        transferred_cents=read.transferred_cents,
        source=source,
        read_at=now,
        status=AWAITING,
        problem=misfit(read),
    )
    session.add(row)
    session.flush()
    kept_back = withheld([line.total_cents for line in read.lines], read.commission_cents)
    for serial, (line, cents) in enumerate(zip(read.lines, kept_back, strict=True), start=1):
        session.add(
            AgencySettlementLine(
                settlement_id=row.id,
                serial=serial,
                case_reference=line.case_reference,
                agency_case_id=line.agency_case_id,
                principal_cents=line.principal_cents,
                interest_cents=line.interest_cents,
                fees_cents=line.fees_cents,
                withheld_cents=cents,
                paid_on=line.paid_on,
            )
        )
    session.flush()
    if row.problem:
        row.status = WAITING
    place(session, row)
    return row


def _reference(text: str) -> str:
    try:
        return references.normalise(text) if text else ""
    except references.InvalidReferenceError:
        # The bank passes on what it is given, too.
        return text


def place(session: Session, row: AgencySettlement) -> bool:
    """Find the company and the invoices that it is for; whether it can be settled then."""
    if row.company_id is None:
        company = session.exec(
            select(Company.id).where(Company.business_id == row.business_id)
        ).first()
        if company is None:
            row.status = WAITING
            row.problem = f"the company {row.business_id} is not here"
            return False
        if row.problem.endswith(" is not here"):
            row.status, row.problem = AWAITING, ""
        row.company_id = company
    lines = lines_of(session, row.id)
    ours = session.execute(
        sa.select(col(AgencyCase.reference), col(AgencyCase.invoice_id))
        .join(Invoice, col(Invoice.id) == col(AgencyCase.invoice_id))
        .where(
            col(Invoice.company_id) == row.company_id,
            col(AgencyCase.agency) == row.agency,
            among(AgencyCase.reference, {line.case_reference for line in lines}),
        )
    )
    found: dict[str, int] = {one[0]: one[1] for one in ours}
    for line in lines:
        line.invoice_id = found.get(line.case_reference)
        line.problem = ""
        if line.invoice_id is None:
            line.problem = f"line {line.serial}: case {line.case_reference} is not known here"
        session.add(line)
    session.add(row)
    session.flush()
    return row.status == AWAITING


def _otherwise(session: Session, row: AgencySettlement, read: agency.Settlement) -> str:
    """Why a settlement is not the one of the same name that was read before; "" if it is."""
    before = [
        (line.case_reference, line.principal_cents, line.interest_cents, line.fees_cents)
        for line in lines_of(session, row.id)
    ]
    now = [
        (line.case_reference, line.principal_cents, line.interest_cents, line.fees_cents)
        for line in read.lines
    ]
    same = (
        before == now
        and row.business_id == read.business_id
        and row.transferred_cents == read.transferred_cents
        and row.commission_cents == read.commission_cents
    )
    if same:
        return ""
    return (
        f"settlement {row.name} was read before with other contents, on {row.read_at:%Y-%m-%d}:"
        " the first one counts; ask the agency which is right"
    )


def agency_of(session: Session, read: agency.Settlement) -> str | None:
    """The agency that a settlement is of, by the cases that its lines name."""
    named = {line.case_reference for line in read.lines}
    return session.exec(select(AgencyCase.agency).where(among(AgencyCase.reference, named))).first()


# ── settling ─────────────────────────────────────────────────────────────────────────────────


def settle(session: Session, row: AgencySettlement, now: datetime) -> list[int]:
    """Book it if its money is there: its transfer waits in the queue, it came case by case, or
    nothing is to come. The invoices that it was booked on."""
    if row.status != AWAITING:
        return []
    if row.transferred_cents == 0:
        return _without_transfer(session, row, now)
    booked = _from_the_queue(session, row, now)
    if row.status == AWAITING:
        lines = lines_of(session, row.id)
        _lock(session, {line.invoice_id for line in lines if line.invoice_id is not None})
        claims.claim(session, {line.invoice_id for line in lines if line.invoice_id}, now)
        if row.status == AWAITING and not row.problem:
            row.problem = "; ".join(line.problem for line in lines if line.problem)
    session.add(row)
    session.flush()
    return booked


def _without_transfer(session: Session, row: AgencySettlement, now: datetime) -> list[int]:
    books = Shares(session, now)
    settling = Settling(session, books, now)
    named = settling.named([row.id])
    books.lock(named)
    settling.load([row.id])
    settling.share_out(settling.one(row.id), None)
    session.flush()
    books.write()
    return sorted(named)


def _from_the_queue(session: Session, row: AgencySettlement, now: datetime) -> list[int]:
    ibans = accounts.of(session, {row.company_id} if row.company_id else set())
    waiting = session.exec(
        select(BankPayment)
        .where(
            among(BankPayment.account, ibans),
            col(BankPayment.amount_cents) > 0,
            col(BankPayment.open_cents) == col(BankPayment.amount_cents),
            col(BankPayment.set_aside) == "",
            or_(
                sa.and_(
                    col(BankPayment.reference) == row.reference, col(BankPayment.reference) != ""
                ),
                col(BankPayment.amount_cents) == row.transferred_cents,
            ),
        )
        .order_by(col(BankPayment.id))
        .limit(_MOST_TRANSFERS)
    ).all()
    results = Chunk(session, now).book(shares.read(session, waiting))
    return [invoice_id for result in results for invoice_id, _ in result.booked]


def _lock(session: Session, invoice_ids: set[int]) -> None:
    session.execute(
        sa.select(col(Invoice.id))
        .where(among(Invoice.id, invoice_ids))
        .order_by(col(Invoice.id))
        .with_for_update()
    )


# ── looking ──────────────────────────────────────────────────────────────────────────────────


def page(
    session: Session,
    *,
    company: str | None = None,
    scope: Scope | None = None,
    unsettled: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> list[AgencySettlement]:
    """Settlements, the newest first; those before an id, for the next page. `unsettled`: those
    alone that await their money or wait for a person; `company`: a business id."""
    query = select(AgencySettlement)
    if scope is not None:
        query = query.where(scope.companies(AgencySettlement.company_id))
    if company is not None:
        query = query.where(AgencySettlement.business_id == company)
    if unsettled:
        query = query.where(col(AgencySettlement.status).in_([AWAITING, WAITING]))
    if before is not None:
        query = query.where(col(AgencySettlement.id) < before)
    return list(session.exec(query.order_by(col(AgencySettlement.id).desc()).limit(limit)))


def show(session: Session, settlement_id: int, *, scope: Scope | None = None) -> Shown | None:
    """One settlement; None if there is none of this id that may be seen."""
    query = select(AgencySettlement).where(AgencySettlement.id == settlement_id)
    if scope is not None:
        query = query.where(scope.companies(AgencySettlement.company_id))
    row = session.exec(query).first()
    if row is None:
        return None
    lines = lines_of(session, row.id)
    ids = {line.invoice_id for line in lines if line.invoice_id is not None}
    numbers = session.execute(
        sa.select(col(Invoice.id), col(Invoice.number)).where(among(Invoice.id, ids))
    )
    return Shown(row, lines, {one[0]: one[1] for one in numbers})


def lines_of(session: Session, settlement_id: int) -> list[AgencySettlementLine]:
    return list(
        session.exec(
            select(AgencySettlementLine)
            .where(AgencySettlementLine.settlement_id == settlement_id)
            .order_by(col(AgencySettlementLine.serial))
        )
    )


def taken(row: AgencySettlement, *, new: bool, booked: Sequence[int]) -> Taken:
    ids = tuple(dict.fromkeys(booked))
    return Taken(row.id, row.name, row.status, new, row.problem, ids)
