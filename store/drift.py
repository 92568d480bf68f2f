"""Our side of the comparison with an agency's books, and what was found, day by day."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from domain.agency import IN_LINE, StatusMessage
from domain.calendar import FINLAND
from domain.drift import CaseDrift, OurCase
from domain.ledger import settlement
from store import agency_money, ledger
from store.scope import Scope
from store.sets import among
from store.tables import (
    AgencyCase,
    AgencyMessage,
    AgencySettlement,
    AgencySettlementLine,
    Company,
    DriftCase,
    DriftReport,
    Invoice,
)

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """A day's report, with the cases that differed and their invoices' numbers."""

    report: DriftReport
    cases: Sequence[DriftCase]
    numbers: dict[int, str]


def companies(session: Session, agency: str) -> dict[str, int]:
    """The companies that an agency has or had cases of, by business id."""
    rows = session.execute(
        sa.select(col(Company.business_id), col(Company.id))
        .where(
            sa.select(col(AgencyCase.id))
            .join(Invoice, col(Invoice.id) == col(AgencyCase.invoice_id))
            .where(col(Invoice.company_id) == col(Company.id), col(AgencyCase.agency) == agency)
            .exists()
        )
        .order_by(col(Company.id))
    )
    return {row[0]: row[1] for row in rows}


def our_cases(session: Session, company_id: int, agency: str) -> list[OurCase]:
    """Every case of a company's that an agency has or had, as our books have it."""
    rows = session.execute(
        sa.select(AgencyCase, col(Invoice.number))
        .join(Invoice, col(Invoice.id) == col(AgencyCase.invoice_id))
        .where(col(Invoice.company_id) == company_id, col(AgencyCase.agency) == agency)
        .order_by(col(AgencyCase.id))
    ).all()
    files = [(row[0], row[1]) for row in rows]
    found: list[OurCase] = []
    for at in range(0, len(files), _BATCH):
        found += _cases(session, files[at : at + _BATCH])
    return found


def _cases(session: Session, part: Sequence[tuple[AgencyCase, str]]) -> Iterator[OurCase]:
    ids = [file.id for file, _ in part]
    entries = ledger.entries_of(session, {file.invoice_id for file, _ in part})
    told = agency_money.told_by_case(session, ids)
    settled = agency_money.settled_by_case(session, ids)
    waiting = _waiting(session, ids)
    heard = _heard(session, part)
    awaited = _awaited(session, {file.reference for file, _ in part})
    for file, number in part:
        open_now = settlement(entries[file.invoice_id]).balance
        last = heard.get(file.id)
        collected = [one.collected for one in last or () if one.collected is not None]
        yield OurCase(
            reference=file.reference,
            invoice_id=file.invoice_id,
            number=number,
            assigned_on=FINLAND.local_date(file.assigned_at),
            principal_cents=open_now.principal_cents,
            interest_cents=open_now.interest_cents,
            fees_cents=open_now.fees_cents,
            told_cents=told.get(file.id, 0),
            waiting=tuple(waiting.get(file.id, ())),
            collected_cents=collected[-1].total_cents if collected else None,
            settled_cents=settled.get(file.id, 0),
            awaited_cents=awaited.get(file.reference, 0),
            status=last[-1].known_status if last else None,
            status_text=last[-1].status if last else "",
            accepted=file.accepted_at is not None,
            ended=file.ended_at is not None,
        )


def _waiting(session: Session, case_ids: Collection[int]) -> dict[int, list[str]]:
    rows = session.execute(
        sa.select(col(AgencyMessage.agency_case_id), col(AgencyMessage.kind)).where(
            among(AgencyMessage.agency_case_id, case_ids),
            col(AgencyMessage.direction) == "out",
            col(AgencyMessage.status).in_([status.value for status in IN_LINE]),
        )
    )
    found: dict[int, list[str]] = {}
    for case_id, kind in rows:
        found.setdefault(case_id, []).append(kind)
    return found


