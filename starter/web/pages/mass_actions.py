"""The same asked of many invoices: shown before it is done, then followed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from activities.desk import House
from domain.asking import Asking
from domain.bulk import asking_of, request_for
from domain.requests import Request
from domain.roles import Action, asking
from domain.states import HoldKind, InvoiceState
from starter import access
from starter import bulk as service
from starter.api.v1.fields import PathId
from starter.people import NotDone
from starter.web.entry import NotHere, in_company
from starter.web.forms import Day, Form, FormModel, MaybeLine
from starter.web.lists import Listing, Picked, picked
from starter.web.page import Page
from starter.web.pages.invoice import whys
from starter.web.pages.open_invoices import Filters
from starter.web.streams import Look, stream
from starter.web.words import mark
from store import bulk
from store.invoice_list import Sought
from store.tables import BulkAction

router = APIRouter(prefix="/companies/{business_id}/mass-actions")

ACTIONS: Mapping[Asking, str] = {
    Asking.REMIND: mark("Remind now"),
    Asking.NOTIFY: mark("Send the notice now"),
    Asking.HAND_OVER: mark("Move to the service of Intrum Oy"),
    Asking.HOLD: mark("Hold"),
    Asking.RELEASE: mark("Release"),
    Asking.SET_STATE: mark("Set the state by hand"),
    Asking.WITHDRAW: mark("Remove from the service of Intrum Oy"),
    Asking.CANCEL: mark("End the procedure"),
}
STATUSES: Mapping[str, str] = {
    bulk.WAITING: mark("Waits to begin"),
    bulk.RUNNING: mark("Under way"),
    bulk.DONE: mark("Done"),
    bulk.CANCELLED: mark("Stopped"),
}
SET_TO = (
    *(InvoiceState.OVERDUE, InvoiceState.REMINDED, InvoiceState.NOTIFIED),
    InvoiceState.WRITTEN_OFF,
)
"""States that a person may say an invoice is in."""


class Terms(FormModel):
    """What is asked, and how. The invoices are in the form's hidden fields."""

    action: Asking
    hold: HoldKind = HoldKind.MANUAL
    until: Day | None = None
    to: InvoiceState | None = None
    reason: MaybeLine = ""

    def request(self, actor: str) -> Request:
        """Raises ValueError for a state that is not given."""
        return request_for(
            self.action,
            actor=actor,
            reason=self.reason,
            hold=self.hold if self.action is Asking.HOLD else None,
            until=self.until,
            to=self.to,
        )


@router.get("/new")
def prepare(
    page: Annotated[Page, in_company(Action.ACT_ON_MANY)], action: str = "", to: str = ""
) -> Response:
    """What it will do and cost, and why it will be refused; nothing has been done."""
    asked = _asking(action)
    start = {"action": asked.value, "hold": HoldKind.MANUAL, "to": to}
    return _prepared(page, asked, Form.blank(page, start), _state(to))


@router.post("")
async def start(page: Annotated[Page, in_company(Action.ACT_ON_MANY)]) -> Response:
    """Ask it of all of them."""
    form = Form.read(page, Terms)
    if form.value is not None:
        try:
            action = await run_in_threadpool(_ask, page, form.value)
        except NotDone:
            form.refuse(page.say(mark("No invoice was chosen.")))
        except _Wrong as wrong:
            form.refuse(page.say(wrong.message), wrong.field)
        else:
            await service.start(page.parts.client, action)
            return page.redirect(page.url(f"/mass-actions/{action.id}"))
    asked = _asking(form.text("action"))
    return await run_in_threadpool(_prepared, page, asked, form, _state(form.text("to")), 422)


@router.get("/{action_id}")
def show(page: Annotated[Page, in_company(Action.READ_INVOICES)], action_id: PathId) -> Response:
    """How far it has got, and the invoices that it was refused for."""
    listing = Listing(page, f"refusals {action_id}")
    with page.transaction() as session:
        action = _the_one(page, session, action_id)
        refusals = bulk.refusals(
            session, action_id, after=listing.after_id() or 0, limit=listing.fetched
        )
        reasons = bulk.reasons(session, action_id)
    return page.render(
        "mass_actions/progress.html",
        rows=listing.page(refusals, lambda row: (row.invoice_id,)),
        reasons=[(one, whys.say(page.words, one.reason)) for one in reasons],
        whys={one.reason: whys.say(page.words, one.reason) for one in refusals},
        **_shown(page, action),
    )


