"""A customer's card: default contact, address, channels, rule (lisätiedot), invoices, events."""

import hashlib
import json
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BeforeValidator, StringConstraints
from sqlmodel import Session
from starlette.responses import Response

from domain.law import DebtorClass
from domain.money import Language
from domain.roles import Action
from domain.states import Channel
from starter import customers as cards
from starter.api.v1.fields import PathId
from starter.web.entry import NotHere, in_company
from starter.web.forms import Email, Form, FormModel, Line, MaybeLine
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.pages.automation.frame import names
from starter.web.pages.automation.happened import LABELS, detail
from starter.web.pages.automation.switch import why
from starter.web.pages.customers.filters import PREFIX
from starter.web.terms import DEBTORS
from starter.web.words import NAMES, mark
from store import customers, event_log, invoice_list, outbox, placing
from store.event_log import Wanted
from store.invoice_list import Sought
from store.invoice_order import By, Order
from store.placing import Choice
from store.tables import Customer

router = APIRouter(prefix=f"{PREFIX}/{{customer_id}}")

SHOWN = 20
"""Invoices and events on the card; the whole is behind a link."""

_CHANNELS = ("channel_1", "channel_2", "channel_3")

Country = Annotated[
    str,
    BeforeValidator(lambda said: said.strip().upper() if isinstance(said, str) else said),
    StringConstraints(pattern=r"^[A-Z]{2}$"),
]


class Details(FormModel):
    """What a person sets. `version`: what was there when the form was shown. No channels: the
    rule's order."""

    version: str = ""
    name: Line
    debtor_class: DebtorClass
    contact_name: MaybeLine = ""
    contact_phone: MaybeLine = ""
    contact_email: Email = ""
    street: MaybeLine = ""
    postcode: MaybeLine = ""
    city: MaybeLine = ""
    country: Country
    email: Email = ""
    phone: MaybeLine = ""
    einvoice_address: MaybeLine = ""
    einvoice_operator: MaybeLine = ""
    language: Language
    channel_1: Channel | None = None
    channel_2: Channel | None = None
    channel_3: Channel | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The columns of the customer's row, but for the channels."""
        return self.model_dump(exclude={"version", *_CHANNELS})


@router.get("")
def show_customer(
    customer_id: PathId, page: Annotated[Page, in_company(Action.READ_CUSTOMERS)]
) -> Response:
    """The card."""
    listing = Listing(page, f"events of customer {customer_id}", rows=SHOWN)
    with page.transaction() as session:
        row = seen(page, session, customer_id)
        (line,) = placing.listed(session, page.company_id, Choice(keys=(row.key,)), limit=1)
        sought = Sought(customer_id=row.id)
        invoices = invoice_list.page(
            session, page.scope, sought, order=Order(By.DUE, descending=True), limit=SHOWN
        )
        count = invoice_list.count(session, page.scope, sought, 1_001)
        events = event_log.page(
            session,
            page.scope,
            Wanted(customer=row.key),
            oldest_first=False,
            start=listing.after_id(),
            limit=listing.fetched,
        )
        who = names(page, session, [row.placed_by, *(one.actor for one in events)])
    return page.render(
        "customers/card.html",
        customer=row,
        rule=line.rule,
        because=why(page, line, who),
        spoken=NAMES,
        invoices=invoices,
        count=count,
        events=listing.page(events, lambda one: (one.id,)),
        details={one.id: detail(page.words, one) for one in events},
        labels={name: page.say(label) for name, label in LABELS.items()},
        who=who,
    )


@router.get("/edit")
def edit_customer(
    customer_id: PathId, page: Annotated[Page, in_company(Action.EDIT_CUSTOMERS)]
) -> Response:
    """The details, to be changed."""
    with page.transaction() as session:
        row = seen(page, session, customer_id)
    ways = dict(zip(_CHANNELS, row.channels or (), strict=False))
    shown = {name: getattr(row, name) for name in Details.model_fields if hasattr(row, name)}
    start = {**shown, **ways, "version": _version(row)}
    return _form(page, row, Form.blank(page, start))


@router.post("/edit")
def change_customer(
    customer_id: PathId, page: Annotated[Page, in_company(Action.EDIT_CUSTOMERS)]
) -> Response:
    """Change them, from the next letter on."""
    form = Form.read(page, Details)
    own = _channels(page, form)
    with page.transaction() as session:
        # Before any row is locked, as whoever books a file does.
        outbox.take_turn(session)
        row = seen(page, session, customer_id, to_change=True)
        if form.value is not None and form.value.version != _version(row):
            said = mark("Somebody has changed this customer meanwhile. Look at it anew.")
            form.refuse(page.say(said))
        if form.value is not None:
            wanted = {**form.value.fields, "channels": [one.value for one in own] or None}
            cards.change(
                session,
                page.here,
                row,
                wanted,
                actor=page.who.name,
                now=page.parts.real_now(),
            )
    if form.value is None:
        return _form(page, row, form, status=422)
    return page.redirect(page.url(f"/customers/{customer_id}"), page.say(mark("Saved.")))


def _channels(page: Page, form: Form[Details]) -> list[Channel]:
    """The customer's own order; the form says if one stands in it twice."""
    own: list[Channel] = []
    if form.value is None:
        return own
    for field in _CHANNELS:
        way: Channel | None = getattr(form.value, field)
        if way is not None and way in own:
            form.refuse(page.say(mark("This channel is chosen already.")), field)
            break
        if way is not None:
            own.append(way)
    return own


def seen(page: Page, session: Session, customer_id: int, *, to_change: bool = False) -> Customer:
    """The customer. Raises `NotHere`."""
    row = customers.seen(session, page.scope, customer_id, to_change=to_change)
    if row is None:
        raise NotHere
    return row


def _version(row: Customer) -> str:
    """What tells this state of the card from another."""
    said = {name: getattr(row, name) for name in sorted(Details.model_fields) if hasattr(row, name)}
    text = json.dumps({**said, "channels": row.channels})
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _form(page: Page, row: Customer, form: Form[Details], status: int = 200) -> Response:
    return page.render(
        "customers/edit.html",
        status=status,
        customer=row,
        form=form,
        spoken=list(NAMES.items()),
        kinds=[(kind, page.say(label)) for kind, label in DEBTORS.items()],
        ways=list(Channel),
    )
