"""The agency's cases (toimeksiannot): how many there are in each status, and what was said."""

from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter
from sqlalchemy.orm import aliased
from sqlmodel import col
from starlette.responses import Response

from domain.agency import CollectionStatus
from domain.agency.contract import title
from domain.roles import Action
from starter.api.v1.fields import PathId
from starter.web.entry import NotHere, in_company
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.invoice import story
from starter.web.words import mark
from store.tables import AgencyCase, AgencyMessage, Customer, Invoice

router = APIRouter(prefix="/companies/{business_id}/intrum/cases")

PHASES = {
    "active": (mark("The agency goes on"), "low"),
    "settled": (mark("Paid to the agency or past it"), "good"),
    "ended": (mark("The agency has let go"), "high"),
}
NOTHING_SAID = "none"
"""In the address: of the cases of which the agency has said nothing yet."""
MOST_SAID = 200
"""Messages of one case that are shown, the newest."""


@router.get("")
def list_cases(page: Annotated[Page, in_company(Action.READ_AGENCY)], status: str = "") -> Response:
    """How many cases are in which status, and those in one of them, or all."""
    chosen = status if status in {*CollectionStatus, NOTHING_SAID} else ""
    listing = Listing(page, "cases", chosen)
    query = _newest(page)
    if chosen:
        said = "" if chosen == NOTHING_SAID else chosen
        query = query.where(col(Invoice.collection_status) == said)
    before = listing.after_id()
    if before is not None:
        query = query.where(col(AgencyCase.id) < before)
    with page.transaction() as session:
        counted = session.execute(_counted(page)).all()
        rows = session.execute(query.order_by(col(AgencyCase.id).desc()).limit(listing.fetched))
        found = listing.page(rows.all(), lambda row: (row[0].id,))
    counts = {row[0]: (int(row[1]), int(row[2])) for row in counted}
    return page.render(
        "intrum/cases.html",
        part="list",
        statuses=[
            (one.value, one.phase, *counts[one.value])
            for one in CollectionStatus
            if one.value in counts
        ],
        silent=counts.get(""),
        all=sum(number for number, _ in counts.values()),
        rows=found,
        chosen=chosen,
        phases=PHASES,
    )


@router.get("/{case_id}")
def show_case(case_id: PathId, page: Annotated[Page, in_company(Action.READ_AGENCY)]) -> Response:
    """One case, with what was said of it and when."""
    query = _cases(page).where(col(AgencyCase.id) == case_id)
    messages = (
        sa.select(AgencyMessage)
        .where(col(AgencyMessage.agency_case_id) == case_id)
        .order_by(col(AgencyMessage.id).desc())
        .limit(MOST_SAID)
    )
    with page.transaction() as session:
        row = session.execute(query).first()
        if row is None:
            raise NotHere
        said = session.execute(messages).scalars().all()
    case, invoice, customer = row
    return page.render(
        "intrum/case.html",
        case=case,
        agency=title(case.agency),
        invoice=invoice,
        customer=customer,
        phase=_phase(invoice.collection_status),
        messages=[
            (one, story.message_kind(page.words, one), story.message_says(page.words, one))
            for one in said
        ],
        statuses=story.MESSAGE_STATUSES,
    )


def _cases(page: Page) -> Any:
    """Cases with their invoices and the customers' names, as far as they are seen."""
    return (
        sa.select(AgencyCase, Invoice, col(Customer.name))
        .join(Invoice, col(Invoice.id) == col(AgencyCase.invoice_id))
        .join(Customer, col(Customer.id) == col(Invoice.customer_id))
        .where(page.scope.invoices())
    )


def _newest(page: Page) -> Any:
    """The newest case of each invoice: the status that is kept is that one's."""
    return _cases(page).where(_is_newest())


def _is_newest() -> Any:
    later = aliased(AgencyCase)
    return ~(
        sa.select(later.id)  # type: ignore[call-overload] # a column
        .where(
            later.invoice_id == col(AgencyCase.invoice_id),
            later.round > col(AgencyCase.round),
        )
        .exists()
    )


def _counted(page: Page) -> Any:
    status = col(Invoice.collection_status)
    return (
        sa.select(status, sa.func.count(), sa.func.sum(col(Invoice.open_cents)))
        .select_from(AgencyCase)
        .join(Invoice, col(Invoice.id) == col(AgencyCase.invoice_id))
        .where(page.scope.invoices(), _is_newest())
        .group_by(status)
    )


def _phase(status: str) -> tuple[str, str] | None:
    try:
        return PHASES[CollectionStatus(status).phase]
    except ValueError:
        return None
