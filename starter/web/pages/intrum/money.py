"""The agency's money: its settlements (tilitykset), and where its books differ from ours."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.agency.contract import title
from domain.roles import Action
from starter.api.v1.fields import PathId
from starter.web.agency_sayings import drift as drift_said
from starter.web.agency_sayings import drift_value, settlement_problem
from starter.web.entry import NotHere, in_company
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.intrum.settling import offered
from starter.web.sayings import Said
from starter.web.words import mark
from store import drift, settlements
from store.agency_money import AWAITING, SET_ASIDE, SETTLED, WAITING
from store.tables import AgencySettlement, DriftCase

router = APIRouter(prefix="/companies/{business_id}/intrum")

Reading = Annotated[Page, in_company(Action.READ_PAYMENTS)]

STATUSES = {
    AWAITING: (mark("Its money has not come"), "low"),
    SETTLED: (mark("Settled"), "good"),
    WAITING: (mark("Waits for you"), "high"),
    SET_ASIDE: (mark("Seen to by hand"), "calm"),
}
REPORTS = 30
"""Days of the comparison that are offered."""


@dataclass(frozen=True, slots=True)
class Differing:
    """One thing in which a case differs, in the reader's words. `cents`: ours less theirs."""

    case: DriftCase
    what: Said
    ours: str
    theirs: str
    cents: int | None
    reason: Said
    remedy: Said


@router.get("/settlements")
def list_settlements(page: Reading, unsettled: str = "") -> Response:
    """Settlements, the newest first: all, or those that are not over."""
    alone = unsettled == "1"
    listing = Listing(page, "settlements", alone)
    with page.transaction() as session:
        rows = settlements.page(
            session,
            scope=page.scope,
            unsettled=alone,
            before=listing.after_id(),
            limit=listing.fetched,
        )
    return page.render(
        "intrum/settlements.html",
        part="list",
        rows=listing.page(rows, lambda row: (row.id,)),
        problems={row.id: problem(page, row) for row in rows},
        alone=alone,
        statuses=STATUSES,
    )


@router.get("/settlements/{settlement_id}")
def show_settlement(settlement_id: PathId, page: Reading) -> Response:
    """One settlement, case by case."""
    with page.transaction() as session:
        found = settlements.show(session, settlement_id, scope=page.scope)
    if found is None:
        raise NotHere
    return page.render(
        "intrum/settlement.html",
        row=found.settlement,
        agency=title(found.settlement.agency),
        problem=problem(page, found.settlement),
        lines=[(line, settlement_problem(page.words, line.problem)) for line in found.lines],
        doings=offered(page, found.settlement),
        numbers=found.numbers,
        statuses=STATUSES,
    )


def problem(page: Page, row: AgencySettlement) -> Said:
    """Why it waits, or, where a person has set it aside, what he or she has said."""
    if row.status == SET_ASIDE:
        return Said(row.problem.rpartition(" (")[0] or row.problem)
    return settlement_problem(page.words, row.problem)


@router.get("/drift")
def show_drift(page: Reading, on: str = "", agency: str = "") -> Response:
    """The newest comparison with an agency's books, or that of a day."""
    with page.transaction() as session:
        kept = drift.report(session, page.scope, on=_day(on), agency=agency or None)
        reports = drift.reports(session, page.scope, limit=REPORTS)
    several = len({one.agency for one in reports}) > 1
    words = page.words
    return page.render(
        "intrum/drift.html",
        kept=kept,
        agency=title(kept.report.agency) if kept else "",
        days=[
            (
                f"{words.day(one.on)} {title(one.agency)}" if several else words.day(one.on),
                page.url("/intrum/drift", on=one.on, agency=one.agency),
                kept is not None and one.id == kept.report.id,
            )
            for one in reports
        ],
        differing=[
            Differing(
                case,
                drift_said(words, one["what"]),
                drift_value(words, one["ours"]),
                drift_value(words, one["theirs"]),
                one["cents"],
                drift_said(words, one["reason"]),
                drift_said(words, one["remedy"]),
            )
            for case in (kept.cases if kept else ())
            for one in case.differences
        ],
    )


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
