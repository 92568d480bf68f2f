"""The collection ban (perintäkielto) of customers, put on or lifted."""

from typing import Annotated, Literal

from fastapi import APIRouter
from sqlmodel import Session
from starlette.responses import Response

from domain.roles import Action
from starter.web.entry import in_company
from starter.web.forms import Form, FormModel
from starter.web.page import Page
from starter.web.pages.customers.filters import PREFIX, chosen
from starter.web.words import mark
from store import agency_line, audit, customers, outbox, placing

router = APIRouter(prefix=f"{PREFIX}/ban")


class Banning(FormModel):
    """Put on, or lifted. The customers are in the form's other fields."""

    how: Literal["on", "off"]


@router.get("")
def ask_to_ban(
    page: Annotated[Page, in_company(Action.EDIT_CUSTOMERS)], how: str = "on"
) -> Response:
    """What it will mean."""
    with page.transaction() as session:
        some = chosen(page, session)
        if some is None:
            return _nobody(page)
        count = placing.counted(session, page.company_id, some.choice)
    return page.render(
        "customers/ban.html", on=how != "off", count=count, kept=some.kept, back=some.back
    )


@router.post("")
def ban(page: Annotated[Page, in_company(Action.EDIT_CUSTOMERS)]) -> Response:
    """Bar the agency from the chosen customers, or let it."""
    form = Form.read(page, Banning)
    with page.transaction() as session:
        some = chosen(page, session)
        if some is None or form.value is None:
            return _nobody(page)
        # Before any row is locked, as whoever books a file does.
        outbox.take_turn(session)
        ids = placing.chosen_ids(session, page.company_id, some.choice, to_move=True)
        changed = customers.set_ban(session, ids, banned=form.value.how == "on")
        _note(page, session, changed, form.value.how)
    done = page.say_n(
        mark("%(n)s customer was changed."), mark("%(n)s customers were changed."), len(changed)
    )
    return page.redirect(some.back, done)


def _note(page: Page, session: Session, changed: list[int], how: str) -> None:
    if not changed:
        return
    agency_line.customers_changed(session, changed)
    one = f"customer:{changed[0]}" if len(changed) == 1 else f"company:{page.company_id}"
    audit.note(
        session,
        page.parts.real_now(),
        page.who.name,
        "customer.changed",
        one,
        page.here,
        fields=["collection_ban"],
        customers=len(changed),
        collection_ban=how,
    )


def _nobody(page: Page) -> Response:
    wrong = page.say(mark("Choose customers first."))
    return page.redirect(page.url("/customers"), wrong=wrong)
