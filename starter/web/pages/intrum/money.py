"""The agency's money: its settlements (tilitykset), and where its books differ from ours."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.agency.contract import title
from domain.roles import Action
from starter.api.v1.fields import PathId
from starter.web.entry import NotHere, in_company
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.words import mark
from store import drift, settlements
from store.agency_money import AWAITING, SET_ASIDE, SETTLED, WAITING

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
        lines=found.lines,
        numbers=found.numbers,
        statuses=STATUSES,
    )


@router.get("/drift")
def show_drift(page: Reading, on: str = "") -> Response:
    """The newest comparison with the agency's books, or that of a day."""
    day = _day(on)
    with page.transaction() as session:
        kept = drift.report(session, page.scope, on=day)
        days = drift.reports(session, page.scope, limit=REPORTS)
    return page.render(
        "intrum/drift.html",
        kept=kept,
        agency=title(kept.report.agency) if kept else "",
        days=[
            (
                page.words.day(one),
                page.url("/intrum/drift", on=one),
                kept is not None and one == kept.report.on,
            )
            for one in dict.fromkeys(report.on for report in days)
        ],
    )


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
