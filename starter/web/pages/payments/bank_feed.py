"""How fresh the bank's word is, which letters wait for it, and what the company demands."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, BackgroundTasks
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from activities.starting import News, drain
from domain.bank_feed import BANKING_DAY, HOURS, OFF, Demand
from domain.roles import Action
from starter.api.parts import Parts
from starter.web.entry import in_company
from starter.web.forms import Form, FormModel, MaybeLine
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.automation.frame import names
from starter.web.words import mark
from store import audit, bank_feed
from store.bank_feed import Feed, NoSuchAccount
from store.tables import Company

router = APIRouter(prefix="/companies/{business_id}/payments/bank-feed")


class Confirming(FormModel):
    """`account` "": all of the company's."""

    account: MaybeLine = ""


class Demanding(FormModel):
    """How fresh the bank's word must be for a letter to leave. `hours`: of that kind alone."""

    kind: Literal["banking_day", "hours", "off"]
    hours: int | None = Field(default=None, ge=1, le=168)


@dataclass(frozen=True, slots=True)
class Shown:
    """An account. `stale`: letters wait for a fresher word; `by`: who said so without a file."""

    feed: Feed
    stale: bool
    by: str
    waiting: int


@router.get("")
def show_bank_feed(page: Annotated[Page, in_company(Action.READ_PAYMENTS)]) -> Response:
    """Account by account, with the invoices whose letters wait."""
    return _shown(page, Form.blank(page, _start(page)))


@router.get("/confirm")
def ask_to_confirm(
    page: Annotated[Page, in_company(Action.BOOK_PAYMENTS)], account: str = ""
) -> Response:
    """What confirming by hand means."""
    with page.transaction() as session:
        found = feeds(page, session)
    chosen = [one for one in found if account in {"", one.feed.account}]
    return page.render("payments/confirm.html", feeds=chosen, account=account)


@router.post("/confirm")
def confirm(
    page: Annotated[Page, in_company(Action.BOOK_PAYMENTS)], background: BackgroundTasks
) -> Response:
    """Say that one has looked at the bank's own pages: it counts as if a file had been read."""
    there = page.url("/payments/bank-feed")
    form = Form.read(page, Confirming)
    account = form.value.account if form.value else ""
    try:
        with page.transaction() as session:
            company = session.get_one(Company, page.company_id)
            waited = bank_feed.confirm(
                session, company, account or None, by=page.who.name, now=page.now()
            )
    except NoSuchAccount:
        wrong = mark("None of the company's invoices is paid to this account.")
        return page.redirect(there, wrong=page.say(wrong))
    background.add_task(_tell, page.parts, waited)
    return page.redirect(there, _went_on(page, waited))


@router.post("/demand")
def demand(
    page: Annotated[Page, in_company(Action.EDIT_COMPANY)], background: BackgroundTasks
) -> Response:
    """Set how fresh it must be. Loosened, what waited and need not any more goes on."""
    form = Form.read(page, Demanding)
    if form.value is not None and form.value.kind == HOURS and form.value.hours is None:
        form.refuse(page.say(mark("Fill this in.")), "hours")
    said = form.value
    if said is None:
        return _shown(page, form, status=422)
    wanted = Demand(said.kind, said.hours or 0) if said.kind == HOURS else Demand(said.kind)
    with page.transaction() as session:
        company = session.get_one(Company, page.company_id)
        was = company.bank_feed
        waited = bank_feed.demand(session, company, wanted, page.now())
        if was != str(wanted):
            audit.note(
                session,
                page.parts.real_now(),
                page.who.name,
                "company.bank_feed",
                f"company:{page.company_id}",
                page.here,
                demand=str(wanted),
                was=was,
            )
    background.add_task(_tell, page.parts, waited)
    return page.redirect(page.url("/payments/bank-feed"), _went_on(page, waited))


def feeds(page: Page, session: Session) -> list[Shown]:
    """The company's accounts; of one without any, none."""
    found = [one for one in bank_feed.watched(session, page.here.business_id) if one.feed.account]
    who = names(page, session, [one.feed.read_by for one in found if one.feed.read_by])
    now = page.now()
    return [
        Shown(
            one.feed,
            one.feed.stale(now) is not None,
            who.get(one.feed.read_by, ""),
            one.waiting,
        )
        for one in found
    ]


def _shown(page: Page, form: Form[Demanding], status: int = 200) -> Response:
    listing = Listing(page, "letters that wait")
    with page.transaction() as session:
        found = feeds(page, session)
        company = session.get_one(Company, page.company_id)
        letters = bank_feed.waiting(
            session, page.company_id, after=listing.after_id() or 0, limit=listing.fetched
        )
    return page.render(
        "payments/bank_feed.html",
        status=status,
        form=form,
        feeds=found,
        demand=company.bank_feed,
        rows=listing.page(letters, lambda row: (row.invoice_id,)),
        kinds=[
            (BANKING_DAY, page.say(mark("Made on the last banking day or later"))),
            (HOURS, page.say(mark("No older than so many hours"))),
            (OFF, page.say(mark("Not looked at: letters leave without a fresh file"))),
        ],
    )


def _start(page: Page) -> dict[str, object]:
    with page.transaction() as session:
        kind, _, hours = session.get_one(Company, page.company_id).bank_feed.partition(":")
    return {"kind": kind, "hours": hours}


def _went_on(page: Page, waited: list[int]) -> str:
    if not waited:
        return page.say(mark("Noted."))
    return page.say_n(
        mark("Noted. %(n)s invoice that waited goes on."),
        mark("Noted. %(n)s invoices that waited go on."),
        len(waited),
    )


async def _tell(parts: Parts, waited: list[int]) -> None:
    # What goes wrong here stays in the outbox, and the next round brings it on.
    await drain(parts.client, parts.database, parts.clock, only=waited, news=News.FEED_READ)
