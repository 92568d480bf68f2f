"""API tokens of a company, and of an accounting firm: made, shown once, ended."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from sqlmodel import Session
from starlette.responses import Response

from domain.calendar import HELSINKI
from domain.roles import Action, TokenScope
from starter import tokens as service
from starter.api.v1.fields import PathId
from starter.people import NotDone, NotYours
from starter.web import navigation
from starter.web.entry import NotHere, in_company, in_firm
from starter.web.forms import Day, Form, FormModel, Line
from starter.web.lists import Listing
from starter.web.page import Page
from starter.web.words import mark
from store import credentials
from store.tables import ApiToken


class NewToken(FormModel):
    """A token to be made. `until`: the last day on which it is good; none: a year."""

    name: Line
    scopes: Annotated[list[TokenScope], Field(min_length=1)]
    until: Day | None = None


def router_for(prefix: str, enter: Callable[[Action], Any]) -> APIRouter:
    """The same pages for companies and for firms. `enter`: `in_company`, `in_firm`."""
    router = APIRouter(prefix=f"{prefix}/tokens")

    @router.get("")
    def list_tokens(page: Annotated[Page, enter(Action.READ_TOKENS)]) -> Response:
        """All tokens, those that have ended too."""
        listing = Listing(page, "tokens")
        with page.transaction() as session:
            after = listing.after_id() or 0
            rows = credentials.tokens(session, page.here, after=after, limit=listing.fetched)
        return page.render(
            "tokens/list.html",
            part="list",
            rows=listing.page(rows, lambda row: (row.id,)),
            now=page.parts.real_now(),
        )

    @router.get("/new")
    def new_token(page: Annotated[Page, enter(Action.MANAGE_TOKENS)]) -> Response:
        """What the token is for."""
        form: Form[NewToken] = Form.blank(page)
        return page.render("tokens/new.html", form=form, scopes=_choices(page))

    @router.post("")
    def make_token(page: Annotated[Page, enter(Action.MANAGE_TOKENS)]) -> Response:
        """Make the token and show it, this once."""
        form = Form.read(page, NewToken)
        made = _made(page, form) if form.value is not None else None
        if made is None:
            return page.render("tokens/new.html", form=form, scopes=_choices(page), status=422)
        row, secret = made
        return page.render("tokens/made.html", token=row, secret=secret)

    @router.get("/{token_id}/end")
    def ask_to_end(
        token_id: PathId, page: Annotated[Page, enter(Action.MANAGE_TOKENS)]
    ) -> Response:
        """What ending it means."""
        with page.transaction() as session:
            return page.render("tokens/end.html", token=_token(session, page, token_id))

    @router.post("/{token_id}/end")
    def end_token(token_id: PathId, page: Annotated[Page, enter(Action.MANAGE_TOKENS)]) -> Response:
        """End a token at once."""
        with page.transaction() as session:
            row = _token(session, page, token_id)
            service.revoke(
                session,
                page.here,
                token_id,
                actor=page.who.name,
                now=page.parts.real_now(),
            )
        said = page.say(mark("The token %(name)s has ended."), name=row.name)
        return page.redirect(page.url("/tokens"), said)

    return router


def _made(page: Page, form: Form[NewToken]) -> tuple[ApiToken, str] | None:
    new = form.value
    assert new is not None  # noqa: S101 - the caller has looked
    # Good to the end of the day in Helsinki.
    until = datetime.combine(new.until, time.max, HELSINKI) if new.until else None
    try:
        with page.transaction() as session:
            return service.create(
                session,
                page.here,
                name=new.name,
                scopes=new.scopes,
                grants=page.grants,
                expires_at=until,
                actor=page.who.name,
                now=page.parts.real_now(),
            )
    except NotYours:
        form.refuse(page.say(mark("A token reaches only what you may do yourself.")), "scopes")
    except NotDone:
        form.refuse(page.say(mark("A token ends after today and within two years.")), "until")
    return None


def _token(session: Session, page: Page, token_id: int) -> ApiToken:
    row = credentials.token(session, page.here, token_id)
    if row is None:
        raise NotHere
    return row


def _choices(page: Page) -> list[tuple[str, str]]:
    return [(one.value, page.say(_SCOPES[one])) for one in TokenScope if one in page.grants]


_SCOPES = {
    TokenScope.COMPANIES_READ: mark("Companies and statements: read"),
    TokenScope.COMPANIES_WRITE: mark("Companies: change"),
    TokenScope.CUSTOMERS_READ: mark("Customers: read"),
    TokenScope.CUSTOMERS_WRITE: mark("Customers: change"),
    TokenScope.RULES_READ: mark("Rules: read"),
    TokenScope.RULES_WRITE: mark("Rules: change"),
    TokenScope.INVOICES_READ: mark("Invoices, letters and events: read"),
    TokenScope.INVOICES_WRITE: mark("Invoices: handle"),
    TokenScope.PAYMENTS_READ: mark("Payments: read"),
    TokenScope.PAYMENTS_WRITE: mark("Payments: enter"),
    TokenScope.IMPORTS_READ: mark("Imports: read"),
    TokenScope.IMPORTS_WRITE: mark("Imports: hand in files"),
    TokenScope.WEBHOOKS: mark("Webhooks"),
    TokenScope.USERS: mark("Users and tokens"),
    TokenScope.AUDIT: mark("Audit log"),
}

router = APIRouter()
router.include_router(router_for(navigation.COMPANY, in_company))
router.include_router(router_for(navigation.FIRM, in_firm))
