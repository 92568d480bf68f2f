"""A company's own page: its details, its accounts, and what was done here by whom."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from domain.roles import Action
from starter import companies
from starter.web.entry import in_company
from starter.web.forms import Form, FormModel, MaybeLine
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.automation.frame import names
from starter.web.words import mark
from store import audit, bank_feed
from store.tables import Company

router = APIRouter(prefix="/companies/{business_id}/settings")

DONE: Mapping[str, str] = {
    "agency_message.resent": mark("Message to the agency sent again"),
    "company.added": mark("Company added"),
    "company.agency": mark("Contract with the agency changed"),
    "company.bank_feed": mark("Bank feed's demand changed"),
    "company.changed": mark("Company's details changed"),
    "customer.added": mark("Customer added"),
    "customer.changed": mark("Customer's details changed"),
    "customer.edited": mark("Customer's details changed"),
    "firm.added": mark("Accounting firm added"),
    "firm.linked": mark("Accounting firm keeps the books"),
    "invoice.given": mark("Invoice given to somebody"),
    "invoices.bulk": mark("Asked of many invoices"),
    "invoices.status_set": mark("Invoices' state set"),
    "member.added": mark("Role given"),
    "member.role": mark("Role changed"),
    "netvisor.refused": mark("Netvisor's call refused"),
    "netvisor_key.created": mark("Netvisor key made"),
    "netvisor_key.revoked": mark("Netvisor key ended"),
    "password.changed": mark("Password changed"),
    "password.set": mark("Password set"),
    "automation.on": mark("Automation switched on"),
    "automation.off": mark("Automation switched off"),
    "customers.moved": mark("Customers moved to another rule"),
    "rule.saved": mark("Rule saved"),
    "session.closed": mark("Signed out"),
    "session.opened": mark("Signed in"),
    "session.refused": mark("Sign-in refused"),
    "sessions.ended": mark("Sessions ended"),
    "token.created": mark("API token made"),
    "token.revoked": mark("API token ended"),
    "user.added": mark("User added"),
    "webhook.paused": mark("Webhook paused"),
}
"""What the log has, by its own names; one that is not here is shown as it is."""


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
        who = names(page, session, [row.actor for row in rows])
    return page.render(
        "settings/log.html",
        part="list",
        rows=listing.page(rows, lambda row: (row.id,)),
        who=who,
        done=DONE,
    )