def _heard(
    session: Session, part: Sequence[tuple[AgencyCase, str]]
) -> dict[int, list[StatusMessage]]:
    """What the agency has said of each case, in its own order."""
    references = {file.id: file.reference for file, _ in part}
    rows = session.execute(
        sa.select(col(AgencyMessage.agency_case_id), col(AgencyMessage.body)).where(
            among(AgencyMessage.agency_case_id, references),
            col(AgencyMessage.direction) == "in",
            col(AgencyMessage.kind) == "status",
        )
    )
    found: dict[int, list[StatusMessage]] = {}
    for case_id, body in rows:
        message = StatusMessage.model_validate(body)
        if message.case_reference == references[case_id]:
            found.setdefault(case_id, []).append(message)
    for messages in found.values():
        messages.sort(key=lambda one: one.sequence)
    return found


def _awaited(session: Session, references: Collection[str]) -> dict[str, int]:
    cents = (
        col(AgencySettlementLine.principal_cents)
        + col(AgencySettlementLine.interest_cents)
        + col(AgencySettlementLine.fees_cents)
    )
    rows = session.execute(
        sa.select(col(AgencySettlementLine.case_reference), sa.func.sum(cents))
        .join(AgencySettlement, col(AgencySettlement.id) == col(AgencySettlementLine.settlement_id))
        .where(
            among(AgencySettlementLine.case_reference, references),
            col(AgencySettlementLine.entry_key).is_(None),
            col(AgencySettlement.status).in_([agency_money.AWAITING, agency_money.WAITING]),
        )
        .group_by(col(AgencySettlementLine.case_reference))
    )
    return {reference: int(total) for reference, total in rows}


# ── what was found ───────────────────────────────────────────────────────────────────────────


def keep(
    session: Session,
    company_id: int,
    agency: str,
    found: Sequence[CaseDrift],
    *,
    on: date,
    now: datetime,
) -> DriftReport:
    """Keep what a day's comparison has found, in the place of an earlier one of that day."""
    # Two that compare at once: the second waits for the company's row, and replaces the first.
    session.execute(
        sa.select(col(Company.id)).where(col(Company.id) == company_id).with_for_update()
    )
    before = session.exec(
        select(DriftReport).where(
            DriftReport.company_id == company_id, DriftReport.agency == agency, DriftReport.on == on
        )
    ).first()
    if before is not None:
        session.execute(sa.delete(DriftCase).where(col(DriftCase.report_id) == before.id))
        session.delete(before)
        session.flush()
    differing = [case for case in found if case.differences]
    report = DriftReport(
        company_id=company_id,
        agency=agency,
        on=on,
        made_at=now,
        cases=len(found),
        differing=len(differing),
    )
    session.add(report)
    session.flush()
    for case in differing:
        said: list[dict[str, Any]] = [one.said() for one in case.differences]
        session.add(
            DriftCase(
                report_id=report.id,
                case_reference=case.reference,
                invoice_id=case.invoice_id,
                differences=said,
            )
        )
    session.flush()
    return report


def reports(session: Session, scope: Scope, *, limit: int = 50) -> list[DriftReport]:
    """The companies' reports, the newest first."""
    return list(
        session.exec(
            select(DriftReport)
            .where(scope.companies(DriftReport.company_id))
            .order_by(col(DriftReport.on).desc(), col(DriftReport.id).desc())
            .limit(limit)
        )
    )


def report(
    session: Session, scope: Scope, *, agency: str | None = None, on: date | None = None
) -> Kept | None:
    """The newest report, or that of a day; None if there is none."""
    query = select(DriftReport).where(scope.companies(DriftReport.company_id))
    if agency is not None:
        query = query.where(DriftReport.agency == agency)
    if on is not None:
        query = query.where(DriftReport.on == on)
    row = session.exec(
        query.order_by(col(DriftReport.on).desc(), col(DriftReport.id).desc()).limit(1)
    ).first()
    if row is None:
        return None
    cases = session.exec(
        select(DriftCase).where(DriftCase.report_id == row.id).order_by(col(DriftCase.id))
    ).all()
    ids = {case.invoice_id for case in cases if case.invoice_id is not None}
    numbers = session.execute(
        sa.select(col(Invoice.id), col(Invoice.number)).where(among(Invoice.id, ids))
    )
    return Kept(row, cases, {one[0]: one[1] for one in numbers})
