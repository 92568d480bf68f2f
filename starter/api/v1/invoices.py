"""A company's invoices: lists, sums, and one with its past and its future."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from sqlmodel import Session

from domain.calendar import FINLAND
from domain.law import FINNISH_LAW
from domain.roles import Action
from domain.states import FINAL_STATES, InvoiceState
from starter import timeline
from starter.api.v1 import callers, problems
from starter.api.v1.callers import Here, TheParts
from starter.api.v1.fields import MOST_ROWS, Day, Flag, PathId
from starter.api.v1.invoice_shapes import InvoiceLine, InvoiceOut, Summary, whole
from starter.api.v1.pages import Page, ThePaging, listing_of
from store import invoice_list, queries, sums
from store.invoice_list import Sought
from store.tables import Invoice

router = APIRouter(prefix="/companies/{business_id}/invoices", tags=["Invoices"])

RUNNING = tuple(state for state in InvoiceState if state not in FINAL_STATES)

_State = Literal[
    "running",
    "open",
    "overdue",
    "reminded",
    "notified",
    "in_collection",
    "paid",
    "credited",
    "written_off",
    "cancelled",
]


def the_sought(
    state: Annotated[
        list[_State] | None,
        Query(description="One of these; `running` for all that are not at an end."),
    ] = None,
    customer: Annotated[int | None, Query(ge=1, le=MOST_ROWS, description="Its id.")] = None,
    attention: Annotated[Flag, Query(description="Those that need a person's.")] = False,
    approval: Annotated[
        Flag, Query(description="Those whose letter or hand-over waits for a person's approval.")
    ] = False,
    due_from: Annotated[Day | None, Query()] = None,
    due_to: Annotated[Day | None, Query()] = None,
    number: Annotated[
        str | None,
        Query(
            max_length=50,
            pattern=r"^[^\x00-\x1f\x7f]*$",
            description="What the invoice's number begins with.",
        ),
    ] = None,
) -> Sought:
    """What a list is filtered by."""
    states = {
        one
        for said in state or ()
        for one in (RUNNING if said == "running" else (InvoiceState(said),))
    }
    return Sought(
        states=tuple(one for one in InvoiceState if one in states),
        customer_id=customer,
        attention=attention,
        approval=approval,
        due_from=due_from,
        due_to=due_to,
        number=number or "",
    )


def the_invoice(session: Session, here: Here, invoice_id: int) -> Invoice:
    """The invoice, if the caller may see it. Raises the problem 404."""
    found = invoice_list.seen(session, here.scope, invoice_id)
    if found is None:
        raise problems.not_found(f"invoice {invoice_id}")
    return found


@router.get("")
def list_invoices(
    here: Annotated[Here, callers.in_company(Action.READ_INVOICES)],
    parts: TheParts,
    paging: ThePaging,
    sought: Annotated[Sought, Depends(the_sought)],
) -> Page[InvoiceLine]:
    """Invoices in the order of their due dates."""
    listing = listing_of("invoices", sought)
    with parts.database.transaction() as session:
        rows = invoice_list.page(
            session,
            here.scope,
            sought,
            after=paging.after_day(listing),
            limit=paging.fetched,
        )
    return paging.page(listing, rows, lambda row: (row.due.toordinal(), row.id), InvoiceLine.of)


@router.get("/summary")
def sum_up_invoices(
    here: Annotated[Here, callers.in_company(Action.READ_INVOICES)], parts: TheParts
) -> Summary:
    """How many invoices there are in each state, and what is open of them."""
    with parts.database.transaction() as session:
        return Summary.of(sums.by_state(session, here.scope))


@router.get("/{invoice_id}")
def show_invoice(
    invoice_id: PathId,
    here: Annotated[Here, callers.in_company(Action.READ_INVOICES)],
    parts: TheParts,
) -> InvoiceOut:
    """One invoice, with its past and its future."""
    with parts.database.transaction() as session:
        the_invoice(session, here, invoice_id)
        dossier = queries.dossier(session, invoice_id)
        story = timeline.tell(dossier, law=FINNISH_LAW, calendar=FINLAND, now=parts.business_now())
        return whole(dossier, story, invoice_list.shares(session, invoice_id))
