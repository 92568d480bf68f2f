"""A page as it is being made: who reads it, where, in what language, and how it is answered."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from sqlalchemy import text
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from domain.agency.contract import INTRUM
from domain.calendar import FINLAND
from domain.money import Language
from domain.roles import Action, Role, as_whom, may_give, may_grant
from starter.access import Caller
from starter.api.parts import Parts
from starter.web import navigation, security
from starter.web.templating import environment
from starter.web.words import Words, words
from store.people import Place
from store.scope import Scope
from store.tables import User

_QUERY_SECONDS = 15
"""The longest that one statement of a page may take."""


@dataclass(slots=True)
class Page:
    """What a page's function is handed, by `starter.web.entry`.

    `place`, `scope`: the company or firm in the address, and what queries may see there.
    `form`: what was posted; its token has been looked at.
    """

    request: Request
    parts: Parts
    language: Language
    secret: str
    """Of the session, or of the visit: never shown."""
    caller: Caller | None = None
    user: User | None = None
    place: Place | None = None
    scope: Scope = field(default_factory=lambda: Scope(frozenset()))
    form: FormData = field(default_factory=FormData)
    new_visit: bool = False
    agency: str = INTRUM
    """The company's, of which texts speak; on the pages of an invoice, that which has it."""
    said: bool = False
    """A flash was shown, so its cookie goes."""

    # ── who and where ────────────────────────────────────────────────────────────────────────

    @property
    def words(self) -> Words:
        return words(self.language, self.agency)

    @property
    def theme(self) -> str:
        """The colours that the reader has chosen; "": as the browser says."""
        said = security.cookie(self.request, self.parts, security.THEME)
        return said if said in security.THEMES else ""

    def say(self, message: str, **values: object) -> str:
        """The message in the reader's language, with `%(name)s` filled in."""
        return self.words.say(message, **values)

    def say_n(self, one: str, many: str, n: int, **values: object) -> str:
        """The message for this many; `%(n)s` is the number."""
        return self.words.say_n(one, many, n, **values)

    @property
    def who(self) -> Caller:
        """Who reads. Only of pages that ask for somebody."""
        assert self.caller is not None  # noqa: S101 - `entry` has seen to it
        return self.caller

    @property
    def here(self) -> Place:
        """The company or firm in the address. Only of pages that are in one."""
        assert self.place is not None  # noqa: S101 - `entry` has seen to it
        return self.place

    @property
    def company_id(self) -> int:
        """The row of the company in the address."""
        assert self.here.company_id is not None  # noqa: S101 - `entry` has seen to it
        return self.here.company_id

    @property
    def roles(self) -> frozenset[Role]:
        """The reader's roles here."""
        if self.caller is None or self.place is None:
            return frozenset()
        return self.caller.roles_in(self.place)

    def may(self, action: Action) -> bool:
        """Whether the reader may do it here: what may not be done is not offered."""
        return bool(as_whom(self.roles, action))

    @property
    def gives(self) -> frozenset[Role]:
        """The roles that the reader gives here."""
        return may_give(self.roles)

    @property
    def grants(self) -> frozenset[Any]:
        """The scopes that the reader gives a token here."""
        return may_grant(self.roles)

    def now(self) -> datetime:
        """Business time."""
        return self.parts.business_now()

    def today(self) -> date:
        """The business day in Helsinki."""
        return FINLAND.local_date(self.now())

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """One transaction, none of whose statements takes longer than a reader waits."""
        with self.parts.database.transaction() as session:
            session.execute(text(f"SET LOCAL statement_timeout = '{_QUERY_SECONDS}s'"))
            yield session

    # ── addresses ────────────────────────────────────────────────────────────────────────────

    @property
    def base(self) -> str:
        """The address of the company or the firm."""
        kind = "firms" if self.here.company_id is None else "companies"
        return f"/{kind}/{self.here.business_id}"

    def url(self, path: str = "", **query: Any) -> str:
        """An address in this company or firm: `page.url("/customers", search="oy")`."""
        return self.base + path + _query(query.items())

    def link(self, path: str, **query: Any) -> str:
        """The same, if there is a page of that address; "" if not."""
        base = navigation.FIRM if self.here.company_id is None else navigation.COMPANY
        there = base + path in self.request.app.state.registered
        return self.url(path, **query) if there else ""

    def with_query(self, **changes: Any) -> str:
        """This page's own address with some of its query changed; None takes one out."""
        kept = [(k, v) for k, v in self.request.query_params.multi_items() if k not in changes]
        return self.request.url.path + _query([*kept, *changes.items()])

    @property
    def address(self) -> str:
        """This page's own address, to come back to."""
        url = self.request.url
        return url.path + (f"?{url.query}" if url.query else "")

    @property
    def menu(self) -> list[tuple[str, list[navigation.Shown]]]:
        """The menu of the company or the firm; empty outside."""
        if self.place is None or self.caller is None:
            return []
        return navigation.menu(
            base=navigation.FIRM if self.place.company_id is None else navigation.COMPANY,
            business_id=self.place.business_id,
            registered=self.request.app.state.registered,
            may=self.may,
            here=self.request.url.path,
        )

    # ── forms ────────────────────────────────────────────────────────────────────────────────

    @property
    def token(self) -> str:
        """What forms show to have come from this page."""
        return security.token_for(self.secret)

    def hidden(self) -> Markup:
        """The hidden fields that every form with method="post" begins with."""
        return Markup(
            '<input type="hidden" name="{}" value="{}">'
            '<input type="hidden" name="form_key" value="{}">'
        ).format(security.TOKEN_FIELD, self.token, self.form_key or uuid.uuid4().hex)

    @property
    def form_key(self) -> str:
        """What the posted form is known by: the same however often its button is pressed."""
        said = self.form.get("form_key", "")
        return said[:64] if isinstance(said, str) and said.isalnum() else ""

    # ── answers ──────────────────────────────────────────────────────────────────────────────

    @property
    def partial(self) -> str:
        """The id of the part of the page that htmx asks for; "" for a whole page."""
        headers = self.request.headers
        return headers.get("HX-Target", "") if "HX-Request" in headers else ""

    def html(self, template: str, /, *, part: str | None = None, **values: Any) -> str:
        """A template, or one of its blocks, as text."""
        chosen = environment(self.language, self.words.agency).get_template(template)
        values["page"] = self
        if part is None:
            return chosen.render(values)
        return "".join(chosen.blocks[part](chosen.new_context(values)))

    def render(
        self,
        template: str,
        /,
        *,
        part: str | None = None,
        status: int = 200,
        frames: bool = False,
        **values: Any,
    ) -> Response:
        """The page. `part`: a block that is the content of the element with that id, and is
        answered alone when htmx asks for it. `frames`: it shows documents of ours beside it."""
        alone = part is not None and self.partial == part
        response = HTMLResponse(
            self.html(template, part=part if alone else None, **values), status_code=status
        )
        response.headers["Vary"] = "HX-Request, HX-Target, Accept-Language, Cookie"
        if frames:
            response.headers["Content-Security-Policy"] = security.FRAMES_OURS
        return self.finish(response)

    def redirect(self, path: str, done: str = "", *, wrong: str = "") -> Response:
        """Go on to another page (303), which says what was done, or what was wrong."""
        response: Response
        if "HX-Request" in self.request.headers:
            response = Response(status_code=204, headers={"HX-Redirect": path})
        else:
            response = RedirectResponse(path, status_code=303)
        if done or wrong:
            kind = "wrong" if wrong else "done"
            security.set_flash(self.request, self.parts, response, self.secret, wrong or done, kind)
        return self.finish(response)

    def file(self, content: bytes, media_type: str, name: str, *, framed: bool = False) -> Response:
        """A document: to be kept under this name, or, framed, shown in a page of ours."""
        how = "inline" if framed else "attachment"
        plain = "".join(one if one.isascii() and one not in '"\\;' else "_" for one in name)
        headers = {"Content-Disposition": f'{how}; filename="{plain}"'}
        if framed:
            headers["Content-Security-Policy"] = security.FRAMED
        return self.finish(Response(content, media_type=media_type, headers=headers))

    def flash(self) -> tuple[str, str] | None:
        """What the page before wanted said: kind and text. Once."""
        found = security.flash(self.request, self.parts, self.secret)
        self.said = self.said or found is not None
        return found

    def finish(self, response: Response) -> Response:
        """The answer with the cookies that the page has made or used up."""
        if self.new_visit:
            security.set_cookie(self.request, self.parts, response, security.VISIT, self.secret)
        if self.said:
            security.set_cookie(self.request, self.parts, response, security.FLASH, "")
        return response


def _query(pairs: Any) -> str:
    said = [(name, value) for name, value in pairs if value is not None and value != ""]
    return f"?{urlencode(said, doseq=True)}" if said else ""