@router.get("/{action_id}/progress")
async def progress(
    page: Annotated[Page, in_company(Action.READ_INVOICES)], action_id: PathId
) -> Response:
    """The same, live."""

    def look() -> Look:
        with page.transaction() as session:
            action = _the_one(page, session, action_id)
        html = page.html("mass_actions/progress.html", part="so_far", **_shown(page, action))
        return Look(html, over=action.ended)

    await run_in_threadpool(look)
    return stream(page, look)


@router.post("/{action_id}/cancel")
def cancel(page: Annotated[Page, in_company(Action.ACT_ON_MANY)], action_id: PathId) -> Response:
    """Stop it: what is done stays done."""
    there = page.url(f"/mass-actions/{action_id}")
    with page.transaction() as session:
        _the_one(page, session, action_id)
        try:
            service.cancel(session, page.scope, action_id)
        except NotDone:
            return page.redirect(there, wrong=page.say(mark("It has come to its end already.")))
    return page.redirect(there, page.say(mark("It stops in a moment. What is done stays done.")))


# ── small parts ──────────────────────────────────────────────────────────────────────────────


class _Wrong(Exception):  # noqa: N818 - reads as what it is
    """Something about a field. `message`: marked."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


def _ask(page: Page, terms: Terms) -> BulkAction:
    """Raises `NotDone`: no invoice; `_Wrong`; `NotAllowed`."""
    if terms.action is Asking.SET_STATE and terms.to not in SET_TO:
        raise _Wrong(mark("Choose the state."), "to")
    if terms.action is Asking.HOLD:
        _look_at(page, terms)
    request = terms.request(page.who.name)
    scope = access.enter(page.who, page.here, asking(request))
    with page.transaction() as session:
        return service.ask(
            session,
            scope,
            page.here,
            _sought(page),
            request,
            by=page.who.name,
            now=page.now(),
            real=page.parts.real_now(),
        )


def _look_at(page: Page, terms: Terms) -> None:
    if terms.until is not None and terms.until < page.today():
        raise _Wrong(mark("This day has passed already."), "until")
    if terms.until is None and terms.hold in {HoldKind.PROMISE, HoldKind.EXTENSION}:
        raise _Wrong(mark("A promise or more time to pay needs its last day."), "until")


def _prepared(
    page: Page, asked: Asking, form: Form[Terms], to: InvoiceState | None, status: int = 200
) -> Response:
    chosen = picked(page)
    found: service.Preview | None = None
    if chosen and (asked is not Asking.SET_STATE or to is not None):
        request = request_for(asked, actor=page.who.name, to=to)
        scope = access.enter(page.who, page.here, asking(request))
        house = House(page.parts.clock, day_count=page.parts.day_count)
        sought = _sought(page)
        found = service.preview(page.parts.database, house, scope, sought, request, page.now())
    filters = _filters(page)
    return page.render(
        "mass_actions/new.html",
        status=status,
        asked=asked,
        title=page.say(ACTIONS[asked]),
        form=form,
        chosen=chosen,
        filters=filters,
        found=found,
        refused=[
            (one, whys.say(page.words, one.reason)) for one in (found.refused if found else ())
        ],
        holds=list(HoldKind),
        states=SET_TO,
        back=page.url("/invoices", **filters.kept),
    )


def _filters(page: Page) -> Filters:
    return Filters.read(page.form if page.form else page.request.query_params)


def _sought(page: Page) -> Sought:
    """What was ticked, or all that match; of nothing ticked, nothing."""
    chosen: Picked = picked(page)
    if chosen.all:
        return _filters(page).sought()
    return replace(Filters.read({}).sought(), ids=chosen.ids)


def _the_one(page: Page, session: Any, action_id: int) -> BulkAction:
    action = bulk.seen(session, page.scope, action_id)
    if action is None:
        raise NotHere
    return action


def _shown(page: Page, action: BulkAction) -> dict[str, Any]:
    request = bulk.request_of(action)
    return {
        "action": action,
        "title": page.say(ACTIONS[asking_of(request)]),
        "said": page.say(STATUSES[action.status]),
        "stops": not action.ended and not action.cancel_asked and page.may(Action.ACT_ON_MANY),
    }


def _asking(said: str) -> Asking:
    try:
        return Asking(said)
    except ValueError:
        raise NotHere from None


def _state(said: str) -> InvoiceState | None:
    return next((state for state in SET_TO if state.value == said), None)
