"""A company's own page: its details, its accounts, and what was done here by whom."""

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.roles import Action
from starter import companies
from starter.web.entry import in_company
from starter.web.forms import Form, FormModel, MaybeLine
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.words import mark
from store import audit, bank_feed
from store.tables import Company

router = APIRouter(prefix="/companies/{business_id}/settings")


class Details(FormModel):
    """How the company is reached: as its letters say it."""

    street: MaybeLine = ""
    postcode: MaybeLine = ""
    city: MaybeLine = ""
    email: MaybeLine = ""
    phone: MaybeLine = ""


@router.get("")
def show_settings(page: Annotated[Page, in_company(Action.READ_COMPANY)]) -> Response:
    """The details and the accounts."""
    with page.transaction() as session:
        company = session.get_one(Company, page.company_id)
        accounts = bank_feed.watched(session, page.here.business_id)
    form: Form[Details] = Form.blank(
        page, {name: getattr(company, name) for name in companies.FIELDS}
    )
    return page.render(
        "settings/settings.html", company=company, accounts=accounts, form=form, now=page.now()
    )


@router.post("")
def change_settings(page: Annotated[Page, in_company(Action.EDIT_COMPANY)]) -> Response:
    """Letters written from now on say the new details."""
    form = Form.read(page, Details)
    if form.value is None:
        with page.transaction() as session:
            company = session.get_one(Company, page.company_id)
            accounts = bank_feed.watched(session, page.here.business_id)
        return page.render(
            "settings/settings.html",
            company=company,
            accounts=accounts,
            form=form,
            now=page.now(),
            status=422,
        )
    with page.transaction() as session:
        companies.change(
            session,
            page.here,
            form.value.model_dump(),
            actor=page.who.name,
            now=page.parts.real_now(),
        )
    return page.redirect(page.url("/settings"), page.say(mark("The details were saved.")))


@router.get("/log")
def show_log(page: Annotated[Page, in_company(Action.READ_AUDIT)]) -> Response:
    """What was done here: the newest first."""
    listing = Listing(page, "log")
    with page.transaction() as session:
        rows = audit.page(session, page.here, before=listing.after_id(), limit=listing.fetched)
    return page.render(
        "settings/log.html", part="list", rows=listing.page(rows, lambda row: (row.id,))
    )
