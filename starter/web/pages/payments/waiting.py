"""The queue of those that wait, all of them, and one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from domain.matching import Suggestion
from domain.roles import Action
from starter.api.v1.fields import PathId
from starter.web.agency_sayings import whose
from starter.web.entry import NotHere, in_company
from starter.web.forms import Euros, Flag, Form, FormModel, Line
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.automation.frame import names
from starter.web.pages.payments import bank_feed
from starter.web.pages.payments.reasons import problem, suggestion
from starter.web.sayings import NOTHING, Said
from store import payment_list, queue
from store.queue import Shown
from store.tables import BankPayment

router = APIRouter(prefix="/companies/{business_id}/payments")

ROWS = 20
"""Of the queue: each comes with its suggestions, which cost the database something."""

MOST_COUNTED = 1_001


class Assigning(FormModel):
    """Where a transaction belongs. `amount` None: all that is open of it; `open_cents`: what was
    open when the form was shown, so that nothing is booked twice; `settlement`: the agency's."""

    number: Line
    amount: Euros | None = None
    open_cents: int
    settlement: Flag = False


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list. `likely`: the first suggestion; `why`: it waits, `because`: it is
    suggested, in the reader's words."""

    payment: BankPayment
    why: Said
    likely: Suggestion | None
    because: Said


@router.get("")
def list_payments(
    page: Annotated[Page, in_company(Action.READ_PAYMENTS)], waiting: str = "1"
) -> Response:
    """Those that wait for a person, with the likeliest invoice of each; or all."""
    alone = waiting != "0"
    listing = Listing(page, f"payments {alone}", rows=ROWS)
    with page.transaction() as session:
        found = payment_list.page(
            session,
            page.scope,
            waiting=alone,
            after=listing.after_id() or 0,
            limit=listing.fetched,
        )
        rows = listing.page(found, lambda row: (row.id,))
        count = payment_list.count_waiting(session, page.scope, MOST_COUNTED)
        lines = _lines(page, session, rows.rows)
        feeds = bank_feed.feeds(page, session)
    return page.render(
        "payments/list.html",
        rows=rows,
        lines=lines,
        waiting=alone,
        count=count,
        many=count >= MOST_COUNTED,
        feeds=feeds,
    )


@router.get("/{payment_id}")
def show_payment(
    payment_id: PathId, page: Annotated[Page, in_company(Action.READ_PAYMENTS)]
) -> Response:
    """One transaction: where it went, and where the rest may belong."""
    return shown(page, payment_id, Form.blank(page))


def shown(page: Page, payment_id: int, form: Form[Any], status: int = 200) -> Response:
    """The page of one transaction, with what was typed into its form."""
    with page.transaction() as session:
        found, values = looked_at(page, session, payment_id)
    payment = found.payment
    mine = [one for one in found.shares if one.invoice_id in values["visible"]]
    verdicts = {one.settlement for one in mine if one.settlement is not None}
    return page.render(
        "payments/one.html",
        status=status,
        form=form,
        payment=payment,
        why=problem(page.words, payment.problem),
        shares=[(one, whose(page.words, one.why)) for one in mine],
        tickable=bool(verdicts) and payment.amount_cents > 0,
        is_settlement=verdicts == {True},
        suggestions=[
            (one, suggestion(page.words, one.reason))
            for one in found.suggestions
            if one.invoice_id in values["visible"]
        ],
        reversed_by=found.reversed_by,
        who=values["who"],
    )


def looked_at(page: Page, session: Session, payment_id: int) -> tuple[Shown, dict[str, Any]]:
    """A transaction with what the reader sees of it. Raises `NotHere`."""
    seen(page, session, payment_id)
    found = queue.show(session, payment_id)
    if found is None:
        raise NotHere
    named = {one.invoice_id for one in found.shares}
    named |= {one.invoice_id for one in found.suggestions}
    return found, {
        "visible": payment_list.seen_invoices(session, page.scope, named),
        "who": names(page, session, [one.assigned_by for one in found.shares]),
    }


def seen(page: Page, session: Session, payment_id: int) -> BankPayment:
    """The transaction. Raises `NotHere`."""
    row = payment_list.seen(session, page.scope, payment_id)
    if row is None:
        raise NotHere
    return row


def _lines(page: Page, session: Session, payments: Sequence[BankPayment]) -> list[Row]:
    """The rows, each that waits with the likeliest of its invoices that the reader may see."""
    waiting = [one for one in payments if one.open_cents and not one.set_aside]
    found = queue.suggestions(session, waiting)
    named = {one.invoice_id for those in found.values() for one in those}
    visible = payment_list.seen_invoices(session, page.scope, named)
    lines = []
    for payment in payments:
        those = (one for one in found.get(payment.id, ()) if one.invoice_id in visible)
        likely = next(those, None)
        because = suggestion(page.words, likely.reason) if likely else NOTHING
        lines.append(Row(payment, problem(page.words, payment.problem), likely, because))
    return lines
